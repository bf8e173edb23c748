"""generic-plugin-template @36fb8643: one route, which answers whoever asks."""

from plumbing import as_json, common, serve

serve(
    {
        **common(with_etag=True),
        "GET /api/hello": lambda _: as_json({"message": "Hello from my-plugin backend!"}),
    }
)

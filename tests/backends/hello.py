"""plugin-hello @b99475b: `serve -s`-like static files, which look at the path and at nothing else.

There is no /healthz: it is a page that does not exist, like everything but the bundle and /.
"""

from plumbing import BUNDLE, Answer, serve

PAGE = "<!DOCTYPE html><html><head><title>Hello Plugin</title></head><body></body></html>\n"
LOST = "<!DOCTYPE html><html><head><title>404: This page could not be found</title></head><body>{}</body></html>\n"
# As long as the real one.
LOST = LOST.format("." * (1641 - len(LOST) + 2))
FILES = {
    "main.js": (BUNDLE, "application/javascript; charset=utf-8"),
    "": (PAGE.encode(), "text/html; charset=utf-8"),
}


def respond(_routes, request, _error):
    content, kind = FILES.get("/".join(request.segments), (None, None))
    if content is None:
        return Answer(404, LOST.encode(), "text/html; charset=utf-8")
    return Answer(200, content, kind)


serve({}, respond=respond)

"""plugin-mongodb-explorer @61d412b (and the newer /api/instances): databases, collections and find()."""

import json
import re

from plumbing import Problem, as_json, common, serve
from world import CLUSTER, connection_of, instances_of

NO_TOKEN = "no auth token: expected X-Everest-User header or Authorization: Bearer"


def documents_of(count):
    cities = ["Lisbon", "Oslo", "Quito", "Pune"]
    for number in range(1, count + 1):
        yield {
            "_id": f"65f0c0de{number:016x}",
            "number": number,
            "customer": f"customer-{number % 17}",
            "city": cities[number % 4],
            "total": round(number * 7.25, 2),
            "paid": number % 3 != 0,
            "placed": f"2026-10-{number % 28 + 1:02}T09:00:00Z",
            # Not every document has every field.
            **({"note": "call first"} if number % 10 == 0 else {}),
        }


DATABASES = {
    "admin": {"system.users": []},
    "shop": {
        "orders": list(documents_of(250)),
        "customers": [{"_id": f"customer-{n}", "address": {"city": "Oslo", "zip": str(100 + n)}} for n in range(17)],
        "empty": [],
    },
}


def target(request, values):
    """Who asks, and for which instance: everything that is wrong here is a 400."""
    token = request.token()
    if token is None:
        raise Problem(400, NO_TOKEN)
    cluster, namespace = values.get("cluster"), values.get("namespace")
    if not cluster or not namespace:
        raise Problem(400, "cluster and namespace query parameters are required")
    connect(token, values)


def connect(token, values):
    try:
        instance = connection_of(token, values.get("k8sCluster") or CLUSTER, values["namespace"], values["cluster"])
    except Problem as problem:
        text = f"failed to get credentials: credentials endpoint returned {problem.status}: {problem.message}"
        raise Problem(400, text) from None
    if instance["type"] != "mongodb":
        raise Problem(400, "mongo ping: server selection error: server selection timeout")


def instances(request):
    token = request.token()
    if token is None:
        raise Problem(401, NO_TOKEN)
    try:
        rows = [
            {"k8sCluster": cluster, "namespace": namespace, "name": name, "provider": provider}
            for cluster, namespace, name, provider in instances_of(token)
            if provider == "percona-server-mongodb"
        ]
    except Problem as problem:
        raise Problem(502, f"instances endpoint returned {problem.status}: {problem.message}") from None
    return as_json({"instances": rows})


def databases(request):
    target(request, {name: request.query(name) for name in ("cluster", "namespace", "k8sCluster")})
    return as_json({"databases": list(DATABASES)})


def collections(request):
    target(request, {name: request.query(name) for name in ("cluster", "namespace", "k8sCluster")})
    return as_json({"collections": list(DATABASES.get(request.values["db"], {}))})


def order(value):
    """Numbers before text before everything else, so that sorting never fails."""
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, (int, float)) else (2, str(value))


def field(document, path):
    for part in path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def fits(document, query):
    for path, wanted in query.items():
        if path.startswith("$"):
            raise Problem(500, f"find: (BadValue) unknown top level operator: {path}")
        got = field(document, path)
        if not (isinstance(wanted, dict) and any(key.startswith("$") for key in wanted)):
            if got != wanted:
                return False
            continue
        for operator, value in wanted.items():
            known = {
                "$eq": lambda: got == value,
                "$ne": lambda: got != value,
                "$gt": lambda: got is not None and order(got) > order(value),
                "$gte": lambda: got is not None and order(got) >= order(value),
                "$lt": lambda: got is not None and order(got) < order(value),
                "$lte": lambda: got is not None and order(got) <= order(value),
                "$in": lambda: got in value,
                "$exists": lambda: (got is not None) == bool(value),
                "$regex": lambda: isinstance(got, str) and re.search(value, got) is not None,
            }
            if operator not in known:
                raise Problem(500, f"find: (BadValue) unknown operator: {operator}")
            if not known[operator]():
                return False
    return True


def projected(document, projection):
    if not projection:
        return document
    kept = {name for name, on in projection.items() if on}
    if kept:
        hidden = {"_id"} if projection.get("_id", 1) in (0, False) else set()
        return {k: v for k, v in document.items() if k in (kept | {"_id"}) - hidden}
    return {k: v for k, v in document.items() if k not in projection}


TYPES = {
    "k8sCluster": str,
    "cluster": str,
    "namespace": str,
    "db": str,
    "collection": str,
    "filter": dict,
    "projection": dict,
    "sort": dict,
    "limit": int,
}


def query(request):
    token = request.token()
    if token is None:
        raise Problem(400, NO_TOKEN)
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Problem(400, "invalid request body: invalid character looking for beginning of value") from None
    if not isinstance(body, dict):
        raise Problem(400, "invalid request body: json: cannot unmarshal into Go value of type main.QueryRequest")
    for name, kind in TYPES.items():
        value = body.get(name)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise Problem(400, f"invalid request body: json: cannot unmarshal into Go struct field .{name}")
    if not all(body.get(name) for name in ("cluster", "namespace", "db", "collection")):
        raise Problem(400, "cluster, namespace, db, and collection are required")
    connect(token, body)
    limit = body.get("limit") or 0
    limit = limit if 1 <= limit <= 1000 else 20
    found = DATABASES.get(body["db"], {}).get(body["collection"], [])
    found = [document for document in found if fits(document, body.get("filter") or {})]
    for name, direction in reversed(list((body.get("sort") or {}).items())):
        found.sort(key=lambda document: order(field(document, name)), reverse=direction == -1)
    return as_json({"documents": [projected(document, body.get("projection")) for document in found[:limit]]})


serve(
    {
        **common(),
        "GET /api/instances": instances,
        "GET /api/databases": databases,
        "GET /api/databases/{db}/collections": collections,
        "POST /api/query": query,
    }
)

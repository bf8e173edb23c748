"""The OpenEverest installation that the test backends believe in: its instances, and what its API says."""

import re

from plumbing import Problem

CLUSTER = "main"

# (namespace, name) -> what the API tells of it. `monitored` is only for plugin-metrics.
INSTANCES = {
    ("everest", "orders"): {"provider": "provider-percona-postgresql", "type": "postgresql", "monitored": True},
    ("everest", "billing"): {"provider": "provider-cloudnative-pg", "type": "postgresql", "monitored": True},
    ("everest", "shop"): {"provider": "percona-server-mongodb", "type": "mongodb", "monitored": False},
    ("everest", "cache"): {"provider": "valkey", "type": "valkey", "monitored": True},
    ("everest", "ledger"): {"provider": "percona-xtradb-cluster", "type": "mysql", "monitored": False},
    ("prod", "orders"): {"provider": "provider-cloudnative-pg", "type": "postgresql", "monitored": True},
    ("prod", "reviews"): {"provider": "percona-server-mongodb", "type": "mongodb", "monitored": False},
    # PostgreSQL, but of a provider that the benchmark does not know.
    ("prod", "foreign"): {"provider": "provider-foreign", "type": "postgresql", "monitored": False},
}

# Instances that show what goes wrong between a plugin and the API.
TROUBLE = {"forbidden": 403, "broken": 502, "slow": 504}

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def is_label(text):
    """A DNS-1123 label."""
    return LABEL.fullmatch(text) is not None


def is_subdomain(text):
    """A DNS-1123 subdomain."""
    return 0 < len(text) <= 253 and all(is_label(part) for part in text.split("."))


def find(token, cluster, namespace, name):
    """The instance as the API gives it to the owner of `token`; a Problem has the API's status.

    The tokens `expired` and `denied` are refused, every other one is good.
    """
    if token == "expired":
        raise Problem(401, '{"message":"invalid or expired jwt"}')
    if token == "denied" or name in TROUBLE:
        status = TROUBLE.get(name, 403)
        raise Problem(status, '{"message":"insufficient permissions"}' if status == 403 else "")
    instance = INSTANCES.get((namespace, name)) if cluster == CLUSTER else None
    if instance is None:
        raise Problem(404, '{"message":"instances.core.openeverest.io \\"%s\\" not found"}' % name)
    return instance


def authorized(request):
    """What inspector and metrics do first: who asks, for which instance, and may they.

    Gives (namespace, name, instance).
    """
    token = request.token()
    if token is None:
        raise Problem(401, "missing auth token")
    cluster = request.query("k8sCluster") or CLUSTER
    namespace, name = request.query("namespace"), request.query("instance")
    if not is_subdomain(cluster):
        raise Problem(400, "invalid k8sCluster")
    if not is_label(namespace):
        raise Problem(400, "invalid namespace")
    if not is_subdomain(name):
        raise Problem(400, "invalid instance")
    try:
        return namespace, name, find(token, cluster, namespace, name)
    except Problem as problem:
        texts = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
        if problem.status in texts:
            raise Problem(problem.status, texts[problem.status]) from None
        if problem.status == 504:
            raise Problem(502, "everest API unreachable") from None
        raise Problem(502, f"everest API returned {problem.status}") from None

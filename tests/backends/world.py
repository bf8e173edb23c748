"""The OpenEverest installation that the test backends find: what they know of its API, and how they ask it.

A backend asks the API at EVEREST_API_URL in its caller's name, with the token that it got, and passes on what the API
refuses. Start the host with `--instances tests/backends/instances.yaml`: those are the instances below.
"""

import json
import os
import re
import urllib.error
import urllib.request
from urllib.parse import quote

from plumbing import Problem

CLUSTER = "main"
API = os.environ.get("EVEREST_API_URL", "http://everest.everest-system.svc.cluster.local:8080").rstrip("/")

# (namespace, name) -> what no API tells, and what the performance plugin reads from Kubernetes itself.
# `monitored` is only for plugin-metrics.
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


def ask(token, *path):
    """What the API says to the owner of `token`: its JSON, or a Problem with its status and its own words."""
    request = urllib.request.Request(f"{API}/v1/" + "/".join(quote(part, safe="") for part in path))
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    # A proxy of the user's is not for this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise Problem(error.code, error.read().decode(errors="replace")) from None
    except OSError as error:
        raise Problem(504, str(error)) from None


def refuse_trouble(name):
    """The API's answer for an instance with which something is wrong."""
    status = TROUBLE.get(name)
    if status:
        raise Problem(status, '{"message":"insufficient permissions"}' if status == 403 else "")


def instance_of(token, cluster, namespace, name):
    """The instance as the API gives it to the owner of `token`; a Problem has the API's status."""
    refuse_trouble(name)
    found = ask(token, "clusters", cluster, "namespaces", namespace, "instances", name)
    known = INSTANCES.get((namespace, name), {})
    return {"monitored": known.get("monitored", False), "provider": found["spec"]["providerRef"]["name"]}


def connection_of(token, cluster, namespace, name):
    """How to connect to the instance, as the API tells the owner of `token`."""
    refuse_trouble(name)
    return ask(token, "clusters", cluster, "namespaces", namespace, "instances", name, "connection")


def instances_of(token):
    """All instances that the API shows to the owner of `token`, as (cluster, namespace, name, provider)."""
    for cluster in ask(token, "clusters")["items"]:
        cluster = cluster["name"]
        for namespace in ask(token, "clusters", cluster, "namespaces"):
            for item in ask(token, "clusters", cluster, "namespaces", namespace, "instances")["items"] or []:
                yield cluster, namespace, item["metadata"]["name"], item["spec"]["providerRef"]["name"]


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
        return namespace, name, instance_of(token, cluster, namespace, name)
    except Problem as problem:
        texts = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
        if problem.status in texts:
            raise Problem(problem.status, texts[problem.status]) from None
        if problem.status == 504:
            raise Problem(502, "everest API unreachable") from None
        raise Problem(502, f"everest API returned {problem.status}") from None

"""plugin-hub @67c9192: the catalogue, what is installed, and both together.

HUB=stale or HUB=down says how the catalogue's own server is. INSTALLED=none is a host without the
list of installed extensions.
"""

import json
import os

from plumbing import Answer, ICON, Problem, as_json, common, encode, serve
from world import ask

HUB = os.environ.get("HUB", "up")
INSTALLED = os.environ.get("INSTALLED", "some")

CHARTS = "oci://ghcr.io/openeverest/charts/"


def entry(name, kind, version, maturity="alpha", chart=None, release=None, provider=None):
    """One extension of the catalogue; no version means that it is gated."""
    chart = chart or name
    found = {
        "access": "public" if version else "gated",
        "capabilities": {},
        "categories": ["databases" if kind == "provider" else "operations"],
        "compatibility": {"kubernetes": ">=1.30 <1.35", "openeverest": ">=2.0.0"},
        "description": f"{name}: an extension of OpenEverest.",
        "displayName": name.replace("-", " ").title(),
        "health": "unknown",
        "homepage": f"https://github.com/openeverest/{chart}",
        "icon": f"https://raw.githubusercontent.com/openeverest/hub/main/{name}/icon.png",
        "keywords": [],
        "license": "Apache-2.0",
        "maintainers": [{"github": "openeverest"}],
        "maturity": maturity,
        "name": name,
        "plugin": None,
        "provider": None,
        "sourceRepo": f"https://github.com/openeverest/{chart}",
        "type": kind,
        "verified": False,
    }
    if version:
        stable = {"ref": CHARTS + chart, "version": version}
        found["artifacts"] = {"chart": {"channels": {"stable": stable}, "defaultChannel": "stable"}}
        found["install"] = {"helm": {"namespace": "everest-system", "releaseName": release or chart}}
    else:
        found["gated"] = {"contactUrl": "https://openeverest.io/contact"}
    if kind == "plugin":
        points = ["route", "sidebarItem"]
        found["plugin"] = {"contributes": {"backend": True, "cli": False, "ui": True}, "extensionPoints": points}
    else:
        found["provider"] = {"providerName": provider or name, "supportedEngines": [name]}
    return found


EXTENSIONS = sorted(
    [
        entry("generic-plugin-template", "plugin", "0.1.0", chart="my-plugin"),
        entry("plugin-hub", "plugin", "0.1.14"),
        entry("plugin-mongodb-explorer", "plugin", "0.1.14", release="mongo-explorer"),
        entry("altinity-clickhouse", "provider", "0.1.0", chart="provider-altinity-clickhouse"),
        entry("cassandra", "provider", "0.1.0", chart="provider-cassandra", provider="provider-cassandra"),
        entry("percona-xtradb-cluster", "provider", "0.1.0", chart="provider-percona-xtradb-cluster"),
        entry("percona-postgresql", "provider", "0.1.0", chart="provider-percona-postgresql"),
        entry("mariadb", "provider", "0.1.2", chart="provider-mariadb"),
        entry("percona-server-mongodb", "provider", "0.2.0", chart="provider-percona-server-mongodb"),
        entry("valkey", "provider", "0.1.3", chart="provider-valkey"),
        entry("cloudnative-pg", "provider", "0.2.2", chart="provider-cloudnative-pg"),
        entry("mssql", "provider", None),
    ],
    key=lambda extension: extension["name"],
)
CATALOG = {
    "apiVersion": "hub.openeverest.io/v1",
    "extensions": EXTENSIONS,
    "kind": "ExtensionIndex",
    "metadata": {
        "catalogId": "openeverest-official",
        "generatedAt": "2026-08-20T00:00:00Z",
        "schemaVersion": "v1",
        "totalExtensions": len(EXTENSIONS),
    },
}


def extension(name, kind, version):
    """An installed one, as /v1/installed-extensions would tell of it."""
    spec = {"type": kind}
    spec[kind] = {"pluginCRName": name} if kind == "plugin" else {"providerName": name}
    return {"name": name, "type": kind, "version": version, "spec": spec, "status": {"phase": "Installed"}}


# `mongo-explorer` is installed too, but its slug differs: it never shows as installed.
HERE = [
    extension("plugin-hub", "plugin", "0.1.14"),
    extension("mongo-explorer", "plugin", "0.1.14"),
    extension("valkey", "provider", "0.1.2"),
]


def catalog_is_reachable():
    if HUB == "down":
        raise Problem(502, "failed to fetch hub index: hub index upstream returned status 503")


def installed_for(request):
    """The caller is known by X-Everest-User alone; Authorization is not looked at."""
    token = request.headers.get("X-Everest-User")
    if not token:
        raise Problem(502, "everest API returned status 401")
    try:
        return ask(token, "installed-extensions").get("items")
    except Problem as problem:
        if problem.status != 404:
            raise Problem(502, f"everest API returned status {problem.status}") from None
    # No host of today has the route.
    return HERE if INSTALLED == "some" else None


def catalog(_request):
    catalog_is_reachable()
    text = json.dumps(CATALOG, indent=2).encode()
    chunks = (text[at : at + 4096] for at in range(0, len(text), 4096))
    headers = {"X-Hub-Stale": "true"} if HUB == "stale" else {}
    return Answer(200, chunks, "application/json", headers)


def installed(request):
    return as_json({"items": installed_for(request)})


def summary(request):
    catalog_is_reachable()
    problem = None
    try:
        here = {found["name"]: found for found in installed_for(request) or []}
    except Problem as found:
        here, problem = {}, found.message
    rows = []
    for row in EXTENSIONS:
        mine = here.get(row["name"])
        row = {**row, "installed": mine is not None}
        if mine:
            row.update(installedVersion=mine["version"], installedPhase=mine["status"]["phase"])
        rows.append(row)
    result = {**CATALOG, "extensions": rows, "stale": HUB == "stale"}
    if problem:
        result["installedError"] = problem
    return Answer(200, iter([encode(result)]), "application/json")


serve(
    {
        **common(),
        "GET /api/catalog": catalog,
        "GET /api/installed": installed,
        "GET /api/summary": summary,
        "GET /api/icon/{key}": lambda _: Answer(200, ICON, "image/png"),
    }
)

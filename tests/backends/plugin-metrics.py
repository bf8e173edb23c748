"""plugin-metrics (@0ac55bba, timerange @f74602de): panels, metrics and their points, all computed."""

import math
import re
import time

from plumbing import Problem, as_json, common, serve
from world import authorized

RANGES = {"1h": (3600, 30), "24h": (86400, 300)}
TYPES = ("counter", "gauge", "histogram", "summary", "unknown")
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# Providers without a dashboard have no panels, but can be explored.
PANELS = {
    "provider-cloudnative-pg": [("connections", "Connections", ""), ("tps", "Transactions", "ops"), ("size", "Database size", "bytes")],
    "valkey": [("clients", "Connected clients", ""), ("memory", "Memory used", "bytes")],
}
METRICS = [
    {"name": "process_cpu_seconds_total", "type": "counter", "help": "Total user and system CPU time."},
    {"name": "process_open_fds", "type": "gauge", "help": "Open file descriptors."},
    {"name": "process_resident_memory_bytes", "type": "gauge", "help": "Resident memory size."},
    {"name": "query_duration_seconds", "type": "histogram", "help": "How long queries take."},
    {"name": "rpc_duration_seconds", "type": "summary", "help": "How long calls take."},
    {"name": "something_else", "type": "unknown"},
]


def window(request):
    name = request.query("range")
    if name not in RANGES:
        raise Problem(400, f'invalid range "{name}"')
    return RANGES[name]


def series(span_and_step, scale, names):
    span, step = span_and_step
    end = int(time.time()) // step * step
    found = []
    for shift, name in enumerate(names):
        points = []
        for at in range(end - span, end + 1, step):
            # Now and then there is no value.
            value = None if at // step % 50 == 7 else round(scale * (2 + math.sin(at / 900 + shift)), 3)
            points.append({"t": at * 1000, "v": value})
        found.append({"name": name, "points": points})
    return found


def dashboard(request):
    _, _, instance = authorized(request)
    source = {"type": "prometheus", "explorable": True, "enabled": instance["monitored"]}
    panels = PANELS.get(instance["provider"], []) if instance["monitored"] else []
    if not instance["monitored"]:
        source["reason"] = "notEnabled"
    return as_json({"source": source, "panels": [{"id": i, "title": t, "unit": u} for i, t, u in panels]})


def panel(request):
    span_and_step = window(request)
    _, name, instance = authorized(request)
    if not instance["monitored"]:
        raise Problem(409, "no monitoring source collects metrics for this instance")
    known = {key for key, _, _ in PANELS.get(instance["provider"], [])}
    if request.values["panel"] not in known:
        raise Problem(404, "unknown panel")
    return as_json({"series": series(span_and_step, 10, [f"{name}-0", f"{name}-1"])})


def explorable(request):
    if not authorized(request)[2]["monitored"]:
        raise Problem(409, "no monitoring source can explore this instance's metrics")


def metrics(request):
    explorable(request)
    return as_json({"metrics": METRICS})


def explore(request):
    span_and_step = window(request)
    name, kind = request.query("metric"), request.query("type")
    if kind not in TYPES or not NAME.fullmatch(name):
        raise Problem(400, "invalid metric or type")
    explorable(request)
    if kind == "counter":
        unit = "Bps" if "_bytes" in name else "ops"
    elif kind in ("histogram", "summary"):
        unit = "ms" if name.endswith("_seconds") else ""
    else:
        unit = "bytes" if "_bytes" in name else ""
    names = ["engine"] if any(name == metric["name"] for metric in METRICS) else []
    return as_json({"unit": unit, "series": series(span_and_step, 3, names)})


serve(
    {
        **common(with_etag=True),
        "GET /api/dashboard": dashboard,
        "GET /api/panels/{panel}": panel,
        "GET /api/metrics": metrics,
        "GET /api/explore": explore,
    }
)

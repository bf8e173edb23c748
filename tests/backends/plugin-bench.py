"""plugin-bench (runs.go newest read, routes @1fca95d3): two runs at once, kept for an hour in memory.

A run lasts durationSeconds / SPEED. The database `missing` makes it fail; RUNNER=off is a service without
its runner.
"""

import json
import os
import secrets
import threading
import time
from datetime import datetime, timezone

from plumbing import SPEED, Problem, as_json, common, serve
from world import connection_of, instance_of

MOST_BYTES = 16 * 1024
SLOTS = 2
LONGEST = 300
KEPT = 3600
PROVIDERS = ("provider-cloudnative-pg", "provider-percona-postgresql")
RESOURCES = {"cpuRequest": "100m", "cpuLimit": "1", "memoryRequest": "128Mi", "memoryLimit": "512Mi"}
NUMBERS = {"durationSeconds": "duration", "clients": "clients", "threads": "threads", "scale": "scale"}
TEXTS = ("k8sCluster", "namespace", "instance")
AFFINITY = {"requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"}
TYPES = {
    **{name: int for name in NUMBERS},
    "target": dict,
    "database": str,
    "initialize": bool,
    "resources": dict,
    "nodeAffinity": dict,
}

runs = {}
lock = threading.Lock()


def token_of(request):
    values = request.headers.get_all("Authorization") or []
    words = values[0].split() if len(values) == 1 else []
    if len(words) != 2 or words[0].lower() != "bearer":
        text = "a single Bearer authorization token is required"
        raise Problem(401, text, {"WWW-Authenticate": "Bearer"})
    return words[1]


def checked_target(token, target, ask=instance_of):
    """The instance, or the reason why the caller may not."""
    try:
        return ask(token, target["k8sCluster"], target["namespace"], target["instance"])
    except Problem as problem:
        headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
        text = {
            401: "OpenEverest authentication failed",
            403: "access to the database target is denied",
            404: "database target was not found",
            504: "timed out retrieving database connection details",
        }.get(problem.status, "failed to retrieve database connection details")
        raise Problem(problem.status, text, headers) from None


def matches(value, kind):
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def decoded(request):
    """The body, with the types of Go's struct and no other fields."""
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
        raise Problem(415, "Content-Type must be application/json")
    if len(request.body) > MOST_BYTES:
        raise Problem(413, "http: request body too large")
    invalid = Problem(400, "request body must contain a valid JSON object")
    try:
        body, end = json.JSONDecoder().raw_decode(request.body.decode().lstrip())
    except ValueError:
        raise invalid from None
    if body is None:
        raise Problem(400, "request body must contain a JSON object")
    if not isinstance(body, dict) or not set(body) <= set(TYPES):
        raise invalid
    body = {name: value for name, value in body.items() if value is not None}
    target, resources = body.get("target", {}), body.get("resources", {})
    affinity = body.get("nodeAffinity", {})
    if not all(matches(value, TYPES[name]) for name, value in body.items()):
        raise invalid
    if not set(target) <= set(TEXTS) or not set(resources) <= set(RESOURCES) or not set(affinity) <= AFFINITY:
        raise invalid
    if not all(isinstance(value, str) for value in [*target.values(), *resources.values()]):
        raise invalid
    if request.body.decode().lstrip()[end:].strip():
        raise Problem(400, "request body must contain exactly one JSON object")
    return body


def validate(body):
    for name in TEXTS:
        if not body.get("target", {}).get(name, "").strip():
            raise Problem(400, f"target.{name} is required")
    database = body.get("database", "")
    if "=" in database or database.lower().startswith(("postgres://", "postgresql://")):
        raise Problem(400, "database must be a database name, not a connection string")
    for name, word in NUMBERS.items():
        if not 1 <= body.get(name, 0) <= 2**31 - 1:
            unit = " seconds" if name == "durationSeconds" else ""
            raise Problem(400, f"benchmark {word} must be between 1 and 2147483647{unit}")
    if body["threads"] > body["clients"]:
        raise Problem(400, "benchmark threads cannot exceed clients")
    required = body.get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is not None and not (isinstance(required, dict) and required.get("nodeSelectorTerms")):
        path = "nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
        raise Problem(400, f"{path}: Required value: must have at least one node selector term")


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def settle(run):
    """Lets the time that has passed change the run."""
    ends = run["started"] + min(run["body"]["durationSeconds"], LONGEST) / SPEED
    if run["status"] != "running" or time.monotonic() < ends:
        return
    run["completedAt"] = now()
    run["completed"] = time.monotonic()
    body = run["body"]
    if body.get("database") == "missing":
        run["status"], run["error"] = "failed", "benchmark execution failed"
        run["output"] = 'pgbench: error: connection to server failed: FATAL:  database "missing" does not exist\n'
    elif body["durationSeconds"] > LONGEST:
        run["status"], run["error"] = "failed", "benchmark execution failed"
    else:
        run["status"] = "succeeded"
        done = body["durationSeconds"] * body["clients"] * 850
        run["output"] = (
            f"pgbench (17.2)\ntransaction type: <builtin: TPC-B (sort of)>\nscaling factor: {body['scale']}\n"
            f"number of clients: {body['clients']}\nnumber of threads: {body['threads']}\n"
            f"duration: {body['durationSeconds']} s\nnumber of transactions actually processed: {done}\n"
            f"number of failed transactions: 0 (0.000%)\nlatency average = 1.176 ms\n"
            f"tps = {body['clients'] * 850}.000000 (without initial connection time)\n"
        )


def current():
    """All runs as they are now; call it with the lock."""
    for key, run in list(runs.items()):
        settle(run)
        if "completed" in run and time.monotonic() - run["completed"] > KEPT:
            del runs[key]
    return runs


def create(request):
    token = token_of(request)
    body = decoded(request)
    validate(body)
    instance = checked_target(token, body["target"], connection_of)
    if instance["type"] != "postgresql":
        raise Problem(422, "benchmarking is currently supported only for PostgreSQL targets")
    if instance["provider"] not in PROVIDERS:
        raise Problem(422, "benchmarking is not supported for this PostgreSQL provider")
    if os.environ.get("RUNNER") == "off":
        raise Problem(503, "benchmark runner is unavailable")
    with lock:
        if sum(run["status"] == "running" for run in current().values()) >= SLOTS:
            raise Problem(429, "benchmark capacity is currently full")
        key = secrets.token_hex(16)
        runs[key] = {
            "body": body,
            "status": "running",
            "createdAt": now(),
            "started": time.monotonic(),
            "jobName": f"bench-{key[:8]}",
        }
    return as_json({"id": key, "status": "running"}, 202)


def get(request):
    token = token_of(request)
    with lock:
        run = current().get(request.values["id"])
    if run is None:
        raise Problem(404, "benchmark run not found")
    checked_target(token, run["body"]["target"])
    body = run["body"]
    given = {name: value for name, value in body.get("resources", {}).items() if value.strip()}
    found = {"id": request.values["id"], "status": run["status"]}
    if body.get("database"):
        found["database"] = body["database"]
    found.update(resources={**RESOURCES, **given}, nodeAffinity=body.get("nodeAffinity", {}), createdAt=run["createdAt"])
    for name in ("completedAt", "jobName", "output"):
        if run.get(name):
            found[name] = run[name]
    found["outputTruncated"] = False
    if run.get("error"):
        found["error"] = run["error"]
    return as_json(found)


STATUS = {
    "database": "postgresql",
    "message": "Benchmark runs execute as Kubernetes Jobs.",
    "runnerReady": True,
    "status": "ready",
    "storage": "ephemeral",
}

serve(
    {
        **common(health=lambda _: as_json({"status": "ok"})),
        "GET /api/status": lambda _: as_json(STATUS),
        "GET /api/runs": lambda _: as_json({"runs": []}),
        "POST /api/runs": create,
        "GET /api/runs/{id}": get,
    }
)

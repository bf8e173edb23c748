"""performance-testing-poc @91e723a: runs that are prepared, run and can be cancelled, compared and deleted.

A run is pending for 2 / SPEED seconds and then runs for durationSeconds / SPEED. The connection host
`unreachable` makes it fail. REQUIRE_USER_HEADER=true asks for X-Everest-User.
"""

import json
import os
import threading
import time
import uuid
from datetime import datetime, timedelta, timezone

from plumbing import SPEED, Answer, Problem, as_json, as_text, common, serve
from world import INSTANCES

PENDING = 2 / SPEED
MOST_OUTPUT = 512 * 1024
ENGINES = ("postgresql", "mysql", "mongodb")
DRIVERS = {
    "sysbench": {"name": "sysbench", "image": "perconalab/sysbench:latest", "engines": ["postgresql", "mysql"]},
    "go-ycsb": {"name": "go-ycsb", "image": "pingcap/go-ycsb:latest", "engines": ["mongodb"]},
}


def profile(name, title, text, threads, seconds, reads, tables, size, records):
    spec = {
        "profile": name,
        "threads": threads,
        "durationSeconds": seconds,
        "readPercent": reads,
        "writePercent": 100 - reads,
        "tables": tables,
        "tableSize": size,
        "records": records,
    }
    return {"name": name, "displayName": title, "description": text, "spec": spec}


PROFILES = [
    profile("smoke", "Smoke Test", "Little data, few threads, a minute.", 4, 60, 70, 2, 10000, 10000),
    profile("read_heavy", "Read Heavy", "Mostly reads.", 16, 300, 95, 8, 100000, 200000),
    profile("write_heavy", "Write Heavy", "Mostly writes.", 16, 300, 10, 8, 100000, 200000),
    profile("mixed_oltp", "Mixed OLTP", "Balanced transactions.", 16, 300, 70, 8, 100000, 200000),
    profile("stress", "Stress Test", "Much data, many threads.", 64, 600, 70, 16, 500000, 1000000),
    profile("custom", "Custom", "Everything by hand.", 8, 120, 70, 4, 50000, 100000),
]

runs = {}
lock = threading.Lock()


def stamp(time_):
    return time_.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now():
    return stamp(datetime.now(timezone.utc))


def instances(request):
    namespace = request.query("namespace")
    rows = [
        {
            "namespace": where,
            "name": name,
            "engine": found["type"],
            "version": "17.2",
            "status": "ready",
            "hostname": f"{name}.{where}.svc",
            "port": {"postgresql": 5432, "mysql": 3306, "mongodb": 27017}[found["type"]],
            "replicas": 3,
            "cpuLimit": "1",
            "memoryLimit": "2Gi",
            "storageClass": "standard",
            "storageSize": "10Gi",
        }
        for (where, name), found in INSTANCES.items()
        if found["type"] in ENGINES and namespace in ("", where)
    ]
    # Go's nil slice.
    return as_json({"instances": rows or None})


def resolved(name, overrides):
    base = next((one["spec"] for one in PROFILES if one["name"] == name), None)
    if base is None:
        raise Problem(400, f'unknown profile "{name}"')
    spec = {**base, **{key: value for key, value in overrides.items() if value not in (None, {}, False)}}
    if not 1 <= spec["threads"] <= 1024:
        raise Problem(400, f"threads must be 1-1024, got {spec['threads']}")
    if not 10 <= spec["durationSeconds"] <= 86400:
        raise Problem(400, f"durationSeconds must be 10-86400, got {spec['durationSeconds']}")
    reads, writes = spec["readPercent"], spec["writePercent"]
    if reads < 0 or writes < 0 or reads + writes != 100:
        raise Problem(400, f"readPercent+writePercent must sum to 100, got {reads}+{writes}")
    if min(spec["tables"], spec["tableSize"], spec["records"]) < 1:
        raise Problem(400, "dataset sizing must be positive")
    return spec


def result(spec):
    ops = round(spec["threads"] * 210.5 + spec["readPercent"], 2)
    return {
        "throughputOps": ops,
        "qps": ops * 20,
        "latencyAvgMs": round(spec["threads"] * 1000 / ops, 2),
        "latencyP95Ms": round(spec["threads"] * 1800 / ops, 2),
        "totalOps": int(ops * spec["durationSeconds"]),
        "errors": 0,
    }


def output(spec):
    ops = result(spec)["throughputOps"]
    lines = (f"[ {second}s ] thds: {spec['threads']} tps: {ops}\n" for second in range(1, spec["durationSeconds"] + 1))
    text = "".join(["===EVEREST-PERF-RESULT-BEGIN===\n", *lines, f"transactions per second: {ops}\n"])
    return (text + "===EVEREST-PERF-RESULT-END===\n")[:MOST_OUTPUT]


def new_run(key, created, namespace, name, engine, driver, image, profile_name, spec):
    fingerprint = {"engine": engine, "replicas": 3, "driver": driver, "driverImage": image, "spec": spec}
    return {
        "id": key,
        "createdAt": created,
        "namespace": namespace,
        "instanceName": name,
        "engine": engine,
        "driver": driver,
        "profile": profile_name,
        "status": "pending",
        "spec": spec,
        "fingerprint": fingerprint,
    }


def settle(entry):
    """Lets the time that has passed change the run."""
    run, age = entry["run"], time.monotonic() - entry["began"]
    if run["status"] == "pending" and age >= PENDING:
        run.update(status="running", startedAt=now(), jobName=f"perf-{run['id'][:8]}", message="benchmark running")
    if run["status"] == "running" and age >= PENDING + run["spec"]["durationSeconds"] / SPEED:
        run["finishedAt"] = now()
        if entry["fails"]:
            run.update(status="failed", message="job failed: cannot connect to the database")
            entry["output"] = "FATAL: unable to connect to the database\n"
        else:
            run.pop("message", None)
            run.update(status="succeeded", result=result(run["spec"]))
            entry["output"] = output(run["spec"])


def entry_of(key):
    entry = runs.get(key)
    if entry is None:
        raise Problem(404, "run not found")
    settle(entry)
    return entry


STRUCTURE = {
    "namespace": str,
    "instanceName": str,
    "profile": str,
    "driver": str,
    "image": str,
    "overrides": dict,
    "connection": dict,
}


def create(request):
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise Problem(400, f"invalid JSON: {error}") from None
    body = body if isinstance(body, dict) else {}
    for name, kind in STRUCTURE.items():
        if not isinstance(body.get(name) or kind(), kind):
            raise Problem(400, f"invalid JSON: json: cannot unmarshal into Go struct field createRunRequest.{name}")
    overrides, connection = body.get("overrides") or {}, body.get("connection")
    for name, value in overrides.items():
        kind = {"skipPrepare": bool, "skipCleanup": bool, "extra": dict}.get(name, int)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise Problem(400, f"invalid JSON: json: cannot unmarshal into Go struct field Overrides.overrides.{name}")
    namespace, name = body.get("namespace"), body.get("instanceName")
    if not namespace or not name:
        raise Problem(400, "namespace and instanceName are required")
    chosen = body.get("profile") or "smoke"
    spec = resolved(chosen, overrides)
    if connection is not None:
        engine = connection.get("engine", "")
    else:
        found = INSTANCES.get((namespace, name))
        if found is None:
            raise Problem(404, f'instance not found: databaseclusters.everest.percona.com "{name}" not found')
        engine = found["type"] if found["type"] in ENGINES else ""
    if not engine:
        raise Problem(400, "could not determine database engine")
    driver = body.get("driver")
    if driver and driver not in DRIVERS:
        raise Problem(400, f'unknown driver "{driver}" (available: [{" ".join(DRIVERS)}])')
    driver = driver or next((key for key, one in DRIVERS.items() if engine in one["engines"]), None)
    if driver is None:
        raise Problem(400, f'no driver supports engine "{engine}"')
    if engine not in DRIVERS[driver]["engines"]:
        raise Problem(400, f"driver {driver} does not support engine {engine}")
    image = body.get("image") or DRIVERS[driver]["image"]
    run = new_run(str(uuid.uuid4()), now(), namespace, name, engine, driver, image, chosen, spec)
    fails = bool(connection) and connection.get("host") == "unreachable"
    with lock:
        runs[run["id"]] = {"run": run, "began": time.monotonic(), "fails": fails, "output": ""}
    return as_json(run, 201)


def list_runs(request):
    namespace, name = request.query("namespace"), request.query("instance")
    with lock:
        for entry in runs.values():
            settle(entry)
        found = [entry["run"] for entry in runs.values()]
    found = [r for r in found if namespace in ("", r["namespace"]) and name in ("", r["instanceName"])]
    return as_json({"runs": sorted(found, key=lambda run: run["createdAt"], reverse=True)[:100]})


def get(request):
    with lock:
        return as_json(entry_of(request.values["id"])["run"])


def raw_output(request):
    with lock:
        return as_text(entry_of(request.values["id"])["output"])


def cancel(request):
    with lock:
        run = entry_of(request.values["id"])["run"]
        if run["status"] not in ("pending", "running"):
            raise Problem(409, f"run is {run['status']}, cannot cancel")
        run.update(status="canceled", finishedAt=now(), message="canceled by user")
        return as_json(run)


def delete(request):
    with lock:
        entry_of(request.values["id"])
        del runs[request.values["id"]]
    return Answer(204)


def differences(a, b):
    found = []
    for path in ("engine", "driver", "driverImage"):
        if a[path] != b[path]:
            found.append(f'{path}: "{a[path]}" vs "{b[path]}"')
    words = {"durationSeconds": "duration"}
    for path in ("threads", "durationSeconds", "readPercent", "tables", "tableSize", "records"):
        if a["spec"][path] != b["spec"][path]:
            found.append(f'{words.get(path, path)}: "{a["spec"][path]}" vs "{b["spec"][path]}"')
    return found or None


def compare(request):
    with lock:
        a, b = (entry_of(request.query(name))["run"] for name in ("a", "b"))
    if "result" not in a or "result" not in b:
        raise Problem(409, "both runs must have results to compare")
    deltas = {}
    for name in ("throughputOps", "latencyAvgMs", "latencyP95Ms", "qps"):
        before, after = a["result"][name], b["result"][name]
        deltas[name] = (after - before) / before * 100 if before else 0
    found = differences(a["fingerprint"], b["fingerprint"])
    return as_json({"a": a, "b": b, "deltas": deltas, "comparable": not found, "differences": found})


def remember():
    """Three runs of yesterday: two that succeeded, with different threads, and one that failed."""
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    for number, (threads, status) in enumerate([(4, "succeeded"), (8, "succeeded"), (4, "failed")]):
        key = f"00000000-0000-4000-8000-00000000000{number + 1}"
        spec = resolved("smoke", {"threads": threads})
        created = stamp(yesterday + timedelta(minutes=number))
        image = DRIVERS["sysbench"]["image"]
        run = new_run(key, created, "everest", "orders", "postgresql", "sysbench", image, "smoke", spec)
        run.update(status=status, startedAt=created, finishedAt=stamp(yesterday + timedelta(minutes=number + 1)))
        if status == "succeeded":
            run["result"] = result(spec)
        else:
            run["message"] = "job failed: deadline exceeded"
        runs[key] = {"run": run, "began": 0, "fails": False, "output": output(spec) if status == "succeeded" else ""}


CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization, X-Everest-User",
}


def before(request):
    """What comes before every route: OPTIONS, and the caller where one is asked for."""
    if request.method == "OPTIONS":
        return Answer(204), CORS
    strict = os.environ.get("REQUIRE_USER_HEADER") == "true"
    if strict and request.segments[0].startswith("api") and not request.headers.get("X-Everest-User"):
        return as_json({"error": "missing X-Everest-User header"}, 401), CORS
    return None, CORS


remember()
serve(
    {
        **common(),
        "GET /": lambda _: Answer(302, headers={"Location": "/main.js"}),
        "GET /api/instances": instances,
        "GET /api/profiles": lambda _: as_json({"profiles": PROFILES}),
        "GET /api/drivers": lambda _: as_json({"drivers": list(DRIVERS.values())}),
        "POST /api/runs": create,
        "GET /api/runs": list_runs,
        "GET /api/runs/{id}": get,
        "DELETE /api/runs/{id}": delete,
        "GET /api/runs/{id}/output": raw_output,
        "POST /api/runs/{id}/cancel": cancel,
        "GET /api/compare": compare,
    },
    before=before,
)

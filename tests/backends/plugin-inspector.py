"""plugin-inspector (@91e3ab76, logs @f3ffc29c): pods, their logs as they come, and what kubectl describe says.

A followed log has SPEED lines a second and no end.
"""

import itertools
import time

from plumbing import SPEED, Answer, Problem, as_json, common, serve
from world import authorized, is_subdomain

STARTED = "2026-11-20T08:00:00Z"
# How many lines a container has written before now.
LINES = 1000


def pods_of(name):
    """Two pods that run and one that cannot; the same for every instance."""
    for number in range(2):
        yield {
            "name": f"{name}-{number}",
            "type": "engine",
            "status": "Running",
            "nodeName": f"node-{number + 1}",
            "started": STARTED,
            "restarts": number,
            "ready": "2/2",
            "containers": [
                {"name": "database", "started": STARTED, "ready": True, "restarts": number, "status": "Running"},
                {"name": "exporter", "started": STARTED, "ready": True, "restarts": 0, "status": "Running"},
            ],
        }
    yield {
        "name": f"{name}-proxy-0",
        "type": "proxy",
        "status": "Pending",
        "reason": "ImagePullBackOff",
        "restarts": 0,
        "ready": "0/1",
        "containers": [
            {"name": "proxy", "ready": False, "restarts": 0, "status": "Waiting", "reason": "ImagePullBackOff"}
        ],
    }


def pod_of(request):
    """The pod, if it belongs to an instance that the caller may read."""
    if not is_subdomain(request.values["pod"]):
        raise Problem(400, "invalid pod")
    namespace, name, _ = authorized(request)
    for pod in pods_of(name):
        if pod["name"] == request.values["pod"]:
            return namespace, pod
    raise Problem(404, "pod not found in instance")


def boolean(request, name):
    """As Go's ParseBool."""
    text = request.query(name)
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("", "0", "f", "F", "FALSE", "false", "False"):
        return False
    raise Problem(400, f"{name} must be a boolean")


def line(container, number):
    return f"2026-11-23T08:00:{number % 60:02}Z {container} line {number}: checkpoint complete\n".encode()


def followed(container, first):
    # What is there comes at once, the rest as it is written.
    yield b"".join(line(container, number) for number in range(first, LINES + 1))
    for number in itertools.count(LINES + 1):
        time.sleep(1 / SPEED)
        yield line(container, number)


def logs(request):
    _, pod = pod_of(request)
    container = request.query("container") or pod["containers"][0]["name"]
    found = next((one for one in pod["containers"] if one["name"] == container), None)
    if found is None:
        raise Problem(400, "unknown container")
    follow, previous = boolean(request, "follow"), boolean(request, "previous")
    text = request.query("tailLines")
    count = LINES if follow else 200
    if text:
        count = int(text) if text.isdecimal() else 0
        if not 1 <= count <= 10000:
            raise Problem(400, "tailLines must be between 1 and 10000")
    if found["status"] == "Waiting" or (previous and not found["restarts"]):
        raise Problem(502, "failed to open log stream")
    first = max(1, LINES + 1 - count)
    if previous:
        body = iter([b"".join(line(f"{container} (previous)", n) for n in range(first, LINES + 1))])
    elif follow:
        body = followed(container, first)
    else:
        body = (line(container, number) for number in range(first, LINES + 1))
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Answer(200, body, "text/plain; charset=utf-8", headers)


def described(container, running):
    found = {
        "name": container["name"],
        "image": f"registry.example.net/{container['name']}:1.0",
        "ready": container["ready"],
        "restarts": container["restarts"],
        "state": {"status": "Running", "started": STARTED} if running else {"status": "Waiting", "reason": container["reason"]},
    }
    if container["restarts"]:
        found["lastTermination"] = {
            "status": "Terminated",
            "reason": "OOMKilled",
            "exitCode": 137,
            "started": "2026-11-19T08:00:00Z",
            "finished": STARTED,
        }
    found["requests"] = {"cpu": "500m", "memory": "1Gi"}
    found["limits"] = {"cpu": "1", "memory": "2Gi"}
    return found


def describe(request):
    namespace, pod = pod_of(request)
    running = pod["status"] == "Running"
    found = {"name": pod["name"], "namespace": namespace, "phase": pod["status"]}
    if running:
        found.update(nodeName=pod["nodeName"], podIP="10.1.2.3", qosClass="Burstable", started=STARTED)
    else:
        found.update(reason=pod["reason"], qosClass="Burstable")
    event = {
        "type": "Normal" if running else "Warning",
        "reason": "Started" if running else "Failed",
        "message": "Started container" if running else "Error: ImagePullBackOff",
        "count": 1 if running else 12,
        "firstSeen": STARTED,
        "lastSeen": STARTED if running else "2026-11-23T08:00:00Z",
        "source": "kubelet",
    }
    state = "True" if running else "False"
    found["conditions"] = [{"type": "Ready", "status": state, "lastTransitionTime": STARTED}]
    found["initContainers"] = []
    found["containers"] = [described(one, running) for one in pod["containers"]]
    found["events"] = [event]
    return as_json(found)


serve(
    {
        **common(with_etag=True),
        "GET /api/components": lambda request: as_json(list(pods_of(authorized(request)[1]))),
        "GET /api/components/{pod}/logs": logs,
        "GET /api/components/{pod}/describe": describe,
    }
)

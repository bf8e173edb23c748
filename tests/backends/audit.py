"""plugin-audit @f268a4f8: 1,234 events, the last one a minute old, seven minutes between two. No identity check."""

import os
from collections import Counter
from datetime import datetime, timedelta, timezone

from plumbing import Problem, as_json, common, encode, serve

COUNT = int(os.environ.get("EVENTS", "1234"))
# Set it for times that never change.
NEWEST = os.environ.get("NEWEST")
NEWEST = datetime.fromisoformat(NEWEST) if NEWEST else datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=1)

TYPES = [
    ("instance.created", "Instance"),
    ("backup.started", "Backup"),
    ("backup.completed", "Backup"),
    ("user.login", None),
    ("backup.failed", "Backup"),
    ("instance.deleted", "Instance"),
    ("settings.updated", "Settings"),
]


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def event(number):
    kind, resource = TYPES[number % len(TYPES)]
    found = {
        "id": number,
        "resourceVersion": str(9000 + number),
        "type": kind,
        "occurredAt": NEWEST - timedelta(minutes=7 * (COUNT - number)),
    }
    if resource:
        found["namespace"] = ["everest", "prod", "dev"][number % 3]
        found["resourceKind"] = resource
        found["resourceName"] = f"{['orders', 'billing', 'shop'][number % 3]}-{number % 11}"
    actor = number % 5
    if actor:
        found["actorType"] = "user" if actor < 4 else "system"
        found["actorID"] = ["", "dana", "eli", "admin", "everest-operator"][actor]
    found["envelope"] = {
        "seq": number,
        "epoch": "6f1c2a",
        "type": kind,
        "resource": {"kind": resource or "User", "name": found.get("resourceName", "dana")},
        "newState": {},
    }
    return found


# The newest first.
EVENTS = [event(number) for number in range(COUNT, 0, -1)]


def shown(found):
    return {**found, "occurredAt": stamp(found["occurredAt"])}


def number_in(text, least, most, message):
    try:
        number = int(text)
    except ValueError:
        raise Problem(400, message) from None
    if not least <= number <= most:
        raise Problem(400, message)
    return number


def time_in(request, name):
    text = request.query(name)
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or "T" not in text or time.tzinfo is None:
        raise Problem(400, f"{name} must be RFC3339")
    return time


def selected(request):
    """The events that the filters leave, and the size of a page."""
    lists = {}
    for name, field in (("types", "type"), ("namespaces", "namespace"), ("actors", "actorID")):
        lists[field] = [part.strip() for part in request.query(name).split(",") if part.strip()]
    search = request.query("search").strip().lower()
    limit = request.query("limit")
    limit = number_in(limit, 1, 500, "limit must be 1..500") if limit else 100
    before = request.query("beforeID")
    before = number_in(before, 0, 2**63 - 1, "invalid beforeID") if before else 0
    since, until = time_in(request, "since"), time_in(request, "until")

    def fits(found):
        return (
            all(not wanted or found.get(field) in wanted for field, wanted in lists.items())
            and (not search or search in found.get("resourceName", "").lower() or search in encode(found["envelope"]).decode().lower())
            and (since is None or found["occurredAt"] >= since)
            and (until is None or found["occurredAt"] <= until)
            and (not before or found["id"] < before)
        )

    return filter(fits, EVENTS), limit


def events(request):
    found, limit = selected(request)
    page = [shown(one) for one, _ in zip(found, range(limit))]
    # Go's nil slice.
    result = {"items": page or None}
    if len(page) == limit:
        result["nextBeforeID"] = page[-1]["id"]
    return as_json(result)


def one_event(request):
    number = number_in(request.values["id"], -(2**63), 2**63 - 1, "invalid id")
    for found in EVENTS:
        if found["id"] == number:
            return as_json(shown(found))
    raise Problem(404, "not found")


def distinct(field):
    return as_json({"items": sorted({found[field] for found in EVENTS if field in found}) or None})


def stats(request):
    found = list(selected(request)[0])

    def top(field):
        return dict(Counter(one[field] for one in found if field in one).most_common(25))

    # The last event of all, whatever the filters say.
    last = {"lastEventAt": stamp(EVENTS[0]["occurredAt"])} if EVENTS else {}
    counts = {"byType": top("type"), "byNamespace": top("namespace"), "byActor": top("actorID")}
    return as_json({"total": len(found), **counts, **last})


serve(
    {
        **common(),
        "GET /api/events": events,
        "GET /api/events/types": lambda _: distinct("type"),
        "GET /api/events/namespaces": lambda _: distinct("namespace"),
        "GET /api/events/{id}": one_event,
        "GET /api/stats": stats,
    }
)

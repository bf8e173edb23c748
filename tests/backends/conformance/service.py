"""A service that passes all checks of `plugin test`, in Python's standard library. The tests break it, one line at a time."""

import http.client
import json
import os
import secrets
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGEST = 1024 * 1024
VERSION = secrets.token_hex(4)


class Problem(Exception):
    def __init__(self, status, error):
        self.status, self.error = status, error


class Notes:
    def __init__(self):
        self.notes, self.jobs, self.known, self.calls = [], {}, set(), 0
        self.lock, self.running, self.ending = threading.Lock(), 0, False


state = Notes()


def schema(name):
    return {"$ref": f"#/components/schemas/{name}"}


def answers(name, status=200):
    found = {str(status): {"description": "It", "content": {"application/json": {"schema": schema(name)}}}}
    for code in (400, 401, 404):
        found[str(code)] = {"description": "Why", "content": {"application/json": {"schema": schema("Failure")}}}
    return found


def body(name):
    return {"required": True, "content": {"application/json": {"schema": schema(name)}}}


def thing(**properties):
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1.0.0"},
    "paths": {
        "/api/notes": {
            "get": {
                "operationId": "listNotes",
                "summary": "List notes",
                "x-cli-paginate": {"cursor": "/next", "parameter": "after", "size": "limit"},
                "parameters": [
                    {"name": "limit", "in": "query", "schema": NUMBER},
                    {"name": "after", "in": "query", "schema": TEXT},
                ],
                "responses": answers("Notes"),
            },
            "post": {"operationId": "createNote", "summary": "Write a note", "requestBody": body("NewNote"), "responses": answers("Note", 201)},
        },
        "/api/notes/{id}": {"get": {"operationId": "getNote", "summary": "Show a note", "parameters": [ID], "responses": answers("Note")}},
        "/api/jobs": {
            "post": {
                "operationId": "startJob",
                "summary": "Start a job",
                "x-cli-wait": {"id": "/id", "poll": "getJob", "status": "/status", "success": ["done"], "failure": ["failed"]},
                "responses": answers("Job", 202),
            },
        },
        "/api/jobs/{id}": {"get": {"operationId": "getJob", "summary": "Show a job", "parameters": [ID], "responses": answers("Job")}},
        "/api/ticks": {
            "get": {
                "operationId": "ticks",
                "summary": "Follow the clock",
                "x-cli-follow": True,
                "responses": {"200": {"description": "Ticks", "content": {"text/event-stream": {"schema": TEXT}}}},
            },
        },
    },
    "components": {
        "schemas": {
            "NewNote": thing(text=TEXT),
            "Note": thing(id=TEXT, text=TEXT, created={"type": "string", "format": "date-time"}),
            "Notes": {
                "type": "object",
                "required": ["items"],
                "properties": {"items": {"type": "array", "items": schema("Note")}, "next": {"type": ["string", "null"]}},
            },
            "Job": thing(id=TEXT, status=TEXT),
            "Failure": thing(error=TEXT),
        },
    },
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 3

    def log_message(self, *_):
        pass

    def answer(self, status, value, kind="application/json"):
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        if state.ending:
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def caller(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Problem(401, "no token")
        if token in state.known:
            return
        request = urllib.request.Request(
            os.environ["EVEREST_API_URL"] + "/v1/clusters/main/plugin-context", headers={"Authorization": f"Bearer {token}"}
        )
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError:
            raise Problem(401, "the API does not know the token") from None
        state.known.add(token)

    def content(self):
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Problem(400, "send a Content-Length")
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            self.close_connection = True
            raise Problem(413, "too large")
        content = self.rfile.read(length)
        if len(content) < length:
            self.close_connection = True
            raise Problem(400, "the body broke off")
        try:
            return json.loads(content or b"null")
        except ValueError:
            raise Problem(400, "no JSON") from None

    def routed(self):
        path, _, query = self.path.partition("?")
        query = {name: values[0] for name, values in urllib.parse.parse_qs(query).items()}
        if path == "/healthz":
            if self.command not in ("GET", "HEAD"):
                raise Problem(405, "only GET")
            return self.answer(200, {})
        if path == "/openapi.json":
            return self.answer(200, DOCUMENT)
        method = "GET" if self.command == "HEAD" else self.command
        parts = path.strip("/").split("/")
        if len(self.headers.get_all("Host") or []) != 1:
            raise Problem(400, "one Host")
        if path == "/api/notes" and method == "GET":
            self.caller()
            return self.listed(query)
        if path == "/api/notes" and method == "POST":
            self.caller()
            value = self.content()
            if not isinstance(value, dict) or set(value) != {"text"}:
                raise Problem(400, "text is missing")
            note = {"id": secrets.token_hex(4), "text": value["text"], "created": datetime.now(UTC).isoformat()}
            state.notes.append(note)
            return self.answer(201, note)
        if parts[:2] == ["api", "notes"] and len(parts) == 3 and method == "GET":
            self.caller()
            found = next((note for note in state.notes if note["id"] == parts[2]), None)
            if found is None:
                raise Problem(404, "no such note")
            return self.answer(200, found)
        if path == "/api/jobs" and method == "POST":
            self.caller()
            self.content()
            job = secrets.token_hex(4)
            state.jobs[job] = time.monotonic()
            return self.answer(202, {"id": job, "status": "running"})
        if parts[:2] == ["api", "jobs"] and len(parts) == 3 and method == "GET":
            self.caller()
            started = state.jobs.get(parts[2])
            if started is None:
                raise Problem(404, "no such job")
            status = "done" if time.monotonic() - started > 0.3 else "running"
            return self.answer(200, {"id": parts[2], "status": status})
        if path == "/api/ticks" and method == "GET":
            self.caller()
            return self.ticks()
        if method not in ("GET", "POST"):
            raise Problem(405, "not that method")
        raise Problem(404, "no such route")

    def listed(self, query):
        try:
            limit = min(max(int(query.get("limit", 100)), 1), 100)
        except ValueError:
            raise Problem(400, "limit is no number") from None
        notes, after, start = list(state.notes), query.get("after"), 0
        if after is not None:
            start = next((at + 1 for at, note in enumerate(notes) if note["id"] == after), None)
            if start is None:
                raise Problem(400, "no such cursor")
        page = notes[start : start + limit]
        following = page[-1]["id"] if start + limit < len(notes) else None
        self.answer(200, {"items": page, "next": following})

    def ticks(self):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        first = int(self.headers.get("Last-Event-ID") or 0) + 1
        for number in range(first, first + 20):
            self.wfile.write(f"id: {number}\ndata: tick\n\n".encode())
            self.wfile.flush()
            time.sleep(0.05)

    def handled(self):
        with state.lock:
            state.running += 1
        try:
            self.routed()
        except Problem as problem:
            self.answer(problem.status, {"error": problem.error})
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        finally:
            with state.lock:
                state.running -= 1

    do_GET = do_HEAD = do_POST = do_OPTIONS = do_LOCK = handled


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


def stop(*_):
    state.ending = True
    threading.Thread(target=server.shutdown).start()


server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, stop)
server.serve_forever(poll_interval=0.05)
until = time.monotonic() + 2
while state.running and time.monotonic() < until:
    time.sleep(0.02)
time.sleep(0.05)
sys.exit(0)

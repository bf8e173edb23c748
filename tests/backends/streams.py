"""A backend for everything that takes its time, which kills itself in the middle of it and is started again.

EVENTS, ROWS and BYTES say how much there is; it dies after every DIE_EVENTS events and DIE_BYTES bytes that it has sent
in one life. What has to survive stands in a file.
"""

import hashlib
import json
import os
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def number(name, default):
    return int(os.environ.get(name, default))


EVENTS, ROWS = number("EVENTS", 1000), number("ROWS", 100)
BYTES = number("BYTES", 1 << 20)
DIE_EVENTS, DIE_BYTES = number("DIE_EVENTS", 1 << 60), number("DIE_BYTES", 1 << 60)
PAGE = 10
PIECE = bytes(range(256)) * 256
STATE = "state.json"
sent = {"events": 0, "bytes": 0}


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def remembered():
    try:
        with open(STATE, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {"looks": 0, "cancelled": False}


def remember(state):
    with open(STATE + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.replace(STATE + ".new", STATE)


def parameter(name, kind="string", place="query", **more):
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": kind, **more}}


def answers(media, schema, status="200"):
    return {status: {"content": {media: {"schema": schema}}}}


ANY = {"type": "object"}
NUMBERED = {"type": "object", "properties": {"n": {"type": "integer"}, "name": {"type": "string"}}}
ROW_LIST = {"type": "object", "properties": {"rows": {"type": "array", "items": NUMBERED}, "next": {"type": "string"}}}
BINARY = {"type": "string", "format": "binary"}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Streams", "version": "1"},
    "paths": {
        "/api/events": {
            "get": {
                "x-cli-name": "events",
                "x-cli-follow": {"cursor": "since"},
                "parameters": [parameter("since")],
                "responses": answers("text/event-stream", {"type": "string"}),
            }
        },
        "/api/lines": {
            "get": {
                "x-cli-name": "lines",
                "x-cli-follow": {"parameter": "follow", "cursor": "since", "id": "/n"},
                "parameters": [parameter("since"), parameter("follow", "boolean")],
                "responses": answers("application/x-ndjson", NUMBERED),
            }
        },
        "/api/rows": {
            "get": {
                "x-cli-paginate": {"cursor": "/next", "parameter": "after"},
                "parameters": [parameter("after")],
                "responses": answers("application/json", ROW_LIST),
            }
        },
        "/api/jobs": {
            "get": {"responses": answers("application/json", {"type": "array", "items": ANY})},
            "post": {
                "operationId": "start",
                "x-cli-wait": {
                    "id": "/id",
                    "poll": "look",
                    "success": ["done"],
                    "failure": ["cancelled"],
                    "interval": "500ms",
                    "progress": "/percent",
                    "cancel": "cancel",
                },
                "responses": answers("application/json", ANY, "202"),
            },
        },
        "/api/jobs/{id}": {
            "get": {
                "operationId": "look",
                "parameters": [parameter("id", place="path"), parameter("kind")],
                "responses": answers("application/json", ANY),
            },
            "delete": {
                "operationId": "cancel",
                "parameters": [parameter("id", place="path")],
                "responses": {"204": {}},
            },
        },
        "/api/blob": {
            "get": {
                "x-cli-name": "blob",
                "parameters": [parameter("digest")],
                "responses": answers("application/octet-stream", BINARY),
            }
        },
        "/api/raw": {
            "post": {
                "x-cli-name": "put-raw",
                "requestBody": {"content": {"application/octet-stream": {"schema": BINARY}}},
                "responses": answers("application/json", ANY),
            }
        },
        "/api/form": {
            "post": {
                "x-cli-name": "put-form",
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {"type": "object", "properties": {"name": {"type": "string"}, "file": BINARY}}
                        }
                    }
                },
                "responses": answers("application/json", ANY),
            }
        },
    },
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_method(self):
        parts = urlsplit(self.path)
        self.values = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path
        if path.startswith("/api/jobs/"):
            path = "/api/jobs/id"
        handler = ROUTES.get(f"{self.command} {path}")
        try:
            if handler:
                handler(self)
            else:
                self.json({"error": "not found"}, 404)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_DELETE = handle_method

    def head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def json(self, value, status=200):
        body = json.dumps(value).encode()
        self.head(status, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        self.wfile.write(body)

    def cursor(self):
        return int(self.values.get("since") or self.headers.get("Last-Event-ID") or 0)

    def numbered(self, media, one):
        """What comes behind the cursor, in chunks; at the end there is nothing to follow any more."""
        first = self.cursor() + 1
        if first > EVENTS:
            return self.head(204, {})
        self.head(200, {"Content-Type": media, "Transfer-Encoding": "chunked"})
        for start in range(first, EVENTS + 1, 100):
            last = min(start + 100, EVENTS + 1)
            text = "".join(one(n) for n in range(start, last)).encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            sent["events"] += last - start
            if sent["events"] >= DIE_EVENTS:
                # In the middle of an event.
                half = one(last).encode()[:7]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
                time.sleep(0.05)
                die()
        self.wfile.write(b"0\r\n\r\n")

    def events(self):
        self.numbered("text/event-stream", lambda n: f'id: {n}\nevent: tick\ndata: {{"n":{n}}}\n\n')

    def lines(self):
        self.numbered("application/x-ndjson", lambda n: f'{{"n":{n},"name":"line-{n}"}}\n')

    def rows(self):
        after = int(self.values.get("after") or 0)
        page = [{"n": n, "name": f"row-{n}"} for n in range(after, min(after + PAGE, ROWS))]
        more = {"next": str(after + PAGE)} if after + PAGE < ROWS else {}
        self.json({"rows": page, **more})

    def start(self):
        self.body()
        remember({"looks": 0, "cancelled": False})
        self.json({"id": "7", "status": "new"}, 202)

    def look(self):
        state = remembered()
        state["looks"] += 1
        remember(state)
        looks = state["looks"]
        if state["cancelled"]:
            return self.json({"id": "7", "status": "cancelled"})
        if self.path.startswith("/api/jobs/endless"):
            return self.json({"id": "endless", "status": "running", "percent": min(looks, 99)})
        if looks in (2, 3, 4):
            return self.json({"error": "not now"}, 503)
        if looks == 5:
            die()
        self.json({"id": "7", "status": "done" if looks >= 7 else "running", "percent": min(100, looks * 14)})

    def cancel(self):
        remember({"looks": 0, "cancelled": True})
        self.head(204, {})

    def blob(self):
        start = 0
        whole = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "ETag": '"one"'}
        if self.values.get("digest"):
            whole["ETag"] = f'"sha256:{self.values["digest"]}"'
        status = 200
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range") == whole["ETag"]:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            whole["Content-Range"] = f"bytes {start}-{BYTES - 1}/{BYTES}"
            status = 206
        self.head(status, {**whole, "Content-Length": str(BYTES - start)})
        at = start
        while at < BYTES:
            begin = at % len(PIECE)
            piece = PIECE[begin : begin + BYTES - at]
            self.wfile.write(piece)
            at += len(piece)
            sent["bytes"] += len(piece)
            if sent["bytes"] >= DIE_BYTES and at < BYTES:
                die()

    def body(self):
        """How many bytes there are, and their checksum."""
        count, checksum = 0, hashlib.sha256()

        def take(length):
            nonlocal count
            while length:
                piece = self.rfile.read(min(length, 1 << 20))
                if not piece:
                    raise ConnectionResetError
                checksum.update(piece)
                count += len(piece)
                length -= len(piece)

        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                take(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            take(int(self.headers.get("Content-Length") or 0))
        return {"bytes": count, "sha256": checksum.hexdigest()}

    def raw(self):
        self.json({**self.body(), "length": self.headers.get("Content-Length")})

    def log_message(self, form, *values):
        if os.environ.get("LOG_REQUESTS"):
            print(form % values, flush=True)


ROUTES = {
    "GET /healthz": lambda it: it.json("ok"),
    "GET /openapi.json": lambda it: it.json(DOCUMENT),
    "GET /api/events": Handler.events,
    "GET /api/lines": Handler.lines,
    "GET /api/rows": Handler.rows,
    "GET /api/jobs": lambda it: it.json([]),
    "POST /api/jobs": Handler.start,
    "GET /api/jobs/id": Handler.look,
    "DELETE /api/jobs/id": Handler.cancel,
    "GET /api/blob": Handler.blob,
    "POST /api/raw": Handler.raw,
    "POST /api/form": Handler.raw,
}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request, _address):
        # Somebody has gone.
        pass


Server(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()

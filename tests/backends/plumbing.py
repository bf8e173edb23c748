"""HTTP for the test backends: routes, answers and errors as Go's ServeMux gives them."""

import hashlib
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

# How many times faster than a real plugin: jobs and log lines.
SPEED = float(os.environ.get("SPEED", "1"))

LARGEST_BODY = 1024 * 1024
BUNDLE = b"export function register() {}\n"
ICON = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


class Problem(Exception):
    """An answer that is not the one hoped for."""

    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}


class Answer:
    """`body` is bytes, or an iterator of bytes that are flushed one by one."""

    def __init__(self, status=200, body=b"", content_type=None, headers=None):
        self.status, self.body, self.headers = status, body, dict(headers or {})
        if content_type:
            self.headers["Content-Type"] = content_type


def encode(value):
    """As Go's json.Encoder: compact, with a line end."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def as_json(value, status=200, headers=None):
    return Answer(status, encode(value), "application/json", headers)


def as_text(text, status=200, headers=None):
    return Answer(status, text.encode(), "text/plain; charset=utf-8", headers)


def go_error(text, status, headers=None):
    """What http.Error and the ServeMux send."""
    return as_text(text + "\n", status, {"X-Content-Type-Options": "nosniff", **(headers or {})})


def asset(content, content_type, with_etag=False):
    """A route for a file; some plugins send an ETag with it."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'

    def handler(request):
        headers = {"Cache-Control": "no-store"}
        if with_etag:
            headers = {"Cache-Control": "no-cache", "ETag": etag}
            if etag in request.headers.get("If-None-Match", ""):
                return Answer(304, headers=headers)
        return Answer(200, content, content_type, headers)

    return handler


def common(with_etag=False, health=None):
    """The routes that every plugin has."""
    return {
        "GET /main.js": asset(BUNDLE, "application/javascript", with_etag),
        "GET /icon.png": asset(ICON, "image/png"),
        "GET /healthz": health or (lambda _: as_text("ok")),
    }


class Request:
    """What a handler sees."""

    def __init__(self, method, target, headers, body):
        parts = urlsplit(target)
        self.method, self.headers, self.body = method, headers, body
        self.segments = [unquote(part) for part in parts.path.split("/")[1:]]
        self.all_of = parse_qs(parts.query, keep_blank_values=True)
        self.values = {}

    def query(self, name, default=""):
        """The first value, as Go's Query().Get()."""
        return self.all_of.get(name, [default])[0]

    def token(self):
        """X-Everest-User, else the Bearer token; None when there is neither."""
        forwarded = self.headers.get("X-Everest-User")
        if forwarded:
            return forwarded
        authorization = self.headers.get("Authorization", "")
        if authorization.startswith("Bearer ") and len(authorization) > 7:
            return authorization[7:]
        return None


def match(pattern, segments):
    """The values of the pattern's {parameters}, or None."""
    wanted = pattern.split("/")[1:]
    if len(wanted) != len(segments):
        return None
    values = {}
    for want, got in zip(wanted, segments):
        if want.startswith("{"):
            if not got:
                return None
            values[want[1:-1]] = got
        elif want != got:
            return None
    return values


def answer(routes, request, error):
    """The most literal route that fits, else 405 or 404 as the ServeMux says them."""
    fitting = []
    for route, handler in routes.items():
        method, pattern = route.split(" ")
        values = match(pattern, request.segments)
        if values is not None:
            fitting.append((len(values), method, values, handler))
    if not fitting:
        return go_error("404 page not found", 404)
    fitting.sort(key=lambda entry: entry[0])
    fitting = [entry for entry in fitting if entry[0] == fitting[0][0]]
    wanted = "GET" if request.method == "HEAD" else request.method
    for _, method, values, handler in fitting:
        if method == wanted:
            request.values = values
            try:
                return handler(request)
            except Problem as problem:
                return error(problem)
    methods = {method for _, method, _, _ in fitting}
    allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return go_error("Method Not Allowed", 405, {"Allow": allowed})


def problem_as_json(problem):
    return as_json({"error": problem.message}, problem.status, problem.headers)


def serve(routes, error=problem_as_json, before=None, respond=answer):
    """Serves until it is killed. `before` may answer a request itself, or add headers to every answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A small answer goes out in one packet.
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_method(self):
            body = self.read_body()
            request = Request(self.command, self.path, self.headers, body)
            early, extra = before(request) if before else (None, {})
            found = early or respond(routes, request, error)
            found.headers.update(extra)
            try:
                self.send(found)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_method

        def read_body(self):
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                parts = []
                while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                while self.rfile.readline().strip():
                    pass
                return b"".join(parts)
            length = int(self.headers.get("Content-Length") or 0)
            if length > LARGEST_BODY:
                self.close_connection = True
            return self.rfile.read(min(length, LARGEST_BODY))

        def send(self, found):
            bare = self.command == "HEAD" or found.status in (204, 304)
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if isinstance(found.body, bytes):
                if found.status not in (204, 304):
                    self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(b"" if bare else found.body)
                self.wfile.flush()
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            for chunk in () if bare else found.body:
                if chunk:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                    self.wfile.flush()
            self.wfile.write(b"" if bare else b"0\r\n\r\n")
            self.wfile.flush()

        def log_message(self, form, *values):
            if os.environ.get("LOG_REQUESTS"):
                print(form % values, flush=True)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, _request, _address):
            # A client that goes away is no event.
            if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
                super().handle_error(_request, _address)

    Server(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()

#!/usr/bin/env python3
"""The servers that compare.sh needs. Each prints its port on loopback, serves, and ends with its input.

servers.py plugins N      an OpenEverest server that lists N plugins
servers.py silent         accepts connections and never answers
servers.py blob BYTES     a plugin with one large body, and its description
servers.py document N     a plugin that describes N commands
servers.py cluster N [IMAGE]  a Kubernetes API server with N Plugin resources, page by page, with an image each
servers.py tls PORT CERTIFICATE KEY  TLS in front of PORT
servers.py counting PORT  passes GET requests on to PORT; each line of input prints how many since the last
"""
import http.client
import json
import select
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Plugins(BaseHTTPRequestHandler):
    """Lists the plugins for every cluster."""

    body = b"[]"

    def do_GET(self):
        known = self.path.startswith("/v1/clusters/") and self.path.endswith("/plugins")
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        body = self.body if known else b"{}"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Blob(BaseHTTPRequestHandler):
    """A plugin's backend with one large body."""

    protocol_version = "HTTP/1.1"
    size = 0
    piece = bytes(1 << 20)
    answer = {"200": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Blob", "version": "1"},
        "paths": {"/api/blob": {"get": {"x-cli-name": "get", "responses": answer}}},
    }

    def do_GET(self):
        is_blob = self.path == "/api/blob"
        body = b"" if is_blob else json.dumps(self.document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream" if is_blob else "application/json")
        self.send_header("Content-Length", str(self.size if is_blob else len(body)))
        self.end_headers()
        self.wfile.write(body)
        for left in range(self.size if is_blob else 0, 0, -len(self.piece)):
            self.wfile.write(self.piece[:left])

    def log_message(self, *_):
        pass


def operation(summary):
    """One with a few parameters and a response, as documents have them."""
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    filters = [
        {"name": f"filter{number}", "in": "query", "description": "Leaves rows out", "schema": {"type": "string"}}
        for number in range(8)
    ]
    properties = {f"property{number}": {"type": "string", "description": "A value"} for number in range(12)}
    content = {"application/json": {"schema": {"type": "object", "properties": properties}}}
    return {
        "summary": summary,
        "description": "What it does, at some length. " * 6,
        "parameters": [path, *filters],
        "responses": {"200": {"description": "OK", "content": content}},
    }


def document(commands):
    """A description of so many commands, 15 in each group."""
    paths = {}
    for number in range(commands):
        group, place = divmod(number, 15)
        route = f"/group{group}/{{id}}" + (f"/part{place}" if place > 1 else "")
        method = ("get", "delete", "post")[min(place, 2)]
        paths.setdefault(route, {})[method] = operation(f"Do number {number}")
    return {"openapi": "3.0.3", "info": {"title": "Commands", "version": "1"}, "paths": paths}


class Document(Plugins):
    """A plugin's backend that has nothing but its description."""

    def do_GET(self):
        is_there = self.path == "/openapi.json"
        body = self.body if is_there else b"{}"
        self.send_response(200 if is_there else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Counting(BaseHTTPRequestHandler):
    """Passes requests on and counts them."""

    protocol_version = "HTTP/1.1"
    port = 0
    count = 0
    lock = threading.Lock()

    def do_GET(self):
        with Counting.lock:
            Counting.count += 1
        onward = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {name: value for name, value in self.headers.items() if name.lower() in ("accept", "user-agent")}
        onward.request("GET", self.path, headers=headers)
        answer = onward.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Cluster(Plugins):
    """Lists the resources of one API group, and knows no other."""

    protocol_version = "HTTP/1.1"
    group = "/apis/extensions.openeverest.io/v1alpha1"
    count = 0
    image = None

    def do_GET(self):
        address = urlsplit(self.path)
        is_there = address.path == f"{self.group}/plugins"
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        first = int(query.get("continue", 0))
        end = min(first + int(query.get("limit", self.count)), self.count)
        items = [self.resource(number) for number in range(first, end)]
        metadata = {"resourceVersion": "1", **({"continue": str(end)} if end < self.count else {})}
        page = {"apiVersion": "v1", "kind": "PluginList", "metadata": metadata, "items": items}
        body = json.dumps(page if is_there else {"kind": "Status", "apiVersion": "v1", "code": 404}).encode()
        self.send_response(200 if is_there else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def resource(self, number):
        told = plugin(number)
        service = {"namespace": "everest-system", "name": told["name"], "port": 8080}
        spec = {name: told[name] for name in ("displayName", "description", "version", "vendor")}
        if self.image:
            spec["cli"] = {"image": self.image}
        else:
            spec["backend"] = {"serviceRef": service}
        return {
            "apiVersion": "extensions.openeverest.io/v1alpha1",
            "kind": "Plugin",
            "metadata": {"name": told["name"]},
            "spec": spec,
        }


def serve_tls(port, certificate, key):
    """Takes TLS off, connection by connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def relay(accepted):
        with context.wrap_socket(accepted, server_side=True) as outside:
            with socket.create_connection(("127.0.0.1", port)) as inside:
                while True:
                    ready, _, _ = select.select([outside, inside], [], [])
                    for source, target in ((outside, inside), (inside, outside)):
                        if source not in ready:
                            continue
                        data = source.recv(1 << 16)
                        while source is outside and outside.pending():
                            data += outside.recv(1 << 16)
                        if not data:
                            return
                        target.sendall(data)

    def accept():
        while True:
            accepted, _ = listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=relay, args=(accepted,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def plugin(number):
    name = f"plugin-{number:04}"
    description = f"Shows what {name} finds in the databases of a namespace, and what to do about it"
    return {"name": name, "displayName": name, "description": description, "version": "1.2.3", "vendor": "Example"}


def serve(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main(what, *rest):
    if what == "plugins":
        Plugins.body = json.dumps([plugin(number) for number in range(int(rest[0]))]).encode()
        print(serve(Plugins), flush=True)
    elif what == "silent":
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        print(listener.getsockname()[1], flush=True)
    elif what == "blob":
        Blob.size = int(rest[0])
        print(serve(Blob), flush=True)
    elif what == "document":
        Document.body = json.dumps(document(int(rest[0]))).encode()
        print(serve(Document), flush=True)
    elif what == "cluster":
        Cluster.count, Cluster.image = int(rest[0]), next(iter(rest[1:]), None)
        print(serve(Cluster), flush=True)
    elif what == "tls":
        print(serve_tls(int(rest[0]), *rest[1:]), flush=True)
    elif what == "counting":
        Counting.port = int(rest[0])
        print(serve(Counting), flush=True)
    else:
        sys.exit(__doc__)
    for _ in sys.stdin:
        with Counting.lock:
            print(Counting.count, flush=True)
            Counting.count = 0


if __name__ == "__main__":
    main(*sys.argv[1:] or [""])

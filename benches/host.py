#!/usr/bin/env python3
"""Measures the development host: benches/host.py BINARY. Loopback only, every loop is bounded, about a minute.

Prints one line of a table for each figure. Needs nothing but Python's standard library and /proc.
"""

import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BINARY = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/everestctl")
GIB = 1 << 30
X = "/v1/clusters/main/plugins/x"

BACKEND = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    def do_GET(self):
        if self.path == "/zeros":
            self.send_response(200)
            self.send_header("content-length", str(2 << 30))
            self.end_headers()
            block = bytes(1 << 20)
            for _ in range(2 << 10):
                self.wfile.write(block)
            return
        body = str(os.getpid()).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n%s" % (len(body), body))
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

MANIFEST = """
apiVersion: extensions.openeverest.io/v1alpha1
kind: Plugin
metadata: {name: x}
spec: {displayName: X, backend: {serviceRef: {namespace: here, name: service, port: 80}}}
"""


def row(what, figure):
    print(f"| {what} | {figure} |", flush=True)


class Host:
    def __init__(self, *arguments):
        self.start = time.perf_counter()
        self.process = subprocess.Popen(
            [BINARY, "host", "run", "--listen", "127.0.0.1:0", *arguments], stderr=subprocess.PIPE, text=True
        )
        self.port = int(self.until(r"listening on http://127.0.0.1:(\d+)"))
        self.ready = time.perf_counter() - self.start
        self.password = self.until(r"with the password (\S+)")
        self.lines = []
        threading.Thread(target=self.drain, daemon=True).start()

    def until(self, pattern):
        for line in self.process.stderr:
            found = re.search(pattern, line)
            if found:
                return found.group(1)
        sys.exit("the host ended")

    def drain(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def token(self):
        body = json.dumps({"grant_type": "password", "username": "admin", "password": self.password})
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/v1/auth/token", body, {"content-type": "application/json"})
        return json.load(connection.getresponse())["access_token"]

    def memory(self, field="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(field + r":\s+(\d+)", status.read()).group(1)) / 1024

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        start = time.perf_counter()
        self.process.wait(20)
        return time.perf_counter() - start


def ready():
    times = []
    for _ in range(15):
        host = Host()
        times.append(host.ready * 1000)
        host.stop()
    row("ready after starting", f"median {statistics.median(times):.0f} ms, slowest of 15 {max(times):.0f} ms")


def ask(port, path, headers, connection=None):
    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def streams(host, headers, path, what):
    before = host.memory()
    head = f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: {headers['authorization']}\r\n\r\n".encode()
    sockets = []
    for _ in range(500):
        stream = socket.create_connection(("127.0.0.1", host.port))
        stream.settimeout(20)
        stream.sendall(head)
        sockets.append(stream)
    for stream in sockets:
        assert b" 200 " in stream.recv(4096)
    opened = host.memory()
    end = time.time() + 5
    while time.time() < end:
        for stream in sockets:
            stream.setblocking(False)
            try:
                stream.recv(65536)
            except BlockingIOError:
                pass
        time.sleep(0.1)
    row(what, f"{before:.0f} MiB before, {opened:.0f} MiB open, {host.memory():.0f} MiB after 5 s")
    for stream in sockets:
        stream.close()


def download(host, headers):
    stream = socket.create_connection(("127.0.0.1", host.port))
    stream.settimeout(60)
    stream.sendall(f"GET {X}/zeros HTTP/1.1\r\nhost: x\r\nauthorization: {headers['authorization']}\r\n\r\n".encode())
    buffer, total, most, start = bytearray(1 << 20), 0, 0, time.perf_counter()
    while total < 2 * GIB:
        count = stream.recv_into(buffer)
        if not count:
            sys.exit("the download ended early")
        total += count
        most = max(most, host.memory()) if total % (1 << 26) < (1 << 20) else most
    seconds = time.perf_counter() - start
    row("2 GiB through the proxy", f"{most:.0f} MiB at most, {2048 / seconds:.0f} MiB/s")


def latency(host, headers, direct):
    connections = {
        "direct": (http.client.HTTPConnection("127.0.0.1", direct), "/"),
        "proxy": (http.client.HTTPConnection("127.0.0.1", host.port), f"{X}/"),
    }
    times = {name: [] for name in connections}
    for number in range(2000):
        for name, (connection, path) in connections.items():
            start = time.perf_counter()
            ask(0, path, headers, connection)
            if number >= 100:
                times[name].append((time.perf_counter() - start) * 1000)
    shown = {name: (statistics.median(all), sorted(all)[len(all) * 99 // 100]) for name, all in times.items()}
    added = shown["proxy"][0] - shown["direct"][0]
    row(
        "one small GET, direct and through the proxy",
        "median {:.2f} and {:.2f} ms, 99 % within {:.2f} and {:.2f} ms".format(
            shown["direct"][0], shown["proxy"][0], shown["direct"][1], shown["proxy"][1]
        ),
    )
    row("added by the proxy", f"{added:.2f} ms (median)")


def soak(host, headers):
    """Requests from four threads while the backend is killed eight times."""
    while ask(host.port, f"{X}/", headers)[0] != 200:
        time.sleep(0.05)
    time.sleep(0.5)
    before, counts, slowest, lock = host.files(), {}, 0.0, threading.Lock()
    stop = threading.Event()

    def work():
        nonlocal slowest
        while not stop.is_set():
            start = time.perf_counter()
            try:
                status = ask(host.port, f"{X}/", headers)[0]
            except OSError as error:
                status = type(error).__name__
            took = time.perf_counter() - start
            with lock:
                counts[status] = counts.get(status, 0) + 1
                slowest = max(slowest, took)
            time.sleep(0.002)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    killed = 0
    for _ in range(8):
        time.sleep(1)
        status, body = ask(host.port, f"{X}/", headers)
        if status == 200:
            os.kill(int(body), signal.SIGKILL)
            killed += 1
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    time.sleep(2)
    row(
        f"{sum(counts.values())} requests while the backend is killed {killed} times",
        f"{', '.join(f'{count} × {status}' for status, count in sorted(counts.items(), key=str))}, "
        f"slowest {slowest * 1000:.0f} ms, {before} file descriptors before, {host.files()} after",
    )


def main():
    folder = tempfile.mkdtemp(prefix="everestctl-bench-")
    try:
        os.makedirs(f"{folder}/plugins/x")
        for name, content in {
            "manifest.yaml": MANIFEST,
            "server.py": BACKEND,
            "host.yaml": f"command: ['{sys.executable}', server.py]\nreadiness: /\n",
        }.items():
            with open(f"{folder}/plugins/x/{name}", "w") as file:
                file.write(content)
        print("| what | figure |\n|---|---|")
        ready()
        idle = Host()
        time.sleep(2)
        row("memory, idle", f"{idle.memory():.0f} MiB")
        headers = {"authorization": f"Bearer {idle.token()}"}
        row("memory after a sign-in", f"{idle.memory():.0f} MiB")
        streams(idle, headers, "/v1/events", "500 streams of `/v1/events`")
        hello = "/v1/clusters/main/plugins/hello/api/ticks?count=1000&intervalMs=200"
        streams(idle, headers, hello, "500 event streams through the proxy")
        idle.stop()
        host = Host("--plugins", f"{folder}/plugins")
        headers = {"authorization": f"Bearer {host.token()}"}
        while ask(host.port, f"{X}/", headers)[0] != 200:
            time.sleep(0.05)
        line = next(line for line in host.lines if "x: ready at" in line)
        latency(host, headers, int(line.strip().rsplit(":", 1)[1]))
        download(host, headers)
        soak(host, headers)
        row("stopped after TERM", f"{host.stop() * 1000:.0f} ms")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

"""The plugin as everestctl runs it: a process, its output and its exit code."""

import json
import os
import pathlib
import signal
import subprocess
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

ROOT = pathlib.Path(__file__).parent.parent
PLUGIN = ROOT / "everestctl-<<module>>"


def run(*words, **variables):
    environment = {"PATH": os.environ["PATH"], "EVERESTCTL_PLUGIN": "<<name>>", **variables}
    return subprocess.run([PLUGIN, *words], env=environment, capture_output=True, text=True, timeout=60)


class Server(BaseHTTPRequestHandler):
    """An OpenEverest server with one instance."""

    def do_GET(self):
        known = self.headers["Authorization"] == "Bearer secret" and self.path.endswith("/prod/instances")
        body = json.dumps({"items": [{"metadata": {"name": "shop"}}]} if known else {"message": "no"}).encode()
        self.send_response(200 if known else 403)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class PluginTest(unittest.TestCase):
    def test_it_greets(self):
        self.assertEqual(run("hello").stdout, "hello, world\n")
        self.assertEqual(run("hello", "Ada", "--loud").stdout, "HELLO, ADA\n")
        self.assertEqual(json.loads(run("hello", EVERESTCTL_OUTPUT="json").stdout), {"greeting": "hello, world"})

    def test_it_shows_where_it_runs(self):
        shown = run("server", EVEREST_HOST="https://everest.example.com").stdout
        self.assertEqual(shown, "server: https://everest.example.com\nnamespace: none\n")

    def test_it_greets_until_it_is_stopped(self):
        watching = subprocess.Popen([PLUGIN, "watch", "Ada"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watching.stdout.close)
        self.assertEqual(watching.stdout.readline(), "hello, Ada\n")
        watching.terminate()
        self.assertEqual(watching.wait(timeout=60), -signal.SIGTERM)

    def test_it_refuses_what_it_does_not_know(self):
        for words in (["--nothing"], ["nothing"], ["hello", "--nothing"], []):
            refused = run(*words)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""), words)
            self.assertIn("error: ", refused.stderr)

    def test_it_asks_the_server_with_the_session_of_the_user(self):
        server = HTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        variables = {
            "EVEREST_HOST": f"http://127.0.0.1:{server.server_port}",
            "EVERESTCTL_PATH": str(ROOT / "tests" / "everestctl"),
        }
        listed = run("instances", EVEREST_NAMESPACE="prod", **variables)
        self.assertEqual((listed.stdout, listed.stderr), ("shop\n", ""))
        refused = run("instances", EVEREST_NAMESPACE="dev", **variables)
        self.assertEqual(refused.stderr, "error: the server answered 403 Forbidden\n")
        offline = run("instances", EVERESTCTL_OFFLINE="1", **variables)
        self.assertEqual(offline.stderr, "error: the network must not be used (--offline)\n")
        self.assertIn("auth login", run("instances").stderr)

    def test_its_version_is_everywhere_the_same(self):
        version = run("--version").stdout.split()[1]
        for name in ("everestctl-<<module>>.yaml", "everestctl-plugin.yaml"):
            self.assertIn(f"version: {version}\n", (ROOT / name).read_text(), name)

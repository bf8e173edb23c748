//! Plugins of a cluster without an OpenEverest server: through the service proxy of the Kubernetes API server.

use crate::support::http::{Reply, Request, Server, json, response};
use crate::support::namespace::Namespace;
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, plane, skip};

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"Snake","version":"1"},
    "components":{"securitySchemes":{"key":{"type":"apiKey","in":"header","name":"X-API-Key"}}},"paths":{
    "/scores":{"delete":{"x-cli-name":"scores reset","summary":"Reset the scores","security":[{"key":[]}],"responses":{"200":{"description":"",
        "content":{"application/json":{"schema":{"type":"object"}}}}}}},
    "/games":{"get":{"x-cli-name":"games list","summary":"List games","responses":{"200":{"description":"","content":{"application/json":
        {"schema":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"}}}}}}}}},
      "post":{"x-cli-name":"games create","summary":"Start a game","requestBody":{"content":{"application/json":{"schema":{"type":"object",
        "properties":{"name":{"type":"string"}}}}}},"responses":{"201":{"description":"","content":{"application/json":{"schema":{"type":"object"}}}}}}},
    "/games/{id}":{"get":{"x-cli-name":"games get","summary":"Show a game","parameters":[{"name":"id","in":"path","required":true,
        "schema":{"type":"string"}}],"responses":{"200":{"description":"","content":{"application/json":{"schema":{"type":"object"}}}}}}},
    "/events":{"get":{"x-cli-name":"events watch","summary":"Follow games","responses":{"200":{"description":"","content":{"text/event-stream":{}}}}}},
    "/private":{"get":{"x-cli-name":"private get","summary":"Show a secret","responses":{"200":{"description":""}}}}}}"#;

const PROXY: &str = "/api/v1/namespaces/everest-system/services/snake:8080/proxy";

const PLUGINS: &str = r#"{"metadata":{"resourceVersion":"1"},"items":[
    {"metadata":{"name":"snake"},"spec":{"displayName":"Snake","version":"0.1.0",
      "backend":{"serviceRef":{"namespace":"everest-system","name":"snake","port":8080}}}},
    {"metadata":{"name":"audit"},"spec":{"displayName":"Audit","backend":{"externalUrl":"https://audit.example.com"}}}]}"#;

fn status(code: &str, message: &str) -> Reply {
    let body =
        format!(r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{message}","code":0}}"#);
    Reply::Bytes(response(code, "application/json", body.as_bytes()))
}

/// An API server that is strict about paths and credentials, and the backend behind it.
fn cluster() -> Server {
    Server::start(|Request { path, head, .. }| {
        let head = head.to_lowercase();
        if !head.contains("\r\nauthorization: bearer kube\r\n") || head.contains("everest-token") {
            return status("401 Unauthorized", "Unauthorized");
        }
        if path.starts_with("/apis/extensions.") {
            return Reply::Bytes(json(PLUGINS));
        }
        let Some(path) = path.strip_prefix(PROXY) else {
            return status("404 Not Found", "the server could not find the requested resource");
        };
        let method = head.split(' ').next().unwrap_or_default();
        Reply::Bytes(match (method, path) {
            ("get", "/openapi.json") => json(DOCUMENT),
            ("get", "/games") => json(r#"[{"id":"a"},{"id":"b"}]"#),
            ("post", "/games") => response("201 Created", "application/json", br#"{"id":"new"}"#),
            ("get", "/games/a%20b") => json(r#"{"id":"a b"}"#),
            ("get", "/games/full") => {
                return status("503 Service Unavailable", "no endpoints available for service");
            }
            ("delete", "/scores") if head.contains("\r\nx-api-key: open-sesame\r\n") => {
                json(r#"{"reset":true}"#)
            }
            ("delete", "/scores") => {
                response("401 Unauthorized", "application/json", br#"{"error":"bad key"}"#)
            }
            ("get", "/events") => response(
                "200 OK",
                "text/event-stream",
                b"id: 1\ndata: {\"n\":1}\n\nid: 2\ndata: {\"n\":2}\n\n",
            ),
            ("get", "/private") => {
                response("401 Unauthorized", "application/json", br#"{"error":"who are you?"}"#)
            }
            _ => response("404 Not Found", "application/json", br#"{"error":"no such game"}"#),
        })
    })
}

fn kubeconfig(server: &str) -> String {
    format!(
        "current-context: c\nclusters: [{{name: k, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: u, user: {{token: kube}}}}]\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n"
    )
}

fn user_of(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("kubeconfig", kubeconfig(&server.url()));
    sandbox.with_path("KUBECONFIG", "kubeconfig").with("CI", "1")
}

#[test]
fn commands_streams_and_any_request_run_without_an_openeverest_server() {
    let server = cluster();
    let sandbox = user_of(&server);
    sandbox.run("plugin list").success_silent();
    assert!(sandbox.run("snake games --help").success_silent().contains("List games"));
    assert_eq!(sandbox.run("snake games list -o jsonl").success_silent(), "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    assert_eq!(sandbox.run("snake games create --name x -o json").json()["id"], "new");
    assert_eq!(sandbox.run_with(["snake", "games", "get", "a b", "-o", "json"]).json()["id"], "a b");
    let events = sandbox.run("snake events watch -o jsonl");
    assert!(events.stdout.contains(r#"{"n":1}"#) && events.stdout.contains(r#"{"n":2}"#), "{events:?}");
    assert_eq!(sandbox.run("plugin api snake GET /games").success_silent(), r#"[{"id":"a"},{"id":"b"}]"#);
    let curl = sandbox.run("plugin api snake GET /games --dry-run").success_silent();
    assert!(
        curl.contains(&format!("http://127.0.0.1:8001{PROXY}/games")) && !curl.contains("auth token"),
        "{curl}"
    );
    // Nothing but the lists and the one Service was asked for.
    for path in server.paths() {
        assert!(path.starts_with(PROXY) || path.starts_with("/apis/"), "{path}");
    }
}

#[test]
fn a_credential_of_the_plugins_own_goes_through_one_cluster_and_no_other() {
    let server = cluster();
    let sandbox = user_of(&server);
    sandbox.run("plugin list").success_silent();
    let said = sandbox.run("snake scores reset --yes").stderr_failed(4);
    assert!(said.contains("`snake` requires the credential `key` (header `X-API-Key`)"), "{said}");
    assert!(server.paths().iter().all(|path| !path.ends_with("/scores")), "{:?}", server.paths());
    let stored = sandbox.fed("auth plugin snake --with-token", "open-sesame\n");
    let told = String::from_utf8(stored.stderr).unwrap();
    assert!(
        told.starts_with(&format!("stored the credential `key` of `snake` for {}", server.url())),
        "{told}"
    );
    let reset = sandbox.run("snake scores reset --yes -o json");
    assert_eq!(reset.json()["reset"], true, "{reset:?}");
    let with_key = server.requests().into_iter().filter(|request| request.head.contains("open-sesame"));
    assert!(with_key.map(|request| request.path).eq([format!("{PROXY}/scores")]));
    let curl = sandbox.run("snake scores reset --yes --dry-run").success_silent();
    assert!(curl.contains("EVERESTCTL_PLUGIN_SNAKE_KEY") && !curl.contains("open-sesame"), "{curl}");

    let second = cluster();
    sandbox.write("kubeconfig", kubeconfig(&second.url()));
    sandbox.run("plugin list").success_silent();
    sandbox.run("snake scores reset --yes").stderr_failed(4);
    assert!(second.requests().iter().all(|request| !request.head.contains("open-sesame")));
    // A wrong one is refused by the backend, and not by the cluster.
    let sandbox = sandbox.with("EVERESTCTL_PLUGIN_SNAKE_KEY", "wrong-key-4711");
    let said = sandbox.run("snake scores reset --yes").stderr_failed(4);
    assert!(said.contains("`snake` refused its credential `key`") && !said.contains("wrong-key"), "{said}");
}

#[test]
fn what_the_api_server_says_is_told_from_what_the_backend_says() {
    let server = cluster();
    let sandbox = user_of(&server);
    sandbox.run("plugin list").success_silent();
    let said = sandbox.run("snake private get").stderr_failed(1);
    assert!(said.contains("`snake`: returned 401 (unauthorized): who are you?"), "{said}");
    assert!(said.contains("its backend does not learn who you are: `--via server` tells it"), "{said}");
    let said = sandbox.run("snake games get full").stderr_failed(1);
    assert!(
        said.contains("the Kubernetes API server returned 503 (service unavailable): no endpoints"),
        "{said}"
    );
    assert!(said.contains("hint: is the plugin's backend running?"), "{said}");
    let said = sandbox.run("snake games get nothing").stderr_failed(1);
    assert!(said.contains("`snake`: returned 404 (not found): no such game"), "{said}");
    // What would arrive as another request is not sent.
    let before = server.requests().len();
    let said = sandbox.run("plugin api snake GET /games/a%2Fb").stderr_failed(2);
    assert!(said.contains("cannot pass on a path with `%2F`") && said.contains("`--via server`"), "{said}");
    let said = sandbox.run("plugin api snake GET /games -H authorization:x").stderr_failed(2);
    assert!(said.contains("header `authorization` is set by everestctl"), "{said}");
    assert_eq!(server.requests().len(), before);
    // Wrong credentials are those of the kubeconfig.
    sandbox.write("kubeconfig", kubeconfig(&server.url()).replace("token: kube", "token: other"));
    let said = sandbox.run("snake games list").stderr_failed(4);
    assert!(
        said.contains("the Kubernetes API server returned 401") && said.contains("sign in to the cluster"),
        "{said}"
    );
}

#[test]
fn the_status_is_true_and_help_needs_nobody() {
    let server = cluster();
    let sandbox = user_of(&server);
    assert_eq!(
        sandbox.run("plugin list -o json").statuses(),
        [("audit".to_owned(), "needs a server".to_owned()), ("snake".to_owned(), "ready".to_owned())]
    );
    let info = sandbox.run("plugin info snake").success_silent();
    assert!(
        info.contains("through the Kubernetes API server; the backend does not learn who you are"),
        "{info}"
    );
    let which = sandbox.run("plugin which snake").success_silent();
    assert!(which.contains("ready: through the Kubernetes API server"), "{which}");
    let which = sandbox.run("plugin which audit").success_silent();
    assert!(
        which.contains("needs a server: its backend is not a Service of the Kubernetes cluster"),
        "{which}"
    );
    // From the description that ships with everestctl.
    assert!(sandbox.run("audit --help").success_silent().contains("events"));
    let said = sandbox.run("audit events").stderr_failed(126);
    assert!(
        said.contains("`audit` needs an OpenEverest server: its backend (https://audit.example.com)"),
        "{said}"
    );
    let said = sandbox.run("--via server snake games list").stderr_failed(4);
    assert!(
        said.contains("needs an OpenEverest server") || said.contains("need an OpenEverest server"),
        "{said}"
    );
    assert_eq!(
        sandbox.run("--via server plugin list -o json").statuses(),
        [
            ("audit".to_owned(), "needs a server".to_owned()),
            ("snake".to_owned(), "needs a server".to_owned())
        ]
    );
    sandbox.run("--via nothing plugin list").stderr_failed(2);
}

#[test]
fn a_server_is_preferred_unless_the_user_says_otherwise() {
    let server = cluster();
    let openeverest = Server::start(|request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/clusters/main/plugins" => json(r#"[{"name":"snake","version":"0.1.0"}]"#),
            "/v1/clusters/main/plugins/snake/openapi.json" => json(DOCUMENT),
            "/v1/clusters/main/plugins/snake/games" => json(r#"[{"id":"server"}]"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox =
        user_of(&server).with("EVEREST_HOST", openeverest.url()).with("EVEREST_TOKEN", "everest-token");
    sandbox.run("plugin list").success_silent();
    assert_eq!(sandbox.run("snake games list -o jsonl").success_silent(), "{\"id\":\"server\"}\n");
    for line in ["--via kubernetes snake games list -o jsonl", "snake games list -o jsonl --via kubernetes"] {
        assert_eq!(sandbox.run(line).success_silent(), "{\"id\":\"a\"}\n{\"id\":\"b\"}\n", "{line}");
    }
}

/// What the API server of Kubernetes makes of it, with a backend in a network namespace.
#[test]
fn a_real_api_server_passes_requests_on() {
    let test = "via_kubernetes::a_real_api_server_passes_requests_on";
    if !std::path::Path::new("/usr/bin/python3").exists() {
        return skip("python", test, "there is no /usr/bin/python3");
    }
    // One of its own: others change theirs.
    let Some(plane) = plane::Plane::start() else {
        return skip("kube", test, "KUBEBUILDER_ASSETS is not set");
    };
    let Some(mut namespace) = Namespace::new() else {
        return skip("network-namespace", test, "only root can make a network namespace, with `ip`");
    };
    let sandbox = Sandbox::new().with("KUBECONFIG", plane.file("kubeconfig")).with("CI", "1");
    sandbox.write("document.json", DOCUMENT);
    sandbox.write("backend.py", BACKEND);
    namespace.serve(&sandbox, "backend.py", 8080);
    // An endpoint has to be the address of a Pod: an API server passes nothing on to another (CVE-2020-8562).
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"snake","namespace":"snakes"},"spec":{"containers":[{"name":"c","image":"i"}]}"#;
    plane.create(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: snakes}}\n---\n{pod}}}\n"));
    sandbox.write(
        "status.json",
        format!(r#"{pod},"status":{{"podIP":"{0}","podIPs":[{{"ip":"{0}"}}]}}}}"#, namespace.address),
    );
    let status = sandbox.path("status.json").display().to_string();
    plane.kubectl(&["replace", "--raw", "/api/v1/namespaces/snakes/pods/snake/status", "-f", &status]);
    plane.create(&format!(
        "\
         apiVersion: v1\nkind: Service\nmetadata: {{name: snake, namespace: snakes}}\nspec: {{ports: [{{port: 80, targetPort: 8080}}]}}\n---\n\
         apiVersion: v1\nkind: Endpoints\nmetadata: {{name: snake, namespace: snakes}}\n\
         subsets: [{{addresses: [{{ip: {}, targetRef: {{kind: Pod, name: snake, namespace: snakes}}}}], ports: [{{port: 8080}}]}}]\n---\n\
         apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {{name: snake}}\n\
         spec: {{displayName: Snake, version: 1.0.0, backend: {{serviceRef: {{namespace: snakes, name: snake, port: 80}}}}}}\n",
        namespace.address
    ));
    assert!(sandbox.run("plugin list --source cluster").success_silent().contains("snake"));
    assert_eq!(
        sandbox.run("snake games list -o jsonl").success_silent(),
        "{\"id\": \"a\"}\n{\"id\": \"b\"}\n"
    );
    let made = sandbox.run("snake games create --name x -o json").json();
    assert_eq!(made["body"]["name"], "x");
    // The caller's identity does not reach the backend.
    let headers = made["headers"].as_object().unwrap();
    for name in ["authorization", "x-everest-user", "impersonate-user"] {
        assert!(!headers.contains_key(name), "{headers:?}");
    }
    for id in ["a b", "ä", "a%b", "a?b", "a;b", "a+b", "a:b"] {
        assert_eq!(sandbox.run_with(["snake", "games", "get", id, "-o", "json"]).json()["id"], id);
    }
    let events = sandbox.run("snake events watch -o jsonl");
    assert!(events.stdout.contains(r#"{"n":1}"#) && events.stdout.contains(r#"{"n":3}"#), "{events:?}");
    assert!(sandbox.run("plugin api snake GET /games").success_silent().contains(r#"{"id": "a"}"#));
    // A user who may look at plugins and not at their services.
    let viewer = Sandbox::new().with("KUBECONFIG", plane.file("kubeconfig.viewer")).with("CI", "1");
    plane.create(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: plugins}\n\
         rules: [{apiGroups: ['*'], resources: [plugins], verbs: [list]}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: plugins}\n\
         roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: plugins}\n\
         subjects: [{kind: Group, name: viewers, apiGroup: rbac.authorization.k8s.io}]\n",
    );
    eventually("the role holds", || viewer.run("plugin list --source cluster").code == Some(0));
    let said = viewer.run("plugin api snake GET /games").stdout;
    assert!(said.contains("cannot get resource") && said.contains("services/proxy"), "{said}");
    // Its network stays: without it, the address would be somebody else's.
    namespace.stop();
    let said = sandbox.run("--request-timeout 2 snake games list").stderr;
    assert!(said.contains("the Kubernetes API server returned 50"), "{said}");
}

const BACKEND: &str = r#"
import http.server, json, os, sys, time, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments): pass
    def reply(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/openapi.json":
            return self.reply(json.load(open(os.path.join(os.path.dirname(__file__), "document.json"))))
        if path == "/games":
            return self.reply([{"id": "a"}, {"id": "b"}])
        if path == "/events":
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for number in (1, 2, 3):
                self.wfile.write(b"id: %d\ndata: {\"n\":%d}\n\n" % (number, number))
                self.wfile.flush()
            self.close_connection = True
            return
        if path.startswith("/games/"):
            return self.reply({"id": urllib.parse.unquote(path[len("/games/"):])})
        self.reply({"error": "not found"}, 404)
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.reply({"body": body, "headers": {name.lower(): value for name, value in self.headers.items()}}, 201)
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"#;

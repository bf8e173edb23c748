//! `everestctl host run` as a process, and its users.

use super::InTime as _;
use super::Sandbox;
use super::client::{self, Answer, Response};
use super::sandbox::eventually;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// A host that ends with the test.
pub(crate) struct Host {
    child: Child,
    pub(crate) address: String,
    pub(crate) password: String,
    lines: Arc<Mutex<Vec<String>>>,
}

/// A signed-in user.
pub(crate) struct Session<'a> {
    host: &'a Host,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Host {
    /// Starts one on a free port.
    pub(crate) fn start(sandbox: &Sandbox, arguments: &str) -> Self {
        Self::start_in(sandbox, &[], arguments)
    }

    /// Starts one through the words of `wrapper`, which end by becoming what follows them.
    pub(crate) fn start_in(sandbox: &Sandbox, wrapper: &[&str], arguments: &str) -> Self {
        let anywhere = ["--listen", "127.0.0.1:0"];
        let anywhere = if arguments.contains("--listen") { &[][..] } else { &anywhere };
        let words = ["host", "run"].into_iter().chain(anywhere.iter().copied());
        let words = words.chain(arguments.split_whitespace());
        let mut child = sandbox.wrapped(wrapper, words).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (stderr, all) = (child.stderr.take().unwrap(), Arc::clone(&lines));
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                all.lock().unwrap().push(line);
            }
        });
        let mut host = Self { child, address: String::new(), password: String::new(), lines };
        if arguments.contains("-o json") {
            let start = "{\"type\":\"listening\"";
            host.eventually_says(start);
            let lines = host.lines();
            let line = lines.iter().find(|line| line.starts_with(start)).unwrap();
            let listening: Value = serde_json::from_str(line).unwrap();
            host.address = listening["url"].as_str().unwrap().replace("http://", "");
            host.password = listening["password"].as_str().unwrap().into();
            return host;
        }
        host.address = host.word_behind("listening on http://");
        // Users of a state folder have passwords already.
        if !arguments.contains("--state") {
            host.password = host.word_behind("sign in as admin with the password ");
        }
        host
    }

    pub(crate) fn word_behind(&self, start: &str) -> String {
        self.eventually_says(start);
        let lines = self.lines();
        let line = lines.iter().find_map(|line| line.strip_prefix(start)).unwrap();
        line.split(' ').next().unwrap().to_owned()
    }

    /// What it has said so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    #[track_caller]
    pub(crate) fn eventually_says(&self, text: &str) {
        eventually(text, || self.lines().iter().any(|line| line.contains(text)));
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal and gives how it ended.
    pub(crate) fn end(&mut self, signal: Signal) -> ExitStatus {
        kill(self.child.id(), signal);
        self.child.status_in_time()
    }

    /// Asks it to end.
    pub(crate) fn token(&self, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        client::ask(&self.address, "POST /v1/auth/token", &headers, body.to_string().as_bytes())
    }

    /// Signs in with a password, and waits its turn: the host allows few attempts a second.
    #[track_caller]
    pub(crate) fn sign_in_as(&self, user: &str, password: &str) -> Session<'_> {
        let body = json!({"grant_type": "password", "username": user, "password": password});
        let mut answer = self.token(&body);
        for _ in 0..20 {
            if answer.status != 429 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(250));
            answer = self.token(&body);
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.session(&answer)
    }

    #[track_caller]
    pub(crate) fn sign_in(&self) -> Session<'_> {
        self.sign_in_as("admin", &self.password)
    }

    pub(crate) fn session(&self, answer: &Answer) -> Session<'_> {
        let text = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        Session { host: self, access: text("access_token"), refresh: text("refresh_token") }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end(Signal::TERM);
        }
    }
}

impl<'a> Session<'a> {
    /// The host that it is of.
    pub(crate) fn host(&self) -> &'a Host {
        self.host
    }

    /// One request with the session's token.
    pub(crate) fn ask(&self, first: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.access);
        let headers = [headers, &[("authorization", bearer.as_str())]].concat();
        client::ask(&self.host.address, first, &headers, body)
    }

    /// As [`Self::ask`], and the body comes bit by bit.
    pub(crate) fn open(&self, first: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let bearer = format!("Bearer {}", self.access);
        let headers = [headers, &[("authorization", bearer.as_str())]].concat();
        client::open(&self.host.address, first, &headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], b"")
    }

    /// The names in the list of plugins.
    pub(crate) fn plugins(&self) -> Vec<String> {
        let list = self.get("/v1/clusters/main/plugins").json();
        list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// Makes a state folder with these users beside the administrator, all with one password: gives the argument for it, and
/// the password.
pub(crate) fn with_users(sandbox: &Sandbox, names: &[&str]) -> (String, String) {
    let state = format!("--state {}", sandbox.path("state").display());
    // The first host makes the administrator.
    let made = Host::start(sandbox, &state);
    made.eventually_says("with the password ");
    let lines = made.lines();
    let password = lines.iter().find_map(|line| line.split_once("password ")?.1.split(' ').next());
    let users = std::fs::read_to_string(sandbox.path("state/users.yaml")).unwrap();
    let hash = users.split("$argon2id").nth(1).unwrap().split(['"', '\'', '\n']).next().unwrap();
    let entry = |name: &&str| format!("  {name}: {{passwordHash: \"$argon2id{hash}\"}}\n");
    let all: String = ["admin"].iter().chain(names).map(entry).collect();
    sandbox.write("state/users.yaml", format!("users:\n{all}"));
    (state, password.unwrap().to_owned())
}

/// Sends a signal to the process `pid`, which may have ended by itself.
pub(crate) fn kill(pid: u32, signal: Signal) {
    let sent = kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal);
    assert!(matches!(sent, Ok(()) | Err(rustix::io::Errno::SRCH)), "{sent:?}");
}

/// Whether this process, and so whatever it starts, ignores the signal.
pub(crate) fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & (1 << (signal.as_raw() - 1)) != 0)
}

/// Whether there is a process `pid` that has not ended.
pub(crate) fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !stat.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// A backend in Python: `before` runs first, and `answer` is the expression of a body.
pub(crate) fn python_server(before: &str, answer: &str) -> String {
    format!(
        r#"
import http.server, json, os, subprocess, sys
{before}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {answer}
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#
    )
}

/// A manifest whose backend is a service, for `NAME/manifest.yaml`.
pub(crate) fn manifest(name: &str, more: &str) -> String {
    format!(
        "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {{name: {name}}}\n\
         spec:\n  displayName: The {name}\n  version: 1.0.0\n{more}"
    )
}

/// What is in a manifest of a plugin with a service.
pub(crate) const SERVICE: &str = "  backend: {serviceRef: {namespace: here, name: service, port: 80}}\n";

/// A sandbox with one plugin `x`, whose backend is at `url`.
pub(crate) fn with_backend(url: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifests/x/manifest.yaml", manifest("x", SERVICE));
    sandbox.write("manifests/x/host.yaml", format!("url: {url}\n"));
    sandbox
}

/// Starts a host for the plugins of [`with_backend`].
pub(crate) fn host_of(sandbox: &Sandbox, arguments: &str) -> Host {
    Host::start(sandbox, &format!("--plugins {} {arguments}", sandbox.path("manifests").display()))
}

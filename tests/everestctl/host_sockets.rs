//! Backends of the development host and their neighbours on the machine: who gets the socket, what is in the
//! environment, what is left of them.

use crate::support::InTime as _;
use crate::support::host::{Host, SERVICE, is_running, kill, manifest};
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Listens as it is told and tells what it finds. `/close` makes it give its port away.
const SERVER: &str = r#"
import http.server, json, os, socket, subprocess, sys
how = sys.argv[1]

class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self):
        return "-"

    def do_GET(self):
        descriptors = [number for number in map(int, os.listdir("/proc/self/fd")) if number < 10]
        known = {"pid": os.getpid(), "env": dict(os.environ), "argv": sys.argv, "fds": sorted(descriptors), "children": children}
        body = json.dumps(known).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/close":
            self.wfile.flush()
            server.socket.close()
            print("closed", flush=True)
            while True:
                __import__("time").sleep(10)

    def log_message(self, *_):
        pass

class Server(http.server.HTTPServer):
    allow_reuse_address = True

children = []
if "children" in sys.argv:
    code = "import time; time.sleep(600)"
    children.append(subprocess.Popen([sys.executable, "-c", code]).pid)
    children.append(subprocess.Popen([sys.executable, "-c", code], start_new_session=True, env={}).pid)
    between = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', %r], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)" % code
    children.append(int(subprocess.run([sys.executable, "-c", between], capture_output=True).stdout))
server = Server(("127.0.0.1", int(os.environ.get("PORT", 0))), Handler, bind_and_activate=how in ("port", "any"))
if how == "socket":
    server.socket = socket.socket(fileno=3)
if how == "unix":
    server.socket = socket.socket(socket.AF_UNIX)
    server.socket.bind(os.environ["EVEREST_LISTEN_UNIX"])
    server.socket.listen()
server.serve_forever()
"#;

/// Tells where it was to listen, and does not.
const SLEEPER: &str =
    "import os, time\nprint('shall listen on', os.environ['PORT'], flush=True)\ntime.sleep(600)\n";

/// A host with the plugin `x`, or nothing where there is no Python.
fn host(test: &str, sandbox: &Sandbox, server: &str, host_file: &str) -> Option<Host> {
    if !Path::new("/usr/bin/python3").exists() {
        skip("python", test, "there is no /usr/bin/python3");
        return None;
    }
    sandbox.write("manifests/x/manifest.yaml", manifest("x", SERVICE));
    sandbox.write("manifests/x/server.py", server);
    sandbox.write("manifests/x/host.yaml", format!("readiness: /\n{host_file}\n"));
    // What the user's shell has left open is not inherited.
    let wrapper = ["/bin/sh", "-c", "exec 7</dev/null; exec \"$@\"", "sh"];
    Some(Host::start_in(sandbox, &wrapper, &format!("--plugins {}", sandbox.path("manifests").display())))
}

const PATH: &str = "/v1/clusters/main/plugins/x/";

#[track_caller]
fn reported(host: &Host) -> serde_json::Value {
    host.eventually_says("x: ready at ");
    let answer = host.sign_in().get(PATH);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn number(value: &serde_json::Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

/// Another process on the port, which answers every request; what it received, and from how many.
struct Impostor {
    heard: Arc<Mutex<Vec<u8>>>,
    callers: Arc<AtomicUsize>,
}

impl Impostor {
    fn start(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let (heard, callers) = (Arc::<Mutex<Vec<u8>>>::default(), Arc::<AtomicUsize>::default());
        let (all, count) = (Arc::clone(&heard), Arc::clone(&callers));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let all = Arc::clone(&all);
                thread::spawn(move || {
                    let mut some = [0; 4096];
                    let length = stream.read(&mut some).unwrap_or(0);
                    all.lock().unwrap().extend(&some[..length]);
                    let _ = std::io::Write::write_all(
                        &mut stream,
                        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
                    );
                });
            }
        });
        Self { heard, callers }
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}

#[test]
fn whoever_takes_the_port_first_gets_no_request() {
    for address in ["127.0.0.1", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]"] {
        let sandbox = Sandbox::new();
        let test = "whoever_takes_the_port_first_gets_no_request";
        let Some(host) = host(test, &sandbox, SLEEPER, "command: [/usr/bin/python3, server.py]") else {
            return;
        };
        let port = host.word_behind("x: shall listen on ");
        let impostor = Impostor::start(&format!("{address}:{port}"));
        host.eventually_says(&format!("another process listens on 127.0.0.1:{port}, not one that x started"));
        assert_eq!(host.sign_in().get(PATH).status, 502);
        assert!(!host.lines().iter().any(|line| line.contains("x: ready")), "{:?}", host.lines());
        assert_eq!(
            (impostor.heard().as_str(), impostor.callers.load(Ordering::SeqCst)),
            ("", 0),
            "{address}"
        );
    }
}

#[test]
fn whoever_takes_the_port_later_gets_no_request() {
    let sandbox = Sandbox::new();
    let test = "whoever_takes_the_port_later_gets_no_request";
    let Some(host) = host(test, &sandbox, SERVER, "command: [/usr/bin/python3, server.py, port]") else {
        return;
    };
    let address = host.word_behind("x: ready at http://");
    let session = host.sign_in();
    assert_eq!(session.get(&format!("{PATH}close")).status, 200);
    host.eventually_says("x: closed");
    let impostor = Impostor::start(&address);
    assert_eq!(session.get(PATH).status, 502);
    host.eventually_says(&format!(
        "x: stopped: another process listens on {address}, not one that x started"
    ));
    assert_eq!((impostor.heard().as_str(), impostor.callers.load(Ordering::SeqCst)), ("", 0));
    // It is started again, elsewhere.
    eventually("the backend answers again", || session.get(PATH).status == 200);
}

#[test]
fn a_backend_may_listen_on_every_address_and_through_a_child() {
    let sandbox = Sandbox::new();
    let server = SERVER.replace("((\"127.0.0.1\", int", "((\"0.0.0.0\", int");
    let command = "command: [/bin/sh, -c, '/usr/bin/python3 server.py any {port}; true']";
    let test = "a_backend_may_listen_on_every_address_and_through_a_child";
    let Some(host) = host(test, &sandbox, &server, command) else { return };
    let known = reported(&host);
    assert_eq!(known["argv"][2], known["env"]["PORT"]);
}

#[test]
fn a_socket_is_handed_over_and_nothing_else() {
    let sandbox = Sandbox::new();
    let file = "command: [/usr/bin/python3, server.py, socket, '{fd}']\nlisten: socket";
    let Some(host) = host("a_socket_is_handed_over_and_nothing_else", &sandbox, SERVER, file) else { return };
    let known = reported(&host);
    assert_eq!(known["argv"][2], "3");
    let env = &known["env"];
    assert_eq!((&env["LISTEN_FDS"], &env["LISTEN_FDNAMES"]), (&"1".into(), &"http".into()));
    assert_eq!(env["LISTEN_PID"], number(&known["pid"]).to_string());
    assert!(env["PORT"].is_null());
    let descriptors: Vec<u32> = known["fds"].as_array().unwrap().iter().map(number).collect();
    assert!(descriptors.starts_with(&[0, 1, 2, 3]) && !descriptors.contains(&7), "{descriptors:?}");
    // It stays the host's while the backend is away: a request waits for the next one, and no other process can listen.
    let address = host.word_behind("x: ready at http://");
    kill(number(&known["pid"]), Signal::KILL);
    host.eventually_says("x: stopped: ");
    assert!(TcpListener::bind(&address).is_err());
    eventually("the next one answers", || host.sign_in().get(PATH).status == 200);
    let ready = || host.lines().iter().filter(|line| line.contains(&address)).count();
    eventually("it is ready on the same address", || ready() == 2);
}

#[test]
fn a_unix_socket_lies_where_only_the_user_can_go() {
    let sandbox = Sandbox::new();
    let file = "command: [/usr/bin/python3, server.py, unix, '{socket}']\nlisten: unix";
    let Some(host) = host("a_unix_socket_lies_where_only_the_user_can_go", &sandbox, SERVER, file) else {
        return;
    };
    let known = reported(&host);
    let path = known["env"]["EVEREST_LISTEN_UNIX"].as_str().unwrap();
    assert_eq!(known["argv"][2], path);
    let folder = Path::new(path).parent().unwrap();
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(folder).unwrap());
    assert_eq!(mode & 0o777, 0o700);
    kill(number(&known["pid"]), Signal::KILL);
    host.eventually_says("x: stopped: ");
    eventually("the next one answers", || host.sign_in().get(PATH).status == 200);
    drop(host);
    assert!(!folder.exists());
}

#[test]
fn a_backend_finds_none_of_the_users_secrets() {
    let secrets = [
        "EVEREST_TOKEN",
        "EVEREST_HOST",
        "EVEREST_CONFIG",
        "EVEREST_CLUSTER",
        "EVERESTCTL_CONTEXT",
        "EVEREST_PERF_DB_PASSWORD",
        "KUBECONFIG",
        "AWS_SECRET_ACCESS_KEY",
        "PGPASSWORD",
        "HTTPS_PROXY",
    ];
    let mut sandbox = Sandbox::new().with("LC_TIME", "C").with("ASKED_FOR", "yes");
    for name in secrets.iter().filter(|name| **name != "EVEREST_CONFIG" && **name != "KUBECONFIG") {
        sandbox = sandbox.with(name, "http://secret.invalid");
    }
    let file =
        "command: [/usr/bin/python3, server.py, port]\ninherit: [ASKED_FOR]\nenvironment: {MINE: '{port}'}";
    let Some(host) = host("a_backend_finds_none_of_the_users_secrets", &sandbox, SERVER, file) else {
        return;
    };
    let known = reported(&host);
    let env = known["env"].as_object().unwrap();
    assert!(!known.to_string().contains("secret.invalid"), "{known}");
    for name in secrets {
        assert!(!env.contains_key(name), "{name}");
    }
    assert_eq!(
        (&env["LC_TIME"], &env["ASKED_FOR"], &env["MINE"]),
        (&"C".into(), &"yes".into(), &env["PORT"])
    );
    let ours = ["EVEREST_API_URL"];
    let left: Vec<&String> = env.keys().filter(|name| name.starts_with("EVEREST")).collect();
    assert_eq!(left, ours);
}

#[test]
fn host_files_that_ask_for_what_cannot_be_are_skipped() {
    for (file, why) in [
        ("inherit: [EVEREST_TOKEN]", "EVEREST_TOKEN cannot be passed on"),
        ("inherit: [EVERESTCTL_HOME]", "EVERESTCTL_HOME cannot be passed on"),
        ("inherit: ['A=B']", "is not the name of a variable"),
        ("listen: tcp", "host.yaml: "),
        ("environment: {A: '{socket}'}", "needs `listen: unix`"),
    ] {
        let sandbox = Sandbox::new();
        let Some(host) = host(
            "host_files_that_ask_for_what_cannot_be_are_skipped",
            &sandbox,
            SERVER,
            &format!("command: [/usr/bin/false]\n{file}"),
        ) else {
            return;
        };
        assert!(
            host.lines().iter().any(|line| line.starts_with("skipped ") && line.contains(why)),
            "{file}: {:?}",
            host.lines()
        );
    }
}

/// The processes that watch over backends below `host`, the outer one first.
fn supervisors(host: &Host) -> Vec<u32> {
    let below = |parent: u32| -> Vec<u32> {
        let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
        let found = std::fs::read_dir("/proc").unwrap().flatten().filter_map(stat).filter_map(|stat| {
            let its = stat.rsplit_once(") ")?.1.split(' ').nth(1)?;
            (its == parent.to_string()).then(|| stat.split(' ').next().unwrap().parse().unwrap())
        });
        found.collect()
    };
    let outer = below(host.pid());
    let inner = outer.iter().flat_map(|pid| below(*pid));
    outer.iter().copied().chain(inner).collect()
}

#[test]
fn nothing_is_left_whichever_of_the_processes_is_killed() {
    let test = "nothing_is_left_whichever_of_the_processes_is_killed";
    for victims in ["host", "outer", "inner", "backend", "host and outer", "host and inner", "asked"] {
        let sandbox = Sandbox::new();
        let file = "command: [/usr/bin/python3, server.py, port, children]";
        let Some(mut host) = host(test, &sandbox, SERVER, file) else { return };
        let known = reported(&host);
        let children: Vec<u32> = known["children"].as_array().unwrap().iter().map(number).collect();
        let pid = number(&known["pid"]);
        let supervisors = supervisors(&host);
        assert_eq!((children.len(), supervisors.len()), (3, 2), "{known}");
        let all: Vec<u32> =
            children.iter().copied().chain([pid]).chain(supervisors.iter().copied()).collect();
        assert!(all.iter().all(|pid| is_running(*pid)));
        if victims.contains("host") {
            host.end(Signal::KILL);
        }
        match victims {
            "outer" | "host and outer" => kill(supervisors[0], Signal::KILL),
            "inner" | "host and inner" => kill(supervisors[1], Signal::KILL),
            "backend" => kill(pid, Signal::KILL),
            "asked" => assert!(host.end(Signal::TERM).success()),
            _ => {}
        }
        eventually(&format!("nothing is left of it after {victims}"), || {
            !all.iter().any(|pid| is_running(*pid))
        });
    }
}

#[test]
fn the_folder_of_a_killed_host_goes_with_the_next_one() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(["host", "exec", "--", "sh", "-c", "dirname \"$EVEREST_CONFIG\"; exec sleep 5"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    let folder = Path::new(line.trim()).to_owned();
    assert!(folder.starts_with(sandbox.path("cache")), "{line}");
    kill(child.id(), Signal::KILL);
    child.status_in_time();
    assert!(folder.exists());
    sandbox.run("host exec -- true").success_silent();
    assert!(!folder.exists());
}

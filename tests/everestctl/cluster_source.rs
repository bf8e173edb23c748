//! The source `cluster`: with a real kube-apiserver where there is one, and with broken ones.

use crate::support::http::{Reply, Request, Server, json, response};
use crate::support::plane::{self, Plane};
use crate::support::podman::Podman;
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, skip};
use snapbox::{assert_data_eq, str};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn kubeconfig(server: &str, more: &str) -> String {
    format!(
        "current-context: c\nclusters: [{{name: c, cluster: {{server: '{server}'{more}}}}}]\n\
         users: [{{name: u, user: {{token: t}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    )
}

fn with_kubeconfig(content: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("kubeconfig", content);
    sandbox.with_path("KUBECONFIG", "kubeconfig")
}

#[track_caller]
fn problem(sandbox: &Sandbox, code: i32) -> String {
    sandbox.run("plugin list --source cluster").stderr_failed(code)
}

#[test]
fn a_server_that_accepts_and_never_answers_hides_nothing() {
    let silent = Server::start(|_| Reply::Silence);
    let sandbox = with_kubeconfig(&kubeconfig(&silent.url(), ""));
    sandbox.script("bin/everestctl-x", "");
    let start = Instant::now();
    let output = sandbox.run("plugin list -o name");
    assert_eq!(output.stdout, "x\n");
    // It has waited for the server, and has given up; how soon after that depends on the machine.
    assert!(start.elapsed() > Duration::from_secs(4), "{:?}", start.elapsed());
    assert!(output.stderr.contains("warning: cluster: "), "{}", output.stderr);
    assert!(output.stderr.contains("hint: use `--request-timeout 30s` to wait longer"), "{}", output.stderr);
}

#[test]
fn unreachable_and_wrong_answers_are_named() {
    let dead = crate::support::http::nobody();
    let text = problem(&with_kubeconfig(&kubeconfig(&dead, "")), 1);
    assert!(text.contains("(kubeconfig context `c`): connection refused"), "{text}");

    let text = problem(&with_kubeconfig(&kubeconfig("https://kube.invalid", "")), 1);
    assert!(text.contains("could not resolve host"), "{text}");

    let page = Server::always(response("200 OK", "text/html", b"<html>"));
    let text = problem(&with_kubeconfig(&kubeconfig(&page.url(), "")), 1);
    assert!(text.contains("the response is not a list of Plugin resources"), "{text}");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        }
    });
    let text = problem(&with_kubeconfig(&kubeconfig(&plain, "")), 1);
    assert!(text.contains("TLS error"), "{text}");
}

#[test]
fn a_page_without_end_and_a_list_without_end() {
    let endless = Server::start(|_| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n".to_vec();
        Reply::Endless(head, vec![b' '; 256 * 1024])
    });
    // A busy machine needs longer for so much than a list usually may take.
    let text = with_kubeconfig(&kubeconfig(&endless.url(), ""))
        .run("plugin list --source cluster --request-timeout 5m")
        .stderr_failed(1);
    assert!(text.contains("the response is larger than 32 MiB"), "{text}");
    // The same token for the next page again and again would never end.
    let circle = Server::always(response(
        "200 OK",
        "application/json",
        br#"{"metadata":{"continue":"again"},"items":[{"metadata":{"name":"x"},"spec":{"backend":{}}}]}"#,
    ));
    let output = with_kubeconfig(&kubeconfig(&circle.url(), "")).run("plugin list -q -o name");
    assert_eq!((output.stdout.as_str(), output.code), ("x\n", Some(0)));
}

#[test]
fn what_cannot_be_had_at_once_is_asked_for_page_by_page() {
    let page = |name: &str, next: &str| {
        let item = format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"backend":{{}}}}}}"#);
        json(&format!(r#"{{"metadata":{{"continue":"{next}"}},"items":[{item}]}}"#))
    };
    let server = Server::start(move |Request { path, .. }| {
        Reply::Bytes(match path {
            path if !path.starts_with("/apis/extensions.openeverest.io/") => {
                response("404 Not Found", "text/plain", b"404 page not found\n")
            }
            path if path.contains("resourceVersion=0") => response("410 Gone", "application/json", b"{}"),
            path if path.contains("continue=second") => page("second", ""),
            _ => page("first", "second"),
        })
    });
    let output = with_kubeconfig(&kubeconfig(&server.url(), "")).run("plugin list -o name");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("first\nsecond\n", ""));
}

#[test]
fn all_groups_are_asked_on_one_connection() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::start(move |Request { path, .. }| {
        let (seen, first) = (Arc::clone(&seen), path.clone());
        Reply::Connection(Box::new(move |mut stream| {
            let mut next = Some(first);
            while let Some(path) = next {
                let answer = if path.starts_with("/apis/extensions.openeverest.io/") {
                    json(r#"{"items":[{"metadata":{"name":"one"},"spec":{"backend":{}}}]}"#)
                } else {
                    response("404 Not Found", "text/plain", b"404 page not found\n")
                };
                let answer =
                    String::from_utf8(answer).unwrap().replace("connection: close", "connection: keep-alive");
                seen.lock().unwrap().push(path);
                stream.write_all(answer.as_bytes()).unwrap();
                let mut head = BufReader::new(&stream).lines().map_while(Result::ok);
                next = head.next().and_then(|line| Some(line.split(' ').nth(1)?.to_owned()));
                head.take_while(|line| !line.is_empty()).for_each(drop);
            }
        }))
    });
    let output = with_kubeconfig(&kubeconfig(&server.url(), "")).run("plugin list -o name");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("one\n", ""));
    assert_eq!((asked.lock().unwrap().len(), server.requests().len()), (3, 1), "requests, connections");
}

#[test]
fn a_damaged_kubeconfig_says_where_and_not_what() {
    for content in ["users: [{name: u, user: {token: hunter2}}", "clusters: {hunter2: 1}\n"] {
        let text = problem(&with_kubeconfig(content), 1);
        assert!(text.contains("kubeconfig [ROOT]/kubeconfig is not valid: "), "{text}");
        assert!(text.contains("at line 1, column "), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn kubeconfig_is_a_list_and_the_flag_wins() {
    let first = Server::always(response("403 Forbidden", "application/json", br#"{"message":"first"}"#));
    let second = Server::always(response("403 Forbidden", "application/json", br#"{"message":"second"}"#));
    let sandbox = Sandbox::new();
    sandbox.write(
        "one",
        format!("current-context: c\nclusters: [{{name: c, cluster: {{server: '{}'}}}}]\n", first.url()),
    );
    sandbox.write(
        "two",
        "users: [{name: u, user: {token: t}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n",
    );
    sandbox.write("three", kubeconfig(&second.url(), ""));
    let list = format!("{0}/one:{0}/missing:{0}/two", sandbox.path("").display());
    let three = sandbox.path("three").display().to_string();
    let sandbox = sandbox.with("KUBECONFIG", list);
    assert!(problem(&sandbox, 1).contains("403 (forbidden): first"));
    let flag = sandbox.run(&format!("-k {three} plugin list --source cluster"));
    assert!(flag.stderr.contains("403 (forbidden): second"), "{}", flag.stderr);
}

#[test]
fn a_credential_helper_gets_no_input_and_its_failure_is_named() {
    let server = Server::always(response("200 OK", "application/json", br#"{"metadata":{},"items":[]}"#));
    let sandbox = with_kubeconfig("");
    sandbox.script("bin/helper", "echo ran >> ../ran; cat; echo 'no ticket' >&2; exit 3");
    sandbox.write(
        "kubeconfig",
        kubeconfig(&server.url(), "").replace(
            "{token: t}",
            &format!(
                "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {}, interactiveMode: Always}}}}",
                sandbox.path("bin/helper").display()
            ),
        ),
    );
    let text = problem(&sandbox, 4);
    assert!(
        text.contains("credential helper of the kubeconfig failed (exit status: 3: no ticket)"),
        "{text}"
    );
    assert!(text.contains("hint: `kubectl --context c get plugins`"), "{text}");
    // One that works runs once, however many lists there are, and its token is sent.
    sandbox.script(
        "bin/helper",
        r#"echo ran >> ../ran; echo '{"kind":"ExecCredential","status":{"token":"from-helper"}}'"#,
    );
    std::fs::remove_file(sandbox.path("ran")).unwrap();
    assert_eq!(sandbox.run("plugin list --source cluster").code, Some(0));
    assert_eq!(std::fs::read_to_string(sandbox.path("ran")).unwrap(), "ran\n");
    assert!(server.requests()[0].head.to_lowercase().contains("authorization: bearer from-helper"));
    // One that hangs is ended with everything that it has started.
    sandbox.script("bin/helper", "echo $$ > ../pids; sleep 4711 & echo $! >> ../pids; wait");
    let stderr = sandbox.run("--request-timeout 1 plugin list --source cluster").stderr_failed(4);
    assert!(stderr.contains("timed out"), "{stderr}");
    let pids = std::fs::read_to_string(sandbox.path("pids")).unwrap();
    assert_eq!(pids.lines().count(), 2, "{pids}");
    let runs = |pid: &str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        // Nobody has to have asked for the end of an orphan.
        !status.is_empty() && !status.contains("State:\tZ")
    };
    eventually("the helper and what it has started are gone", || !pids.lines().any(runs));
}

#[test]
fn a_background_refresh_uses_the_same_files_whatever_their_names() {
    use std::os::unix::ffi::OsStringExt;
    let list = || {
        Server::start(|request| {
            let list = r#"{"metadata":{"resourceVersion":"1"},"items":[
                {"metadata":{"name":"here"},"spec":{"displayName":"H","backend":{"externalUrl":"https://x"}}}]}"#;
            Reply::Bytes(if request.path.starts_with("/apis/extensions.") {
                response("200 OK", "application/json", list.as_bytes())
            } else {
                response("404 Not Found", "text/plain", b"404 page not found\n")
            })
        })
    };
    let (chosen, other) = (list(), list());
    let sandbox = with_kubeconfig(&kubeconfig(&other.url(), "")).with("EVERESTCTL_INDEX_TTL", "1ms");
    let mut name = sandbox.path("").into_os_string().into_vec();
    name.extend(b"k\xffbe");
    let name = std::ffi::OsString::from_vec(name);
    std::fs::write(&name, kubeconfig(&chosen.url(), "")).unwrap();
    let run = |words: &[&str]| {
        let words = words.iter().map(std::ffi::OsStr::new);
        sandbox.run_with([std::ffi::OsStr::new("-k"), &name].into_iter().chain(words))
    };
    run(&["plugin", "refresh"]).success_silent();
    let asked = chosen.requests().len();
    run(&["plugin", "which", "here"]).success_silent();
    eventually("the chosen cluster is asked again", || chosen.requests().len() > asked);
    assert_eq!(other.paths(), [""; 0]);
}

#[test]
fn a_kubeconfig_that_is_named_and_not_there_is_said() {
    let stderr = Sandbox::new().run("-k /nonexistent plugin list").stderr_failed(1);
    assert!(stderr.starts_with("error: could not read kubeconfig /nonexistent"), "{stderr}");
}

#[test]
fn one_resource_of_the_wrong_form_spoils_itself_only() {
    let items = r#"{"metadata":{"resourceVersion":"1"},"items":[
        {"metadata":{"name":"good"},"spec":{"displayName":"G","backend":{"externalUrl":"https://x"}}},
        {"metadata":{"name":"bad"},"spec":{"displayName":{"not":"text"}}},
        {"metadata":{"name":"worse"},"spec":"nothing"},
        {"metadata":{"name":"off"},"spec":{"enabled":false,"backend":{}}},
        {"metadata":{"name":"idle"},"spec":{"displayName":"I"}},
        {"metadata":{"name":"evil"},"spec":{"cli":{"image":"i","subcommand":"plugin"}}},
        {"metadata":{"name":"one"},"spec":{"cli":{"image":"i","subcommand":"both"}}},
        {"metadata":{"name":"two"},"spec":{"cli":{"image":"i","subcommand":"both"}}}]}"#;
    let server = Server::start(move |request| {
        Reply::Bytes(if request.path.starts_with("/apis/extensions.openeverest.io/") {
            response("200 OK", "application/json", items.as_bytes())
        } else {
            response("404 Not Found", "text/plain", b"404 page not found\n")
        })
    });
    let sandbox = with_kubeconfig(&kubeconfig(&server.url(), ""));
    sandbox.script("bin/podman", "exit 1");
    let output = sandbox.run("plugin list");
    assert_data_eq!(
        output.stdout,
        str![[r#"
NAME   VERSION  SOURCE   WAY        STATUS          DESCRIPTION
bad    -        cluster  -          invalid         spec.displayName: invalid type: map, expected a string
evil   -        cluster  container  ready           -
good   -        cluster  proxy      needs a server  G
idle   -        cluster  -          no commands     I
off    -        cluster  proxy      disabled        -
one    -        cluster  container  ready           -
two    -        cluster  container  ready           -
worse  -        cluster  -          invalid         spec: invalid type: string "nothing", expected struct Spec

"#]]
    );
    assert_data_eq!(
        output.stderr,
        str![[r"
warning: alias `both` is ambiguous: claimed by `one` and `two`
hint: use their own names instead
warning: cluster: plugin `evil` cannot have the subcommand `plugin`: the word is reserved
hint: use `everestctl evil` instead

"]]
    );
    assert!(server.requests().len() <= 3);
    assert_data_eq!(
        sandbox.run("both").stderr_failed(127),
        str![[r"
error: alias `both` is ambiguous: claimed by `one` and `two`
hint: everestctl one
hint: everestctl two

"]]
    );
    sandbox.run("off").stderr_failed(126);
    sandbox.run("idle").stderr_failed(126);
}

/// Everything that needs a real API server, in one test: it is shared, and some parts change it.
#[test]
fn a_real_api_server() {
    let Some(plane) = plane::shared() else {
        return skip("kube", "cluster_source::a_real_api_server", "KUBEBUILDER_ASSETS is not set");
    };
    three_groups_beside_local_plugins(plane);
    what_kubectl_creates_and_deletes_is_seen(plane);
    aliases_name_and_precedence(plane);
    the_image_of_a_resource_runs(plane);
    users_without_rights(plane);
    a_definition_without_rules(plane);
    pages_and_a_server_that_stops_in_the_middle(plane);
    a_cluster_without_definitions(plane);
}

fn as_user(plane: &Plane, kubeconfig: &str) -> Sandbox {
    Sandbox::new().with("KUBECONFIG", plane.file(kubeconfig))
}

fn three_groups_beside_local_plugins(plane: &Plane) {
    let sandbox = as_user(plane, "kubeconfig");
    sandbox.script("bin/everestctl-audit", "echo local");
    sandbox.script("bin/everestctl-mine", "echo local");
    sandbox.script("bin/podman", "exit 1");
    let output = sandbox.run("plugin list --all -o json");
    let items = output.json()["items"].as_array().unwrap().clone();
    let groups: std::collections::BTreeSet<&str> = items
        .iter()
        .filter(|row| row["source"] == "cluster")
        .map(|row| row["origins"][0]["place"].as_str().unwrap())
        .collect();
    assert_eq!(
        groups.into_iter().collect::<Vec<_>>(),
        ["core.openeverest.io", "extensions.openeverest.io", "plugin.openeverest.io"]
    );
    let status = |name: &str, source: &str| {
        let row = items.iter().find(|row| row["name"] == name && row["source"] == source).unwrap();
        (row["status"].as_str().unwrap().to_owned(), row["way"].as_str().unwrap().to_owned())
    };
    assert_eq!(status("mine", "local"), ("ready".to_owned(), "exec".to_owned()));
    assert_eq!(status("audit", "cluster"), ("shadowed".to_owned(), "proxy".to_owned()));
    assert_eq!(status("slow-query", "cluster"), ("ready".to_owned(), "container".to_owned()));
    assert_eq!(status("hello", "cluster"), ("ready".to_owned(), "proxy".to_owned()));
    assert_eq!(sandbox.run("audit").success_silent(), "local\n");
    let which = sandbox.run("plugin which audit").success_silent();
    assert!(which.contains("shadowed: local commands come before cluster commands"), "{which}");
}

fn what_kubectl_creates_and_deletes_is_seen(plane: &Plane) {
    let mut sandbox = as_user(plane, "kubeconfig");
    sandbox.run("plugin list").success_silent();
    plane.create(&plane::many("made", 1));
    assert!(sandbox.run("plugin list -o name").success_silent().contains("made00000\n"));
    plane.kubectl(&["delete", "plg", "made00000"]);
    assert!(!sandbox.run("plugin list -o name").success_silent().contains("made00000"));
    // The first try of a command that was installed a moment ago.
    plane.create(&plane::many("made", 1));
    sandbox.later(4);
    assert!(
        sandbox
            .run("made00000")
            .stderr_failed(1)
            .contains("the Kubernetes API server returned 404 (not found): services \"s0\" not found")
    );
    plane.kubectl(&["delete", "plg", "made00000"]);
}

fn aliases_name_and_precedence(plane: &Plane) {
    let both = "apiVersion: {g}/v1alpha1\nkind: Plugin\nmetadata: {name: twice}\nspec: {displayName: '{g}', cli: {image: i, subcommand: zwei}}\n";
    for group in ["extensions.openeverest.io", "core.openeverest.io"] {
        plane.create(&both.replace("{g}", group));
    }
    let sandbox = as_user(plane, "kubeconfig");
    let rows = sandbox.run("plugin list --all -o json").json();
    let twice: Vec<_> =
        rows["items"].as_array().unwrap().iter().filter(|row| row["name"] == "twice").collect();
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0]["displayName"], "extensions.openeverest.io");
    assert_eq!(twice[1]["status"], "shadowed");
    sandbox.script("bin/podman", "echo 'Error: i: image not known' >&2; exit 125");
    assert!(sandbox.run("zwei").stderr_failed(125).contains("could not pull image i"));
    for group in ["extensions.openeverest.io", "core.openeverest.io"] {
        plane.kubectl(&["delete", &format!("plugins.{group}"), "twice"]);
    }
}

fn the_image_of_a_resource_runs(plane: &Plane) {
    let Some(podman) = Podman::start("cluster_source::the_image_of_a_resource_runs") else { return };
    podman.import("registry.example/tool:1", "of the cluster");
    plane.create(
        "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {name: tool}\n\
         spec: {displayName: Tool, cli: {image: 'registry.example/tool:1', subcommand: tl}}\n",
    );
    let user = as_user(plane, "kubeconfig");
    let user = podman.variables().into_iter().fold(user, |user, (name, value)| user.with(name, value));
    user.run("plugin refresh --source cluster").succeeded();
    for name in ["tool", "tl"] {
        let ran = user.run_with([name, "exit=9", "--help"]);
        assert_eq!(ran.code, Some(9), "{ran:?}");
        assert!(ran.stdout.contains("arguments=[exit=9][--help]\n"), "{ran:?}");
        assert!(ran.stdout.contains("\nimage=of the cluster\n"), "{ran:?}");
    }
    plane.kubectl(&["delete", "plg", "tool"]);
}

fn users_without_rights(plane: &Plane) {
    let sandbox = as_user(plane, "kubeconfig.viewer");
    let stderr = sandbox.run("plugin list --source cluster").stderr_failed(1);
    assert!(
        stderr.contains("returned 403 (forbidden): plugins.extensions.openeverest.io is forbidden"),
        "{stderr}"
    );
    assert!(stderr.contains("hint: ask for a ClusterRole that may `list`"), "{stderr}");
    // The right to list the newest group only: the older groups, all forbidden, hide nothing.
    plane.create(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: plugin-reader}\n\
         rules: [{apiGroups: [extensions.openeverest.io], resources: [plugins], verbs: [list]}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: plugin-reader}\n\
         roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: plugin-reader}\n\
         subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: viewers}]\n",
    );
    let sandbox = as_user(plane, "kubeconfig.viewer");
    let names = (0..50).find_map(|_| {
        let output = sandbox.run("plugin list -o name");
        (output.stderr.is_empty()).then_some(output.stdout)
    });
    let names = names.unwrap();
    assert!(names.contains("plugin-bench\n") && !names.contains("hello\n"), "{names}");
    // A token of no user.
    let config = std::fs::read_to_string(plane.file("kubeconfig")).unwrap();
    let sandbox = with_kubeconfig(&config.lines().fold(String::new(), |mut text, line| {
        let line = if line.contains("token:") { replace_token(line) } else { line.to_owned() };
        let _ = writeln!(text, "{line}");
        text
    }));
    assert!(problem(&sandbox, 4).contains("returned 401 (unauthorized)"));
}

fn replace_token(line: &str) -> String {
    let (before, after) = line.split_once("token:").unwrap();
    let rest = after.trim_start().find([',', '}', ' ']).map_or("", |end| &after.trim_start()[end..]);
    format!("{before}token: wrong{rest}")
}

fn a_definition_without_rules(plane: &Plane) {
    let loose = format!("{}/tests/kube/crds/loose.yaml", env!("CARGO_MANIFEST_DIR"));
    plane.kubectl(&["apply", "-f", &loose]);
    let wrong = "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {name: wrong-types}\nspec: {displayName: 7, cli: x}\n";
    crate::support::sandbox::eventually("the looser definition is in force", || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| plane.create(wrong))).is_ok()
    });
    let rows = as_user(plane, "kubeconfig").run("plugin list -o json").statuses();
    assert!(rows.contains(&("wrong-types".to_owned(), "invalid".to_owned())), "{rows:?}");
    assert!(rows.contains(&("audit".to_owned(), "ready".to_owned())), "{rows:?}");
    plane.kubectl(&["delete", "plg", "wrong-types"]);
}

fn pages_and_a_server_that_stops_in_the_middle(plane: &Plane) {
    const COUNT: usize = 1200;
    plane.create(&plane::many("page", COUNT));
    let sandbox = as_user(plane, "kubeconfig");
    let count = |text: &str| text.lines().filter(|line| line.starts_with("page")).count();
    assert_eq!(count(&sandbox.run("plugin list -o name").success_silent()), COUNT);
    // Whatever moment the server stops at, a list is whole, or it is what was known and says so.
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let lists = scope.spawn(|| {
            let (mut whole, mut stale) = (0, 0);
            while !stop.load(std::sync::atomic::Ordering::SeqCst) {
                let output = sandbox.run("plugin list -o name");
                assert_eq!((count(&output.stdout), output.code), (COUNT, Some(0)), "{}", output.stderr);
                if output.stderr.contains("warning: cluster: ") { stale += 1 } else { whole += 1 }
            }
            (whole, stale)
        });
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(330));
            plane.tell("stop", "stopped");
            std::thread::sleep(Duration::from_millis(150));
            plane.tell("start", "ready");
        }
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        let (whole, stale) = lists.join().unwrap();
        assert!(whole > 0 && stale > 0, "{whole} whole, {stale} stale");
    });
    plane.kubectl(&["delete", "plugins.extensions.openeverest.io", "--all", "--wait=false"]);
}

fn a_cluster_without_definitions(plane: &Plane) {
    for group in ["extensions", "plugin", "core"] {
        plane.kubectl(&["delete", "crd", &format!("plugins.{group}.openeverest.io")]);
    }
    let sandbox = as_user(plane, "kubeconfig");
    crate::support::sandbox::eventually("the definitions have gone", || {
        sandbox.run("plugin list --source cluster").stderr.contains("has no Plugin resources")
    });
    assert_eq!(sandbox.run("plugin list --source cluster").code, Some(0));
}

/// A certificate that has expired, shown by a real TLS server.
#[test]
fn an_expired_certificate() {
    let Some(plane) = plane::shared() else {
        return skip("kube", "cluster_source::an_expired_certificate", "KUBEBUILDER_ASSETS is not set");
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = std::process::Command::new("openssl")
        .args(["s_server", "-quiet", "-www", "-accept", &format!("127.0.0.1:{port}")])
        .arg("-cert")
        .arg(plane.file("pki/expired.crt"))
        .arg("-key")
        .arg(plane.file("pki/expired.key"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    crate::support::sandbox::eventually("the server listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let authority = format!(", certificate-authority: '{}'", plane.file("pki/ca.crt").display());
    let sandbox = with_kubeconfig(&kubeconfig(&format!("https://127.0.0.1:{port}"), &authority));
    let text = problem(&sandbox, 1);
    assert!(text.contains("the certificate has expired"), "{text}");
    // Without its authority the same server is not trusted.
    let text = problem(&with_kubeconfig(&kubeconfig(&format!("https://127.0.0.1:{port}"), "")), 1);
    assert!(text.contains("certificate"), "{text}");
    let _ = server.kill();
    let _ = server.wait();
}

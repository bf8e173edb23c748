//! Sessions that many processes share: renewed once, never lost, and what is said when one is.

use crate::support::InTime as _;
use crate::support::Sandbox;
use crate::support::client::{self, header};
use crate::support::host::{Host, kill};
use crate::support::http::{Reply, Server, json, response};
use crate::support::sandbox::eventually;
use rustix::process::Signal;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Signs in to `address` with this password, with the words of `more`.
fn sign_in(sandbox: &Sandbox, address: &str, password: &str, more: &str) {
    let line = format!("auth login --server http://{address} --username admin --password-stdin {more}");
    let mut child =
        sandbox.command(line.split_whitespace()).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    assert!(child.status_in_time().success());
}

/// A host on which everybody is signed in with a token that has expired by now, though it is young itself.
fn expired(sandbox: &mut Sandbox) -> Host {
    let state = sandbox.path("state");
    let first = Host::start(sandbox, &format!("--state {} --access-token-lifetime 1s", state.display()));
    let address = first.address.clone();
    let password = first.word_behind("sign in as admin with the password ");
    sign_in(sandbox, &address, &password, "");
    drop(first);
    sandbox.later(3);
    Host::start_in(sandbox, &[], &format!("--state {} --listen {address}", state.display()))
}

fn token_process(sandbox: &Sandbox) -> Child {
    sandbox.command(["auth", "token"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn renewals(host: &Host) -> usize {
    host.lines().iter().filter(|line| line.as_str() == "renewed a session").count()
}

fn refusals(host: &Host) -> usize {
    host.lines().iter().filter(|line| line.starts_with("refused to renew a session")).count()
}

/// Whether the session still works.
fn is_alive(sandbox: &Sandbox) -> bool {
    let status = sandbox.run("auth status -o json");
    status.code == Some(0) && status.json()["signedIn"] == true
}

#[test]
fn a_hundred_processes_with_one_expired_token_renew_it_once() {
    let mut sandbox = Sandbox::new();
    let host = expired(&mut sandbox);
    let children: Vec<Child> = (0..100).map(|_| token_process(&sandbox)).collect();
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    for mut child in children {
        let output = child.output_in_time();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        tokens.push(output.stdout);
    }
    tokens.dedup();
    assert_eq!((tokens.len(), renewals(&host), refusals(&host)), (1, 1, 0), "{:?}", host.lines());
}

#[test]
fn twenty_that_are_killed_while_they_wait_take_nothing_with_them() {
    let mut sandbox = Sandbox::new();
    let host = expired(&mut sandbox);
    // The file is locked, so that all wait.
    let held = sandbox.hold_config();
    let mut children: Vec<Child> = (0..100).map(|_| token_process(&sandbox)).collect();
    std::thread::sleep(Duration::from_millis(500));
    for child in children.iter().step_by(5) {
        kill(child.id(), Signal::KILL);
    }
    held.unlock().unwrap();
    let ended: Vec<bool> = children.iter_mut().map(|child| child.status_in_time().success()).collect();
    assert_eq!(ended.iter().filter(|success| **success).count(), 80);
    assert_eq!((renewals(&host), refusals(&host)), (1, 0));
    assert!(is_alive(&sandbox));
}

#[test]
fn a_token_that_the_server_refuses_is_renewed_whatever_the_clock_says() {
    let mut sandbox = Sandbox::new();
    let host = expired(&mut sandbox);
    // What the server refuses is decided by the clock of the machine.
    let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    let old = text.lines().find_map(|line| line.trim().strip_prefix("accessToken: ")).unwrap().to_owned();
    eventually("the server refuses it", || {
        let headers = [("authorization", &*format!("Bearer {old}"))];
        client::ask(&host.address, "GET /v1/version", &headers, b"").status == 401
    });
    // Our clock is an hour behind: the file says that the token holds.
    let moved = |to: &str| {
        let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
        let line = text.lines().find(|line| line.contains("expiresAt: ")).unwrap();
        let new = line.replace(&line.trim_start()["expiresAt: ".len()..], to);
        assert_ne!(line, new);
        fs::write(sandbox.path("config.yaml"), text.replace(line, &new)).unwrap();
    };
    moved("2099-01-01T00:00:00Z");
    assert!(is_alive(&sandbox));
    assert_eq!(renewals(&host), 1);
    // And an hour ahead: it is renewed too early, which does no harm.
    moved("2001-01-01T00:00:00Z");
    assert!(is_alive(&sandbox));
    assert_eq!((renewals(&host), refusals(&host)), (2, 0));
}

#[test]
fn a_server_that_is_gone_loses_no_session() {
    let mut sandbox = Sandbox::new();
    let host = expired(&mut sandbox);
    let (address, state) = (host.address.clone(), sandbox.path("state"));
    drop(host);
    let before = fs::read(sandbox.path("config.yaml")).unwrap();
    let error = sandbox.run("auth token").stderr_failed(1);
    assert!(error.contains("connection refused"), "{error}");
    assert_eq!(fs::read(sandbox.path("config.yaml")).unwrap(), before);
    assert_eq!(fs::read(sandbox.path("config.yaml.lock")).unwrap(), b"");
    let _host = Host::start_in(&sandbox, &[], &format!("--state {} --listen {address}", state.display()));
    assert!(is_alive(&sandbox));
}

/// A config with a session that has to be renewed at `url`.
fn due(url: &str) -> String {
    format!(
        "currentContext: dana\ncontexts: [{{name: dana, context: {{server: s, user: dana}}}}]\n\
         servers: [{{name: s, server: {{url: '{url}'}}}}]\n\
         users: [{{name: dana, user: {{accessToken: old-access, refreshToken: old-refresh, expiresAt: 2001-01-01T00:00:00Z}}}}]\n"
    )
}

#[test]
fn whoever_is_killed_between_the_rotation_and_the_file_is_named_by_the_next_command() {
    let sandbox = Sandbox::new();
    let hangs = Server::start(|_| Reply::Silence);
    sandbox.write("config.yaml", due(&hangs.url()));
    let mut child = token_process(&sandbox);
    eventually("the request", || hangs.requests().len() == 1);
    kill(child.id(), Signal::KILL);
    child.status_in_time();
    // The server has rotated, and knows the old token no longer.
    let refuses = Server::always(response(
        "401 Unauthorized",
        "application/json",
        br#"{"message":"Invalid refresh token"}"#,
    ));
    sandbox.write("config.yaml", due(&refuses.url()));
    for _ in 0..2 {
        let error = sandbox.run("auth token").stderr_failed(4);
        let expected = format!("your session was lost: process {} ended at ", child.id());
        assert!(
            error.contains(&expected) && error.contains("hint: everestctl auth login --server"),
            "{error}"
        );
    }
    // Where the server had not rotated yet, nothing was lost, and nothing is said.
    let renews = Server::always(json(r#"{"access_token":"new","refresh_token":"newer","expires_in":900}"#));
    sandbox.write("config.yaml", due(&renews.url()));
    assert_eq!(sandbox.run("auth token").success_silent(), "new\n");
    assert_eq!(fs::read(sandbox.path("config.yaml.lock")).unwrap(), b"");
}

#[test]
fn signing_out_ends_what_a_killed_renewal_had_got_already() {
    let sandbox = Sandbox::new();
    let revoked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&revoked);
    let server = Server::start(move |request| {
        let kept = Arc::clone(&kept);
        let length = header(&request.head, "content-length").map_or(0, |length| length.parse().unwrap());
        Reply::Connection(Box::new(move |mut stream| {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            kept.lock().unwrap().push(String::from_utf8(body).unwrap());
            stream.write_all(&response("204 No Content", "application/json", b"")).unwrap();
        }))
    });
    for offline in ["", " --offline"] {
        sandbox.write("config.yaml", due(&server.url()));
        let token = xxhash_rust::xxh3::xxh3_64(b"old-refresh");
        let renewed = r#"{"access":"live-access","refresh":"live-refresh","expires":99}"#;
        let note = format!(r#"{{"since":1,"pid":1,"token":{token},"renewed":{renewed}}}"#);
        sandbox.write("config.yaml.lock", &note);
        sandbox.chmod("config.yaml.lock", 0o600);
        assert_eq!(sandbox.run(&format!("auth logout{offline}")).code, Some(0));
        let revoked = revoked.lock().unwrap();
        assert!(revoked.len() == 1 && revoked[0].contains("live-refresh"), "{revoked:?}");
        let left = fs::read_to_string(sandbox.path("config.yaml.lock")).unwrap();
        assert!(!left.contains("live-"), "{left}");
    }
}

#[test]
fn ctrl_c_waits_for_a_renewal_and_a_second_one_does_not() {
    let sandbox = Sandbox::new();
    let slow = Server::start(|_| {
        std::thread::sleep(Duration::from_millis(700));
        Reply::Bytes(json(r#"{"access_token":"new","refresh_token":"newer","expires_in":900}"#))
    });
    sandbox.write("config.yaml", due(&slow.url()));
    let mut child = token_process(&sandbox);
    eventually("the request", || slow.requests().len() == 1);
    kill(child.id(), Signal::INT);
    let status = child.status_in_time();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2));
    let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    assert!(text.contains("newer"), "{text}");

    sandbox.write("config.yaml", due(&slow.url()));
    let mut child = token_process(&sandbox);
    eventually("the request", || slow.requests().len() == 2);
    kill(child.id(), Signal::INT);
    std::thread::sleep(Duration::from_millis(50));
    kill(child.id(), Signal::INT);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.status_in_time()), Some(2));
    assert_eq!(fs::read_to_string(sandbox.path("config.yaml")).unwrap(), due(&slow.url()));
}

#[test]
fn what_the_go_cli_has_renewed_without_a_lock_is_taken_up() {
    let sandbox = Sandbox::new();
    let config = sandbox.path("config.yaml");
    let theirs = due("URL").replace("old-access", "their-access").replace("old-refresh", "their-refresh");
    let path = config.clone();
    let server = Server::start(move |request| {
        // The Go CLI writes while we ask.
        let url =
            format!("http://{}", request.head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap());
        fs::write(&path, theirs.replace("URL", &url).replace("2001-", "2099-")).unwrap();
        Reply::Bytes(response(
            "401 Unauthorized",
            "application/json",
            br#"{"message":"Invalid refresh token"}"#,
        ))
    });
    sandbox.write("config.yaml", due(&server.url()));
    assert_eq!(sandbox.run("auth token").success_silent(), "their-access\n");
}

#[test]
fn a_session_that_has_ended_says_how_to_begin_another() {
    let sandbox = Sandbox::new();
    let server = Server::always(response(
        "401 Unauthorized",
        "application/json",
        br#"{"message":"Invalid refresh token"}"#,
    ));
    sandbox.write("config.yaml", due(&server.url()));
    let error = sandbox.run("auth token").stderr_failed(4);
    assert!(
        error.contains(
            "your session has expired or was revoked\nhint: everestctl auth login --server http://127."
        ),
        "{error}"
    );
}

/// How many processes are killed; `EVERESTCTL_KILLS` makes it more.
fn kills() -> u64 {
    std::env::var("EVERESTCTL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

#[test]
fn kill_at_random_moments_of_a_change_leaves_a_whole_file() {
    let sandbox = Sandbox::new();
    sandbox.write("config.yaml", due("http://127.0.0.1:9"));
    for number in 0..kills() {
        let name = format!("context-{}", number % 7);
        let line = format!("config set-context {name} --server http://127.0.0.1:{}", 1000 + number);
        let mut child =
            sandbox.command(line.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // From before the first file is opened until after the last.
        std::thread::sleep(Duration::from_micros(number * 7919 % 30_000));
        kill(child.id(), Signal::KILL);
        child.status_in_time();
        let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
        assert!(text.contains("old-refresh") && text.starts_with("currentContext: dana\n"), "{text}");
    }
    assert_eq!(sandbox.run("config current-context").success_silent(), "dana\n");
    sandbox.run("config use-context dana").stderr_failed(0);
    let left: Vec<_> =
        fs::read_dir(sandbox.path(".")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".new-")), "{left:?}");
}

#[test]
fn kill_at_random_moments_of_a_renewal_loses_a_session_only_in_the_gap() {
    let sandbox = Sandbox::new();
    let lifetime = "--access-token-lifetime 1s";
    let host = Host::start(&sandbox, lifetime);
    sign_in(&sandbox, &host.address, &host.password, "");
    let (mut lost, kills) = (0_usize, usize::try_from(kills()).unwrap());
    for number in 0..kills as u64 {
        // Every token is about to expire, so that each process renews.
        let mut child = token_process(&sandbox);
        std::thread::sleep(Duration::from_micros(number * 7919 % 40_000));
        kill(child.id(), Signal::KILL);
        child.status_in_time();
        let next = sandbox.run("auth token");
        if next.code != Some(0) {
            // Only a process that was killed in the gap may have lost it, and that is what is said.
            assert!(next.stderr.contains(&format!("process {} ended at", child.id())), "{next:?}");
            lost += 1;
            sign_in(&sandbox, &host.address, &host.password, "");
        }
    }
    // What is lost was rotated by the server first, and no process gets so far when it is killed at once.
    assert!(
        lost <= renewals(&host) && lost < kills,
        "{lost} of {kills} sessions were lost: {:?}",
        host.lines()
    );
    assert!(is_alive(&sandbox));
}

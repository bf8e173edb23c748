//! `auth …` and `config …`: what they say, what they write, where a token goes and where it never does.

use crate::support::InTime as _;
use crate::support::host::Host;
use crate::support::http::{Reply, Server, json, response};
use crate::support::sandbox::eventually;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

const SECRET: &str = "sesame-open-4711";

/// Runs a line with something on standard input.
fn fed(sandbox: &Sandbox, line: &str, input: &str) -> (i32, String, String) {
    let output = sandbox.fed(line, input);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn mode(sandbox: &Sandbox, path: &str) -> u32 {
    fs::metadata(sandbox.path(path)).unwrap().permissions().mode() & 0o777
}

#[test]
fn signing_in_looking_and_signing_out() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let line = format!("auth login --server http://{}/v1 --username admin --password-stdin", host.address);
    let (code, out, err) = fed(&sandbox, &line, &format!("{}\n", host.password));
    let expected =
        format!("signed in to http://{0} as admin; current context is now `admin@{0}`\n", host.address);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", expected.as_str()));
    assert_eq!(mode(&sandbox, "config.yaml"), 0o600);

    let status = sandbox.run("auth status -v");
    let text = status.success_silent();
    for part in [
        "signed in       yes",
        "renewed automatically",
        "server version  ",
        "context from    the current context",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let token = sandbox.run("auth token").success_silent();
    assert_eq!(token.split('.').count(), 3);
    assert!(!text.contains(token.trim()));

    let (code, _, err) = fed(&sandbox, "auth logout", "");
    assert_eq!((code, err), (0, format!("signed out of `admin@{}`\n", host.address)));
    host.eventually_says("event user.logout admin");
    sandbox.run("auth status").stderr_failed(4);
    sandbox.run("auth token").stderr_failed(4);
    let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    assert!(
        text.contains("contexts: []") && text.contains("users: []") && text.contains("currentContext: \"\""),
        "{text}"
    );
}

#[test]
fn a_wrong_password_changes_nothing() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let line = format!("auth login --server http://{} --username admin --password-stdin", host.address);
    let (code, _, err) = fed(&sandbox, &line, "guess\n");
    assert_eq!(code, 4);
    assert!(err.contains("Incorrect username or password provided") && !err.contains("guess"), "{err}");
    assert!(!sandbox.path("config.yaml").exists());
    let (code, _, err) = fed(&sandbox, &line, "");
    assert_eq!((code, err.as_str()), (2, "error: no password on standard input\n"));
    let error = sandbox.run(&line.replace("--password-stdin", "")).stderr_failed(2);
    assert!(error.contains("needs --password-stdin: no terminal to prompt on"), "{error}");
    // A password is not a flag, on purpose: other users of the machine read command lines.
    sandbox.run("auth login --password x").stderr_failed(2);
}

#[test]
fn a_token_for_ci_is_checked_and_kept_as_it_is() {
    let sandbox = Sandbox::new();
    let server = Server::start(|request| {
        let known = request.head.contains(&format!("authorization: Bearer {SECRET}"));
        Reply::Bytes(if known {
            json(r#"{"projectName":"Everest API Server","version":"2.0.0"}"#)
        } else {
            response("401 Unauthorized", "application/json", br#"{"message":"invalid or expired jwt"}"#)
        })
    });
    let line = format!("auth login --server {} --with-token", server.url());
    let (code, _, err) = fed(&sandbox, &line, "wrong\n");
    assert!(code == 4 && err.contains("invalid or expired jwt"), "{err}");
    let (code, _, _) = fed(&sandbox, &line, &format!("{SECRET}\n"));
    assert_eq!(code, 0);
    let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    assert!(text.contains("expiresAt: 9999-12-30T22:00:00") && !text.contains("refreshToken"), "{text}");
    assert_eq!(sandbox.run("auth token").success_silent(), format!("{SECRET}\n"));
    assert_eq!(sandbox.run("auth status -o json").json()["serverVersion"], "2.0.0");
}

#[test]
fn a_server_before_dev_3_has_the_older_route() {
    let sandbox = Sandbox::new();
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/session" => json(r#"{"token":"older"}"#),
            "/v1/version" => json(r#"{"version":"2.0.0-dev.2"}"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let line = format!("auth login --server {} --username dana --password-stdin", server.url());
    assert_eq!(fed(&sandbox, &line, "password").0, 0);
    assert_eq!(sandbox.run("auth token").success_silent(), "older\n");
}

#[test]
fn contexts_are_listed_chosen_changed_and_removed() {
    let sandbox = Sandbox::new();
    let quietly = |line: &str| assert_eq!(sandbox.run(line).code, Some(0), "{line}");
    sandbox.run("config current-context").stderr_failed(1);
    quietly("config set-context prod --server https://everest.example.com -n shop --cluster main");
    quietly("config set-context dev --server http://127.0.0.1:9");
    quietly("config use-context prod");
    snapbox::assert_data_eq!(
        sandbox.run("config get-contexts").success_silent(),
        snapbox::str![[r"
CURRENT  NAME  SERVER                       USER  SESSION  CLUSTER  NAMESPACE
*        prod  https://everest.example.com  -     no       main     shop
         dev   http://127.0.0.1:9           -     no       -        -

"]]
    );
    quietly("config rename-context prod production");
    assert_eq!(sandbox.run("config current-context").success_silent(), "production\n");
    quietly("config set-context --current --unset namespace");
    let rows = sandbox.run("config get-contexts -o json").json();
    assert_eq!(
        (&rows["items"][0]["namespace"], &rows["items"][0]["cluster"]),
        (&serde_json::Value::Null, &"main".into())
    );
    let error = sandbox.run("config use-context nope").stderr_failed(2);
    assert!(error.contains("no context `nope`\nhint: known contexts: production, dev"), "{error}");
    sandbox.run("config rename-context dev production").stderr_failed(2);
    sandbox.run("config set-context new").stderr_failed(2);
    quietly("config delete-context production");
    sandbox.run("config current-context").stderr_failed(1);
    assert!(!fs::read_to_string(sandbox.path("everestctl.yaml")).unwrap().contains("production"));
}

#[test]
fn a_context_that_moves_to_another_server_leaves_its_session_behind() {
    let server = Server::always(json("{}"));
    let sandbox = Sandbox::new().with_server("http://127.0.0.1:1");
    let line = format!("config set-context --current --server {}", server.url());
    assert_eq!(sandbox.run(&line).code, Some(0));
    sandbox.run("auth status").stderr_failed(4);
    assert!(server.requests().iter().all(|request| !request.head.contains("Bearer")));
}

#[test]
fn view_hides_secrets_and_raw_shows_the_file() {
    let sandbox = Sandbox::new().with_server("http://127.0.0.1:1");
    let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    let hidden = sandbox.run("config view").success_silent();
    assert!(hidden.contains("accessToken: REDACTED") && !hidden.contains(SECRET), "{hidden}");
    assert_eq!(sandbox.run("config view --raw").success_silent(), text);
    assert!(!sandbox.run("config view -o json").success_silent().contains(SECRET));
}

#[test]
fn view_hides_whatever_it_does_not_know() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "config.yaml",
        "\
currentContext: a@s
contexts: [{name: a@s, context: {server: s, user: a@s, note: s3cret-1}}]
servers: [{name: s, server: {url: 'https://ada:s3cret-2@s.example/x?t=s3cret-3', headers: {Authorization: s3cret-4}, clientKeyData: s3cret-5}}]
users: [{name: a@s, user: {accessToken: s3cret-6, refreshToken: s3cret-7, sessionId: s3cret-8, pin: 93417}}, s3cret-9, [s3cret-10]]
",
    );
    for line in ["config view", "config view -o json"] {
        let shown = sandbox.run(line).success_silent();
        assert!(!shown.contains("s3cret") && !shown.contains("93417"), "{shown}");
        assert!(shown.contains("https://REDACTED@s.example/x") && shown.contains("a@s"), "{shown}");
    }
}

#[test]
fn the_file_is_changed_behind_a_link_and_kept_private() {
    let sandbox = Sandbox::new();
    sandbox.write("dotfiles/everest.yaml", "# mine\ncurrentContext: a # here\nfuture: on\ncontexts: [{name: a, context: {server: s, user: u}}]\n");
    sandbox.chmod("dotfiles/everest.yaml", 0o644);
    std::os::unix::fs::symlink(sandbox.path("dotfiles/everest.yaml"), sandbox.path("config.yaml")).unwrap();
    assert_eq!(sandbox.run("config rename-context a b").code, Some(0));
    assert!(fs::symlink_metadata(sandbox.path("config.yaml")).unwrap().is_symlink());
    assert_eq!(
        fs::read_to_string(sandbox.path("dotfiles/everest.yaml")).unwrap(),
        "# mine\ncurrentContext: b # here\nfuture: on\ncontexts: [{name: b, context: {server: s, user: u}}]\n"
    );
    assert_eq!(mode(&sandbox, "dotfiles/everest.yaml"), 0o600);
}

#[test]
fn a_damaged_file_is_not_touched() {
    let sandbox = Sandbox::new();
    sandbox.write("config.yaml", "contexts: [{name: hunter2, context: {");
    for line in ["config use-context a", "config get-contexts", "config view", "auth logout --all"] {
        let error = sandbox.run(line).stderr_failed(1);
        assert!(
            error.contains("config file [ROOT]/config.yaml is not valid") && !error.contains("hunter2"),
            "{error}"
        );
    }
    assert_eq!(
        fs::read_to_string(sandbox.path("config.yaml")).unwrap(),
        "contexts: [{name: hunter2, context: {"
    );
}

#[test]
fn a_file_that_another_process_keeps_locked_is_said() {
    let sandbox = Sandbox::new().with_server("http://127.0.0.1:1");
    let _held = sandbox.hold_config();
    let error = sandbox.run("config use-context dana@test --request-timeout 1s").stderr_failed(1);
    assert!(error.contains("config file [ROOT]/config.yaml is locked by another process"), "{error}");
    // Reading does not wait for the lock.
    assert_eq!(sandbox.run("config current-context").success_silent(), "dana@test\n");
}

/// Runs a script of shell as root of its own mount namespace; `None` where the system gives none.
fn in_own_mounts(sandbox: &Sandbox, script: &str) -> Option<(i32, String)> {
    let unshare = |script: &str| {
        let mut command = Command::new("/usr/bin/unshare");
        command.args(["--map-root-user", "--mount", "/bin/sh", "-c", script]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("EVEREST_CONFIG", sandbox.path("mnt/config.yaml")).env("HOME", sandbox.path("home"));
        command.env("E", env!("CARGO_BIN_EXE_everestctl")).env("MNT", sandbox.path("mnt"));
        command.output()
    };
    fs::create_dir_all(sandbox.path("mnt")).unwrap();
    if !unshare("mount -t tmpfs none $MNT").is_ok_and(|output| output.status.success()) {
        return None;
    }
    let output = unshare(script).unwrap();
    let both = [output.stdout, output.stderr].concat();
    Some((output.status.code().unwrap(), String::from_utf8_lossy(&both).into_owned()))
}

#[test]
fn a_full_disk_and_a_read_only_home_lose_nothing() {
    let name = "a_full_disk_and_a_read_only_home_lose_nothing";
    let sandbox = Sandbox::new();
    let renews = Server::always(json(r#"{"access_token":"new","refresh_token":"newer","expires_in":900}"#));
    sandbox.write("session.yaml", format!(
        "currentContext: dana\ncontexts: [{{name: dana, context: {{server: s, user: dana}}}}]\n\
         servers: [{{name: s, server: {{url: '{}'}}}}]\n\
         users: [{{name: dana, user: {{accessToken: old, refreshToken: older, expiresAt: 2001-01-01T00:00:00Z}}}}]\n",
        renews.url()
    ));
    let session = sandbox.path("session.yaml");
    let after = "$E auth token; code=$?; cat $MNT/config.yaml; exit $code";
    let full = format!(
        "mount -t tmpfs -o size=128k none $MNT; cp {} $MNT/config.yaml; : > $MNT/config.yaml.lock; \
         dd if=/dev/zero of=$MNT/full bs=1k 2>/dev/null; {after}",
        session.display()
    );
    let Some((code, text)) = in_own_mounts(&sandbox, &full) else {
        return skip("mount-namespace", name, "this system gives no mount namespace");
    };
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("it is unchanged: No space left on device"), "{text}");
    assert!(text.contains("refreshToken: older"), "{text}");
    // The server was not even asked: it would have rotated.
    assert_eq!(renews.requests().len(), 0);

    let read_only = format!(
        "mount -t tmpfs none $MNT; cp {} $MNT/config.yaml; mount -o remount,ro $MNT; {after}",
        session.display()
    );
    let (code, text) = in_own_mounts(&sandbox, &read_only).unwrap();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("it is unchanged: Read-only file system"), "{text}");
    assert_eq!(renews.requests().len(), 0);
}

#[test]
fn the_token_is_in_no_argv_in_no_output_and_goes_to_no_second_origin() {
    let sandbox = Sandbox::new();
    let other = Server::always(json("[]"));
    let url = other.url();
    let server = Server::start(move |request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/version" => json(r#"{"version":"2.0.0"}"#),
            _ => format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {url}{}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", request.path).into_bytes(),
        })
    });
    let line = format!("auth login --server {} --with-token", server.url());
    assert_eq!(fed(&sandbox, &line, SECRET).0, 0);
    for line in [
        "plugin list -vv",
        "plugin list --source server -vv",
        "plugin refresh -vv",
        "auth status -vv",
        "config view -vv",
        "nope -vv",
    ] {
        let output = sandbox.run(line);
        assert!(!output.stdout.contains(SECRET) && !output.stderr.contains(SECRET), "{output:?}");
    }
    assert!(server.requests().iter().any(|request| request.head.contains(SECRET)));
    assert!(other.requests().iter().all(|request| !request.head.contains(SECRET)));
    let known = fs::read_dir(sandbox.path("cache/index")).into_iter().flatten().flatten();
    for file in known {
        let content = fs::read(file.path()).unwrap();
        assert!(!content.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{:?}", file.path());
    }
}

#[test]
fn every_program_that_is_started_has_no_token_on_its_command_line() {
    let name = "every_program_that_is_started_has_no_token_on_its_command_line";
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let line = format!("auth login --server http://{} --username admin --password-stdin", host.address);
    assert_eq!(fed(&sandbox, &line, &host.password).0, 0);
    let token = sandbox.run("auth token").success_silent();
    sandbox.script(
        "plugins/everestctl-needy",
        "test -n \"$EVEREST_TOKEN\" && tr '\\0' '\\n' < /proc/$$/cmdline",
    );
    sandbox.write("plugins/everestctl-needy.yaml", "credentials: env\n");
    let trace = sandbox.path("trace");
    let strace =
        ["/usr/bin/strace", "-f", "-s", "100000", "-e", "trace=execve", "-o", trace.to_str().unwrap()];
    if !std::path::Path::new(strace[0]).exists() {
        return skip("strace", name, "strace is not installed");
    }
    for line in ["needy", "plugin list", "auth status", "auth token"] {
        let output = sandbox.wrapped(&strace, line.split(' ')).output_in_time();
        if fs::read(&trace).unwrap_or_default().is_empty() {
            return skip("strace", name, "nothing can be traced here");
        }
        assert!(output.status.success(), "{output:?}");
        let traced = fs::read_to_string(&trace).unwrap();
        let arguments = traced.lines().filter(|line| line.contains("execve(")).collect::<String>();
        assert!(!arguments.contains(token.trim()) && !arguments.contains(&host.password), "{line}");
    }
    eventually("the host", || host.lines().iter().any(|line| line.contains("user.login")));
    assert!(!host.lines().join("\n").contains(token.trim()));
}

#[test]
fn plain_http_leaves_this_machine_only_when_it_is_allowed() {
    let sandbox = Sandbox::new();
    let line =
        "auth login --server http://everest.example.com --username a --password-stdin --request-timeout 1s";
    let (code, _, err) = fed(&sandbox, line, "x");
    assert!(code == 1 && err.contains("use --allow-http to allow it"), "{err}");
    let error = sandbox.run("config set-context x --server http://everest.example.com").stderr_failed(2);
    assert!(error.contains("--allow-http"), "{error}");
    assert_eq!(
        sandbox.run("config set-context x --server http://everest.example.com --allow-http").code,
        Some(0)
    );
    assert!(fs::read_to_string(sandbox.path("everestctl.yaml")).unwrap().contains("allowHttp: true"));
}

#[test]
fn certificates_that_cannot_be_used_are_said() {
    let sandbox = Sandbox::new();
    sandbox.write("empty.pem", "nothing\n");
    for (file, why) in [("empty.pem", "it holds no certificates (PEM)"), ("none.pem", "No such file")] {
        let line = format!(
            "auth login --server https://127.0.0.1:9 --username a --password-stdin --ca-file {}",
            sandbox.path(file).display()
        );
        let (code, _, err) = fed(&sandbox, &line, "x");
        assert!(code == 1 && err.contains(why), "{err}");
    }
    let error = sandbox.run("auth status --insecure-skip-tls-verify -q").stderr_failed(4);
    assert!(error.contains("warning: the server's certificate is not verified"), "{error}");
}

/// A TLS server with an untrusted certificate, which answers `GET /v1/version`.
struct Encrypted {
    child: std::process::Child,
    url: String,
}

impl Encrypted {
    fn start(sandbox: &Sandbox) -> Option<Self> {
        let openssl = "/usr/bin/openssl";
        let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=everestctl-test \
                    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out ca.pem";
        let made = Command::new(openssl)
            .args(make.split_whitespace())
            .current_dir(sandbox.path("."))
            .output()
            .ok()?;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        sandbox.write(
            "v1/version",
            "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{\"version\":\"2.0.0\"}",
        );
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let serve = format!("s_server -HTTP -quiet -key key.pem -cert ca.pem -accept 127.0.0.1:{port}");
        let child = Command::new(openssl)
            .args(serve.split(' '))
            .current_dir(sandbox.path("."))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        eventually("it listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(Self { child, url: format!("https://localhost:{port}") })
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_certificate_is_trusted_when_the_user_says_so_and_only_then() {
    let name = "a_certificate_is_trusted_when_the_user_says_so_and_only_then";
    let sandbox = Sandbox::new();
    let Some(server) = Encrypted::start(&sandbox) else {
        return skip("openssl", name, "openssl is not installed");
    };
    let line = format!("auth login --server {} --with-token --context-name x", server.url);
    let (code, _, err) = fed(&sandbox, &line, SECRET);
    assert!(code == 1 && err.contains("certificate signed by unknown authority"), "{err}");
    assert!(err.contains("hint: use `--ca-file FILE` to trust the certificates in a file"), "{err}");
    let (code, _, err) = fed(&sandbox, &format!("{line} --insecure-skip-tls-verify"), SECRET);
    assert!(code == 0 && err.starts_with("warning: the server's certificate is not verified"), "{err}");
    // That is for once.
    sandbox.run("auth status").stderr_failed(1);
    let trusting = format!("{line} --ca-file {}", sandbox.path("ca.pem").display());
    let (code, _, err) = fed(&sandbox, &trusting, SECRET);
    assert_eq!(code, 0, "{err}");
    // And this is kept for the context.
    assert_eq!(sandbox.run("auth status -o json").json()["serverVersion"], "2.0.0");
    // A file says whom to trust beside the system, not in its place.
    let other = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem";
    let made = Command::new("/usr/bin/openssl")
        .args(other.split(' '))
        .current_dir(sandbox.path("."))
        .output_in_time();
    assert!(made.status.success(), "{made:?}");
    let beside = format!("{line} --ca-file {}", sandbox.path("other.pem").display());
    let (code, _, err) = fed(&sandbox, &beside, SECRET);
    assert!(code == 1 && err.contains("certificate signed by unknown authority"), "{err}");
    let sandbox = sandbox.with_path("SSL_CERT_FILE", "ca.pem");
    for line in [line, beside] {
        let (code, _, err) = fed(&sandbox, &line, SECRET);
        assert_eq!(code, 0, "{err}");
    }
}

#[test]
fn on_a_terminal_it_asks_and_does_not_show_the_password() {
    let name = "on_a_terminal_it_asks_and_does_not_show_the_password";
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let Some(mut terminal) =
        Terminal::start(&sandbox, &format!("$E auth login --server http://{}", host.address))
    else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.shows(&["Username"]);
    terminal.press("admin\r");
    terminal.shows(&["Password"]);
    terminal.hides();
    terminal.press(&format!("{}\r", host.password));
    terminal.shows(&["signed in to"]);
    let screen = terminal.seen();
    assert!(!screen.contains(&host.password), "{screen}");
}

#[test]
fn a_password_that_was_mistyped_is_asked_for_again() {
    let name = "a_password_that_was_mistyped_is_asked_for_again";
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let line = format!("$E auth login http://{} --username admin", host.address);
    let Some(mut terminal) = Terminal::start(&sandbox, &line) else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.shows(&["Password"]);
    terminal.hides();
    terminal.clear();
    terminal.press("guess\r");
    terminal.shows(&["Incorrect username or password"]);
    terminal.hides();
    terminal.press(&format!("{}\r", host.password));
    terminal.shows(&["signed in to"]);
}

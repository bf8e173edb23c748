//! ID tokens of a kubeconfig (auth provider `oidc`): renewed once, as kubectl does, and stored where they were.

use crate::support::InTime as _;
use crate::support::host::kill;
use crate::support::http::{Reply, Server, json, response};
use crate::support::issuer::{self, CLIENT, Habits, Issuer, SECRET, id_token};
use crate::support::process::command_lines;
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, is_root, skip};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const UNAUTHORIZED: &[u8] =
    br#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","code":401}"#;
const PLUGINS: &str = r#"{"metadata":{"resourceVersion":"1"},"items":[
    {"metadata":{"name":"snake"},"spec":{"displayName":"Snake","version":"0.1.0",
      "backend":{"serviceRef":{"namespace":"everest-system","name":"snake","port":8080}}}}]}"#;

/// An API server that takes the tokens that are in `good` when it is asked.
struct Cluster {
    server: Server,
    good: Arc<Mutex<Vec<String>>>,
}

impl Cluster {
    fn start() -> Self {
        let good: Arc<Mutex<Vec<String>>> = Arc::default();
        let known = Arc::clone(&good);
        let server = Server::start(move |request| {
            let header = request.head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("authorization").then_some(value)
            });
            let token = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
            if !known.lock().unwrap().iter().any(|good| good == token || good == "*") {
                return Reply::Bytes(response("401 Unauthorized", "application/json", UNAUTHORIZED));
            }
            Reply::Bytes(match request.path.as_str() {
                path if path.starts_with("/apis/extensions.") => json(PLUGINS),
                path if path.ends_with("/proxy/private") => {
                    response("401 Unauthorized", "application/json", br#"{"error":"who are you?"}"#)
                }
                path if path.ends_with("/proxy/games") => json("[]"),
                _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
            })
        });
        Self { server, good }
    }

    /// One that takes whatever token there is.
    fn open() -> Self {
        let cluster = Self::start();
        cluster.accept("*");
        cluster
    }

    fn accept(&self, token: &str) {
        self.good.lock().unwrap().push(token.to_owned());
    }

    fn tokens(&self) -> Vec<String> {
        let token = |head: &str| {
            let start = head.to_lowercase().find("authorization: bearer ")? + "authorization: bearer ".len();
            head[start..].lines().next().map(str::to_owned)
        };
        let mut tokens: Vec<String> =
            self.server.requests().iter().filter_map(|request| token(&request.head)).collect();
        tokens.dedup();
        tokens
    }
}

/// A kubeconfig as kubectl and kubelogin write it, with what people add.
fn kubeconfig(server: &str, issuer: &str, id: &str, refresh: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\npreferences: {{}}\n# the cluster at work\ncurrent-context: c\nclusters:\n\
         - cluster:\n    server: {server}\n  name: k\ncontexts:\n- context: {{cluster: k, user: u}} # mine\n  name: c\n\
         users:\n- name: other\n  user: {{token: t}}\n- name: u\n  user:\n    auth-provider:\n      config:\n        \
         client-id: {CLIENT}\n        client-secret: {SECRET}\n        id-token: {id} # renewed\n        \
         idp-certificate-authority: ROOT/kube/ca.crt\n        idp-issuer-url: {issuer}\n        \
         refresh-token: {refresh}\n      name: oidc\n"
    )
}

fn is_without_openssl(sandbox: &Sandbox, test: &str) -> bool {
    std::fs::create_dir_all(sandbox.path("kube")).unwrap();
    let is_missing = issuer::authority(&sandbox.path("kube")).is_none();
    if is_missing {
        skip("openssl", &format!("kubeconfig_oidc::{test}"), "openssl is not installed");
    }
    is_missing
}

/// A sandbox with certificates, in which [`write`] puts the kubeconfig; `None` without openssl.
fn prepared(test: &str) -> Option<Sandbox> {
    let sandbox = Sandbox::new().with_path("KUBECONFIG", "kube/config");
    (!is_without_openssl(&sandbox, test)).then_some(sandbox)
}

fn write(sandbox: &Sandbox, cluster: &Cluster, issuer: &Issuer, id: &str) -> String {
    let text = kubeconfig(&cluster.server.url(), &issuer.url, id, "refresh-0");
    let text = text.replace("ROOT", sandbox.path("").to_str().unwrap().trim_end_matches('/'));
    sandbox.write("kube/config", &text);
    text
}

fn read(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path("kube/config")).unwrap()
}

const LIST: &str = "plugin list --source cluster -o name";

#[test]
fn a_token_that_has_expired_is_renewed_once_and_the_file_keeps_all_else() {
    let Some(sandbox) = prepared("a_token_that_has_expired_is_renewed_once_and_the_file_keeps_all_else")
    else {
        return;
    };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), Habits::default()));
    let old = id_token(5);
    let text = write(&sandbox, &cluster, &issuer, &old);
    sandbox.chmod("kube/config", 0o640);
    assert_eq!(sandbox.run(LIST).success_silent(), "snake\n");
    let new = text.replace(&old, &issuer.id()).replace("refresh-0", "refresh-1");
    assert_eq!(read(&sandbox), new);
    let mode = std::fs::metadata(sandbox.path("kube/config")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let mut left: Vec<_> =
        std::fs::read_dir(sandbox.path("kube")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.retain(|name| name.to_str().unwrap().contains("config"));
    assert_eq!(left, ["config"]);
    assert_eq!(sandbox.run(LIST).success_silent(), "snake\n");
    assert_eq!((issuer.renewals(), issuer.refusals().len()), (1, 0), "{:?}", issuer.requests());
    assert_eq!(cluster.tokens(), [issuer.id()]);
}

#[test]
fn a_token_is_sent_as_it_is_while_it_is_valid_or_does_not_say() {
    let test = "a_token_is_sent_as_it_is_while_it_is_valid_or_does_not_say";
    let Some(sandbox) = prepared(test) else { return };
    let issuer = Issuer::start(&sandbox.path("kube"), Habits::default());
    for id in [id_token(30), "h.e30.s".to_owned(), "opaque-4711".to_owned()] {
        let cluster = Cluster::open();
        let text = write(&sandbox, &cluster, &issuer, &id);
        assert_eq!(sandbox.run(LIST).success_silent(), "snake\n");
        assert_eq!((cluster.tokens(), read(&sandbox)), (vec![id], text));
    }
    assert_eq!(issuer.requests(), [""; 0]);
}

#[test]
fn ten_processes_at_once_spend_a_refresh_token_once() {
    let Some(sandbox) = prepared("ten_processes_at_once_spend_a_refresh_token_once") else { return };
    let habits = Habits { delay: Duration::from_millis(300), ..Habits::default() };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), habits));
    write(&sandbox, &cluster, &issuer, &id_token(-60));
    let start =
        |_| sandbox.command(LIST.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<Child> = (0..10).map(start).collect();
    for mut child in children {
        let output = child.output_in_time();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.stdout, b"snake\n");
    }
    assert_eq!((issuer.renewals(), issuer.refusals().len()), (1, 0), "{:?}", issuer.requests());
    assert_eq!(cluster.tokens(), [issuer.id()]);
    assert!(read(&sandbox).contains("refresh-token: refresh-1\n"));
}

#[test]
fn what_cannot_be_renewed_says_what_to_do() {
    let Some(sandbox) = prepared("what_cannot_be_renewed_says_what_to_do") else { return };
    let cluster = Cluster::open();
    let kube = sandbox.path("kube");
    let said = |habits: Habits, code: i32, from: &str, to: &str| {
        let issuer = Issuer::start(&kube, habits);
        let text = write(&sandbox, &cluster, &issuer, &id_token(-60));
        assert!(text.contains(from), "{from}");
        let text = text.replace(from, to);
        sandbox.write("kube/config", &text);
        let said = sandbox.run(LIST).stderr_failed(code).replace(&issuer.url, "ISSUER");
        assert_eq!(read(&sandbox), text);
        for secret in ["secret-4711", "spent-4711", "refresh-"] {
            assert!(!said.contains(secret), "{said}");
        }
        let unable = "could not renew the ID token of user `u` in kubeconfig [ROOT]/kube/config: ";
        assert!(said.contains(unable), "{said}");
        let place = issuer.url.trim_end_matches("/realms/kube");
        said.split_once(unable).unwrap().1.replace(place, "PLACE")
    };
    let usual = Habits::default;
    let again = "hint: sign in again with the program that wrote this kubeconfig, for example `kubelogin`";
    assert_eq!(
        said(usual(), 4, "refresh-0", "spent-4711"),
        format!("PLACE refused to renew it: invalid_grant (Token is not active)\n{again}\n")
    );
    assert_eq!(
        said(usual(), 4, "        refresh-token: refresh-0\n", ""),
        format!("it has expired, and there is no refresh token\n{again}\n")
    );
    assert_eq!(
        said(usual(), 4, "client:secret-4711", "wrong-secret-4711"),
        "PLACE refused to renew it: invalid_client\n\
         hint: check `client-id` and `client-secret` of this user in the kubeconfig\n"
    );
    assert_eq!(
        said(Habits { gives_id: false, ..usual() }, 4, "", ""),
        format!("PLACE returned no ID token\n{again}, with the scope `openid`\n")
    );
    assert_eq!(
        said(Habits { name: Some("https://evil.example".to_owned()), ..usual() }, 1, "", ""),
        "ISSUER says that it is the issuer https://evil.example\n"
    );
    assert_eq!(
        said(Habits { endpoint: Some("http://127.0.0.1:1/token".to_owned()), ..usual() }, 1, "", ""),
        "token endpoint `http://127.0.0.1:1/token` is not an https URL\n"
    );
    let ca = format!("        idp-certificate-authority: {}/ca.crt\n", kube.display());
    assert_eq!(
        said(usual(), 1, &ca, ""),
        "ISSUER/.well-known/openid-configuration: certificate signed by unknown authority\n\
         hint: set `idp-certificate-authority` of this user in the kubeconfig to the CA certificates of the issuer\n"
    );
    assert_eq!(
        said(usual(), 1, &format!("        client-id: {CLIENT}\n"), ""),
        "`client-id` is missing\nhint: run `kubectl config view` to inspect it\n"
    );
}

#[test]
fn a_redirect_gets_no_secret() {
    let Some(sandbox) = prepared("a_redirect_gets_no_secret") else { return };
    let thief = Server::always(json("{}"));
    let habits = Habits { redirect: Some(thief.url()), ..Habits::default() };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), habits));
    write(&sandbox, &cluster, &issuer, &id_token(-60));
    let said = sandbox.run(LIST).stderr_failed(1);
    assert!(said.contains(&format!("redirected to {}; the token is not sent there", thief.url())), "{said}");
    assert_eq!(thief.paths(), [""; 0]);
}

#[test]
fn a_client_that_has_to_prove_itself_in_the_body_does() {
    let Some(sandbox) = prepared("a_client_that_has_to_prove_itself_in_the_body_does") else { return };
    let habits = Habits { wants_proof_in_body: true, ..Habits::default() };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), habits));
    write(&sandbox, &cluster, &issuer, &id_token(-60));
    assert_eq!(sandbox.run(LIST).success_silent(), "snake\n");
    // The header first, as kubectl.
    assert_eq!((issuer.renewals(), issuer.refusals()), (1, vec!["invalid_client".to_owned()]));
}

#[test]
fn a_kubeconfig_that_cannot_be_written_costs_a_warning() {
    let Some(sandbox) = prepared("a_kubeconfig_that_cannot_be_written_costs_a_warning") else { return };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), Habits::default()));
    let text = write(&sandbox, &cluster, &issuer, &id_token(-60));
    if is_root() {
        // Root writes nothing where another user decides what is there.
        std::os::unix::fs::chown(sandbox.path("kube"), Some(54321), None).unwrap();
    } else {
        sandbox.chmod("kube", 0o555);
    }
    // Quiet or not, a token is at stake.
    let output = sandbox.run(&format!("-q {LIST}"));
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "snake\n"), "{output:?}");
    let warned = "warning: could not store the renewed tokens of user `u` in kubeconfig [ROOT]/kube/config: ";
    assert!(output.stderr.starts_with(warned) && output.stderr.lines().count() == 1, "{output:?}");
    assert_eq!((read(&sandbox), cluster.tokens()), (text.clone(), vec![issuer.id()]));
    assert_eq!(issuer.renewals(), 1);
    sandbox.write("kube/config", text.replace("refresh-0", &issuer.refresh()));
    let output = sandbox.run(LIST);
    assert!(output.stderr.starts_with(warned), "{output:?}");
    let hint = "hint: they are used for this run only; if the next one is refused, sign in again with";
    assert!(output.stderr.contains(hint), "{output:?}");
    sandbox.chmod("kube", 0o755);
}

#[test]
fn while_another_program_changes_the_kubeconfig_no_token_is_spent() {
    let test = "while_another_program_changes_the_kubeconfig_no_token_is_spent";
    let Some(sandbox) = prepared(test) else { return };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), Habits::default()));
    write(&sandbox, &cluster, &issuer, &id_token(-60));
    sandbox.write("kube/config.lock", "");
    let said = sandbox.run(&format!("--request-timeout 30s {LIST}")).stderr_failed(1);
    let locked = "[ROOT]/kube/config.lock exists: kubectl or another program is changing the file";
    assert!(said.contains(locked), "{said}");
    assert!(said.contains("hint: if no such program is running: rm [ROOT]/kube/config.lock"), "{said}");
    assert_eq!(issuer.requests(), [""; 0]);
    // One that comes to its end is waited for.
    let mut waiting = sandbox.command(LIST.split(' ')).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    std::fs::remove_file(sandbox.path("kube/config.lock")).unwrap();
    assert_eq!(waiting.output_in_time().stdout, b"snake\n");
    assert_eq!(issuer.renewals(), 1);
}

#[test]
fn a_token_that_kubectl_has_renewed_meanwhile_is_used() {
    let Some(sandbox) = prepared("a_token_that_kubectl_has_renewed_meanwhile_is_used") else { return };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), Habits::default()));
    let old = id_token(-60);
    let text = write(&sandbox, &cluster, &issuer, &old);
    // kubectl has spent the token, and stores what it got a moment later.
    let theirs = id_token(600);
    let new = text.replace(&old, &theirs).replace("refresh-0", "refresh-kubectl");
    sandbox.write("kube/config", text.replace("refresh-0", "spent"));
    let mut late = sandbox.command(LIST.split(' ')).stdout(Stdio::piped()).spawn().unwrap();
    eventually("it is refused", || !issuer.refusals().is_empty());
    sandbox.write("kube/config", &new);
    assert_eq!(late.output_in_time().stdout, b"snake\n");
    assert_eq!((cluster.tokens(), issuer.renewals(), read(&sandbox)), (vec![theirs], 0, new));
}

#[test]
fn a_token_that_the_api_server_refuses_is_renewed_once() {
    let Some(sandbox) = prepared("a_token_that_the_api_server_refuses_is_renewed_once") else { return };
    let issuer = Issuer::start(&sandbox.path("kube"), Habits { lifetime: 7200, ..Habits::default() });
    // It knows no token, also none that is new.
    let cluster = Cluster::start();
    let old = id_token(600);
    write(&sandbox, &cluster, &issuer, &old);
    let said = sandbox.run(LIST).stderr_failed(4);
    assert!(
        said.contains("returned 401 (unauthorized)") && said.contains("sign in to the cluster again"),
        "{said}"
    );
    assert_eq!((issuer.renewals(), cluster.tokens()), (1, vec![old, issuer.id()]));
    assert_eq!(cluster.server.requests().len(), 2);
    // It takes the next one.
    let refused = issuer.id();
    let habits = Habits { delay: Duration::from_millis(500), ..Habits::default() };
    let issuer = Issuer::start(&sandbox.path("kube"), habits);
    write(&sandbox, &cluster, &issuer, &refused);
    let mut run = sandbox.command(LIST.split(' ')).stdout(Stdio::piped()).spawn().unwrap();
    eventually("it is renewed", || issuer.renewals() == 1);
    cluster.accept(&issuer.id());
    assert_eq!(run.output_in_time().stdout, b"snake\n");
}

#[test]
fn a_service_that_refuses_somebody_says_nothing_of_the_token() {
    let Some(sandbox) = prepared("a_service_that_refuses_somebody_says_nothing_of_the_token") else { return };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), Habits::default()));
    write(&sandbox, &cluster, &issuer, &id_token(600));
    let sandbox = sandbox.with("CI", "1");
    sandbox.run("plugin list").success_silent();
    let said = sandbox.run("plugin api snake GET /private");
    assert!(said.code == Some(4) && said.stdout.contains("who are you?"), "{said:?}");
    assert_eq!(issuer.requests(), [""; 0]);
    // What the API server itself refuses is sent again.
    cluster.good.lock().unwrap().clear();
    let said = sandbox.run("plugin api snake GET /games");
    assert!(said.code == Some(4) && said.stdout.contains("Unauthorized"), "{said:?}");
    assert_eq!((issuer.renewals(), cluster.tokens().last()), (1, Some(&issuer.id())));
    let sent = |method: &str| {
        let start = format!("{method} ");
        let requests = cluster.server.requests();
        requests.iter().filter(|it| it.head.starts_with(&start) && it.path.ends_with("/proxy/games")).count()
    };
    assert_eq!(sent("GET"), 2);
    // A file is read once; the next run has the next token.
    let input = sandbox.path("body");
    std::fs::write(&input, r#"{"name":"x"}"#).unwrap();
    let line = format!("plugin api snake POST /games --input {}", input.display());
    let said = sandbox.run(&line);
    assert!(said.code == Some(4) && said.stdout.contains("Unauthorized"), "{said:?}");
    assert_eq!((issuer.renewals(), sent("POST")), (2, 1));
}

#[test]
fn nothing_is_renewed_in_the_background() {
    let Some(sandbox) = prepared("nothing_is_renewed_in_the_background") else { return };
    let (cluster, issuer) = (Cluster::open(), Issuer::start(&sandbox.path("kube"), Habits::default()));
    let mut sandbox = sandbox.with("EVERESTCTL_INDEX_TTL", "1ms");
    let text = write(&sandbox, &cluster, &issuer, &id_token(600));
    sandbox.run("plugin refresh").success_silent();
    let asked = cluster.server.requests().len();
    sandbox.run("plugin which snake").success_silent();
    eventually("what is old is asked for in the background", || cluster.server.requests().len() > asked);
    sandbox.settle();
    // The token has expired by now.
    sandbox.later(900);
    let asked = cluster.server.requests().len();
    sandbox.run("plugin which snake").success_silent();
    sandbox.run("__refresh").success_silent();
    sandbox.settle();
    assert_eq!((issuer.requests(), cluster.server.requests().len(), read(&sandbox)), (vec![], asked, text));
}

#[test]
fn a_renewal_is_not_cut_off_and_shows_no_secret() {
    let Some(sandbox) = prepared("a_renewal_is_not_cut_off_and_shows_no_secret") else { return };
    let habits = Habits { delay: Duration::from_secs(2), ..Habits::default() };
    let cluster = Cluster::open();
    for (line, signal) in [
        (format!("-vv {LIST}"), Some(Signal::INT)),
        (format!("-vv {LIST}"), Some(Signal::TERM)),
        // The user waits no longer than this.
        (format!("-vv --request-timeout 1s {LIST}"), None),
    ] {
        let issuer = Issuer::start(&sandbox.path("kube"), habits.clone());
        write(&sandbox, &cluster, &issuer, &id_token(-60));
        let mut run =
            sandbox.command(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        eventually("the token is spent", || issuer.renewals() == 1);
        let lines = command_lines();
        if let Some(signal) = signal {
            kill(run.id(), signal);
        }
        let output = run.output_in_time();
        assert!(!output.status.success(), "{line}");
        let text = read(&sandbox);
        assert!(text.contains(&issuer.id()) && text.contains("refresh-token: refresh-1\n"), "{line}: {text}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(&format!("> POST {}/token\n", issuer.url)), "{told}");
        assert!(told.contains("> authorization: HIDDEN\n"), "{told}");
        for secret in
            ["secret-4711", "secret%2D4711", "refresh-0", "refresh-1", &issuer.id(), "client-secret"]
        {
            assert!(!told.contains(secret), "{secret}: {told}");
            assert!(!lines.contains(secret), "{secret}");
        }
    }
}

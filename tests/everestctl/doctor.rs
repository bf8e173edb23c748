//! `doctor`, `version`, `auth whoami`, and the defaults for an instance.

use crate::support::Sandbox;
use crate::support::http::{Reply, Server, json, nobody, response};

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"Ships","version":"1"},"paths":{
    "/api/rows":{"get":{"x-cli-name":"rows","parameters":[
        {"name":"instance","in":"query","required":true,"schema":{"type":"string"}},
        {"name":"database","in":"query","schema":{"type":"string"}}],"responses":{}}},
    "/api/logs":{"get":{"x-cli-name":"logs","parameters":[
        {"name":"instance","in":"query","schema":{"type":"string"}}],"responses":{}}}}}"#;

fn signed_in() -> (Sandbox, Server) {
    let server = Server::start(|request| {
        let path = request.path.split('?').next().unwrap().to_owned();
        Reply::Bytes(match path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"fleet"}]"#),
            "openapi.json" => json(DOCUMENT),
            "version" => json(r#"{"version":"2.0.0"}"#),
            "rows" | "logs" => json("[]"),
            _ => response("404 Not Found", "text/plain", b""),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

fn checks(sandbox: &Sandbox) -> Vec<(String, String)> {
    let report = sandbox.run("doctor -o json").json();
    let text = |check: &serde_json::Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (text(check, "check"), text(check, "status")))
        .collect()
}

#[test]
fn doctor_says_what_is_wrong_and_what_to_type() {
    let (sandbox, _server) = signed_in();
    sandbox.chmod("config.yaml", 0o600);
    let found = checks(&sandbox);
    for check in ["config file", "server", "session", "server plugins", "local plugins", "cache folder"] {
        assert!(found.contains(&(check.to_owned(), "ok".to_owned())), "{check}: {found:?}");
    }
    assert_eq!(sandbox.run("doctor").code, Some(0));
    sandbox.chmod("config.yaml", 0o644);
    let output = sandbox.run("doctor");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("hint: chmod 600 [ROOT]/config.yaml\n"), "{}", output.stderr);
    let sandbox = Sandbox::new().with_server(&nobody());
    sandbox.chmod("config.yaml", 0o600);
    assert!(checks(&sandbox).contains(&("server".to_owned(), "failed".to_owned())));
    let nowhere = Sandbox::new().run("doctor");
    assert_eq!(nowhere.code, Some(0), "{nowhere:?}");
    assert!(nowhere.stderr.contains("hint: everestctl auth login --server URL\n"), "{}", nowhere.stderr);
}

#[test]
fn version_names_the_server_and_who_am_i_the_user() {
    let (sandbox, server) = signed_in();
    let text = sandbox.run("version").success_silent();
    assert!(text.contains(&format!("server 2.0.0 at {}\n", server.url())), "{text}");
    let asked = server.requests().len();
    assert_eq!(sandbox.run("version --client").success_silent().lines().count(), 1);
    assert_eq!(server.requests().len(), asked);
    assert_eq!(sandbox.run("version -o json").json()["server"]["version"], "2.0.0");
    assert_eq!(sandbox.run("auth whoami").success_silent(), "dana@test\n");
    assert!(Sandbox::new().run("auth whoami").stderr_failed(4).starts_with("error: you are not signed in\n"));
}

#[test]
fn an_instance_of_the_context_fills_what_has_to_be_there_and_nothing_else() {
    let (sandbox, server) = signed_in();
    let last = || server.requests().last().unwrap().path.clone();
    assert!(sandbox.run("fleet rows").stderr_failed(2).contains("--instance"));
    let _ = sandbox.run("config set-context --current --instance shop --database sales");
    sandbox.run("fleet rows --jq .").success_silent();
    assert!(last().ends_with("/api/rows?instance=shop&database=sales"), "{}", last());
    // The database is that of the default instance.
    sandbox.run("fleet rows --instance other --jq .").success_silent();
    assert!(last().ends_with("/api/rows?instance=other"), "{}", last());
    // A filter stays open.
    sandbox.run("fleet logs --jq .").success_silent();
    assert!(last().ends_with("/api/logs"), "{}", last());
    let sandbox = sandbox.with("EVEREST_INSTANCE", "mine");
    sandbox.run("fleet rows --database x --jq .").success_silent();
    assert!(last().ends_with("/api/rows?instance=mine&database=x"), "{}", last());
    let _ = sandbox.run("config set-context --current --unset instance --unset database");
    let stderr = sandbox.run("-v fleet rows --jq . --dry-run").stderr;
    assert_eq!(stderr, "note: --instance mine (from EVEREST_INSTANCE)\n");
}

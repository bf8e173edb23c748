//! What else a command of a plugin answers to, and that nothing has to be typed twice as one thing and another.

use crate::support::Sandbox;
use crate::support::http::{Reply, json};
use crate::support::plugin::publishing;

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"X","version":"1"},"paths":{
    "/projects":{"get":{"summary":"List the projects","responses":{}}},
    "/projects/{id}":{"get":{"summary":"Show one","responses":{}},"delete":{"summary":"Delete one","responses":{}}},
    "/projects/{id}/branches":{"get":{"summary":"List its branches","responses":{}}},
    "/projects/{id}/branches/{branch}":{"get":{"summary":"Show one","responses":{}}},
    "/projects/{id}/actions/archive":{"post":{"summary":"Archive one","responses":{}}},
    "/settings":{"get":{"summary":"Show the settings","responses":{}},"put":{"summary":"Change them","responses":{}}},
    "/account/2fa":{"put":{"summary":"Turn it on","responses":{}}}}}"#;

fn user() -> (Sandbox, crate::support::http::Server) {
    let server = publishing(DOCUMENT, |route, _| {
        (!route.contains("openapi")).then(|| Reply::Bytes(json(&format!(r#"{{"did":"{route}"}}"#))))
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

#[test]
fn a_command_answers_to_earlier_words_other_verbs_and_unique_ends() {
    let (sandbox, _server) = user();
    for (typed, did) in [
        ("projects get 7", "GET /projects/7"),
        ("projects view 7", "GET /projects/7"),
        ("projects ls", "GET /projects"),
        ("projects rm 7 --yes", "DELETE /projects/7"),
        ("branches list 7", "GET /projects/7/branches"),
        ("branches show 7 main", "GET /projects/7/branches/main"),
        ("projects archive 7", "POST /projects/7/actions/archive"),
        ("projects actions archive 7", "POST /projects/7/actions/archive"),
        ("settings get", "GET /settings"),
        ("settings", "GET /settings"),
        ("account 2fa update", "PUT /account/2fa"),
    ] {
        let output = sandbox.run(&format!("x {typed} --jq .did"));
        assert_eq!(
            (output.stdout.as_str(), output.code),
            (&*format!("{did}\n"), Some(0)),
            "{typed}: {}",
            output.stderr
        );
    }
    assert!(sandbox.run("x projects nothing").stderr_failed(2).contains("unrecognized subcommand 'nothing'"));
}

#[test]
fn help_and_tab_know_the_plugins_own_words_only() {
    let (sandbox, _server) = user();
    let help = sandbox.run("x projects --help").success_silent();
    assert!(help.contains("  archive ") && !help.contains("actions") && !help.contains("view"), "{help}");
    // What was a command and is a group is shown as one.
    let help = sandbox.run("x settings --help").success_silent();
    assert!(help.contains("  get ") && help.contains("  update "), "{help}");
    let offered = sandbox.run_with(["__complete", "x", "settings", ""]).success_silent();
    assert!(offered.contains("get\t") && offered.contains("update\t"), "{offered}");
    let offered = sandbox.run_with(["__complete", "x", "branches", "show", "--j"]).success_silent();
    assert!(offered.contains("--jq\t"), "{offered}");
}

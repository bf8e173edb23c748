//! `plugin which` and `plugin info`.

use crate::support::Sandbox;
use crate::support::http::Server;
use crate::support::plugin::publishing;
use snapbox::{assert_data_eq, str};

#[test]
fn every_candidate_with_the_rule_that_decided() {
    let server =
        Server::with_plugins(r#"[{"name":"bench","displayName":"Bench","version":"0.3","bundleUrl":"/b"}]"#);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.script("plugins/everestctl-bench", "");
    sandbox.script("bin/everestctl-bench-run", "");
    sandbox.write("bin/everestctl-bench", "not executable");
    assert_eq!(sandbox.run("plugin refresh").code, Some(0));
    assert_data_eq!(
        sandbox.run("plugin which bench run fast").success_silent(),
        str![[r"
CHOSEN  COMMAND    SOURCE  WAY    PLACE                                                 RULE
*       bench run  local   exec   [ROOT]/bin/everestctl-bench-run  ready
        bench      local   exec   [ROOT]/plugins/everestctl-bench  shadowed: the longest name comes first
        bench      local   exec   [ROOT]/bin/everestctl-bench      skipped: it is not executable
        bench      server  proxy  `bench` of the server (plugin list)                   shadowed: local commands come before server commands (answered 0s ago)

"]]
    );
    assert_eq!(sandbox.run("plugin which bench -o name").success_silent(), "bench\n");
    let json = sandbox.run("plugin which bench -o json").json();
    assert_eq!(json["candidates"][0]["chosen"], true);
    assert_eq!(json["candidates"][2]["source"], "server");
}

#[test]
fn built_in_reserved_and_unknown_words() {
    let sandbox = Sandbox::new();
    assert_data_eq!(
        sandbox.run("plugin which plugin").success_silent(),
        str![[r"
CHOSEN  COMMAND  SOURCE  WAY  PLACE         RULE
*       plugin   -       -    this program  built in

"]]
    );
    assert!(
        sandbox
            .run("plugin which backup")
            .success_silent()
            .contains("OpenEverest's own CLI, which is not installed")
    );
    sandbox.script("bin/everestctl-core", "");
    assert!(sandbox.run("plugin which backup").success_silent().contains("run by OpenEverest's own CLI"));
    assert!(sandbox.run("plugin which nosuch").stderr_failed(1).starts_with("error: no command `nosuch`\n"));
    assert!(sandbox.run("plugin which ../x").stderr_failed(2).contains("is not a valid command name"));
}

#[test]
fn a_name_that_a_server_may_have_is_not_denied() {
    let lines = [
        "plugin which audit",
        "plugin info audit",
        "plugin run audit events",
        "plugin api audit GET /",
        "plugin refresh audit",
    ];
    let sandbox = Sandbox::new();
    for line in lines {
        let said = sandbox.run(line).stderr_failed(4);
        assert!(said.starts_with("error: you are not signed in\n"), "{line}: {said}");
        assert!(said.contains("hint: everestctl auth login --server URL\n"), "{line}: {said}");
    }
    // A server that is down may have any name.
    let down = Sandbox::new().with_server(&crate::support::http::nobody());
    for line in lines {
        let said = down.run(&line.replace("audit", "unknown")).stderr;
        assert!(said.contains("connection refused") && !said.contains("no command `"), "{line}: {said}");
    }
}

#[test]
fn info_shows_what_the_sidecar_says_and_who_else_claims_the_name() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-bench", "");
    sandbox.write(
        "plugins/everestctl-bench.yaml",
        "summary: Run benchmarks\nvendor: Example Ltd\nversion: 0.10\n",
    );
    sandbox.script("bin/everestctl-bench", "");
    assert_data_eq!(
        sandbox.run("plugin info bench").success_silent(),
        str![[r"
Name:             bench
Description:      Run benchmarks
Version:          0.10
Vendor:           Example Ltd
Status:           ready
Way:              exec
Path:             [ROOT]/plugins/everestctl-bench
Origin:           local (plugin folder)
Also claimed by:  [ROOT]/bin/everestctl-bench (shadowed: the plugin folder comes before PATH)

"]]
    );
    assert_eq!(sandbox.run("plugin info bench -o json").json()["description"], "Run benchmarks");
}

#[test]
fn info_of_what_cannot_run_shows_why_and_what_to_type() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-x", "");
    sandbox.chmod("plugins/everestctl-x", 0o757);
    let output = sandbox.run("plugin info x");
    assert!(output.stdout.contains("invalid (its file is writable by others)"), "{output:?}");
    assert_eq!(output.stderr, "hint: chmod o-w [ROOT]/plugins/everestctl-x\n");
}

#[test]
fn what_lost_against_its_own_kind_is_a_candidate_too() {
    let server = Server::with_plugins(r#"[{"name":"dup","version":"1"},{"name":"dup","version":"2"}]"#);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    let which = sandbox.run("plugin which dup").success_silent();
    assert!(which.contains("shadowed: the first entry in the server's list takes precedence"), "{which}");
}

#[test]
fn a_core_that_may_not_run_is_not_said_to_run() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-core", "");
    sandbox.chmod("bin/everestctl-core", 0o757);
    assert!(sandbox.run("plugin which backup").success_silent().contains("its file is writable by others"));
    sandbox.run("backup").stderr_failed(126);
}

#[test]
fn what_the_list_calls_invalid_no_way_of_typing_it_runs() {
    let sandbox = Sandbox::new();
    let long = "a".repeat(40);
    sandbox.script(&format!("bin/everestctl-{long}-{long}"), "echo ran");
    sandbox.script("bin/everestctl-a-b-c-d-e_f", "echo ran");
    let statuses = sandbox.run("plugin list -o json").statuses();
    assert!(statuses.iter().all(|(_, status)| status == "invalid"), "{statuses:?}");
    // Nothing runs; whether a server has them cannot be known.
    sandbox.run("a b c d e-f").stderr_failed(127);
    sandbox.run("a-b-c-d-e-f").stderr_failed(127);
    sandbox.run(&format!("{long} {long}")).stderr_failed(127);
}

#[test]
fn what_follows_the_name_of_a_plugin_is_one_of_its_commands() {
    const DOCUMENT: &str = r#"{"openapi":"3.1.0","info":{"title":"X","version":"1"},"paths":{
        "/api/ships":{"get":{"summary":"List ships","responses":{}},"post":{"summary":"Build a ship","responses":{}}},
        "/api/ships/{ship}":{"get":{"summary":"Show a ship","responses":{},
            "parameters":[{"name":"ship","in":"path","required":true,"schema":{"type":"string"}}]}},
        "/api/ports":{"get":{"summary":"List ports","responses":{}}}}}"#;
    let server = publishing(DOCUMENT, |_, _| None);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    let commands = |line: &str| -> Vec<String> {
        let shown = sandbox.run(line).success_silent();
        shown
            .lines()
            .filter_map(|line| line.strip_prefix("Command:"))
            .map(|line| line.trim().to_owned())
            .collect()
    };
    assert_eq!(commands("plugin info x").len(), 4);
    assert_eq!(commands("plugin info x ships").len(), 3);
    assert_eq!(commands("plugin info x ships get"), ["ships get  Show a ship"]);
    // Another word for the verb.
    assert_eq!(commands("plugin info x ships view"), ["ships get  Show a ship"]);
    let one = sandbox.run("plugin info x ships get").success_silent();
    assert!(
        one.lines().any(|line| line.starts_with("Request:") && line.ends_with("GET /api/ships/{ship}")),
        "{one}"
    );
    for line in ["plugin info x ships lsit", "plugin which x ships lsit"] {
        let said = sandbox.run(line).stderr_failed(1);
        assert!(said.starts_with("error: `x` has no command `ships lsit`\n"), "{said}");
        assert!(said.contains("did you mean `x ships list`?"), "{said}");
    }
    sandbox.run("plugin which x ships list").success_silent();
}

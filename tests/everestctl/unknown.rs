//! Unknown commands.

use crate::support::Sandbox;
use crate::support::http::{Reply, Server, json};
use crate::support::sandbox::eventually;
use snapbox::{assert_data_eq, str};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn the_closest_names_come_first() {
    let server = Server::with_plugins(r#"[{"name":"psmdb"}]"#);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.script("bin/everestctl-bench", "");
    assert_data_eq!(
        sandbox.run("bnech").stderr_failed(127),
        str![[r"
error: no such command: bnech
hint: did you mean `bench`?
hint: run `everestctl plugin list` to list all commands

"]]
    );
    for (typed, meant) in
        [("plugn", "plugin"), ("vresion", "version"), ("backp", "backup"), ("psmbd", "psmdb")]
    {
        let stderr = sandbox.run(typed).stderr_failed(127);
        assert!(stderr.contains(&format!("did you mean `{meant}`?")), "{typed}: {stderr}");
    }
    assert!(!sandbox.run("zzzzzz").stderr_failed(127).contains("did you mean"));
}

#[test]
fn what_is_no_name_says_what_a_name_is() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-bench", "");
    assert_data_eq!(
        sandbox.run("Bench").stderr_failed(127),
        str![[r"
error: no such command: Bench
  caused by: a name can contain only letters from a to z, digits and `-`
hint: did you mean `bench`?
hint: run `everestctl plugin list` to list all commands

"]]
    );
    for word in ["../x", "a/b", "a\u{1b}[31m", "x.y", "9"] {
        let stderr = sandbox.run_with([word]).stderr_failed(127);
        assert!(!stderr.contains('\u{1b}'), "{stderr}");
    }
    sandbox.run_with([""]).stderr_failed(127);
}

#[test]
fn words_that_only_begin_commands_list_them() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-a_b-c", "");
    sandbox.script("bin/everestctl-a_b-d", "");
    assert_data_eq!(
        sandbox.run("a-b").stderr_failed(2),
        str![[r"
error: `a-b` is not a command; commands that start with it:
hint: everestctl a-b-c
hint: everestctl a-b-d

"]]
    );
    assert_data_eq!(
        sandbox.run("a-b --help").success_silent(),
        str![[r"
Commands that start with `a-b`:
  everestctl a-b-c
  everestctl a-b-d

"]]
    );
}

#[test]
fn after_an_install_on_the_server_the_first_try_knows_the_command() {
    let installed = Arc::new(AtomicBool::new(false));
    let is_installed = Arc::clone(&installed);
    let server = Server::start(move |_| {
        Reply::Bytes(json(if is_installed.load(Ordering::SeqCst) { r#"[{"name":"fresh"}]"# } else { "[]" }))
    });
    let mut sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("fresh").stderr_failed(127);
    installed.store(true, Ordering::SeqCst);
    // What was answered a moment ago is not asked again at once.
    sandbox.later(4);
    assert!(sandbox.run("fresh").stderr_failed(126).starts_with("error: `fresh` has no commands"));
}

#[test]
fn a_dead_server_is_waited_for_once_and_hides_nothing_local() {
    let server = Server::start(|_| Reply::Silence);
    let sandbox = Sandbox::new().with_server(&server.url()).with("EVERESTCTL_REFRESH_WAIT", "200ms");
    sandbox.script("bin/everestctl-bench", "echo ran");
    assert!(sandbox.run("bnech").stderr_failed(127).contains("did you mean `bench`?"));
    eventually("the server was asked", || server.requests().len() == 1);
    // Not waited for again: it is not asked at all, however long one would wait.
    let patient = sandbox.with("EVERESTCTL_REFRESH_WAIT", "1h");
    patient.run("bnech").stderr_failed(127);
    assert_eq!(patient.run("bench").success_silent(), "ran\n");
    patient.settle();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_cluster_that_the_user_has_never_seen_answer_is_not_asked_for_a_typo() {
    let cluster = Server::start(|_| Reply::Silence);
    let sandbox = Sandbox::new();
    sandbox.write("kubeconfig", kubeconfig(&cluster.url()));
    let sandbox = sandbox.with_path("KUBECONFIG", "kubeconfig");
    let said = sandbox.run("nosuch").stderr_failed(127);
    assert!(said.starts_with("error: no such command: nosuch\n"), "{said}");
    assert!(cluster.requests().is_empty());
}

fn kubeconfig(server: &str) -> String {
    format!(
        "current-context: c\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: u, user: {{token: t}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    )
}

#[test]
fn a_dead_server_is_said_first_and_so_is_one_that_is_left_alone() {
    let mut sandbox = Sandbox::new().with_server(&crate::support::http::nobody());
    // Said first, with an exit code of its own, and every time, be it asked or left alone.
    for _ in 0..3 {
        let stderr = sandbox.run("zzz").stderr_failed(125);
        assert!(stderr.starts_with("error: http://127.0.0.1:"), "{stderr}");
        assert!(stderr.contains(": connection refused\n  caused by: `zzz` is not a command of"), "{stderr}");
        assert!(
            !stderr.contains("no such command") && stderr.contains("hint: is the server running"),
            "{stderr}"
        );
        sandbox.later(4);
    }
    // What is here and misspelt is still that.
    assert!(sandbox.run("plguin").stderr_failed(127).contains("did you mean `plugin`?"));
}

#[test]
fn a_new_command_of_the_server_is_not_hidden_by_longer_local_names() {
    let server = Server::with_plugins(r#"[{"name":"bench"}]"#);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.script("bin/everestctl-bench-x", "");
    assert!(sandbox.run("bench run").stderr_failed(126).contains("`bench` has no commands"));
}

#[test]
fn what_cannot_run_is_not_suggested() {
    let sandbox = Sandbox::new();
    sandbox.write("bin/everestctl-notes", "");
    let server = Server::with_plugins(r#"[{"name":"my.dotted"}]"#);
    let sandbox = sandbox.with_server(&server.url());
    assert!(!sandbox.run("note").stderr_failed(127).contains("did you mean"));
    assert!(!sandbox.run("my.dotted").stderr_failed(127).contains("did you mean"));
}

#[test]
fn words_of_other_programs_are_answered_with_the_command_that_does_it_here() {
    let sandbox = Sandbox::new();
    for (line, meant) in [
        ("get plugins", "plugin list"),
        ("describe plugin sql", "plugin info sql"),
        ("ls", "plugin list"),
        ("ctx prod", "config use-context prod"),
        ("update", "plugin upgrade NAME"),
    ] {
        let stderr = sandbox.run(line).stderr_failed(127);
        assert!(stderr.contains(&format!("hint: did you mean `{meant}`?\n")), "{line}: {stderr}");
    }
    // What is here is nearer.
    sandbox.script("bin/everestctl-gets", "");
    let stderr = sandbox.run("get").stderr_failed(127);
    assert!(stderr.contains("did you mean `plugin list` or `gets`?"), "{stderr}");
    sandbox.script("bin/everestctl-get", "echo mine");
    assert_eq!(sandbox.run("get plugins").success_silent(), "mine\n");
}

#[test]
fn a_plugin_is_refreshed_where_there_is_a_server() {
    let stderr = Sandbox::new().run("plugin refresh nosuch").stderr_failed(1);
    let no_server = "error: no plugin `nosuch`: no OpenEverest server is configured\nhint: sign in with";
    assert!(stderr.starts_with(no_server), "{stderr}");
    let server = Server::with_plugins(r#"[{"name":"fleet"}]"#);
    let stderr = Sandbox::new().with_server(&server.url()).run("plugin refresh nosuch").stderr_failed(1);
    assert!(
        stderr.starts_with("error: no plugin `nosuch` on the server\nhint: plugins of the server: fleet"),
        "{stderr}"
    );
}

#[test]
fn the_second_word_flags_and_values_are_guessed_too() {
    let sandbox = Sandbox::new();
    for (line, meant) in [
        ("plugin get", "did you mean `list`?"),
        ("plugin describe x", "did you mean `info`?"),
        ("config use x", "did you mean `use-context`?"),
        ("plugin lsit", "did you mean `list`?"),
        ("config get-contxets", "did you mean `get-contexts`?"),
        ("plugin list --no-haeders", "did you mean `--no-headers`?"),
        ("plugin list --namespcae x", "did you mean `--namespace`?"),
        ("--contxet x plugin list", "did you mean `--context`?"),
        ("plugin list -o jsno", "did you mean `json`?"),
    ] {
        let stderr = sandbox.run(line).stderr_failed(2);
        assert!(stderr.ends_with(&format!("hint: {meant}\n")), "{line}: {stderr}");
    }
    for (line, meant) in
        [("login", "auth login"), ("list plugin", "plugin list"), ("plguin lsit", "plugin list")]
    {
        let stderr = sandbox.run(line).stderr_failed(127);
        assert!(stderr.contains(&format!("hint: did you mean `{meant}`?\n")), "{line}: {stderr}");
    }
}

#[test]
fn the_commands_of_server_plugins_are_guessed_from_what_is_known() {
    let document = r#"{"openapi":"3.0.3","info":{"title":"Ships","version":"1"},"paths":{
        "/api/ships":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":{"type":"array"}}}}}}},
        "/api/ships/{id}":{"delete":{"responses":{}}}}}"#;
    let server = Server::start(move |request| {
        Reply::Bytes(match request.path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"fleet"}]"#),
            "openapi.json" => json(document),
            _ => crate::support::http::response("404 Not Found", "text/plain", b""),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    for (line, code, meant) in [
        ("fleet shisp list", 2, "ships"),
        ("fleet ships lsit", 2, "list"),
        ("fleet ships list --colmuns x", 2, "--columns"),
        ("felet ships list", 127, "fleet ships list"),
        ("--offline ships fleet list", 127, "fleet ships list"),
    ] {
        let stderr = sandbox.run(line).stderr_failed(code);
        assert!(stderr.contains(&format!("did you mean `{meant}`?")), "{line}: {stderr}");
    }
}

#[test]
fn a_command_of_another_context_is_named_from_memory_only() {
    let server = Server::with_plugins(r#"[{"name":"psmdb"}]"#);
    let sandbox = Sandbox::new();
    let config = |current: &str| {
        format!(
            "currentContext: {current}\ncontexts:\n- name: prod\n  context: {{server: s, user: u}}\n- name: dev\n  context: {{server: gone, user: u}}\n\
             servers:\n- name: s\n  server: {{url: '{}'}}\n- name: gone\n  server: {{url: 'http://127.0.0.1:9'}}\n\
             users:\n- name: u\n  user: {{accessToken: t}}\n",
            server.url()
        )
    };
    sandbox.write("config.yaml", config("prod"));
    let sandbox = sandbox.with_path("EVEREST_CONFIG", "config.yaml");
    sandbox.run("plugin refresh --source server").success_silent();
    let asked = server.requests().len();
    sandbox.write("config.yaml", config("dev"));
    let stderr = sandbox.run("--offline psmdb status").stderr_failed(127);
    assert!(
        stderr.contains("hint: `psmdb` exists in context `prod`: everestctl --context prod psmdb\n"),
        "{stderr}"
    );
    assert!(!sandbox.run("--offline nosuch").stderr_failed(127).contains("exists in context"));
    assert_eq!(server.requests().len(), asked);
}

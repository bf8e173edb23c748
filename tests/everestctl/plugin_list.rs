//! `plugin list` on what lies in folders.

use crate::support::Sandbox;
use crate::support::http::{Reply, Server, json, response};
use snapbox::{assert_data_eq, str};
use std::os::unix::ffi::OsStringExt;

#[test]
fn nothing_installed_says_how_to_begin() {
    let output = Sandbox::new().run("plugin list");
    assert_eq!((output.stdout.as_str(), output.code), ("", Some(0)));
    assert_data_eq!(
        output.stderr,
        str![[r"
no plugins found
hint: put an executable `everestctl-NAME` into [ROOT]/plugins or on PATH
hint: `everestctl auth login --server URL` adds the plugins of an OpenEverest server
hint: `everestctl -k FILE plugin list` adds those of a Kubernetes cluster

"]]
    );
}

fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-bench", "");
    sandbox.write(
        "plugins/everestctl-bench.yaml",
        "summary: Run benchmarks\nversion: 1.10\nvendor: Example Ltd\n",
    );
    sandbox.script("bin/everestctl-bench", "");
    sandbox.script("bin/everestctl-sql_explorer-query", "");
    sandbox.script("bin/everestctl-Upper", "");
    sandbox.write("bin/everestctl-notes", "no plugin yet");
    sandbox.write("bin/everestctl-notes.txt", "no plugin at all");
    sandbox.write(&format!("plugins/{}", native("fast")), "");
    sandbox
}

fn native(name: &str) -> String {
    format!("{}everestctl_{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

#[test]
fn a_row_for_each_command() {
    let output = furnished().run("plugin list");
    assert_data_eq!(
        output.stdout,
        str![[r"
NAME                VERSION  SOURCE  WAY     STATUS   DESCRIPTION
Upper               -        local   exec    invalid  a name can contain only letters from a to z, digits and `-`
bench               1.10     local   exec    ready    Run benchmarks
fast                -        native  native  invalid  it is not a shared library
notes               -        local   exec    invalid  it is not executable
sql-explorer-query  -        local   exec    ready    -

"]]
    );
    assert_data_eq!(
        output.stderr,
        str![[r"
hint: 1 shadowed: use `everestctl plugin list --all` to show them

"]]
    );
}

#[test]
fn all_and_wide_and_sources_and_no_headers() {
    let sandbox = furnished();
    assert_data_eq!(
        sandbox.run("plugin list --all -o wide --no-headers --source local").success_silent(),
        str![[r"
Upper               -     local  exec  invalid   a name can contain only letters from a to z, digits and `-`                                   local  -            -  -  -  -  [ROOT]/bin/everestctl-Upper
bench               1.10  local  exec  ready     Run benchmarks                                                                                local  Example Ltd  -  -  -  -  [ROOT]/plugins/everestctl-bench
bench               -     local  exec  shadowed  by [ROOT]/plugins/everestctl-bench: the plugin folder comes before PATH  local  -            -  -  -  -  [ROOT]/bin/everestctl-bench
notes               -     local  exec  invalid   it is not executable                                                                          local  -            -  -  -  -  [ROOT]/bin/everestctl-notes
sql-explorer-query  -     local  exec  ready     -                                                                                             local  -            -  -  -  -  [ROOT]/bin/everestctl-sql_explorer-query

"]]
    );
    assert_eq!(sandbox.run("plugin list -o name --source native").success_silent(), "fast\n");
}

#[test]
fn every_listed_name_leads_to_its_command() {
    let sandbox = furnished();
    assert_eq!(
        sandbox.run("plugin list -q -o name --source local").success_silent(),
        "Upper\nbench\nnotes\nsql-explorer-query\n"
    );
    sandbox.run("sql-explorer-query").success_silent();
    sandbox.run("sql-explorer query").success_silent();
    sandbox.run("bench").success_silent();
}

#[test]
fn json_is_an_interface() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-bench", "");
    sandbox.write("plugins/everestctl-bench.yaml", "summary: Run benchmarks\nversion: 1.10\n");
    assert_data_eq!(
        sandbox.run("plugin list -o json").success_silent(),
        str![[r#"
{
  "items": [
    {
      "name": "bench",
      "version": "1.10",
      "source": "local",
      "way": "exec",
      "status": "ready",
      "reason": null,
      "hint": null,
      "description": "Run benchmarks",
      "displayName": null,
      "vendor": null,
      "aliases": [],
      "compatibleHostVersions": null,
      "backend": null,
      "image": null,
      "path": "[ROOT]/plugins/everestctl-bench",
      "origins": [
        {
          "source": "local",
          "place": "plugin folder",
          "version": "1.10",
          "answeredAt": null
        }
      ]
    }
  ],
  "problems": []
}

"#]]
    );
    assert_eq!(sandbox.run("plugin list --json").stdout, sandbox.run("plugin list -o json").stdout);
    assert_eq!(sandbox.run("--json plugin list").stdout, sandbox.run("extension list -o json").stdout);
    let yaml = sandbox.run("plugin list -o yaml").success_silent();
    assert!(yaml.starts_with("items:\n") && yaml.contains("name: bench\n"), "{yaml}");
}

#[test]
fn problems_are_part_of_the_json_answer() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-x", "");
    sandbox.write("plugins/everestctl-x.yaml", "summary: [");
    let output = sandbox.run("plugin list -o json");
    let problem = &output.json()["problems"][0];
    assert_eq!(problem["source"], "local");
    assert!(problem["message"].as_str().unwrap().contains("line 1, column "), "{problem}");
    assert!(problem.get("hint").is_some());
    assert_eq!(output.stderr, "");
}

#[test]
fn one_wrong_key_of_a_sidecar_is_named_and_costs_no_other() {
    let sandbox = Sandbox::new().with_server("https://everest.example.com");
    sandbox.script("plugins/everestctl-report", r#"echo "${EVEREST_TOKEN-none}""#);
    let sidecar = "sumary: x\nversion: 1.10\ncompletion: wrods\nvendor: [hunter2]\ncredentials: env\n";
    sandbox.write("plugins/everestctl-report.yaml", sidecar);
    for line in ["plugin list --source local", "plugin info report"] {
        let output = sandbox.run(line);
        assert_eq!(output.code, Some(0));
        assert!(output.stdout.contains("1.10"), "{}", output.stdout);
        for why in [
            "line 1, column 1: unknown key `sumary`; did you mean `summary`?",
            "line 3, column 13: completion: invalid value `wrods`, expected `none`, `cobra`, `clap`, `companion` or `words`",
            "line 4, column 9: vendor: expected a text",
        ] {
            assert!(output.stderr.contains(why), "{}", output.stderr);
        }
        assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
    }
    // Who only runs it is not told of what its author has to mend, unless it costs the token.
    assert_eq!(sandbox.run("report").success_silent(), "sesame-open-4711\n");
    sandbox.write("plugins/everestctl-report.yaml", "credentials: evn\n");
    let output = sandbox.run("report");
    assert_eq!(output.stdout, "none\n");
    assert!(
        output.stderr.contains("credentials: invalid value `evn`, expected `none` or `env`"),
        "{}",
        output.stderr
    );
}

#[test]
fn hostile_names_and_texts_are_shown_clean_and_short() {
    let sandbox = Sandbox::new();
    let escape = std::ffi::OsString::from_vec(b"everestctl-a\x1b[31m\xff\n".to_vec());
    std::fs::copy("/bin/true", sandbox.path("bin").join(escape)).unwrap();
    sandbox.script("bin/everestctl-..", "");
    sandbox.script("bin/everestctl-long", "");
    let long = "x\u{1b}]0;title\u{7}\u{202e}".repeat(10_000);
    sandbox.write(
        "bin/everestctl-long.yaml",
        serde_json::json!({"summary": long, "version": "1\n2"}).to_string(),
    );
    for form in ["table", "wide", "json", "yaml", "name"] {
        let output = sandbox.run_with(["plugin", "list", "--all", "-o", form]);
        assert_eq!(output.code, Some(0));
        let text = output.stdout + &output.stderr;
        let bad = text.chars().find(|it| (it.is_control() && *it != '\n') || *it == '\u{202e}');
        assert_eq!(bad, None, "{form}: {text}");
        assert!(text.len() < 6000, "{form}");
    }
    assert!(sandbox.run("plugin list -o name").stdout.contains("..\n"));
    sandbox.run("..").stderr_failed(127);
}

#[test]
fn a_narrow_terminal_gets_narrow_rows_and_a_pipe_gets_everything() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-x", "");
    sandbox.write("bin/everestctl-x.yaml", format!("summary: {}", "word ".repeat(50)));
    assert!(sandbox.run("plugin list").stdout.contains(&"word ".repeat(49)));
    let narrow = sandbox.with("COLUMNS", "60").run("plugin list").stdout;
    assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
    assert!(narrow.contains("x     -        local   exec  ready   word"), "{narrow}");
}

#[test]
fn a_full_disk_is_a_failure_and_a_closed_pipe_is_none() {
    let sandbox = furnished();
    let full = sandbox.shell("everestctl plugin list -q > /dev/full");
    assert!(full.stderr_failed(1).starts_with("error: could not write to standard output: "));
    let closed = sandbox.shell("{ everestctl plugin list -q; echo $? > code; } | true; cat code");
    assert_eq!((closed.stdout.as_str(), closed.stderr.as_str()), ("0\n", ""));
}

#[test]
fn colour_is_for_terminals_and_for_those_who_force_it() {
    let sandbox = furnished();
    assert!(!sandbox.run("nosuch").stderr.contains('\u{1b}'));
    assert!(sandbox.run("--color always nosuch").stderr.contains('\u{1b}'));
    let sandbox = sandbox.with("CLICOLOR_FORCE", "1");
    assert!(sandbox.run("nosuch").stderr.contains('\u{1b}'));
    assert!(!sandbox.run("--color never nosuch").stderr.contains('\u{1b}'));
    assert!(!sandbox.with("NO_COLOR", "1").run("nosuch").stderr.contains('\u{1b}'));
}

#[test]
fn the_same_folder_twice_on_path_counts_once() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(sandbox.path("bin"), sandbox.path("bin2")).unwrap();
    sandbox.script("bin/everestctl-x", "");
    let path = format!("{0}/bin:{0}/bin2:{0}/bin", sandbox.path("").display());
    let sandbox = sandbox.with("PATH", path);
    assert_eq!(sandbox.run("plugin list --all -o name").success_silent(), "x\n");
}

#[test]
fn a_local_command_shadows_a_server_plugin_of_its_name() {
    let server = Server::with_plugins(r#"[{"name":"bench","displayName":"B","bundleUrl":"/b"}]"#);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.script("bin/everestctl-bench", "echo local");
    let rows = sandbox.run("plugin list --all -o json").statuses();
    let expected = [("bench", "ready"), ("bench", "shadowed")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(rows, expected);
    assert_eq!(sandbox.run("bench").success_silent(), "local\n");
    assert!(
        sandbox
            .run("plugin run --source server bench")
            .stderr_failed(126)
            .contains("`bench` has no commands")
    );
}

#[test]
fn a_name_is_never_cut() {
    let sandbox = Sandbox::new().with("COLUMNS", "40");
    let name = "a-rather-long-name-for-a-plugin";
    sandbox.script(&format!("bin/everestctl-{name}"), "");
    sandbox
        .write(&format!("bin/everestctl-{name}.yaml"), "summary: and a summary that is longer than that\n");
    assert!(sandbox.run("plugin list").stdout.contains(name));
    assert!(
        sandbox
            .run("plugin info a-rather-long-name-for-a-plugin")
            .success_silent()
            .contains("longer than that")
    );
}

#[test]
fn a_backend_that_is_down_is_said_also_of_a_plugin_that_ships_with_a_description() {
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"audit"}]"#),
            _ => response("502 Bad Gateway", "application/json", br#"{"error":"no upstream"}"#),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let listed = sandbox.run("plugin list -o json").json();
    assert_eq!(listed["items"][0]["status"], "backend down", "{listed}");
    assert!(sandbox.run("audit --help").success_silent().contains("events"));
}

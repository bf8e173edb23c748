//! Help and manual pages, of our own commands and of those that plugins bring.

use crate::support::InTime as _;
use crate::support::http::{Reply, Server, json, response};
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"Ships of the fleet","version":"1"},"paths":{
    "/api/ships":{"get":{"summary":"List the ships","x-cli-examples":[{"command":"ships list --kind steam","description":"The old ones"}],
        "parameters":[{"name":"kind","in":"query","schema":{"type":"string","enum":["steam","sail"],"default":"sail"}},
            {"name":"year","in":"query","required":true,"description":"When \\fBit\n.so /etc/passwd","schema":{"type":"integer","minimum":1800}}],
        "responses":{"200":{"description":"","content":{"application/json":{"schema":{"type":"array","items":{"type":"object"}}}}}}}},
    "/api/ships/{id}":{"get":{"summary":"'de Show a ship","responses":{}}}}}"#;

fn with_index() -> (Sandbox, Server) {
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.rsplit('/').next().unwrap() {
            "plugins" => json(
                r#"[{"name":"fleet","description":"All \u001b[31mships, and a text that goes on and on until it is longer than any line"}]"#,
            ),
            "openapi.json" => json(DOCUMENT),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    sandbox.script("bin/everestctl-report", "echo \"report got $*\"");
    sandbox.write(
        "bin/everestctl-report.yaml",
        "summary: Mail a report\nversion: '1.0'\nvendor: \"'de Example\"\n",
    );
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

#[test]
fn the_help_of_the_program_groups_what_there_is_and_asks_nobody() {
    let (sandbox, server) = with_index();
    let asked = server.requests().len();
    let help = sandbox.run("--help").success_silent();
    assert_eq!(help, sandbox.run("help").success_silent());
    assert_eq!(help, sandbox.run("-h").success_silent());
    assert_eq!(help, sandbox.run("").success_silent());
    assert_eq!(help, sandbox.run("-qh").success_silent());
    let parts = [
        "Usage:",
        "Built-in commands:",
        "  plugin ",
        "Local commands:\n  report  Mail a report\n",
        "Server commands (dana@test):\n  fleet  All [31mships",
        "Global options:",
        "--kubeconfig",
    ];
    let places: Vec<usize> =
        parts.iter().map(|part| help.find(part).unwrap_or_else(|| panic!("{part}: {help}"))).collect();
    assert!(places.is_sorted(), "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    let narrow = sandbox.command(["--help"]).env("COLUMNS", "50").output_in_time();
    let narrow = String::from_utf8(narrow.stdout).unwrap();
    let fleet = narrow.lines().find(|line| line.starts_with("  fleet")).unwrap();
    assert!(fleet.chars().count() <= 50 && fleet.ends_with('…'), "{fleet}");
    assert!(!sandbox.run("--no-plugins --help").success_silent().contains("report"));
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn three_ways_to_ask_for_help_agree() {
    let (sandbox, _server) = with_index();
    for (one, other) in [
        ("help plugin list", "plugin list --help"),
        ("help plugin", "plugin --help"),
        ("help fleet", "fleet --help"),
        ("help fleet ships list", "fleet ships list --help"),
        ("help -v fleet ships list", "-v fleet ships list --help"),
        ("help report", "report --help"),
        ("help help", "help --help"),
    ] {
        assert_eq!(sandbox.run(one).success_silent(), sandbox.run(other).success_silent(), "{one}");
    }
    assert_eq!(sandbox.run("help report").success_silent(), "report got --help\n");
    let help = sandbox.run("help fleet ships list").success_silent();
    for part in [
        "List the ships",
        "--kind <VALUE>",
        "possible values: steam, sail",
        "default: sail",
        "--year <NUMBER>",
        "required; 1800..",
        "# The old ones",
        "everestctl fleet ships list --kind steam",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    assert!(
        !help.contains("Route:")
            && sandbox.run("help -v fleet ships list").success_silent().contains("Route: GET /api/ships")
    );
    let said = sandbox.run("help fleat").stderr_failed(127);
    assert!(said.contains("did you mean `fleet`?"), "{said}");
    let said = sandbox.run("help plugin lsit").stderr_failed(2);
    assert!(said.contains("did you mean `list`?"), "{said}");
}

#[test]
fn long_help_goes_through_the_pager_on_a_terminal() {
    let (sandbox, _server) = with_index();
    let sandbox = sandbox.with("PAGER", "/usr/bin/sed s/^/paged:/");
    let Some(mut terminal) = Terminal::start(&sandbox, "/bin/sh") else {
        return skip(
            "script",
            "long_help_goes_through_the_pager_on_a_terminal",
            "script (util-linux) is not installed",
        );
    };
    terminal.press("/usr/bin/stty rows 10 cols 80; $E help plugin list\n");
    terminal.shows(&["paged:List commands from plugins"]);
    terminal.press("exit\n");
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let (sandbox, _server) = with_index();
    for (words, part) in [
        ("", ".TH EVERESTCTL 1"),
        ("plugin list", "EVERESTCTL-PLUGIN-LIST"),
        ("auth login", "EVERESTCTL-AUTH-LOGIN"),
        ("fleet", "EVERESTCTL-FLEET"),
        ("fleet ships list", "EVERESTCTL-FLEET-SHIPS-LIST"),
        ("report", "EVERESTCTL-REPORT"),
        ("everestctl-plugins", "EVERESTCTL\\-PLUGINS 7"),
        ("everestctl-openapi", "EVERESTCTL\\-OPENAPI 7"),
    ] {
        let page = sandbox.run(&format!("help --man -o raw {words}")).success_silent();
        assert!(page.contains(part), "{words}: {page}");
        // What a plugin says of itself is text.
        let requests = page.lines().filter(|line| line.starts_with('.') || line.starts_with('\''));
        let known = [
            ".\\\"", ".TH", ".SH", ".SS", ".PP", ".TP", ".IP", ".B", ".I", ".R", ".nf", ".fi", ".br", ".ie",
            ".el",
        ];
        for request in requests {
            assert!(known.iter().any(|name| request.starts_with(name)), "{words}: {request}");
        }
    }
    assert!(sandbox.run("help --man nosuch").stderr_failed(127).contains("no such command: nosuch"));
    assert!(sandbox.run("help --man plugin nosuch").stderr_failed(2).contains("nosuch"));
}

#[test]
fn man_shows_the_page() {
    let name = "man_shows_the_page";
    if !Path::new("/usr/bin/man").exists() {
        return skip("man", name, "man is not installed");
    }
    let (sandbox, _server) = with_index();
    let sandbox = sandbox.with("MANWIDTH", "80");
    for (words, part) in [
        ("plugin list", "everestctl plugin list"),
        ("fleet ships list", "When \\fBit"),
        ("report", "Mail a report"),
    ] {
        let page = sandbox.run(&format!("help --man {words}")).success_silent();
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains("SYNOPSIS") && page.contains(part), "{page}");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("man")
}

#[test]
fn man_finds_nothing_to_warn_of() {
    let name = "man_finds_nothing_to_warn_of";
    if !Path::new("/usr/bin/man").exists() || !Path::new("/usr/bin/groff").exists() {
        return skip("man", name, "man or groff is not installed");
    }
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let output = Command::new("/usr/bin/man")
            .args(["--warnings", "-E", "UTF-8", "-l"])
            .arg(&path)
            .env_clear()
            .envs([("LC_ALL", "C.UTF-8"), ("MANROFFSEQ", ""), ("MANWIDTH", "80"), ("PATH", "/usr/bin:/bin")])
            .stdin(Stdio::null())
            .output_in_time();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
    }
}

/// The doc comment of the arguments of a command is its help; a shorter one on the variant of an enum would replace it.
#[test]
fn every_long_help_text_that_was_written_is_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = std::fs::read_dir(root.join("man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".1").map(|name| name.replace('-', " ")))
        .map(|line| {
            // A word may have a dash itself.
            let words = line.replace("config current context", "config current-context");
            let words = words.replace("host lint bundle", "host lint-bundle");
            let words = ["delete", "get", "rename", "set", "use"].iter().fold(words, |words, verb| {
                let (from, to) = (format!("config {verb} context"), format!("config {verb}-context"));
                words.replace(&from, &to)
            });
            let words = words.strip_prefix("everestctl").unwrap().trim().to_owned();
            plain(&sandbox.run(&format!("{words} --help")).success_silent())
        })
        .collect();
    let mut files = vec![root.join("plugins/host/src/cli.rs")];
    for folder in ["src/cli", "src/cli/plugin"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.is_file()));
    }
    let mut found = 0;
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        for (before, _) in source.match_indices("clap::Args)]").map(|(at, _)| source.split_at(at)) {
            let lines = before.lines().rev().skip(1).skip_while(|line| line.starts_with("#["));
            let comment: Vec<&str> = lines.map_while(|line| line.strip_prefix("///")).collect();
            let comment: Vec<&str> = comment.into_iter().rev().map(str::trim).collect();
            let Some(end) = comment.iter().position(|line| line.is_empty()) else { continue };
            let text = plain(&comment[end..].join(" "));
            assert!(shown.contains(&text), "{}: not in any help: {text}", file.display());
            found += 1;
        }
    }
    assert!(found >= 6, "{found} texts");
}

#[test]
fn the_help_of_every_command_lists_the_options_that_one_needs_everywhere() {
    let (sandbox, _server) = with_index();
    for line in
        ["plugin list --help", "fleet ships list -h", "config set-context -h", "fleet --help", "host run -h"]
    {
        let help = sandbox.run(line).success_silent();
        let at = help.find("Global options:\n").unwrap_or_else(|| panic!("{line}: {help}"));
        for flag in [
            "--context <NAME>",
            "-n, --namespace",
            "-A, --all-namespaces",
            "-o, --output",
            "-v, --verbose",
            "-q, --quiet",
        ] {
            assert!(help[at..].contains(flag), "{line}: {flag}: {help}");
        }
        assert!(help.ends_with("See `everestctl --help` for all global options.\n"), "{help}");
    }
}

#[test]
fn help_may_come_before_the_name_and_after_the_first_word() {
    let (sandbox, _server) = with_index();
    for (one, other) in [
        ("--help fleet ships list", "fleet ships list --help"),
        ("-h plugin list", "plugin list -h"),
        ("fleet help ships list", "fleet ships list --help"),
        ("plugin help list", "plugin list --help"),
        ("host help run", "host run --help"),
        ("-v --help report", "-v report --help"),
    ] {
        assert_eq!(sandbox.run(one).success_silent(), sandbox.run(other).success_silent(), "{one}");
    }
}

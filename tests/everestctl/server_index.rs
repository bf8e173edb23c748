//! What the index remembers of a plugin's commands: one is read without the others, and what is damaged is asked for anew.

use crate::support::Sandbox;
use crate::support::http::{Reply, Server, json};
use crate::support::plugin::publishing;
use serde_json::{Map, json as value};
use std::path::PathBuf;

/// A document with so many commands, each in a group with nine others.
fn document(commands: usize) -> String {
    let mut paths = Map::new();
    for number in 0..commands {
        let operation = value!({
            "summary": format!("Do number {number}"), "description": "At some length. ".repeat(20),
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {}});
        paths.insert(format!("/group{}/{{id}}/part{number}", number / 10), value!({"get": operation}));
    }
    value!({"openapi": "3.0.3", "info": {"title": "X", "version": "1"}, "paths": paths}).to_string()
}

fn user(commands: usize) -> (Sandbox, Server) {
    let server = publishing(&document(commands), |route, _| {
        (!route.contains("openapi")).then(|| Reply::Bytes(json(&format!(r#"{{"did":"{route}"}}"#))))
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

fn details(sandbox: &Sandbox) -> PathBuf {
    let mut files =
        std::fs::read_dir(sandbox.path("cache/index")).unwrap().flatten().map(|entry| entry.path());
    let is_details = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("details-");
    files.find(is_details).unwrap()
}

#[test]
fn one_of_a_thousand_commands_runs_completes_and_explains_itself() {
    let (sandbox, _server) = user(1000);
    let run = |line: &str| sandbox.run(line).success_silent();
    assert_eq!(run("x group99 part990 7 --jq .did"), "GET /group99/7/part990\n");
    assert_eq!(run("x part777 7 --jq .did"), "GET /group77/7/part777\n");
    assert!(run("x group42 part420 --help").contains("At some length."));
    let help = run("x group42 --help");
    assert!(
        help.contains("part429") && help.contains("Do number 420") && !help.contains("part430"),
        "{help}"
    );
    let offered = sandbox.run_with(["__complete", "x", "group7", "part7"]).success_silent();
    assert!(
        offered.starts_with("part70\tDo number 70\n") && offered.ends_with("part79\tDo number 79\n:4\n"),
        "{offered}"
    );
    let offered =
        sandbox.run_with(["__complete", "x", "-n", "a", "group7", "part70", "--jq"]).success_silent();
    assert!(offered.contains("--jq\t"), "{offered}");
}

#[test]
fn what_is_damaged_is_asked_for_anew() {
    let (sandbox, server) = user(20);
    let file = details(&sandbox);
    let good = std::fs::read(&file).unwrap();
    let flipped = |position: usize| {
        let mut bytes = good.clone();
        bytes[position] ^= 0x10;
        bytes
    };
    // The start, the head, the last command, its end, everything, and a file of an earlier version.
    for bad in [
        flipped(2),
        flipped(100),
        flipped(good.len() - 2),
        good[..good.len() - 1].to_vec(),
        Vec::new(),
        b"everestctl details 2\n{}".to_vec(),
    ] {
        std::fs::write(&file, bad).unwrap();
        let asked = server.requests().len();
        assert_eq!(sandbox.run("x group1 part19 7 --jq .did").success_silent(), "GET /group1/7/part19\n");
        assert!(server.requests().len() > asked + 1, "it was not asked");
        assert_eq!(std::fs::read(&file).unwrap(), good);
    }
    // A command that nobody types harms no other.
    std::fs::write(&file, flipped(good.len() - 2)).unwrap();
    assert_eq!(sandbox.run("x group0 part0 7 --jq .did").success_silent(), "GET /group0/7/part0\n");
    assert_eq!(std::fs::read(&file).unwrap(), flipped(good.len() - 2));
}

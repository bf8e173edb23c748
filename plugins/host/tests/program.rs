//! The program by itself, as everestctl calls it. (The tests of what it does run it through everestctl.)
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_everestctl-host")).args(arguments).env_clear().output().unwrap()
}

#[test]
fn it_speaks_as_a_command_of_everestctl() {
    let help = run(&["run", "--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("Usage: everestctl host run [OPTIONS]"), "{text}");
    let wrong = run(&["-v", "run", "--compat", "x"]);
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(wrong.status.code() == Some(2) && text.contains("invalid value 'x'"), "{text}");
    let candidates = run(&["__complete", "run", "--compat", ""]);
    assert_eq!(candidates.stdout, b"spec\nupstream\n:4\n");
}

#[test]
fn without_everestctl_it_takes_the_one_beside_it_or_says_how_it_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("everestctl-host");
    std::fs::copy(Path::new(env!("CARGO_BIN_EXE_everestctl-host")), &alone).unwrap();
    let output = Command::new(&alone).args(["exec", "--", "true"]).env_clear().output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(125), "{text}");
    assert!(text.ends_with("hint: run it as `everestctl host`\n"), "{text}");
}

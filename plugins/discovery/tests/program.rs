//! The program by itself, as everestctl calls it. (The tests of what it does run it through everestctl, which needs it built: cargo
//! builds it for this test.)
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plugin-discovery")).args(arguments).env_clear().output().unwrap()
}

#[test]
fn it_explains_itself_without_a_network() {
    let help = run(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("Usage: everestctl discovery"), "{text}");
    let homeless = run(&["list"]);
    assert!(homeless.status.code() == Some(1) && homeless.stdout.is_empty(), "{homeless:?}");
    let wrong = run(&["scan", "oracle"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}

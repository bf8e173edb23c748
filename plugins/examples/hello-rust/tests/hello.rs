//! The plugin in tests of its own, as every author can have them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use everestctl_plugin::testing::Run;
use hello_rust::Hello;
use std::process::Command;

#[test]
fn it_says_hello() {
    assert_eq!(Run::of::<Hello>(["Ada"]).end().out, "hello, Ada\n");
    assert_eq!(Run::of::<Hello>(["Ada", "--loud"]).end().out, "HELLO, ADA\n");
    assert_eq!(Run::of::<Hello>(["--exit", "7"]).end().code, 7);
}

#[test]
fn it_asks_its_backend() {
    let ran = Run::of::<Hello>(["--get", "/api/snakes"]).answers("GET", "/api/snakes", 200, "Kaa\n").end();
    assert_eq!((ran.code, ran.out.as_str()), (0, "Kaa\n"));
    let ran = Run::of::<Hello>(["--get", "/nowhere"]).end();
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: the backend answered 404\n"));
    let ran = Run::of::<Hello>(["--get", "/api/snakes"]).with("EVERESTCTL_OFFLINE", "1").end();
    assert!(
        ran.requests.is_empty() && ran.err.starts_with("error: the network must not be used\n"),
        "{ran:?}"
    );
}

#[test]
fn ctrl_c_ends_it_between_two_numbers() {
    let ran = Run::of::<Hello>(["--count", "5"]).cancelled().end();
    assert_eq!((ran.code, ran.err.as_str()), (130, "error: stopped before 1\n"));
}

#[test]
fn the_executable_tells_its_metadata() {
    let told = |flag: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_plugin-hello-rust")).arg(flag).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let sidecar = told("--everestctl-metadata");
    for line in [
        "summary: Say hello\n",
        "completion: words\n",
        "  --loud: Shout\n",
        "  --get <PATH>: ",
        "protocol: 1\n",
    ] {
        assert!(sidecar.contains(line), "{sidecar}");
    }
    assert!(told("--everestctl-man").contains(".TH everestctl-hello-rust 1"));
}

//! The plugin in tests of its own, as every author can have them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use everestctl_plugin::testing::Run;
use hello_rust::Hello;
use std::path::Path;
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

/// Set in the run of this test that is signed in to a development host.
const IN_HOST: &str = "HELLO_RUST_IN_HOST";

#[test]
fn it_asks_a_development_host() {
    if std::env::var_os(IN_HOST).is_some() {
        let ran = Run::of::<Hello>(["--get", "/api/greet/Ada"]).on_this_server("hello");
        assert!(ran.code == 0 && ran.out.contains("Hello, Ada"), "{ran:?}");
        assert_eq!(ran.requests.len(), 1);
        // What is made up is not asked for.
        let made_up =
            Run::of::<Hello>(["--get", "/api/greet/Ada"]).answers("GET", "/api/greet/Ada", 200, "Kaa\n");
        assert_eq!(made_up.on_this_server("hello").out, "Kaa\n");
        let ran = Run::of::<Hello>(["--get", "/api/greet/Ada"]).on_this_server("nosuch");
        assert!(ran.code == 1 && ran.err.starts_with("error: "), "{ran:?}");
        return;
    }
    // Where `cargo build --workspace` puts all programs.
    let programs = Path::new(env!("CARGO_BIN_EXE_plugin-hello-rust")).parent().unwrap();
    if !programs.join("everestctl-host").is_file() || !programs.join("everestctl").is_file() {
        println!("skipped: host: no everestctl in {}", programs.display());
        return;
    }
    let home = std::env::temp_dir().join(format!("hello-rust-{}", std::process::id()));
    std::fs::create_dir(&home).unwrap();
    let output = Command::new(programs.join("everestctl"))
        .args(["host", "exec", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "it_asks_a_development_host", "--nocapture"])
        .env_clear()
        .envs([("HOME", home.as_os_str()), ("PATH", programs.as_os_str()), (IN_HOST, "1".as_ref())])
        .output();
    std::fs::remove_dir_all(&home).unwrap();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
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

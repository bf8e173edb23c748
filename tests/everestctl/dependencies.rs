//! What the program is made of: one TLS stack, one crypto provider, one YAML engine, and no server in the client.

use crate::support::InTime as _;
use std::process::Command;

/// The crates that `packages` are built from.
fn tree(packages: &[&str], edges: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline"])
        .args(packages)
        .args(["--edges", edges, "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output_in_time();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn one_of_each() {
    let tree = tree(&["--workspace"], "normal,build");
    let has = |name: &str| tree.iter().any(|other| other == name);
    assert!(has("aws-lc-rs") && has("rustls") && has("serde-saphyr"));
    for second in
        ["ring", "rsa", "openssl", "openssl-sys", "native-tls", "serde_yaml", "yaml-rust2", "libyaml-safer"]
    {
        assert!(!has(second), "{second}");
    }
}

#[test]
fn the_client_contains_no_server() {
    let tree = tree(&["--package", "everestctl"], "normal");
    assert!(tree.iter().any(|name| name == "kube"));
    for server in ["axum", "casbin", "argon2", "jsonwebtoken", "notify", "rhai", "everestctl-host"] {
        assert!(!tree.iter().any(|name| name == server), "{server}");
    }
}

//! What a test needs of the machine, and what happens where it is not there.
//!
//! `EVERESTCTL_TESTS_REQUIRE=kube,postgres` makes a failure of what would be skipped for want of one of these.

use std::io::Write as _;

/// Everything that a test may miss.
const COMPONENTS: &[&str] = &[
    "bash",
    // By plugins/host/ui/tests/run.mjs, which is a program of its own.
    "chromium",
    "compliance",
    "discovery",
    // By tests/documents/main.rs, which is a program of its own.
    "documents",
    "elvish",
    "examples",
    "fish",
    "go",
    "gzip",
    "hello-rust",
    "helm",
    "kube",
    "man",
    "mariadb",
    "metrics-backend",
    "moto",
    "mount-namespace",
    "network-namespace",
    "openssl",
    "podman",
    "postgres",
    "prometheus",
    "python",
    "registry",
    "root",
    "script",
    "setfacl",
    "shellcheck",
    "signals",
    "sql-backend",
    "strace",
    "zsh",
];

/// Says by name what is skipped and why, unless it must not be. Written past the test harness, which hides what passes.
#[track_caller]
pub(crate) fn skip(component: &str, test: &str, why: &str) {
    assert!(COMPONENTS.contains(&component), "`{component}` is not in COMPONENTS");
    let required = std::env::var("EVERESTCTL_TESTS_REQUIRE").unwrap_or_default();
    match is_required(component, &required) {
        Ok(true) => {
            panic!("`{component}` is required by EVERESTCTL_TESTS_REQUIRE, and {test} misses it: {why}")
        }
        Ok(false) => {}
        Err(unknown) => {
            panic!("EVERESTCTL_TESTS_REQUIRE: `{unknown}` is not one of {}", COMPONENTS.join(", "))
        }
    }
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// Whether `list` names the component; a name in it that nobody knows is an error.
fn is_required<'l>(component: &str, list: &'l str) -> Result<bool, &'l str> {
    let mut names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    match names.clone().find(|name| !COMPONENTS.contains(name)) {
        Some(unknown) => Err(unknown),
        None => Ok(names.any(|name| name == component)),
    }
}

#[test]
fn a_required_component_and_an_unknown_one() {
    assert_eq!(is_required("kube", ""), Ok(false));
    assert_eq!(is_required("kube", "helm, kube"), Ok(true));
    assert_eq!(is_required("kube", "helm,zsh"), Ok(false));
    assert_eq!(is_required("kube", "kube,kubernetes"), Err("kubernetes"));
    // Also where nothing is skipped.
    let required = std::env::var("EVERESTCTL_TESTS_REQUIRE").unwrap_or_default();
    assert_eq!(is_required("kube", &required).err(), None);
}

/// The shell of a path, as it is named among the components.
pub(crate) fn shell_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

//! The plugins of this repository, judged by `plugin lint` and `plugin test` as those of any author.

use crate::support::http::{Reply, Server, json};
use crate::support::native::library_name;
use crate::support::podman::Podman;
use crate::support::{InTime as _, Sandbox, metrics, skip, sql};
use crate::ways::hello_rust;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of one of them.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins").join(name)
}

/// Copies the files of the plugin's folder, but none of the folders in it.
fn copied(sandbox: &Sandbox, name: &str) -> PathBuf {
    let place = sandbox.path("plugin");
    fs::create_dir(&place).unwrap();
    for entry in fs::read_dir(source(name)).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), place.join(entry.file_name())).unwrap();
    }
    place
}

/// A program that `cargo test --workspace` builds; nothing where it is missing, said by name.
fn built(name: &str, component: &str, test: &str) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name(name);
    if !program.exists() {
        skip(component, test, "the plugin is not built (cargo test --workspace)");
        return None;
    }
    Some(program)
}

#[track_caller]
fn is_clean(sandbox: &Sandbox, folder: &Path) {
    let linted = sandbox.run(&format!("plugin lint {}", folder.display()));
    assert_eq!((linted.code, linted.stdout.as_str()), (Some(0), ""), "{linted:?}");
    assert!(linted.stderr.contains("0 errors, 0 warnings in "), "{linted:?}");
}

#[track_caller]
fn behaves(sandbox: &Sandbox, folder: &Path) -> Value {
    let tested = sandbox.run(&format!("plugin test {} -o json", folder.display()));
    assert_eq!(tested.code, Some(0), "{}", tested.stdout);
    let report = tested.json();
    assert!(report["passed"].as_u64().unwrap() > 25, "{report:#}");
    report
}

/// The checks that were skipped, of those that begin so.
fn skipped(report: &Value, start: &str) -> usize {
    let checks = report["checks"].as_array().unwrap().iter();
    let are =
        |check: &&Value| check["status"] == "skipped" && check["id"].as_str().unwrap().starts_with(start);
    checks.filter(are).count()
}

#[test]
fn compliance_and_discovery() {
    for name in ["compliance", "discovery"] {
        let Some(program) = built(&format!("plugin-{name}"), name, "compliance_and_discovery") else {
            continue;
        };
        let sandbox = Sandbox::new();
        let folder = copied(&sandbox, name);
        // To pack what a debug build makes would take most of this test's time.
        let place = folder.join(format!("plugin-{name}"));
        fs::write(&place, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        is_clean(&sandbox, &folder);
        fs::copy(program, &place).unwrap();
        // An image of the same program is another way to run it.
        let _ = fs::remove_file(folder.join("manifest.yaml"));
        let report = behaves(&sandbox, &folder);
        assert_eq!((&report["plugin"], &report["kind"]), (&name.into(), &"executable".into()));
    }
}

#[test]
fn the_example_in_rust_is_one_plugin_in_both_forms() {
    let test = "the_example_in_rust_is_one_plugin_in_both_forms";
    let Some((program, library)) = hello_rust(test) else { return };
    let sandbox = Sandbox::new();
    let folder = copied(&sandbox, "examples/hello-rust");
    fs::copy(&program, folder.join("everestctl-hello-rust")).unwrap();
    let told = Command::new(&program).arg("--everestctl-metadata").stdin(Stdio::null()).output_in_time();
    fs::write(folder.join("everestctl-hello-rust.yaml"), told.stdout).unwrap();
    is_clean(&sandbox, &folder);
    let report = behaves(&sandbox, &folder);
    assert_eq!((&report["kind"], skipped(&report, "signal-")), (&"executable".into(), 0));
    for file in ["everestctl-hello-rust", "everestctl-hello-rust.yaml"] {
        fs::remove_file(folder.join(file)).unwrap();
    }
    fs::copy(library, folder.join(library_name("hello-rust"))).unwrap();
    let report = behaves(&sandbox, &folder);
    assert_eq!((&report["kind"], skipped(&report, "signal-")), (&"library".into(), 0));
}

/// The folder of a server plugin whose host runs `program`, with everything else as it is delivered.
fn served(sandbox: &Sandbox, name: &str, program: &Path) -> PathBuf {
    let folder = copied(sandbox, name);
    let settings = fs::read_to_string(folder.join("host.yaml")).unwrap();
    let command = format!("[../../target/release/plugin-{name}]");
    assert!(settings.contains(&command), "{settings}");
    fs::write(folder.join("host.yaml"), settings.replace(&command, &format!("['{}']", program.display())))
        .unwrap();
    folder
}

/// A sandbox with helm, where there is one.
fn with_helm() -> Sandbox {
    let sandbox = Sandbox::new();
    if let Some(helm) = std::env::var_os("HELM") {
        fs::create_dir_all(sandbox.path("bin")).unwrap();
        std::os::unix::fs::symlink(helm, sandbox.path("bin/helm")).unwrap();
    }
    sandbox.with_path("PATH", "bin")
}

#[test]
fn the_sql_explorer() {
    let test = "the_sql_explorer";
    is_clean(&with_helm(), &source("sql"));
    if !sql::backend().exists() {
        return skip("sql-backend", test, "the backend is not built (cargo build --workspace)");
    }
    let sandbox = Sandbox::new();
    let folder = served(&sandbox, "sql", &sql::backend());
    behaves(&sandbox, &folder);
}

/// A Prometheus that has nothing.
fn empty_prometheus() -> Server {
    Server::start(|request| {
        let data = match request.path.split('?').next().unwrap_or_default() {
            path if path.ends_with("/rules") => r#"{"groups":[]}"#,
            path if path.ends_with("/alerts") => r#"{"alerts":[]}"#,
            path if path.ends_with("/query") => r#"{"resultType":"vector","result":[]}"#,
            path if path.ends_with("/query_range") => r#"{"resultType":"matrix","result":[]}"#,
            path if path.ends_with("/metadata") => "{}",
            _ => "[]",
        };
        Reply::Bytes(json(&format!(r#"{{"status":"success","data":{data}}}"#)))
    })
}

#[test]
fn metrics_in_front_of_a_prometheus() {
    let test = "metrics_in_front_of_a_prometheus";
    is_clean(&with_helm(), &source("metrics"));
    if !metrics::backend().exists() {
        return skip("metrics-backend", test, "the backend is not built (cargo build --workspace)");
    }
    let prometheus = empty_prometheus();
    let sandbox = Sandbox::new().with("PROMETHEUS_URL", prometheus.url());
    let folder = served(&sandbox, "metrics", &metrics::backend());
    behaves(&sandbox, &folder);
}

/// Builds the program of the image from these sources, linked statically.
fn hello(sandbox: &Sandbox, name: &str, patch: (&str, &str)) -> PathBuf {
    let folder = sandbox.path(name);
    fs::create_dir(&folder).unwrap();
    for file in ["hello.c", "hello.h", "program.c"] {
        let text = fs::read_to_string(source("examples/hello-c").join(file)).unwrap();
        fs::write(folder.join(file), text.replace(patch.0, patch.1)).unwrap();
    }
    let built = Command::new("cc")
        .args(["-static", "-O1", "-o", "hello", "program.c", "hello.c"])
        .current_dir(&folder)
        .output_in_time();
    assert!(built.status.success(), "{built:?}");
    folder.join("hello")
}

#[test]
fn the_example_as_an_image_runs_in_a_real_podman() {
    let test = "the_example_as_an_image_runs_in_a_real_podman";
    let plain = Sandbox::new();
    let folder = copied(&plain, "examples/hello-container");
    is_clean(&plain, &folder);
    let Some(podman) = Podman::start(test) else { return };
    let variables = podman.variables();
    let sandbox =
        variables.into_iter().fold(Sandbox::new(), |sandbox, (name, value)| sandbox.with(name, &value));
    let image = "registry.example/hello-container:1";
    podman.import_program(image, &hello(&sandbox, "whole", ("", "")));
    let report = behaves(&sandbox, &folder);
    assert_eq!(report["kind"], "image", "{report:#}");
    // Nothing of it is left.
    assert_eq!(podman.all(), "");
    podman.import_program(image, &hello(&sandbox, "broken", ("return 2;", "return 0;")));
    let line = format!("plugin test {} -o json --only unknown-flag --only help-output", folder.display());
    let broken = sandbox.run(&line);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    let report: Value = serde_json::from_str(&broken.stdout).unwrap();
    let failed: Vec<&Value> =
        report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{report:#}");
    assert_eq!(failed[0]["id"], "unknown-flag");
    assert!(failed[0]["saw"].as_str().unwrap().contains("exit code 0"), "{report:#}");
}

//! A command reads the files that decide what it is about (config, preferences, kubeconfig, index) at most once, so
//! that it can't mix two states of them, and pays for each once.

use crate::support::InTime as _;
use crate::support::backends::Backends;
use crate::support::{Sandbox, skip};
use std::collections::BTreeMap;
use std::path::Path;

const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: lab\n\
    contexts: [{name: lab, context: {cluster: lab, user: lab}}]\n\
    clusters: [{name: lab, cluster: {server: 'http://127.0.0.1:9'}}]\nusers: [{name: lab, user: {token: t}}]\n";

/// How often one run of everestctl (not what it starts in the background) opens each file that matters, and what it
/// printed; `None` where nothing can be traced.
fn opens(sandbox: &Sandbox, words: &[&str]) -> Option<(BTreeMap<String, usize>, String)> {
    let trace = sandbox.path("trace");
    let strace = ["/usr/bin/strace", "-e", "trace=open,openat,openat2", "-o", trace.to_str().unwrap()];
    let output = sandbox.wrapped(&strace, words).output_in_time();
    let traced = std::fs::read_to_string(&trace).unwrap_or_default();
    if traced.is_empty() {
        return None;
    }
    let mut counts = BTreeMap::new();
    for line in traced.lines().filter(|line| !line.contains("= -1 ")) {
        let Some(path) = line.split('"').nth(1) else { continue };
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_index = Path::new(name).extension().is_some_and(|extension| extension == "names");
        if is_index || ["config.yaml", "everestctl.yaml", "kubeconfig"].contains(&name) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    Some((counts, String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[test]
fn config_kubeconfig_and_index_are_opened_once() {
    let name = "config_kubeconfig_and_index_are_opened_once";
    if !Path::new("/usr/bin/strace").exists() {
        return skip("strace", name, "strace is not installed");
    }
    let Some(it) = Backends::start(name, "plugin-bench", "spec", "") else { return };
    let token = it.host.sign_in().access;
    let user = Sandbox::new().with_path("KUBECONFIG", "kubeconfig").with("CI", "1");
    let config = format!(
        "currentContext: dana@test\ncontexts:\n- {{name: dana@test, context: {{server: test, user: dana}}}}\n\
         servers:\n- {{name: test, server: {{url: 'http://{}'}}}}\n\
         users:\n- {{name: dana, user: {{accessToken: {token}, refreshToken: r}}}}\n",
        it.host.address
    );
    user.write("config.yaml", config);
    user.write("everestctl.yaml", "contexts:\n- {name: dana@test, context: {namespace: everest}}\n");
    user.write("kubeconfig", KUBECONFIG);
    user.script("plugins/everestctl-ship", "echo local");
    // Now everything is known.
    assert_eq!(user.run("plugin refresh --source server").code, Some(0));
    for (words, expected) in [
        (&["ship"][..], "local\n"),
        (&["plugin-bench", "status", "-o", "json"], "{"),
        (&["plugin-bench", "status", "--cluster", "main", "-o", "json"], "{"),
        (&["plugin-bench", "run", "--instance", "orders", "--duration", "1", "--wait", "-o", "json"], "{"),
        (&["__complete", "plugin-bench", "st"], "status"),
        (&["__complete", "plugin-b"], "plugin-bench"),
    ] {
        let Some((opened, printed)) = opens(&user, words) else {
            return skip("strace", name, "nothing can be traced here");
        };
        assert!(printed.starts_with(expected), "{words:?}: {printed}");
        assert!(opened.contains_key("config.yaml"), "{words:?}: {opened:?}");
        assert!(opened.values().all(|count| *count == 1), "{words:?}: {opened:?}");
    }
}

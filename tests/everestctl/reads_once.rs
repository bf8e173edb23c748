//! A command reads the files that decide what it is about (config, preferences, kubeconfig, index) at most once, so
//! that it can't mix two states of them, and pays for each once. What a run does between its start and its answer is
//! counted, so that it does not grow unseen.

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

/// What one run of everestctl asks of the system once it is loaded, until it ends or becomes a plugin; `None` where
/// nothing can be traced.
fn calls(sandbox: &Sandbox, words: &[&str]) -> Option<Vec<String>> {
    let trace = sandbox.path("calls");
    let strace = ["/usr/bin/strace", "-o", trace.to_str().unwrap()];
    let _ = sandbox.wrapped(&strace, words).output_in_time();
    let traced = std::fs::read_to_string(&trace).unwrap_or_default();
    // The last thing that `main` does by itself.
    let start = "rt_sigaction(SIGPIPE, {sa_handler=SIG_IGN";
    let loaded = traced.lines().position(|line| line.starts_with(start))?;
    // Then libc prepares its memory, for the first that asks for some.
    let is_libcs = |line: &&str| line.contains("GRND_NONBLOCK") || line.starts_with("brk(");
    let own = traced.lines().skip(loaded + 1).skip_while(is_libcs);
    let own = own.take_while(|line| !line.starts_with("execve("));
    Some(own.map(str::to_owned).collect())
}

/// What is asked of the system: at most `most` things, none of them one of these.
#[track_caller]
fn assert_few(calls: &[String], most: usize, never: &[&str]) {
    assert!(calls.len() <= most, "{} calls:\n{}", calls.len(), calls.join("\n"));
    for word in never {
        assert!(!calls.iter().any(|call| call.contains(word)), "{word}:\n{}", calls.join("\n"));
    }
}

/// A terminal is asked for its size, a socket opened, a hash seeded and a thread started only where something depends on it.
const NEVER: [&str; 6] = ["ioctl(", "socket(", "clone", "getrandom(", "fork(", "getdents"];

#[test]
fn a_run_asks_the_system_for_little() {
    let name = "a_run_asks_the_system_for_little";
    if !Path::new("/usr/bin/strace").exists() {
        return skip("strace", name, "strace is not installed");
    }
    let user = Sandbox::new().with("CI", "1").with("PATH", "/usr/bin:/bin");
    user.script("plugins/everestctl-ship", "echo local");
    let Some(dispatch) = calls(&user, &["ship"]) else {
        return skip("strace", name, "nothing can be traced here");
    };
    // One look at each folder of the way to the plugin, and at each file that may be there.
    let depth = user.path("plugins/everestctl-ship").components().count();
    assert_few(&dispatch, depth + 12, &[&NEVER[..], &["open"]].concat());
    assert_few(&calls(&user, &["--version"]).unwrap(), 6, &[&NEVER[..], &["open", "stat"]].concat());
}

#[test]
fn help_and_tab_open_the_index_only() {
    let name = "help_and_tab_open_the_index_only";
    if !Path::new("/usr/bin/strace").exists() {
        return skip("strace", name, "strace is not installed");
    }
    let Some(it) = Backends::start(name, "plugin-bench", "spec", "") else { return };
    let user = Sandbox::new()
        .with("CI", "1")
        .with("PATH", "/usr/bin:/bin")
        .with("EVEREST_HOST", format!("http://{}", it.host.address))
        .with("EVEREST_TOKEN", &it.host.sign_in().access);
    user.script("plugins/everestctl-ship", "echo local");
    assert_eq!(user.run("plugin refresh --source server").code, Some(0));
    // Known from now on.
    let _ = user.run("--help");
    for words in [&["--help"][..], &["__complete", ""], &["__complete", "plugin", "li"]] {
        let Some(calls) = calls(&user, words) else {
            return skip("strace", name, "nothing can be traced here");
        };
        let opened: Vec<&String> =
            calls.iter().filter(|call| call.starts_with("open") && !call.contains("= -1 ")).collect();
        assert!(opened.iter().all(|call| call.contains(".names\"")), "{words:?}: {opened:?}");
        assert!(opened.len() <= 2, "{words:?}: {opened:?}");
        assert!(!calls.iter().any(|call| call.contains("socket(")), "{words:?}");
        // Whether the user has an overlay is not asked for each plugin.
        assert!(!calls.iter().any(|call| call.contains(".openapi.yaml")), "{words:?}");
    }
}

//! The development host: manifests, from folders and from Kubernetes.

use crate::support::host::{Host, SERVICE, host_of, manifest, with_backend};
use crate::support::http::{Reply, Server, json, response};
use crate::support::plane::Plane;
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, skip};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn a_bad_manifest_is_reported_and_skipped_and_changes_are_read() {
    let sandbox = with_backend("http://127.0.0.1:9");
    let wrong = |name: &str, text: &str| sandbox.write(&format!("manifests/{name}/manifest.yaml"), text);
    wrong("broken", "apiVersion: [");
    wrong(
        "both",
        &manifest(
            "both",
            "  backend: {externalUrl: 'http://y', serviceRef: {namespace: n, name: s, port: 1}}\n",
        ),
    );
    wrong("neither", &manifest("neither", "  backend: {}\n"));
    wrong("port", &manifest("port", "  backend: {serviceRef: {namespace: n, name: s, port: 70000}}\n"));
    wrong("name", &manifest("Name_", ""));
    wrong("host", &manifest("host", SERVICE));
    sandbox.write("manifests/host/host.yaml", "url: http://y\ncomand: [x]\n");
    sandbox.write("manifests/README.md", "no plugin");
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    assert_eq!(session.plugins(), ["hello", "x"]);
    let all = host.lines().join("\n");
    for (name, why) in [
        ("broken", "line 1"),
        ("both", "it has both serviceRef and externalUrl (a real server would take the serviceRef)"),
        ("neither", "it has neither serviceRef nor externalUrl (a real server would take it and answer 500"),
        ("port", "spec.backend.serviceRef.port: 70000 is not between 1 and 65535"),
        ("name", "metadata.name: "),
        ("host", "host.yaml: "),
    ] {
        let line = all.lines().find(|line| line.contains(&format!("/{name}/manifest.yaml: ")));
        assert!(line.is_some_and(|line| line.starts_with("skipped ") && line.contains(why)), "{name}: {all}");
    }

    let mut events = session.open("GET /v1/events", &[], b"");
    events.line_with(": connected");
    wrong("neither", &manifest("neither", SERVICE));
    eventually("the new plugin is there", || session.plugins() == ["hello", "neither", "x"]);
    assert_eq!(events.line_with("event: "), "event: plugin.installed");
    wrong("neither", &manifest("neither", &format!("  enabled: false\n{SERVICE}")));
    assert_eq!(events.line_with("event: "), "event: plugin.disabled");
    std::fs::remove_dir_all(sandbox.path("manifests/neither")).unwrap();
    assert_eq!(events.line_with("event: "), "event: plugin.uninstalled");
    assert_eq!(session.plugins(), ["hello", "x"]);
}

#[test]
fn nothing_is_read_again_while_nothing_changes() {
    let sandbox = with_backend("http://127.0.0.1:9");
    sandbox.write("manifests/bad/manifest.yaml", "kind: Plugin\n");
    let host = host_of(&sandbox, "");
    host.eventually_says("skipped");
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(
        host.lines().iter().filter(|line| line.starts_with("skipped")).count(),
        1,
        "{:?}",
        host.lines()
    );
}

#[test]
fn a_change_says_what_is_new_and_not_everything_again() {
    let sandbox = with_backend("http://127.0.0.1:9");
    sandbox.write("manifests/bad/manifest.yaml", "kind: Plugin\n");
    let host = host_of(&sandbox, "");
    host.eventually_says("manifests/bad/manifest.yaml: ");
    sandbox.write("manifests/worse/manifest.yaml", manifest("worse", SERVICE));
    sandbox.write("manifests/worse/host.yaml", "listen: prot\n");
    host.eventually_says("invalid value `prot`, expected `port`, `socket` or `unix`");
    sandbox.write("manifests/worse/host.yaml", "command: 7\n");
    host.eventually_says("host.yaml: line 1, column 10: command: expected ");
    let lines = host.lines();
    let skipped =
        |name: &str| lines.iter().filter(|line| line.contains(&format!("/{name}/manifest.yaml: "))).count();
    assert_eq!(skipped("bad"), 1, "{lines:?}");
}

#[test]
fn the_folder_of_one_plugin_is_taken_and_one_without_any_is_said() {
    let sandbox = with_backend("http://127.0.0.1:9");
    let host = Host::start(&sandbox, &format!("--plugins {}", sandbox.path("manifests/x").display()));
    assert_eq!(host.sign_in().plugins(), ["hello", "x"]);
    sandbox.write("empty/README.md", "");
    let empty = sandbox.path("empty").display().to_string();
    let text = sandbox.run_with(["host", "exec", "--plugins", &empty, "--", "true"]).success_stderr();
    assert_eq!(text, "no plugins in [ROOT]/empty: expected [ROOT]/empty/NAME/manifest.yaml\n");
}

#[test]
fn a_folder_that_is_not_there_is_said_at_once() {
    let sandbox = Sandbox::new();
    let text = sandbox.run("host exec --plugins /nowhere/at/all -- true").stderr_failed(1);
    assert!(text.contains("could not watch folder /nowhere/at/all"), "{text}");
}

#[test]
fn resources_of_a_cluster_come_and_go_within_a_second() {
    let name = "resources_of_a_cluster_come_and_go_within_a_second";
    // One of its own: other tests stop and start the one that they share.
    let Some(plane) = Plane::start() else { return skip("kube", name, "KUBEBUILDER_ASSETS is not set") };
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, &format!("-k {}", plane.file("kubeconfig").display()));
    let session = host.sign_in();
    let has = |name: &str| session.plugins().iter().any(|other| other == name);
    // Those of the fixtures, of all three API groups.
    eventually("the cluster's plugins", || session.plugins().len() > 3);
    let (mut comes, mut goes) = (Vec::new(), Vec::new());
    for group in ["extensions", "plugin", "core"] {
        let plugin = format!("come-and-go-{group}");
        let resource = manifest(&plugin, SERVICE).replace("extensions.", &format!("{group}."));
        plane.create(&resource);
        let start = Instant::now();
        eventually("it comes", || has(&plugin));
        comes.push(start.elapsed());
        plane.kubectl(&["delete", &format!("plugins.{group}.openeverest.io/{plugin}")]);
        let start = Instant::now();
        eventually("it goes", || !has(&plugin));
        goes.push(start.elapsed());
    }
    // Other tests keep the machine busy: the quickest of three is what the host takes.
    let second = Duration::from_secs(1);
    assert!(comes.iter().min() < Some(&second) && goes.iter().min() < Some(&second), "{comes:?} {goes:?}");
    // A watch is quiet for a long time: that is no trouble.
    std::thread::sleep(Duration::from_secs(12));
    assert!(!host.lines().iter().any(|line| line.starts_with("cluster: ")), "{:?}", host.lines());
}

/// An API server that knows one API group, has trouble with another and asks for the token of the helper.
fn cluster() -> Server {
    Server::start(|request| {
        let list =
            br#"{"kind":"PluginList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}"#;
        let trouble =
            br#"{"kind":"Status","apiVersion":"v1","status":"Failure","code":500,"reason":"InternalError",
            "message":"node-404 is not ready"}"#;
        Reply::Bytes(match request.path.split('/').nth(2) {
            _ if request.path.contains("watch=true") => return Reply::Silence,
            Some("extensions.openeverest.io") => response("200 OK", "application/json", list),
            Some("plugin.openeverest.io") => {
                response("500 Internal Server Error", "application/json", trouble)
            }
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    })
}

#[test]
fn a_credential_helper_runs_once_and_holds_nobody_up() {
    let cluster = cluster();
    let sandbox = Sandbox::new();
    let helper = sandbox.path("bin/helper").display().to_string();
    sandbox.script(
        "bin/helper",
        r#"cd "${0%/*}/.."; echo ran >> ran
        until [ -e may-go-on ]; do /bin/sleep 0.05; done
        echo '{"kind":"ExecCredential","status":{"token":"from-helper"}}'"#,
    );
    let user = format!("exec: {{apiVersion: client.authentication.k8s.io/v1, command: {helper}}}");
    sandbox.write(
        "kubeconfig",
        format!(
            "current-context: c\nclusters: [{{name: c, cluster: {{server: '{}'}}}}]\n\
             users: [{{name: u, user: {{{user}}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
            cluster.url()
        ),
    );
    let host = Host::start(&sandbox, &format!("-k {}", sandbox.path("kubeconfig").display()));
    let runs = || std::fs::read_to_string(sandbox.path("ran")).unwrap_or_default();
    eventually("the helper runs", || !runs().is_empty());
    // Nobody else waits for it.
    assert_eq!(host.sign_in().plugins(), ["hello"]);
    assert!(cluster.requests().is_empty());
    sandbox.write("may-go-on", "");
    let asked = |group: &str| cluster.paths().iter().any(|path| path.contains(group));
    let groups = ["extensions", "plugin", "core"].map(|group| format!("/{group}.openeverest.io/"));
    eventually("all groups are asked for", || groups.iter().all(|group| asked(group)));
    assert_eq!(runs(), "ran\n");
    for request in cluster.requests() {
        assert!(
            request.head.to_lowercase().contains("authorization: bearer from-helper"),
            "{}",
            request.head
        );
    }
    // A group that is not there is no trouble; trouble that only mentions the number is.
    host.eventually_says("cluster: plugin.openeverest.io: ");
    assert!(!host.lines().iter().any(|line| line.contains("cluster: core.")), "{:?}", host.lines());
}

#[test]
fn a_service_of_the_cluster_is_reached_by_its_name() {
    let name = "a_service_of_the_cluster_is_reached_by_its_name";
    let Some(plane) = Plane::start() else { return skip("kube", name, "KUBEBUILDER_ASSETS is not set") };
    let sandbox = Sandbox::new();
    // What the DNS of a cluster would say, for this one process.
    sandbox.write("hosts", "127.0.0.1 service.here.svc.cluster.local\n");
    let mount = format!("/bin/mount --bind {} /etc/hosts", sandbox.path("hosts").display());
    let namespace = ["/usr/bin/unshare", "--map-root-user", "--mount", "/bin/sh", "-c"];
    let possible = Command::new(namespace[0]).args(&namespace[1..]).arg(&mount).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return skip("mount-namespace", name, "this system gives no mount namespace");
    }
    let backend = Server::start(|request| Reply::Bytes(json(&format!(r#"{{"path":"{}"}}"#, request.path))));
    let service = format!("serviceRef: {{namespace: here, name: service, port: {}}}", backend.port);
    plane.create(&manifest("by-service", &format!("  backend: {{{service}}}\n")));
    let script = format!("{mount} && exec \"$0\" \"$@\"");
    let mut wrapper: Vec<&str> = namespace.to_vec();
    wrapper.push(&script);
    let host = Host::start_in(&sandbox, &wrapper, &format!("-k {}", plane.file("kubeconfig").display()));
    let session = host.sign_in();
    eventually("the plugin", || session.plugins().iter().any(|name| name == "by-service"));
    let answer = session.get("/v1/clusters/main/plugins/by-service/api/x?y=1");
    assert_eq!(
        (answer.status, answer.json()["path"].as_str()),
        (200, Some("/api/x?y=1")),
        "{}",
        answer.text()
    );
}

//! The catalogs of extensions: `plugin search`, `plugin info` and `plugin catalog`, with a stand-in for the place where the
//! hub publishes its own.

use crate::support::Sandbox;
use crate::support::http::{Reply, Server, response};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An entry of the hub's own format; `more` takes the place of some of its keys.
pub(crate) fn entry(name: &str, more: &Value) -> Value {
    let mut entry = json!({
        "name": name, "type": "plugin", "displayName": name.to_uppercase(), "description": format!("What {name} does"),
        "categories": ["observability"], "keywords": ["sla"], "homepage": "https://example.com", "sourceRepo": "https://example.com/src",
        "license": "Apache-2.0", "maintainers": [{"github": "dana"}], "icon": null, "access": "public",
        "maturity": "stable", "verified": false, "health": "unknown",
        "compatibility": {"openeverest": ">=2.0.0", "kubernetes": ">=1.20"},
        "artifacts": {"chart": {"defaultChannel": "stable", "channels": {"stable": {
            "ref": format!("oci://registry.example.com/charts/{name}"), "version": "0.4.0"}}}},
        "install": {"helm": {"releaseName": name, "namespace": "everest-system"}},
        "plugin": {"contributes": {"ui": true, "cli": false, "backend": true}, "extensionPoints": ["route"]},
        "provider": null, "capabilities": {}});
    for (key, value) in more.as_object().into_iter().flatten() {
        entry[key] = value.clone();
    }
    entry
}

pub(crate) fn index(entries: &[Value]) -> String {
    json!({"apiVersion": "hub.openeverest.io/v1", "kind": "ExtensionIndex",
        "metadata": {"catalogId": "openeverest-official", "schemaVersion": "v1", "totalExtensions": entries.len()},
        "extensions": entries})
    .to_string()
}

/// A sandbox whose hub has these entries.
fn with_hub(entries: &[Value]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("hub/index.json", index(entries));
    sandbox
}

fn some() -> Vec<Value> {
    vec![
        entry(
            "slow-query",
            &json!({"capabilities": {"backups.scheduled": true, "postgresql.versions": ["16", "17"]}}),
        ),
        entry("bench", &json!({"maturity": "alpha"})),
        entry("old-report", &json!({"maturity": "deprecated"})),
        entry(
            "vault",
            &json!({"access": "gated", "artifacts": null, "install": null,
            "gated": {"contactUrl": "https://vault.example.com/ask", "instructions": "Name your cluster"}}),
        ),
        entry(
            "psmdb",
            &json!({"type": "provider", "plugin": null, "provider": {"providerName": "p", "supportedEngines": []}}),
        ),
    ]
}

#[test]
fn search_finds_by_words_capabilities_maturity_and_type() {
    let sandbox = with_hub(&some());
    let names = |line: &str| sandbox.run(&format!("plugin search {line} -o name")).success_silent();
    assert_eq!(names(""), "bench\npsmdb\nslow-query\nvault\n");
    assert_eq!(names("--include-deprecated"), "bench\nold-report\npsmdb\nslow-query\nvault\n");
    assert_eq!(names("SLOW what"), "slow-query\n");
    assert_eq!(names("--capability backups"), "slow-query\n");
    assert_eq!(names("--capability postgresql.versions=17"), "slow-query\n");
    assert_eq!(names("--capability postgresql.versions=15"), "");
    assert_eq!(names("--capability ui --maturity alpha"), "bench\n");
    assert_eq!(names("--type provider"), "psmdb\n");
    let table = sandbox.run("plugin search");
    assert!(table.stdout.starts_with("NAME"), "{}", table.stdout);
    assert!(table.stdout.contains("What bench does") && table.stdout.contains("gated"), "{}", table.stdout);
    assert_eq!(table.stderr, "hint: --include-deprecated shows 1 more\n");
    assert_eq!(
        sandbox.run("plugin search nothing-like-it").success_stderr(),
        "no extensions found in the catalogs\n"
    );
    let json = sandbox.run("plugin search slow -o json").json();
    assert_eq!(json["items"][0]["catalog"], "openeverest");
    assert_eq!(json["items"][0]["version"], "0.4.0");
    // TAB asks nobody, and knows them.
    assert!(
        sandbox
            .run_with(["__complete", "plugin", "install", "sl"])
            .success_silent()
            .starts_with("slow-query\t")
    );
    assert!(
        sandbox
            .run_with(["__complete", "plugin", "info", "slow"])
            .success_silent()
            .starts_with("slow-query\t")
    );
}

#[test]
fn info_says_what_is_in_the_hub_and_how_to_install_it() {
    let sandbox = with_hub(&some());
    let info = sandbox.run("plugin info slow-query").success_silent();
    for line in [
        "Installed:         no",
        "Maturity:          stable",
        "Contributes:       ui, backend",
        "OpenEverest:       >=2.0.0",
        "Capability:        postgresql.versions: 16, 17",
        "Install:           everestctl plugin install slow-query",
        "With helm:         helm upgrade --install slow-query oci://registry.example.com/charts/slow-query --version 0.4.0 \
         --namespace everest-system",
    ] {
        assert!(info.contains(line), "{line}: {info}");
    }
    assert!(sandbox.run("plugin info bench").success_silent().contains("install bench --allow-prerelease\n"));
    let gated = sandbox.run("plugin info vault").success_silent();
    assert!(gated.contains("ask https://vault.example.com/ask") && !gated.contains("With helm"), "{gated}");
    // A command comes first, and the catalog's page is there on request.
    sandbox.script("bin/everestctl-bench", "");
    assert!(sandbox.run("plugin info bench").success_silent().contains("Path:"));
    assert!(sandbox.run("plugin info bench --hub").success_silent().contains("Catalog:"));
    assert_eq!(
        sandbox.run("plugin info slow-query -o json").json()["channels"]["stable"]["version"],
        "0.4.0"
    );
    // What nobody has is the error that it always was.
    assert!(
        sandbox
            .run("plugin info nobody-has-it")
            .stderr_failed(1)
            .starts_with("error: no command `nobody-has-it`\n")
    );
    let unknown = sandbox.run("plugin info --hub slow-qurey").stderr_failed(2);
    assert!(unknown.contains("no extension slow-qurey in catalog `openeverest`"), "{unknown}");
    assert!(unknown.contains("hint: did you mean `slow-query`?"), "{unknown}");
}

#[test]
fn what_may_not_be_installed_says_why_before_anything_is_asked() {
    let sandbox = with_hub(&some());
    let gated = sandbox.run("plugin install vault --yes").stderr_failed(1);
    assert!(gated.contains("`vault` is gated"), "{gated}");
    assert!(gated.contains("hint: ask for it at https://vault.example.com/ask"), "{gated}");
    assert!(gated.contains("hint: Name your cluster"), "{gated}");
    let alpha = sandbox.run("plugin install bench --yes").stderr_failed(2);
    assert!(alpha.contains("`bench` is alpha, not stable"), "{alpha}");
    assert!(alpha.contains("hint: pass --allow-prerelease"), "{alpha}");
    let provider = sandbox.run("plugin install psmdb").stderr_failed(1);
    assert!(provider.contains("`psmdb` is a provider, not a plugin"), "{provider}");
    assert!(provider.contains("hint: helm upgrade --install psmdb oci://"), "{provider}");
    let nowhere = sandbox.run("plugin install slow-query --yes").stderr_failed(1);
    assert!(
        nowhere.contains("no Kubernetes cluster") && nowhere.contains("hint: pass `-k FILE`"),
        "{nowhere}"
    );
    crate::support::packages::package(&sandbox, "greet", "1.0", "hello");
    let greet = crate::support::packages::source(&sandbox, "greet");
    let package = sandbox.run(&format!("plugin install {greet} --set a=b")).stderr_failed(2);
    assert!(package.contains("--set applies to plugins of a server only"), "{package}");
    let pinned = sandbox.run("plugin install slow-query --pin").stderr_failed(2);
    assert!(pinned.contains("--pin applies to local plugins only"), "{pinned}");
    let version = sandbox.run("plugin install slow-query --version latest").stderr_failed(2);
    assert!(version.contains("invalid value latest for --version"), "{version}");
    let unknown = sandbox.run("plugin install slow-qury").stderr_failed(2);
    assert!(unknown.contains("did you mean `slow-query`?"), "{unknown}");
}

#[test]
fn a_hostile_catalog_costs_itself_only() {
    let sandbox = with_hub(&[
        entry("fine", &json!({"description": "a\u{1b}]0;owned\u{7}b\u{202e}c"})),
        entry("twice", &json!({})),
        entry(
            "twice",
            &json!({"artifacts": {"chart": {"channels": {"stable": {"ref": "oci://evil.example.com/x"}}}}}),
        ),
        json!({"name": "--post-renderer"}),
        json!("nonsense"),
        entry("sly", &json!({"install": {"helm": {"releaseName": "--kubeconfig=/tmp/x"}}})),
    ]);
    let found = sandbox.run("plugin search");
    assert!(!found.stdout.contains('\u{1b}') && !found.stdout.contains('\u{202e}'), "{:?}", found.stdout);
    assert!(found.stdout.contains("a]0;ownedbc"), "{}", found.stdout);
    for said in [
        "skipped entry 4: `--post-renderer` is not a valid name",
        "skipped entry 5: it has no name",
        "`twice` has more than one entry",
    ] {
        assert!(found.stderr.contains(said), "{said}: {}", found.stderr);
    }
    let twice = sandbox.run("plugin install twice --yes").stderr_failed(1);
    assert!(twice.contains("`twice` has more than one entry in catalog `openeverest`"), "{twice}");
    assert!(sandbox.run("plugin info sly").stdout.contains("invalid release name"));
    // Too large, too deep, something else.
    for (content, said) in [
        (format!("{{\"extensions\": [], \"x\": \"{}\"}}", "x".repeat(9 * 1024 * 1024)), "larger than"),
        ("[".repeat(100_000), "nested deeper than"),
        ("<html>".to_owned(), "not a catalog: it is an HTML page, not JSON"),
        ("{}".to_owned(), "it has no list `extensions`"),
    ] {
        sandbox.write("hub/index.json", content);
        let error = sandbox.run("plugin search").stderr_failed(1);
        assert!(
            error.starts_with("error: could not read catalog `openeverest`\n") && error.contains(said),
            "{error}"
        );
    }
}

#[test]
fn a_published_catalog_is_kept_for_an_hour_and_asked_with_its_etag() {
    let hits = Arc::new(AtomicUsize::new(0));
    let state = Arc::new(AtomicUsize::new(0));
    let (count, now) = (Arc::clone(&hits), Arc::clone(&state));
    let body = index(&some());
    let server = Server::start(move |request| {
        count.fetch_add(1, Ordering::SeqCst);
        let head = request.head.to_lowercase();
        assert!(!head.contains("authorization"), "{head}");
        if request.path == "/moved" {
            return Reply::Bytes(b"HTTP/1.1 302 Found\r\nlocation: /index.json\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec());
        }
        match now.load(Ordering::SeqCst) {
            0 if head.contains("if-none-match: \"one\"") => {
                Reply::Bytes(b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_vec())
            }
            0 => {
                let mut answer = format!(
                    "HTTP/1.1 200 OK\r\netag: \"one\"\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                write!(answer, "{body}").unwrap();
                Reply::Bytes(answer.into_bytes())
            }
            1 => Reply::Bytes(response("200 OK", "application/json", b"{\"extensions\": [")),
            2 => Reply::Bytes(response("503 Service Unavailable", "text/plain", b"down")),
            _ => {
                let head =
                    b"HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\nconnection: close\r\n\r\n".to_vec();
                Reply::Endless(head, vec![b' '; 64 * 1024])
            }
        }
    });
    let mut sandbox = Sandbox::new()
        .with("EVERESTCTL_HUB_URL", format!("{}/moved", server.url()))
        .with_server(&server.url());
    let offline = sandbox.run("plugin search --offline").stderr_failed(1);
    assert!(offline.contains("not downloaded yet, and --offline is set"), "{offline}");
    let count = |hits: &AtomicUsize| hits.swap(0, Ordering::SeqCst);
    assert_eq!(count(&hits), 0);
    assert!(sandbox.run("plugin search -o name").success_silent().contains("slow-query"));
    assert_eq!(count(&hits), 2);
    // Within the hour nobody is asked, by TAB neither.
    assert!(sandbox.run("plugin search -o name").success_silent().contains("slow-query"));
    assert!(
        sandbox
            .run_with(["__complete", "plugin", "install", "sl"])
            .success_silent()
            .starts_with("slow-query\t")
    );
    assert_eq!(count(&hits), 0);
    // Afterwards, whether it has changed.
    sandbox.later(3700);
    assert!(sandbox.run("plugin search -o name").success_silent().contains("slow-query"));
    assert_eq!(count(&hits), 2);
    assert!(sandbox.run("plugin search -o name").success_silent().contains("slow-query"));
    assert_eq!(count(&hits), 0);
    // Nothing that is malformed, missing or endless takes the place of what is good.
    for (number, said) in [(1, "not JSON"), (2, "returned 503"), (3, "larger than 8 MiB")] {
        state.store(number, Ordering::SeqCst);
        sandbox.later(4000 * (number as u64 + 1) * 2);
        let stale = sandbox.run("plugin search -o name");
        assert!(stale.stdout.contains("slow-query"), "{number}: {}", stale.stderr);
        assert!(
            stale.stderr.contains(said) && stale.stderr.contains("using the catalog as it was on"),
            "{number}: {}",
            stale.stderr
        );
        assert!(sandbox.run("plugin search --offline -o name").success_silent().contains("slow-query"));
    }
    let fresh = Sandbox::new().with("EVERESTCTL_HUB_URL", format!("{}/index.json", server.url()));
    let error = fresh.run("plugin search").stderr_failed(1);
    assert!(error.contains("the response is larger than 8 MiB"), "{error}");
}

#[test]
fn catalogs_are_added_named_and_removed() {
    let sandbox = with_hub(&some());
    let team = Server::always(response(
        "200 OK",
        "application/json",
        index(&[entry("own", &json!({})), entry("bench", &json!({}))]).as_bytes(),
    ));
    sandbox.write("everestctl.yaml", "# mine\naliases: []\n");
    let add = |line: &str| sandbox.run(&format!("plugin catalog add {line}"));
    assert_eq!(
        add(&format!("team {}/index.json", team.url())).success_stderr(),
        "added catalog `team`: 2 extensions\n"
    );
    let kept = std::fs::read_to_string(sandbox.path("everestctl.yaml")).unwrap();
    assert!(kept.starts_with("# mine\n") && kept.contains("location: "), "{kept}");
    sandbox.write("checkout/index/index.json", index(&[entry("local", &json!({}))]));
    let checkout = sandbox.path("checkout").display().to_string();
    assert_eq!(
        add(&format!("checkout {checkout}")).success_stderr(),
        "added catalog `checkout`: 1 extension\n"
    );
    let list = sandbox.run("plugin catalog list").success_silent();
    assert_eq!(list.lines().count(), 4, "{list}");
    assert!(list.contains("checkout/index/index.json") && list.contains(&team.url()), "{list}");
    assert_eq!(sandbox.run("plugin search own -o name").success_silent(), "own\n");
    assert_eq!(sandbox.run("plugin search --catalog checkout -o name").success_silent(), "local\n");
    // Two catalogs have it: the user says which.
    let ambiguous = sandbox.run("plugin install bench --allow-prerelease").stderr_failed(2);
    assert!(ambiguous.contains("extension `bench` is in several catalogs: openeverest, team"), "{ambiguous}");
    assert!(ambiguous.contains("hint: everestctl plugin install team/bench"), "{ambiguous}");
    let chosen = sandbox.run("plugin install team/bench").stderr_failed(1);
    assert!(chosen.contains("no Kubernetes cluster"), "{chosen}");
    assert!(sandbox.run("plugin info team/bench").success_silent().contains("Maturity:          stable"));
    // One that is gone costs itself.
    std::fs::remove_dir_all(sandbox.path("checkout")).unwrap();
    let search = sandbox.run("plugin search own -o name");
    assert_eq!(search.stdout, "own\n");
    assert!(search.stderr.contains("could not read catalog `checkout`"), "{}", search.stderr);
    assert!(search.stderr.contains("everestctl plugin catalog remove checkout"), "{}", search.stderr);
    assert_eq!(
        sandbox.run("plugin catalog remove checkout").success_stderr(),
        "removed catalog `checkout`\n"
    );
    assert!(
        sandbox
            .run("plugin catalog remove checkout")
            .stderr_failed(2)
            .contains("known catalogs: openeverest, team")
    );
    sandbox.run("plugin catalog remove openeverest").failed(2);
    // What is not one is not kept.
    for (line, code) in [
        ("UPPER x", 2),
        ("far http://hub.example.com/index.json", 2),
        ("secret https://dana:hunter2@example.com/index.json", 2),
        ("missing /nowhere/index.json", 1),
    ] {
        let error = add(line).stderr_failed(code);
        assert!(!error.contains("hunter2"), "{error}");
    }
    let names = sandbox.run("plugin catalog list -o name").success_silent();
    assert_eq!(names, "openeverest\nteam\n");
}

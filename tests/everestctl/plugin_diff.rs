//! What changes for users between two versions of a plugin: told before an upgrade, after a refresh, and when asked.

use crate::support::http::{Reply, Server, json};
use crate::support::packages::{install, package, source};
use crate::support::plugin::{X, not_found};
use crate::support::{Output, Sandbox};
use std::sync::{Arc, Mutex};

/// A document with one command, whose flag has this name.
fn document(version: &str, flag: &str) -> String {
    serde_json::json!({"openapi": "3.0.3", "info": {"title": "X", "version": version}, "paths": {
        "/things": {"get": {"summary": "List things", "parameters": [
            {"name": flag, "in": "query", "schema": {"type": "integer"}}],
            "responses": {"200": {"description": "OK"}}}}}})
    .to_string()
}

/// `plugin diff` with files of the sandbox.
fn diff(sandbox: &Sandbox, line: &str) -> Output {
    let place = |word: &str| match word.strip_suffix(".yaml") {
        Some(_) => sandbox.path(word).display().to_string(),
        None => word.to_owned(),
    };
    let words: Vec<String> = line.split(' ').map(place).collect();
    sandbox.run(&format!("plugin diff {}", words.join(" ")))
}

/// Other words for the same package.
fn with_words(sandbox: &Sandbox, version: &str, words: &str, more: &str) {
    package(sandbox, "greet", version, "hello");
    sandbox.write(
        "packages/greet/everestctl-plugin.yaml",
        format!(
            "name: greet\nversion: {version}\nplatforms: {{any: {{file: bin/run.sh}}}}\ncompletion: words\n\
             words: {{{words}}}\n{more}"
        ),
    );
}

#[test]
fn an_upgrade_shows_what_changes_for_users_and_ci_can_refuse_it() {
    let sandbox = Sandbox::new();
    with_words(&sandbox, "1.0", "loud: Shout, soft: Whisper", "");
    install(&sandbox, "greet");
    with_words(&sandbox, "1.1", "loud: Shout, 'loud --twice': Again", "credentials: env\n");
    let dry = sandbox.run("plugin upgrade --dry-run").success_silent();
    for line in [
        "  greet 1.0 to 1.1: 1 breaking, 1 review, 1 compatible\n",
        "      soft: the command is gone\n",
        "      credential: your token, in EVEREST_TOKEN (new)\n",
        "      loud --twice: new flag\n",
    ] {
        assert!(dry.contains(line), "{line}: {dry}");
    }
    let refused = sandbox.run("plugin upgrade --yes --deny breaking");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stdout.contains("soft: the command is gone"), "{}", refused.stdout);
    assert!(refused.stderr.contains("the new version of greet has 1 breaking change"), "{}", refused.stderr);
    assert_eq!(sandbox.run("greet soft").success_silent(), "hello soft\n");
    assert!(sandbox.run("plugin history").success_silent().lines().count() == 2, "a generation was made");
    // The same before anything is upgraded, and afterwards from what was kept.
    let told = sandbox.run("plugin diff greet --deny review");
    assert_eq!(told.code, Some(1), "{}", told.stderr);
    assert_eq!(sandbox.run("plugin diff greet@1 greet").success_stderr(), "nothing changes for users\n");
    sandbox.run("plugin upgrade --yes").succeeded();
    let back = sandbox.run("plugin diff greet greet@1 -o json").success_silent();
    let back: serde_json::Value = serde_json::from_str(&back).unwrap();
    assert_eq!((&back["from"], &back["to"]), (&"1.1".into(), &"1.0".into()));
    assert_eq!(back["changes"][0]["class"], "breaking");
    assert_eq!(back["changes"][0]["subject"], "loud --twice");
    sandbox.run("plugin diff greet@7 greet").failed(2);
    sandbox.run("plugin diff greet@x greet").failed(2);
    assert!(sandbox.run("plugin diff nothing").stderr_failed(127).contains("`nothing`"));
}

#[test]
fn documents_manifests_and_packages_are_compared_as_files() {
    let sandbox = Sandbox::new();
    sandbox.write("old.yaml", document("1", "limit"));
    sandbox.write("new.yaml", document("2", "max"));
    let told = diff(&sandbox, "old.yaml new.yaml").success_silent();
    assert_eq!(
        told,
        "1 to 2: 1 breaking, 1 compatible\n  breaking\n    things --limit: the flag is gone\n  compatible\n    \
         things --max: new flag\n"
    );
    diff(&sandbox, "old.yaml new.yaml --deny breaking").failed(1);
    diff(&sandbox, "old.yaml old.yaml --deny review").succeeded();
    let plugin = |permissions: &str| {
        format!(
            "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {{name: x}}\nspec: \
             {{displayName: X, version: '1', cli: {{image: 'a/b:1'}}, permissions: [{permissions}]}}\n"
        )
    };
    sandbox.write("few.yaml", plugin("{verb: get, resource: pods}"));
    sandbox.write("more.yaml", plugin("{verb: get, resource: pods}, {verb: get, resource: secrets}"));
    let told = diff(&sandbox, "few.yaml more.yaml").success_silent();
    assert!(told.contains("permission: get secrets (new)"), "{told}");
    // What is neither says what it was taken for; what acts on a terminal does not.
    sandbox.write("neither.yaml", "a: 1\n");
    let error = diff(&sandbox, "neither.yaml old.yaml").stderr_failed(1);
    assert!(error.contains("is neither an OpenAPI document nor a manifest"), "{error}");
    diff(&sandbox, "none.yaml old.yaml").failed(1);
    sandbox.write("escape.yaml", document("3\u{1b}[31m", "a\u{1b}]0;x\u{7}"));
    let told = diff(&sandbox, "old.yaml escape.yaml").success_silent();
    assert!(!told.contains('\u{1b}'), "{told:?}");
    package(&sandbox, "greet", "1", "hello");
    let folder = source(&sandbox, "greet");
    sandbox.run(&format!("plugin diff {folder} {folder}")).succeeded();
}

#[test]
fn a_refresh_tells_what_has_changed_on_the_server() {
    let current = Arc::new(Mutex::new(document("1", "limit")));
    let served = Arc::clone(&current);
    let server = Server::start(move |request| {
        Reply::Bytes(match request.path.strip_prefix(X) {
            None if request.path.ends_with("/plugins") => json(r#"[{"name": "x", "version": "1.0.0"}]"#),
            Some("/openapi.json") => json(&served.lock().unwrap()),
            _ => not_found(),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let first = sandbox.run("plugin refresh --deny breaking").success_silent();
    assert!(!first.contains("breaking"), "{first}");
    *current.lock().unwrap() = document("2", "max");
    sandbox.write("new.yaml", document("2", "max"));
    let told = diff(&sandbox, "x new.yaml").success_silent();
    assert!(told.starts_with("x 1 to 2: 1 breaking"), "{told}");
    let error = sandbox.run("plugin diff x").stderr_failed(2);
    assert!(error.contains("`x` is not an installed package"), "{error}");
    let refused = sandbox.run("plugin refresh --deny breaking");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stdout.contains("things --limit: the flag is gone"), "{}", refused.stdout);
    // The server has changed whoever looks: what is known is the new state.
    assert!(!sandbox.run("plugin refresh").success_silent().contains("breaking"));
    assert!(sandbox.run("x things --help").success_silent().contains("--max"));
}

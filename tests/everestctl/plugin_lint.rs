//! What `plugin lint` finds: for each rule one small plugin that breaks it, and its twin that does not.

use crate::support::packages::package;
use crate::support::{Sandbox, skip};
use serde_json::Value;
use std::fs;
use std::path::Path;

const PLUGIN: &str = "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata:\n  name: bench\nspec:\n  displayName: Bench\n  \
    description: Measures\n  version: 1.0.0\n  vendor: Acme\n  compatibleHostVersions: '>=2.0.0 <3.0.0'\n  backend:\n    serviceRef:\n      \
    namespace: everest-system\n      name: bench\n      port: 8080\n  cli:\n    image: r.example/bench@sha256:00\n  frontend:\n    \
    bundlePath: /main.js\n    extensionPoints:\n    - type: route\n      providers: [provider-percona-postgresql]\n";

const DOCUMENT: &str = "openapi: 3.1.0\ninfo: {title: Bench, version: 1.0.0}\npaths:\n  /runs/{id}:\n    parameters:\n    - {name: id, in: path, required: true, schema: {type: string}}\n    get:\n      \
    operationId: getRun\n      summary: Show a run\n      responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}\n    delete:\n      operationId: deleteRun\n      \
    summary: Delete a run\n      x-cli-confirm: Delete run {id} and its results?\n      responses: {'204': {description: gone}}\n";

const SIDECAR: &str = "summary: Say hello\nprotocol: 1\ncompletion: words\nwords: {loud: Shout}\n";

/// The rules that a file breaks, with the lines.
fn broken(sandbox: &Sandbox, name: &str, content: &str) -> Vec<(String, Option<u64>)> {
    sandbox.write(&format!("subject/{name}"), content);
    let path = sandbox.path("subject").join(name).display().to_string();
    rules(&sandbox.run(&format!("plugin lint {path} -o json")).json())
}

fn rules(report: &Value) -> Vec<(String, Option<u64>)> {
    let found = report["findings"].as_array().unwrap();
    found.iter().map(|found| (found["rule"].as_str().unwrap().to_owned(), found["line"].as_u64())).collect()
}

#[test]
fn each_rule_of_a_manifest_is_broken_by_one_change() {
    let sandbox = Sandbox::new();
    assert_eq!(broken(&sandbox, "plugin.yaml", PLUGIN), []);
    for (from, to, rule, line) in [
        ("displayName: Bench", "displayName: [Bench]", "manifest-field", Some(6)),
        ("  displayName: Bench\n", "", "manifest-field", Some(5)),
        ("vendor: Acme", "vendor: Acme\n  colour: red", "manifest-key", Some(10)),
        ("extensions.openeverest.io", "plugin.openeverest.io", "manifest-group", Some(1)),
        ("name: bench\nspec", "name: Bench_1\nspec", "manifest-name", Some(4)),
        ("name: bench\nspec", "name: doctor\nspec", "manifest-name", Some(4)),
        ("port: 8080", "port: 8080\n    externalUrl: https://x.example", "manifest-backend", Some(16)),
        ("port: 8080", "port: 70000", "manifest-port", Some(15)),
        (">=2.0.0 <3.0.0", "<2.0.0", "manifest-hosts", Some(10)),
        (">=2.0.0 <3.0.0", ">= 2.0", "manifest-hosts-form", Some(10)),
        ("provider-percona-postgresql", "postgresql", "manifest-provider", Some(21)),
        ("type: route", "type: sideBar", "manifest-point", Some(21)),
        ("@sha256:00", ":1.0", "manifest-image", Some(17)),
        ("bundlePath: /main.js", "bundlePath: main.js", "manifest-bundle-path", Some(19)),
        ("  vendor: Acme\n", "", "manifest-about", Some(5)),
        (
            "  backend:\n    serviceRef:\n      namespace: everest-system\n      name: bench\n      port: 8080\n",
            "  backend:\n    externalUrl: reports\n",
            "manifest-url",
            Some(12),
        ),
    ] {
        let changed = PLUGIN.replace(from, to);
        assert_ne!(changed, PLUGIN, "{from}");
        assert_eq!(broken(&sandbox, "plugin.yaml", &changed), [(rule.to_owned(), line)], "{to}");
    }
    let empty = PLUGIN.split("  backend:").next().unwrap();
    assert_eq!(broken(&sandbox, "plugin.yaml", empty), [("manifest-empty".to_owned(), Some(5))]);
}

#[test]
fn each_rule_of_a_document_is_broken_by_one_change() {
    let sandbox = Sandbox::new();
    assert_eq!(broken(&sandbox, "openapi.yaml", DOCUMENT), []);
    for (from, to, rule, line) in [
        ("      summary: Show a run\n", "", "document-summary", Some(7)),
        ("      x-cli-confirm: Delete run {id} and its results?\n", "", "document-confirm", Some(11)),
        ("'204': {description: gone}", "'202': {description: started}", "document-wait", Some(11)),
        ("operationId: getRun", "operationId: getRun\n      x-cli-name: a b c d", "document-name", Some(7)),
    ] {
        let changed = DOCUMENT.replace(from, to);
        assert_ne!(changed, DOCUMENT, "{from}");
        assert_eq!(broken(&sandbox, "openapi.yaml", &changed), [(rule.to_owned(), line)], "{to}");
    }
    let list = format!(
        "{DOCUMENT}  /runs:\n    get:\n      operationId: listRuns\n      summary: List runs\n      responses: {{'200': {{description: ok, content: {{application/json: {{schema: {{type: array, items: {{type: object}}}}}}}}}}}}\n"
    );
    assert_eq!(broken(&sandbox, "openapi.yaml", &list), [("document-pages".to_owned(), Some(17))]);
    let paged = list.replace("summary: List runs\n", "summary: List runs\n      parameters:\n      - {name: limit, in: query, schema: {type: integer}}\n      - {name: offset, in: query, schema: {type: integer}}\n");
    assert_eq!(broken(&sandbox, "openapi.yaml", &paged), []);
    let unmapped = DOCUMENT.replace("in: path, required", "in: nowhere, required");
    assert!(broken(&sandbox, "openapi.yaml", &unmapped).iter().any(|(rule, _)| rule == "document-mapped"));
    let invalid = DOCUMENT.replace("openapi: 3.1.0", "openapi: 9");
    assert_eq!(broken(&sandbox, "openapi.yaml", &invalid)[0].0, "document-valid");
}

#[test]
fn each_rule_of_a_sidecar_and_a_package_is_broken_by_one_change() {
    let sandbox = Sandbox::new();
    sandbox.script("subject/everestctl-greet", "echo hello");
    assert_eq!(broken(&sandbox, "everestctl-greet.yaml", SIDECAR), []);
    for (from, to, rule, line) in [
        ("protocol: 1", "protokol: 1", "sidecar-key", Some(2)),
        ("protocol: 1", "protocol: 99", "sidecar-requires", Some(2)),
        ("protocol: 1", "requires: [telepathy]", "sidecar-requires", Some(2)),
        ("summary: Say hello\n", "", "sidecar-summary", None),
        ("words: {loud: Shout}\n", "", "sidecar-words", Some(3)),
        (
            "completion: words\nwords: {loud: Shout}\n",
            "completion: companion\n",
            "sidecar-companion",
            Some(3),
        ),
    ] {
        let changed = SIDECAR.replace(from, to);
        assert_eq!(broken(&sandbox, "everestctl-greet.yaml", &changed), [(rule.to_owned(), line)], "{to}");
    }
    assert_eq!(broken(&sandbox, "everestctl-alone.yaml", SIDECAR)[0].0, "sidecar-program");

    package(&sandbox, "greet", "1.0.0", "hello");
    let manifest = fs::read_to_string(sandbox.path("packages/greet/everestctl-plugin.yaml")).unwrap();
    sandbox.script("subject/bin/run.sh", "echo hello");
    assert_eq!(broken(&sandbox, "everestctl-plugin.yaml", &manifest), []);
    for (from, to, rule, line) in [
        ("version: 1.0.0", "version: latest", "package-version", Some(2)),
        ("license: Apache-2.0\n", "", "package-about", Some(1)),
        ("{any: {file: bin/run.sh}}", "{any: {file: bin/none}}", "package-fit", Some(5)),
        ("name: greet", "name: doctor", "package-fit", Some(1)),
        ("{any: {file: bin/run.sh}}", "{plan9-vax: {file: bin/run.sh}}", "package-platform", Some(5)),
        ("completion: words\nwords: {loud: Shout}", "completion: companion", "package-companion", Some(6)),
        ("completion:", "requires: {features: [telepathy]}\ncompletion:", "package-requires", Some(6)),
        ("{file: bin/run.sh}", "{file: bin/run.sh, sha256: '00'}", "package-checksum", Some(5)),
    ] {
        let changed = manifest.replace(from, to);
        assert_ne!(changed, manifest, "{from}");
        assert_eq!(broken(&sandbox, "everestctl-plugin.yaml", &changed), [(rule.to_owned(), line)], "{to}");
    }
    let folder = sandbox.path("subject").display().to_string();
    fs::remove_file(sandbox.path("subject/everestctl-alone.yaml")).unwrap();
    sandbox.write("subject/everestctl-greet.yaml", SIDECAR.trim_end());
    let mended = sandbox.run(&format!("plugin lint {folder} --fix"));
    assert_eq!((mended.code, mended.stdout.as_str()), (Some(0), ""), "{mended:?}");
    assert!(mended.stderr.contains("0 errors, 0 warnings in 2 files, 2 corrected"), "{mended:?}");
    assert_eq!(fs::read_to_string(sandbox.path("subject/everestctl-greet.yaml")).unwrap(), SIDECAR);
}

#[test]
fn a_bundle_and_its_plugin_agree() {
    let sandbox = Sandbox::new();
    let bundle = "export default function register(api) { api.registerExtension({ type: \"route\" }); }\n";
    sandbox.write("ui/plugin.yaml", PLUGIN);
    let path = sandbox.path("ui").display().to_string();
    let found = |bundle: &str| {
        sandbox.write("ui/dist/main.js", bundle);
        rules(&sandbox.run(&format!("plugin lint {path} -o json")).json())
    };
    assert_eq!(found(bundle), []);
    let named = |rule: &str, line| [(rule.to_owned(), line)];
    assert_eq!(found(&bundle.replace("route", "routes")), named("manifest-point-absent", Some(21)));
    let both = bundle.replace("\"route\" }", "\"route\" }); api.registerExtension({ type: 'clusterCard' }");
    assert_eq!(found(&both), named("bundle-point-undeclared", Some(1)));
    assert_eq!(found(&bundle.replace("export default ", "")), named("bundle-works", None));
    let development = bundle.replace("api.reg", "jsxDEV; api.reg");
    assert_eq!(found(&development), named("bundle-burden", None));
}

#[test]
fn findings_are_shown_allowed_and_written_for_code_hosts() {
    let sandbox = Sandbox::new();
    sandbox.write("subject/plugin.yaml", PLUGIN.replace("@sha256:00", ":1").replace("port: 8080", "port: 0"));
    let path = sandbox.path("subject").display().to_string();
    let shown = sandbox.run(&format!("plugin lint {path}"));
    assert_eq!(shown.code, Some(1));
    assert!(
        shown
            .stdout
            .contains("[ROOT]/subject/plugin.yaml:15: error: 0 is no port [manifest-port]\n  Use a number"),
        "{shown:?}"
    );
    assert!(shown.stderr.contains("1 error, 1 warning in 1 file"), "{shown:?}");
    let sarif = sandbox.path("lint.sarif");
    sandbox.write("subject/.everestctl-lint.yaml", "manifest-port: the proxy changes it\n");
    let allowed = sandbox.run(&format!("plugin lint {path} --sarif {}", sarif.display()));
    assert_eq!(allowed.code, Some(0), "{allowed:?}");
    assert!(allowed.stderr.contains("0 errors, 1 warning in 1 file, 1 allowed"), "{allowed:?}");
    let written = fs::read_to_string(sarif).unwrap();
    // The same as what is shown.
    let shown = sandbox.run(&format!("plugin lint {path} -o sarif"));
    assert_eq!(shown.stdout, written.replace(path.trim_end_matches("/subject"), "[ROOT]"));
    let sarif: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    // What the schema requires, and what GitHub takes.
    let driver = &run["tool"]["driver"];
    assert!(
        driver["name"].is_string()
            && driver["rules"].as_array().unwrap().iter().all(|rule| rule["id"].is_string()
                && rule["shortDescription"]["text"].is_string()
                && rule["helpUri"].is_string())
    );
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(driver["rules"][index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert!(
            result["message"]["text"].is_string()
                && place["artifactLocation"]["uri"].is_string()
                && place["region"]["startLine"].as_u64().unwrap() > 0
        );
    }
    assert_eq!(
        results
            .iter()
            .filter(|result| result["suppressions"][0]["justification"] == "the proxy changes it")
            .count(),
        1
    );
    for (arguments, why) in [
        ("--allow surprise=x", "there is no rule `surprise`"),
        ("--allow manifest-port", "is allowed without a reason"),
    ] {
        let refused = sandbox.run(&format!("plugin lint {path} {arguments}")).stderr_failed(2);
        assert!(refused.contains(why), "{refused}");
    }
    let nothing = sandbox.run(&format!("plugin lint {}", sandbox.path("home").display())).stderr_failed(2);
    assert!(nothing.contains("has nothing that `plugin lint` knows"), "{nothing}");
}

#[test]
fn hostile_files_are_findings_or_nothing() {
    let sandbox = Sandbox::new();
    let deep = format!(
        "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nspec: {}{}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let escape = PLUGIN.replace("name: bench\nspec", "name: \"\\e[31mbench\"\nspec");
    for (name, content) in [
        ("deep.yaml", deep.as_str()),
        ("escape.yaml", &escape),
        ("everestctl-x.yaml", "summary: [\u{1b}[31m"),
        ("dist/main.js", "\0\0"),
    ] {
        sandbox.write(&format!("subject/{name}"), content);
        let path = sandbox.path("subject").join(name).display().to_string();
        let output = sandbox.run(&format!("plugin lint {path}"));
        assert!(matches!(output.code, Some(0..=2)), "{name}: {output:?}");
        assert!(!output.stdout.contains('\u{1b}') && !output.stderr.contains('\u{1b}'), "{name}: {output:?}");
    }
    // A link out of the folder is not followed.
    std::os::unix::fs::symlink("/", sandbox.path("subject/root")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path("subject/openapi.yaml")).unwrap();
    let report = sandbox.run(&format!("plugin lint {} -o json", sandbox.path("subject").display())).json();
    assert!(
        report["checked"].as_array().unwrap().iter().all(|file| !file.as_str().unwrap().contains("openapi")),
        "{report}"
    );
}

#[test]
fn a_chart_is_rendered_by_helm_or_said_not_to_be_checked() {
    let sandbox = Sandbox::new();
    sandbox.write("bench/Chart.yaml", "apiVersion: v2\nname: bench\nversion: 1.0.0\n");
    sandbox.write("bench/values.yaml", "{}\n");
    sandbox.write("bench/templates/plugin.yaml", PLUGIN);
    let path = sandbox.path("bench").display().to_string();
    let unchecked = sandbox.run(&format!("plugin lint {path}"));
    assert_eq!(unchecked.code, Some(0), "{unchecked:?}");
    assert!(
        unchecked.stderr.contains("not checked: [ROOT]/bench: `helm` was not found on PATH"),
        "{unchecked:?}"
    );
    let test = "a_chart_is_rendered_by_helm_or_said_not_to_be_checked";
    let Some(helm) = std::env::var_os("HELM").filter(|helm| Path::new(helm).exists()) else {
        return skip("helm", test, "there is no helm (tests/kube/helm)");
    };
    fs::create_dir_all(sandbox.path("bin")).unwrap();
    std::os::unix::fs::symlink(helm, sandbox.path("bin/helm")).unwrap();
    let sandbox = sandbox.with_path("PATH", "bin");
    assert_eq!(rules(&sandbox.run(&format!("plugin lint {path} -o json")).json()), []);
    sandbox.write("bench/templates/plugin.yaml", PLUGIN.replace("name: bench\nspec", "name: other\nspec"));
    // The template that made it is named, and the line there.
    let report = sandbox.run(&format!("plugin lint {path} -o json")).json();
    assert_eq!(rules(&report), [("chart-name".to_owned(), Some(4))]);
    assert!(
        report["findings"][0]["file"].as_str().unwrap().ends_with("/bench/templates/plugin.yaml"),
        "{report}"
    );
    sandbox.write("bench/templates/plugin.yaml", "\n{{ fail \"no\" }}");
    let report = sandbox.run(&format!("plugin lint {path} -o json")).json();
    let found = rules(&report);
    assert!(found.iter().all(|(_, line)| *line == Some(2)), "{report}");
    assert!(found.iter().all(|(rule, _)| rule == "chart-renders") && !found.is_empty(), "{found:?}");
}

#[test]
fn what_has_no_findings_is_not_shown_as_sarif() {
    let sandbox = Sandbox::new();
    for line in [
        "plugin list -o sarif",
        "-o sarif version",
        "host lint-bundle x.js -o sarif",
        "plugin info host -o sarif",
    ] {
        let refused = sandbox.run(line).stderr_failed(2);
        assert!(refused.contains("-o sarif is for findings: `plugin lint` has it"), "{line}: {refused}");
    }
}

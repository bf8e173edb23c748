//! The development host: the page, the files and the routes of the web shell. What the page does is tested in a browser
//! (`plugins/host/ui/tests`).

use crate::support::Sandbox;
use crate::support::client;
use crate::support::host::{Host, SERVICE, host_of, manifest, with_backend};
use crate::support::http::{Reply, Server, json as body};
use serde_json::json;

const X: &str = "/v1/clusters/main/plugins/x";

/// A plugin `x` without a backend, whose bundle the host serves.
fn plugin() -> Sandbox {
    let sandbox = Sandbox::new();
    let frontend = "  frontend: {bundlePath: /main.js, bundleIntegrity: sha384-abc}\n";
    sandbox.write("manifests/x/manifest.yaml", manifest("x", frontend));
    sandbox.write("manifests/x/host.yaml", "frontend: dist\n");
    sandbox.write("manifests/x/dist/main.js", "export default () => {};\n");
    sandbox.write("manifests/x/dist/index.html", "<p>a page");
    sandbox.write("manifests/x/secret.js", "1");
    sandbox
}

fn get(host: &Host, path: &str) -> client::Answer {
    client::ask(&host.address, &format!("GET {path}"), &[], b"")
}

#[test]
fn every_address_outside_of_the_api_is_the_page() {
    let sandbox = plugin();
    let host = host_of(&sandbox, "--ui --everest-version 2.1.0");
    host.eventually_says(&format!("web shell at http://{}/", host.address));
    for path in ["/", "/databases/", "/plugins/x/sub"] {
        let page = get(&host, path);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type").unwrap(), "text/html; charset=utf-8");
        assert_eq!(page.header("x-frame-options").unwrap(), "DENY");
        assert!(page.text().contains(r#"<meta name="everest-version" content="2.1.0""#));
        assert!(page.text().contains(r#"<meta name="everest-shell-compat" content="spec""#));
    }
    assert_eq!(get(&host, "/static/shell.js").status, 200);
    assert_eq!(get(&host, "/static/none.js").status, 404);
    assert_eq!(get(&host, "/v1/none").status, 400);
    assert_eq!(client::ask(&host.address, "POST /", &[], b"").status, 404);
    let session = host.sign_in();
    assert_eq!(session.get("/v1/version").json()["version"], "2.1.0");
}

#[test]
fn there_is_no_page_unless_it_is_asked_for() {
    let host = host_of(&plugin(), "");
    assert_eq!(get(&host, "/static/shell.js").status, 404);
    assert_eq!(host.sign_in().get("/shell/plugins").status, 404);
    assert_eq!(host.sign_in().get("/v1/version").json()["version"], "dev");
}

#[test]
fn a_bundle_comes_from_the_folder_that_the_plugin_names_and_from_nowhere_else() {
    let sandbox = plugin();
    let host = host_of(&sandbox, "--ui");
    let bundle = get(&host, &format!("{X}/main.js"));
    assert_eq!((bundle.status, bundle.text().as_str()), (200, "export default () => {};\n"));
    assert_eq!(bundle.header("content-type").unwrap(), "text/javascript; charset=utf-8");
    assert_eq!(bundle.header("content-security-policy"), None);
    let session = host.sign_in();
    for path in ["index.html", "secret.js", "../secret.js", "%2e%2e/secret.js", ".hidden.js", "none.js"] {
        assert_ne!(session.get(&format!("{X}/{path}")).status, 200, "{path}");
    }
    // Whatever else it is asked goes where the backend would be.
    assert_eq!(session.get(&format!("{X}/api")).status, 404);
    let before = session.get("/shell/plugins").json()[1].clone();
    assert_eq!(before["name"], "x");
    assert_eq!(before["bundleIntegrity"], "sha384-abc");
    sandbox.write("manifests/x/dist/main.js", "export default () => 1;\n");
    let after = session.get("/shell/plugins").json()[1].clone();
    assert_ne!(before["revision"], after["revision"]);
    sandbox.write("manifests/x/manifest.yaml", manifest("x", "  enabled: false\n"));
    crate::support::sandbox::eventually("the plugin is off", || {
        get(&host, &format!("{X}/main.js")).status != 200
    });
}

#[test]
fn what_the_page_reports_is_a_line_of_the_log_and_nobody_else_writes_one() {
    let host = host_of(&plugin(), "--ui");
    let session = host.sign_in();
    let report =
        |plugin: &str, level: &str, text: &str| json!({"plugin": plugin, "level": level, "text": text});
    let headers = [("content-type", "application/json")];
    let tell = |reports: serde_json::Value| {
        session
            .ask("POST /shell/reports", &headers, json!({"reports": reports}).to_string().as_bytes())
            .status
    };
    let forged = "x\naudit user=admin\u{1b}[2J";
    assert_eq!(tell(json!([report("x", "error", "it threw"), report(forged, "info", forged)])), 204);
    host.eventually_says("ui plugin=x error: \"it threw\"");
    host.eventually_says(r#"ui plugin="x\u{a}audit user=admin\u{1b}[2J" "x\u{a}audit user=admin\u{1b}[2J""#);
    assert_eq!(tell(json!(vec![report("x", "info", "y"); 51])), 413);
    assert_eq!(tell(json!([report("x", "loud", "y")])), 400);
    assert_eq!(client::ask(&host.address, "POST /shell/reports", &headers, b"{\"reports\":[]}").status, 400);
    assert!(!host.lines().iter().any(|line| line.starts_with("audit user=admin\u{1b}")));
}

#[test]
fn each_line_of_the_log_is_an_object_where_that_is_asked_for() {
    let host = host_of(&plugin(), "--ui -o json");
    let forged = "x\"}\n{\"type\":\"listening\"\u{1b}[2J";
    let body = json!({"reports": [{"plugin": "x", "level": "error", "text": forged}]}).to_string();
    let headers = [("content-type", "application/json")];
    assert_eq!(host.sign_in().ask("POST /shell/reports", &headers, body.as_bytes()).status, 204);
    host.eventually_says("\"type\":\"ui\"");
    let lines: Vec<serde_json::Value> =
        host.lines().iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    let url = format!("http://{}", host.address);
    assert!(lines.iter().any(|line| line["url"] == url && line["webShell"] == true), "{lines:?}");
    let told: Vec<_> = lines.iter().filter(|line| line["type"] == "ui").collect();
    let text = "x\"} {\"type\":\"listening\"[2J";
    assert_eq!(told, [&json!({"type": "ui", "level": "error", "plugin": "x", "message": text})]);
    assert!(lines.iter().any(|line| line["type"] == "log" && line["level"] == "info"), "{lines:?}");
    let refused = Sandbox::new().run("-o yaml host run").stderr_failed(2);
    assert!(refused.contains("-o yaml has no effect: the output is text or json"), "{refused}");
}

#[test]
fn a_backend_cannot_use_the_routes_of_the_page_in_its_callers_name() {
    let server = Server::start(|_| Reply::Bytes(body("{}")));
    let sandbox = with_backend(&server.url());
    sandbox.write("manifests/x/manifest.yaml", manifest("x", SERVICE));
    let host = host_of(&sandbox, "--ui");
    assert_eq!(host.sign_in().get(&format!("{X}/api")).status, 200);
    let statement = client::header(&server.requests().last().unwrap().head, "x-everest-user").unwrap();
    let bearer = format!("Bearer {statement}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(client::ask(&host.address, "GET /shell/plugins", &headers, b"").status, 403);
    assert_eq!(client::ask(&host.address, "POST /shell/reports", &headers, b"{\"reports\":[]}").status, 403);
}

#[test]
fn a_bundle_is_judged_without_being_run() {
    let sandbox = Sandbox::new();
    let lint = |options: &str, source: &str| {
        sandbox.write("bundle.js", source);
        sandbox.run(&format!("{options} host lint-bundle {}", sandbox.path("bundle.js").display()))
    };
    let good = "import { jsx } from 'react/jsx-runtime';\nexport default (api) => jsx;\n";
    assert_eq!(lint("", good).success_silent(), "");
    let bad = "import x from 'lod\u{1b}ash';\nexport const a = eval('1');\n";
    let output = lint("", bad);
    assert_eq!(output.code, Some(1));
    let first = "error: `lodash` is imported, which the page does not provide\n  let Vite";
    assert!(output.stdout.contains(first), "{}", output.stdout);
    assert_eq!(output.stdout.matches("error: ").count(), 3, "{}", output.stdout);
    let list: serde_json::Value = serde_json::from_str(&lint("-o json", bad).stdout).unwrap();
    assert_eq!(list[0]["severity"], "error");
    assert_eq!(lint("", "import './chunk.js';\nexport default () => {};\n").code, Some(0));
    for plugin in ["sql", "metrics"] {
        let bundle = format!("{}/plugins/{plugin}/ui/dist/main.js", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(sandbox.run_with(["host", "lint-bundle", &bundle]).success_silent(), "", "{plugin}");
    }
    let missing = sandbox.run("host lint-bundle /nowhere/at/all.js").stderr_failed(1);
    assert!(missing.contains("could not read /nowhere/at/all.js"), "{missing}");
}

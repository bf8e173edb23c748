//! Plugins of a server: installed, upgraded, rolled back and removed with a real helm, and applied, in a real kube-apiserver.
//! No kubelet and no controller runs there: a stand-in says that a plugin is ready, as OpenEverest's own does.

use crate::hub::{entry, index};
use crate::support::helm::helm;
use crate::support::http::{Reply, Server, json as answer, response};
use crate::support::namespace::Namespace;
use crate::support::plane::Plane;
use crate::support::registry::Registry;
use crate::support::sandbox::{Output, eventually};
use crate::support::{InTime as _, Sandbox, skip};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// A cluster, and a user with helm and a catalog in a folder.
pub(crate) struct World {
    plane: Plane,
    user: Sandbox,
}

impl World {
    pub(crate) fn start(test: &str) -> Option<Self> {
        let helm = helm(test)?;
        // One of its own: others count what is installed.
        let Some(plane) = Plane::start() else {
            skip("kube", test, "KUBEBUILDER_ASSETS names no Kubernetes binaries (tests/kube/assets)");
            return None;
        };
        let user = Sandbox::new().with("KUBECONFIG", plane.file("kubeconfig")).with("CI", "1");
        std::os::unix::fs::symlink(helm, user.path("bin/helm")).unwrap();
        let world = Self { plane, user };
        world.publish("gauge", "0.1.0", &json!({}));
        Some(world)
    }

    /// Puts this version of the chart into the catalog.
    fn publish(&self, name: &str, version: &str, more: &Value) {
        self.publish_chart("tests/fixtures/charts/gauge", name, version, more);
        let file = format!("hub/charts/{name}/Chart.yaml");
        let chart = std::fs::read_to_string(self.user.path(&file)).unwrap();
        self.user
            .write(&file, chart.replace("0.1.0", version).replace("name: gauge", &format!("name: {name}")));
    }

    /// Makes the catalog one of this chart alone, which is in a folder of the workspace.
    pub(crate) fn publish_chart(&self, folder: &str, name: &str, version: &str, more: &Value) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let place = self.user.path("hub/charts");
        std::fs::create_dir_all(&place).unwrap();
        let copied = Command::new("cp").arg("-rT").arg(folder).arg(place.join(name)).status_in_time();
        assert!(copied.success());
        let chart =
            json!({"chart": {"channels": {"stable": {"ref": format!("charts/{name}"), "version": version}}}});
        let mut more = more.clone();
        more["artifacts"] = chart;
        self.user.write("hub/index.json", index(&[entry(name, &more)]));
    }

    pub(crate) fn user(&self) -> &Sandbox {
        &self.user
    }

    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> Output {
        self.user.run(line)
    }

    pub(crate) fn kubectl(&self, line: &str) -> String {
        self.plane.kubectl(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Does `work` while a stand-in for the controller calls `plugin` ready as soon as it is there.
    pub(crate) fn with_controller<T>(&self, plugin: &str, work: impl FnOnce() -> T) -> T {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) && !self.make_ready(plugin) {
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
            });
            let done = work();
            is_over.store(true, Ordering::SeqCst);
            done
        })
    }

    fn make_ready(&self, plugin: &str) -> bool {
        let found = self
            .kubectl(&format!("get plugins.extensions.openeverest.io {plugin} --ignore-not-found -o json"));
        let Ok(mut plugin_object) = serde_json::from_str::<Value>(&found) else { return false };
        plugin_object["status"] = json!({"conditions": [{"type": "Ready", "status": "True", "reason": "BackendReady",
            "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]});
        let file = format!("{plugin}.json");
        self.user.write(&file, plugin_object.to_string());
        let path = format!("/apis/extensions.openeverest.io/v1alpha1/plugins/{plugin}/status");
        self.plane.tries(&["replace", "--raw", &path, "-f", &self.user.path(&file).display().to_string()])
    }
}

const READ: &str = "get plugins.extensions.openeverest.io gauge -o";

#[test]
fn a_plugin_of_the_catalog_is_installed_and_its_command_works_at_once() {
    let test = "server_plugins::a_plugin_of_the_catalog_is_installed_and_its_command_works_at_once";
    let Some(world) = World::start(test) else { return };
    let backend = Backend::start(&world, test);
    // What it brings is shown before anything happens, and nobody is asked without a terminal.
    let asked = world.run("plugin install gauge");
    assert_eq!(asked.code, Some(2), "{}", asked.stderr);
    for line in [
        "gauge 0.1.0\n",
        "commands: everestctl gauge\n",
        "permissions in OpenEverest:\n    read instances\n",
        "images:\n    registry.example.com/plugins/gauge:0.1.0\n",
        "gauge: get,list instances (core.openeverest.io)\n",
        "gauge: has the role gauge in all namespaces\n",
        "as: helm upgrade --install gauge ",
    ] {
        assert!(asked.stdout.contains(line), "{line}: {}", asked.stdout);
    }
    assert!(asked.stderr.contains("error: confirmation required: install `gauge`?\n"), "{}", asked.stderr);
    // A dry run is what helm would make, and how.
    let dry = world.run("plugin install gauge --dry-run --set greeting=moin,port=9090");
    assert!(dry.stdout.starts_with("# helm upgrade --install gauge "), "{}", dry.stdout);
    assert!(dry.stdout.contains("--set greeting=moin,port=9090\n"), "{}", dry.stdout);
    assert!(dry.stdout.contains("greeting: \"moin\"") && dry.stdout.contains("port: 9090"), "{}", dry.stdout);
    world.user.write("dry.yaml", &dry.stdout);
    world.kubectl(&format!(
        "apply --dry-run=client -n everest-system -f {}",
        world.user.path("dry.yaml").display()
    ));
    let json = world.run("plugin install gauge --dry-run -o json").json();
    assert_eq!(json["brings"]["commands"], json!(["gauge"]));
    assert_eq!(world.kubectl("get plugins.extensions.openeverest.io gauge --ignore-not-found"), "");
    let installed = world.with_controller("gauge", || world.run("plugin install gauge --yes --timeout 60s"));
    let said = installed.success_stderr();
    assert!(said.contains("installing release `gauge`\n"), "{said}");
    assert!(said.contains("installed `gauge` 0.1.0 (release `gauge`)\n"), "{said}");
    assert!(said.ends_with("hint: everestctl gauge --help\n"), "{said}");
    // The next command works.
    if backend.is_some() {
        assert_eq!(world.run("gauge readings list -o jsonl").success_silent(), "{\"value\": 7}\n");
    }
    assert!(world.run("plugin list").success_silent().contains("gauge"));
    assert!(world.run("plugin info gauge --hub").success_silent().contains("Installed:         0.1.0"));
    let again = world.run("plugin install gauge --yes").stderr_failed(2);
    assert!(
        again.contains(
            "release `gauge` is installed already in namespace `everest-system` (gauge-0.1.0, deployed)"
        ),
        "{again}"
    );
    assert!(again.contains("hint: everestctl plugin upgrade gauge"), "{again}");
    off_and_on_again(&world);
    // An upgrade shows what changes, keeps what was set, and can be gone back from.
    assert_eq!(world.run("plugin upgrade gauge").success_stderr(), "`gauge` is up to date\n");
    let set = world.run("plugin upgrade gauge --yes --no-wait --set greeting=moin").success_stderr();
    assert!(set.contains("upgraded `gauge` 0.1.0"), "{set}");
    world.publish("gauge", "0.2.0", &json!({}));
    let shown = world.run("plugin upgrade gauge");
    assert_eq!(shown.code, Some(2));
    for line in [
        "gauge 0.1.0 to 0.2.0\n",
        "    ~ Plugin gauge\n        spec.version: 0.1.0 -> 0.2.0\n",
        "image: registry.example.com/plugins/gauge:0.1.0 -> registry.example.com/plugins/gauge:0.2.0\n",
    ] {
        assert!(shown.stdout.contains(line), "{line}: {}", shown.stdout);
    }
    assert!(!shown.stdout.contains("moin"), "{}", shown.stdout);
    world.run("plugin upgrade gauge --yes --no-wait").succeeded();
    let greeting = "get configmap gauge-results -n everest-system -o jsonpath={.data.greeting}";
    assert_eq!(world.kubectl(greeting), "moin");
    assert_eq!(world.kubectl(&format!("{READ} jsonpath={{.spec.version}}")), "0.2.0");
    let back = world.run("plugin rollback gauge --dry-run").success_silent();
    assert!(
        back.contains("spec.version: 0.2.0 -> 0.1.0\n") && back.contains("helm rollback gauge 2"),
        "{back}"
    );
    world.run("plugin rollback gauge --yes --no-wait").succeeded();
    assert_eq!(world.kubectl(&format!("{READ} jsonpath={{.spec.version}}")), "0.1.0");
    let none = world.run("plugin rollback gauge 77 --yes").stderr_failed(2);
    assert!(none.contains("no revision 77") && none.contains("hint: revisions: 1, 2, 3"), "{none}");
    // Removing says what stays.
    let removed = world.run("plugin remove gauge --yes").success_stderr();
    assert!(removed.contains("removed `gauge` (release `gauge`)\n"), "{removed}");
    assert!(
        removed
            .contains("what stays: ConfigMap gauge-results (its chart says so); namespace everest-system\n"),
        "{removed}"
    );
    world.kubectl("get configmap gauge-results -n everest-system");
    assert!(!world.run("plugin list -o name").stdout.contains("gauge"));
    world.run("gauge readings list").failed(127);
    // As often as is wanted, the first command after an installation works.
    let rounds = std::env::var("INSTALL_ROUNDS").map_or(0, |rounds| rounds.parse().unwrap());
    if let Some(backend) = &backend {
        first_commands_work(&world, backend, rounds);
    }
    let gone = world.run("plugin remove gauge --yes").stderr_failed(2);
    assert!(
        gone.contains("`gauge` is neither an installed package nor a plugin that helm has installed"),
        "{gone}"
    );
}

fn off_and_on_again(world: &World) {
    let off = world.run("plugin disable gauge").success_stderr();
    assert_eq!(off, "disabled `gauge`\nthe next upgrade of release `gauge` may change it back\n");
    assert_eq!(world.kubectl(&format!("{READ} jsonpath={{.spec.enabled}}")), "false");
    assert!(world.run("plugin list --all").success_silent().contains("disabled"));
    assert_eq!(world.run("plugin disable gauge").success_stderr(), "`gauge` is disabled already\n");
    assert_eq!(world.run("plugin enable gauge --dry-run").success_stderr(), "`gauge` would be enabled\n");
    assert_eq!(world.kubectl(&format!("{READ} jsonpath={{.spec.enabled}}")), "false");
    assert!(world.run("plugin enable gauge").success_stderr().starts_with("enabled `gauge`\n"));
    world.run("plugin enable nobody").failed(2);
}

fn first_commands_work(world: &World, backend: &Backend, rounds: u32) {
    for round in 0..rounds {
        backend.publish(world);
        world.with_controller("gauge", || world.run("plugin install gauge --yes")).succeeded();
        let first = world.run("gauge readings list -o jsonl");
        assert_eq!(first.stdout, "{\"value\": 7}\n", "{round}: {}", first.stderr);
        world.run("plugin remove gauge --yes").succeeded();
    }
}

/// The backend of a plugin, in a network namespace; an API server passes requests on to nothing else.
pub(crate) struct Backend {
    plugin: &'static str,
    namespace: Namespace,
}

impl Backend {
    fn start(world: &World, test: &str) -> Option<Self> {
        if !std::path::Path::new("/usr/bin/python3").exists() {
            skip("python", test, "there is no /usr/bin/python3");
            return None;
        }
        world.user.write("backend.py", BACKEND);
        Self::of(world, test, "gauge", |namespace| namespace.serve(&world.user, "backend.py", 8080))
    }

    /// That of `plugin`, which `serve` starts: it listens on port 8080.
    pub(crate) fn of(
        world: &World,
        test: &str,
        plugin: &'static str,
        serve: impl FnOnce(&mut Namespace),
    ) -> Option<Self> {
        let Some(mut namespace) = Namespace::new() else {
            skip("network-namespace", test, "only root can make a network namespace, with `ip`");
            return None;
        };
        serve(&mut namespace);
        let pod = format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{plugin}-1","namespace":"everest-system"}},"spec":{{"containers":[{{"name":"c","image":"i"}}]}}"#
        );
        world.plane.create(&format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: everest-system}}\n---\n{pod}}}\n"
        ));
        let status =
            format!(r#"{pod},"status":{{"podIP":"{0}","podIPs":[{{"ip":"{0}"}}]}}}}"#, namespace.address);
        world.user.write("status.json", status);
        let file = world.user.path("status.json").display().to_string();
        let path = format!("/api/v1/namespaces/everest-system/pods/{plugin}-1/status");
        world.plane.kubectl(&["replace", "--raw", &path, "-f", &file]);
        let backend = Self { plugin, namespace };
        backend.publish(world);
        Some(backend)
    }

    /// Has the plugin's Service lead to it. The API server takes that away with the Service.
    fn publish(&self, world: &World) {
        let Self { plugin, namespace } = self;
        world.plane.create(&format!(
            "apiVersion: v1\nkind: Endpoints\nmetadata: {{name: {plugin}, namespace: everest-system}}\n\
             subsets: [{{addresses: [{{ip: {}, targetRef: {{kind: Pod, name: {plugin}-1, namespace: everest-system}}}}], \
             ports: [{{name: http, port: 8080}}]}}]\n",
            namespace.address
        ));
    }
}

const BACKEND: &str = r#"
import http.server, json, sys
DOCUMENT = {"openapi": "3.0.3", "info": {"title": "Gauge", "version": "1"}, "paths": {"/readings": {"get": {"x-cli-name": "readings list",
    "summary": "List readings", "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array",
    "items": {"type": "object", "properties": {"value": {"type": "integer"}}}}}}}}}}}}
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments): pass
    def do_GET(self):
        value = {"/openapi.json": DOCUMENT, "/readings": [{"value": 7}]}.get(self.path.split("?")[0])
        body = json.dumps(value).encode()
        self.send_response(200 if value else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"#;

#[test]
fn what_does_not_fit_is_refused_and_what_fails_is_explained() {
    let test = "server_plugins::what_does_not_fit_is_refused_and_what_fails_is_explained";
    let Some(world) = World::start(test) else { return };
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/version" => answer(r#"{"version":"1.9.0"}"#),
            "/v1/clusters/main/plugins" => answer(r#"{"items":[]}"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let install = |more: &str| world.run(&format!("plugin install gauge --yes {more}"));
    // Ranges against the versions that there are.
    let kubernetes = json!({"compatibility": {"kubernetes": ">=1.99"}});
    world.publish("gauge", "0.1.0", &kubernetes);
    let unfit = install("").stderr_failed(1);
    assert!(unfit.contains("`gauge` requires Kubernetes >=1.99, but this is v1."), "{unfit}");
    world.publish("gauge", "0.1.0", &json!({}));
    let signed_in = |line: &str| {
        let command = world
            .user
            .command(line.split_whitespace())
            .env("EVEREST_HOST", server.url())
            .env("EVEREST_TOKEN", "t")
            .output_in_time();
        String::from_utf8(command.stderr).unwrap()
    };
    let unfit = signed_in("plugin install gauge --yes");
    assert!(unfit.contains("`gauge` requires OpenEverest >=2.0.0, but this is 1.9.0"), "{unfit}");
    // The rules of the resource, ours and the cluster's.
    let template = "hub/charts/gauge/templates/plugin-cr.yaml";
    let good = std::fs::read_to_string(world.user.path(template)).unwrap();
    for (from, to, said) in [
        ("name: {{ .Chart.Name }}", "name: plugin", "which is reserved for commands from plugins"),
        ("name: {{ .Chart.Name }}", "name: 9lives", "which is not a valid name"),
        ("displayName: Gauge", "vendor: x", "its Plugin has no `spec.displayName`"),
        ("port: {{ .Values.port }}", "port: 70000", "has the port 70000"),
        ("kind: Plugin", "kind: Nothing", "it makes no `Plugin` resource"),
        ("vendor: Example Ltd", "vendor: {{ .Values.nothing.there }}", "helm could not render the chart"),
        ("type: route", "label2: route", "could not apply Plugin gauge"),
    ] {
        world.user.write(template, good.replace(from, to));
        let refused = install("").stderr_failed(1);
        assert!(refused.contains(said), "{to}: {refused}");
    }
    world.user.write(template, good.replace("name: {{ .Chart.Name }}", "name: other-name"));
    let warned = world.run("plugin install gauge --dry-run").stderr;
    assert!(
        warned.contains("warning: the command is called `other-name`, and the chart `gauge`"),
        "{warned}"
    );
    world.user.write(template, &good);
    assert_eq!(world.kubectl("get deployments --all-namespaces -o name"), "");
    // helm is not there, or another one.
    std::fs::rename(world.user.path("bin/helm"), world.user.path("helm")).unwrap();
    let absent = install("").stderr_failed(1);
    assert!(
        absent.contains("`helm` was not found on PATH")
            && absent.contains("https://helm.sh/docs/intro/install/"),
        "{absent}"
    );
    world.user.script("bin/helm", "echo v2.17.0");
    assert!(install("").stderr_failed(1).contains("is not helm 3 or 4: it says its version is `v2.17.0`"));
    std::fs::rename(world.user.path("helm"), world.user.path("bin/helm")).unwrap();
    // What helm finds in the environment leads it nowhere else.
    let elsewhere = world
        .user
        .command(["plugin", "install", "gauge", "--dry-run"])
        .env("HELM_KUBEAPISERVER", "https://127.0.0.1:1")
        .env("HELM_NAMESPACE", "nowhere")
        .output_in_time();
    assert!(elsewhere.status.success(), "{}", String::from_utf8_lossy(&elsewhere.stderr));
    a_pod_that_fails_is_shown(&world);
    // Somebody else's plugin keeps its name.
    world.run("plugin remove gauge --yes").succeeded();
    world.plane.create(
        "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {name: gauge}\n\
         spec: {displayName: Other, backend: {externalUrl: 'https://example.com'}}\n",
    );
    let taken = install("").stderr_failed(1);
    assert!(
        taken.contains("the cluster has a plugin `gauge` already, which was not installed with helm"),
        "{taken}"
    );
}

/// A pod that fails is shown while it is waited for, and what is there stays known.
fn a_pod_that_fails_is_shown(world: &World) {
    let event = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Event\nmetadata: {{name: {name}, namespace: everest-system}}\ntype: Warning\nreason: Failed\n\
             message: 'Back-off pulling image'\ninvolvedObject: {{kind: Pod, name: gauge-7d9-x2x, namespace: everest-system}}\n"
        )
    };
    world.plane.create("apiVersion: v1\nkind: Namespace\nmetadata: {name: everest-system}\n");
    let failing = std::thread::scope(|scope| {
        scope.spawn(|| {
            eventually("the deployment", || {
                !world.kubectl("get deployments -n everest-system -o name").is_empty()
            });
            world.plane.create(&event("one"));
        });
        world.run("plugin install gauge --yes --timeout 8s")
    });
    let said = failing.stderr_failed(124);
    assert!(said.contains("warning: Pod gauge-7d9-x2x: Failed: Back-off pulling image\n"), "{said}");
    assert!(
        said.contains(
            "error: timed out waiting for `gauge` to be ready: the server has not looked at it yet\n"
        ),
        "{said}"
    );
    assert_eq!(said.matches("Back-off").count(), 1, "{said}");
    assert!(world.run("plugin list -o name").success_silent().contains("gauge"));
}

#[test]
fn a_chart_comes_from_a_registry_by_its_digest() {
    let test = "server_plugins::a_chart_comes_from_a_registry_by_its_digest";
    let Some(helm) = helm(test) else { return };
    // One of its own: another test takes the definitions away from the shared one.
    let Some(plane) = Plane::start() else {
        return skip("kube", test, "KUBEBUILDER_ASSETS names no Kubernetes binaries (tests/kube/assets)");
    };
    let user = Sandbox::new().with("KUBECONFIG", plane.file("kubeconfig")).with("CI", "1");
    let Some(registry) = Registry::start(&user, "registry", test) else { return };
    std::os::unix::fs::symlink(&helm, user.path("bin/helm")).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/charts/gauge");
    assert!(Command::new("cp").arg("-rT").arg(folder).arg(user.path("gauge")).status_in_time().success());
    let reference = format!("oci://{}/charts", registry.address);
    // Puts the chart in its folder into the registry; gives the digest there.
    let push = || {
        let run = |words: &[&str]| {
            let mut command = Command::new(&helm);
            let output = command
                .env("HOME", user.path("home"))
                .current_dir(user.path(""))
                .args(words)
                .output_in_time();
            assert!(output.status.success(), "{words:?}: {output:?}");
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
        };
        run(&["package", "gauge"]);
        let said = run(&["push", "gauge-0.1.0.tgz", &reference]);
        said.lines()
            .find_map(|line| line.strip_prefix("Digest: "))
            .unwrap_or_else(|| panic!("{said}"))
            .to_owned()
    };
    let publish = |version: &str, digest: Option<&str>| {
        let stable = json!({"ref": format!("{reference}/gauge"), "version": version, "digest": digest});
        let artifacts = json!({"artifacts": {"chart": {"channels": {"stable": stable}}}});
        user.write("hub/index.json", index(&[entry("gauge", &artifacts)]));
    };
    let first = push();
    publish("0.1.0", Some(&first));
    let install = |more: &str| user.run(&format!("plugin install gauge --dry-run {more}"));
    let plan = install("-o json").json();
    assert_eq!(plan["digest"], first.as_str());
    assert!(plan["helm"].as_str().unwrap().contains(&format!("{reference}/gauge@{first} ")), "{plan}");
    // Another chart takes its tag: who knows the digest gets what was meant.
    let values = std::fs::read_to_string(user.path("gauge/values.yaml")).unwrap();
    user.write("gauge/values.yaml", values.replace("hello", "owned"));
    let second = push();
    assert_ne!(first, second);
    assert!(!install("").stdout.contains("owned"));
    publish("0.1.0", None);
    let moved = install("-o json").json();
    assert!(moved["manifest"].as_str().unwrap().contains("owned"), "{moved}");
    assert_eq!(moved["digest"], second.as_str());
    // A digest or a version that is not there.
    publish("0.1.0", Some(&format!("sha256:{}", "0".repeat(64))));
    let absent = install("").stderr_failed(1);
    assert!(absent.contains("error: helm could not pull oci://") && absent.contains("not found"), "{absent}");
    publish("0.9.0", None);
    assert!(install("").stderr_failed(1).contains("helm could not pull oci://"));
    assert!(install("--version 0.1.0").stdout.contains("owned"));
    // Carried to a machine that reaches no registry.
    publish("0.1.0", Some(&second));
    let bundle = user.path("bundle.tar");
    user.run(&format!("plugin export gauge -f {}", bundle.display())).succeeded();
    publish("0.9.0", None);
    // A registry that is gone.
    drop(registry);
    let there = Sandbox::new().with("KUBECONFIG", plane.file("kubeconfig")).with("CI", "1");
    std::os::unix::fs::symlink(&helm, there.path("bin/helm")).unwrap();
    there.run(&format!("plugin import {} --yes", bundle.display())).succeeded();
    there.run("plugin install imported/gauge --yes --no-wait").succeeded();
    let greeting =
        ["get", "configmap", "gauge-results", "-n", "everest-system", "-o", "jsonpath={.data.greeting}"];
    assert_eq!(plane.kubectl(&greeting), "owned");
    there.run("plugin remove gauge --yes").succeeded();
    let gone = install("--version 0.1.0").stderr_failed(1);
    assert!(gone.contains("helm could not pull") && gone.contains("connection refused"), "{gone}");
}

#[test]
fn manifests_are_tried_shown_and_applied() {
    let test = "server_plugins::manifests_are_tried_shown_and_applied";
    let Some(world) = World::start(test) else { return };
    let manifest = |port: u16, version: u16| {
        format!(
            "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {{name: plain}}\n\
             spec: {{displayName: Plain, version: '{version}', backend: {{serviceRef: {{namespace: plain, name: plain, port: {port}}}}}}}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{name: plain, namespace: plain}}\n\
             spec: {{ports: [{{port: {port}, protocol: TCP}}]}}\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata: {{name: plain, namespace: plain}}\nstringData: {{key: hunter{version}}}\n---\n\
             apiVersion: v1\nkind: Namespace\nmetadata: {{name: plain}}\n"
        )
    };
    world.user.write("plain.yaml", manifest(80, 1));
    let file = world.user.path("plain.yaml").display().to_string();
    let apply = |more: &str| world.run(&format!("plugin apply -f {file} {more}"));
    let dry = apply("--dry-run").success_silent();
    assert!(dry.contains("+ Plugin plain\n") && dry.contains("+ Service plain/plain\n"), "{dry}");
    assert_eq!(world.kubectl("get namespaces plain --ignore-not-found"), "");
    let asked = apply("").stderr_failed(2);
    assert!(asked.contains("confirmation required: apply `plain`?"), "{asked}");
    let applied = world.with_controller("plain", || apply("--yes --timeout 60s")).success_stderr();
    assert!(applied.contains("applied `plain`\n"), "{applied}");
    assert!(world.run("plugin list").success_silent().contains("plain"));
    assert_eq!(apply("--yes").success_stderr(), "`plain` is unchanged\n");
    world.user.write("plain.yaml", manifest(81, 2));
    let shown = apply("--dry-run").success_silent();
    assert!(
        shown.contains("spec.version: 1 -> 2\n") && shown.contains("spec.ports[0].port: 80 -> 81\n"),
        "{shown}"
    );
    assert!(shown.contains("data.key: changed (a secret)") && !shown.contains("aHVudGVy"), "{shown}");
    apply("--yes --no-wait").succeeded();
    let managers = world.kubectl("get plugins.extensions.openeverest.io plain -o json");
    assert!(managers.contains("\"manager\": \"everestctl\""), "{managers}");
    // Who else has a say in it is told, and taken over only on request.
    world.kubectl(&format!("apply --server-side --force-conflicts --field-manager other -f {file}"));
    world.user.write("plain.yaml", manifest(81, 3));
    let conflict = apply("--yes").stderr_failed(1);
    assert!(
        conflict.contains("has fields that someone else manages") && conflict.contains("\"other\""),
        "{conflict}"
    );
    assert!(conflict.contains("hint: pass --force-conflicts"), "{conflict}");
    apply("--yes --no-wait --force-conflicts").succeeded();
    // From standard input, and what is none.
    let fed = |input: &str| world.user.fed("plugin apply -f - --yes --no-wait --force-conflicts", input);
    let taken_over = fed(&manifest(81, 4));
    assert!(taken_over.status.success(), "{}", String::from_utf8_lossy(&taken_over.stderr));
    for (input, said) in [
        ("", "standard input has no Kubernetes objects"),
        ("a: 1", "document 1 is not a Kubernetes object"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", "it makes no `Plugin` resource"),
        ("a: [", "document 1: unexpected content"),
    ] {
        let stderr = String::from_utf8(fed(input).stderr).unwrap();
        assert!(stderr.contains(said), "{input}: {stderr}");
    }
    // Nothing of it came with helm.
    let removed = world.run("plugin remove plain --yes").stderr_failed(2);
    assert!(
        removed.contains("neither an installed package nor a plugin that helm has installed"),
        "{removed}"
    );
    // No cluster of OpenEverest: the API server answers, and has no plugins.
    let bare = Server::start(|_| {
        Reply::Bytes(response(
            "404 Not Found",
            "application/json",
            br#"{"kind":"Status","apiVersion":"v1","message":"nothing here"}"#,
        ))
    });
    world.user.write(
        "bare",
        format!(
            "current-context: c\nclusters: [{{name: c, cluster: {{server: '{}'}}}}]\nusers: [{{name: u, user: {{token: t}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
            bare.url()
        ),
    );
    let none = world
        .run(&format!("-k {} plugin apply -f {file} --yes", world.user.path("bare").display()))
        .stderr_failed(1);
    assert!(none.contains("has no Plugin resources: OpenEverest 2 is not installed in it"), "{none}");
}

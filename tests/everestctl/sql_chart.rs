//! The Helm chart of the SQL explorer: what it makes is what the manifest describes, and a cluster takes it.

use crate::support::InTime as _;
use crate::support::helm::helm;
use crate::support::plane::Plane;
use crate::support::{Sandbox, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const CHART: &str = "plugins/sql/chart";

/// A helm with its own home: the one that `HELM` names, or the one of the `PATH`.
pub(crate) struct Helm {
    program: PathBuf,
    place: Sandbox,
}

impl Helm {
    pub(crate) fn find(test: &str) -> Option<Self> {
        helm(test).map(|program| Self { program, place: Sandbox::new() })
    }

    /// Where it is.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        command.env_clear().env("HOME", self.place.path("")).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.args(arguments).output_in_time();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the chart makes, by kind.
    #[track_caller]
    fn made(&self, kind: &str, settings: &[&str]) -> Value {
        self.made_of(CHART, kind, settings)
    }

    /// What a chart makes, by kind.
    #[track_caller]
    pub(crate) fn made_of(&self, chart: &str, kind: &str, settings: &[&str]) -> Value {
        let rendered = self.run(&[&["template", "mine", chart, "-n", "tools"], settings].concat());
        let parts = rendered.split("\n---\n").map(|part| serde_yaml::from_str::<Value>(part).unwrap());
        let mut found = parts.filter(|part| part["kind"] == kind);
        let one = found.next().unwrap_or_else(|| panic!("{kind}: {rendered}"));
        assert!(found.next().is_none(), "{rendered}");
        one
    }
}

fn manifest() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/sql/manifest.yaml");
    serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_chart_makes_the_plugin_that_the_manifest_describes() {
    let Some(helm) = Helm::find("the_chart_makes_the_plugin_that_the_manifest_describes") else { return };
    helm.run(&["lint", "--strict", CHART]);
    let mut plugin = helm.made("Plugin", &[]);
    let service = json!({"namespace": "tools", "name": "mine-sql", "port": 8080});
    assert_eq!(plugin["spec"]["backend"]["serviceRef"], service);
    assert_eq!(plugin["spec"]["enabled"], true);
    let mut described = manifest();
    for object in [&mut plugin, &mut described] {
        object["spec"]["backend"] = Value::Null;
        object["spec"]["enabled"] = Value::Null;
    }
    for part in ["/apiVersion", "/metadata/name", "/metadata/annotations", "/spec"] {
        assert_eq!(plugin.pointer(part), described.pointer(part), "{part}");
    }
    // The service leads to the pods, and they listen where it leads.
    let (deployment, service) = (helm.made("Deployment", &[]), helm.made("Service", &[]));
    let template = &deployment["spec"]["template"];
    let container = &template["spec"]["containers"][0];
    assert_eq!(service["metadata"]["name"], "mine-sql");
    assert_eq!(service["spec"]["ports"][0]["port"], 8080);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], container["ports"][0]["name"]);
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], service["spec"]["selector"]);
    for (label, value) in service["spec"]["selector"].as_object().unwrap() {
        assert_eq!(&template["metadata"]["labels"][label], value);
    }
    let port = container["ports"][0]["containerPort"].to_string();
    let expected = json!([{"name": "LISTEN", "value": "0.0.0.0"}, {"name": "PORT", "value": port}]);
    assert_eq!(container["env"], expected);
    assert_eq!(template["spec"]["serviceAccountName"], helm.made("ServiceAccount", &[])["metadata"]["name"]);
    // What is set is where it belongs.
    let settings = [
        "--set=image.repository=registry.example.com/plugin-sql,image.tag=2",
        "--set=everestApiUrl=https://everest.example.com",
        "--set=service.port=80,plugin.enabled=false",
    ];
    let deployment = helm.made("Deployment", &settings);
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "registry.example.com/plugin-sql:2");
    assert_eq!(
        container["env"][2],
        json!({"name": "EVEREST_API_URL", "value": "https://everest.example.com"})
    );
    let plugin = helm.made("Plugin", &settings);
    assert_eq!(plugin["spec"]["enabled"], false);
    assert_eq!(plugin["spec"]["backend"]["serviceRef"]["port"], 80);
    assert_eq!(helm.made("Service", &settings)["spec"]["ports"][0]["port"], 80);
}

#[test]
fn a_cluster_takes_the_chart_and_lets_it_go() {
    let test = "a_cluster_takes_the_chart_and_lets_it_go";
    let Some(helm) = Helm::find(test) else { return };
    // One of its own: other tests count what is installed.
    let Some(plane) = Plane::start() else {
        return skip("kube", test, "KUBEBUILDER_ASSETS names no Kubernetes binaries (tests/kube/assets)");
    };
    let kubeconfig = plane.file("kubeconfig").display().to_string();
    let helm = |words: &[&str]| {
        helm.run(&[words, &["-n", "everest-system", "--kubeconfig", &kubeconfig][..]].concat())
    };
    let user = Sandbox::new().with("KUBECONFIG", &kubeconfig);
    let listed = || {
        let list = user.run("plugin list --source cluster -o json --all").json();
        let items = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
        items.iter().find(|item| item["name"] == "sql").cloned()
    };
    assert_eq!(listed(), None);
    helm(&["install", "sql", CHART, "--create-namespace"]);
    let service = plane.kubectl(&["get", "service", "sql", "-n", "everest-system", "-o", "name"]);
    assert_eq!(service, "service/sql\n");
    let installed = listed().unwrap_or_else(|| panic!("{}", user.run("plugin list").stdout));
    assert_eq!(installed["version"], "0.1.0", "{installed}");
    helm(&["upgrade", "sql", CHART, "--set", "plugin.enabled=false"]);
    let list = user.run("plugin list --all").stdout;
    assert!(list.lines().any(|line| line.starts_with("sql ") && line.contains("disabled")), "{list}");
    helm(&["uninstall", "sql"]);
    assert_eq!(listed(), None);
}

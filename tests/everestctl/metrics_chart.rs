//! The Helm chart of the metrics plugin: what it makes is what the manifest describes.

use crate::server_plugins::{Backend, World};
use crate::sql_chart::Helm;
use crate::support::metrics::backend;
use crate::support::{Sandbox, skip};
use serde_json::{Value, json};
use std::path::Path;

const CHART: &str = "plugins/metrics/chart";

fn manifest() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/metrics/manifest.yaml");
    serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_chart_makes_the_plugin_that_the_manifest_describes() {
    let Some(helm) = Helm::find("the_chart_makes_the_plugin_that_the_manifest_describes") else { return };
    helm.run(&["lint", "--strict", CHART]);
    let mut plugin = helm.made_of(CHART, "Plugin", &[]);
    let service = json!({"namespace": "tools", "name": "mine-metrics", "port": 8080});
    assert_eq!(plugin["spec"]["backend"]["serviceRef"], service);
    let mut described = manifest();
    for object in [&mut plugin, &mut described] {
        object["spec"]["backend"] = Value::Null;
        object["spec"]["enabled"] = Value::Null;
    }
    for part in ["/apiVersion", "/metadata/name", "/metadata/annotations", "/spec"] {
        assert_eq!(plugin.pointer(part), described.pointer(part), "{part}");
    }
    // Its account has no rights, and no token for any.
    let account = helm.made_of(CHART, "ServiceAccount", &[]);
    assert_eq!(account["automountServiceAccountToken"], false);
    let deployment = helm.made_of(CHART, "Deployment", &[]);
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(
        (&pod["automountServiceAccountToken"], &pod["serviceAccountName"]),
        (&json!(false), &account["metadata"]["name"])
    );
    let service = helm.made_of(CHART, "Service", &[]);
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], service["spec"]["selector"]);
}

#[test]
fn secrets_are_files_and_dashboards_a_config_map() {
    let Some(helm) = Helm::find("secrets_are_files_and_dashboards_a_config_map") else { return };
    let settings = [
        "--set=prometheus.url=https://prometheus.example.com,prometheus.tokenSecret.name=prom,prometheus.caSecret.name=ca",
        "--set=dashboards.shop.title=Shop,dashboards.shop.panels[0].title=Up,dashboards.shop.panels[0].expr=up",
    ];
    let deployment = helm.made_of(CHART, "Deployment", &settings);
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let variable = |name: &str| {
        let all = container["env"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).map(|one| one["value"].as_str().unwrap().to_owned())
    };
    let mounted = |path: &str| {
        let mounts = container["volumeMounts"].as_array().unwrap();
        let mount = mounts.iter().find(|mount| path.starts_with(mount["mountPath"].as_str().unwrap()));
        let name = &mount.unwrap_or_else(|| panic!("{path}"))["name"];
        pod["volumes"].as_array().unwrap().iter().find(|volume| volume["name"] == *name).cloned().unwrap()
    };
    assert_eq!(variable("PROMETHEUS_URL").as_deref(), Some("https://prometheus.example.com"));
    assert_eq!(mounted(&variable("PROMETHEUS_TOKEN_FILE").unwrap())["secret"]["secretName"], "prom");
    assert_eq!(mounted(&variable("PROMETHEUS_CA_FILE").unwrap())["secret"]["secretName"], "ca");
    let map = helm.made_of(CHART, "ConfigMap", &settings);
    assert_eq!(mounted(&variable("DASHBOARDS").unwrap())["configMap"]["name"], map["metadata"]["name"]);
    let dashboard: Value = serde_yaml::from_str(map["data"]["shop.yaml"].as_str().unwrap()).unwrap();
    assert_eq!(dashboard, json!({"title": "Shop", "panels": [{"title": "Up", "expr": "up"}]}));
    // Without them there is nothing of them.
    let deployment = helm.made_of(CHART, "Deployment", &[]).to_string();
    for word in ["TOKEN_FILE", "CA_FILE", "DASHBOARDS", "secretName"] {
        assert!(!deployment.contains(word), "{word}");
    }
}

#[test]
fn a_cluster_takes_the_chart_its_commands_work_and_it_lets_it_go() {
    let test = "metrics_chart::a_cluster_takes_the_chart_its_commands_work_and_it_lets_it_go";
    if !backend().exists() {
        return skip("metrics-backend", test, "the backend is not built (cargo build --workspace)");
    }
    let Some(world) = World::start(test) else { return };
    world.publish_chart(CHART, "metrics", "0.1.0", &json!({}));
    // As the image would run it; nothing pulls one here.
    let program = backend().display().to_string();
    let words = ["/usr/bin/env", "LISTEN=0.0.0.0", "PORT=8080", &program];
    let served = Backend::of(&world, test, "metrics", |namespace| namespace.run(&words, 8080));
    let asked = world.run("plugin install metrics");
    for line in [
        "metrics 0.1.0\n",
        "commands: everestctl metrics\n",
        "permissions in OpenEverest:\n    read namespaces\n    read instances\n",
        "images:\n    plugin-metrics:0.1.0\n",
    ] {
        assert!(asked.stdout.contains(line), "{line}: {}", asked.stdout);
    }
    let set = "--set prometheus.url=http://prometheus.example.com:9090";
    let install = format!("plugin install metrics --yes --timeout 60s {set}");
    let installed = world.with_controller("metrics", || world.run(&install)).success_stderr();
    assert!(installed.contains("installed `metrics` 0.1.0 (release `metrics`)\n"), "{installed}");
    // What the page of OpenEverest asks for is what the manifest describes.
    let read = "get plugins.extensions.openeverest.io metrics -o json";
    let plugin: Value = serde_json::from_str(&world.kubectl(read)).unwrap();
    assert_eq!(plugin["spec"]["frontend"], manifest()["spec"]["frontend"]);
    let deployment = world.kubectl("get deployment metrics -n everest-system -o json");
    assert!(deployment.contains("http://prometheus.example.com:9090"), "{deployment}");
    assert!(world.run("plugin list").success_silent().contains("metrics"));
    if served.is_some() {
        let help = world.run("metrics --help").success_silent();
        assert!(help.contains("dashboard") && help.contains("alerts"), "{help}");
        // Kubernetes passes on no token of the caller.
        let top = world.run("metrics top");
        assert!(top.code != Some(0) && top.stderr.contains("missing auth token"), "{top:?}");
    }
    world.run("plugin upgrade metrics --yes --no-wait --set plugin.frontend=false").succeeded();
    let plugin: Value = serde_json::from_str(&world.kubectl(read)).unwrap();
    assert_eq!(plugin["spec"].get("frontend"), None);
    let removed = world.run("plugin remove metrics --yes").success_stderr();
    assert!(removed.contains("removed `metrics` (release `metrics`)\n"), "{removed}");
    let list = world.run("plugin list -o name").stdout;
    assert!(!list.lines().any(|name| name == "metrics"), "{list}");
}

#[test]
fn what_is_delivered_is_clean() {
    let Some(helm) = Helm::find("metrics_chart::what_is_delivered_is_clean") else { return };
    let user = Sandbox::new();
    std::os::unix::fs::symlink(helm.program(), user.path("bin/helm")).unwrap();
    // The manifest and the chart declare what the bundle registers.
    let place = format!("{}/plugins/metrics", env!("CARGO_MANIFEST_DIR"));
    let output = user.run_with(["plugin", "lint", &place]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:?}");
    assert_eq!(output.stderr, "0 errors, 0 warnings in 3 files\n");
}

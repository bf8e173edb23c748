//! The Helm chart of the metrics plugin: what it makes is what the manifest describes.

use crate::sql_chart::Helm;
use serde_json::{Value, json};
use std::path::Path;

const CHART: &str = "plugins/metrics/chart";

#[test]
fn the_chart_makes_the_plugin_that_the_manifest_describes() {
    let Some(helm) = Helm::find("the_chart_makes_the_plugin_that_the_manifest_describes") else { return };
    helm.run(&["lint", "--strict", CHART]);
    let mut plugin = helm.made_of(CHART, "Plugin", &[]);
    let service = json!({"namespace": "tools", "name": "mine-metrics", "port": 8080});
    assert_eq!(plugin["spec"]["backend"]["serviceRef"], service);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/metrics/manifest.yaml");
    let mut described: Value = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
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

//! The metrics plugin through the binary: expressions, databases, dashboards, alerts, names, TAB, pictures.

use crate::support::metrics::{Metrics, json, run};
use crate::support::sandbox::eventually;
use crate::support::{InTime as _, Sandbox};
use serde_json::Value;

/// The texts at `key` of the rows.
fn texts<'v>(answer: &'v Value, rows: &str, key: &str) -> Vec<&'v str> {
    answer[rows].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap_or_default()).collect()
}

#[test]
fn expressions_dashboards_and_names_are_commands() {
    let Some(metrics) = Metrics::start("expressions_dashboards_and_names_are_commands", "") else { return };
    let alice = metrics.user("alice");
    // Now: a row for each series, and bars.
    let table = run(&alice, &["query", "up"]).success_silent();
    assert!(table.starts_with("NAME") && table.contains("up{job=node}"), "{table}");
    assert!(table.contains("up{job=postgres}") && !table.contains("vault"), "{table}");
    let now = json(&alice, &["query", "up{job=\"node\"}"]);
    assert_eq!(
        (now["series"][0]["value"].as_i64(), now["series"][0]["name"].as_str()),
        (Some(1), Some("up"))
    );
    assert_eq!(now["series"][0]["labels"]["pod"], "shop-0");
    let bars = run(&alice, &["query", "up", "-o", "plot"]).success_silent();
    assert!(bars.contains("█") && bars.contains("job=node"), "{bars}");
    // Over time: points, lines, a record for each point.
    let range = ["query", "process_resident_memory_bytes{job=\"node\"}", "--since", "1m", "--step", "1s"];
    let over = json(&alice, &range);
    assert_eq!((over["unit"].as_str(), over["step"].as_f64()), (Some("bytes"), Some(1.0)));
    let points = over["series"][0]["points"].as_array().unwrap();
    assert!(points.len() >= 2 && points[0]["value"].as_i64().unwrap() > 1_000_000, "{over}");
    let plot = run(&alice, &[&range[..], &["-o", "plot"]].concat()).success_silent();
    assert!(plot.starts_with("bytes\n") && plot.contains("process_resident_memory_bytes  last "), "{plot}");
    assert!(plot.contains("Mi┤") || plot.contains("Mi ┤") || plot.contains("Ki┤"), "{plot}");
    let csv = run(&alice, &[&range[..], &["-o", "csv"]].concat()).success_silent();
    assert!(csv.starts_with("NAME,TIME,VALUE,UNIT\nprocess_resident_memory_bytes,20"), "{csv}");
    assert!(csv.lines().count() > 2 && csv.lines().nth(1).unwrap().ends_with(",bytes"), "{csv}");
    let svg = run(&alice, &[&range[..], &["-o", "plot", "--output-file", "memory.svg"]].concat());
    assert_eq!(svg.code, Some(0), "{svg:?}");
    // What Prometheus says no with is what is said.
    let wrong =
        run(&alice, &["query", "up + on(job) group_left up{job=\"node\"} + on() up"]).stderr_failed(1);
    assert!(wrong.contains("Prometheus says: ") && wrong.contains("duplicate series"), "{wrong}");
    for (words, expected) in [
        (&["query", "up{"][..], "invalid PromQL"),
        (&["query", "up", "--step", "1s"], "`until` and `step` need `since`"),
        (&["query", "up", "--since", "1d", "--step", "1s"], "more than 11000 points"),
        (&["query", "up[5m]", "--since", "1h"], "has no value for a moment"),
        (&["query", "up", "--since", "soon"], "is neither a duration such as 1h nor a time"),
        (&["query", "up", "-n", "b"], "no namespace `b` that you may see"),
        (&["query", "up", "-n", "c"], "no namespace `c` that you may see"),
        (&["dashboard", "nothing"], "no dashboard `nothing`"),
        (&["dashboard", "broken"], "broken.yaml:4: "),
        (&["labels", "a-b"], "is not the name of a label"),
    ] {
        let said = run(&alice, words).stderr_failed(1);
        assert!(said.contains(expected), "{words:?}: {said}");
    }
    let bob = metrics.user("bob");
    databases_and_dashboards(&alice, &bob);
    // Alerts and names.
    assert_eq!(texts(&json(&alice, &["alerts"]), "items", "name"), ["ShopUp"]);
    assert_eq!(texts(&json(&bob, &["alerts"]), "items", "name"), ["ShopUp", "VaultUp"]);
    assert_eq!(texts(&json(&bob, &["alerts", "-n", "b"]), "items", "summary"), ["b-secret"]);
    let labels = json(&alice, &["labels"]);
    assert!(texts(&labels, "items", "name").contains(&"job"), "{labels}");
    assert_eq!(texts(&json(&alice, &["labels", "pod"]), "items", "name"), ["shop-0"]);
    assert_eq!(texts(&json(&alice, &["labels", "job", "--metric", "pg_up"]), "items", "name"), ["postgres"]);
    let list = run(&alice, &["list"]).success_silent();
    let line = list.lines().find(|line| line.starts_with("node_memory_MemTotal_bytes ")).unwrap();
    assert!(line.contains("gauge") && line.contains("Memory information"), "{line}");
    // TAB.
    let offered = |words: &[&str]| -> Vec<String> {
        // In CI no one presses TAB, and nothing is fetched in the background.
        let mut command = alice.command(["__complete", "metrics"].iter().chain(words));
        let output = command.env("CI", "0").output_in_time();
        let lines = String::from_utf8(output.stdout).unwrap();
        let values = lines.lines().filter(|line| !line.starts_with(':'));
        values.map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    };
    for (words, value) in [
        (&["query", "node_memory_MemT"][..], "node_memory_MemTotal_bytes"),
        (&["labels", "po"], "pod"),
        (&["labels", "job", "--metric", "pg_database_size"], "pg_database_size_bytes"),
        (&["dashboard", "post"], "postgresql"),
        (&["dashboard", "shop", "-i", ""], "shop"),
    ] {
        eventually(value, || offered(words) == [value]);
    }
    assert_eq!(offered(&["query", "only_in"]), Vec::<String>::new());
    let refreshed = alice.run("plugin refresh metrics");
    assert_eq!((refreshed.code, refreshed.stderr.contains("warning")), (Some(0), false), "{refreshed:?}");
}

fn databases_and_dashboards(alice: &Sandbox, bob: &Sandbox) {
    // Databases.
    let top = json(alice, &["top"]);
    assert_eq!(texts(&top, "items", "name"), ["shop"], "{top}");
    let shop = &top["items"][0];
    assert!(shop["cpu"].as_f64().is_some_and(|cores| cores >= 0.0), "{shop}");
    assert!(shop["memory"].as_f64().is_some_and(|bytes| bytes > 1e6), "{shop}");
    assert!(shop["connections"].as_f64().is_some_and(|count| count >= 1.0), "{shop}");
    let top = json(bob, &["top", "--by", "name"]);
    assert_eq!(texts(&top, "items", "name"), ["shop", "vault"]);
    let table = run(bob, &["top"]).success_silent();
    assert!(table.starts_with("NAME") && table.lines().nth(1).unwrap().starts_with("shop"), "{table}");
    // Dashboards.
    let list = json(alice, &["dashboards"]);
    assert_eq!(texts(&list, "items", "name"), ["broken", "postgresql", "prometheus", "shop"]);
    assert!(list["items"][0]["problem"].as_str().unwrap().starts_with("broken.yaml:4: "), "{list}");
    let shop = json(alice, &["dashboard", "shop", "--since", "1m", "--step", "1s", "--instance", "shop"]);
    assert_eq!(texts(&shop, "panels", "title"), ["Up", "Memory", "Too much"]);
    assert!(shop["panels"][2]["problem"].as_str().unwrap().contains("Prometheus says: "), "{shop}");
    assert_eq!(
        (shop["panels"][0]["kind"].as_str(), shop["panels"][1]["unit"].as_str()),
        (Some("bar"), Some("bytes"))
    );
    let output = run(alice, &["dashboard", "shop", "--since", "1m", "--step", "1s", "-o", "plot"]);
    assert!(output.stderr.contains("panel: Too much: Prometheus says: "), "{output:?}");
    let (up, memory) = (output.stdout.find("Up\n"), output.stdout.find("Memory\nbytes\n"));
    assert!(up.is_some() && memory > up, "{}", output.stdout);
    let postgresql = json(alice, &["dashboard", "postgresql", "--since", "1m", "-i", "shop"]);
    let problems = &postgresql["problems"];
    assert!(problems.is_null(), "{problems}");
    let panels = texts(&postgresql, "series", "panel");
    for panel in ["Up", "Connections", "Connections of the maximum", "Size"] {
        assert!(panels.contains(&panel), "{panel}: {panels:?}");
    }
}

#[test]
fn a_prometheus_that_goes_away_is_said() {
    let Some(mut metrics) = Metrics::start("a_prometheus_that_goes_away_is_said", "") else { return };
    let alice = metrics.user("alice");
    metrics.prometheus.break_down();
    for words in
        [&["query", "up"][..], &["top"], &["dashboard", "postgresql"], &["alerts"], &["labels"], &["list"]]
    {
        let said = run(&alice, words).stderr_failed(1);
        assert!(said.contains("Prometheus is not reachable"), "{words:?}: {said}");
    }
    assert_eq!(run(&alice, &["dashboards"]).code, Some(0));
    // Nothing of what was asked is noted.
    let lines = metrics.host.lines().join("\n");
    assert!(!lines.contains("pg_stat") && !lines.contains("Bearer"), "{lines}");
}

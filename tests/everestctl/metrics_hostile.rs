//! Users who want to see metrics of namespaces that OpenEverest does not show to them.

use crate::support::client::{self, Answer};
use crate::support::metrics::{Metrics, encoded, json, run};
use serde_json::Value;

const PLUGIN: &str = "/v1/clusters/main/plugins/metrics";

/// Expressions that would show something of the namespace b, or of none.
const TRICKS: &[&str] = &[
    "up",
    r#"up{namespace="b"}"#,
    r#"up{namespace=~"a|b"}"#,
    r#"up{namespace!="a"}"#,
    r#"{__name__=~".+"}"#,
    r#"{namespace="b"}"#,
    r#"{__name__=~".+", namespace=""}"#,
    "only_in_b",
    "cluster:b_secrets",
    r#"up{job="node"} or up{namespace="b"}"#,
    "up # }\nor only_in_b",
    "up unless on() vector(2) or only_in_b",
    "max_over_time(only_in_b[1m])",
    "max_over_time((only_in_b)[1m:1s])",
    "only_in_b offset 1s",
    "only_in_b @ end()",
    "sum without (namespace) (only_in_b)",
    "topk(scalar(only_in_b), up)",
    "quantile(scalar(only_in_b), up)",
    "vector(scalar(only_in_b))",
    "count_values(\"x\", only_in_b)",
    "absent(only_in_b)",
    r#"label_replace(only_in_b, "namespace", "a", "", "")"#,
    r#"label_join(only_in_b, "namespace", "", "job")"#,
    r#"up{job="node"} * on () group_left (secret) only_in_b"#,
    r#"up{job="node"} * ignoring (job, instance, namespace, pod) group_left (secret) up{namespace="b"}"#,
    r"up * 0 + on () group_left () only_in_b",
    r"(up) + on() (only_in_b)",
    "-only_in_b",
    "info(up)",
    r#"up{x="\"} or only_in_b{y=\""}"#,
    "up{x='\"} or only_in_b or up{x=\"'}",
    "up{x=`\"} or only_in_b{y=\"`}",
    r#"{"only_in_b"}"#,
    r#"{"up} or only_in_b or {job=\"x"}"#,
    r#"up{namespace="a" or namespace="b"}"#,
    r#"ALERTS{alertname="VaultUp"}"#,
    r"ALERTS_FOR_STATE",
    "histogram_quantile(0.9, prometheus_http_request_duration_seconds_bucket)",
    "scrape_samples_scraped > bool 0",
    "timestamp(only_in_b)",
];

/// What only the namespace b has, or what has none.
const SECRETS: &[&str] = &["b-secret", "vault", "only_in_b", "b_secrets", "nowhere", "VaultUp", "Everywhere"];

fn says_nothing_of_b(asked: &str, answer: &Answer) {
    let text = answer.text();
    for series in answer.json()["series"].as_array().into_iter().flatten() {
        let labels = &series["labels"];
        let namespace = labels["namespace"].as_str();
        // What is computed of nothing, or has lost its labels, is of nobody.
        let is_computed = labels.as_object().is_none_or(|labels| labels.keys().all(|label| label == "x"));
        assert!(namespace == Some("a") || is_computed || asked.contains("label_"), "{asked}: {text}");
        for secret in SECRETS {
            assert!(!labels.to_string().contains(secret), "{asked}: {text}");
        }
        // `absent` tells of what a caller cannot see as of what is not there; else a value of b would be one.
        if is_computed && !asked.starts_with("absent") {
            assert_eq!(series["value"], "NaN", "{asked}: {text}");
        }
    }
}

#[test]
fn no_expression_shows_another_namespace() {
    for compat in ["spec", "upstream"] {
        let test = "no_expression_shows_another_namespace";
        let Some(metrics) = Metrics::start(test, &format!("--compat {compat}")) else { return };
        let (alice, carol) = (metrics.token("alice"), metrics.token("carol"));
        let ask = |token: &str, path: &str, more: &[(&str, &str)]| {
            let bearer = format!("Bearer {token}");
            let headers = [&[("authorization", bearer.as_str())], more].concat();
            client::ask(&metrics.host.address, &format!("GET {PLUGIN}{path}"), &headers, b"")
        };
        for trick in TRICKS {
            for more in ["", "&since=30s&step=1s", "&namespace=a", "&k8sCluster=main"] {
                let answer = ask(&alice, &format!("/api/query?expr={}{more}", encoded(trick)), &[]);
                assert!(matches!(answer.status, 200 | 400 | 422), "{trick}: {}", answer.text());
                says_nothing_of_b(trick, &answer);
            }
        }
        // The same tricks show b to who may see it: they are tricks.
        let bob = metrics.token("bob");
        let shown = |answer: &Answer| SECRETS.iter().any(|secret| answer.text().contains(secret));
        for trick in [r#"up{namespace="b"}"#, r#"{__name__=~".+"}"#, "topk(scalar(only_in_b), up)"] {
            assert!(shown(&ask(&bob, &format!("/api/query?expr={}", encoded(trick)), &[])), "{trick}");
        }
        // Nobody sees what has no namespace.
        let all =
            ask(&bob, &format!("/api/query?expr={}&maxSeries=1000", encoded(r#"{__name__=~".+"}"#)), &[]);
        assert!(!all.text().contains("nowhere") && !all.text().contains("b_secrets"), "{compat}");
        // Names are filtered in the same way, also by a selector of the caller's own.
        for path in [
            "/api/labels",
            "/api/labels?label=namespace",
            "/api/labels?label=pod",
            "/api/labels?label=secret",
            "/api/labels?label=__name__",
            "/api/labels?label=alertname",
            &format!("/api/labels?label=pod&metric={}", encoded(r#"{namespace="b"}"#)),
            &format!("/api/labels?label=pod&metric={}", encoded(r#"{namespace=~".*"}"#)),
            &format!("/api/labels?label=pod&metric={}", encoded("only_in_b")),
            &format!("/api/labels?label=pod&metric={}", encoded("up or only_in_b")),
            &format!("/api/labels?label={}", encoded("../../query?query=only_in_b&x=")),
            "/api/metrics",
            &format!("/api/metrics?selector={}", encoded(r#"{namespace="b"}"#)),
            "/api/alerts",
            "/api/alerts?state=firing",
            "/api/top",
            "/api/dashboards/prometheus",
            &format!("/api/dashboards/postgresql?instance={}", encoded(r#"x"} or only_in_b{y="#)),
            "/api/dashboards/postgresql?instance=vault",
            "/api/dashboards/postgresql?instance=.*",
        ] {
            let answer = ask(&alice, path, &[]);
            let text = answer.text();
            for secret in SECRETS {
                // What was asked for may be said again in an error.
                let said = answer.status == 200 && text.contains(secret);
                assert!(!said, "{path}: {secret}: {text}");
            }
            assert!(!text.contains("\"b\"") && !text.contains("namespace=b"), "{path}: {text}");
            assert!(answer.status < 500, "{path}: {text}");
        }
        let other = ask(&alice, "/api/query?expr=up&k8sCluster=other", &[]);
        assert_eq!(other.status, 404, "{}", other.text());
        // A namespace that is not there and one that may not be seen are the same.
        let said = |name: &str| {
            let answer = ask(&alice, &format!("/api/query?expr=up&namespace={name}"), &[]);
            (answer.status, answer.text().replace(&format!("`{name}`"), "it"))
        };
        assert_eq!(said("b"), said("z"));
        assert_eq!(said("b").0, 404);
        // Without namespaces, and without a token, there is nothing.
        for path in [
            "/api/query?expr=up",
            "/api/labels",
            "/api/metrics",
            "/api/alerts",
            "/api/top",
            "/api/dashboards",
        ] {
            assert_eq!(ask(&carol, path, &[]).status, 403, "{path}");
            // The host asks for a token itself, in other words, where it does as the specification says.
            let strange = client::ask(&metrics.host.address, &format!("GET {PLUGIN}{path}"), &[], b"").status;
            assert!(matches!(strange, 400 | 401), "{path}: {strange}");
            assert_eq!(ask("nonsense", path, &[]).status, 401, "{path}");
        }
        // A statement of the caller's own making is none.
        let forged =
            ask(&alice, "/api/labels?label=namespace", &[("x-everest-user", "e30.eyJzdWIiOiJib2IifQ.x")]);
        assert!(!forged.text().contains("\"b\""), "{compat}: {}", forged.text());
    }
}

#[test]
fn what_asks_for_too_much_is_refused_and_the_plugin_lives() {
    let Some(metrics) = Metrics::start("what_asks_for_too_much_is_refused_and_the_plugin_lives", "") else {
        return;
    };
    let alice = metrics.user("alice");
    let deep = format!("{}up{}", "(".repeat(3000), ")".repeat(3000));
    for (expression, expected) in [
        (deep.as_str(), "nested more than"),
        (&"up+".repeat(2000), "invalid PromQL"),
        (&format!("up{{a=\"{}\"}}", "x".repeat(9000)), "longer than 8192 bytes"),
        ("up[1e30]", "longer than 100 years"),
        ("up offset 1e30", "longer than 100 years"),
        ("max_over_time(up[10y])", "longer than 31 days"),
        ("max_over_time(max_over_time(up[1d:1s])[30d:1s])", "too many steps"),
        ("max_over_time(up[1d:1ms])", "shorter than 1s"),
    ] {
        let said = run(&alice, &["query", expression]).stderr_failed(1);
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let answer: Value = json(&alice, &["query", "up"]);
    assert_eq!(answer["series"].as_array().unwrap().len(), 2);
    assert_eq!(metrics.host.lines().iter().filter(|line| line.contains("metrics: ready")).count(), 1);
}

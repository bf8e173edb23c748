//! The commands of the shipped overlays that look things up, against backends that behave as the real plugins do,
//! behind a host in each of its modes.

use crate::support::backends::{Backends, in_both_modes, sent_body};
use serde_json::json;
use snapbox::{assert_data_eq, str};

#[test]
fn my_plugin_greets_in_every_form() {
    in_both_modes("my_plugin_greets_in_every_form", "my-plugin", |it, _| {
        assert_eq!(it.stdout_ok("hello"), "message  Hello from my-plugin backend!\n");
        assert_eq!(it.json("hello"), it.body("/api/hello"));
        assert_eq!(it.stdout_ok("hello -o yaml"), "message: Hello from my-plugin backend!\n");
        assert_eq!(it.stdout_ok("hello -o raw"), "{\"message\":\"Hello from my-plugin backend!\"}\n");
        assert_eq!(it.stdout_ok("hello --jq .message"), "Hello from my-plugin backend!\n");
        let error = it.stderr_failed("hello --jq .[", 2);
        assert!(error.starts_with("error: "), "{error}");
        assert!(it.stderr_failed("nope", 2).contains("unrecognized subcommand 'nope'"));
        assert!(it.stderr_failed("hello extra", 2).contains("unexpected argument 'extra'"));
        assert!(it.stderr_failed("", 2).contains("Usage: everestctl my-plugin [OPTIONS] <COMMAND>"));
        let help = it.stdout_ok("--help");
        assert!(help.contains("hello") && help.contains("an overlay included in everestctl"), "{help}");
    });
}

#[test]
fn hello_has_no_commands_and_says_so() {
    in_both_modes("hello_has_no_commands_and_says_so", "hello", |it, _| {
        for line in ["", "greet", "--help"] {
            let error = it.stderr_failed(line, 126);
            assert!(
                error.starts_with("error: `hello` has no commands: it publishes no OpenAPI document\n"),
                "{error}"
            );
            assert!(error.contains("hint: everestctl plugin api hello GET /\n"), "{error}");
        }
    });
}

#[test]
fn the_hub_lists_shows_one_and_warns_of_what_is_not_known() {
    let test = "the_hub_lists_shows_one_and_warns_of_what_is_not_known";
    in_both_modes(test, "plugin-hub", |it, compat| {
        assert_eq!(it.json("catalog"), it.body("/api/catalog"));
        let names = it.stdout_ok("catalog -o name");
        assert_eq!(names.lines().count(), 12, "{names}");
        let info = it.run("info plugin-hub");
        assert!(
            info.stdout.contains("CHART              oci://ghcr.io/openeverest/charts/plugin-hub"),
            "{info:?}"
        );
        assert_eq!(it.json("info mssql")["name"], "mssql");
        let missing = it.run("show nope").stderr_failed(1);
        assert!(missing.contains("error: `nope` not found\n"), "{missing}");
        let alias = it.user.run("hub ls");
        assert_eq!(alias.code, Some(0), "{alias:?}");
        if compat == "spec" {
            assert_eq!(alias.stderr, "");
            assert_data_eq!(
                it.stdout_ok("list --columns NAME,INSTALLED,PHASE"),
                str![[r"
NAME                     INSTALLED  PHASE
altinity-clickhouse      false      -
cassandra                false      -
cloudnative-pg           false      -
generic-plugin-template  false      -
mariadb                  false      -
mssql                    false      -
percona-postgresql       false      -
percona-server-mongodb   false      -
percona-xtradb-cluster   false      -
plugin-hub               true       Installed
plugin-mongodb-explorer  false      -
valkey                   true       Installed

"]]
            );
            assert_eq!(it.json("installed"), it.body("/api/installed"));
        } else {
            let known = "warning: installed extensions are not known: everest API returned status 401\n";
            assert_eq!(alias.stderr, known);
            // The backend asks for an identity that this server does not give.
            let error = it.stderr_failed("installed", 1);
            let text = "error: `plugin-hub`: returned 502 (bad gateway): everest API returned status 401\n";
            assert!(error.starts_with(text), "{error}");
        }
    });
}

#[test]
fn the_hub_warns_of_a_stale_catalogue_on_standard_error_only() {
    let test = "the_hub_warns_of_a_stale_catalogue_on_standard_error_only";
    let Some(it) = Backends::start(test, "plugin-hub", "spec", "HUB: stale, ") else { return };
    let output = it.run("catalog -o json");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stderr, "warning: the catalogue is an old copy, its server does not answer\n");
    assert_eq!(output.json()["extensions"].as_array().unwrap().len(), 12);
}

#[test]
fn documents_are_found_by_filters_from_everywhere() {
    in_both_modes("documents_are_found_by_filters_from_everywhere", "mongo-explorer", |it, _| {
        let shop = "--instance shop -n everest";
        assert_eq!(it.stdout_ok(&format!("databases {shop}")), "DATABASES\nadmin\nshop\n");
        assert_eq!(it.stdout_ok(&format!("dbs {shop} -o name")), "admin\nshop\n");
        assert_eq!(
            it.stdout_ok(&format!("collections shop {shop} --no-headers")),
            "orders\ncustomers\nempty\n"
        );
        assert_eq!(it.json("instances"), it.body("/api/instances"));
        let two = format!("find shop orders {shop} --sort {{\"number\":-1}} --limit 2 --columns NUMBER,CITY");
        assert_eq!(it.stdout_ok(&two), "NUMBER  CITY\n   250  Quito\n   249  Oslo\n");
        it.user.write("home/filter.json", r#"{"number":{"$lt":4}}"#);
        let numbers = |filter: &str| {
            it.stdout_ok(&format!("query shop orders {shop} {filter} --jq .documents[].number"))
        };
        assert_eq!(numbers("--filter @filter.json"), "1\n2\n3\n");
        assert_eq!(numbers("--set filter.number=7"), "7\n");
        assert_eq!(numbers("--filter {\"number\":9}"), "9\n");
        let piped = it.user.shell(&format!(
            "everestctl mongo-explorer query shop orders {shop} --filter - --jq '.documents|length' <filter.json"
        ));
        assert_eq!(piped.success_silent(), "3\n");
        let dry = it.stdout_ok(&format!("query shop orders {shop} --dry-run"));
        let expected = json!({"db": "shop", "collection": "orders", "cluster": "shop", "namespace": "everest", "filter": {}, "k8sCluster": "main"});
        let mut body = sent_body(&dry);
        body.as_object_mut().unwrap().entry("k8sCluster").or_insert("main".into());
        assert_eq!(body, expected);
        let empty = it.run(&format!("query shop empty {shop}"));
        assert_eq!(
            (empty.code, empty.stdout.as_str(), empty.stderr.as_str()),
            (Some(0), "", "nothing found with shop empty --instance shop --namespace everest\n")
        );
        it.all_stderr_failed(&[
            (
                "databases --instance shop",
                2,
                "error: missing: --namespace\nhint: everestctl mongo-explorer databases --help\n",
            ),
            (
                "databases --instance none -n everest",
                1,
                "returned 400 (bad request): failed to get credentials: credentials endpoint returned 404",
            ),
            ("databases --instance forbidden -n everest", 1, "credentials endpoint returned 403"),
            (
                "query shop orders --instance shop -n everest --limit 1001",
                2,
                "error: --limit: `1001` is not from 1 to 1000\n",
            ),
            ("query shop orders --instance shop -n everest --limit many", 2, "error: --limit: "),
            (
                "query shop orders --instance shop -n everest --filter {",
                2,
                "error: --filter: `{` is not JSON",
            ),
            (
                "query shop orders --instance shop -n everest --filter @none.json",
                2,
                "could not read file none.json",
            ),
            (
                "query shop orders --instance shop -n everest --filter {\"a\":{\"$foo\":1}}",
                1,
                "returned 500 (internal server error): find: (BadValue) unknown operator: $foo\n",
            ),
        ]);
    });
}

#[test]
fn the_audit_log_takes_ages_and_repeated_flags() {
    in_both_modes("the_audit_log_takes_ages_and_repeated_flags", "audit", |it, _| {
        let day = it.json("events --since 24h");
        assert_eq!(day["items"].as_array().unwrap().len(), 100);
        let asked = || it.requests().into_iter().find(|line| line.contains("/api/events?since="));
        // The backend's log comes through a pipe, at its own pace.
        crate::support::sandbox::eventually("the request is in the log", || asked().is_some());
        let asked = asked().unwrap();
        let since = asked.split("since=").nth(1).unwrap().split([' ', '&']).next().unwrap();
        let since = since.replace("%3A", ":");
        assert_eq!(since.len(), "2026-11-23T08:00:00Z".len(), "{since}");
        assert!(since.as_bytes()[10] == b'T' && since.ends_with('Z'), "{since}");
        it.json("events --type backup.failed --type user.login --namespace prod");
        let asked = it.requests().into_iter().find(|line| line.contains("types=")).unwrap();
        assert!(
            asked.contains("types=backup.failed,user.login")
                || asked.contains("types=backup.failed%2Cuser.login"),
            "{asked}"
        );
        assert!(asked.contains("namespaces=prod"), "{asked}");
        let table = it.stdout_ok("events --type backup.failed --search billing");
        let header = table.lines().next().unwrap();
        assert_eq!(
            header.split_whitespace().collect::<Vec<_>>(),
            ["ID", "AGE", "TYPE", "NAMESPACE", "KIND", "NAME", "ACTOR"]
        );
        assert_eq!(it.json("get 1234"), it.body("/api/events/1234"));
        assert_eq!(it.stdout_ok("namespaces -o name"), "dev\neverest\nprod\n");
        assert_eq!(it.json("types"), it.body("/api/events/types"));
        let stats = it.stdout_ok("stats --type user.login");
        assert!(stats.starts_with("total  ") || stats.starts_with("total "), "{stats}");
        assert!(stats.contains("byType:\n  user.login  "), "{stats}");
        // `items` is null.
        let none = it.run("events --type none");
        let said = "nothing found with --type none\n";
        assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (Some(0), "", said));
        assert_eq!(it.json("events --type none"), json!({"items": null}));
        it.all_stderr_failed(&[
            ("get 99999", 1, "error: `audit`: returned 404 (not found): not found\n"),
            ("get x", 2, "error: <ID>: `x` is not a whole number\n"),
            ("get", 2, "error: missing: <ID>\n"),
            ("events --since yesterday", 2, "--since: `yesterday`"),
        ]);
    });
}

#[test]
fn panels_and_metrics_are_shown_as_series() {
    in_both_modes("panels_and_metrics_are_shown_as_series", "plugin-metrics", |it, _| {
        let billing = "--instance billing -n everest";
        assert_eq!(
            it.stdout_ok(&format!("panels {billing}")),
            "ID           TITLE          UNIT\nconnections  Connections    -\ntps          Transactions   ops\nsize         Database size  bytes\n"
        );
        let words = |text: &str| -> Vec<Vec<String>> {
            text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
        };
        let headers = ["NAME", "FIRST", "SINCE", "LAST", "AGE", "POINTS", "COURSE"];
        let panel = words(&it.stdout_ok(&format!("panel tps {billing}")));
        assert_eq!(panel[0], headers);
        let points = it.json(&format!("panel tps {billing}"))["series"][0]["points"].clone();
        assert_eq!(
            (panel[1][0].as_str(), panel[1][2].as_str(), panel[1][5].as_str()),
            ("billing-0", "60m", "121")
        );
        assert_eq!((panel.len(), points.as_array().unwrap().len()), (3, 121));
        // A point without a value is one that nobody has measured.
        assert!(panel[1][3] == "-" || panel[1][3].parse::<f64>().is_ok(), "{panel:?}");
        assert_eq!(
            it.stdout_ok(&format!("panel tps {billing} --range 24h --jq .series[0].points|length")),
            "289\n"
        );
        assert_eq!(
            it.json(&format!("list {billing}")),
            it.body("/api/metrics?instance=billing&namespace=everest")
        );
        let explored = it.stdout_ok(&format!("explore process_open_fds --type gauge {billing}"));
        assert_eq!(words(&explored)[0], headers);
        assert!(explored.lines().nth(1).is_some_and(|line| line.starts_with("engine ")), "{explored}");
        let none = it.user.run("metrics panels --instance shop -n everest");
        assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
        assert_eq!(
            none.stderr,
            "nothing found with --instance shop --namespace everest\nwarning: there are no metrics of this instance: notEnabled\n"
        );
        it.all_stderr_failed(&[
            (
                "panel tps --instance shop -n everest",
                1,
                "returned 409 (conflict): no monitoring source collects metrics for this instance\nhint: its current state does not allow this",
            ),
            ("panel none --instance billing -n everest", 1, "returned 404 (not found): unknown panel\n"),
            ("panel tps --instance billing -n everest --range 7d", 2, "[possible values: 1h, 24h]"),
            ("explore x --instance billing -n everest", 2, "error: missing: --type\n"),
            (
                "list --instance broken -n everest",
                1,
                "returned 502 (bad gateway): everest API returned 502\n",
            ),
        ]);
    });
}

//! The commands of the shipped overlays that start something, follow it and clean it up, against backends that
//! behave as the real plugins do, behind a host in each of its modes.

use crate::support::InTime as _;
use crate::support::backends::{Backends, in_both_modes, sent_body};
use crate::support::host::{is_ignored, kill};
use crate::support::sandbox::eventually;
use crate::support::skip;
use rustix::process::Signal;
use serde_json::json;
use snapbox::{assert_data_eq, str};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn a_benchmark_is_sent_with_what_was_given_and_nothing_else() {
    in_both_modes("a_benchmark_is_sent_with_what_was_given_and_nothing_else", "plugin-bench", |it, _| {
        assert_eq!(it.json("status"), it.body("/api/status"));
        let target = json!({"k8sCluster": "main", "namespace": "everest", "instance": "orders"});
        let dry = it.stdout_ok("run --instance orders -n everest --dry-run");
        assert!(dry.contains("authorization: Bearer $(everestctl auth token)"), "{dry}");
        let required =
            json!({"target": target, "durationSeconds": 60, "clients": 1, "threads": 1, "scale": 1});
        assert_eq!(sent_body(&dry), required);
        it.user.write("home/affinity.json", r#"{"preferredDuringSchedulingIgnoredDuringExecution":[]}"#);
        let dry = it.stdout_ok("run --instance orders -n everest --duration 20 --initialize --resources.cpu-limit 2 --node-affinity @affinity.json --database app --dry-run");
        let all = json!({"target": target, "durationSeconds": 20, "clients": 1, "threads": 1, "scale": 1, "initialize": true,
            "database": "app", "resources": {"cpuLimit": "2"}, "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}});
        assert_eq!(sent_body(&dry), all);
        // Nothing was sent so far; and the real backend takes no key that it does not know.
        assert!(!it.requests().iter().any(|line| line.starts_with("POST")));
        let alias = it.user.run("bench run --instance orders -n everest --duration 20 -o json");
        let id = alias.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(it.json(&format!("get {id}"))["resources"]["cpuLimit"], "1");
        let failing = it.json("run --instance orders -n everest --duration 20 --database missing");
        let full = it.stderr_failed("run --instance orders -n everest --duration 20", 1);
        assert!(
            full.contains("returned 429 (too many requests): benchmark capacity is currently full\n"),
            "{full}"
        );
        assert!(full.contains("hint: rate limit exceeded: try again later\n"), "{full}");
        // Neither was asked twice. The backend's log comes through a pipe, at its own pace.
        let posts = || it.requests().iter().filter(|line| line.starts_with("POST")).count();
        eventually("three requests are in the backend's log", || posts() >= 3);
        let logged = it.requests().len();
        let output = || it.stdout_ok(&format!("output {id}"));
        eventually("the run ends", || output().starts_with("pgbench (17.2)\n"));
        eventually("a later request is in the log", || it.requests().len() > logged);
        assert_eq!(posts(), 3);
        assert!(output().contains("duration: 20 s\n"), "{}", output());
        let failing = format!("get {}", failing["id"].as_str().unwrap());
        eventually("the other run fails", || it.json(&failing)["error"] == "benchmark execution failed");
        it.all_stderr_failed(&[
            ("run", 2, "error: missing: --instance, --namespace\n"),
            (
                "run --instance orders -n everest --duration 0",
                2,
                "--duration: `0` is not from 1 to 2147483647",
            ),
            (
                "run --instance orders -n everest --threads 2",
                1,
                "returned 400 (bad request): benchmark threads cannot exceed clients\n",
            ),
            (
                "run --instance none -n everest",
                1,
                "returned 404 (not found): database target was not found\n",
            ),
            (
                "run --instance forbidden -n everest",
                1,
                "returned 403 (forbidden): access to the database target is denied\n",
            ),
            (
                "run --instance shop -n everest",
                1,
                "returned 422 (unprocessable entity): benchmarking is currently supported only",
            ),
            (
                "run --instance broken -n everest",
                1,
                "returned 502 (bad gateway): failed to retrieve database connection",
            ),
            ("run --instance slow -n everest", 1, "returned 504 (gateway timeout): timed out retrieving"),
            ("run --instance orders -n everest --set unknown=1", 1, "returned 400 (bad request)"),
            ("get none", 1, "returned 404 (not found): benchmark run not found\n"),
            ("get a/b", 2, "error: <ID>: `a/b` contains `/`"),
        ]);
    });
}

#[test]
fn logs_stream_and_pods_are_listed() {
    in_both_modes("logs_stream_and_pods_are_listed", "plugin-inspector", |it, _| {
        let orders = "--instance orders -n everest";
        assert_data_eq!(
            it.stdout_ok(&format!("pods {orders}")),
            str![[r"
NAME            TYPE    READY  STATUS   REASON            RESTARTS  AGE
orders-0        engine  2/2    Running  -                        0  [..]
orders-1        engine  2/2    Running  -                        1  [..]
orders-proxy-0  proxy   0/1    Pending  ImagePullBackOff         0  -

"]]
        );
        assert_eq!(
            it.json(&format!("components {orders}")),
            it.body("/api/components?instance=orders&namespace=everest")
        );
        let wide = it.stdout_ok(&format!("pods {orders} -o wide"));
        assert!(wide.starts_with("NAME") && wide.contains("NODE") && wide.contains("node-1"), "{wide}");
        assert_eq!(it.stdout_ok(&format!("logs orders-0 {orders}")).lines().count(), 200);
        assert_data_eq!(
            it.stdout_ok(&format!("logs orders-0 {orders} -c exporter --tail 1")),
            "2026-11-23T08:00:40Z exporter line 1000: checkpoint complete\n"
        );
        assert!(
            it.stdout_ok(&format!("logs orders-1 {orders} -p --tail 1"))
                .contains("database (previous) line 1000")
        );
        let described = it.stdout_ok(&format!("describe orders-1 {orders}"));
        let lines: Vec<Vec<&str>> = described.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["name", "orders-1"]);
        assert!(lines.contains(&vec!["qosClass", "Burstable"]), "{described}");
        // What it consists of is in sections, as `kubectl describe` has them.
        let section = |title: &str| {
            let at = lines
                .iter()
                .position(|line| *line == [title])
                .unwrap_or_else(|| panic!("{title}: {described}"));
            (lines[at + 1].clone(), lines[at + 2].clone())
        };
        let (headers, container) = section("containers:");
        assert!(headers.starts_with(&["NAME"]) && headers.contains(&"RESTARTS"), "{described}");
        assert_eq!(container[0], "database");
        assert!(section("events:").1.contains(&"Started"), "{described}");
        assert!(section("conditions:").1.contains(&"Ready"), "{described}");
        assert!(!described.contains('{'), "{described}");
        it.all_stderr_failed(&[
            ("pods --instance none -n everest", 1, "returned 404 (not found): Not Found\n"),
            ("pods --instance forbidden -n everest", 1, "returned 403 (forbidden): Forbidden\n"),
            (
                "logs orders-0 --instance orders -n everest -c none",
                1,
                "returned 400 (bad request): unknown container\n",
            ),
            (
                "logs orders-0 --instance orders -n everest --tail 10001",
                2,
                "--tail: `10001` is not from 1 to 10000",
            ),
            (
                "logs orders-0 --instance orders -n everest --previous",
                1,
                "returned 502 (bad gateway): failed to open log stream\n",
            ),
            (
                "logs billing-0 --instance orders -n everest",
                1,
                "returned 404 (not found): pod not found in instance\n",
            ),
        ]);
    });
}

#[test]
fn a_followed_log_comes_as_it_is_written_and_ends_when_it_is_told() {
    let test = "a_followed_log_comes_as_it_is_written_and_ends_when_it_is_told";
    let Some(it) = Backends::start(test, "plugin-inspector", "spec", "") else { return };
    let line = "inspector logs orders-0 --instance orders -n everest -f --tail 2";
    let follow = || {
        let mut command = it.user.command(line.split(' '));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for signal in [Signal::INT, Signal::TERM] {
        if is_ignored(signal) {
            // A process in the background of a script inherits that it ignores Ctrl-C.
            skip("signals", test, "this process was started to ignore a signal, and so are its children");
            continue;
        }
        let mut child = follow();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for number in [999, 1000, 1001, 1002] {
            let line = lines.next().unwrap().unwrap();
            assert!(line.contains(&format!("database line {number}: ")), "{line}");
        }
        kill(child.id(), signal);
        let rest = lines.map_while(Result::ok).last();
        let output = child.output_in_time();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{rest:?}");
        let number = if signal == Signal::INT { 2 } else { 15 };
        let ended = std::os::unix::process::ExitStatusExt::signal(&output.status);
        assert!(ended == Some(number) || output.status.code() == Some(128 + number), "{:?}", output.status);
    }
    let mut child = follow();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    // The reader closed the pipe.
    let output = child.output_in_time();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.code() != Some(101), "{:?}", output.status);
}

#[test]
fn runs_are_started_compared_saved_and_deleted() {
    in_both_modes("runs_are_started_compared_saved_and_deleted", "performance", |it, _| {
        let id = |number: u32| format!("00000000-0000-4000-8000-00000000000{number}");
        assert_data_eq!(
            it.stdout_ok("list"),
            str![[r"
ID                                    PROFILE  DRIVER    STATUS      OPS/S  P95(MS)  AGE
00000000-0000-4000-8000-000000000003  smoke    sysbench  failed          -        -  [..]
00000000-0000-4000-8000-000000000002  smoke    sysbench  succeeded  1754.0     8.21  [..]
00000000-0000-4000-8000-000000000001  smoke    sysbench  succeeded   912.0     7.89  [..]

"]]
        );
        assert_eq!(it.json("list"), it.body("/api/runs"));
        assert_eq!(
            it.stdout_ok("ls --no-headers --columns STATUS,PROFILE"),
            "failed     smoke\nsucceeded  smoke\nsucceeded  smoke\n"
        );
        assert_eq!(it.stdout_ok("ls -o name"), format!("{}\n{}\n{}\n", id(3), id(2), id(1)));
        assert!(it.stdout_ok("list -o wide").contains("job failed: deadline exceeded"));
        assert_eq!(it.json("profiles"), it.body("/api/profiles"));
        assert_eq!(it.json("drivers"), it.body("/api/drivers"));
        let none = it.run("instances -n none");
        let said = "nothing found with --namespace none\n";
        assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (Some(0), "", said));
        let dry = it
            .stdout_ok("run --instance orders -n everest --duration 20 --extra a=1 --extra b=c=d --dry-run");
        let expected = json!({"namespace": "everest", "instanceName": "orders", "overrides": {"durationSeconds": 20, "extra": {"a": "1", "b": "c=d"}}});
        assert_eq!(sent_body(&dry), expected);
        let run = it.json("run --instance orders -n everest --duration 20");
        assert_eq!(run["status"], "pending");
        let cancelled = it.json(&format!("cancel {}", run["id"].as_str().unwrap()));
        assert_eq!(cancelled["status"], "canceled");
        // A download, and the same on standard output.
        let saved = it.run(&format!("output {} --output-file run.txt", id(1)));
        assert_eq!((saved.code, saved.stdout.as_str()), (Some(0), ""));
        assert!(saved.stderr.ends_with(" bytes to run.txt\n"), "{saved:?}");
        let text = std::fs::read_to_string(it.user.path("home/run.txt")).unwrap();
        assert!(text.starts_with("===EVEREST-PERF-RESULT-BEGIN===\n"), "{text}");
        assert_eq!(it.stdout_ok(&format!("output {}", id(1))), text);
        assert_eq!(it.stdout_ok(&format!("output {} --output-file -", id(1))), text);
        let compared = it.run(&format!("compare {} {}", id(1), id(2)));
        assert!(
            compared.stderr.starts_with("warning: the runs were measured under different conditions"),
            "{compared:?}"
        );
        let lines: Vec<Vec<&str>> =
            compared.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["COMPARABLE", "false"]);
        assert!(lines.contains(&vec!["PROFILE", "A", "smoke"]), "{compared:?}");
        assert!(!compared.stdout.contains('{'), "{compared:?}");
        // Without a terminal, `--yes` is needed.
        let error = it.stderr_failed(&format!("delete {}", id(3)), 2);
        assert!(
            error.starts_with(&format!(
                "error: confirmation required: delete the run {} with its result and output?\n",
                id(3)
            )),
            "{error}"
        );
        let deleted = it.run(&format!("delete {} --yes", id(3)));
        assert_eq!((deleted.code, deleted.stdout.as_str(), deleted.stderr.as_str()), (Some(0), "", "done\n"));
        it.all_stderr_failed(&[
            (format!("rm {} -y", id(3)), 1, "returned 404 (not found): run not found\n"),
            (
                format!("cancel {}", id(1)),
                1,
                "returned 409 (conflict): run is succeeded, cannot cancel\nhint: ",
            ),
            ("run --instance none -n everest".to_owned(), 1, "returned 404 (not found): instance not found"),
            (
                "run --instance orders -n everest --duration 5".to_owned(),
                2,
                "--duration: `5` is not from 10 to 86400",
            ),
            ("compare a".to_owned(), 2, "error: missing: <B>\n"),
            (
                "run --instance l -n everest --engine mysql --host h --port 1 --user u".to_owned(),
                2,
                "error: missing: --password\n",
            ),
        ]);
    });
}

#[test]
fn a_password_comes_from_the_variable_that_the_plugin_names() {
    let test = "a_password_comes_from_the_variable_that_the_plugin_names";
    let Some(mut it) = Backends::start(test, "performance", "spec", "") else { return };
    it.user = it.user.with("EVEREST_PERF_DB_PASSWORD", "hush-4711");
    let external = "run --instance legacy -n everest --engine mysql --host unreachable --port 3306 --user u --duration 10";
    let output = it.run(&format!("{external} -o json -vv"));
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.json()["engine"], "mysql");
    assert!(!output.stdout.contains("hush-4711") && !output.stderr.contains("hush-4711"), "{output:?}");
    // Without the external database it is not sent.
    assert_eq!(
        sent_body(&it.stdout_ok("run --instance orders -n everest --dry-run")),
        json!({"namespace": "everest", "instanceName": "orders"})
    );
}

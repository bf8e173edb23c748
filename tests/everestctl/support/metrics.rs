//! The metrics plugin, `plugins/metrics`, behind the development host and in front of a Prometheus with real exporters.

use super::host::{Host, with_users};
use super::postgres::{NOBODY, Postgres, unprivileged};
use super::sandbox::{Output, eventually};
use super::{Sandbox, client, is_root, skip};
use serde_json::Value;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The plugin's backend, which `cargo test --workspace` builds.
pub(crate) fn backend() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name("plugin-metrics")
}

/// Who may see what: alice the namespace a, bob both, carol none.
const POLICY: &str = "p, alice, plugins, *, main/*\np, alice, namespaces, read, main/a\np, alice, instances, read, main/a/*\n\
     p, bob, plugins, *, main/*\np, bob, namespaces, read, main/*\np, bob, instances, read, main/*/*\n\
     p, carol, plugins, *, main/*\n";

/// A Prometheus with three exporters, which are scraped as what they would be in a cluster: of the namespaces a and b, and of none.
pub(crate) struct Prometheus {
    pub(crate) address: String,
    folder: tempfile::TempDir,
    children: Vec<Child>,
    postgres: Postgres,
}

impl Prometheus {
    /// Starts them; nothing where something is missing.
    fn start(test: &str) -> Option<Self> {
        let missing = ["prometheus", "prometheus-node-exporter", "prometheus-postgres-exporter"];
        if let Some(name) = missing.iter().find(|name| !Path::new("/usr/bin").join(name).exists()) {
            skip("prometheus", test, &format!("there is no {name} (Debian: apt-get install {name})"));
            return None;
        }
        let postgres = Postgres::start(test)?;
        let folder = tempfile::Builder::new().prefix("everestctl-prometheus-").tempdir().unwrap();
        let [node, database, own] = [(); 3].map(|()| free_address());
        let job = |name: &str, address: &str, labels: &str, more: &str| {
            format!(
                "- job_name: {name}\n  static_configs: [{{targets: ['{address}'], labels: {{{labels}}}}}]\n{more}"
            )
        };
        // A metric that only one namespace has.
        let renamed = "  metric_relabel_configs:\n  - {source_labels: [__name__], regex: process_open_fds, target_label: __name__, \
                       replacement: only_in_b}\n";
        let config = [
            "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\nrule_files: [rules.yaml]\nscrape_configs:\n",
            &job("node", &node, "namespace: a, pod: shop-0", ""),
            &job("postgres", &database, "namespace: a, pod: shop-0", ""),
            &job("prometheus", &own, "namespace: b, pod: vault-0, secret: b-secret", renamed),
            &job("cluster", &own, "zone: nowhere", ""),
        ]
        .concat();
        fs::write(folder.path().join("prometheus.yaml"), config).unwrap();
        fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut this = Self { address: own.clone(), folder, children: Vec::new(), postgres };
        // The exporter of Debian cannot read a password with a blank.
        this.postgres.psql("postgres", "create role monitor login password 'monitor' in role pg_monitor");
        let source = format!(
            "host={} port=5432 user=monitor password=monitor dbname=postgres sslmode=disable",
            this.postgres.host().display()
        );
        let collectors = ["--collector.disable-defaults", "--collector.cpu", "--collector.meminfo"];
        this.run("prometheus-node-exporter", &node, &collectors, &[]);
        this.run("prometheus-postgres-exporter", &database, &[], &[("DATA_SOURCE_NAME", &source)]);
        let folder = this.folder.path().display().to_string();
        let files = [
            &format!("--config.file={folder}/prometheus.yaml")[..],
            &format!("--storage.tsdb.path={folder}/data"),
        ];
        this.run("prometheus", &own, &files, &[]);
        // The third scrape has a rate.
        for expression in
            ["rate(node_cpu_seconds_total[10s])", "pg_stat_activity_count", "only_in_b", "ALERTS"]
        {
            eventually(expression, || {
                let path = format!("GET /api/v1/query?query={}", encoded(expression));
                // It starts only now.
                if TcpStream::connect(&this.address).is_err() {
                    return false;
                }
                let answer = client::ask(&this.address, &path, &[], b"");
                answer.status == 200 && !answer.json()["data"]["result"].as_array().is_none_or(Vec::is_empty)
            });
        }
        Some(this)
    }

    fn run(&mut self, program: &str, address: &str, arguments: &[&str], environment: &[(&str, &str)]) {
        let log = fs::File::create(self.folder.path().join(format!("{program}.log"))).unwrap();
        let child = unprivileged(&Path::new("/usr/bin").join(program))
            .arg(format!("--web.listen-address={address}"))
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.children.push(child);
    }

    /// Ends the server in the middle of whatever it does.
    pub(crate) fn break_down(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.break_down();
    }
}

const RULES: &str = "groups:
- name: tests
  rules:
  - {alert: ShopUp, expr: 'up{job=\"node\"} == 1', labels: {severity: info}, annotations: {summary: 'shop answers'}}
  - {alert: VaultUp, expr: 'up{job=\"prometheus\"} == 1', labels: {severity: critical}, annotations: {summary: 'b-secret'}}
  - {alert: Everywhere, expr: 'vector(1)', labels: {severity: critical}, annotations: {summary: 'b-secret of no namespace'}}
  - {record: 'cluster:b_secrets', expr: 'count(only_in_b)'}
";

/// A Prometheus to be started; nothing where there is none.
pub(crate) fn web_prometheus(test: &str) -> Option<Command> {
    let program = Path::new("/usr/bin/prometheus");
    if program.exists() {
        return Some(Command::new(program));
    }
    skip("prometheus", test, "there is no prometheus (Debian: apt-get install prometheus)");
    None
}

/// An address that is free now; the server would say if it were not any more.
pub(crate) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A text as it stands in a query.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Prometheus, a host with the plugin in front of it, and its users.
pub(crate) struct Metrics {
    pub(crate) prometheus: Prometheus,
    pub(crate) host: Host,
    _place: Sandbox,
    password: String,
}

impl Metrics {
    /// Starts them; nothing where something is missing. `more` are words for the host.
    pub(crate) fn start(test: &str, more: &str) -> Option<Self> {
        if !backend().exists() {
            skip("metrics-backend", test, "the backend is not built (cargo build --workspace)");
            return None;
        }
        let prometheus = Prometheus::start(test)?;
        let place = Sandbox::new();
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/metrics/manifest.yaml");
        place.write("plugins/metrics/manifest.yaml", fs::read(manifest).unwrap());
        place.write("dashboards/shop.yaml", DASHBOARD);
        place.write("dashboards/broken.yaml", "title: Broken\npanels:\n- title: One\n  exprr: up\n");
        let host_file = format!(
            "command: ['{}']\nlisten: socket\nenvironment: {{PROMETHEUS_URL: 'http://{}', DASHBOARDS: '{}'}}\n",
            backend().display(),
            prometheus.address,
            place.path("dashboards").display(),
        );
        place.write("plugins/metrics/host.yaml", host_file);
        let instance = |name: &str, namespace: &str| prometheus.postgres.instance(name, namespace);
        place.write(
            "instances.yaml",
            format!("instances:\n{}{}", instance("shop", "a"), instance("vault", "b")),
        );
        place.write("policy.csv", POLICY);
        let (state, password) = with_users(&place, &["alice", "bob", "carol"]);
        let file = |name: &str| place.path(name).display().to_string();
        let arguments = format!(
            "{state} --namespaces a,b --policy {} --instances {} --plugins {} {more}",
            file("policy.csv"),
            file("instances.yaml"),
            file("plugins"),
        );
        let host = Host::start(&place, &arguments);
        host.eventually_says("metrics: ready at ");
        Some(Self { prometheus, host, _place: place, password })
    }

    /// A user who is signed in.
    pub(crate) fn user(&self, name: &str) -> Sandbox {
        let token = self.token(name);
        let user = Sandbox::new()
            .with("EVEREST_HOST", format!("http://{}", self.host.address))
            .with("EVEREST_TOKEN", token)
            .with("CI", "1");
        user.run("plugin refresh").succeeded();
        user
    }

    pub(crate) fn token(&self, name: &str) -> String {
        self.host.sign_in_as(name, &self.password).access
    }
}

const DASHBOARD: &str = "title: Shop
panels:
- title: Up
  expr: up{pod=~\"$instance-.*\"}
  kind: bar
  legend: [job]
- title: Memory
  expr: process_resident_memory_bytes{namespace=\"$namespace\"}
  legend: [job]
- title: Too much
  expr: up + on () up
";

/// What a command of the plugin answers as JSON.
#[track_caller]
pub(crate) fn json(user: &Sandbox, words: &[&str]) -> Value {
    let output = run(user, &[words, &["-o", "json"]].concat());
    assert_eq!(output.code, Some(0), "{output:?}");
    output.json()
}

/// Runs a command of the plugin; what is in front is `everestctl metrics`.
pub(crate) fn run(user: &Sandbox, words: &[&str]) -> Output {
    user.run_with(["metrics"].iter().chain(words))
}

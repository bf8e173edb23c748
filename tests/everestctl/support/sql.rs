//! The SQL explorer, `plugins/sql`, behind the development host and in front of a PostgreSQL.

use super::host::Host;
use super::postgres::Postgres;
use super::sandbox::Output;
use super::{Sandbox, skip};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The plugin's backend, which `cargo test --workspace` builds.
pub(crate) fn backend() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name("plugin-sql")
}

/// A database, a host with the plugin in front of it, and a user who is signed in.
pub(crate) struct Sql {
    pub(crate) postgres: Postgres,
    pub(crate) host: Host,
    pub(crate) user: Sandbox,
    pub(crate) place: Sandbox,
}

/// A folder with the plugin's manifest, as it is delivered, and with the instances `shop` of the database.
pub(crate) fn delivered(postgres: &Postgres) -> Sandbox {
    let place = Sandbox::new();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/sql/manifest.yaml");
    place.write("plugins/sql/manifest.yaml", fs::read(manifest).unwrap());
    place.write("plugins/sql/host.yaml", format!("command: ['{}']\n", backend().display()));
    let instances = format!("instances:\n{}", postgres.instance("shop", "everest"));
    place.write("instances.yaml", instances);
    place
}

impl Sql {
    /// Starts them; nothing where something is missing.
    pub(crate) fn start(test: &str) -> Option<Self> {
        if !backend().exists() {
            skip("sql-backend", test, "the backend is not built (cargo build --workspace)");
            return None;
        }
        let postgres = Postgres::start(test)?;
        let place = delivered(&postgres);
        Some(Self::with(postgres, place, ""))
    }

    pub(crate) fn with(postgres: Postgres, place: Sandbox, arguments: &str) -> Self {
        let file = |name: &str| place.path(name).display().to_string();
        let arguments =
            format!("--plugins {} --instances {} {arguments}", file("plugins"), file("instances.yaml"));
        let host = Host::start(&place, &arguments);
        host.eventually_says("sql: ready at ");
        let token = if host.password.is_empty() { String::new() } else { host.sign_in().access };
        let user = Sandbox::new()
            .with("EVEREST_HOST", format!("http://{}", host.address))
            .with("EVEREST_TOKEN", token)
            .with("CI", "1");
        Self { postgres, host, user, place }
    }

    /// Runs a command of the plugin; what is in front is `everestctl sql`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let place = ["--instance", "shop", "--database", "postgres"];
        self.user.run_with(["sql"].iter().chain(arguments).chain(&place))
    }

    #[track_caller]
    pub(crate) fn stdout_ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).success_silent()
    }

    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["-o", "json"]].concat());
        assert_eq!(output.code, Some(0), "{output:?}");
        output.json()
    }

    /// The rows of a statement.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        self.json(&["query", sql])["rows"].as_array().unwrap().clone()
    }

    #[track_caller]
    pub(crate) fn stderr_failed(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        assert_eq!(output.stdout, "", "{}", output.stderr);
        output.stderr_failed(code)
    }

    pub(crate) fn psql(&self, sql: &str) -> String {
        self.postgres.psql("postgres", sql)
    }

    /// How many statements with this text run.
    pub(crate) fn running(&self, text: &str) -> String {
        let sql = format!(
            "select count(*) from pg_stat_activity where query like '%{text}%' and state = 'active' and pid <> pg_backend_pid()"
        );
        self.psql(&sql)
    }
}

/// The most that a process has had in memory, in KiB.
pub(crate) fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

//! The SQL explorer, `plugins/sql`: behind the embedded host, in front of a PostgreSQL, held against psql.

use crate::support::host::{Host, kill, with_users};
use crate::support::postgres::{PASSWORD, Postgres};
use crate::support::sandbox::{Output, eventually};
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The plugin's backend, which `cargo test --workspace` builds.
fn backend() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name("plugin-sql")
}

/// A database, a host with the plugin in front of it, and a user who is signed in.
struct Sql {
    postgres: Postgres,
    host: Host,
    user: Sandbox,
    place: Sandbox,
}

/// A folder with the plugin's manifest, as it is delivered, and with the instances `shop` of the database.
fn delivered(postgres: &Postgres) -> Sandbox {
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
    fn start(test: &str) -> Option<Self> {
        if !backend().exists() {
            skip(test, "the backend is not built (cargo build --workspace)");
            return None;
        }
        let postgres = Postgres::start(test)?;
        let place = delivered(&postgres);
        Some(Self::with(postgres, place, ""))
    }

    fn with(postgres: Postgres, place: Sandbox, arguments: &str) -> Self {
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

    /// Runs a command of the plugin; what stands in front is `everestctl sql`.
    fn run(&self, arguments: &[&str]) -> Output {
        let place = ["--instance", "shop", "--database", "postgres"];
        self.user.run_with(["sql"].iter().chain(arguments).chain(&place))
    }

    #[track_caller]
    fn says(&self, arguments: &[&str]) -> String {
        self.run(arguments).quietly()
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["-o", "json"]].concat());
        assert_eq!(output.code, Some(0), "{output:?}");
        output.json()
    }

    /// The rows of a statement.
    #[track_caller]
    fn rows(&self, sql: &str) -> Vec<Value> {
        self.json(&["query", sql])["rows"].as_array().unwrap().clone()
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        assert_eq!(output.stdout, "", "{}", output.stderr);
        output.failing(code)
    }

    fn psql(&self, sql: &str) -> String {
        self.postgres.psql("postgres", sql)
    }

    /// How many statements with this text run.
    fn running(&self, text: &str) -> String {
        let sql = format!(
            "select count(*) from pg_stat_activity where query like '%{text}%' and state = 'active' and pid <> pg_backend_pid()"
        );
        self.psql(&sql)
    }
}

/// A table with a column of every type that is easily got wrong.
const AWKWARD: &str = r#"
create type mood as enum ('sad', 'happy');
create domain positive as int check (value > 0);
create table awkward (
    id int primary key, small smallint, big bigint, exact numeric, price numeric(20, 4), single real, double double precision,
    yes boolean, words text, short varchar(3), padded char(5), bytes bytea, day date, moment timestamp, zoned timestamptz,
    clock timetz, span interval, doc json, docb jsonb, numbers int[], grid int[], texts text[], docs jsonb[], key uuid,
    feeling mood, feelings mood[], amount positive, point point, range int4range, address inet, cash money, boxes box[]
);
insert into awkward values
    (1, -32768, 9223372036854775807, 12345678901234567890.12345678901234567890, 1.5000, 1e-10, 0.1,
     true, E'tab\t"quote" \\ größe 数 \x01', 'abc', 'ab', '\x00ff10', '2026-02-28', '2026-02-28 12:00:00.123456', '2026-02-28 12:00:00+02',
     '12:00:00-08', '1 year 2 days 03:04:05', '{"a":
 1.10, "a": 2}', '{"b": [1, null, 12345678901234567890]}', '{1,NULL,3}', '{{1,2},{3,4}}', '{"a b",NULL,"NULL","q\"\\"}', '{"{\"x\": 1}"}',
     'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'happy', '{sad,happy}', 7, '(1,2)', '[1,5)', '10.0.0.1/8', 12.34, '{(1,1),(0,0);(2,2),(1,1)}'),
    (2, null, null, 'NaN', null, 'NaN', '-Infinity', false, '', null, null, '', 'infinity', null, null, null, null, null, 'null', '{}', null, null,
     null, null, null, null, null, null, null, null, null, null);
"#;

#[test]
fn a_working_database_in_one_command() {
    let test = "a_working_database_in_one_command";
    if !backend().exists() {
        return skip(test, "the backend is not built (cargo build --workspace)");
    }
    let Some(postgres) = Postgres::start(test) else { return };
    let place = delivered(&postgres);
    let file = |name: &str| place.path(name).display().to_string();
    let host = ["host", "exec", "--plugins", &file("plugins"), "--instances", &file("instances.yaml"), "--"];
    let exec = |words: &[&str]| place.run_with([&host[..], words].concat());
    assert_eq!(
        exec(&["everestctl", "sql", "instances"]).quietly(),
        "NAME  NAMESPACE  PROVIDER\nshop  everest    provider-percona-postgresql\n"
    );
    let query = ["everestctl", "sql", "query", "select 1 as one, 'x' as two", "-i", "shop", "-d", "postgres"];
    assert_eq!(exec(&query).quietly(), "one  two\n  1  x\n");
    // Nobody sees the password: not the caller, not whoever reads the log.
    let verbose = place.run_with([&["-v"], &host[..], &query[..], &["-v"]].concat());
    assert!(verbose.stderr.contains("sql: ready at"), "{verbose:?}");
    assert!(!format!("{verbose:?}").contains(PASSWORD), "{verbose:?}");
}

#[test]
fn a_connection_is_encrypted_as_the_address_says() {
    let test = "a_connection_is_encrypted_as_the_address_says";
    if !backend().exists() {
        return skip(test, "the backend is not built (cargo build --workspace)");
    }
    let Some(postgres) = Postgres::start_encrypted(test) else { return };
    let place = delivered(&postgres);
    let modes = ["disable", "prefer", "require", "verify-full"];
    let instances: String = modes.iter().map(|mode| postgres.encrypted_instance(mode, mode)).collect();
    place.write("instances.yaml", format!("instances:\n{instances}"));
    let sql = Sql::with(postgres, place, "");
    let query = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    let with = |mode: &str| sql.user.run_with(["sql", "query", query, "--instance", mode]);
    for mode in ["prefer", "require"] {
        assert_eq!(with(mode).quietly(), "ssl\ntrue\n", "{mode}");
    }
    let open = with("disable").failing(1);
    assert!(open.contains("no pg_hba.conf entry") && open.contains("no encryption"), "{open}");
    // Nobody whom this machine trusts has signed it.
    let unproved = with("verify-full").failing(1);
    assert!(unproved.contains("certificate"), "{unproved}");
    // To cancel goes the same way.
    let sleep = ["sql", "query", "select pg_sleep(605)", "-i", "require", "--timeout", "0"];
    let mut child = sql.user.command(sleep).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the statement runs", || sql.running("pg_sleep(605)") == "1\n");
    kill(child.id(), Signal::INT);
    child.wait().unwrap();
    eventually("the statement is cancelled", || sql.running("pg_sleep(605)") == "0\n");
}

#[test]
fn what_there_is_and_what_it_consists_of() {
    let Some(sql) = Sql::start("what_there_is_and_what_it_consists_of") else { return };
    let made =
        sql.postgres.client("pgbench", "postgres").args(["-i", "-q", "-s", "1", "--foreign-keys"]).output();
    if !made.is_ok_and(|made| made.status.success()) {
        return skip("what_there_is_and_what_it_consists_of", "there is no pgbench");
    }
    sql.psql("create schema sales; create table sales.\"Orders\" (id int); analyze");
    sql.psql("create database other");
    let names = |list: &Value| -> Vec<String> {
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&sql.json(&["databases"])), ["other", "postgres"]);
    assert_eq!(
        names(&sql.json(&["schemas"])).join("\n") + "\n",
        sql.psql("select nspname from pg_namespace where nspname !~ '^pg_(toast|temp)' order by 1")
    );
    let tables = sql.says(&["tables"]);
    assert!(tables.starts_with("SCHEMA  NAME              KIND     ROWS  SIZE\n"), "{tables}");
    let accounts = tables.lines().find(|line| line.contains("pgbench_accounts")).unwrap();
    assert!(
        accounts.split_whitespace().eq(["public", "pgbench_accounts", "table", "100000", "15Mi"]),
        "{tables}"
    );
    assert_eq!(names(&sql.json(&["tables", "--schema", "sales"])), ["Orders"]);
    let described = sql.says(&["describe", "pgbench_history"]);
    assert!(described.starts_with("NAME    TYPE"), "{described}");
    assert!(described.contains("references pgbench_branches"), "{described}");
    let whole = sql.json(&["describe", "pgbench_accounts"]);
    assert_eq!(whole["columns"][0]["key"], "primary key");
    assert_eq!(
        whole["indexes"],
        json!(["CREATE UNIQUE INDEX pgbench_accounts_pkey ON public.pgbench_accounts USING btree (aid)"])
    );
    assert_eq!(sql.json(&["describe", "sales.\"Orders\""])["name"], "Orders");
    let missing = sql.fails(&["describe", "nothing'; drop table pgbench_accounts"], 1);
    assert!(missing.contains("invalid name syntax") || missing.contains("there is no table"), "{missing}");
    let plan = sql.says(&["explain", "select * from pgbench_accounts where aid = 7"]);
    assert_eq!(plan, sql.psql("explain select * from pgbench_accounts where aid = 7"));
    let analyzed = sql.says(&["explain", "--analyze", "table pgbench_branches"]);
    assert!(analyzed.contains("actual time="), "{analyzed}");
    // A page of help is as good as for any other command.
    let help = sql.user.run("sql query --help").quietly();
    assert!(help.contains("[required; @FILE or - for what stands in it]"), "{help}");
    assert!(help.contains("-i, --instance <VALUE>"), "{help}");
    let refreshed = sql.user.run("plugin refresh sql");
    assert_eq!((refreshed.code, refreshed.stderr.contains("warning")), (Some(0), false), "{refreshed:?}");
}

#[test]
fn every_awkward_value_is_exact() {
    let Some(sql) = Sql::start("every_awkward_value_is_exact") else { return };
    sql.psql(AWKWARD);
    // Numbers are kept as they were written.
    let raw = sql.says(&["query", "select id, big, exact, docb, doc from awkward where id = 1", "-o", "raw"]);
    assert!(
        raw.contains(r#""big":9223372036854775807,"exact":"12345678901234567890.12345678901234567890""#),
        "{raw}"
    );
    assert!(raw.contains(r#""docb":{"b": [1, null, 12345678901234567890]}"#), "{raw}");
    assert!(raw.contains(r#""doc":{"a":  1.10, "a": 2}"#), "{raw}");
    let rows = sql.rows("select * from awkward order by id");
    let one = &rows[0];
    for (name, expected) in [
        ("small", json!(-32768)),
        ("price", json!("1.5000")),
        ("double", json!(0.1)),
        ("yes", json!(true)),
        ("padded", json!("ab   ")),
        ("numbers", json!([1, null, 3])),
        ("grid", json!([[1, 2], [3, 4]])),
        ("texts", json!(["a b", null, "NULL", "q\"\\"])),
        ("docs", json!([{"x": 1}])),
        ("feelings", json!(["sad", "happy"])),
        ("amount", json!(7)),
        ("boxes", json!(["(1,1),(0,0)", "(2,2),(1,1)"])),
    ] {
        assert_eq!(one[name], expected, "{name}");
    }
    // What is text is the text that psql has.
    for name in [
        "exact", "words", "bytes", "day", "moment", "zoned", "clock", "span", "key", "feeling", "point",
        "range", "address", "cash",
    ] {
        let expected = sql.psql(&format!("select {name} from awkward where id = 1"));
        assert_eq!(one[name].as_str(), expected.strip_suffix('\n'), "{name}");
    }
    let two = &rows[1];
    for (name, expected) in [
        ("exact", json!("NaN")),
        ("single", json!("NaN")),
        ("double", json!("-Infinity")),
        ("words", json!("")),
        ("day", json!("infinity")),
        ("docb", Value::Null),
        ("numbers", json!([])),
        ("zoned", Value::Null),
    ] {
        assert_eq!(two[name], expected, "{name}");
    }
    // The server itself makes the same JSON of it, but for exact numbers, which we write as texts.
    let theirs: Value = serde_json::from_str(&sql.psql(
        "select to_json(r) from (select id, small, big, yes, words, padded, numbers, grid, texts, docs, feelings from awkward where id = 1) r",
    ))
    .unwrap();
    for (name, value) in theirs.as_object().unwrap() {
        assert_eq!(&one[name], value, "{name}");
    }
    let table = sql.says(&["query", "select id, words, numbers, yes, exact from awkward order by id"]);
    assert_eq!(
        table,
        "id  words                   numbers     yes                                        exact\n \
         1  tab \"quote\" \\ größe 数  1, null, 3  true   12345678901234567890.12345678901234567890\n \
         2  -                       -           false                                        NaN\n"
    );
    // Wide and empty results, and columns of one name.
    let twice = sql.json(&["query", "select 1 as id, 2 as id, null"]);
    assert_eq!(twice["rows"], json!([{"id": 1, "id_2": 2, "?column?": null}]));
    assert_eq!(twice["columns"][1], json!({"name": "id", "key": "id_2", "type": "int4", "numeric": true}));
    assert_eq!(sql.says(&["query", "select 1 as id, 2 as id, null"]), "id  id  ?column?\n 1   2  -\n");
    let wide: Vec<String> = (0..300).map(|number| format!("{number} as c{number}")).collect();
    let wide = sql.says(&["query", &format!("select {}", wide.join(", "))]);
    assert_eq!(wide.lines().map(|line| line.split_whitespace().count()).collect::<Vec<_>>(), [300, 300]);
    let nothing = sql.run(&["query", "select 1 where false"]);
    assert_eq!(
        (nothing.stdout.as_str(), nothing.stderr.as_str(), nothing.code),
        ("", "nothing found\n", Some(0))
    );
    assert!(sql.rows("select 1 where false").is_empty());
    assert_eq!(sql.rows("values (1), (2)").len(), 2);
    assert_eq!(sql.rows("select").len(), 1);
    assert_eq!(sql.rows("show server_encoding"), [json!({"server_encoding": "UTF8"})]);
}

#[test]
fn statements_come_from_files_and_rows_in_any_number() {
    let Some(sql) = Sql::start("statements_come_from_files_and_rows_in_any_number") else { return };
    sql.user.write("home/report.sql", "-- a report\nselect g as n from generate_series(1, 3) g;\n");
    assert_eq!(sql.says(&["query", "@report.sql"]), "n\n1\n2\n3\n");
    let line = "echo 'select 7 as n' | everestctl sql query - -i shop -d postgres -o json --jq .rows[0].n";
    assert_eq!(sql.user.shell(line).quietly(), "7\n");
    let many = "select g as n from generate_series(1, 120000) g";
    let limited = sql.run(&["query", many, "--limit", "60", "-o", "jsonl"]);
    assert_eq!(limited.stdout.lines().last(), Some(r#"{"n":60}"#));
    let table = sql.run(&["query", many]);
    assert_eq!(table.stdout.lines().count(), 1001);
    assert!(table.stderr.contains("there are more rows: --limit N shows more of them"), "{}", table.stderr);
    let all = sql.says(&["query", many, "--all", "-o", "jsonl"]);
    assert_eq!(
        all,
        sql.psql("select json_build_object('n', g)::text from generate_series(1, 120000) g").replace(' ', "")
    );
    // The export is what \copy writes.
    let file = sql.user.path("home/out.csv");
    let source = "select g as n, 'a,\"' || g as t, null as z from generate_series(1, 50000) g";
    let saved = sql.run(&["export", &format!("{source}; -- all"), "--output-file", "out.csv"]);
    assert_eq!((saved.code, saved.stdout.as_str()), (Some(0), ""), "{saved:?}");
    let theirs = sql.psql(&format!("\\copy ({source}) to stdout with (format csv, header)"));
    assert!(fs::read_to_string(file).unwrap() == theirs);
    let lines = sql.says(&["export", source, "--format", "jsonl"]);
    assert_eq!(lines.lines().nth(49_999), Some(r#"{"n":50000,"t":"a,\"50000","z":null}"#));
}

/// What a process may take for rows that are several times as large, in KiB.
const ENOUGH: u64 = 64 * 1024;

#[test]
fn any_number_of_rows_takes_the_same_memory() {
    let Some(sql) = Sql::start("any_number_of_rows_takes_the_same_memory") else { return };
    // A list of that many rows in FROM would be made first.
    let rows = "select generate_series(1, 150000) as n, repeat('x', 1000) as x";
    for words in [&["export", rows][..], &["query", rows, "--all", "-o", "jsonl"]] {
        let words = ["sql"].iter().chain(words).chain(&["-i", "shop", "-d", "postgres"]);
        let mut child = sql.user.command(words).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut came = 0;
        let mut piece = vec![0; 64 * 1024];
        let mut peak = 0;
        while let Ok(length @ 1..) = output.read(&mut piece) {
            came += length;
            if came > 140_000_000 && peak == 0 {
                peak = memory(child.id());
            }
        }
        assert!(child.wait().unwrap().success());
        assert!(came > 150_000_000 && peak > 0 && peak < ENOUGH, "{came} bytes, {peak} KiB");
    }
    let port = sql
        .host
        .lines()
        .iter()
        .find_map(|line| line.strip_prefix("sql: ready at http://127.0.0.1:").map(str::to_owned));
    let port = format!("PORT={}\0", port.unwrap());
    let is_backend = |pid: &u32| {
        let path = |name: &str| format!("/proc/{pid}/{name}");
        fs::read_link(path("exe")).is_ok_and(|exe| exe == backend())
            && fs::read_to_string(path("environ")).is_ok_and(|all| format!("{all}\0").contains(&port))
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pid = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(is_backend);
    let peak = memory(pid.unwrap());
    assert!(peak > 0 && peak < ENOUGH, "{peak} KiB");
}

/// The most that a process has had in memory, in KiB.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

#[test]
fn errors_are_shown_under_the_statement() {
    let Some(sql) = Sql::start("errors_are_shown_under_the_statement") else { return };
    sql.psql("create table orders (id int, total int)");
    assert_eq!(
        sql.fails(&["query", "select id,\n  totl from orders"], 1),
        "error: `sql`: it answered 400 (bad request): column \"totl\" does not exist (SQLSTATE 42703)\n  \
         caused by: LINE 2:   totl from orders\n                       ^\n\
         hint: Perhaps you meant to reference the column \"orders.total\".\n"
    );
    for command in ["explain", "export"] {
        let error = sql.fails(&[command, "select id from nowhere"], 1);
        assert!(
            error.contains("LINE 1: select id from nowhere\n                                    ^\n"),
            "{error}"
        );
    }
    // What fails while it runs has no place.
    let error = sql.fails(&["query", "select 1/(g - 3) from generate_series(1, 5) g"], 1);
    assert!(error.contains("division by zero (SQLSTATE 22012)"), "{error}");
    let error = sql.fails(&["query", "select pg_sleep(20)", "--timeout", "100ms"], 1);
    assert!(
        error.contains("statement timeout (SQLSTATE 57014)\nhint: `--timeout` gives it more time"),
        "{error}"
    );
    for (statement, why) in [
        ("select 1; select 2", "cannot insert multiple commands"),
        ("select $1::int", "a statement with parameters"),
        ("copy orders to stdout", "this kind of statement cannot be run here"),
        ("copy orders from stdin", "cannot execute COPY FROM in a read-only transaction"),
    ] {
        let error = sql.fails(&["query", statement], 1);
        assert!(error.contains(why), "{statement}: {error}");
    }
    let error = sql.user.run_with(["sql", "query", "select 1", "-i", "none"]).failing(1);
    assert!(error.contains("there is no instance `none` of PostgreSQL"), "{error}");
    let error = sql.user.run_with(["sql", "query", "select 1", "-i", "../x", "-n", "everest"]).failing(1);
    assert!(error.contains("`../x` is no name of a resource"), "{error}");
    let error = sql.user.run_with(["sql", "query", "select 1", "-i", "shop", "-d", "none"]).failing(1);
    assert!(error.contains("database \"none\" does not exist (SQLSTATE 3D000)"), "{error}");
}

#[test]
fn nothing_is_changed_unless_it_is_said() {
    let Some(sql) = Sql::start("nothing_is_changed_unless_it_is_said") else { return };
    sql.psql("create table t (id int); insert into t values (1), (2)");
    let refused = sql.fails(&["query", "delete from t"], 1);
    assert!(refused.contains("in a read-only transaction (SQLSTATE 25006)"), "{refused}");
    assert!(refused.contains("hint: `--write` lets a statement change something"), "{refused}");
    for way_out in [
        "set transaction read write",
        "set transaction_read_only = off",
        "select set_config('transaction_read_only', 'off', false)",
        "do $$ begin set transaction_read_only = off; delete from t; end $$",
        "do $$ begin commit; delete from t; end $$",
        "with gone as (delete from t returning id) select * from gone",
        "select 1; delete from t",
        "explain analyze delete from t",
        "create table u (id int)",
    ] {
        let _ = sql.fails(&["query", way_out], 1);
    }
    for way_out in ["delete from t returning id", "select 1) to '/tmp/x'; delete from t; --", "delete from t"]
    {
        let _ = sql.fails(&["export", way_out], 1);
        let _ = sql.fails(&["explain", "--analyze", way_out], 1);
    }
    // To leave the transaction leads nowhere.
    let _ = sql.run(&["query", "commit"]);
    assert_eq!(sql.psql("select count(*) from t"), "2\n");
    // A question where nobody can answer is a no.
    let asked = sql.fails(&["query", "delete from t where id = 1", "--write"], 2);
    assert!(
        asked.contains("this needs a yes: run a statement that may change what is in `shop`?"),
        "{asked}"
    );
    let asked = sql.user.run_with([
        "sql",
        "query",
        "--body",
        r#"{"sql": "delete from t", "instance": "shop", "write": true}"#,
    ]);
    assert!(asked.stderr.contains("this needs a yes"), "{asked:?}");
    let done = sql.says(&["query", "delete from t where id = 1", "--write", "--yes"]);
    assert_eq!(done, "affected\n       1\n");
    // What is not shown is done, too.
    let returning = "insert into t values (7), (8) returning id";
    let returned = sql.run(&["query", returning, "--write", "--yes", "--limit", "1"]);
    assert_eq!((returned.stdout.as_str(), returned.code), ("id\n 7\n", Some(0)), "{returned:?}");
    assert_eq!(sql.psql("select id from t order by id"), "2\n7\n8\n");
    let both = sql.fails(&["query", "select 1", "--write", "--read-only", "--yes"], 1);
    assert!(both.contains("contradict each other"), "{both}");
}

#[test]
fn a_terminal_is_asked_before_a_statement_writes() {
    let Some(sql) = Sql::start("a_terminal_is_asked_before_a_statement_writes") else { return };
    sql.psql("create table t (id int); insert into t values (1)");
    let Sql { postgres, host, user, place } = sql;
    let user = user.with("CI", "");
    let line = r#"$E sql query "delete from t" -i shop -d postgres --write"#;
    let Some(mut terminal) = Terminal::start(&user, line) else {
        return skip("a_terminal_is_asked_before_a_statement_writes", "there is no /usr/bin/script");
    };
    terminal.shows(&["may change what is in `shop`?"]);
    terminal.press("n\n");
    terminal.shows(&["nothing was sent"]);
    assert_eq!(postgres.psql("postgres", "select count(*) from t"), "1\n");
    let mut terminal = Terminal::start(&user, line).unwrap();
    terminal.shows(&["may change what is in `shop`?"]);
    terminal.press("y\n");
    terminal.shows(&["affected"]);
    assert_eq!(postgres.psql("postgres", "select count(*) from t"), "0\n");
    drop((host, place));
}

#[test]
fn the_policy_says_who_may_look_and_who_may_write() {
    let test = "the_policy_says_who_may_look_and_who_may_write";
    if !backend().exists() {
        return skip(test, "the backend is not built (cargo build --workspace)");
    }
    let Some(postgres) = Postgres::start(test) else { return };
    postgres.psql("postgres", "create table t (id int)");
    let place = delivered(&postgres);
    let mut instances = fs::read_to_string(place.path("instances.yaml")).unwrap();
    instances.push_str(&postgres.instance("shop", "prod"));
    instances.push_str(&postgres.instance("vault", "prod"));
    place.write("instances.yaml", instances);
    place.write(
        "policy.csv",
        "p, role:plugins, plugins, *, main/sql\np, role:plugins, namespaces, read, main/*\n\
         g, dana, role:plugins\np, dana, instances, *, main/*/shop\n\
         g, eve, role:plugins\np, eve, instances, read, main/*/*\np, eve, instances, read-connection, main/everest/*\n",
    );
    let (state, password) = with_users(&place, &["dana", "eve"]);
    let policy = place.path("policy.csv").display().to_string();
    let sql = Sql::with(postgres, place, &format!("{state} --policy {policy}"));
    let as_user = |name: &str, line: &[&str]| {
        let token = sql.host.sign_in_as(name, &password).access;
        let user = Sandbox::new()
            .with("EVEREST_HOST", format!("http://{}", sql.host.address))
            .with("EVEREST_TOKEN", token)
            .with("CI", "1");
        user.run_with(["sql"].iter().chain(line))
    };
    let shown =
        as_user("dana", &["instances", "-o", "jsonl", "--jq", ".items[] | .namespace + \"/\" + .name"]);
    assert_eq!(shown.quietly(), "everest/shop\nprod/shop\n");
    let insert = [
        "query",
        "insert into t values (1)",
        "-i",
        "shop",
        "-d",
        "postgres",
        "-n",
        "everest",
        "--write",
        "--yes",
    ];
    assert_eq!(as_user("dana", &insert).quietly(), "affected\n       1\n");
    let refused = as_user("eve", &insert).failing(1);
    assert!(refused.contains("you may not write to this instance"), "{refused}");
    assert!(refused.contains("ask for the grant `instances, update, main/everest/shop`"), "{refused}");
    let count = ["query", "select count(*) from t", "-i", "shop", "-d", "postgres"];
    assert_eq!(as_user("eve", &[&count[..], &["-n", "everest"]].concat()).quietly(), "count\n    1\n");
    let refused = as_user("eve", &[&count[..], &["-n", "prod"]].concat()).failing(1);
    assert!(refused.contains("403 (forbidden)") && refused.contains("read-connection"), "{refused}");
    let which = as_user("eve", &count).failing(1);
    assert!(which.contains("several namespaces have an instance `shop`: everest, prod"), "{which}");
}

#[test]
fn a_statement_that_nobody_waits_for_is_cancelled_on_the_server() {
    let Some(sql) = Sql::start("a_statement_that_nobody_waits_for_is_cancelled_on_the_server") else {
        return;
    };
    for (text, more) in
        [("select pg_sleep(601)", &[][..]), ("select pg_sleep(602) from generate_series(1, 3)", &["--all"])]
    {
        let words = ["sql", "query", text, "-i", "shop", "-d", "postgres", "--timeout", "0"];
        let mut child = sql
            .user
            .command(words.iter().chain(more))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the statement runs", || sql.running(text) == "1\n");
        kill(child.id(), Signal::INT);
        child.wait().unwrap();
        eventually("the statement is cancelled", || sql.running(text) == "0\n");
    }
    // By its number, from elsewhere.
    let words = ["sql", "query", "select pg_sleep(603)", "-i", "shop", "-d", "postgres", "--timeout", "0"];
    let child = sql.user.command(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the statement runs", || sql.running("pg_sleep(603)") == "1\n");
    let activity = sql.json(&["activity"]);
    let row = &activity["items"][0];
    assert!(row["statement"].as_str().unwrap().contains("select pg_sleep(603)"), "{activity}");
    assert_eq!((row["application"].as_str(), row["state"].as_str()), (Some("plugin-sql"), Some("active")));
    let id = row["id"].to_string();
    assert!(sql.says(&["cancel", &id]).contains("cancelled  true"));
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(said.contains("canceling statement due to user request (SQLSTATE 57014)"), "{said}");
    assert!(sql.fails(&["cancel", &id], 1).contains("there is no statement"));
}

#[test]
fn activity_is_followed() {
    let Some(sql) = Sql::start("activity_is_followed") else { return };
    let words = ["sql", "activity", "-f", "-i", "shop", "-d", "postgres", "-o", "jsonl"];
    let mut follower = sql.user.command(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let sleeper = sql
        .postgres
        .client("psql", "postgres")
        .args(["-c", "select pg_sleep(604)"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut sleeper = sleeper.unwrap();
    let seen = lines.find(|line| line.as_ref().unwrap().contains("pg_sleep(604)")).unwrap().unwrap();
    kill(follower.id(), Signal::TERM);
    follower.wait().unwrap();
    let _ = sleeper.kill();
    sleeper.wait().unwrap();
    assert!(seen.contains("\"application\":\"psql\""), "{seen}");
}

#[test]
fn an_answer_that_breaks_off_is_said_to_be_partial() {
    let Some(mut sql) = Sql::start("an_answer_that_breaks_off_is_said_to_be_partial") else { return };
    // An error in the middle: the rows before it, why, and that this was not all.
    let broken = sql.run(&[
        "query",
        "select 1/(g - 90000) as n from generate_series(1, 200000) g",
        "--all",
        "-o",
        "jsonl",
    ]);
    assert_eq!(broken.code, Some(1));
    assert!(broken.stdout.starts_with("{\"n\":0}\n"), "{}", &broken.stdout[..200.min(broken.stdout.len())]);
    assert!(broken.stdout.contains("division by zero (SQLSTATE 22012)"), "{}", broken.stderr);
    assert!(broken.stderr.contains("error: `sql`: the answer broke off after "), "{}", broken.stderr);
    assert!(broken.stderr.contains("and is not whole"), "{}", broken.stderr);
    // The server goes in the middle of an export, which leaves no file behind.
    let endless = "select generate_series(1, 100000000), repeat('x', 1000)";
    let words = ["sql", "export", endless, "-i", "shop", "-d", "postgres", "--output-file", "all.csv"];
    let child = sql.user.command(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let folder = sql.user.path("home");
    let half = || {
        let files = fs::read_dir(&folder).unwrap().flatten();
        files.filter_map(|file| file.metadata().ok()).any(|facts| facts.is_file() && facts.len() > 5_000_000)
    };
    eventually("rows are saved", half);
    sql.postgres.break_down();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains("error: `sql`: the answer broke off after ") && said.contains("and is not whole"),
        "{said}"
    );
    assert!(!folder.join("all.csv").exists());
    let gone = sql.fails(&["query", "select 1"], 1);
    assert!(gone.contains("no connection to the database"), "{gone}");
}

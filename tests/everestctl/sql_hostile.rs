//! The SQL explorer in databases whose owners want what only the administrator may: nothing that they have made runs
//! because an administrator looks.

use crate::support::InTime as _;
use crate::support::host::with_users;
use crate::support::postgres::Postgres;
use crate::support::sandbox::{Output, eventually};
use crate::support::skip;
use crate::support::sql::{Sql, backend, delivered};
use std::collections::BTreeSet;
use std::process::{Child, Stdio};

/// Operators, functions, types, tables and aggregates that take the place of PostgreSQL's own wherever they can.
const CAPTORS: &str = include_str!("support/hostile.sql");
/// What the server notes when one of them runs.
const CAPTURED: &str = "LOG:  captured ";

/// Tables with columns of every kind that needs a lookup.
const TABLES: &str = r#"
set search_path = pg_catalog;
create type public.mood as enum ('sad', 'happy');
create domain public.amount as int check (value operator(pg_catalog.>) 0);
create type public.place as (x int, feeling public.mood);
create type public.times as range (subtype = timestamptz);
create table public.parents (id int primary key);
create table public."Orders" (
    id int primary key default pg_catalog.abs(7), parent int references public.parents (id), feeling public.mood, feelings public.mood[],
    amount public.amount, amounts public.amount[], place public.place, places public.place[], span public.times,
    unique (parent, id), check (id operator(pg_catalog.>) 0)
);
create index "Indexed" on public."Orders" (pg_catalog.abs(id));
comment on table public."Orders" is 'all of them';
comment on column public."Orders".id is 'which one';
insert into public.parents values (1);
insert into public."Orders" values (1, 1, 'happy', '{sad}', 7, '{7}', '(1,sad)', '{"(1,sad)"}', '[2026-01-01,2026-02-01)');
create view public.seen as select * from public."Orders";
create materialized view public.kept as select * from public.parents;
create schema sales;
create table sales.parents (id int);
"#;

/// An instance whose database `shopdb` belongs to the role `app`, who may little and has prepared it.
fn hostile(test: &str) -> Option<Sql> {
    let sql = Sql::start(test)?;
    sql.psql("create role app login password 'app'");
    sql.psql("create database shopdb owner app");
    sql.psql("alter database shopdb set log_statement = 'all'");
    for statements in [TABLES, CAPTORS] {
        let mut psql = sql.postgres.client("psql", "shopdb");
        psql.env("PGUSER", "app").env("PGPASSWORD", "app").args([
            "-Xq",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statements,
        ]);
        let made = psql.output_in_time();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    Some(sql)
}

fn shopdb(sql: &Sql, words: &[&str]) -> Output {
    sql.user.run_with([&["sql"], words, &["-i", "shop", "-d", "shopdb"]].concat())
}

/// Objects of another user that have run, and what ran them.
fn captured(sql: &Sql) -> Vec<String> {
    let log = sql.postgres.log();
    let lines: Vec<&str> = log.lines().collect();
    let around = |at: usize| lines[at..lines.len().min(at + 8)].join("\n");
    (0..lines.len()).filter(|at| lines[*at].contains(CAPTURED)).map(around).collect()
}

/// Another user's session, in which a statement runs.
fn sleeper(sql: &Sql, seconds: &str) -> Child {
    let text = format!("select pg_catalog.pg_sleep({seconds})");
    let mut psql = sql.postgres.client("psql", "shopdb");
    let child = psql.args(["-Xqc", &text]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("it sleeps", || sql.running(&format!("pg_sleep({seconds})")) == "1\n");
    child
}

/// Every command, each of which has to do what it should.
fn every_command(sql: &Sql) {
    let says = |words: &[&str]| shopdb(sql, words).success_silent();
    assert_eq!(says(&["databases", "-o", "name"]), "postgres\nshopdb\n");
    assert_eq!(says(&["schemas", "-o", "name"]), "information_schema\npg_catalog\npublic\nsales\n");
    let tables = shopdb(sql, &["tables", "-o", "json"]).json();
    let orders = tables["items"].as_array().unwrap().iter().find(|item| item["name"] == "Orders").unwrap();
    assert_eq!((orders["kind"].as_str(), orders["comment"].as_str()), (Some("table"), Some("all of them")));
    assert_eq!(
        says(&["tables", "--schema", "sales", "-o", "jsonl", "--jq", ".items[].reference"]),
        "sales.parents\n"
    );
    for name in ["\"Orders\"", "public.\"Orders\"", "PUBLIC . \"Orders\""] {
        let whole = shopdb(sql, &["describe", name, "-o", "json"]).json();
        let keys: Vec<&str> =
            whole["columns"].as_array().unwrap().iter().filter_map(|column| column["key"].as_str()).collect();
        assert_eq!(keys, ["check, primary key, unique", "references parents, unique"], "{whole}");
        assert_eq!(whole["columns"][0]["comment"], "which one");
        assert_eq!(
            (whole["indexes"].as_array().unwrap().len(), whole["constraints"].as_array().unwrap().len()),
            (3, 4)
        );
    }
    assert!(shopdb(sql, &["describe", "a.b.c.d"]).stderr_failed(1).contains("table `a.b.c.d` not found"));
    for (statement, shown) in [
        ("select feeling, feelings, amount, amounts from public.\"Orders\"", "happy"),
        ("select place, places from public.\"Orders\"", "(1,sad)"),
        ("select span from public.seen", "2026-01-01"),
        ("table public.kept", "1"),
        ("select pg_catalog.set_config('search_path', 'public, pg_catalog', false)", "public"),
        ("show search_path", "\n"),
    ] {
        assert!(says(&["query", statement, "--no-headers"]).contains(shown), "{statement}");
        assert!(says(&["query", statement, "--all", "--no-headers"]).contains(shown), "{statement}");
        if !statement.starts_with("show") {
            assert!(says(&["export", statement, "--format", "csv"]).contains(shown), "{statement}");
            assert!(says(&["export", statement, "--format", "jsonl"]).contains(shown), "{statement}");
            for more in [&[][..], &["--analyze"], &["--format", "json"]] {
                let _ = says(&[&["explain", statement], more].concat());
            }
        }
    }
    // Many pieces, and no cursor.
    let many = "select pg_catalog.generate_series(1, 9000) as n";
    assert_eq!(says(&["query", many, "--all", "-o", "jsonl"]).lines().count(), 9000);
    assert!(
        shopdb(sql, &["query", "select nothing"])
            .stderr_failed(1)
            .contains("column \"nothing\" does not exist")
    );
    let written = says(&["query", "insert into sales.parents values (1) returning id", "--write", "--yes"]);
    assert_eq!(written, "id\n 1\n");
    let mut sleeping = sleeper(sql, "611");
    let activity = shopdb(sql, &["activity", "-o", "json"]).json();
    let mut running = activity["items"].as_array().unwrap().iter();
    let other = running.find(|item| item["statement"].as_str().unwrap().contains("pg_sleep(611)")).unwrap();
    assert_eq!((other["application"].as_str(), other["user"].as_str()), (Some("psql"), Some("admin")));
    assert!(says(&["cancel", other["id"].as_str().unwrap()]).contains("true"));
    assert_eq!(sleeping.status_in_time().code(), Some(1));
}

#[test]
fn nothing_of_a_database_runs_because_an_administrator_looks() {
    let Some(sql) = hostile("nothing_of_a_database_runs_because_an_administrator_looks") else { return };
    assert_eq!(captured(&sql), <[String; 0]>::default());
    for path in [
        // As it is everywhere: what fits better comes before what comes first.
        "alter database shopdb reset search_path",
        // As an owner can have it.
        "alter database shopdb set search_path = public, pg_catalog",
        "alter database shopdb set search_path = public, pg_catalog, pg_temp",
        // As the administrator may have it.
        "alter role admin in database shopdb set search_path = pg_temp, public, pg_catalog",
    ] {
        sql.psql(path);
        every_command(&sql);
        let captured = captured(&sql);
        assert!(captured.is_empty(), "{path}: {}", captured.join("\n\n"));
    }
    // They would run: an operator, a function, a type, a table, an aggregate.
    for (number, careless) in [
        "select 'x'::pg_catalog.name !~ 'y'::pg_catalog.name",
        "select quote_ident('x'::pg_catalog.name)",
        "select 'x'::text",
        "select from pg_class limit 1",
        "select count(*) from pg_catalog.pg_class",
        "select 'r'::pg_catalog.\"char\" in ('p'::pg_catalog.\"char\")",
    ]
    .iter()
    .enumerate()
    {
        sql.postgres.psql("shopdb", careless);
        assert!(captured(&sql).len() > number, "{careless}");
    }
}

/// The statements in what the server has noted, one line each.
fn noted(log: &str) -> BTreeSet<String> {
    let mut all: Vec<String> = Vec::new();
    for line in log.lines() {
        match line.split_once("LOG:  statement: ").or_else(|| line.split_once("LOG:  execute ")) {
            Some((_, text)) => all.push(text.to_owned()),
            // What continues starts with a tab.
            None if line.starts_with('\t') => {
                if let Some(last) = all.last_mut() {
                    last.push(' ');
                    last.push_str(line.trim());
                }
            }
            None => all.push(String::new()),
        }
    }
    let statement = |text: &String| match text.split_once(": ") {
        Some((name, text))
            if name.starts_with('s') && name[1..].bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            text.to_owned()
        }
        _ => text.clone(),
    };
    // Several may have been sent as one.
    let all = all.iter().map(statement);
    all.flat_map(|text| text.split("; ").map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn no_name_in_our_statements_means_what_somebody_else_has_made() {
    let test = "no_name_in_our_statements_means_what_somebody_else_has_made";
    let Some(sql) = hostile(test) else { return };
    if sql.psql("select current_setting('server_version_num')::int >= 140000") != "t\n" {
        return skip("postgres", test, "PostgreSQL before 14 does not tell what a statement means");
    }
    sql.psql("create type colon; create function colonin(cstring) returns colon language internal immutable strict as 'textin';
         create function colonout(colon) returns cstring language internal immutable strict as 'textout';
         create type colon (input = colonin, output = colonout, like = text, delimiter = ':')");
    every_command(&sql);
    let colons = "select null::pg_catalog.text, null::public.place[]";
    let _ = shopdb(&sql, &["query", colons]).success_silent();
    // Ours are those in capital letters; the driver's own name `pg_type` so, and run where no other one is found.
    let noted = noted(&sql.postgres.log());
    let drivers = ["SELECT t.typname, t.typtype", "SELECT enumlabel", "SELECT attname, atttypid"];
    let ours: Vec<&String> = noted
        .iter()
        .filter(|text| text.starts_with("SELECT ") && !drivers.iter().any(|driver| text.starts_with(driver)))
        .collect();
    for word in [
        "pg_database_size",
        "quote_ident",
        "parse_ident",
        "pg_get_expr",
        "pg_get_indexdef",
        "pg_get_constraintdef",
        "current_schemas",
        "clock_timestamp",
        "pg_cancel_backend",
        "typdelim",
        "client_connection_check_interval",
        "^pg_(toast|temp)",
    ] {
        assert!(ours.iter().any(|text| text.contains(word)), "{word}: {ours:#?}");
    }
    // Each of them in the path of the worst kind, as a function of which the server knows what it consists of.
    sql.psql("alter database shopdb set search_path = public, pg_catalog");
    for text in ours {
        let kind = |number: usize| {
            let (_, rest) = text.split_once(&format!("${number}::pg_catalog."))?;
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"[]".contains(letter));
            Some(format!("pg_catalog.{}", &rest[..end.unwrap_or(rest.len())]))
        };
        let kinds: Vec<String> = (1..).map_while(kind).collect();
        assert!(!text.contains(&format!("${}", kinds.len() + 1)), "a parameter without a type: {text}");
        let made = format!(
            "create function sales.meaning({}) returns setof pg_catalog.record language sql begin atomic {text}; end",
            kinds.join(", ")
        );
        sql.postgres.psql("shopdb", &made);
        let foreign = sql.postgres.psql(
            "shopdb",
            "select pg_catalog.pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) from pg_catalog.pg_depend as d
             where d.classid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
                and d.objid operator(pg_catalog.=) 'sales.meaning'::pg_catalog.regproc::pg_catalog.oid
                and d.refobjid operator(pg_catalog.>=) 16384::pg_catalog.oid
                and not d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid",
        );
        assert_eq!(foreign, "", "{text}");
        sql.postgres.psql("shopdb", "drop function sales.meaning");
    }
    // It would be seen.
    let careless = "create function sales.meaning() returns setof pg_catalog.record language sql begin atomic \
                    select from pg_catalog.pg_class as c where c.relkind in ('r', 'p'); end";
    sql.postgres.psql("shopdb", careless);
    let depends = "select pg_catalog.count(*) from pg_catalog.pg_depend as d \
                   where d.objid operator(pg_catalog.=) 'sales.meaning'::pg_catalog.regproc::pg_catalog.oid \
                   and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid";
    assert_eq!(sql.postgres.psql("shopdb", depends), "1\n");
}

#[test]
fn what_an_owner_sets_for_a_database_changes_no_promise() {
    let Some(sql) = hostile("what_an_owner_sets_for_a_database_changes_no_promise") else { return };
    let mut owner = sql.postgres.client("psql", "shopdb");
    owner.env("PGUSER", "app").env("PGPASSWORD", "app").arg("-Xq");
    for setting in [
        "search_path = public, pg_catalog",
        "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "standard_conforming_strings = off",
        "transform_null_equals = on",
        "quote_all_identifiers = on",
        "client_encoding = 'LATIN1'",
        "client_min_messages = 'debug5'",
        "row_security = off",
        "application_name = 'other'",
    ] {
        owner.args(["-c", &format!("alter database shopdb set {setting}")]);
    }
    let set = owner.output_in_time();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    // Another transaction that may be waited for.
    let mut writing = sql.postgres.client("psql", "shopdb");
    let text = "begin isolation level serializable read write; insert into sales.parents values (1); select pg_catalog.pg_sleep(612)";
    let mut writing =
        writing.args(["-Xqc", text]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("it sleeps", || sql.running("pg_sleep(612)") == "1\n");
    assert!(shopdb(&sql, &["tables", "-o", "name"]).stdout.contains("Orders"));
    writing.kill().unwrap();
    writing.status_in_time();
    // A text ends where it seems to end.
    for more in [&["query"][..], &["query", "--all"], &["export", "--format", "csv"]] {
        let shown = shopdb(&sql, &[&more[..1], &[r"select '\' as x, ';' as y"], &more[1..]].concat());
        assert!(shown.stdout.contains('\\') && shown.stdout.contains(';'), "{shown:?}");
    }
    let refused = shopdb(&sql, &["query", "delete from sales.parents"]).stderr_failed(1);
    assert!(refused.contains("in a read-only transaction"), "{refused}");
    let written = shopdb(&sql, &["query", "insert into sales.parents values (2)", "--write", "--yes"]);
    assert_eq!(written.stdout, "INSERT 0 1\n", "{written:?}");
    assert_eq!(shopdb(&sql, &["query", "select 'größe' as x", "--no-headers"]).stdout, "größe\n");
    assert!(captured(&sql).is_empty(), "{:?}", captured(&sql));
}

#[test]
fn one_user_does_not_keep_all_others_out() {
    let test = "one_user_does_not_keep_all_others_out";
    if !backend().exists() {
        return skip("sql-backend", test, "the backend is not built (cargo build --workspace)");
    }
    let Some(postgres) = Postgres::start(test) else { return };
    let place = delivered(&postgres);
    let (state, password) = with_users(&place, &["dana", "eve"]);
    let sql = Sql::with(postgres, place, &state);
    let follow = "GET /v1/clusters/main/plugins/sql/api/activity?instance=shop&database=postgres&follow=true";
    // Each sign-in gives a new token.
    let sessions: Vec<_> = (0..3).map(|_| sql.host.sign_in_as("dana", &password)).collect();
    let open: Vec<_> =
        sessions.iter().flat_map(|session| (0..4).map(|_| session.open(follow, &[], b""))).collect();
    let with = |status: u16| open.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(200), with(429)), (4, 8));
    let eve = sql.host.sign_in_as("eve", &password);
    for session in [&eve, &sessions[0]] {
        let tables = session.get("/v1/clusters/main/plugins/sql/api/tables?instance=shop&database=postgres");
        assert_eq!(tables.status, 200, "{}", tables.text());
    }
    // A place is free when a request ends.
    drop(open);
    eventually("there is a place again", || sessions[0].open(follow, &[], b"").status == 200);
}

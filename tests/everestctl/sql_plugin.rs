//! The SQL explorer: what its commands show, held against psql.

use crate::support::InTime as _;
use crate::support::host::kill;
use crate::support::postgres::{PASSWORD, Postgres};
use crate::support::sandbox::eventually;
use crate::support::skip;
use crate::support::sql::{Sql, backend, delivered};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

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
        return skip("sql-backend", test, "the backend is not built (cargo build --workspace)");
    }
    let Some(postgres) = Postgres::start(test) else { return };
    let place = delivered(&postgres);
    let file = |name: &str| place.path(name).display().to_string();
    let host = ["host", "exec", "--plugins", &file("plugins"), "--instances", &file("instances.yaml"), "--"];
    let exec = |words: &[&str]| place.run_with([&host[..], words].concat());
    assert_eq!(
        exec(&["everestctl", "sql", "instances"]).success_silent(),
        "NAME  NAMESPACE  PROVIDER\nshop  everest    provider-percona-postgresql\n"
    );
    let query = ["everestctl", "sql", "query", "select 1 as one, 'x' as two", "-i", "shop", "-d", "postgres"];
    assert_eq!(exec(&query).success_silent(), "one  two\n  1  x\n");
    // The password is shown neither to the caller nor in the log.
    let verbose = place.run_with([&["-v"], &host[..], &query[..], &["-v"]].concat());
    assert!(verbose.stderr.contains("sql: ready at"), "{verbose:?}");
    assert!(!format!("{verbose:?}").contains(PASSWORD), "{verbose:?}");
}

#[test]
fn what_there_is_and_what_it_consists_of() {
    let Some(sql) = Sql::start("what_there_is_and_what_it_consists_of") else { return };
    let made =
        sql.postgres.client("pgbench", "postgres").args(["-i", "-q", "-s", "1", "--foreign-keys"]).output();
    if !made.is_ok_and(|made| made.status.success()) {
        return skip("postgres", "what_there_is_and_what_it_consists_of", "there is no pgbench");
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
    let tables = sql.stdout_ok(&["tables"]);
    assert!(tables.starts_with("SCHEMA  NAME              KIND     ROWS  SIZE\n"), "{tables}");
    let accounts = tables.lines().find(|line| line.contains("pgbench_accounts")).unwrap();
    assert!(
        accounts.split_whitespace().eq(["public", "pgbench_accounts", "table", "100000", "15Mi"]),
        "{tables}"
    );
    assert_eq!(names(&sql.json(&["tables", "--schema", "sales"])), ["Orders"]);
    let described = sql.stdout_ok(&["describe", "pgbench_history"]);
    assert!(described.starts_with("NAME    TYPE"), "{described}");
    assert!(described.contains("references pgbench_branches"), "{described}");
    let whole = sql.json(&["describe", "pgbench_accounts"]);
    assert_eq!(whole["columns"][0]["key"], "primary key");
    assert_eq!(
        whole["indexes"],
        json!(["CREATE UNIQUE INDEX pgbench_accounts_pkey ON public.pgbench_accounts USING btree (aid)"])
    );
    assert_eq!(sql.json(&["describe", "sales.\"Orders\""])["name"], "Orders");
    let missing = sql.stderr_failed(&["describe", "nothing'; drop table pgbench_accounts"], 1);
    assert!(missing.contains("invalid name syntax") || missing.contains("not found"), "{missing}");
    let plan = sql.stdout_ok(&["explain", "select * from pgbench_accounts where aid = 7"]);
    assert_eq!(plan, sql.psql("explain select * from pgbench_accounts where aid = 7"));
    let analyzed = sql.stdout_ok(&["explain", "--analyze", "table pgbench_branches"]);
    assert!(analyzed.contains("actual time="), "{analyzed}");
    let plan = sql.json(&["explain", "select 1", "--format", "json"]);
    assert_eq!(plan[0]["Plan"]["Node Type"], "Result");
    // Text is a JSON string with `-o json`.
    assert_eq!(sql.json(&["explain", "select 1"]), json!("Result  (cost=0.00..0.01 rows=1 width=4)\n"));
    // A page of help is as good as for any other command.
    let help = sql.user.run("sql query --help").success_silent();
    assert!(help.contains("[required; text, or @FILE; read from standard"), "{help}");
    assert!(help.contains("-i, --instance <VALUE>"), "{help}");
    let refreshed = sql.user.run("plugin refresh sql");
    assert_eq!((refreshed.code, refreshed.stderr.contains("warning")), (Some(0), false), "{refreshed:?}");
}

#[test]
fn tab_completes_instances_databases_schemas_and_tables() {
    let Some(sql) = Sql::start("tab_completes_instances_databases_schemas_and_tables") else { return };
    sql.psql("create schema sales; create table sales.orders (id int); create table invoices (id int)");
    assert_eq!(sql.user.run("plugin refresh").code, Some(0));
    sql.user.write("home/report.sql", "select 1");
    let offered = |words: &[&str]| -> Vec<String> {
        // In CI no one presses TAB, and nothing is fetched in the background.
        let mut command = sql.user.command(["__complete"].iter().chain(words));
        let output = command.env("CI", "0").output_in_time();
        let lines = String::from_utf8(output.stdout).unwrap();
        let values = lines.lines().filter(|line| !line.starts_with(':'));
        values.map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    };
    for (words, value) in [
        (&["sql", "query", "select 1", "--instance", ""][..], "shop"),
        (&["sql", "tables", "-i", "shop", "-d", "p"], "postgres"),
        (&["sql", "query", "-i", "shop", "@rep"], "@report.sql"),
        (&["sql", "tables", "-i", "shop", "-d", "postgres", "--schema", "sa"], "sales"),
        (&["sql", "describe", "-i", "shop", "-d", "postgres", "inv"], "invoices"),
        (&["sql", "describe", "-i", "shop", "-d", "postgres", "sa"], "sales.orders"),
    ] {
        eventually(value, || offered(words) == [value]);
    }
}

#[test]
fn every_awkward_value_is_exact() {
    let Some(sql) = Sql::start("every_awkward_value_is_exact") else { return };
    sql.psql(AWKWARD);
    // Numbers are kept as they were written.
    let raw =
        sql.stdout_ok(&["query", "select id, big, exact, docb, doc from awkward where id = 1", "-o", "raw"]);
    assert!(
        raw.contains(r#""big":9223372036854775807,"exact":"12345678901234567890.12345678901234567890""#),
        "{raw}"
    );
    assert!(raw.contains(r#""docb":{"b": [1, null, 12345678901234567890]}"#), "{raw}");
    assert!(raw.contains(r#""doc":{"a":  1.10, "a": 2}"#), "{raw}");
    let long = r#"{"a": 1.10, "b": 12345678901234567890123}"#;
    for more in [&[][..], &["--all"]] {
        let query = format!("select '{long}'::json as d");
        let line = sql.stdout_ok(&[&["query", &query, "-o", "jsonl"][..], more].concat());
        assert_eq!(line, format!("{{\"d\":{long}}}\n"));
    }
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
    // Wide and empty results, and columns of one name.
    let twice = sql.json(&["query", "select 1 as id, 2 as id, null"]);
    assert_eq!(twice["rows"], json!([{"id": 1, "id_2": 2, "?column?": null}]));
    assert_eq!(twice["columns"][1], json!({"name": "id", "key": "id_2", "type": "int4", "numeric": true}));
    assert_eq!(
        sql.stdout_ok(&["query", "select 1 as id, 2 as id, null"]),
        "id  id  ?column?\n 1   2  NULL\n"
    );
    let wide: Vec<String> = (0..300).map(|number| format!("{number} as c{number}")).collect();
    let wide = sql.stdout_ok(&["query", &format!("select {}", wide.join(", "))]);
    assert_eq!(wide.lines().map(|line| line.split_whitespace().count()).collect::<Vec<_>>(), [300, 300]);
    let nothing = sql.run(&["query", "select 1 where false"]);
    assert_eq!(
        (nothing.stdout.as_str(), nothing.stderr.as_str(), nothing.code),
        ("?column?\n", "no rows\n", Some(0))
    );
    assert!(sql.rows("select 1 where false").is_empty());
    assert_eq!(sql.rows("values (1), (2)").len(), 2);
    assert_eq!(sql.rows("select").len(), 1);
    assert_eq!(sql.rows("show server_encoding"), [json!({"server_encoding": "UTF8"})]);
}

#[test]
fn what_differs_differs_in_a_table() {
    let Some(sql) = Sql::start("what_differs_differs_in_a_table") else { return };
    sql.psql(AWKWARD);
    let table = sql.stdout_ok(&["query", "select id, words, numbers, yes, exact from awkward order by id"]);
    assert_eq!(
        table,
        "id  words                     numbers     yes                                        exact\n \
         1  tab␉\"quote\" \\ größe 数 ␁  [1,null,3]  true   12345678901234567890.12345678901234567890\n \
         2                            []          false                                        NaN\n"
    );
    // What is nothing, what is empty and what is a dash are three things; nothing is lost of JSON; blanks count.
    let odd = "select null as nil, '' as empty, '-' as dash, '  a  b ' as blanks, '{\"a\": 1.10}'::json as doc, \
               '12345678901234567890123'::jsonb as big, array[1.50, null] as list, e'a\\nb' as lines";
    for more in [&[][..], &["--all"]] {
        let table = sql.stdout_ok(&[&["query", odd][..], more].concat());
        assert_eq!(
            table,
            "nil   empty  dash  blanks   doc                              big  list           lines\n\
             NULL         -       a  b   {\"a\": 1.10}  12345678901234567890123  [\"1.50\",null]  a␊b\n"
        );
    }
    // What few programs can hold is shown all the same.
    let odd = "select '1e400'::jsonb as large, '\"\\ud800\"'::json as half, 7 as usual";
    for more in [&[][..], &["--all"]] {
        let table = sql.stdout_ok(&[&["query", odd, "--no-headers"][..], more].concat());
        assert_eq!(table.len(), 401 + "  \"\\ud800\"  7\n".len(), "{table}");
    }
    // Arrays are lists whatever stands between their elements.
    sql.psql(
        "create type colon;
         create function colonin(cstring) returns colon language internal immutable strict as 'textin';
         create function colonout(colon) returns cstring language internal immutable strict as 'textout';
         create type colon (input = colonin, output = colonout, like = text, delimiter = ':');
         create domain colons as colon[]",
    );
    let lists =
        sql.rows("select '{a:b}'::colon[] as a, '{\"c:d\":e}'::colons as b, '{sad,happy}'::mood[] as c");
    assert_eq!(lists[0], json!({"a": ["a", "b"], "b": ["c:d", "e"], "c": ["sad", "happy"]}));
    // One long value is shown whole.
    let long = sql.stdout_ok(&["query", "select repeat('x', 20000) as x", "--no-headers"]);
    assert_eq!(long.len(), 20_001);
}

#[test]
fn a_database_of_other_customs_changes_no_value() {
    let Some(sql) = Sql::start("a_database_of_other_customs_changes_no_value") else { return };
    sql.psql("create database odd encoding 'SQL_ASCII' template template0 locale 'C'");
    sql.psql("alter database odd set datestyle = 'German'");
    sql.psql("alter database odd set extra_float_digits = -10");
    sql.psql("alter database odd set bytea_output = 'escape'");
    // The owner of a database can put functions before those of the system: they are not what lists are made with.
    let evil = "create schema evil; create function evil.pg_get_userbyid(oid) returns name language sql as 'select ''evil''::name'; \
                create function evil.set_config(text, text, boolean) returns text language plpgsql as 'begin raise ''evil''; end'";
    sql.postgres.psql("odd", evil);
    sql.psql("alter database odd set search_path = evil, pg_catalog, public");
    sql.postgres.psql(
        "odd",
        "create table public.t (x text); insert into t values (convert_from('\\xff', 'SQL_ASCII'))",
    );
    let odd = |words: &[&str]| sql.user.run_with([&["sql"], words, &["-i", "shop", "-d", "odd"]].concat());
    let values = "select date '2026-02-28' as day, 0.1::float8 as double, '\\xff'::bytea as bytes";
    assert_eq!(
        odd(&["query", values, "-o", "jsonl"]).success_silent(),
        r#"{"day":"2026-02-28","double":0.1,"bytes":"\\xff"}"#.to_owned() + "\n"
    );
    let schemas = odd(&["schemas", "-o", "json"]).json();
    let owner = schemas["items"].as_array().unwrap().iter().find(|item| item["name"] == "evil").unwrap();
    assert_eq!(owner["owner"], "admin");
    assert_eq!(odd(&["tables", "-o", "name"]).success_silent(), "t\n");
    // What is not text is not nothing.
    let refused = odd(&["query", "select 1 as a, x from public.t"]).stderr_failed(1);
    assert!(
        refused.contains("invalid byte sequence for encoding \"UTF8\": 0xff (SQLSTATE 22021)"),
        "{refused}"
    );
    let bytes = odd(&["query", "select convert_to(x, 'SQL_ASCII') as x from public.t", "--no-headers"]);
    assert_eq!(bytes.success_silent(), "\\xff\n");
    // What `alter system` writes is a path of one empty name.
    sql.psql(r"copy (select $$search_path = ''$$) to program 'cat >> postgresql.auto.conf'");
    sql.psql("select pg_catalog.pg_reload_conf()");
    eventually("there is no path", || sql.psql("show search_path") == "\n");
    assert_eq!(sql.stdout_ok(&["schemas", "-o", "name"]), "information_schema\npg_catalog\npublic\n");
}

#[test]
fn statements_come_from_files_and_rows_in_any_number() {
    let Some(sql) = Sql::start("statements_come_from_files_and_rows_in_any_number") else { return };
    sql.user.write("home/report.sql", "-- a report\nselect g as n from generate_series(1, 3) g;\n");
    assert_eq!(sql.stdout_ok(&["query", "@report.sql"]), "n\n1\n2\n3\n");
    sql.user.write("home/marked.sql", "\u{feff}select 1 as n");
    assert_eq!(sql.stdout_ok(&["query", "@marked.sql"]), "n\n1\n");
    sql.user.write("home/large.sql", format!("select length('{}') as n", "x".repeat(5_000_000)));
    assert_eq!(sql.stdout_ok(&["query", "@large.sql"]), "      n\n5000000\n");
    for more in [&["-o", "jsonl"][..], &["--jq", "."], &["--columns", "n"]] {
        let both = sql.run(&[&["query", "select 1", "--output-file", "x"][..], more].concat());
        assert_eq!(both.code, Some(2), "{both:?}");
    }
    let line = "echo 'select 7 as n' | everestctl sql query - -i shop -d postgres -o json --jq .rows[0].n";
    assert_eq!(sql.user.shell(line).success_silent(), "7\n");
    let many = "select g as n from generate_series(1, 120000) g";
    let limited = sql.run(&["query", many, "--limit", "60", "-o", "jsonl"]);
    assert_eq!(limited.stdout.lines().last(), Some(r#"{"n":60}"#));
    let table = sql.run(&["query", many]);
    assert_eq!(table.stdout.lines().count(), 1001);
    assert!(table.stderr.contains("more rows available: use --limit N or --all"), "{}", table.stderr);
    let all = sql.stdout_ok(&["query", many, "--all", "-o", "jsonl"]);
    assert_eq!(
        all,
        sql.psql("select json_build_object('n', g)::text from generate_series(1, 120000) g").replace(' ', "")
    );
    let table = sql.stdout_ok(&[
        "query",
        "select g as n, 'x' || g as \"Word\", null as z from generate_series(9, 11) g",
        "--all",
    ]);
    assert_eq!(table, " n  Word  z\n 9  x9    NULL\n10  x10   NULL\n11  x11   NULL\n");
    // The export is what \copy writes.
    let file = sql.user.path("home/out.csv");
    let source = "select g as n, 'a,\"' || g as t, null as z from generate_series(1, 50000) g";
    let saved = sql.run(&["export", &format!("{source}; -- all"), "--output-file", "out.csv"]);
    assert_eq!((saved.code, saved.stdout.as_str()), (Some(0), ""), "{saved:?}");
    let theirs = sql.psql(&format!("\\copy ({source}) to stdout with (format csv, header)"));
    assert!(fs::read_to_string(file).unwrap() == theirs);
    let lines = sql.stdout_ok(&["export", source, "--format", "jsonl"]);
    assert_eq!(lines.lines().nth(49_999), Some(r#"{"n":50000,"t":"a,\"50000","z":null}"#));
}

#[test]
fn errors_are_shown_under_the_statement() {
    let Some(sql) = Sql::start("errors_are_shown_under_the_statement") else { return };
    sql.psql("create table orders (id int, total int)");
    assert_eq!(
        sql.stderr_failed(&["query", "select id,\n  totl from orders"], 1),
        "error: `sql`: returned 400 (bad request): column \"totl\" does not exist (SQLSTATE 42703)\n  \
         plugin sql says:\n    | LINE 2:   totl from orders\n    |           ^\n  \
         plugin sql says: Perhaps you meant to reference the column \"orders.total\".\n"
    );
    for command in ["explain", "export"] {
        let error = sql.stderr_failed(&[command, "select id from nowhere"], 1);
        assert!(
            error.contains("    | LINE 1: select id from nowhere\n    |                        ^\n"),
            "{error}"
        );
    }
    // What fails while it runs has no place.
    let error = sql.stderr_failed(&["query", "select 1/(g - 3) from generate_series(1, 5) g"], 1);
    assert!(error.contains("division by zero (SQLSTATE 22012)"), "{error}");
    let error = sql.stderr_failed(&["query", "select pg_sleep(20)", "--timeout", "100ms"], 1);
    assert!(
        error.contains(
            "statement timeout (SQLSTATE 57014)\n  plugin sql says: use `--timeout` to give it more time"
        ),
        "{error}"
    );
    for (statement, why) in [
        (" -- nothing\n;", "no statement given"),
        ("\\d orders", "commands that start with a backslash work in `sql shell`; \\d is `sql describe`"),
        (
            "select 1; select 2",
            "(SQLSTATE 42601)\n  plugin sql says: use `sql run` for several statements: it takes a file, or standard input\n",
        ),
        ("select $1::int", "statements with parameters"),
        ("copy orders to stdout", "cannot execute COPY in a read-only transaction (SQLSTATE 25006)"),
        ("select * from orders a full join orders b on a.id < b.id", "FULL JOIN is only supported with"),
    ] {
        let error = sql.stderr_failed(&["query", statement], 1);
        assert!(error.contains(why), "{statement}: {error}");
    }
    for copy in ["copy orders to stdout", "copy orders from stdin"] {
        let error = sql.stderr_failed(&["query", copy, "--write", "--yes"], 1);
        assert!(error.contains("this kind of statement is not supported"), "{copy}: {error}");
    }
    // What a message quotes may be large.
    let error = sql.stderr_failed(&["query", "select repeat('x', 200000)::int"], 1);
    assert!(
        error.contains("invalid input syntax for type integer: \"xxx") && error.len() < 10_000,
        "{error}"
    );
    assert!(error.contains("…") && error.contains("(SQLSTATE 22P02)"), "{error}");
    // Who wants all of them sees the first ones when they are there.
    let words =
        ["sql", "query", "select g, pg_sleep(0.5) from generate_series(1, 60) g", "--all", "-o", "jsonl"];
    let command = &mut sql.user.command(words.iter().chain(&["-i", "shop", "-d", "postgres"]));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let first = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    assert_eq!((first.as_str(), child.try_wait().unwrap()), (r#"{"g":1,"pg_sleep":""}"#, None));
    child.kill().unwrap();
    child.status_in_time();
    // All pieces of a page have the time of one statement.
    let slow = "select g, pg_sleep(0.02) from generate_series(1, 1000) g";
    let error = sql.stderr_failed(&["query", slow, "--timeout", "2s"], 1);
    assert!(error.contains("statement timeout (SQLSTATE 57014)"), "{error}");
    let error = sql.user.run_with(["sql", "query", "select 1", "-i", "none"]).stderr_failed(1);
    assert!(error.contains("instance `none` not found"), "{error}");
    let error =
        sql.user.run_with(["sql", "query", "select 1", "-i", "../x", "-n", "everest"]).stderr_failed(1);
    assert!(error.contains("`../x` is not a valid resource name"), "{error}");
    let error = sql.user.run_with(["sql", "query", "select 1", "-i", "shop", "-d", "none"]).stderr_failed(1);
    assert!(error.contains("database \"none\" does not exist (SQLSTATE 3D000)"), "{error}");
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
    follower.status_in_time();
    let _ = sleeper.kill();
    sleeper.status_in_time();
    assert!(seen.contains("\"application\":\"psql\""), "{seen}");
}

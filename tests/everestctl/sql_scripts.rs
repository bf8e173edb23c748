//! Several statements together: scripts, sessions, imports. And what a table consists of, as psql shows it.

use crate::support::Sandbox;
use crate::support::host::with_users;
use crate::support::postgres::Postgres;
use crate::support::sandbox::eventually;
use crate::support::sql::{Sql, delivered};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_script_runs_statement_by_statement() {
    let Some(sql) = Sql::start("a_script_runs_statement_by_statement") else { return };
    sql.user.write(
        "home/migration.sql",
        "\u{feff}-- a migration; of two tables\ncreate table a (id int);\n\
         create function f() returns text language plpgsql as $$ begin return ';'; end $$;\n\
         insert into a values (1), (2);\nselect id, f() as f from a order by id;\nvacuum a;\n",
    );
    let ran = sql.run(&["run", "-f", "migration.sql", "--write", "--yes"]);
    assert_eq!(
        (ran.stdout.as_str(), ran.code),
        ("CREATE TABLE\nCREATE FUNCTION\nINSERT 0 2\nid  f\n 1  ;\n 2  ;\nVACUUM\n", Some(0)),
        "{ran:?}"
    );
    // Standard input is read without being asked for, by `query` too.
    let piped = "echo 'select 7 as n; select 8 as m' | everestctl sql run -i shop -d postgres";
    assert_eq!(sql.user.shell(piped).success_silent(), "n\n7\nm\n8\n");
    let piped = "echo 'select 7 as n' | everestctl sql query -i shop -d postgres";
    assert_eq!(sql.user.shell(piped).success_silent(), "n\n7\n");
    let missing = sql.user.shell("everestctl sql run -i shop < /dev/null").stderr_failed(2);
    assert!(missing.contains("missing: <SQL>"), "{missing}");
    // What fails ends the script, and says where. What came before stays.
    let failed = sql.run(&[
        "run",
        "insert into a values (3);\nselect 1/0;\ninsert into a values (4)",
        "--write",
        "--yes",
    ]);
    assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), "INSERT 0 1\n"), "{failed:?}");
    assert!(failed.stderr.contains("line 2: division by zero (SQLSTATE 22012)"), "{failed:?}");
    assert_eq!(sql.psql("select count(*) from a"), "3\n");
    // In one transaction nothing stays.
    let script = "insert into a values (5);\ninsert into a values (1/0)";
    let failed = sql.run(&["run", script, "--write", "--yes", "--single-transaction"]);
    assert!(failed.stderr.contains("the transaction was rolled back"), "{failed:?}");
    let ended =
        sql.run(&["run", "insert into a values (5); commit", "--write", "--yes", "--single-transaction"]);
    assert!(ended.stderr.contains("COMMIT cannot be combined with a single transaction"), "{ended:?}");
    let open = sql.run(&["run", "begin; insert into a values (5)", "--write", "--yes"]);
    assert!(
        open.code == Some(1) && open.stderr.contains("ended within a transaction, which was rolled back"),
        "{open:?}"
    );
    assert_eq!(sql.psql("select count(*) from a"), "3\n");
    let copied = sql.stderr_failed(&["run", "select 1;\n\\copy a from x"], 1);
    assert!(copied.contains("line 2: `\\copy` is a command of psql"), "{copied}");
}

#[test]
fn a_dump_of_pg_dump_runs_as_a_script() {
    let Some(sql) = Sql::start("a_dump_of_pg_dump_runs_as_a_script") else { return };
    sql.psql(
        "create schema s; create table s.t (id int primary key, said text, at timestamptz default now())",
    );
    sql.psql(r"insert into s.t (id, said) values (1, E'a;\tb\n\\.\n'), (2, null), (3, ':n $$ ''x'), (4, '')");
    let before = sql.psql("select id, said, at from s.t order by id");
    let dump = sql.postgres.client("pg_dump", "postgres").args(["--schema", "s"]).output().unwrap();
    assert!(dump.status.success(), "{dump:?}");
    let dump = String::from_utf8(dump.stdout).unwrap();
    assert!(dump.contains("FROM stdin;"), "{dump}");
    sql.user.write("home/dump.sql", &dump);
    sql.psql("drop schema s cascade");
    let ran = sql.run(&["run", "-f", "dump.sql", "--write", "--yes", "--single-transaction", "--var", "n=7"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("\nCOPY 4\n"), "{ran:?}");
    assert_eq!(sql.psql("select id, said, at from s.t order by id"), before);
    // A row that the database refuses is named, and none is kept.
    let wrong = "create table u (id int);\ncopy u from stdin;\n1\nx\n\\.\nselect 1";
    let failed = sql.run(&["run", wrong, "--write", "--yes"]);
    assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), "CREATE TABLE\n"), "{failed:?}");
    assert!(failed.stderr.contains("line 2: invalid input syntax for type integer"), "{failed:?}");
    assert!(failed.stderr.contains("COPY u, line 2, column id"), "{failed:?}");
    assert_eq!(sql.psql("select count(*) from u"), "0\n");
    let missing = sql.stderr_failed(&["run", "copy u from stdin", "--write", "--yes"], 1);
    assert!(missing.contains("COPY from stdin needs its rows in the lines after it"), "{missing}");
    let read_only = sql.stderr_failed(&["run", "copy u from stdin;\n1\n\\."], 1);
    assert!(read_only.contains("--write"), "{read_only}");
}

#[test]
fn variables_stand_in_a_script_as_in_psql() {
    let Some(sql) = Sql::start("variables_stand_in_a_script_as_in_psql") else { return };
    let script = "select :n as n, :'text' as t, 1::text as :\"name\", ':n' as q";
    let variables = ["--var", "n=7", "--var", "text=o'b\\", "--var", "name=a\"b"];
    let output = sql.run(&[&["run", script, "-o", "json"][..], &variables].concat());
    let row = json!({"n": 7, "t": "o'b\\", "a\"b": "1", "q": ":n"});
    assert_eq!(output.json()["rows"], json!([row]), "{output:?}");
}

#[test]
fn a_script_only_reads_unless_it_is_said() {
    let Some(sql) = Sql::start("a_script_only_reads_unless_it_is_said") else { return };
    sql.psql("create table t (id int); insert into t values (1)");
    for way_out in [
        "delete from t",
        "begin read write; delete from t; commit",
        "begin; commit and chain; set transaction read write; delete from t; commit",
        "begin; rollback and chain; set transaction read write; delete from t; commit",
        "begin; set transaction read write; delete from t; commit",
        "set default_transaction_read_only = off; delete from t",
        "set session characteristics as transaction read write; with x as (delete from t returning 1) table x",
        "set standard_conforming_strings = off; set application_name = '\\' , '; commit; delete from t; --'",
        "set standard_conforming_strings = off; select '\\' , '; commit; delete from t; --'",
        "do $$ begin delete from t; end $$",
        "prepare x as delete from t; execute x",
        "begin; savepoint a; rollback to a; set transaction_read_only = off; delete from t; commit",
        "prepare transaction 'x'",
        "copy t to program 'true'",
    ] {
        let ran = sql.run(&["run", way_out]);
        assert_eq!(ran.code, Some(1), "{way_out}: {ran:?}");
    }
    assert_eq!(sql.psql("select count(*) from t"), "1\n");
    // Settings last from statement to statement.
    let ran = sql.stdout_ok(&["run", "set search_path = pg_catalog; show search_path"]);
    assert_eq!(ran, "SET\nsearch_path\npg_catalog\n");
}

#[test]
fn a_session_lasts_from_request_to_request_and_ends() {
    let Some(sql) = Sql::start("a_session_lasts_from_request_to_request_and_ends") else { return };
    sql.psql("create table t (id int)");
    let open = |more: &[&str]| -> String {
        let opened = sql.json(&[&["session", "open"][..], more].concat());
        opened["id"].as_str().unwrap().to_owned()
    };
    let run = |id: &str, statements: &str| sql.user.run_with(["sql", "session", "run", id, statements]);
    let id = open(&["--write"]);
    assert_eq!(run(&id, "begin; insert into t values (1)").success_silent(), "BEGIN\nINSERT 0 1\n");
    assert_eq!(run(&id, "select count(*) from t").success_silent(), "count\n    1\n");
    assert_eq!(sql.psql("select count(*) from t"), "0\n");
    let state = |id: &str| -> Value {
        sql.user.run_with(["sql", "session", "get", id, "-o", "json"]).json()["transaction"].clone()
    };
    assert_eq!(state(&id), json!("open"));
    assert!(run(&id, "select x").stderr_failed(1).contains("column \"x\" does not exist"));
    assert_eq!(state(&id), json!("failed"));
    let aborted = run(&id, "select 1").stderr_failed(1);
    assert!(aborted.contains("current transaction is aborted"), "{aborted}");
    assert_eq!(run(&id, "rollback").success_silent(), "ROLLBACK\n");
    assert_eq!(state(&id), json!("none"));
    // What was open when it is closed is undone.
    run(&id, "begin; insert into t values (2)").success_silent();
    assert_eq!(sql.user.run_with(["sql", "session", "close", &id]).code, Some(0));
    assert_eq!(sql.psql("select count(*) from t"), "0\n");
    assert!(run(&id, "select 1").stderr_failed(1).contains("not found"));
    // One that only reads stays so.
    let reading = open(&[]);
    assert!(
        run(&reading, "begin read write; delete from t").stderr_failed(1).contains("read-only transaction")
    );
    // A statement is cancelled, and the session goes on.
    let mut sleeper =
        sql.user.command(["sql", "session", "run", &reading, "select pg_sleep(605)"]).spawn().unwrap();
    eventually("it runs", || sql.running("pg_sleep(605)") == "1\n");
    assert_eq!(sql.user.run_with(["sql", "session", "cancel", &reading]).code, Some(0));
    assert_eq!(sleeper.wait().unwrap().code(), Some(1));
    run(&reading, "rollback").success_silent();
    assert_eq!(run(&reading, "select 1 as n").success_silent(), "n\n1\n");
    // There is a limit.
    for _ in 1..8 {
        open(&[]);
    }
    let full = sql.stderr_failed(&["session", "open"], 1);
    assert!(full.contains("you already have 8 open sessions"), "{full}");
    let listed = sql.user.run_with(["sql", "sessions", "-o", "name"]).success_silent();
    assert_eq!(listed.lines().count(), 8, "{listed}");
}

#[test]
fn a_session_is_its_users_alone() {
    let test = "a_session_is_its_users_alone";
    let Some(postgres) = Postgres::start(test) else { return };
    let place = delivered(&postgres);
    place.write(
        "policy.csv",
        "p, role:plugins, plugins, *, main/sql\np, role:plugins, namespaces, read, main/*\n\
         g, dana, role:plugins\np, dana, instances, *, main/*/*\ng, eve, role:plugins\np, eve, instances, *, main/*/*\n",
    );
    let (state, password) = with_users(&place, &["dana", "eve"]);
    let policy = place.path("policy.csv").display().to_string();
    let sql = Sql::with(postgres, place, &format!("{state} --policy {policy}"));
    let [dana, eve] = ["dana", "eve"].map(|name| {
        Sandbox::new()
            .with("EVEREST_HOST", format!("http://{}", sql.host.address))
            .with("EVEREST_TOKEN", sql.host.sign_in_as(name, &password).access)
            .with("CI", "1")
    });
    let open = ["sql", "session", "open", "-i", "shop", "-d", "postgres", "-o", "json"];
    let id = dana.run_with(open).json()["id"].as_str().unwrap().to_owned();
    for words in [&["run", &id, "select 1"][..], &["get", &id], &["cancel", &id], &["close", &id]] {
        let refused = eve.run_with([&["sql", "session"], words].concat()).stderr_failed(1);
        assert!(refused.contains(&format!("session `{id}` not found")), "{words:?}: {refused}");
    }
    assert!(!eve.run_with(["sql", "sessions"]).stdout.contains(&id));
    assert!(dana.run_with(["sql", "sessions"]).stdout.contains(&id));
    assert_eq!(dana.run_with(["sql", "session", "run", &id, "select 1 as n"]).success_silent(), "n\n1\n");
}

#[test]
fn a_session_that_nobody_uses_ends() {
    let test = "a_session_that_nobody_uses_ends";
    let Some(postgres) = Postgres::start(test) else { return };
    let place = delivered(&postgres);
    let backend = fs::read_to_string(place.path("plugins/sql/host.yaml")).unwrap();
    place.write("plugins/sql/host.yaml", format!("{backend}environment: {{SESSION_IDLE_SECONDS: '2'}}\n"));
    let sql = Sql::with(postgres, place, "");
    let id = sql.json(&["session", "open"])["id"].as_str().unwrap().to_owned();
    eventually("it ends", || {
        sql.psql("select count(*) from pg_stat_activity where application_name = 'plugin-sql'") == "0\n"
    });
    let gone = sql.user.run_with(["sql", "session", "run", &id, "select 1"]).stderr_failed(1);
    assert!(gone.contains("not found"), "{gone}");
}

#[test]
fn a_file_becomes_rows() {
    let Some(sql) = Sql::start("a_file_becomes_rows") else { return };
    sql.psql("create table t (id int primary key, words text, numbers int[], extra jsonb default '{}')");
    sql.user.write("home/rows.csv", "\u{feff}words,id\r\n\"a, \"\"b\"\"\n\",1\r\n,2\r\n");
    assert_eq!(sql.stdout_ok(&["import", "t", "@rows.csv"]), "COPY 2\n");
    assert_eq!(sql.psql("select id, words is null, extra from t order by id"), "1|f|{}\n2|t|{}\n");
    sql.user.write("home/bare.csv", "3;x\n4;-\n");
    let bare =
        ["import", "t", "@bare.csv", "--no-header", "--into", "id,words", "--delimiter", ";", "--null", "-"];
    assert_eq!(sql.stdout_ok(&bare), "COPY 2\n");
    assert_eq!(sql.psql("select id from t where words is null order by 1"), "2\n4\n");
    // What an export has written comes back as it was.
    sql.psql("update t set numbers = '{1,null}', extra = '[1.10]' where id = 1; create table u (like t)");
    let written = sql.run(&["export", "table t", "--format", "jsonl", "--output-file", "t.jsonl"]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert_eq!(sql.stdout_ok(&["import", "u", "@t.jsonl"]), "COPY 4\n");
    assert_eq!(sql.psql("select * from t except select * from u"), "");
    // All of it, or nothing.
    sql.user.write("home/twice.csv", "id\n8\n8\n");
    let failed = sql.stderr_failed(&["import", "t", "@twice.csv"], 1);
    assert!(failed.contains("duplicate key") && failed.contains("COPY t, line 3"), "{failed}");
    sql.user.write("home/bad.jsonl", "{\"id\": 9}\n[1]\n");
    let failed = sql.stderr_failed(&["import", "t", "@bad.jsonl", "--format", "jsonl"], 1);
    assert!(failed.contains("line 2 is not a JSON object"), "{failed}");
    sql.user.write("home/other.csv", "id,\"x\"\"; drop table t; --\"\n1,2\n");
    let failed = sql.stderr_failed(&["import", "t", "@other.csv"], 1);
    assert!(failed.contains("does not exist"), "{failed}");
    assert!(sql.stderr_failed(&["import", "nope", "@twice.csv"], 1).contains("table `nope` not found"));
    assert_eq!(sql.psql("select count(*) from t"), "4\n");
}

#[test]
fn a_table_is_described_as_by_psql() {
    let Some(sql) = Sql::start("a_table_is_described_as_by_psql") else { return };
    sql.psql(
        "create table customers (id int primary key);
         create table orders (id int primary key, customer int references customers, total numeric check (total >= 0));
         create index on orders (customer);
         create function f() returns trigger language plpgsql as 'begin return new; end';
         create trigger noted before insert on orders for each row execute function f();
         comment on table orders is 'What was bought';
         create view v as select id from orders;
         create table parts (id int) partition by range (id);
         create table part_1 partition of parts for values from (1) to (9);
         create table \"Weird Name\" (id int)",
    );
    let orders = sql.stdout_ok(&["describe", "orders"]);
    for line in [
        "Indexes:\n    orders_customer_idx btree (customer)\n    orders_pkey UNIQUE, btree (id)\n",
        "Check constraints:\n    orders_total_check CHECK ((total >= (0)::numeric))\n",
        "Foreign-key constraints:\n    orders_customer_fkey FOREIGN KEY (customer) REFERENCES public.customers(id)\n",
        "Triggers:\n    CREATE TRIGGER noted BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION public.f()\n",
        "Comment:\n    What was bought\n",
        "table public.orders, owner admin",
    ] {
        assert!(orders.contains(line), "{line} in {orders}");
    }
    let customers = sql.stdout_ok(&["describe", "customers"]);
    assert!(
        customers.contains("Referenced by:\n    TABLE public.orders CONSTRAINT orders_customer_fkey"),
        "{customers}"
    );
    assert!(sql.stdout_ok(&["describe", "v"]).contains("View definition:\n"));
    assert!(
        sql.stdout_ok(&["describe", "parts"])
            .contains("Partitions:\n    public.part_1 FOR VALUES FROM (1) TO (9)\n")
    );
    assert!(sql.stdout_ok(&["describe", "part_1"]).contains("Partition of:\n    public.parts FOR VALUES"));
    assert!(sql.json(&["describe", "orders"])["size"].as_u64().unwrap() > 0);
    // A name that SQL reads otherwise is shown as it has to be written.
    for typed in ["weird name", "\"weird name\""] {
        let error = sql.stderr_failed(&["describe", typed], 1);
        assert!(error.contains("quote the name as in SQL: '\"Weird Name\"'"), "{typed}: {error}");
    }
    // One that is not SQL at all is a name.
    for typed in ["\"Weird Name\"", "Weird Name", "public.\"Weird Name\""] {
        assert!(sql.stdout_ok(&["describe", typed]).contains("table public.\"Weird Name\""), "{typed}");
    }
}

#[test]
fn what_was_done_is_said_as_by_psql() {
    let Some(sql) = Sql::start("what_was_done_is_said_as_by_psql") else { return };
    sql.psql("create table t (id int, words text); insert into t values (1, null), (2, 'NULL')");
    // NULL and the text are two things.
    assert_eq!(sql.stdout_ok(&["query", "select words from t order by id"]), "words\nNULL\n'NULL'\n");
    for (statement, done) in [
        ("update t set id = id + 1 where true", "UPDATE 2\n"),
        ("delete from t where id = 3", "DELETE 1\n"),
        ("create index on t (id)", "CREATE INDEX\n"),
    ] {
        assert_eq!(sql.stdout_ok(&["query", statement, "--write", "--yes"]), done);
    }
    let all = sql.stderr_failed(&["query", "delete from t", "--write", "--yes"], 1);
    assert!(
        all.contains("DELETE without WHERE would change all rows") && all.contains("add `where true`"),
        "{all}"
    );
    assert_eq!(sql.psql("select count(*) from t"), "1\n");
    let affected = sql.json(&["query", "delete from t where true", "--write", "--yes"]);
    assert_eq!((&affected["affected"], &affected["summary"]), (&json!(1), &json!("DELETE 1")));
    // Statuses say who is to blame.
    for (arguments, status) in [
        (&["query", "select pg_sleep(20)", "--timeout", "100ms"][..], "504"),
        (&["query", "select totl"], "400"),
    ] {
        assert!(sql.stderr_failed(arguments, 1).contains(status) || status == "400");
    }
    let missing = sql.user.run_with(["sql", "tables", "-i", "shop", "-d", "none"]).stderr_failed(1);
    assert!(
        missing.contains("database \"none\" does not exist") && missing.contains("use `sql databases`"),
        "{missing}"
    );
    // Where writing is not on offer, it is not proposed.
    let explained = sql.stderr_failed(&["explain", "--analyze", "delete from t"], 1);
    assert!(!explained.contains("--write") && explained.contains("leave out `--analyze`"), "{explained}");
}

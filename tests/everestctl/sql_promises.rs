//! The SQL explorer: who may do what, what a statement cannot do, what becomes of one that ends too early, how much memory
//! all of it takes.

use crate::support::InTime as _;
use crate::support::host::{kill, with_users};
use crate::support::postgres::Postgres;
use crate::support::sandbox::eventually;
use crate::support::sql::{Sql, backend, delivered, memory};
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use std::fs;
use std::io::Read;
use std::process::Stdio;

#[test]
fn a_connection_is_encrypted_as_the_address_says() {
    let test = "a_connection_is_encrypted_as_the_address_says";
    if !backend().exists() {
        return skip("sql-backend", test, "the backend is not built (cargo build --workspace)");
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
        assert_eq!(with(mode).success_silent(), "ssl\ntrue\n", "{mode}");
    }
    let open = with("disable").stderr_failed(1);
    assert!(open.contains("no pg_hba.conf entry") && open.contains("no encryption"), "{open}");
    // It is signed by an unknown authority.
    let unproved = with("verify-full").stderr_failed(1);
    assert!(unproved.contains("certificate"), "{unproved}");
    // To cancel goes the same way.
    let sleep = ["sql", "query", "select pg_sleep(605)", "-i", "require", "--timeout", "0"];
    let mut child = sql.user.command(sleep).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the statement runs", || sql.running("pg_sleep(605)") == "1\n");
    kill(child.id(), Signal::INT);
    child.status_in_time();
    eventually("the statement is cancelled", || sql.running("pg_sleep(605)") == "0\n");
    assert!(sql.postgres.log().contains(CANCELLED), "{}", sql.postgres.log());
}

/// What the server notes when it was asked to cancel, and not when it found that the client is gone.
const CANCELLED: &str = "ERROR:  canceling statement due to user request";

/// What a process may take, in KiB; the rows alone are half as much again.
const ENOUGH: u64 = 60 * 1024;

#[test]
fn any_number_of_rows_takes_the_same_memory() {
    let Some(sql) = Sql::start("any_number_of_rows_takes_the_same_memory") else { return };
    // A list of that many rows in FROM would be made first.
    let rows = "select generate_series(1, 90000) as n, repeat('x', 1000) as x";
    for words in [&["export", rows][..], &["query", rows, "--all", "-o", "jsonl"]] {
        let words = ["sql"].iter().chain(words).chain(&["-i", "shop", "-d", "postgres"]);
        let mut child = sql.user.command(words).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut came = 0;
        let mut piece = vec![0; 64 * 1024];
        let mut peak = 0;
        while let Ok(length @ 1..) = output.read(&mut piece) {
            came += length;
            if came > 80_000_000 && peak == 0 {
                peak = memory(child.id());
            }
        }
        assert!(child.status_in_time().success());
        assert!(came > 90_000_000 && peak > 0 && peak < ENOUGH, "{came} bytes, {peak} KiB");
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

#[test]
fn nothing_is_changed_unless_it_is_said() {
    let Some(sql) = Sql::start("nothing_is_changed_unless_it_is_said") else { return };
    sql.psql("create table t (id int); insert into t values (1), (2)");
    let refused = sql.stderr_failed(&["query", "delete from t"], 1);
    assert!(refused.contains("in a read-only transaction (SQLSTATE 25006)"), "{refused}");
    assert!(
        refused.contains("plugin sql says: use `sql query --write` to run statements that change data"),
        "{refused}"
    );
    for changing in [
        "with gone as (delete from t returning id) select * from gone",
        "with new as (select 1) insert into t select * from new returning id",
        "insert into t values (9) returning id",
        "select * into u from t",
    ] {
        let refused = sql.stderr_failed(&["query", changing], 1);
        assert!(
            refused.contains("403 (forbidden)")
                && refused.contains("plugin sql says: use `sql query --write`"),
            "{refused}"
        );
    }
    for way_out in [
        "commit",
        "prepare transaction 'x'",
        "copy (select 1) to program 'true'",
        "set transaction read write",
        "set transaction_read_only = off",
        "select set_config('transaction_read_only', 'off', false)",
        "do $$ begin set transaction_read_only = off; delete from t; end $$",
        "do $$ begin commit; delete from t; end $$",
        "select 1; delete from t",
        "explain analyze delete from t",
        "create table u (id int)",
    ] {
        let _ = sql.stderr_failed(&["query", way_out], 1);
    }
    for way_out in ["delete from t returning id", "select 1) to '/tmp/x'; delete from t; --", "delete from t"]
    {
        let _ = sql.stderr_failed(&["export", way_out], 1);
        let _ = sql.stderr_failed(&["explain", "--analyze", way_out], 1);
    }
    assert_eq!(sql.psql("select count(*) from t"), "2\n");
    // Without a terminal, a question is a no.
    let asked = sql.stderr_failed(&["query", "delete from t where id = 1", "--write"], 2);
    assert!(
        asked.contains(
            "confirmation required: run in database `postgres` of `shop`: delete from t where id = 1?"
        ),
        "{asked}"
    );
    let asked = sql.user.run_with([
        "sql",
        "query",
        "--body",
        r#"{"sql": "delete from t", "instance": "shop", "write": true}"#,
    ]);
    assert!(asked.stderr.contains("confirmation required"), "{asked:?}");
    let done = sql.stdout_ok(&["query", "delete from t where id = 1", "--write", "--yes"]);
    assert_eq!(done, "DELETE 1\n");
    // What is not shown is done, too.
    let returning = "insert into t values (7), (8) returning id";
    let returned = sql.run(&["query", returning, "--write", "--yes", "--limit", "1"]);
    assert_eq!((returned.stdout.as_str(), returned.code), ("id\n 7\n", Some(0)), "{returned:?}");
    assert_eq!(sql.psql("select id from t order by id"), "2\n7\n8\n");
    // What a statement gives back that has changed something cannot be had again.
    let many = ["query", "insert into t select generate_series(1, 3000) returning id", "--write", "--yes"];
    assert_eq!(sql.run(&many).stdout.lines().count(), 3001);
    let cut = sql.run(&[&many[..], &["--limit", "5"]].concat());
    assert_eq!(cut.stdout.lines().count(), 6);
    assert!(
        cut.stderr.contains("warning: the statement was executed and returned more rows than shown"),
        "{}",
        cut.stderr
    );
    // The database's own notes are shown.
    let noted = sql.run(&["query", "drop table if exists nope", "--write", "--yes"]);
    assert_eq!(
        (noted.stdout.as_str(), noted.stderr.as_str()),
        ("DROP TABLE\n", "warning: database: NOTICE: table \"nope\" does not exist, skipping\n")
    );
    for (nothing, why) in [
        (
            "begin",
            "BEGIN has no effect here\n  plugin sql says: every statement has its own transaction and session: use `sql shell` or `sql run`",
        ),
        ("set role nobody", "SET has no effect here"),
        ("vacuum", "plugin sql says: use `sql run --write`, which runs it outside of a transaction"),
    ] {
        let refused = sql.stderr_failed(&["query", nothing, "--write", "--yes"], 1);
        assert!(refused.contains(why), "{refused}");
    }
    let both = sql.stderr_failed(&["query", "select 1", "--write", "--read-only", "--yes"], 1);
    assert!(both.contains("cannot be combined"), "{both}");
}

#[test]
fn a_terminal_is_asked_before_a_statement_writes() {
    let Some(sql) = Sql::start("a_terminal_is_asked_before_a_statement_writes") else { return };
    sql.psql("create table t (id int); insert into t values (1)");
    let Sql { postgres, host, user, place } = sql;
    let user = user.with("CI", "");
    let line = r#"$E sql query "delete from t where true" -i shop -d postgres --write"#;
    let Some(mut terminal) = Terminal::start(&user, line) else {
        return skip(
            "script",
            "a_terminal_is_asked_before_a_statement_writes",
            "there is no /usr/bin/script",
        );
    };
    terminal.shows(&["run in database `postgres` of `shop`: delete from t where true?"]);
    terminal.press("n\n");
    terminal.shows(&["nothing sent"]);
    // A yes is a line that says so, and nothing that starts or ends like one. Ctrl-D is none.
    for keys in ["maybe\n", "everestctl sql query\n", "\n", "\u{4}"] {
        let mut terminal = Terminal::start(&user, line).unwrap();
        terminal.shows(&["run in database `postgres` of `shop`: delete from t where true?"]);
        terminal.press(keys);
        terminal.shows(&["nothing sent"]);
    }
    assert_eq!(postgres.psql("postgres", "select count(*) from t"), "1\n");
    let mut terminal = Terminal::start(&user, line).unwrap();
    terminal.shows(&["run in database `postgres` of `shop`: delete from t where true?"]);
    terminal.press("y\n");
    terminal.shows(&["DELETE 1"]);
    assert_eq!(postgres.psql("postgres", "select count(*) from t"), "0\n");
    drop((host, place));
}

#[test]
fn a_row_that_is_wider_than_the_terminal_is_shown_as_lines() {
    let Some(sql) = Sql::start("a_row_that_is_wider_than_the_terminal_is_shown_as_lines") else { return };
    let user = sql.user.with("CI", "").with("PAGER", "cat").with("NO_COLOR", "1");
    // The terminal has 200 columns.
    let query = |length: u32, more: &str| {
        format!(
            r#"$E sql query "select 1 as id, repeat(chr(120), {length}) as text" -i shop -d postgres {more}"#
        )
    };
    let long = "x".repeat(250);
    for (line, shown) in [
        (query(196, ""), format!("id  text\r\n 1  {}\r\n", "x".repeat(196))),
        (query(250, ""), format!("-[ 1 ]-\r\nid    1\r\ntext  {long}\r\n")),
        (query(250, "--all"), format!("-[ 1 ]-\r\nid    1\r\ntext  {long}\r\n")),
        (query(250, "-o wide"), format!(" 1  {long}\r\n")),
    ] {
        let Some(terminal) = Terminal::start(&user, &line) else {
            return skip(
                "script",
                "a_row_that_is_wider_than_the_terminal_is_shown_as_lines",
                "there is no /usr/bin/script",
            );
        };
        terminal.shows(&[&shown]);
    }
}

#[test]
fn the_policy_says_who_may_look_and_who_may_write() {
    let test = "the_policy_says_who_may_look_and_who_may_write";
    if !backend().exists() {
        return skip("sql-backend", test, "the backend is not built (cargo build --workspace)");
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
    // Once each: the host takes one sign-in a second.
    let [dana, eve] = ["dana", "eve"].map(|name| {
        Sandbox::new()
            .with("EVEREST_HOST", format!("http://{}", sql.host.address))
            .with("EVEREST_TOKEN", sql.host.sign_in_as(name, &password).access)
            .with("CI", "1")
    });
    let run = |user: &Sandbox, line: &[&str]| user.run_with(["sql"].iter().chain(line));
    let shown = run(&dana, &["instances", "-o", "jsonl", "--jq", ".items[] | .namespace + \"/\" + .name"]);
    assert_eq!(shown.success_silent(), "everest/shop\nprod/shop\n");
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
    assert_eq!(run(&dana, &insert).success_silent(), "INSERT 0 1\n");
    let refused = run(&eve, &insert).stderr_failed(1);
    assert!(refused.contains("permission denied: you may not write to this instance"), "{refused}");
    assert!(refused.contains("ask for the grant `instances, update, main/everest/shop`"), "{refused}");
    let count = ["query", "select count(*) from t", "-i", "shop", "-d", "postgres"];
    assert_eq!(run(&eve, &[&count[..], &["-n", "everest"]].concat()).success_silent(), "count\n    1\n");
    let refused = run(&eve, &[&count[..], &["-n", "prod"]].concat()).stderr_failed(1);
    assert!(refused.contains("403 (forbidden)") && refused.contains("read-connection"), "{refused}");
    let which = run(&eve, &count).stderr_failed(1);
    assert!(which.contains("instance `shop` exists in several namespaces: everest, prod"), "{which}");
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
        child.status_in_time();
        eventually("the statement is cancelled", || sql.running(text) == "0\n");
    }
    let cancelled = |sql: &Sql| sql.postgres.log().matches(CANCELLED).count();
    assert_eq!(cancelled(&sql), 2);
    // So is an export, and what is planned and not yet run.
    for (words, text) in [
        (&["export", "select pg_sleep(607)"][..], "pg_sleep(607)"),
        (&["explain", "--analyze", "select pg_sleep(608)"], "pg_sleep(608)"),
    ] {
        let before = cancelled(&sql);
        let words = [&["sql"], words, &["-i", "shop", "-d", "postgres", "--timeout", "0"]].concat();
        let command = &mut sql.user.command(words);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        eventually("the statement runs", || sql.running(text) == "1\n");
        kill(child.id(), Signal::INT);
        child.status_in_time();
        eventually("the statement is cancelled", || cancelled(&sql) == before + 1);
    }
    // What only reads leaves no doubt behind; what writes does.
    for (more, said) in [
        (&[][..], "error: interrupted\n"),
        (&["--write", "--yes"], "error: `sql`: outcome unknown: interrupted before the response arrived\n"),
    ] {
        let words =
            ["sql", "query", "select pg_sleep(606)", "-i", "shop", "-d", "postgres", "--timeout", "0"];
        let command = &mut sql.user.command(words.iter().chain(more));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        eventually("the statement runs", || sql.running("pg_sleep(606)") == "1\n");
        kill(child.id(), Signal::INT);
        let ended = child.output_in_time();
        assert_eq!(ended.status.code(), Some(130));
        assert!(String::from_utf8_lossy(&ended.stderr).starts_with(said), "{ended:?}");
        eventually("the statement is cancelled", || sql.running("pg_sleep(606)") == "0\n");
    }
    // By its number, from elsewhere.
    let words = ["sql", "query", "select pg_sleep(603)", "-i", "shop", "-d", "postgres", "--timeout", "0"];
    let mut child = sql.user.command(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("the statement runs", || sql.running("pg_sleep(603)") == "1\n");
    let activity = sql.json(&["activity"]);
    let row = &activity["items"][0];
    assert!(row["statement"].as_str().unwrap().contains("select pg_sleep(603)"), "{activity}");
    assert_eq!((row["application"].as_str(), row["state"].as_str()), (Some("plugin-sql"), Some("active")));
    let id = row["id"].as_str().unwrap();
    // It is the statement and not the process that has this number.
    let (process, _) = id.split_once('.').unwrap();
    assert!(sql.stderr_failed(&["cancel", &format!("{process}.0")], 1).contains("is not running"));
    assert!(sql.stdout_ok(&["cancel", id]).contains("cancelled  true"));
    let ended = child.output_in_time();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(said.contains("canceling statement due to user request (SQLSTATE 57014)"), "{said}");
    assert!(sql.stderr_failed(&["cancel", id], 1).contains("is not running"));
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
    // Why is with the errors, and not among the rows.
    assert!(!broken.stdout.contains("error"), "{}", broken.stdout.lines().last().unwrap_or_default());
    assert!(broken.stderr.contains("error: `sql`: incomplete response: stopped after "), "{}", broken.stderr);
    assert!(
        broken.stderr.contains(" bytes\n  plugin sql says: division by zero (SQLSTATE 22012)\n"),
        "{}",
        broken.stderr
    );
    // A row that looks like it is a row.
    let row = "{\"error\":\"no error\"}\n";
    assert_eq!(sql.stdout_ok(&["query", "select 'no error' as error", "--all", "-o", "jsonl"]), row);
    for words in [&["--format", "csv"][..], &["--format", "jsonl"], &["--output-file", "half"]] {
        let late = "select g, 1/(g - 250000) as n from generate_series(1, 300000) g";
        let broken = sql.run(&[&["export", late], words].concat());
        assert_eq!(broken.code, Some(1));
        assert!(
            broken.stderr.contains("plugin sql says: division by zero (SQLSTATE 22012)"),
            "{}",
            broken.stderr
        );
    }
    // One before the first row is an error like any other, and the log holds nothing of a row.
    let error = sql.stderr_failed(&["query", "select 1/0 as n", "--all"], 1);
    assert!(error.contains("400 (bad request): division by zero (SQLSTATE 22012)"), "{error}");
    let secret = "select case when g = 90000 then ('123-45' || g)::int end from generate_series(1, 90000) g";
    assert_eq!(sql.run(&["query", secret, "--all", "-o", "jsonl"]).code, Some(1));
    sql.host.eventually_says("response interrupted (22P02)");
    assert!(!sql.host.lines().iter().any(|line| line.contains("123-45")));
    let table = sql.run(&["query", "select 1/(g - 9000) as n from generate_series(1, 20000) g", "--all"]);
    assert_eq!(table.code, Some(1));
    assert!(table.stdout.starts_with("n\n0\n") && table.stdout.ends_with("\n0\n"), "{}", table.stderr);
    // The server goes in the middle of an export, which leaves no file behind.
    let endless = "select generate_series(1, 100000000), repeat('x', 1000)";
    let words = ["sql", "export", endless, "-i", "shop", "-d", "postgres", "--output-file", "all.csv"];
    let mut child = sql.user.command(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // The file has no name before it is whole.
    let io = format!("/proc/{}/io", child.id());
    let half = || {
        let text = fs::read_to_string(&io).unwrap_or_default();
        let written = text.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse::<u64>().ok());
        written.is_some_and(|bytes| bytes > 5_000_000)
    };
    eventually("rows are saved", half);
    sql.postgres.break_down();
    let ended = child.output_in_time();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains("error: `sql`: incomplete response: stopped after ") && said.contains("bytes"),
        "{said}"
    );
    assert!(!sql.user.path("home").join("all.csv").exists());
    let gone = sql.stderr_failed(&["query", "select 1"], 1);
    assert!(gone.contains("could not connect to the database"), "{gone}");
}

//! `sql shell`: statements typed at a terminal, and read from standard input.

use crate::support::sandbox::eventually;
use crate::support::skip;
use crate::support::sql::Sql;
use crate::support::terminal::Terminal;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const LINE: &str = "$E sql shell -i shop -d postgres --write";

#[test]
fn a_shell_is_typed_into() {
    let test = "a_shell_is_typed_into";
    let Some(sql) = Sql::start(test) else { return };
    sql.psql(
        "create table orders (id int primary key, total numeric); insert into orders values (1, 2.5), (2, 3)",
    );
    let Sql { postgres, host, user, place } = sql;
    let user = user.with("CI", "").with("PAGER", "cat").with("TERM", "xterm");
    let Some(mut terminal) = Terminal::start(&user, LINE) else {
        return skip("script", test, "there is no /usr/bin/script");
    };
    // reedline asks the terminal where its cursor is.
    let answer = "\u{1b}[1;1R";
    let say = |terminal: &mut Terminal, keys: &str, shown: &[&str]| {
        terminal.clear();
        terminal.press(keys);
        terminal.press(answer);
        terminal.shows(shown);
        terminal.settles();
        terminal.press(answer);
    };
    terminal.press(answer);
    terminal.shows(&["postgres=# "]);
    // A statement goes on in the next line until its end.
    say(&mut terminal, "select id,\r", &["postgres-# "]);
    say(&mut terminal, "total from orders;\r", &["2.5", "(2 rows)", "postgres=# "]);
    // The prompt says where the transaction is.
    say(&mut terminal, "begin;\r", &["BEGIN", "postgres=*# "]);
    say(&mut terminal, "insert into orders values (3, 4);\r", &["INSERT 0 1", "postgres=*# "]);
    assert_eq!(postgres.psql("postgres", "select count(*) from orders"), "2\n");
    say(
        &mut terminal,
        "select totl from orders;\r",
        &[
            "ERROR",
            "column \"totl\" does not exist",
            "LINE 1: select totl from orders",
            "^",
            "HINT",
            "postgres=!# ",
        ],
    );
    say(&mut terminal, "rollback;\r", &["ROLLBACK", "postgres=# "]);
    // Words of the shell.
    say(&mut terminal, "\\d orders\r", &["NAME", "total", "Indexes:", "postgres=# "]);
    say(&mut terminal, "\\timing on\r", &["timing: on"]);
    say(&mut terminal, "select 7 as n \\gset\r", &["postgres=# "]);
    say(&mut terminal, "select :n + 1 as m;\r", &["8", "Time: "]);
    say(&mut terminal, "\\x on\r", &["rows as lines: on"]);
    say(&mut terminal, "select 1 as a;\r", &["-[ 1 ]-"]);
    say(&mut terminal, "\\?\r", &["\\copy", "Describe a table", "Statements end with `;`"]);
    say(&mut terminal, "delete from orders;\r", &["DELETE without WHERE", "add `where true`"]);
    // Ctrl-C cancels on the server, and the session goes on.
    terminal.press("select pg_sleep(606);\r");
    terminal.press(answer);
    let running = || {
        let count = "select count(*) from pg_stat_activity where query = 'select pg_sleep(606);' and state = 'active'";
        postgres.psql("postgres", &count.replace("606);'", "606)'"))
    };
    eventually("it runs", || running() == "1\n");
    say(&mut terminal, "\u{3}", &["canceled", "postgres=# "]);
    eventually("it is cancelled", || running() == "0\n");
    // After a statement the shell is ready again when it asks for pasted text in brackets.
    let ready = " ms\r\n\u{1b}[?2004h";
    // A password is not remembered, and neither is a line that starts with a blank.
    say(&mut terminal, "create role guest password 'sesame';\r", &["CREATE ROLE", ready]);
    say(&mut terminal, " select 'a secret';\r", &["a secret", ready]);
    // The session ends with the shell, whatever ends the shell.
    terminal.press("begin; insert into orders values (9, 9);\r");
    terminal.press(answer);
    terminal.shows(&["INSERT 0 1"]);
    drop(terminal);
    let sessions = "select count(*) from pg_stat_activity where application_name = 'plugin-sql'";
    eventually("the session has ended", || postgres.psql("postgres", sessions) == "0\n");
    assert_eq!(postgres.psql("postgres", "select count(*) from orders"), "2\n");
    let history = find(&user.path("home"), "history").expect("a history");
    let text = fs::read_to_string(&history).unwrap();
    assert!(text.contains("total from orders") && text.contains("\\d orders"), "{text}");
    assert!(!text.contains("sesame") && !text.contains("a secret"), "{text}");
    assert_eq!(fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);
    drop((host, place));
}

#[test]
fn what_is_typed_while_a_statement_runs_is_not_lost() {
    let test = "what_is_typed_while_a_statement_runs_is_not_lost";
    let Some(sql) = Sql::start(test) else { return };
    let user = sql.user.with("CI", "").with("PAGER", "cat").with("TERM", "xterm");
    let Some(mut terminal) = Terminal::start(&user, LINE) else {
        return skip("script", test, "there is no /usr/bin/script");
    };
    let answer = "\u{1b}[1;1R";
    terminal.press(answer);
    terminal.shows(&["postgres=# "]);
    terminal.press("select pg_sleep(2);\r");
    let count =
        "select count(*) from pg_stat_activity where query like 'select pg_sleep(2)%' and state = 'active'";
    eventually("it runs", || sql.postgres.psql("postgres", count) == "1\n");
    // As fast as it is pasted; the answers are for the prompts to come.
    terminal.press("select 40 + 2 as a;\rselect 50 +\r3 as b;\rcreate table t ();\rdrop table t;\r");
    terminal.press(&answer.repeat(5));
    terminal.shows(&["42", "53", "CREATE TABLE", "DROP TABLE"]);
}

fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, name) } else { (entry.file_name() == name).then_some(path) }
    })
}

#[test]
fn a_shell_ends_with_its_terminal() {
    let test = "a_shell_ends_with_its_terminal";
    let Some(sql) = Sql::start(test) else { return };
    let user = sql.user.with("CI", "").with("TERM", "xterm");
    // Nobody answers where the cursor is: the shell waits for the terminal when that goes away.
    let line = "echo $$ > pid; exec $E sql shell -i shop -d postgres";
    let Some(terminal) = Terminal::start(&user, line) else {
        return skip("script", test, "there is no /usr/bin/script");
    };
    terminal.shows(&["\u{1b}[6n"]);
    let pid = fs::read_to_string(user.path("home/pid")).unwrap();
    drop(terminal);
    eventually("the shell has ended", || {
        let status = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        status.is_empty() || status.contains(") Z ")
    });
}

#[test]
fn statements_for_a_shell_come_from_standard_input() {
    let Some(sql) = Sql::start("statements_for_a_shell_come_from_standard_input") else { return };
    sql.psql("create table t (id int); insert into t values (1), (2)");
    let run = |input: &str| {
        sql.user.write("home/input.sql", input);
        sql.user.shell("everestctl sql shell -i shop -d postgres --write < input.sql")
    };
    let ran = run(
        "begin;\ninsert into t values (3);\nselect count(*) from t;\nrollback;\n\\echo done\nselect 1 as last",
    );
    assert_eq!(ran.success_silent(), "BEGIN\nINSERT 0 1\ncount\n    3\nROLLBACK\ndone\nlast\n   1\n");
    assert_eq!(sql.psql("select count(*) from t"), "2\n");
    // The instance and the database may be those of the environment.
    sql.user.write("home/input.sql", "select 1 as one");
    let line = "EVEREST_INSTANCE=shop EVEREST_DATABASE=postgres everestctl sql shell < input.sql";
    assert_eq!(sql.user.shell(line).success_silent(), "one\n  1\n");
    // The first failure ends it.
    let failed = run("select 1 as a;\nselect x;\nselect 2 as b;");
    assert_eq!((failed.stdout.as_str(), failed.code), ("a\n1\n", Some(1)), "{failed:?}");
    assert!(
        failed.stderr.starts_with("ERROR: column \"x\" does not exist (SQLSTATE 42703)\nLINE 1: select x\n"),
        "{failed:?}"
    );
    let odd = run("\\nope");
    assert!(odd.code == Some(1) && odd.stderr.contains("`\\nope` is not a command of this shell"), "{odd:?}");
    // Rows go to files and come from them.
    let copied = run(
        "\\copy (select id from t order by id) to 'o u t.csv'\ncreate table u (id int);\n\\copy u from 'o u t.csv'",
    );
    assert_eq!(copied.code, Some(0), "{copied:?}");
    assert_eq!(sql.psql("select count(*) from u"), "2\n");
    // A function whose body is SQL is one statement.
    let function = "create function f() returns int language sql begin atomic select 1; select 2; end;\nselect f() as f;";
    assert_eq!(run(function).success_silent(), "CREATE FUNCTION\nf\n2\n");
    // Statements are saved under names, and run by them.
    let saved = run("select 42 as n \\save answer\n");
    assert_eq!((saved.code, saved.stderr.as_str()), (Some(0), "saved statement `answer`\n"), "{saved:?}");
    assert_eq!(run("\\saved answer").success_silent(), " n\n42\n");
    assert!(run("\\saved ../x").stderr.contains("is not a name"));
    // A shell that does not write does not.
    sql.user.write("home/input.sql", "begin read write; delete from t;");
    let reading = sql.user.shell("everestctl sql shell -i shop -d postgres < input.sql");
    assert!(reading.code == Some(1) && reading.stderr.contains("read-only transaction"), "{reading:?}");
}

//! The forms of a list: CSV, TSV, columns, order, jq, for lists of servers and for those of this program; and what other
//! programs call them.

use crate::support::InTime as _;
use crate::support::Sandbox;
use crate::support::http::{Reply, Server, json, response};
use crate::support::sandbox::Output;
use everestctl_plugin::clap;
use everestctl_plugin::testing::Run;
use snapbox::{assert_data_eq, str};

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"Ships","version":"1"},"paths":{
    "/api/ships":{"get":{"summary":"List the ships","x-cli-columns":["/name","/size",{"path":"/note","wide":true}],
        "parameters":[{"name":"namespace","in":"query","schema":{"type":"string"}}],
        "responses":{"200":{"description":"","content":{"application/json":{"schema":
            {"type":"array","items":{"type":"object"}}}}}}}},
    "/api/boats":{"get":{"summary":"List the boats","x-cli-columns":["/name","/size","/note"],
        "responses":{"200":{"description":"","content":{"application/json":{"schema":
            {"type":"array","items":{"type":"object"}}}}}}}},
    "/api/harbours/{namespace}":{"get":{"x-cli-name":"harbours","responses":{}}},
    "/api/port":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":{"type":"object"}}}}}}}}}"#;

const SHIPS: &str = r#"[{"name":"Ada, the first","size":10,"note":"said \"yes\"\nand no"},
    {"name":"Bea","size":9.50,"note":null},{"name":"","size":123456789012345678901234567890}]"#;

const BOATS: &str = r#"[{"name":"Ada, the first","size":10,"note":"said \"yes\""},{"name":"=1+1","size":-9.5,"note":null},
    {"name":"数|据","size":0,"note":["a","<b>"]}]"#;

/// A plugin that has the same rows itself.
struct Boats;

/// List the boats
#[derive(clap::Parser)]
#[command(name = "boats")]
struct BoatsArguments {
    #[command(flatten)]
    output: everestctl_plugin::Output,
}

impl everestctl_plugin::Plugin for Boats {
    type Arguments = BoatsArguments;

    fn run(
        arguments: BoatsArguments,
        host: &mut everestctl_plugin::Host,
    ) -> Result<(), everestctl_plugin::Error> {
        let rows: Vec<serde_json::Value> = serde_json::from_str(BOATS).unwrap();
        host.show(&arguments.output, &rows)
    }
}

#[test]
fn a_plugin_of_the_sdk_writes_the_same_bytes() {
    let (sandbox, _server) = fleet();
    let of_plugin = |form: &str| Run::of::<Boats>(Vec::<String>::new()).with("EVERESTCTL_OUTPUT", form).end();
    for form in
        ["table", "wide", "vertical", "json", "jsonl", "yaml", "name", "csv", "tsv", "markdown", "html"]
    {
        let ours = sandbox.run(&format!("fleet boats list -o {form}")).success_silent();
        assert_eq!(of_plugin(form).out, ours, "{form}");
    }
    assert_eq!(of_plugin("raw").out, of_plugin("json").out);
    let refused = of_plugin("plot");
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
    assert!(refused.err.starts_with("error: this command has no output format `plot`\n"), "{refused:?}");
}

fn fleet() -> (Sandbox, Server) {
    let server = Server::start(|request| {
        let path = request.path.split('?').next().unwrap();
        Reply::Bytes(match path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"fleet","version":"2"},{"name":"audit","version":"10"}]"#),
            "openapi.json" if path.contains("fleet") => json(DOCUMENT),
            "ships" => json(SHIPS),
            "boats" => json(BOATS),
            "port" => json(r#"{"name":"Kiel","depth":12}"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

fn done(sandbox: &Sandbox, line: &str) -> Output {
    let output = sandbox.run(line);
    assert_eq!(output.code, Some(0), "{line}: {output:?}");
    output
}

#[test]
fn csv_and_tsv_have_every_column_and_every_digit() {
    let (sandbox, _server) = fleet();
    assert_data_eq!(
        sandbox.run("fleet ships list -o csv").success_silent(),
        str![[r#"
NAME,SIZE,NOTE
"Ada, the first",10,"said ""yes""
and no"
Bea,9.50,
"",123456789012345678901234567890,

"#]]
    );
    assert_eq!(
        sandbox.run("fleet ships list -o tsv --no-headers --columns note,name").success_silent(),
        "said \"yes\"\\nand no\tAda, the first\n\tBea\n\t\n"
    );
    assert_eq!(sandbox.run("fleet port -o csv").success_silent(), "name,depth\nKiel,12\n");
}

#[test]
fn rows_are_sorted_by_value_in_every_form_that_has_rows() {
    let (sandbox, _server) = fleet();
    let sorted = sandbox.run("fleet ships list --sort-by size -o csv --columns size").success_silent();
    assert_eq!(sorted, "SIZE\n9.50\n10\n123456789012345678901234567890\n");
    let reverse = "SIZE\n123456789012345678901234567890\n10\n9.50\n";
    for line in ["--sort-by -size", "--sort-by=-.size"] {
        let sorted = sandbox.run(&format!("fleet ships list {line} -o csv --columns size")).success_silent();
        assert_eq!(sorted, reverse, "{line}");
    }
    let table = sandbox.run("fleet ships list --sort-by .size --no-headers").success_silent();
    assert!(table.starts_with("Bea"), "{table}");
    let lines = sandbox.run("fleet ships list --sort-by name -o jsonl").success_silent();
    assert!(lines.starts_with("{\"name\":\"\",\"size\":123456789012345678901234567890}\n{"), "{lines}");
    let stderr = sandbox.run("fleet ships list --sort-by colour").stderr_failed(2);
    assert!(stderr.contains("--sort-by: no column `colour`; columns: "), "{stderr}");
    let stderr = sandbox.run("fleet ships list --sort-by size -o json").stderr_failed(2);
    assert!(stderr.contains("hint: --jq 'sort_by(.size)'"), "{stderr}");
    sandbox.run("fleet port --sort-by depth").stderr_failed(2);
}

#[test]
fn the_lists_of_this_program_have_the_same_forms() {
    let (sandbox, _server) = fleet();
    assert_eq!(
        sandbox.run("plugin list --columns version,name --sort-by version -o csv").success_silent(),
        "VERSION,NAME\n2,fleet\n10,audit\n"
    );
    assert_eq!(
        sandbox.run("plugin list --columns version,name --sort-by -version -o csv").success_silent(),
        "VERSION,NAME\n10,audit\n2,fleet\n"
    );
    assert_eq!(sandbox.run("plugin list --jq -(.items|length)").success_silent(), "-2\n");
    assert_eq!(sandbox.run("plugin list --jq .items[].name").success_silent(), "audit\nfleet\n");
    assert_eq!(
        sandbox.run("config get-contexts --jq .items[0].name").success_silent(),
        sandbox.run("config current-context").success_silent()
    );
    assert!(sandbox.run("config list -o tsv").success_silent().starts_with("CURRENT\tNAME\tSERVER\t"));
    assert_eq!(sandbox.run("plugin list -o jsonl").success_silent().lines().count(), 2);
    assert_eq!(sandbox.run("plugin which fleet --columns command --no-headers").success_silent(), "fleet\n");
    let _ = sandbox.run_with(["alias", "set", "s", "fleet ships list"]);
    assert_eq!(sandbox.run("alias list -o csv --no-headers").success_silent(), "s,fleet ships list\n");
    let stderr = sandbox.run("plugin list --columns colour").stderr_failed(2);
    assert!(stderr.contains("no column colour\nhint: columns: name, version, source"), "{stderr}");
    let stderr = sandbox.run("plugin list -o json --columns name").stderr_failed(2);
    assert!(stderr.contains("--jq '.items[] | {name}'"), "{stderr}");
}

#[test]
fn a_list_is_a_table_of_markdown_or_html_for_documents() {
    let (sandbox, _server) = fleet();
    assert_data_eq!(
        sandbox.run("fleet ships list -o markdown --columns name,note").success_silent(),
        str![[r#"
| NAME | NOTE |
| --- | --- |
| Ada, the first | said "yes"<br>and no |
| Bea |  |
|  |  |

"#]]
    );
    let page = sandbox.run("fleet ships list -o html --no-headers").success_silent();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</table>\n</body>\n</html>\n"), "{page}");
    assert!(page.contains("<tr><td>Bea</td><td>9.50</td></tr>"), "every digit, and no wide column: {page}");
    assert!(!page.contains("<th>"), "{page}");
    let page = sandbox.run("fleet ships list -o html --filter false").success_silent();
    assert!(page.contains("<th>NAME</th>") && page.ends_with("</html>\n"), "{page}");
    let own = sandbox.run("plugin list -o markdown --columns name,version").success_silent();
    assert_eq!(own, "| NAME | VERSION |\n| --- | --- |\n| audit | 10 |\n| fleet | 2 |\n");
    assert!(sandbox.run("plugin list -o html").success_silent().contains("<td>fleet</td>"));
    for line in ["fleet ships list -o markdown --no-headers", "plugin list -o markdown --no-headers"] {
        let stderr = sandbox.run(line).stderr_failed(2);
        assert!(stderr.contains("--no-headers does not apply to -o markdown"), "{stderr}");
    }
}

#[test]
fn rows_are_filtered_by_jq_in_every_form() {
    let (sandbox, _server) = fleet();
    let names = |more: &str| {
        let mut words = vec!["fleet", "ships", "list", "--filter", ".size > 9.6"];
        words.extend(more.split(' '));
        sandbox.run_with(words).success_silent()
    };
    assert_eq!(
        names("-o csv --columns name,size"),
        "NAME,SIZE\n\"Ada, the first\",10\n\"\",123456789012345678901234567890\n"
    );
    assert_eq!(names("-o jsonl").lines().count(), 2);
    assert_eq!(names("--jq length"), "2\n");
    assert!(names("-o json").contains("\"size\": 123456789012345678901234567890"));
    assert!(names("--sort-by size -o csv --no-headers").starts_with("\"Ada"));
    assert!(!names("-o table").contains("Bea"));
    let own = sandbox.run_with(["plugin", "list", "--filter", ".name == \"audit\"", "-o", "name"]);
    assert_eq!(own.success_silent(), "audit\n");
    let own = sandbox.run_with([
        "plugin",
        "list",
        "--filter",
        ".version > \"1\" and .name != \"audit\"",
        "--jq",
        ".items[].name",
    ]);
    assert_eq!(own.success_silent(), "fleet\n");
    let which =
        sandbox.run_with(["plugin", "which", "fleet", "--filter", ".command == \"nope\"", "--no-headers"]);
    assert_eq!(which.success_silent(), "");
    let nothing = sandbox.run_with(["fleet", "ships", "list", "--filter", ".size < 0"]);
    assert_eq!(
        (nothing.code, nothing.stderr.as_str()),
        (Some(0), "nothing found with --filter '.size < 0'\n")
    );
    for (line, expected) in [
        (&["fleet", "ships", "list", "--filter", ".size >"][..], "invalid jq expression `.size >`"),
        (&["plugin", "list", "--filter", ".size >"], "invalid jq expression `.size >`"),
        (&["fleet", "ships", "list", "--filter", "true", "-o", "raw"], "--filter does not apply to -o raw"),
        (&["fleet", "port", "--filter", "true"], "--filter needs a list"),
    ] {
        let stderr = sandbox.run_with(line.iter().copied()).stderr_failed(2);
        assert!(stderr.contains(expected), "{line:?}: {stderr}");
    }
    let stderr = sandbox.run_with(["fleet", "ships", "list", "--filter", ".name.first"]).stderr_failed(1);
    assert!(stderr.contains("--filter .name.first: cannot index"), "{stderr}");
}

#[test]
fn what_other_programs_call_it_is_answered_with_the_line_that_does_it_here() {
    let (sandbox, _server) = fleet();
    for (line, hint) in [
        ("fleet ships list -o jsonpath={.items[*].name}", "use --jq '.items[].name'"),
        ("plugin list -o custom-columns=N:.name", "use --columns 'N=.name'"),
        ("fleet ships list -o go-template={{.name}}", "use --jq '.name'"),
        (
            "plugin list --watch",
            "only commands of plugins that read JSON have it; use: watch -n 2 everestctl …",
        ),
        ("plugin events -w", "use -f to keep printing what is new"),
        ("fleet ships list -l app=x", "filter the rows with --filter"),
    ] {
        let stderr = sandbox.run(line).stderr_failed(2);
        assert!(stderr.contains(&format!("hint: {hint}")) && !stderr.contains("tip:"), "{line}: {stderr}");
    }
}

#[test]
fn all_namespaces_is_one_flag_and_a_namespace_that_was_not_typed_is_named() {
    let (sandbox, server) = fleet();
    let last = || server.requests().last().unwrap().path.clone();
    let _ = done(&sandbox, "config set-context --current -n prod");
    let output = done(&sandbox, "fleet ships list");
    assert!(last().ends_with("ships?namespace=prod"), "{}", last());
    let remark = "only namespace `prod`, set by the context; -A shows all namespaces\n";
    assert_eq!(output.stderr, remark);
    for line in ["fleet ships list -A", "-A fleet ships list", "fleet ships list --all-namespaces"] {
        assert_eq!(done(&sandbox, line).stderr, "", "{line}");
        assert!(last().ends_with("/ships"), "{line}: {}", last());
    }
    assert_eq!(done(&sandbox, "fleet ships list -n dev").stderr, "");
    assert_eq!(done(&sandbox, "-q fleet ships list").stderr, "");
    let by_variable =
        sandbox.command(["fleet", "ships", "list"]).env("EVEREST_NAMESPACE", "qa").output_in_time();
    let stderr = String::from_utf8(by_variable.stderr).unwrap();
    assert_eq!(stderr, "only namespace `qa`, set by EVEREST_NAMESPACE; -A shows all namespaces\n");
    let stderr = sandbox.run("fleet ships list -A -n x").stderr_failed(2);
    assert!(stderr.contains("--all-namespaces cannot be combined with --namespace"), "{stderr}");
    let stderr = sandbox.run("fleet harbours -A").stderr_failed(2);
    assert!(stderr.contains("this command needs one namespace"), "{stderr}");
    // A local plugin is told, and an inherited namespace does not count.
    sandbox.script("bin/everestctl-ns", "echo \"${EVEREST_NAMESPACE-none} ${EVERESTCTL_ALL_NAMESPACES-no}\"");
    assert_eq!(sandbox.run("ns").success_silent(), "prod no\n");
    assert_eq!(sandbox.run("-A ns").success_silent(), "none 1\n");
}

#[test]
fn a_narrow_terminal_gets_the_columns_that_fit_and_says_so() {
    let (sandbox, _server) = fleet();
    let narrow = sandbox.command(["plugin", "list"]).env("COLUMNS", "30").output_in_time();
    let text = String::from_utf8(narrow.stdout).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
    assert!(text.starts_with("NAME") && text.contains("STATUS"), "{text}");
    assert!(String::from_utf8(narrow.stderr).unwrap().contains("-o wide shows the"));
    // Rows of a server that do not fit stand one value in a line.
    let rows = sandbox.command(["fleet", "ships", "list"]).env("COLUMNS", "14").output_in_time();
    let text = String::from_utf8(rows.stdout).unwrap();
    assert!(text.starts_with("-[ 1 ]-\nNAME  Ada, the first\n"), "{text}");
}

#[test]
fn headings_and_states_have_color_and_a_request_is_traced_without_its_token() {
    let (sandbox, _server) = fleet();
    let table = sandbox.run("--color always plugin list").success_silent();
    assert!(table.starts_with("\u{1b}[1mNAME"), "{table}");
    assert!(table.contains("\u{1b}[32mready\u{1b}[0m"), "{table}");
    let stderr = done(&sandbox, "-vv fleet ships list").stderr;
    assert!(stderr.contains("> GET http://127.0.0.1:"), "{stderr}");
    assert!(stderr.contains("> authorization: HIDDEN\n") && stderr.contains("< 200 OK in "), "{stderr}");
    assert!(!stderr.contains(crate::support::sandbox::TOKEN), "{stderr}");
    assert!(!done(&sandbox, "-v fleet ships list").stderr.contains("> GET"));
}

#[test]
fn rows_one_below_the_other_are_asked_for_and_have_every_column() {
    let (sandbox, _server) = fleet();
    assert_data_eq!(
        done(&sandbox, "fleet ships list -o vertical").stdout,
        str![[r#"
-[ 1 ]-
NAME  Ada, the first
SIZE  10
NOTE  said "yes" and no
-[ 2 ]-
NAME  Bea
SIZE  9.5
NOTE  -
-[ 3 ]-
NAME  -
SIZE  123456789012345678901234567890
NOTE  -

"#]]
    );
    let chosen = done(&sandbox, "fleet ships list -o vertical --columns size --sort-by size").stdout;
    assert_eq!(chosen.lines().take(4).collect::<Vec<_>>(), ["-[ 1 ]-", "SIZE  9.5", "-[ 2 ]-", "SIZE  10"]);
    let own = done(&sandbox, "plugin list --offline -o vertical").stdout;
    assert!(own.starts_with("-[ 1 ]-\nNAME            audit\nVERSION         10\n"), "{own}");
    assert!(own.contains("\nDESCRIPTION     -\n"), "{own}");
    for line in ["fleet ships list", "plugin list --offline"] {
        let refused = sandbox.run(&format!("{line} -o vertical --no-headers")).stderr_failed(2);
        assert!(refused.contains("--no-headers") && refused.contains("-o vertical"), "{refused}");
    }
}

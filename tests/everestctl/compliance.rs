//! The compliance plugin, `plugins/compliance`: run by everestctl, against a real PostgreSQL behind the development host.

use crate::support::host::Host;
use crate::support::packages::first_party;
use crate::support::postgres::{PASSWORD, Postgres};
use crate::support::sandbox::Output;
use crate::support::{InTime as _, Sandbox, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The plugin, which `cargo test --workspace` builds.
fn program() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name("plugin-compliance")
}

/// A user with the plugin in the plugin folder, and what it says of itself beside it.
fn installed(test: &str) -> Option<Sandbox> {
    if !program().exists() {
        skip("compliance", test, "the plugin is not built (cargo test --workspace)");
        return None;
    }
    let user = Sandbox::new();
    std::fs::copy(program(), user.path("plugins/everestctl-compliance")).unwrap();
    let sidecar = Command::new(program()).arg("--everestctl-metadata").stdin(Stdio::null()).output_in_time();
    user.write("plugins/everestctl-compliance.yaml", sidecar.stdout);
    Some(user.with("CI", "1"))
}

/// The same, signed in to a host that has these instances.
fn with_instances(test: &str, instances: &str) -> Option<(Sandbox, Host)> {
    let user = installed(test)?;
    user.write("instances.yaml", format!("instances:\n{instances}"));
    let host = Host::start(&user, &format!("--instances {}", user.path("instances.yaml").display()));
    let token = host.sign_in().access;
    let user = user.with("EVEREST_HOST", format!("http://{}", host.address)).with("EVEREST_TOKEN", token);
    Some((user, host))
}

/// The rules of a report in JSON that have found something, each with its subject.
fn found(report: &Value) -> Vec<String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|finding| format!("{} {}", text(finding, "rule"), text(finding, "subject"))).collect()
}

fn scan(user: &Sandbox, line: &str) -> Output {
    user.run(&format!("compliance scan {line}"))
}

#[test]
fn what_is_wrong_in_a_real_database_is_found_and_what_was_mended_is_not() {
    let test = "what_is_wrong_in_a_real_database_is_found_and_what_was_mended_is_not";
    let Some(postgres) = Postgres::start(test) else { return };
    let Some((user, _host)) = with_instances(test, &postgres.instance("shop", "everest")) else { return };
    let report = || {
        let output = scan(&user, "-i shop -d postgres --profile cis-postgres --fail-on never -o json");
        assert_eq!(output.code, Some(0), "{output:?}");
        assert!(!format!("{output:?}").contains(PASSWORD), "{output:?}");
        output.json()
    };
    postgres.psql(
        "postgres",
        "set password_encryption = md5; create role old login password 'x'; create role eve superuser;
         grant create on schema public to public; create table notes (id int); grant delete on notes to public;
         create function up() returns int language sql security definer as 'select 1'",
    );
    for change in [
        "alter system set password_encryption = 'md5'",
        "alter system set log_connections = off",
        "select pg_reload_conf()",
    ] {
        postgres.psql("postgres", change);
    }
    std::fs::write(
        postgres.host().join("data/pg_hba.conf"),
        "local all all scram-sha-256\nhost all all 0.0.0.0/0 trust\n",
    )
    .unwrap();
    let first = report();
    let all = found(&first);
    for expected in [
        "pg-hba-trust line 2",
        "pg-hba-plain line 2",
        "pg-hba-anybody line 2",
        "pg-password-hashing password_encryption",
        "pg-md5-password old",
        "pg-superuser eve",
        "pg-public-create public",
        "pg-public-write public.notes",
        "pg-definer public.up",
        "pg-log-connections log_connections",
        "pg-no-audit shared_preload_libraries",
    ] {
        assert!(all.contains(&expected.to_owned()), "{expected}: {all:#?}");
    }
    assert_eq!(
        (&first["findings"][0]["severity"], &first["instances"]),
        (&json!("critical"), &json!(["everest/shop"]))
    );
    // The server listens at a socket only.
    assert!(!all.iter().any(|one| one.starts_with("pg-tls-off")), "{all:#?}");
    postgres.psql(
        "postgres",
        "drop role old; alter role eve nosuperuser; revoke create on schema public from public;
         revoke delete on notes from public; alter function up() set search_path = pg_catalog, pg_temp",
    );
    for change in [
        "alter system set password_encryption = 'scram-sha-256'",
        "alter system set log_connections = on",
        "alter system set log_disconnections = on",
        "alter system set log_statement = 'ddl'",
        "alter system set log_line_prefix = '%m [%p] %u@%d %h '",
        "select pg_reload_conf()",
    ] {
        postgres.psql("postgres", change);
    }
    std::fs::write(
        postgres.host().join("data/pg_hba.conf"),
        "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n",
    )
    .unwrap();
    let rest: Vec<String> = found(&report())
        .into_iter()
        // What a server has to be stopped, installed or made anew for.
        .filter(|one| {
            !["pg-no-audit", "pg-checksums", "pg-end-of-support"].iter().any(|rule| one.starts_with(rule))
        })
        .collect();
    assert_eq!(rest, [""; 0]);
}

#[test]
fn a_role_that_may_little_learns_what_could_not_be_checked() {
    let test = "a_role_that_may_little_learns_what_could_not_be_checked";
    let Some(postgres) = Postgres::start(test) else { return };
    postgres.psql("postgres", "create role dana login password 'hunter2'");
    let folder = postgres.host().display();
    let instances = format!(
        "- {{name: shop, host: '{folder}', port: 5432, username: dana, password: hunter2, database: postgres, uri: 'postgresql://h/postgres'}}\n\
         - {{name: gone, host: '{folder}/none', port: 5432}}\n- {{name: docs, type: mongodb, host: 127.0.0.1, port: 1}}\n"
    );
    let Some((user, _host)) = with_instances(test, &instances) else { return };
    let output = scan(&user, "-i shop -i docs --fail-on never --profile cis-postgres,backups");
    assert_eq!(output.code, Some(0), "{output:?}");
    for text in [
        "warning: not checked: everest/shop: pg-hba-*: permission denied",
        "warning: not checked: everest/shop: pg-md5-password: permission denied",
        "warning: not checked: everest/docs: cis-postgres: it is mongodb",
    ] {
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
    // A database that cannot be reached is no good result.
    let output = scan(&user, "--all --fail-on never --profile cis-postgres -o json");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output.stderr.contains("error: 1 of what was asked for could not be checked"),
        "{}",
        output.stderr
    );
    assert!(!format!("{output:?}").contains("hunter2"));
    let unknown = scan(&user, "-i nothing").stderr_failed(1);
    assert!(unknown.starts_with("error: instance `nothing` not found\nhint: use --all"), "{unknown}");
    let stranger = user.with("EVEREST_TOKEN", "");
    assert_eq!(scan(&stranger, "--all").code, Some(4));
}

#[test]
fn a_connection_over_the_network_is_judged_by_how_it_is_encrypted() {
    let test = "a_connection_over_the_network_is_judged_by_how_it_is_encrypted";
    let Some(postgres) = Postgres::start_encrypted(test) else { return };
    let instances = postgres.encrypted_instance("safe", "require")
        + &postgres.encrypted_instance("proved", "verify-full");
    let Some((user, _host)) = with_instances(test, &instances) else { return };
    let report = scan(&user, "-i safe --profile cis-postgres,exposure --fail-on never -o json").json();
    let all = found(&report);
    assert!(!all.iter().any(|one| one.contains("tls") || one.contains("plain")), "{all:#?}");
    // Its certificate proves nothing.
    let refused = scan(&user, "-i proved --profile cis-postgres").stderr_failed(1);
    assert!(refused.contains("not checked: everest/proved: the database cannot be read: "), "{refused}");
}

/// Files with one of everything.
fn write_files(user: &Sandbox) {
    user.write("home/deploy/values.yaml", "service:\n  type: LoadBalancer\ndb:\n  password: tr0ub4dor&3\n");
    user.write("home/deploy/config.env", format!("TOKEN_OF_BOT=ghp_{}\n", "aB3dE6gH9jK2".repeat(3)));
    user.write(
        "home/deploy/plugin.yaml",
        "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {name: snake, labels: {owner: dana}}\n\
         spec:\n  version: 1.0.0\n  permissions:\n  - {verb: '*', resource: instances}\n",
    );
}

#[test]
fn files_are_judged_and_no_secret_is_shown_in_any_form() {
    let Some(user) = installed("files_are_judged_and_no_secret_is_shown_in_any_form") else { return };
    write_files(&user);
    let table = scan(&user, "--files deploy");
    assert_eq!(table.code, Some(1), "{table:?}");
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("SEVERITY  RULE"), "{}", table.stdout);
    for text in [
        "critical  secret-known-format",
        "deploy/config.env:1",
        "high      secret-value",
        "deploy/values.yaml:4",
        "high      exposed-service",
        "deploy/values.yaml:2",
        "permission-without-backend",
        "permission-wildcard",
        "tag-missing",
    ] {
        assert!(table.stdout.contains(text), "{text}: {}", table.stdout);
    }
    assert!(table.stderr.starts_with("6 findings (1 critical, 3 high, "), "{}", table.stderr);
    for form in ["table", "json", "sarif", "html", "junit"] {
        let output = scan(&user, &format!("--files deploy -o {form}"));
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(
            !all.contains("tr0ub4dor") && !all.contains("aB3dE6") && all.contains("secret-value"),
            "{form}: {all}"
        );
        assert_eq!(output.code, Some(1), "{form}");
    }
    // Before the name it counts, too, and what is not a form of this plugin is refused.
    assert!(user.run("-o json compliance scan --files deploy").json()["findings"].is_array());
    let refused = user.run("-o csv compliance scan --files deploy").stderr_failed(2);
    assert!(refused.contains("use table, json, sarif, html or junit"), "{refused}");
    // What is not bad enough does not fail, and is shown.
    let tags = scan(&user, "--files deploy --profile tags");
    assert_eq!(
        (tags.code, tags.stdout.contains("metadata.labels has no environment")),
        (Some(0), true),
        "{tags:?}"
    );
    assert_eq!(scan(&user, "--files deploy --profile tags --fail-on low").code, Some(1));
    assert_eq!(
        scan(&user, "--files deploy --profile tags --require-label owner --fail-on low").code,
        Some(0)
    );
    assert_eq!(scan(&user, "--files nothing --fail-on never").code, Some(1));
    let nothing = scan(&user, "").stderr_failed(2);
    assert!(nothing.starts_with("error: nothing to look at\n"), "{nothing}");
}

/// What another program makes of a report.
fn read_by_python(user: &Sandbox, file: &str, script: &str) -> Option<String> {
    let path = user.path(file);
    let output =
        Command::new("python3").args(["-c", script]).arg(&path).stdin(Stdio::null()).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn other_programs_read_the_reports() {
    let test = "other_programs_read_the_reports";
    let Some(user) = installed(test) else { return };
    write_files(&user);
    let evil = "home/deploy/<b>&\"'.yaml";
    user.write(evil, "password: hunter22\n");
    let sarif = scan(&user, "--files deploy -o sarif").json();
    let results = sarif["runs"][0]["results"].as_array().unwrap().len();
    assert_eq!((sarif["version"].as_str(), results), (Some("2.1.0"), 7));
    for form in ["junit", "html"] {
        let output = scan(&user, &format!("--files deploy -o {form}"));
        assert!(
            !output.stdout.contains("<b>&\"") && output.stdout.contains("&lt;b&gt;"),
            "{}",
            output.stdout
        );
        user.write(&format!("report.{form}"), output.stdout);
    }
    let junit = "import sys, xml.etree.ElementTree as t\nr = t.parse(sys.argv[1]).getroot()\n\
                 print(len(r.findall('.//testcase')) == int(r.get('tests')), len(r.findall('.//failure')), r.get('failures'))";
    let Some(said) = read_by_python(&user, "report.junit", junit) else {
        return skip("python", test, "there is no python3");
    };
    assert_eq!(said, "True 5 5\n");
    let html = "import sys, html.parser as h\nopen_, voids, bad = [], ('meta', 'link', 'br'), []\n\
                class P(h.HTMLParser):\n def handle_starttag(s, t, a):\n  bad.extend(x for x in [t] if x in ('script', 'b') and len(open_) > 5 and t == 'script')\n  t in voids or open_.append(t)\n\
                 \x20def handle_endtag(s, t): assert open_.pop() == t, t\n\
                P(convert_charrefs=True).feed(open(sys.argv[1]).read())\nprint(open_, bad)";
    assert_eq!(read_by_python(&user, "report.html", html).unwrap(), "[] []\n");
}

#[test]
fn hostile_files_are_read_within_bounds() {
    let Some(user) = installed("hostile_files_are_read_within_bounds") else { return };
    user.write("home/x/deep.yaml", "{a: ".repeat(50_000));
    let bomb = (1..40).fold(String::new(), |text, index| {
        text + &format!("a{index}: &a{index} [*a{0}, *a{0}, *a{0}]\n", index - 1)
    });
    user.write("home/x/bomb.yml", format!("a0: &a0 [x, x]\n{bomb}"));
    user.write("home/x/huge.yaml", vec![b'a'; 5 * 1024 * 1024]);
    user.write("home/x/binary.yaml", b"\0\x01\x02password: hunter2");
    user.write(
        "home/x/evil.yaml",
        "kind: Service\nmetadata: {name: \"a\\e[31m\\u202eb\"}\nspec: {type: NodePort}\n",
    );
    user.write("home/x/noise.env", b"\xff\xfe=\xff\npassword: \xff\xff\xff\xff\xff\n");
    std::os::unix::fs::symlink("/etc", user.path("home/x/outside")).unwrap();
    let output = scan(&user, "--files x");
    assert_eq!(output.code, Some(1), "{output:?}");
    for text in [
        "not checked: x/huge.yaml: it is larger than 4 MiB",
        "not checked: x/deep.yaml: the document at line 1 cannot be read",
        "not checked: x/bomb.yml: the document at line 1 cannot be read",
    ] {
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
    assert!(output.stdout.contains("exposed-node-port"), "{}", output.stdout);
    assert!(
        !output.stdout.contains(['\u{1b}', '\u{202e}']) && !output.stdout.contains("/etc"),
        "{}",
        output.stdout
    );
}

#[test]
fn an_accepted_finding_is_told_apart_until_its_day() {
    let Some(user) = installed("an_accepted_finding_is_told_apart_until_its_day") else { return };
    user.write("home/a.yaml", "password: hunter22\n");
    assert_eq!(scan(&user, "--files a.yaml").code, Some(1));
    let accept = |until: &str| {
        user.run_with([
            "compliance",
            "baseline",
            "accept",
            "secret-value",
            "--where",
            "a.yaml",
            "--subject",
            "password",
            "--reason",
            "a test value",
            "--until",
            until,
            "--baseline",
            "b.yaml",
        ])
    };
    assert_eq!(
        accept("2020-01-01").stderr_failed(2),
        "error: 2020-01-01 is over\nhint: use a day to come with --until\n"
    );
    assert_eq!(accept("2199-12-31").success_stderr(), "accepted until 2199-12-31, in b.yaml\n");
    let accepted = scan(&user, "--files a.yaml --baseline b.yaml -o json");
    assert_eq!(
        (accepted.code, accepted.json()["accepted"][0]["reason"].as_str()),
        (Some(0), Some("a test value"))
    );
    // A second one in the same file is another one.
    user.write("home/a.yaml", "password: hunter22\nother:\n  password: hunter23\n");
    assert_eq!(scan(&user, "--files a.yaml --baseline b.yaml").code, Some(1));
    user.write("home/a.yaml", "password: hunter22\n");
    let file = std::fs::read_to_string(user.path("home/b.yaml")).unwrap();
    user.write("home/b.yaml", file.replace("2199", "2001"));
    let expired = scan(&user, "--files a.yaml --baseline b.yaml");
    assert_eq!(expired.code, Some(1));
    assert!(
        expired.stderr.contains("warning: no longer accepted since 2001-12-31: secret-value in a.yaml"),
        "{}",
        expired.stderr
    );
    let list = user.run("compliance baseline list --baseline b.yaml").success_silent();
    assert!(list.contains("expired") && list.contains("a test value"), "{list}");
    let remove = "compliance baseline remove secret-value --where a.yaml --baseline b.yaml";
    assert_eq!(user.run(remove).success_stderr(), "removed 1 from b.yaml\n");
    assert_eq!(user.run(remove).code, Some(1));
    user.write("home/b.yaml", "accepted: [{rule: x, hunter2: y}]\n");
    let broken = scan(&user, "--files a.yaml --baseline b.yaml").stderr_failed(1);
    assert!(broken.contains("could not read the baseline b.yaml") && !broken.contains("hunter2"), "{broken}");
}

#[test]
fn rules_are_listed_and_explained() {
    let Some(user) = installed("rules_are_listed_and_explained") else { return };
    let rules = user.run("compliance rules --profile backups").success_silent();
    assert!(rules.starts_with("RULE               SEVERITY  PROFILE  TITLE\nbackup-missing"), "{rules}");
    let names = user.run("compliance rules -o name").success_silent();
    for name in names.lines() {
        let explained = user.run(&format!("compliance explain {name}")).success_silent();
        assert!(explained.starts_with(&format!("{name}: ")) && explained.contains("\nMend: "), "{explained}");
    }
    let unknown = user.run("compliance explain pg-tls-of").stderr_failed(2);
    assert!(
        unknown.starts_with("error: no such rule: pg-tls-of\nhint: did you mean `pg-tls-off`?\n"),
        "{unknown}"
    );
    assert!(user.run("compliance scan --help").success_silent().contains("--fail-on <FAIL_ON>"));
    // TAB knows the words without running it.
    let offered = user.run_with(["__complete", "compliance", "scan", "--profile", "cis"]);
    assert!(offered.stdout.starts_with("cis-postgres"), "{offered:?}");
}

#[test]
fn labels_of_instances_are_judged() {
    let instances = "- {name: shop, host: 127.0.0.1, port: 1, labels: {owner: dana}}\n\
                     - {name: docs, host: 8.8.8.8, port: 1, type: mongodb, labels: {owner: dana, environment: prod}}\n";
    let Some((user, _host)) = with_instances("labels_of_instances_are_judged", instances) else { return };
    let output = scan(&user, "--all --profile tags,exposure --fail-on low -o json");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_eq!(found(&output.json()), ["exposed-database host", "tag-missing environment"]);
}

#[test]
fn backups_are_judged_by_what_the_server_lists() {
    let instances = "- {name: none, host: 127.0.0.1, port: 1, type: mongodb}\n\
                     - {name: old, host: 127.0.0.1, port: 1, type: mongodb, backups: [{name: a, completedAt: '2020-01-01T00:00:00Z'}]}\n\
                     - {name: failed, host: 127.0.0.1, port: 1, type: mongodb, backups: [{name: a, state: Failed}]}\n\
                     - {name: good, host: 127.0.0.1, port: 1, type: mongodb, backups: [{name: a}, {name: b, completedAt: '2199-01-01T00:00:00Z'}]}\n";
    let test = "backups_are_judged_by_what_the_server_lists";
    let Some((user, _host)) = with_instances(test, instances) else { return };
    let output = scan(&user, "--all --profile backups --fail-on never -o json");
    assert_eq!(output.code, Some(0), "{output:?}");
    let report = output.json();
    let of = |rule: &str| {
        let all = report["findings"].as_array().unwrap().iter();
        let mut places: Vec<String> = all
            .filter(|finding| finding["rule"] == rule)
            .map(|finding| finding["instance"].to_string())
            .collect();
        places.sort();
        places
    };
    assert_eq!(of("backup-missing"), ["\"everest/failed\"", "\"everest/none\""], "{report:#}");
    assert_eq!(of("backup-old"), ["\"everest/old\""], "{report:#}");
    assert!(!output.stderr.contains("no list of backups"), "{}", output.stderr);
}

#[test]
fn the_package_is_clean_and_installed() {
    let test = "the_package_is_clean_and_installed";
    if installed(test).is_none() {
        return;
    }
    let user = Sandbox::new().with("CI", "1");
    first_party(&user, "compliance", &program(), &["manifest.yaml", ".everestctl-lint.yaml"]);
    assert!(user.run("compliance rules -o name").success_silent().starts_with("pg-tls-off\n"));
    assert!(
        user.run("plugin info compliance")
            .success_silent()
            .contains("Audit database instances, manifests and charts")
    );
}

#[test]
fn without_everestctl_as_in_a_container_it_has_the_token_of_its_environment() {
    let test = "without_everestctl_as_in_a_container_it_has_the_token_of_its_environment";
    let instances = "- {name: shop, host: 127.0.0.1, port: 1, type: mongodb}\n";
    let Some((user, host)) = with_instances(test, instances) else { return };
    let alone = |token: &str| {
        let mut command = Command::new(program());
        command
            .args(["scan", "--all", "--profile", "tags,backups", "--fail-on", "never"])
            .env_clear()
            .stdin(Stdio::null());
        let output = command
            .env("EVEREST_HOST", format!("http://{}", host.address))
            .env("EVEREST_TOKEN", token)
            .current_dir(user.path("home"))
            .output_in_time();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, out, _) = alone(&host.sign_in().access);
    let is_judged = out.contains("everest/shop") && out.contains("backup-missing");
    assert_eq!((code, is_judged), (Some(0), true), "{out}");
    let (code, _, error) = alone("sesame");
    assert_eq!((code, error.contains("sesame")), (Some(4), false), "{error}");
}

//! Installing local plugins: packages from folders and archives, generations, and the way back.

use crate::support::native::compile;
use crate::support::packages::{install, package, source};
use crate::support::terminal::Terminal;
use crate::support::{InTime as _, Sandbox, skip};
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn a_package_is_installed_upgraded_and_gone_back_from() {
    let sandbox = Sandbox::new();
    package(&sandbox, "greet", "1.0", "hello");
    assert_eq!(install(&sandbox, "greet"), "installed `greet` 1.0 (generation 1)\n");
    assert_eq!(sandbox.run("greet Ada").success_silent(), "hello Ada\n");
    let listed = sandbox.run("plugin list").success_silent();
    assert!(listed.contains("greet") && listed.contains("1.0") && listed.contains("Say hello"), "{listed}");
    assert!(sandbox.run("plugin which greet").success_silent().contains("/current/everestctl-greet"));
    assert_eq!(sandbox.run_with(["__complete", "greet", ""]).success_silent(), "loud\tShout\n:4\n");
    assert_eq!(sandbox.run("__complete plugin remove g").success_silent(), "greet\t1.0\n:4\n");
    // What is installed does not change with its source, before that is wanted.
    package(&sandbox, "greet", "1.1", "welcome");
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    let dry = sandbox.run("plugin upgrade --dry-run").success_silent();
    assert!(dry.contains("greet 1.0 to 1.1\n"), "{dry}");
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    let upgraded = sandbox.run("plugin upgrade --all --yes").success_stderr();
    assert_eq!(upgraded, "upgraded `greet` 1.1 (generation 2)\n");
    assert_eq!(sandbox.run("greet").success_silent(), "welcome\n");
    assert_eq!(sandbox.run("plugin upgrade --yes").success_stderr(), "everything is up to date\n");
    sandbox.run("plugin upgrade --all greet").failed(2);
    let back = sandbox.run("plugin rollback").success_stderr();
    assert_eq!(back, "the installed plugins are those of generation 1 (before: 2)\n");
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    sandbox.run("plugin rollback").failed(1);
    sandbox.run("plugin rollback 2").succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "welcome\n");
    sandbox.run("plugin remove greet").succeeded();
    sandbox.run("greet").failed(127);
    sandbox.run("plugin rollback").succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "welcome\n");
    let history = sandbox.run("plugin history -o json").success_silent();
    for reason in ["install greet 1.0", "upgrade greet 1.1", "remove greet"] {
        assert!(history.contains(reason), "{history}");
    }
    sandbox.run("plugin rollback 77").failed(2);
    let offered = sandbox.run_with(["__complete", "plugin", "rollback", ""]).success_silent();
    assert_eq!(offered.lines().next(), Some("3\tremove greet"), "{offered}");
}

#[test]
fn a_package_brings_its_man_page_and_says_where_it_came_from() {
    let sandbox = Sandbox::new();
    package(&sandbox, "greet", "1.0", "hello");
    let manifest = sandbox.path("packages/greet/everestctl-plugin.yaml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}man: man/none.1\n")).unwrap();
    let error = sandbox.run(&format!("plugin install -y {}", source(&sandbox, "greet"))).stderr_failed(1);
    assert!(error.contains("`man/none.1` is not in the package"), "{error}");
    fs::write(&manifest, format!("{text}man: man/greet.1\n")).unwrap();
    let page = ".TH EVERESTCTL-GREET 1\n.SH NAME\neverestctl-greet \\- greets as its author says\n";
    sandbox.write("packages/greet/man/greet.1", page);
    install(&sandbox, "greet");
    let shown = sandbox.run("help --man greet -o raw").success_silent();
    assert!(shown.contains("greets as its author says"), "{shown}");
    let found = sandbox.path("home/.local/share/man/man1/everestctl-greet.1");
    assert_eq!(fs::read_to_string(&found).unwrap(), page);
    let from = "[ROOT]/packages/greet";
    let which = sandbox.run("plugin which greet -o json").success_silent();
    assert!(which.contains(&format!("installed 1.0 from {from}, sha256:")), "{which}");
    let info = sandbox.run("plugin info greet").success_silent();
    assert!(info.contains("Installed from") && info.contains(from), "{info}");
    let list = sandbox.run("plugin list -o json").success_silent();
    assert!(list.contains(&format!("\"source\": \"{from}\"")), "{list}");
    sandbox.run("plugin remove greet").succeeded();
    assert!(fs::symlink_metadata(&found).is_err());
}

#[test]
fn the_order_is_plugin_folder_installed_path() {
    let sandbox = Sandbox::new();
    package(&sandbox, "greet", "1", "installed");
    sandbox.script("bin/everestctl-greet", "echo path");
    install(&sandbox, "greet");
    assert_eq!(sandbox.run("greet").success_silent(), "installed\n");
    let which = sandbox.run("plugin which greet").success_silent();
    assert!(which.contains("installed plugins come before PATH"), "{which}");
    sandbox.script("plugins/everestctl-greet", "echo folder");
    assert_eq!(sandbox.run("greet").success_silent(), "folder\n");
}

#[test]
fn archives_and_libraries_are_packages_too() {
    let sandbox = Sandbox::new();
    package(&sandbox, "greet", "1", "hello");
    package(&sandbox, "wave", "1", "waving");
    let packed = Command::new("tar")
        .args(["-czf", "greet-1.tar.gz", "greet"])
        .current_dir(sandbox.path("packages"))
        .status_in_time();
    assert!(packed.success());
    assert_eq!(install(&sandbox, "greet-1.tar.gz"), "installed `greet` 1 (generation 1)\n");
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    // A native library, by its checksum.
    let library = sandbox.path("packages/native/lib.so");
    fs::create_dir_all(library.parent().unwrap()).unwrap();
    compile(&library, &["-shared", "-fPIC", "hello-c/library.c", "hello-c/hello.c"]);
    let manifest = |sum: &str| {
        format!(
            "name: hello-c\nversion: 2\nway: native\nplatforms: {{any: {{file: lib.so, sha256: {sum}}}}}\n"
        )
    };
    sandbox.write("packages/native/everestctl-plugin.yaml", manifest(&"0".repeat(64)));
    let error = sandbox.run(&format!("plugin install -y {}", source(&sandbox, "native"))).stderr_failed(1);
    assert!(error.contains("`lib.so` of `hello-c` has another checksum than its manifest says"), "{error}");
    let sum = Command::new("sha256sum").arg(&library).stdin(Stdio::null()).output_in_time();
    let sum = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
    sandbox.write("packages/native/everestctl-plugin.yaml", manifest(&sum));
    install(&sandbox, "native");
    assert_eq!(sandbox.run("hello-c Ada").success_silent(), "hello, Ada\n");
    assert!(sandbox.run("plugin list").success_silent().contains("Say hello from C"));
}

#[test]
fn what_does_not_fit_is_refused_with_the_rule_and_nothing_changes() {
    let sandbox = Sandbox::new();
    package(&sandbox, "greet", "1", "hello");
    install(&sandbox, "greet");
    let error = sandbox.run(&format!("plugin install -y {}", source(&sandbox, "greet"))).stderr_failed(2);
    assert!(
        error.contains("`greet` 1 is already installed") && error.contains("plugin upgrade greet"),
        "{error}"
    );
    for (name, why) in
        [("plugin", "reserved by everestctl"), ("host", "reserved by everestctl"), ("backup", "reserved")]
    {
        package(&sandbox, name, "1", "no");
        let error = sandbox.run(&format!("plugin install -y {}", source(&sandbox, name))).stderr_failed(1);
        assert!(error.contains(why), "{name}: {error}");
    }
    package(&sandbox, "needy", "1", "no");
    let manifest = sandbox.path("packages/needy/everestctl-plugin.yaml");
    let whole = fs::read_to_string(&manifest).unwrap();
    for (change, why) in [
        ("requires: {programs: [no-such-program]}\n", "it needs the program `no-such-program`"),
        ("requires: {everestctl: '>=99'}\n", "it needs everestctl >=99"),
        ("surprise: 1\n", "surprise"),
    ] {
        fs::write(&manifest, format!("{whole}{change}")).unwrap();
        let error = sandbox.run(&format!("plugin install -y {}", source(&sandbox, "needy"))).stderr_failed(1);
        assert!(error.contains(why), "{error}");
    }
    fs::remove_file(&manifest).unwrap();
    sandbox.run(&format!("plugin install -y {}", source(&sandbox, "needy"))).failed(1);
    sandbox.run("plugin install -y /nowhere").failed(1);
    sandbox.write("packages/note.txt", "no package");
    sandbox.run(&format!("plugin install -y {}", source(&sandbox, "note.txt"))).failed(2);
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path("packages/greet/secrets")).unwrap();
    package(&sandbox, "other", "1", "no");
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path("packages/other/secrets")).unwrap();
    let error = sandbox.run(&format!("plugin install -y {}", source(&sandbox, "other"))).stderr_failed(1);
    assert!(error.contains("secrets is neither a file nor a folder"), "{error}");
    sandbox.run("plugin remove nobody").failed(2);
    let history = sandbox.run("plugin history -o json").success_silent();
    assert_eq!(history.matches("\"generation\"").count(), 1, "{history}");
}

#[test]
fn nobody_is_asked_without_a_terminal_and_a_no_installs_nothing() {
    let name = "nobody_is_asked_without_a_terminal_and_a_no_installs_nothing";
    let sandbox = Sandbox::new().with("CI", "");
    package(&sandbox, "greet", "1", "hello");
    let line = format!("plugin install {}", source(&sandbox, "greet"));
    let error = sandbox.run(&line).stderr_failed(2);
    assert!(error.contains("confirmation required") && error.contains("pass --yes to confirm"), "{error}");
    sandbox.run("greet").failed(127);
    let Some(mut terminal) = Terminal::start(&sandbox, &format!("$E {line}; echo en''ded $?")) else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.shows(&["greet 1", "license: Apache-2.0", "install `greet`? [y/N]"]);
    terminal.press("n\r");
    terminal.shows(&["nothing installed", "ended 1"]);
    let mut terminal = Terminal::start(&sandbox, &format!("$E {line}; echo en''ded $?")).unwrap();
    terminal.shows(&["[y/N]"]);
    terminal.press("y\r");
    terminal.shows(&["installed `greet` 1", "ended 0"]);
}

#[test]
fn what_was_changed_afterwards_does_not_run_and_can_be_repaired() {
    let sandbox = Sandbox::new();
    package(&sandbox, "greet", "1", "hello");
    install(&sandbox, "greet");
    sandbox.run("plugin verify").success_silent();
    let file =
        fs::canonicalize(sandbox.path("home/.local/share/everestctl/current/everestctl-greet")).unwrap();
    let make_writable = || {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
    };
    make_writable();
    fs::write(&file, "#!/bin/sh\necho evil\n").unwrap();
    let error = sandbox.run("greet").stderr_failed(126);
    assert!(
        error.contains("`greet` is not as it was installed") && error.contains("plugin verify greet"),
        "{error}"
    );
    let verified = sandbox.run("plugin verify");
    assert!(verified.code == Some(1) && verified.stdout.contains("changed"), "{verified:?}");
    sandbox.run("plugin upgrade --force --yes greet").succeeded();
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n");
    sandbox.run("plugin verify").success_silent();
}

#[test]
fn a_package_gets_no_token_by_a_sidecar_that_was_changed_afterwards() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new().with_server("https://everest.example.com");
    package(&sandbox, "greet", "1", "hello");
    sandbox.script("packages/greet/bin/run.sh", r#"echo "${EVEREST_TOKEN-none}""#);
    install(&sandbox, "greet");
    assert_eq!(sandbox.run("greet").success_silent(), "none\n");
    let link = sandbox.path("home/.local/share/everestctl/current/everestctl-greet.yaml");
    let file = fs::canonicalize(link).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, "credentials: env\n").unwrap();
    assert_eq!(sandbox.run("greet").success_silent(), "none\n");
    // Nor when nothing is known of the package any more.
    let elsewhere = sandbox.with("EVERESTCTL_CACHE_DIR", "/nowhere");
    let error = elsewhere.run("greet").stderr_failed(126);
    assert!(error.contains("`greet` is not as it was installed"), "{error}");
}

#[test]
fn pinned_plugins_stay_when_everything_is_upgraded() {
    let sandbox = Sandbox::new();
    for name in ["one", "two"] {
        package(&sandbox, name, "1", name);
        install(&sandbox, name);
    }
    sandbox.run("plugin pin one").succeeded();
    for name in ["one", "two"] {
        package(&sandbox, name, "2", &format!("{name}-new"));
    }
    sandbox.run("plugin upgrade -y").succeeded();
    assert_eq!(sandbox.run("one").success_silent(), "one\n");
    assert_eq!(sandbox.run("two").success_silent(), "two-new\n");
    sandbox.run("plugin unpin one").succeeded();
    sandbox.run("plugin upgrade -y").succeeded();
    assert_eq!(sandbox.run("one").success_silent(), "one-new\n");
}

#[test]
fn many_changes_at_once_lose_nothing() {
    let sandbox = Sandbox::new();
    let names: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
    for name in &names {
        package(&sandbox, name, "1", name);
    }
    let mut children: Vec<_> = names
        .iter()
        .map(|name| {
            let line = ["--request-timeout", "60s", "plugin", "install", "--yes", &source(&sandbox, name)]
                .map(str::to_owned);
            sandbox.command(line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in &mut children {
        let ended = child.output_in_time();
        assert!(ended.status.success(), "{ended:?}");
    }
    for name in &names {
        assert_eq!(sandbox.run(name).success_silent(), format!("{name}\n"));
    }
}

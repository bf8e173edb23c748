//! Running local plugins.

use crate::support::InTime as _;
use crate::support::Sandbox;
use snapbox::{IntoData as _, assert_data_eq, str};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

/// Prints its arguments, each between brackets.
const ARGUMENTS: &str = r#"for argument; do printf '<%s>' "$argument"; done"#;
/// Prints the variables that everestctl may add.
const VARIABLES: &str = "env | grep -E '^(EVEREST|KUBECONFIG|NO_COLOR|CLICOLOR)' | \
    grep -vE '^(EVERESTCTL_PLUGIN_DIR|EVERESTCTL_CACHE_DIR|EVERESTCTL_HUB_URL|EVEREST_CONFIG|EVERESTCTL_PATH)=' | sort";

#[test]
fn arguments_reach_the_plugin_byte_for_byte() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-show", ARGUMENTS);
    let raw = OsString::from_vec(b"\xff\xfe".to_vec());
    let arguments: Vec<OsString> = ["show", "--", "", "--help", "-o", "json", "a b", "*", "line\nline", "--"]
        .map(OsString::from)
        .to_vec();
    let output = sandbox.command(arguments.iter().chain([&raw])).output_in_time();
    assert_eq!(output.stdout, b"<--><><--help><-o><json><a b><*><line\nline><--><\xff\xfe>");
}

#[test]
fn the_process_becomes_the_plugin() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-pid", "echo $$ $0");
    let mut child = sandbox.command(["pid"]).stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let stdout = String::from_utf8(child.output_in_time().stdout).unwrap();
    assert_eq!(stdout, format!("{pid} {}\n", sandbox.path("plugins/everestctl-pid").display()));
}

#[test]
fn exit_codes_and_signals_pass_through() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-end", "exit $1");
    for code in [0, 1, 2, 42, 125, 126, 127, 255] {
        assert_eq!(sandbox.run(&format!("end {code}")).code, Some(code));
    }
    sandbox.script("plugins/everestctl-die", "kill -TERM $$");
    assert_eq!(sandbox.command(["die"]).status_in_time().signal(), Some(15));
}

#[test]
fn a_closed_pipe_ends_the_plugin_as_it_would_without_us() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-flood", "while :; do echo y; done");
    let output = sandbox.shell("everestctl flood | head -n 1");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("y\n", ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_stream_is_an_empty_one_for_the_plugin_and_gets_no_other_file() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-streams", "for n in 0 2; do readlink /proc/$$/fd/$n; done");
    let output = sandbox.shell("everestctl streams <&- 2>&-");
    assert_eq!(output.stdout, "/dev/null\n/dev/null\n");
}

#[test]
fn the_plugin_finds_what_is_known_in_its_environment() {
    let sandbox = Sandbox::new().with_server("https://everest.example.com");
    sandbox.script("plugins/everestctl-env", VARIABLES);
    assert_data_eq!(
        sandbox.run("env").success_silent(),
        str![[r"
EVERESTCTL_CONTEXT=dana@test
EVERESTCTL_FEATURES=api auth-token completion-command completion-words credentials-env native-1 server-api
EVERESTCTL_PLUGIN=env
EVERESTCTL_PROTOCOL=1
EVEREST_HOST=https://everest.example.com

"]]
    );
    assert_data_eq!(
        sandbox
            .run("-vv --context dana@test --cluster two -n prod --json --offline --color never -k /k -q env")
            .success_silent(),
        str![[r"
EVERESTCTL_CONTEXT=dana@test
EVERESTCTL_FEATURES=api auth-token completion-command completion-words credentials-env native-1 server-api
EVERESTCTL_OFFLINE=1
EVERESTCTL_OUTPUT=json
EVERESTCTL_PLUGIN=env
EVERESTCTL_PROTOCOL=1
EVERESTCTL_VERBOSE=2
EVEREST_CLUSTER=two
EVEREST_HOST=https://everest.example.com
EVEREST_NAMESPACE=prod
KUBECONFIG=/k
NO_COLOR=1

"]]
    );
}

#[test]
fn the_way_back_to_everestctl_is_in_the_environment() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-back", r#""$EVERESTCTL_PATH" version"#);
    assert_eq!(sandbox.run("back").success_silent(), sandbox.run("version").success_silent());
}

#[test]
fn what_the_user_exported_arrives_unchanged() {
    let sandbox = Sandbox::new().with("EVEREST_TOKEN", "mine").with("KUBECONFIG", "/a:/b").with("TZ", "x");
    sandbox.script("plugins/everestctl-env", r#"echo "$EVEREST_TOKEN $KUBECONFIG $TZ""#);
    assert_eq!(sandbox.run("env").success_silent(), "mine /a:/b x\n");
}

#[test]
fn a_token_goes_only_to_a_plugin_whose_sidecar_asks() {
    let sandbox = Sandbox::new().with_server("https://everest.example.com");
    for name in ["asks", "does-not"] {
        sandbox.script(&format!("plugins/everestctl-{name}"), r#"echo "${EVEREST_TOKEN-none}""#);
    }
    sandbox.write("plugins/everestctl-asks.yaml", "credentials: env\n");
    assert_eq!(sandbox.run("does-not").success_silent(), "none\n");
    assert_eq!(sandbox.run("asks").success_silent(), "sesame-open-4711\n");
    // A sidecar that others can write asks for nothing.
    sandbox.chmod("plugins/everestctl-asks.yaml", 0o666);
    let output = sandbox.run("asks");
    assert_eq!(output.stdout, "none\n");
    assert!(output.stderr.contains(": its file is writable by others"), "{}", output.stderr);
}

#[test]
fn a_context_that_is_not_there_is_said_before_anything_runs() {
    let sandbox = Sandbox::new().with_server("https://everest.example.com");
    sandbox.script("plugins/everestctl-x", "echo ran");
    let output = sandbox.run("--context nope x");
    assert_eq!(output.stdout, "");
    assert_data_eq!(
        output.stderr_failed(2),
        str![[r"
error: no context `nope`
hint: known contexts: dana@test

"]]
    );
}

#[test]
fn a_damaged_config_file_stops_no_local_plugin() {
    let sandbox = Sandbox::new();
    sandbox.write("config.yaml", "contexts: [hunter2");
    sandbox.script("plugins/everestctl-x", "echo ran");
    assert_eq!(sandbox.run("x").success_silent(), "ran\n");
}

#[test]
fn the_plugin_folder_comes_before_path_and_the_longest_name_before_both() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-a", "echo folder a: $*");
    sandbox.script("bin/everestctl-a", "echo path a: $*");
    assert_eq!(sandbox.run("a b c").success_silent(), "folder a: b c\n");
    sandbox.script("bin/everestctl-a-b", "echo path a-b: $*");
    assert_eq!(sandbox.run("a b c").success_silent(), "path a-b: c\n");
    sandbox.script("bin/everestctl-a-b_c", "echo path a-b_c: $*");
    assert_eq!(sandbox.run("a b-c d").success_silent(), "path a-b_c: d\n");
}

#[test]
fn the_current_directory_is_never_searched() {
    let sandbox = Sandbox::new().with("PATH", ":.:home:/usr/bin:/bin");
    sandbox.script("home/everestctl-x", "echo ran");
    sandbox.script("home/home/everestctl-x", "echo ran");
    assert!(sandbox.run("x").stderr_failed(127).contains("`x` is not a command, and"));
}

#[test]
fn a_script_without_its_first_line_runs_through_sh() {
    let sandbox = Sandbox::new();
    sandbox.write("plugins/everestctl-plain", ARGUMENTS);
    sandbox.chmod("plugins/everestctl-plain", 0o755);
    assert_eq!(sandbox.run_with(["plain", "--", "a b"]).success_silent(), "<--><a b>");
    sandbox.write("plugins/everestctl-empty", "");
    sandbox.chmod("plugins/everestctl-empty", 0o755);
    assert_eq!(sandbox.run("empty").success_silent(), "");
}

#[test]
fn what_cannot_run_says_why() {
    let sandbox = Sandbox::new();
    for (name, content) in [
        ("machine", &b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xff\xff"[..]),
        ("perl", b"#!/nowhere/perl -w\n"),
        ("windows", b"#!/bin/sh\r\necho\r\n"),
    ] {
        sandbox.write(&format!("plugins/everestctl-{name}"), content);
        sandbox.chmod(&format!("plugins/everestctl-{name}"), 0o755);
    }
    assert_data_eq!(
        sandbox.run("machine").stderr_failed(126),
        str![[r"
error: `[ROOT]/plugins/everestctl-machine` was built for another machine
hint: install the build for [..]-[..]

"]]
    );
    assert_data_eq!(
        sandbox.run("perl").stderr_failed(127),
        str![[r"
error: `[ROOT]/plugins/everestctl-perl` needs the interpreter `/nowhere/perl`, which is not installed
hint: install /nowhere/perl, or change the first line of [ROOT]/plugins/everestctl-perl

"]]
    );
    assert_data_eq!(
        sandbox.run("windows").stderr_failed(127),
        str![[r"
error: the first line of `[ROOT]/plugins/everestctl-windows` has a Windows line ending (CR LF)
hint: sed -i 's/\r$//' [ROOT]/plugins/everestctl-windows

"]]
        .raw()
    );
}

#[test]
fn a_built_in_is_never_replaced() {
    let sandbox = Sandbox::new();
    for name in ["plugin", "version", "help", "extension"] {
        sandbox.script(&format!("plugins/everestctl-{name}"), "echo taken");
    }
    sandbox.script("bin/everestctl-plugin-list", "echo taken");
    assert!(sandbox.run("version").success_silent().starts_with("everestctl "));
    assert!(!sandbox.run("plugin list").stdout.contains("taken"));
    assert!(!sandbox.run("extension list").stdout.contains("taken"));
    assert!(!sandbox.run("help").stdout.contains("taken"));
}

#[test]
fn reserved_words_go_whole_to_the_go_cli() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-backup", "echo taken");
    assert_data_eq!(
        sandbox.run("backup list").stderr_failed(127),
        str![[r"
error: `backup` (backups of database instances) is a command of OpenEverest's own CLI, which is not installed
hint: download it from https://github.com/openeverest/openeverest/releases
hint: install it as `everestctl-core` in the plugin folder or on PATH

"]]
    );
    sandbox.script("bin/everestctl-core", ARGUMENTS);
    assert_eq!(
        sandbox.run("-v --json backup list -n x").success_silent(),
        "<-v><--json><backup><list><-n><x>"
    );
    assert_eq!(sandbox.run("core --help").success_silent(), "<--help>");
}

#[test]
fn no_plugins_means_built_ins_only() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-x", "echo ran");
    for line in ["--no-plugins x", "--no-extensions x", "--no-plugins backup"] {
        assert!(sandbox.run(line).stderr_failed(127).contains("plugins are disabled"), "{line}");
    }
    let sandbox = sandbox.with("EVERESTCTL_NO_PLUGINS", "1");
    sandbox.run("x").stderr_failed(127);
    sandbox.run("version").success_silent();
    sandbox.run("plugin list").success_silent();
}

#[test]
fn plugin_run_takes_the_source_that_is_named() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-show", ARGUMENTS);
    assert_eq!(sandbox.run("plugin run show -- -- --help x").success_silent(), "<--><--help><x>");
    assert_eq!(sandbox.run("plugin run --source local --way exec show").success_silent(), "");
    assert_data_eq!(
        sandbox.run("plugin run --source cluster show").stderr_failed(2),
        str![[r"
error: no command `show` from source cluster
hint: everestctl plugin which show

"]]
    );
}

#[test]
fn a_relative_folder_in_a_variable_is_refused() {
    let sandbox = Sandbox::new().with("EVERESTCTL_PLUGIN_DIR", "plugins");
    assert_data_eq!(
        sandbox.run("x").stderr_failed(2),
        str![[r#"
error: EVERESTCTL_PLUGIN_DIR must be an absolute path, not `plugins`
hint: export EVERESTCTL_PLUGIN_DIR="$PWD"/plugins

"#]]
    );
}

#[test]
fn an_exported_token_never_stands_beside_another_server() {
    let sandbox = Sandbox::new()
        .with_server("https://two.example.com")
        .with("EVEREST_HOST", "https://one.example.com")
        .with("EVEREST_TOKEN", "for-one");
    sandbox.script("plugins/everestctl-env", r#"echo "$EVEREST_HOST ${EVEREST_TOKEN-none}""#);
    assert_eq!(sandbox.run("env").success_silent(), "https://one.example.com for-one\n");
    assert_eq!(sandbox.run("--context dana@test env").success_silent(), "https://two.example.com none\n");
}

#[test]
fn plugin_run_obeys_no_plugins_and_a_double_dash_is_no_way_around_a_built_in() {
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-x", "echo ran");
    assert!(sandbox.run("--no-plugins plugin run x").stderr_failed(127).contains("plugins are disabled"));
    assert!(
        sandbox
            .run("-- plugin list")
            .stderr_failed(2)
            .contains("unexpected `--` before built-in command `plugin`")
    );
    assert_eq!(sandbox.run("-- x").success_silent(), "ran\n");
}

#[test]
fn a_span_of_time_that_is_none_is_said_and_one_that_is_too_long_is_cut() {
    let sandbox = Sandbox::new().with("EVERESTCTL_REFRESH_WAIT", "500000000000y");
    assert!(sandbox.run("zzz").stderr_failed(127).contains("`zzz` is not a command, and"));
    let sandbox = sandbox.with("EVERESTCTL_REFRESH_WAIT", "soon");
    assert!(
        sandbox.run("zzz").stderr_failed(2).contains("EVERESTCTL_REFRESH_WAIT must be a duration, not soon")
    );
}

#[test]
fn a_relative_home_is_no_home() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .command(["plugin", "list"])
        .env("HOME", "rel")
        .env_remove("EVERESTCTL_CACHE_DIR")
        .env_remove("EVERESTCTL_PLUGIN_DIR")
        .output_in_time();
    assert!(output.status.success());
    assert!(!sandbox.path("home/rel").exists());
}

#[test]
fn a_context_in_a_damaged_file_is_not_said_to_be_missing() {
    let sandbox = Sandbox::new();
    sandbox.write("config.yaml", "contexts: [hunter2");
    sandbox.script("plugins/everestctl-x", "echo ran");
    let stderr = sandbox.run("--context a x").stderr_failed(125);
    assert!(stderr.starts_with("error: config file [ROOT]/config.yaml is not valid\n"), "{stderr}");
}

#[test]
fn nothing_that_comes_from_a_file_reaches_the_terminal_as_an_escape() {
    let sandbox = Sandbox::new();
    sandbox.write("config.yaml", "contexts: [{name: \"a\\e[31mb\", context: {server: s, user: u}}]\n");
    let stderr = sandbox.run("--context nope x").stderr_failed(2);
    assert!(stderr.contains("known contexts: a[31mb") && !stderr.contains('\u{1b}'), "{stderr}");
    let sandbox = sandbox.with_path("EVERESTCTL_PLUGIN_DIR", "p\u{1b}[31m");
    sandbox.write("p\u{1b}[31m/everestctl-x", "#!/nowhere/sh\n");
    sandbox.chmod("p\u{1b}[31m/everestctl-x", 0o755);
    for line in ["x", "plugin list", "plugin which x", "plugin info x"] {
        let output = sandbox.run(line);
        assert!(!format!("{}{}", output.stdout, output.stderr).contains('\u{1b}'), "{line}: {output:?}");
    }
}

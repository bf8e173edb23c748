//! Bundled plugins, of which the development host is the first: where their programs are found, and that nobody else has
//! their words.

use crate::support::http::{Reply, Server, json};
use crate::support::sandbox::Output;
use crate::support::{Sandbox, skip};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The first line of the help of the host.
const HELP: &str = "Run a development host to work without a server";

/// The program of the development host, which `cargo test --workspace` builds.
fn host() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name("everestctl-host")
}

/// A copy of a program.
fn copy(sandbox: &Sandbox, program: &Path, place: &str) {
    let place = sandbox.path(place);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::copy(program, place).unwrap();
}

fn everestctl() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_everestctl"))
}

/// Runs the everestctl at `place`.
fn run_at(sandbox: &Sandbox, place: &str, line: &str) -> Output {
    let script = format!("exec '{}' \"$@\"", sandbox.path(place).display());
    let command = sandbox.wrapped(&["/bin/sh", "-c", &script], line.split_whitespace()).output().unwrap();
    let root = sandbox.path("").display().to_string();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(root.trim_end_matches('/'), "[ROOT]");
    Output { stdout: text(&command.stdout), stderr: text(&command.stderr), code: command.status.code() }
}

#[test]
fn nobody_takes_the_word_of_a_bundled_plugin() {
    let server = Server::start(|request| {
        let list = request.path.ends_with("/plugins");
        Reply::Bytes(json(if list { r#"[{"name":"host"},{"name":"other"}]"# } else { "{}" }))
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    for place in ["plugins/everestctl-host", "bin/everestctl-host", "plugins/everestctl-host-run"] {
        sandbox.script(place, "echo taken");
    }
    sandbox.write("everestctl.yaml", "aliases:\n  host: version\n");
    let _ = sandbox.run("plugin refresh");
    let help = sandbox.run("host --help").success_silent();
    assert!(help.starts_with(HELP) && help.contains("Usage: everestctl host"), "{help}");
    assert!(sandbox.run("host run --help").success_silent().contains("Usage: everestctl host run"));
    assert!(sandbox.run("alias set host version").stderr_failed(2).contains("a command of everestctl"));

    let which = sandbox.run("plugin which host -o json").json();
    let chosen: Vec<_> =
        which["candidates"].as_array().unwrap().iter().filter(|claim| claim["chosen"] == true).collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0]["reason"], "bundled with everestctl");
    assert_eq!(chosen[0]["place"], host().display().to_string());
    let info = sandbox.run("plugin info host").success_silent();
    assert!(info.contains(HELP) && info.contains("local (bundled)"), "{info}");
    // It is no plugin among others.
    assert!(!sandbox.run("plugin list -o name").stdout.lines().any(|name| name == "host"));
    let all = sandbox.run("plugin list --all -o json").json();
    let shadowed = all["items"].as_array().unwrap().iter().filter(|row| row["name"] == "host");
    assert!(
        shadowed.clone().count() == 3 && shadowed.clone().all(|row| row["status"] == "shadowed"),
        "{all}"
    );
}

#[test]
fn it_does_not_claim_its_word_twice_where_path_has_its_folder() {
    let sandbox = Sandbox::new();
    let which = sandbox.shell("everestctl plugin which host -o json").json();
    assert_eq!(which["candidates"].as_array().unwrap().len(), 1, "{which}");
    assert_eq!(sandbox.shell("everestctl plugin list --all -o name").stdout, "");
}

#[test]
fn it_is_found_beside_the_real_everestctl_or_in_libexec() {
    let sandbox = Sandbox::new();
    symlink(everestctl(), sandbox.path("bin/everestctl")).unwrap();
    assert!(run_at(&sandbox, "bin/everestctl", "host --help").success_silent().starts_with(HELP));

    copy(&sandbox, everestctl(), "opt/bin/everestctl");
    copy(&sandbox, &host(), "opt/libexec/everestctl/everestctl-host");
    assert!(run_at(&sandbox, "opt/bin/everestctl", "host --help").success_silent().starts_with(HELP));
    let info = run_at(&sandbox, "opt/bin/everestctl", "plugin info host").success_silent();
    assert!(info.contains("[ROOT]/opt/libexec/everestctl/everestctl-host"), "{info}");
    // The command in front of the host finds the same everestctl.
    let line = "host exec -- everestctl hello greet Ada";
    assert_eq!(run_at(&sandbox, "opt/bin/everestctl", line).success_silent(), "message  Hello, Ada!\n");
}

#[test]
fn one_that_is_not_installed_says_where_it_belongs() {
    let sandbox = Sandbox::new();
    copy(&sandbox, everestctl(), "opt/bin/everestctl");
    // Neither of these is a place for it.
    sandbox.script("bin/everestctl-host", "echo taken");
    sandbox.script("plugins/everestctl-host", "echo taken");
    let error = run_at(&sandbox, "opt/bin/everestctl", "host run").stderr_failed(127);
    assert_eq!(
        error,
        "error: `host` needs the program `everestctl-host`, which is not installed\n  \
         caused by: there is no [ROOT]/opt/bin/everestctl-host\n  \
         caused by: there is no [ROOT]/opt/libexec/everestctl/everestctl-host\n\
         hint: put it into [ROOT]/opt/bin, beside everestctl\n\
         hint: `cargo build --workspace` builds it together with everestctl\n"
    );
    let which = run_at(&sandbox, "opt/bin/everestctl", "plugin which host").success_silent();
    assert!(which.lines().any(|line| line.starts_with('*') && line.contains("not installed")), "{which}");
    run_at(&sandbox, "opt/bin/everestctl", "plugin info host").stderr_failed(1);
    assert_eq!(run_at(&sandbox, "opt/bin/everestctl", "__complete host run --").success_silent(), ":4\n");
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let sandbox = Sandbox::new();
    copy(&sandbox, everestctl(), "opt/bin/everestctl");
    let program = "opt/bin/everestctl-host";
    sandbox.script(program, "echo ran");
    let line = "host run";
    assert_eq!(run_at(&sandbox, "opt/bin/everestctl", line).success_silent(), "ran\n");
    for (place, mode, mend, before) in [
        (program, 0o777, "chmod go-w", 0o755),
        ("opt/bin", 0o777, "chmod go-w", 0o755),
        ("opt", 0o757, "chmod o-w", 0o755),
        (program, 0o644, "chmod +x", 0o755),
    ] {
        sandbox.chmod(place, mode);
        let error = run_at(&sandbox, "opt/bin/everestctl", line).stderr_failed(126);
        assert!(error.contains(&format!("hint: {mend} [ROOT]/{place}")), "{error}");
        sandbox.chmod(place, before);
    }
    // What is behind a refused folder is not looked for.
    fs::remove_file(sandbox.path(program)).unwrap();
    copy(&sandbox, &host(), "opt/libexec/everestctl/everestctl-host");
    sandbox.chmod("opt/bin", 0o777);
    run_at(&sandbox, "opt/bin/everestctl", "host --help").stderr_failed(126);
    sandbox.chmod("opt/bin", 0o755);
    sandbox.chmod("opt/libexec", 0o777);
    run_at(&sandbox, "opt/bin/everestctl", "host --help").stderr_failed(126);
}

#[test]
fn global_flags_work_before_and_after_its_name() {
    let sandbox = Sandbox::new();
    for line in ["-k /nowhere/config host run", "host -k /nowhere/config run", "host run -k /nowhere/config"]
    {
        let error = sandbox.run(line).stderr_failed(1);
        assert!(error.contains("/nowhere/config"), "{line}: {error}");
    }
    assert!(sandbox.run("--color always host run --listen 192.0.2.1:0").stderr_failed(2).contains('\u{1b}'));
    assert!(!sandbox.run("--color never host run --listen 192.0.2.1:0").stderr_failed(2).contains('\u{1b}'));
    let quiet = sandbox.run("-q host run --listen 192.0.2.1:0").stderr_failed(2);
    assert!(quiet.contains("error: ") && !quiet.contains("hint: "), "{quiet}");
    for flags in
        ["--offline", "--no-plugins", "--context nobody", "-o json", "--request-timeout 1m", "-n x --"]
    {
        let output = sandbox.run(&format!("{flags} host exec -- everestctl hello greet Ada"));
        assert_eq!(output.success_silent(), "message  Hello, Ada!\n", "{flags}");
    }
    // Nothing of it is left to the command, which has a server of its own.
    let output = sandbox.run("-o json --offline -n x host exec -- env").success_silent();
    for name in [
        "EVERESTCTL_PLUGIN",
        "EVERESTCTL_PATH",
        "EVERESTCTL_OUTPUT",
        "EVERESTCTL_OFFLINE",
        "EVEREST_NAMESPACE",
    ] {
        assert!(!output.contains(&format!("{name}=")), "{output}");
    }
}

#[test]
fn its_help_and_pages_are_those_of_everestctl() {
    let sandbox = Sandbox::new();
    assert!(sandbox.run("--help").success_silent().contains(&format!("  host        {HELP}\n")));
    assert_eq!(sandbox.run("help host").success_silent(), sandbox.run("host --help").success_silent());
    assert_eq!(
        sandbox.run("help host run").success_silent(),
        sandbox.run("host run --help").success_silent()
    );
    assert!(sandbox.run("host").stderr_failed(2).contains("Usage: everestctl host"));
    let error = sandbox.run("host run --plugin x").stderr_failed(2);
    assert!(error.contains("hint: did you mean `--plugins`?"), "{error}");
    assert!(sandbox.run("hots").stderr_failed(127).contains("`host`"));
    let page = sandbox.run("help --man host run -o raw").success_silent();
    let man = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/everestctl-host-run.1");
    assert_eq!(page, fs::read_to_string(man).unwrap());
}

#[test]
fn tab_completes_its_arguments() {
    let sandbox = Sandbox::new();
    let ask = |line: &[&str]| sandbox.run_with(line).success_silent();
    assert_eq!(ask(&["__complete", "hos"]), format!("host\t{HELP}\n:4\n"));
    let commands = ask(&["__complete", "host", ""]);
    assert!(
        commands.contains("exec\tRun a command") && commands.contains("run\tRun a development host"),
        "{commands}"
    );
    let flags = ask(&["__complete", "-v", "host", "run", "--"]);
    assert!(flags.contains("--plugins\tFolder of plugins") && flags.contains("--kubeconfig\t"), "{flags}");
    assert!(!flags.contains("--connections"), "{flags}");
    assert_eq!(ask(&["__complete", "host", "run", "--compat", ""]), "spec\nupstream\n:4\n");
    assert_eq!(ask(&["__complete", "host", "run", "--compat=u"]), "--compat=upstream\n:4\n");
    // The shell has the files.
    assert_eq!(ask(&["__complete", "host", "run", "--policy", ""]), ":0\n");
    assert!(ask(&["__tab", "fish", "everestctl host run --comp"]).contains("--compat\tBehave as"));
    assert!(
        ask(&["__tab", "zsh", "80", "everestctl host run --comp", "everestctl", "host", "run", "--comp"])
            .contains("--compat\t--compat")
    );
    let bash = ask(&["__tab", "bash", "everestctl host run --comp", "--comp", "9", "80"]);
    assert!(bash.contains("--compat"), "{bash}");
}

#[test]
fn tab_completes_its_arguments_in_real_shells() {
    use crate::support::terminal::Terminal;
    let name = "tab_completes_its_arguments_in_real_shells";
    for (shell, load) in [("bash", "bash --norc -i"), ("zsh", "zsh -f -i"), ("fish", "fish --no-config -i")] {
        if !Path::new("/usr/bin").join(shell).exists() && !Path::new("/bin").join(shell).exists() {
            skip(shell, name, &format!("{shell} is not installed"));
            continue;
        }
        let sandbox = Sandbox::new();
        symlink(everestctl(), sandbox.path("bin/everestctl")).unwrap();
        let Some(mut terminal) = Terminal::start(&sandbox, load) else {
            return skip("script", name, "script (util-linux) is not installed");
        };
        terminal.press(match shell {
            "bash" => "source <(everestctl completion bash); echo re''ady\n",
            "zsh" => {
                "autoload -Uz compinit; compinit -u -D; source <(everestctl completion zsh); echo re''ady\n"
            }
            _ => "everestctl completion fish | source; echo re''ady\n",
        });
        terminal.shows(&["ready"]);
        terminal.press("everestctl host run --comp\t");
        terminal.shows(&["--compat"]);
        terminal.press("\u{15}exit\n");
    }
}

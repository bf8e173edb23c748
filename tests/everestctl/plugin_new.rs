//! `plugin new`: what is made is used as its author would, and nothing that was there is touched.

use crate::support::native::library_name;
use crate::support::terminal::Terminal;
use crate::support::{InTime as _, Sandbox, skip};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// Makes a plugin in the sandbox, and gives its folder.
fn made(sandbox: &Sandbox, name: &str, flags: &str) -> PathBuf {
    let folder = sandbox.path(name);
    let line = format!("plugin new {name} --dir {} {flags}", folder.display());
    let output = sandbox.run(&line);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stderr.starts_with(&format!("made [ROOT]/{name} from the template ")), "{output:?}");
    assert!(output.stdout.contains(&format!("everestctl {name} --help")), "{output:?}");
    folder
}

/// Runs a line of shell in the project, as its author does.
#[track_caller]
fn works(sandbox: &Sandbox, folder: &Path, line: &str) {
    let output = sandbox.shell(&format!("cd {} && {line}", folder.display()));
    assert_eq!(output.code, Some(0), "{output:?}");
}

#[test]
fn a_shell_script_is_tested_installed_and_run() {
    let sandbox = Sandbox::new();
    let folder = made(&sandbox, "slow-query", "--template shell --ci github --license mit");
    for file in
        ["LICENSE", ".github/workflows/plugin.yaml", "everestctl-slow_query", "everestctl-slow_query.yaml"]
    {
        assert!(folder.join(file).exists(), "{file}");
    }
    let license = fs::read_to_string(folder.join("LICENSE")).unwrap();
    assert!(license.starts_with("MIT License\n\nCopyright (c) 20"), "{license}");
    works(&sandbox, &folder, "tests/run");
    // From the folder, without installing it.
    let tried = sandbox
        .command(["slow-query", "hello", "Ada"])
        .env("EVERESTCTL_PLUGIN_DIR", &folder)
        .output_in_time();
    assert_eq!(String::from_utf8_lossy(&tried.stdout), "hello, Ada\n", "{tried:?}");
    // Packed twice, it is the same package; and it is installed from that.
    let (place, archive) = (folder.display(), sandbox.path("slow-query.tar.gz"));
    let packed = |file: &Path| sandbox.run(&format!("plugin pack {place} -f {}", file.display())).succeeded();
    packed(&archive);
    packed(&sandbox.path("again.tar.gz"));
    assert_eq!(fs::read(&archive).unwrap(), fs::read(sandbox.path("again.tar.gz")).unwrap());
    sandbox.run(&format!("plugin install --yes {}", archive.display())).succeeded();
    assert_eq!(sandbox.run("slow-query hello --loud").success_silent(), "HELLO, WORLD\n");
    let refused = sandbox.run("slow-query hello --nothing").stderr_failed(2);
    assert_eq!(refused, "error: unexpected argument --nothing\nhint: everestctl slow-query --help\n");
}

#[test]
fn a_python_script_is_tested_installed_and_run() {
    if !Path::new("/usr/bin/python3").exists() {
        return skip("python", "a_python_script_is_tested_installed_and_run", "there is no /usr/bin/python3");
    }
    let sandbox = Sandbox::new();
    let folder = made(&sandbox, "greet", "--template python");
    works(&sandbox, &folder, "tests/run");
    sandbox.run(&format!("plugin install --yes {}", folder.display())).succeeded();
    assert_eq!(sandbox.run("greet hello Ada").success_silent(), "hello, Ada\n");
    assert_eq!(sandbox.run("-o json greet hello").json(), serde_json::json!({"greeting": "hello, world"}));
    let strange = sandbox.run_with([std::ffi::OsStr::new("greet"), "hello".as_ref(), byte()]);
    assert_eq!((strange.code, strange.stderr.as_str()), (Some(0), ""), "{strange:?}");
}

/// A text that is not UTF-8.
fn byte() -> &'static std::ffi::OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(b"\xff")
}

#[test]
fn a_library_in_c_is_built_tested_installed_and_run() {
    let sandbox = Sandbox::new();
    let folder = made(&sandbox, "slow-query", "--template c --ci gitlab --license none");
    assert!(!folder.join("LICENSE").exists() && folder.join(".gitlab-ci.yml").exists());
    works(&sandbox, &folder, "make --silent test");
    assert!(folder.join(library_name("slow_query")).exists(), "{:?}", names(&folder));
    sandbox.run(&format!("plugin install --yes {}", folder.display())).succeeded();
    assert_eq!(sandbox.run("slow-query hello Ada --loud").success_silent(), "HELLO, ADA\n");
    let refused = sandbox.run("slow-query nothing").stderr_failed(2);
    assert_eq!(refused, "error: unknown command nothing\nhint: everestctl slow-query --help\n");
}

#[test]
fn the_templates_are_listed_and_each_is_made() {
    let sandbox = Sandbox::new();
    let listed = sandbox.run("plugin new --list -o json").json();
    let rows = listed["items"].as_array().unwrap();
    let templates: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(templates, ["shell", "python", "rust", "c", "fastapi", "node", "axum", "go"]);
    let sdk = concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/sdk");
    for (template, row) in templates.iter().zip(rows) {
        let sdk = if *template == "rust" { format!("--sdk {sdk}") } else { String::new() };
        let folder = sandbox.path(template);
        let more = if row["kind"] == "server" { "--ui --chart" } else { "" };
        let line =
            format!("plugin new my-notes -t {template} {sdk} {more} --dir {} -o json", folder.display());
        let report = sandbox.run(&line).json();
        let files = report["files"].as_array().unwrap();
        assert!(files.iter().all(|file| folder.join(file.as_str().unwrap()).is_file()), "{files:?}");
        assert_eq!((&report["name"], &report["template"]), (&"my-notes".into(), &(*template).into()));
        // Nothing is wrong with what has to be built by nobody.
        if !matches!(*template, "rust" | "c") {
            let linted = sandbox.run(&format!("plugin lint {}", folder.display()));
            assert_eq!((linted.code, linted.stdout.as_str()), (Some(0), ""), "{linted:?}");
        }
        // The manifest is taken by the host.
        if row["kind"] == "server" {
            let plugins = folder.display().to_string();
            let asked =
                ["host", "exec", "--plugins", &plugins, "--", "everestctl", "plugin", "list", "-o", "name"];
            let output = sandbox.run_with(asked);
            assert!(output.stdout.contains("my-notes"), "{template}: {output:?}");
        }
    }
}

#[test]
fn a_chart_is_whole() {
    let Some(helm) = std::env::var_os("HELM") else {
        return skip("helm", "a_chart_is_whole", "HELM is not set");
    };
    let sandbox = Sandbox::new();
    for template in ["fastapi", "go"] {
        let folder = made(&sandbox, template_name(template), &format!("--template {template} --chart --ui"));
        let run = |arguments: &[&str]| {
            let output = Command::new(&helm).args(arguments).current_dir(&folder).output_in_time();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        run(&["lint", "--strict", "chart"]);
        let rendered = run(&["template", template_name(template), "chart", "--namespace", "everest-system"]);
        for part in [
            "kind: Plugin",
            "readOnlyRootFilesystem: true",
            "automountServiceAccountToken: false",
            "runAsNonRoot: true",
            "path: /healthz",
            "bundlePath: /main.js",
        ] {
            assert!(rendered.contains(part), "{part}: {rendered}");
        }
        let document = if template == "go" { "/openapi.yaml" } else { "/openapi.json" };
        assert!(rendered.contains(&format!("everestctl.openeverest.io/openapi: {document}\n")), "{rendered}");
    }
}

fn template_name(template: &str) -> &'static str {
    if template == "go" { "notes-go" } else { "notes-py" }
}

#[test]
fn without_a_terminal_a_missing_template_is_an_error_with_the_list() {
    let sandbox = Sandbox::new();
    let refused =
        sandbox.run(&format!("plugin new greet --dir {}", sandbox.path("greet").display())).stderr_failed(2);
    assert_eq!(
        refused,
        "error: no template was given\nhint: --template takes one of: shell, python, rust, c, fastapi, node, axum, go\n\
         hint: everestctl plugin new --list says what they are\n"
    );
    assert!(!sandbox.path("greet").exists());
    sandbox.run("plugin new").failed(2);
    sandbox.run("plugin new --list greet").failed(2);
    sandbox.run("plugin new greet --template cobol").failed(2);
}

#[test]
fn a_wish_that_the_template_cannot_have_is_refused() {
    let sandbox = Sandbox::new();
    let place = sandbox.path("greet").display().to_string();
    for (flags, why) in [
        ("-t shell --chart", "--chart is for server plugins"),
        ("-t c --ui", "--ui is for server plugins"),
        ("-t go --sdk /x", "--sdk is for the template `rust`"),
        ("-t rust", "the template `rust` needs --sdk"),
        ("-t rust --sdk /nowhere", "there is no Cargo.toml in /nowhere"),
    ] {
        let refused = sandbox.run(&format!("plugin new greet --dir {place} {flags}")).stderr_failed(2);
        assert!(refused.contains(why) && refused.contains("hint: "), "{refused}");
        assert!(!sandbox.path("greet").exists());
    }
}

#[test]
fn a_terminal_is_asked_for_what_is_not_given() {
    let sandbox = Sandbox::new();
    let line = format!("$E plugin new greet --dir {}", sandbox.path("greet").display());
    let Some(mut terminal) = Terminal::start(&sandbox, &line) else {
        return skip("script", "a_terminal_is_asked_for_what_is_not_given", "there is no `script`");
    };
    terminal.shows(&["Template ("]);
    terminal.press("cobol\r");
    terminal.shows(&["`cobol` is not one of them"]);
    terminal.press("shell\r");
    terminal.shows(&["License ("]);
    terminal.press("none\r");
    terminal.shows(&["CI ("]);
    terminal.press("none\r");
    terminal.shows(&["everestctl greet --help"]);
    assert!(sandbox.path("greet/everestctl-greet").exists() && !sandbox.path("greet/LICENSE").exists());
}

#[test]
fn names_that_are_no_names_are_refused_with_the_rule() {
    let sandbox = Sandbox::new();
    let before = names(&sandbox.path("."));
    for (name, why) in [
        ("..", "only letters from a to z"),
        ("../escape", "only letters from a to z"),
        ("/tmp/x", "only letters from a to z"),
        ("a\u{1b}[31m", "only letters from a to z"),
        ("a\nb", "only letters from a to z"),
        ("greet-", "must end with a letter or a digit"),
        ("9lives", "must start with a letter"),
        ("plugin", "it is a command of everestctl"),
        ("", "a name cannot be empty"),
    ] {
        let place = sandbox.path("made").display().to_string();
        let refused =
            sandbox.run_with(["plugin", "new", name, "-t", "shell", "--dir", &place]).stderr_failed(2);
        assert!(refused.contains(why) && !refused.contains('\u{1b}'), "{refused}");
    }
    let long = "a".repeat(54);
    let refused = sandbox.run(&format!("plugin new {long} -t shell")).stderr_failed(2);
    assert!(refused.contains("at most 53 characters"), "{refused}");
    assert_eq!(names(&sandbox.path(".")), before);
}

#[test]
fn what_is_there_is_never_touched() {
    let sandbox = Sandbox::new();
    sandbox.write("full/notes.txt", "mine");
    sandbox.write("file", "mine");
    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    symlink(sandbox.path("elsewhere"), sandbox.path("link")).unwrap();
    symlink(sandbox.path("nowhere"), sandbox.path("dangling")).unwrap();
    for place in ["full", "file", "link", "dangling"] {
        let line = format!("plugin new greet -t shell --dir {}", sandbox.path(place).display());
        let refused = sandbox.run(&line).stderr_failed(1);
        assert_eq!(
            refused,
            format!(
                "error: [ROOT]/{place} already exists and is not an empty folder\nhint: name another folder with --dir\n"
            )
        );
    }
    assert_eq!(names(&sandbox.path("full")), ["notes.txt".to_owned()].into());
    assert!(names(&sandbox.path("elsewhere")).is_empty() && !sandbox.path("nowhere").exists());
    // An empty folder is as good as none, and its files are the user's.
    fs::create_dir(sandbox.path("empty")).unwrap();
    let line = format!("plugin new greet -t shell --dir {}", sandbox.path("empty").display());
    sandbox.run(&line).succeeded();
    let mode = |path: &str| fs::metadata(sandbox.path(path)).unwrap().permissions().mode() & 0o700;
    assert_eq!((mode("empty/everestctl-greet"), mode("empty/README.md")), (0o700, 0o600));
    let missing = format!("plugin new greet -t shell --dir {}", sandbox.path("no/such/folder").display());
    let refused = sandbox.run(&missing).stderr_failed(1);
    assert!(refused.contains("the folder that it is made in must exist"), "{refused}");
}

#[test]
fn a_place_that_cannot_be_written_to_stays_as_it_is() {
    let name = "a_place_that_cannot_be_written_to_stays_as_it_is";
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("mount")).unwrap();
    let place = sandbox.path("mount").display().to_string();
    for (mount, remount) in [("-o size=12k", "true"), ("", "mount -o remount,ro $PLACE")] {
        let script = format!(
            "mount -t tmpfs {mount} none $PLACE && {remount} || exit 99; \
             everestctl plugin new greet -t python --dir $PLACE/greet; code=$?; ls -A $PLACE; exit $code"
        );
        let output =
            sandbox.shell(&format!("PLACE={place} unshare --map-root-user --mount sh -c '{script}'"));
        if output.stderr.contains("unshare failed") || output.code == Some(99) {
            return skip("mount-namespace", name, "a file system cannot be mounted");
        }
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{mount}: {output:?}");
        assert!(output.stderr.contains("error: could not make "), "{mount}: {output:?}");
    }
}

#[test]
fn what_is_killed_leaves_no_project() {
    if !Path::new("/usr/bin/strace").exists() {
        return skip("strace", "what_is_killed_leaves_no_project", "there is no strace");
    }
    let sandbox = Sandbox::new();
    // It is killed at the call that would put the whole folder into its place, and at one before.
    for call in ["rename", "mkdir", "fsync"] {
        let place = sandbox.path(&format!("greet-{call}"));
        let calls = "rename,renameat,renameat2".to_owned();
        let calls = if call == "rename" { calls } else { format!("{call},{call}at") };
        let calls = calls.replace(",fsyncat", "");
        let inject = format!("inject={calls}:signal=KILL:when=1");
        let arguments = ["plugin", "new", "greet", "-t", "shell", "--dir", place.to_str().unwrap()];
        let output = sandbox
            .wrapped(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject], arguments)
            .output_in_time();
        assert!(!output.status.success(), "{output:?}");
        assert!(!place.exists(), "{call}");
    }
}

/// The block of the guide behind this mark.
fn transcript(name: &str) -> String {
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/authors.md")).unwrap();
    let (_, behind) = guide.split_once(&format!("<!-- transcript: {name} -->\n```console\n")).unwrap();
    behind.split_once("```\n").unwrap().0.to_owned()
}

#[test]
fn the_transcripts_of_the_guide_are_what_happens() {
    if !Path::new("/usr/bin/python3").exists() {
        return skip(
            "python",
            "the_transcripts_of_the_guide_are_what_happens",
            "there is no /usr/bin/python3",
        );
    }
    for name in ["shell", "python", "c"] {
        let (sandbox, written) = (Sandbox::new(), transcript(name));
        let commands = written.lines().filter_map(|line| line.strip_prefix("$ "));
        let script: Vec<String> =
            commands.map(|command| format!("printf '%s\\n' '$ {command}'\n{command}\n")).collect();
        let script = script.concat();
        let happened = sandbox.shell(&format!("exec 2>&1\n{script}"));
        assert_eq!(happened.stdout, written, "{name}");
    }
}

#[test]
fn a_folder_is_tried_without_installing_it() {
    let sandbox = Sandbox::new();
    let greet = made(&sandbox, "greet", "-t shell");
    let place = greet.display();
    let tried = sandbox.shell(&format!("everestctl plugin dev {place} -- everestctl greet hello Ada"));
    assert_eq!((tried.code, tried.stdout.as_str(), tried.stderr.as_str()), (Some(0), "hello, Ada\n", ""));
    let codes = sandbox.shell(&format!("everestctl plugin dev {place} -- everestctl greet nothing"));
    assert_eq!(codes.code, Some(2), "{codes:?}");
    let told = sandbox.shell(&format!("SHELL=/bin/true everestctl plugin dev {place}"));
    assert!(
        told.stderr.starts_with("`everestctl greet` is the plugin of [ROOT]/greet in this shell"),
        "{told:?}"
    );
    let refused = sandbox.run(&format!("plugin dev {place} --ui")).stderr_failed(2);
    assert!(refused.contains("--ui is for server plugins"), "{refused}");
    sandbox.run(&format!("plugin dev {place} -- no-such-program")).stderr_failed(127);
    // A server plugin is in a host of its own, also before it is built.
    let notes = made(&sandbox, "notes", "-t go");
    let line = format!(
        "everestctl plugin dev {} -- everestctl plugin list -o name --source server",
        notes.display()
    );
    let listed = sandbox.shell(&line);
    assert!(listed.stdout.contains("notes"), "{listed:?}");
    let empty = sandbox.run(&format!("plugin dev {}", sandbox.path("bin").display())).stderr_failed(1);
    assert!(
        empty.contains("there is no plugin in [ROOT]/bin") && empty.contains("build it first"),
        "{empty}"
    );
}

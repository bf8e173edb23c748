//! One plugin in every way of running: as an executable, as a library and in a container it is the same command.

use crate::containers::{SPEC, annotated, user};
use crate::support::host::Host;
use crate::support::native::{compile, examples, library_name};
use crate::support::podman::Podman;
use crate::support::{InTime as _, Sandbox, skip};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is typed, and the exit code that it ends with.
const LINES: &[(&str, i32)] = &[
    ("bench", 0),
    ("bench Ada --loud", 0),
    ("bench --exit 7", 7),
    ("bench --exit 125", 125),
    ("bench --exit 126", 126),
    ("bench --exit 127", 127),
    ("bench --environment", 0),
    ("-n prod -o json bench --environment", 0),
    ("bench --help", 0),
    ("bench --nonsense", 2),
    ("plugin run bench -- --exit 3", 3),
];

/// What TAB offers, as the metadata of the library has it.
const WORDS: &str =
    "--loud: Shout\n--environment: Show where the plugin runs\n--exit <CODE>: End with this exit code\n";

#[test]
fn output_exit_codes_environment_help_and_completion_are_the_same_in_every_way() {
    let cluster = annotated(
        &format!(r#"{{"everestctl.openeverest.io/words": "{}"}}"#, WORDS.replace('\n', "\\n")),
        SPEC,
    );
    let executable = user(&cluster);
    compile(&executable.path("plugins/everestctl-bench"), &["hello-c/program.c", "hello-c/hello.c"]);
    let words = WORDS.trim_end().replace('\n', "\n  ");
    executable.write("plugins/everestctl-bench.yaml", format!("completion: words\nwords:\n  {words}\n"));
    let library = user(&cluster);
    compile(
        &library.path("plugins").join(library_name("bench")),
        &["-shared", "-fPIC", "hello-c/library.c", "hello-c/hello.c"],
    );
    let mut ways = vec![("exec", executable), ("native", library)];
    if let Some(podman) =
        Podman::start("output_exit_codes_environment_help_and_completion_are_the_same_in_every_way")
    {
        let container = user(&cluster);
        let program = container.path("hello");
        compile(&program, &["-static", "hello-c/program.c", "hello-c/hello.c"]);
        podman.import_program("registry.example/bench:1", &program);
        let with = |sandbox: Sandbox, (name, value): (&'static str, String)| sandbox.with(name, value);
        ways.push(("container", podman.variables().into_iter().fold(container, with)));
        compare(&ways);
    } else {
        compare(&ways);
    }
}

fn compare(ways: &[(&str, Sandbox)]) {
    for (way, sandbox) in ways {
        let listed = sandbox.run("plugin list --offline -o json").stdout;
        assert!(listed.contains(&format!("\"way\": \"{way}\"")), "{way}: {listed}");
    }
    for words in [&["bench", "-"][..], &["bench", "--lo"], &["bench", "--loud", "--e"]] {
        let offered: Vec<_> = ways
            .iter()
            .map(|(_, sandbox)| sandbox.run_with(["__complete"].iter().chain(words)).success_silent())
            .collect();
        assert!(
            offered[0].lines().count() > 1 && offered.iter().all(|one| *one == offered[0]),
            "{offered:?}"
        );
    }
    for (line, code) in LINES {
        let ran: Vec<_> = ways
            .iter()
            .map(|(way, sandbox)| {
                let ran = sandbox.run(line);
                (way, ran.code, ran.stdout, ran.stderr)
            })
            .collect();
        for (way, its_code, out, error) in &ran {
            let (_, _, first_out, first_error) = &ran[0];
            assert_eq!(*its_code, Some(*code), "{line}: {way}: {error}");
            assert_eq!((out, error), (first_out, first_error), "{line}: {way}");
        }
    }
}

/// The forms of the example in Rust, where they are built.
pub(crate) fn hello_rust(test: &str) -> Option<(PathBuf, PathBuf)> {
    let folder = Path::new(env!("CARGO_BIN_EXE_everestctl")).parent().unwrap();
    let program = folder.join("plugin-hello-rust");
    let library = folder.join("deps").join(format!(
        "{}hello_rust{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    if program.exists() && library.exists() {
        return Some((program, library));
    }
    skip("hello-rust", test, "the example is not built (cargo test --workspace)");
    None
}

#[test]
fn the_sdk_makes_an_executable_and_a_library_that_do_the_same() {
    let test = "the_sdk_makes_an_executable_and_a_library_that_do_the_same";
    let Some((program, library)) = hello_rust(test) else { return };
    let (executable, native) = (Sandbox::new(), Sandbox::new());
    std::fs::copy(&program, executable.path("plugins/everestctl-hello-rust")).unwrap();
    let sidecar = Command::new(&program).arg("--everestctl-metadata").stdin(Stdio::null()).output_in_time();
    executable.write("plugins/everestctl-hello-rust.yaml", sidecar.stdout);
    std::fs::copy(&library, native.path("plugins").join(library_name("hello-rust"))).unwrap();
    for sandbox in [&executable, &native] {
        sandbox.chmod("plugins", 0o755);
        sandbox.run("plugin list").succeeded();
    }
    for (line, code) in [
        ("hello-rust Ada", 0),
        ("hello-rust --loud --exit 9", 9),
        ("hello-rust --nonsense", 2),
        ("hello-rust --help", 0),
        ("hello-rust --version", 0),
        ("-n prod hello-rust --environment -o csv", 0),
        ("-o jsonl hello-rust --environment", 0),
        ("-o vertical hello-rust --environment", 0),
        ("-o plot hello-rust --environment", 2),
        ("hello-rust --environment --sort-by name", 2),
        ("--filter true hello-rust --environment", 2),
        ("hello-rust --get /api/x", 1),
        ("--offline hello-rust --get /api/x", 1),
        ("hello-rust --count 2", 0),
    ] {
        let (one, other) = (executable.run(line), native.run(line));
        assert_eq!(one.code, Some(code), "{line}: {one:?}");
        assert_eq!(
            (one.code, &one.stdout, &one.stderr),
            (other.code, &other.stdout, &other.stderr),
            "{line}"
        );
    }
    for words in [&["hello-r"][..], &["hello-rust", "-"], &["hello-rust", "--output", ""]] {
        let offered =
            |sandbox: &Sandbox| sandbox.run_with(["__complete"].iter().chain(words)).success_silent();
        assert_eq!(offered(&executable), offered(&native));
    }
    assert!(
        native.run_with(["__complete", "hello-rust", "--lo"]).success_silent().contains("--loud\tShout\n")
    );
    let summary = |sandbox: &Sandbox| sandbox.run("plugin list -o json").stdout.contains("\"Say hello\"");
    assert!(summary(&executable) && summary(&native));
}

#[test]
fn both_forms_ask_the_server_itself_with_the_session() {
    let test = "both_forms_ask_the_server_itself_with_the_session";
    let Some((program, library)) = hello_rust(test) else { return };
    let place = Sandbox::new();
    let host = Host::start(&place, "");
    let token = host.sign_in().access;
    let signed_in = |token: &str| {
        let url = format!("http://{}", host.address);
        Sandbox::new().with("EVEREST_HOST", url).with("EVEREST_TOKEN", token).with("CI", "1")
    };
    let forms = |token: &str| {
        let (executable, native) = (signed_in(token), signed_in(token));
        std::fs::copy(&program, executable.path("plugins/everestctl-hello-rust")).unwrap();
        std::fs::copy(&library, native.path("plugins").join(library_name("hello-rust"))).unwrap();
        for sandbox in [&executable, &native] {
            sandbox.chmod("plugins", 0o755);
        }
        [executable, native]
    };
    for sandbox in forms(&token) {
        let said = sandbox.run("hello-rust --server --get /v1/clusters/main/namespaces").success_silent();
        assert!(serde_json::from_str::<Vec<String>>(&said).is_ok(), "{said}");
        let missing = sandbox.run("hello-rust --server --get /v1/nothing").stderr_failed(1);
        assert!(missing.starts_with("error: the backend answered 404\n"), "{missing}");
        let outside = sandbox.run("hello-rust --server --get /api/x").stderr_failed(1);
        assert_eq!(outside, "error: /api/x is no path of the OpenEverest API: it begins with /v1/\n");
        let above = sandbox.run("hello-rust --server --get /v1/../shell/plugins").stderr_failed(1);
        assert!(above.contains("is outside of"), "{above}");
    }
    for sandbox in forms("") {
        assert_eq!(sandbox.run("hello-rust --server --get /v1/clusters/main/namespaces").code, Some(4));
    }
}

#[test]
fn any_request_reaches_the_server_itself() {
    let place = Sandbox::new();
    let host = Host::start(&place, "");
    let user = Sandbox::new()
        .with("EVEREST_HOST", format!("http://{}", host.address))
        .with("EVEREST_TOKEN", host.sign_in().access);
    let version = user.run("plugin api --server /v1/version --jq .projectName").success_silent();
    assert_eq!(
        version.trim(),
        user.run("plugin api --server GET /v1/version --jq .projectName").stdout.trim()
    );
    let named = user.run("plugin api --server fleet GET /v1/version").stderr_failed(2);
    assert!(named.starts_with("error: --server takes no name of a plugin\n"), "{named}");
    user.run("plugin api --server /api/things").failed(2);
    user.run("plugin api fleet").failed(2);
    let shown = user.run("plugin api --server /v1/version --dry-run").success_silent();
    assert!(shown.contains("/v1/version") && !shown.contains("/v1/v1"), "{shown}");
}

#[test]
fn the_examples_in_scripts_run_as_they_are() {
    let sandbox = Sandbox::new();
    for name in ["hello-shell", "hello-python"] {
        for end in ["", ".yaml"] {
            let file = format!("everestctl-{name}{end}");
            std::fs::copy(examples().join(name).join(&file), sandbox.path("plugins").join(&file)).unwrap();
        }
        assert_eq!(sandbox.run(&format!("{name} Ada")).success_silent(), "hello, Ada\n");
        sandbox.run(&format!("{name} --nonsense")).failed(2);
        let listed = sandbox.run("plugin list").success_silent();
        assert!(listed.contains("Say hello from "), "{listed}");
    }
    let told = sandbox.run("-n prod hello-shell server").stdout;
    assert!(told.starts_with("server: none, namespace: prod\n"), "{told}");
    let asked = sandbox.run("hello-python --get /x").stderr_failed(2);
    assert!(asked.contains("no command `hello-python` that runs as proxy"), "{asked}");
    let offered = sandbox.run_with(["__complete", "hello-shell", ""]).success_silent();
    assert_eq!(offered, "server\tShow the server and the session\n:4\n");
}

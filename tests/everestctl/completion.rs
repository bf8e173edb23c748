//! TAB: the protocol, the scripts, and real shells at a terminal.

use crate::support::InTime as _;
use crate::support::http::{Reply, Server, json, response};
use crate::support::sandbox::eventually;
use crate::support::skip::shell_of;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A plugin that describes two commands.
const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"Ships","version":"1"},"paths":{
    "/api/ships":{"get":{"summary":"List the ships","responses":{"200":{"description":"","content":{"application/json":{"schema":
        {"type":"array","items":{"type":"object"}}}}}},
        "parameters":[{"name":"kind","in":"query","schema":{"type":"string","enum":["steam","sail"]}}]}},
    "/api/ships/{id}":{"get":{"summary":"Show a ship","responses":{}}}}}"#;

/// A sandbox that knows a server plugin, a local one with a summary, and one that completes its own flags.
fn with_index() -> (Sandbox, Server) {
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"fleet","description":"All \u001b[31mships"}]"#),
            "openapi.json" => json(DOCUMENT),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    sandbox.script("plugins/everestctl-report", "echo ran");
    sandbox.write("plugins/everestctl-report.yaml", "summary: Mail a report\n");
    sandbox.script("plugins/everestctl-report-weekly", "echo ran");
    sandbox.script(
        "plugins/everestctl-cobra",
        "test \"$1\" = __complete || exit 3\nprintf '%b\\n' '--deep\\tGo deep' '--wide\\tGo wide' ':4'",
    );
    sandbox.write("plugins/everestctl-cobra.yaml", "completion: cobra\n");
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

/// The values that are offered after these words; the last one is being typed.
fn offered(sandbox: &Sandbox, words: &[&str]) -> (Vec<String>, String) {
    let output = sandbox.run_with(["__complete"].iter().chain(words)).success_silent();
    let mut lines: Vec<String> = output.lines().map(str::to_owned).collect();
    let directive = lines.pop().unwrap();
    (lines, directive)
}

fn values(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let (lines, _) = offered(sandbox, words);
    lines.into_iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn names_flags_values_and_the_commands_of_a_server() {
    let (sandbox, server) = with_index();
    let asked = server.requests().len();
    let all = values(&sandbox, &[""]);
    for name in ["auth", "plugin", "report", "cobra", "fleet"] {
        assert!(all.contains(&name.to_owned()), "{all:?}");
    }
    assert_eq!(values(&sandbox, &["plugin", "ref"]), ["refresh"]);
    assert_eq!(values(&sandbox, &["plugin", "list", "--no-h"]), ["--no-headers"]);
    assert_eq!(values(&sandbox, &["--output=js"]), ["--output=json", "--output=jsonl"]);
    assert_eq!(values(&sandbox, &["-o", "wi"]), ["wide"]);
    assert_eq!(values(&sandbox, &["--context", ""]), ["dana@test"]);
    assert_eq!(values(&sandbox, &["config", "use-context", ""]), ["dana@test"]);
    assert_eq!(values(&sandbox, &["plugin", "info", "fl"]), ["fleet"]);
    assert_eq!(values(&sandbox, &["-n", "prod", "fleet", "ships", ""]), ["list", "get"]);
    assert_eq!(values(&sandbox, &["fleet", "ships", "list", "--ki"]), ["--kind"]);
    assert_eq!(values(&sandbox, &["fleet", "ships", "list", "--kind", "s"]), ["steam", "sail"]);
    let (lines, directive) = offered(&sandbox, &["fl"]);
    // A description is text from outside.
    assert_eq!((lines, directive.as_str()), (vec!["fleet\tAll [31mships".to_owned()], ":4"));
    assert_eq!(offered(&sandbox, &["--kubeconfig", ""]), (Vec::new(), ":0".to_owned()));
    let bare = sandbox.run_with(["__completeNoDesc", "fl"]).success_silent();
    assert_eq!(bare, "fleet\n:4\n");
    assert_eq!(server.requests().len(), asked, "TAB asks nobody");
}

#[test]
fn local_plugins_complete_their_own_arguments_and_their_longer_names() {
    let (sandbox, _server) = with_index();
    assert_eq!(values(&sandbox, &["cobra", "--"]), ["--deep", "--wide"]);
    assert_eq!(offered(&sandbox, &["report", ""]), (vec!["weekly".to_owned()], ":0".to_owned()));
    // A companion, as kubectl has them.
    sandbox.script("bin/everestctl-beside", "exit 3");
    sandbox.write("bin/everestctl-beside.yaml", "completion: companion\n");
    sandbox.script("bin/everestctl_complete-beside", "printf '%s\\n' \"one-$#\" :4");
    assert_eq!(values(&sandbox, &["beside", "x", ""]), ["one-2"]);
    // clap's engine, by its variable.
    sandbox
        .script("bin/everestctl-clap", "test \"$COMPLETE\" = fish && printf 'from-%s\\tA value\\n' \"$1\"");
    sandbox.write("bin/everestctl-clap.yaml", "completion: clap\n");
    assert_eq!(offered(&sandbox, &["clap", ""]).0, ["from---\tA value"]);
    // Words in the sidecar: nothing is run.
    sandbox.script("bin/everestctl-static", "touch ../was-run");
    let sidecar = "completion: words\nwords:\n  run: Start a run\n  run --fast: Skip checks\n  run tests:\n  stop: Stop\n";
    sandbox.write("bin/everestctl-static.yaml", sidecar);
    assert_eq!(offered(&sandbox, &["static", ""]).0, ["run\tStart a run", "stop\tStop"]);
    assert_eq!(values(&sandbox, &["static", "run", ""]), ["tests"]);
    assert_eq!(values(&sandbox, &["static", "run", "--"]), ["--fast"]);
    assert_eq!(offered(&sandbox, &["static", "run", "--fast", "--"]), (Vec::new(), ":0".to_owned()));
    assert!(!sandbox.path("was-run").exists());
}

/// The example of the repository, with clap's own engine in it.
#[test]
fn a_real_clap_program_completes_its_own_arguments() {
    let (sandbox, _server) = with_index();
    let example =
        Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name("examples").join("everestctl-ship");
    if !example.exists() {
        return skip(
            "examples",
            "a_real_clap_program_completes_its_own_arguments",
            "`cargo build --examples` was not run",
        );
    }
    std::fs::copy(&example, sandbox.path("bin/everestctl-ship")).unwrap();
    sandbox.write("bin/everestctl-ship.yaml", "completion: clap\n");
    assert_eq!(values(&sandbox, &["ship", "s"]), ["sail", "sink"]);
    assert_eq!(offered(&sandbox, &["ship", "sail", "--ri"]).0, ["--rig\tHow she is rigged"]);
    assert_eq!(values(&sandbox, &["ship", "sail", "--rig", "s"]), ["schooner", "sloop"]);
    assert_eq!(sandbox.run("ship sail --rig sloop").success_silent(), "she sails as a sloop\n");
}

#[test]
fn a_plugin_that_thinks_too_long_is_ended_and_file_names_are_offered() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-slow", "sleep 60 & echo $! > ../sleeper; wait");
    sandbox.write("bin/everestctl-slow.yaml", "completion: cobra\n");
    let start = Instant::now();
    assert_eq!(offered(&sandbox, &["slow", ""]), (Vec::new(), ":0".to_owned()));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let sleeper = std::fs::read_to_string(sandbox.path("sleeper")).unwrap();
    assert!(!Path::new(&format!("/proc/{}", sleeper.trim())).exists() || zombie(sleeper.trim()));
}

fn zombie(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

#[test]
fn whatever_is_broken_costs_nothing_but_the_answer() {
    let sandbox = Sandbox::new();
    sandbox.write("config.yaml", "contexts: [{{{");
    for words in [
        &[""][..],
        &["nope", ""],
        &["--context", ""],
        &["--nope", ""],
        &["plugin", "nope", ""],
        &["-o", "x", ""],
        &["--", ""],
        &[],
    ] {
        let output = sandbox.run_with(["__complete"].iter().chain(words)).success_silent();
        assert!(output.lines().last().unwrap().starts_with(':'), "{words:?}: {output}");
    }
}

#[test]
fn no_socket_and_no_other_program_for_names_and_the_arguments_of_a_server() {
    let name = "no_socket_and_no_other_program_for_names_and_the_arguments_of_a_server";
    let (sandbox, _server) = with_index();
    let trace = sandbox.path("trace");
    let strace = ["/usr/bin/strace", "-f", "-e", "trace=socket,execve", "-o", trace.to_str().unwrap()];
    if !Path::new(strace[0]).exists() {
        return skip("strace", name, "strace is not installed");
    }
    for words in [&["__complete", "f"][..], &["__complete", "fleet", "ships", "list", "--"]] {
        let output = sandbox.wrapped(&strace, words).output_in_time();
        let traced = std::fs::read_to_string(&trace).unwrap_or_default();
        if traced.is_empty() {
            return skip("strace", name, "nothing can be traced here");
        }
        assert!(output.status.success());
        assert_eq!(traced.matches("execve(").count(), 1, "{traced}");
        assert!(!traced.contains("socket("), "{traced}");
    }
}

/// Starts a shell with our script and presses TAB in it.
fn at_a_terminal(name: &str, shell: &str, start: &str, script: &str) {
    if !Path::new(shell).exists() {
        return skip(shell_of(shell), name, &format!("{shell} is not installed"));
    }
    let (sandbox, _server) = with_index();
    let Some(mut terminal) = Terminal::start(&sandbox, start) else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.press("PATH=${E%/*}:$PATH; echo re''ady\n".replace("${E%/*}", &binaries()).as_str());
    terminal.shows(&["ready"]);
    terminal.press(&format!("{script}; echo load''ed\n"));
    terminal.shows(&["loaded"]);
    // One value is put in.
    terminal.clear();
    terminal.press("everestctl plugin refr\t");
    terminal.shows(&["refresh"]);
    // Several are listed, with what they are.
    terminal.press("\u{15}everestctl fleet ships \t\t");
    terminal.shows(&["list", "get", "List the ships"]);
    terminal.press("\u{15}everestctl fleet ships list --kind ste\t");
    terminal.shows(&["--kind steam"]);
    terminal.press("\u{3}\u{15}exit\n");
}

fn binaries() -> String {
    Path::new(env!("CARGO_BIN_EXE_everestctl")).parent().unwrap().display().to_string()
}

#[test]
fn bash_completes() {
    let name = "bash_completes";
    at_a_terminal(
        name,
        "/bin/bash",
        "/bin/bash --norc --noprofile -i",
        "source <(everestctl completion bash)",
    );
}

#[test]
fn bash_quotes_a_value_that_a_shell_would_cut() {
    let name = "bash_quotes_a_value_that_a_shell_would_cut";
    if !Path::new("/bin/bash").exists() {
        return skip("bash", name, "bash is not installed");
    }
    let (sandbox, _server) = harbour(Duration::ZERO);
    let line = ["harbour", "ships", "list", "--port", ""];
    eventually("the ports are known", || values(&sandbox, &line).len() == 3);
    let Some(mut terminal) = Terminal::start(&sandbox, "/bin/bash --norc --noprofile -i") else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal
        .press(&format!("PATH={}:$PATH; source <(everestctl completion bash); echo load''ed\n", binaries()));
    terminal.shows(&["loaded"]);
    terminal.press("everestctl harbour ships list --port od\t");
    terminal.shows(&["--port odd\\ one"]);
    terminal.press("\u{15}everestctl harbour ships list --port odd\\ o\t");
    terminal.shows(&["--port odd\\ one"]);
    terminal.press("\u{3}\u{15}exit\n");
}

#[test]
fn zsh_completes() {
    let script = "autoload -Uz compinit && compinit -u -D; source <(everestctl completion zsh)";
    at_a_terminal("zsh_completes", "/usr/bin/zsh", "/usr/bin/zsh -f -i", script);
}

#[test]
fn fish_completes() {
    let name = "fish_completes";
    let shell = "/usr/bin/fish";
    if !Path::new(shell).exists() {
        return skip("fish", name, "fish is not installed");
    }
    let (sandbox, _server) = with_index();
    let Some(mut terminal) = Terminal::start(&sandbox, "/usr/bin/fish --no-config -i") else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.press(&format!(
        "set -x PATH {} $PATH; everestctl completion fish | source; echo lo''aded\n",
        binaries()
    ));
    terminal.shows(&["loaded"]);
    terminal.clear();
    terminal.press("everestctl plugin refr\t");
    terminal.shows(&["refresh"]);
    terminal.press("\u{15}everestctl fleet ships \t");
    terminal.shows(&["list", "get", "Show a ship"]);
}

/// The shells that are pressed, each with how it starts and loads its script.
const SHELLS: [(&str, &str, &str); 3] = [
    ("/bin/bash", "/bin/bash --norc --noprofile -i", "source <(everestctl completion bash)"),
    (
        "/usr/bin/zsh",
        "/usr/bin/zsh -f -i",
        "autoload -Uz compinit && compinit -u -D; source <(everestctl completion zsh)",
    ),
    ("/usr/bin/fish", "/usr/bin/fish --no-config -i", "everestctl completion fish | source"),
];

/// What TAB has put in is what the server is asked: each line is completed and run.
#[test]
fn a_completed_line_runs_in_every_shell() {
    let name = "a_completed_line_runs_in_every_shell";
    for (shell, start, script) in SHELLS {
        if !Path::new(shell).exists() {
            skip(shell_of(shell), name, &format!("{shell} is not installed"));
            continue;
        }
        for (lines, (sandbox, server)) in [
            (
                &[
                    ("everestctl fleet ships list --kind=ste\t\n", "/api/ships?kind=steam"),
                    ("everestctl fleet ships list --ki\tsa\t\n", "/api/ships?kind=sail"),
                    ("everestctl fleet ships li\t-owi\t\n", "/api/ships"),
                    ("everestctl plugin api fleet GE\t/api/from-api\n", "/api/from-api"),
                    ("everestctl plugin run fleet ships g\t7\n", "/api/ships/7"),
                    ("everestctl -q fle\tships get --colo\tnever 8\n", "/api/ships/8"),
                ][..],
                with_index(),
            ),
            (
                &[
                    ("everestctl harbour ships list --port od\t\n", "/api/ships?port=odd%20one"),
                    ("everestctl harbour ships list --port=lis\t\n", "/api/ships?port=lisbon"),
                ][..],
                harbour(Duration::ZERO),
            ),
        ] {
            let line = ["harbour", "ships", "list", "--port", ""];
            if lines[0].0.contains("harbour") {
                eventually("the ports are known", || values(&sandbox, &line).len() == 3);
            }
            let Some(mut terminal) = Terminal::start(&sandbox, start) else {
                return skip("script", name, "script (util-linux) is not installed");
            };
            let path = if shell.ends_with("fish") {
                format!("set -x PATH {} $PATH", binaries())
            } else {
                format!("PATH={}:$PATH", binaries())
            };
            terminal.press(&format!("{path}; {script}; echo load''ed\n"));
            terminal.shows(&["loaded"]);
            for (number, (keys, path)) in lines.iter().enumerate() {
                let before = server.requests().len();
                terminal.press(keys);
                terminal.press(&format!("echo do''ne-{number}\n"));
                terminal.shows(&[&format!("done-{number}")]);
                let asked: Vec<String> =
                    server.requests().into_iter().skip(before).map(|request| request.path).collect();
                assert!(
                    asked.iter().any(|asked| asked.ends_with(path)),
                    "{shell} {keys:?}: {asked:?} {}",
                    terminal.seen()
                );
            }
            terminal.press("\u{15}exit\n");
        }
    }
}

#[test]
fn the_scripts_name_no_path_of_this_machine() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = sandbox.run(&format!("completion {shell}")).success_silent();
        assert!(
            script.contains("__tab") && !script.contains("/home/") && !script.contains("/usr/"),
            "{script}"
        );
    }
}

#[test]
fn the_shell_of_host_exec_completes() {
    let name = "the_shell_of_host_exec_completes";
    for shell in ["/bin/bash", "/usr/bin/zsh", "/usr/bin/fish"] {
        if !Path::new(shell).exists() {
            skip(shell_of(shell), name, &format!("{shell} is not installed"));
            continue;
        }
        let sandbox = Sandbox::new().with("SHELL", shell);
        sandbox.write("home/.bashrc", "PATH=/usr/bin:/bin\n");
        let Some(mut terminal) = Terminal::start(&sandbox, "$E host exec") else {
            return skip("script", name, "script (util-linux) is not installed");
        };
        terminal.press("echo re''ady\n");
        terminal.shows(&["ready"]);
        // It knows the plugins from the beginning.
        terminal.press("everestctl hel\t\t");
        terminal.shows(&["hello"]);
        terminal.press("\u{15}everestctl hello greet Ada\n");
        terminal.shows(&["Hello, Ada!"]);
        terminal.press("everestctl hello greet --lang\t");
        terminal.shows(&["--language"]);
        terminal.press("\u{15}exit\n");
    }
}

/// A plugin whose ships have names that only the server knows; the list takes `pause`, and every question is counted.
fn harbour(pause: Duration) -> (Sandbox, Server) {
    const PORTS: &str = r#"{"openapi":"3.0.3","info":{"title":"Ports","version":"1"},"paths":{
        "/api/ports":{"get":{"operationId":"ports","summary":"List the ports","responses":{}}},
        "/api/ships":{"get":{"operationId":"ships","summary":"List the ships","responses":{},
            "parameters":[{"name":"port","in":"query","required":true,"schema":{"type":"string"},
                "x-cli-complete":{"operation":"ports","values":"/*"}}]}},
        "/api/ships/{ship}/sail":{"post":{"summary":"Let a ship go","responses":{},
            "parameters":[{"name":"ship","in":"path","required":true,"schema":{"type":"string"},
                "x-cli-complete":{"operation":"ships","values":"/items/*/name","describe":"/items/*/kind"}},
                {"name":"port","in":"query","schema":{"type":"string"},"x-cli-complete":{"operation":"ports","values":"/*"}}]}}}}"#;
    let server = Server::start(move |request| {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let list = |text: &str| {
            std::thread::sleep(pause);
            json(text)
        };
        Reply::Bytes(match path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"harbour"}]"#),
            "openapi.json" => json(PORTS),
            "ports" => list(r#"["oslo","lisbon","line\nbreak","odd one"]"#),
            "ships" if query == "port=oslo" => list(
                r#"{"items":[{"name":"fram","kind":"a \u001b[31mschooner"},{"name":"maud","kind":"ketch"}]}"#,
            ),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

#[test]
fn a_value_of_a_plugin_does_not_become_an_option() {
    const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"X","version":"1"},"paths":{
        "/api/values":{"get":{"operationId":"values","summary":"List","responses":{}}},
        "/api/notes/{note}":{"get":{"summary":"Show","responses":{},"parameters":[
            {"name":"note","in":"path","required":true,"schema":{"type":"string"},
                "x-cli-complete":{"operation":"values","values":"/*"}},
            {"name":"tag","in":"query","schema":{"type":"string"},
                "x-cli-complete":{"operation":"values","values":"/*"}}]}}}}"#;
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"x"}]"#),
            "openapi.json" => json(DOCUMENT),
            "values" => json(r#"["--body=@secret","-o","--output-file=bashrc","good","@secret"]"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    for line in
        [&["__complete", "x", "notes", "get", ""][..], &["__complete", "x", "notes", "get", "n", "--tag", ""]]
    {
        eventually("the values", || sandbox.run_with(line).stdout.contains("good"));
        let offered = sandbox.run_with(line).stdout;
        assert!(!offered.lines().any(|value| value.starts_with('-')), "{offered}");
    }
    // Where the option is typed already, it is a value and nothing else.
    assert!(
        sandbox.run_with(["__complete", "x", "notes", "get", "n", "--tag=-"]).stdout.contains("--tag=-o")
    );
}

fn asked(server: &Server, end: &str) -> usize {
    server.requests().iter().filter(|request| request.path.ends_with(end)).count()
}

#[test]
fn values_that_only_the_server_knows_come_from_what_was_asked_behind_the_users_back() {
    let (sandbox, server) = harbour(Duration::ZERO);
    let line = ["harbour", "ships", "list", "--port", ""];
    eventually("the ports are known", || values(&sandbox, &line) == ["oslo", "lisbon", "odd one"]);
    assert_eq!(values(&sandbox, &["harbour", "ships", "list", "--port=li"]), ["--port=lisbon"]);
    // What is typed already goes into the question, wherever it stands.
    let line = ["harbour", "ships", "sail", "--port", "oslo", ""];
    eventually("the ships are known", || values(&sandbox, &line) == ["fram", "maud"]);
    let (lines, directive) = offered(&sandbox, &line);
    assert_eq!((lines[0].as_str(), directive.as_str()), ("fram\ta [31mschooner", ":4"));
    assert_eq!(values(&sandbox, &["harbour", "ships", "sail", "--port", "oslo", "m"]), ["maud"]);
    // A flag that has no value yet hides none of the others.
    let line = ["harbour", "ships", "sail", "--port", "oslo", "--port", ""];
    assert_eq!(values(&sandbox, &line), ["oslo", "lisbon", "odd one"]);
    // Without the port there is no question.
    assert_eq!(values(&sandbox, &["harbour", "ships", "sail", ""]), [""; 0]);
    // What was answered a moment ago is not asked again.
    assert_eq!((asked(&server, "/api/ports"), asked(&server, "?port=oslo")), (1, 1));
    let question =
        server.requests().into_iter().find(|request| request.path.ends_with("?port=oslo")).unwrap();
    assert!(question.head.to_lowercase().contains("authorization: bearer "), "{}", question.head);
}

#[test]
fn another_spelling_counts_where_the_first_has_nothing_that_starts_so() {
    const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"X","version":"1"},"paths":{
        "/api/tables":{"get":{"operationId":"tables","summary":"List","responses":{}}},
        "/api/tables/{table}":{"get":{"summary":"Show","responses":{},"parameters":[
            {"name":"table","in":"path","required":true,"schema":{"type":"string"},
                "x-cli-complete":{"operation":"tables","values":["/*/short","/*/long","/*/bare"]}}]}}}}"#;
    const TABLES: &str = r#"[{"short":"orders","long":"public.orders"},
        {"short":"\"Odd one\"","long":"public.\"Odd one\"","bare":"Odd one"},{"short":"sales.orders","long":"sales.orders","bare":null}]"#;
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"x"}]"#),
            "openapi.json" => json(DOCUMENT),
            "tables" => json(TABLES),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    for (typed, found) in [
        ("", &["orders", "\"Odd one\"", "sales.orders"][..]),
        ("sales.", &["sales.orders"]),
        ("public.", &["public.orders", "public.\"Odd one\""]),
        ("Od", &["Odd one"]),
        ("x", &[]),
    ] {
        eventually("the tables are known", || values(&sandbox, &["x", "tables", "get", typed]) == found);
    }
}

#[test]
fn tab_does_not_wait_for_a_slow_plugin_and_never_asks_in_ci_or_offline() {
    let (sandbox, server) = harbour(Duration::from_secs(1));
    let line = ["harbour", "ships", "list", "--port", ""];
    for (variable, value) in [("CI", "1"), ("EVERESTCTL_OFFLINE", "1")] {
        let output =
            sandbox.command(["__complete"].iter().chain(&line)).env(variable, value).output_in_time();
        assert_eq!(String::from_utf8_lossy(&output.stdout), ":4\n");
    }
    assert_eq!(asked(&server, "/api/ports"), 0);
    // Ten at once are one question.
    let children: Vec<_> = (0..10)
        .map(|_| sandbox.command(["__complete"].iter().chain(&line)).stdout(Stdio::piped()).spawn().unwrap())
        .collect();
    for mut child in children {
        let output = child.output_in_time();
        assert_eq!(String::from_utf8_lossy(&output.stdout), ":4\n");
    }
    eventually("the ports are known", || values(&sandbox, &line).len() == 3);
    assert_eq!(asked(&server, "/api/ports"), 1);
}

#[test]
fn a_plugin_that_gives_no_values_is_left_alone_for_a_while() {
    let (sandbox, server) = harbour(Duration::ZERO);
    let line = ["harbour", "ships", "sail", "--port", "nowhere", ""];
    eventually("the question", || {
        assert_eq!(values(&sandbox, &line), [""; 0]);
        asked(&server, "?port=nowhere") == 1
    });
    eventually("the failure is remembered", || {
        let folder = sandbox.path("cache/index");
        std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .any(|entry| std::fs::read_to_string(entry.path()).unwrap_or_default().contains("\"failed\":1"))
    });
    assert_eq!(values(&sandbox, &line), [""; 0]);
    assert_eq!(asked(&server, "?port=nowhere"), 1);
}

#[test]
fn values_in_the_word_of_their_letter_and_words_after_help_which_and_api() {
    let (sandbox, _server) = with_index();
    assert_eq!(values(&sandbox, &["-ojs"]), ["-ojson", "-ojsonl"]);
    assert_eq!(values(&sandbox, &["-o=wi"]), ["-o=wide"]);
    assert_eq!(values(&sandbox, &["fleet", "ships", "list", "-qoya"]), ["-qoyaml"]);
    assert_eq!(values(&sandbox, &["help", "fl"]), ["fleet"]);
    assert_eq!(values(&sandbox, &["help", "fleet", "ships", ""]), ["list", "get"]);
    assert_eq!(values(&sandbox, &["help", "plugin", "ref"]), ["refresh"]);
    assert_eq!(values(&sandbox, &["plugin", "which", "fleet", ""]), ["ships"]);
    assert_eq!(values(&sandbox, &["plugin", "api", "fleet", "G"]), ["GET"]);
    assert_eq!(
        values(&sandbox, &["plugin", "api", "fleet", "GET", "/api/"]),
        ["/api/ships", "/api/ships/{id}"]
    );
    assert_eq!(
        values(&sandbox, &["plugin", "events", "--types", "user.login,user.logo"]),
        ["user.login,user.logout"]
    );
    // What may be the value of a flag that is not known here is not a command.
    assert_eq!(values(&sandbox, &["--instance", ""]), [""; 0]);
    let flags = values(&sandbox, &["fleet", "ships", "list", "--"]);
    for flag in ["--kind", "--namespace", "--all-namespaces", "--output", "--context", "--quiet", "--verbose"]
    {
        assert!(flags.contains(&flag.to_owned()), "{flag}: {flags:?}");
    }
}

#[test]
fn instances_come_from_the_server_where_a_document_names_no_way_to_them() {
    let document = r#"{"openapi":"3.0.3","info":{"title":"x","version":"1"},"paths":{"/runs":{"get":{"x-cli-name":"run","parameters":[
        {"name":"instance","in":"query","schema":{"type":"string"}},{"name":"other","in":"query","schema":{"type":"string"}},
        {"name":"namespace","in":"query","schema":{"type":"string"}}],"responses":{"200":{"description":""}}}}}}"#;
    let list = |names: &[&str]| {
        let items: Vec<String> =
            names.iter().map(|name| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)).collect();
        json(&format!(r#"{{"items":[{}]}}"#, items.join(",")))
    };
    let server = Server::start(move |request| {
        Reply::Bytes(match request.path.strip_prefix("/v1/clusters/main/").unwrap_or_default() {
            "plugins" => json(r#"[{"name":"fleet"}]"#),
            "plugins/fleet/openapi.json" => json(document),
            "namespaces" => json(r#"["prod","dev"]"#),
            "namespaces/prod/instances" => list(&["orders", "reviews"]),
            "namespaces/dev/instances" => list(&["orders"]),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    let line = |words: &str| values(&sandbox, &words.split(' ').collect::<Vec<_>>());
    eventually("those of all namespaces", || line("fleet run --instance ") == ["orders", "reviews"]);
    eventually("those of one", || line("fleet run -n dev --instance ") == ["orders"]);
    assert_eq!(line("fleet run --instance re"), ["reviews"]);
    assert_eq!(line("fleet run --other "), [""; 0]);
    let explained = sandbox.run_with(["__complete", "fleet", "run", "--instance", "o"]).stdout;
    assert!(
        explained.starts_with("orders\tdev, prod\n") || explained.starts_with("orders\tprod, dev\n"),
        "{explained}"
    );
}

/// The development host, and servers that want a session for each request.
#[test]
fn tab_after_a_name_and_info_ask_that_plugin_with_the_token_and_no_other() {
    let server = Server::start(|request| {
        let place = request.path.rsplit('/').next().unwrap();
        let is_signed_in = request.head.contains("authorization: Bearer ");
        Reply::Bytes(match place {
            "plugins" => json(r#"[{"name":"fleet"},{"name":"other"}]"#),
            _ if !is_signed_in => {
                response("400 Bad Request", "application/json", br#"{"message":"missing jwt"}"#)
            }
            "openapi.json" => json(DOCUMENT),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let shown = |plugin: &str| {
        let path = format!("/plugins/{plugin}/");
        let is_shown = |request: &crate::support::http::Request| {
            request.path.contains(&path) && request.head.contains("authorization")
        };
        server.requests().iter().any(is_shown)
    };
    let _ = values(&sandbox, &[""]);
    eventually("TAB knows the plugins", || values(&sandbox, &["fl"]) == ["fleet"]);
    sandbox.settle();
    assert!(!shown("fleet") && !shown("other"), "{:?}", server.paths());
    eventually("TAB knows what it offers", || values(&sandbox, &["fleet", "ships", ""]) == ["list", "get"]);
    assert!(shown("fleet") && !shown("other"), "{:?}", server.paths());
    let asked = server.requests().len();
    assert_eq!(values(&sandbox, &["fleet", "ships", ""]), ["list", "get"]);
    sandbox.settle();
    assert_eq!(server.requests().len(), asked);
    assert!(sandbox.run("plugin info other").success_silent().contains("ships list"));
    assert!(shown("other"));
}

#[test]
fn the_first_tab_and_the_first_help_fill_the_index() {
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"fleet"}]"#),
            "openapi.json" => json(DOCUMENT),
            "namespaces" => json(r#"["prod","dev"]"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let _ = values(&sandbox, &[""]);
    eventually("TAB knows the plugin", || values(&sandbox, &["fl"]) == ["fleet"]);
    eventually("and what it offers", || values(&sandbox, &["fleet", "ships", ""]) == ["list", "get"]);
    eventually("namespaces are known", || values(&sandbox, &["-n", ""]) == ["dev", "prod"]);
    sandbox.settle();
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    std::fs::create_dir(sandbox.path("cache")).unwrap();
    let _ = sandbox.run("--help").success_silent();
    eventually("help lists it", || sandbox.run("--help").success_silent().contains("  fleet"));
    sandbox.settle();
}

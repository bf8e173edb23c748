//! TAB against values that are code: real shells at a terminal, and nothing but exactly the value may come of it.

use crate::support::sandbox::eventually;
use crate::support::skip::shell_of;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use std::path::Path;

/// Code that would leave a file, in the forms that shells know.
const VALUES: &[&str] = &[
    "x;touch canary;",
    "x$(touch canary)",
    "x`touch canary`",
    "x';touch canary;'",
    "x\";touch canary;\"",
    "x|touch canary",
    "x&touch canary&",
    "x!!",
    "x\\';touch canary;'",
    "x (touch canary)",
    "x~{a,b}*#<",
];
/// Values whose common start is code.
const COMMON: &[&str] = &["x;touch canary;a\tfirst", "x;touch canary;b\tsecond"];

struct Shell<'a> {
    name: &'a str,
    path: &'a str,
    start: &'a str,
    /// What loads the script.
    load: &'a str,
    /// What chooses from its list of candidates, where it has one even for a single candidate.
    accept: &'a str,
    /// The beginnings of a word, quotes included, in which each value is completed.
    opened: &'a [&'a str],
}

/// Presses TAB and Enter on each value, in each quote.
fn attack(shell: &Shell<'_>) {
    if !Path::new(shell.path).exists() {
        return skip(shell_of(shell.path), shell.name, &format!("{} is not installed", shell.path));
    }
    let sandbox = Sandbox::new().with("CI", "1").with("EVERESTCTL_TEST_UNHURRIED", "1");
    let [offered, given, answered] = ["offered", "given", "answered"].map(|name| sandbox.path(name));
    sandbox.script(
        "plugins/everestctl-stub",
        &format!(
            "if [ \"$1\" = __complete ]; then cat {}; echo :4; : >{}; exit; fi\nprintf '%s\\n' \"$@\" end > {}",
            offered.display(),
            answered.display(),
            given.display()
        ),
    );
    sandbox.write("plugins/everestctl-stub.yaml", "completion: cobra\n");
    let Some(mut terminal) = Terminal::start(&sandbox, shell.start) else {
        return skip("script", shell.name, "script (util-linux) is not installed");
    };
    let binaries = Path::new(env!("CARGO_BIN_EXE_everestctl")).parent().unwrap().display().to_string();
    terminal.press(&shell.load.replace("BIN", &binaries));
    terminal.press("echo load''ed\r");
    terminal.shows(&["loaded"]);
    let read = || std::fs::read_to_string(&given).unwrap_or_default();
    for value in VALUES {
        for open in shell.opened {
            let whole = if open.starts_with("--v=") { format!("--v={value}") } else { (*value).to_owned() };
            std::fs::write(&offered, format!("{whole}\n")).unwrap();
            let _ = std::fs::remove_file(&given);
            let _ = std::fs::remove_file(&answered);
            terminal.clear();
            terminal.press(&format!("everestctl stub {open}x\t"));
            // Keys that come before the answer would be read with it.
            eventually(&format!("{open}x and {value:?} is asked for"), || answered.exists());
            terminal.settles();
            if !shell.accept.is_empty() {
                terminal.clear();
                terminal.press(shell.accept);
                terminal.settles();
            }
            terminal.press("\r");
            eventually(&format!("{open}x and {value:?}: {}", terminal.seen()), || read().ends_with("end\n"));
            assert_eq!(read(), format!("{whole}\nend\n"), "{open}: {}", terminal.seen());
        }
    }
    std::fs::write(&offered, COMMON.join("\n") + "\n").unwrap();
    // Where a list is chosen from, there is no common start that would be inserted.
    if shell.accept.is_empty() {
        for keys in ["\t", "\t\t"] {
            let _ = std::fs::remove_file(&given);
            for keys in [&*format!("everestctl stub {keys}"), "\r", "\r"] {
                // In fish the first Enter chooses from the list.
                terminal.clear();
                terminal.press(keys);
                terminal.settles();
            }
            eventually("the common beginning is a word", || read().ends_with("end\n"));
            assert!(read().starts_with("x;touch canary;"), "{}", read());
        }
    }
    for folder in ["", "home", "bin", "plugins"] {
        assert!(!sandbox.path(folder).join("canary").exists(), "code ran: {}", terminal.seen());
    }
}

#[test]
fn bash_never_runs_a_value() {
    attack(&Shell {
        name: "bash_never_runs_a_value",
        path: "/bin/bash",
        start: "/bin/bash --norc --noprofile -i",
        load: "PATH=BIN:$PATH; source <(everestctl completion bash)\r",
        accept: "",
        opened: &["", "'", "\"", "$'", "--v=", "--v='", "--v=\""],
    });
}

#[test]
fn zsh_never_runs_a_value() {
    attack(&Shell {
        name: "zsh_never_runs_a_value",
        path: "/usr/bin/zsh",
        start: "/usr/bin/zsh -f -i",
        load: "PATH=BIN:$PATH; autoload -Uz compinit && compinit -u -D; source <(everestctl completion zsh)\r",
        accept: "",
        opened: &["", "'", "\"", "--v="],
    });
}

/// zsh reads a word behind a backtick twice, and quotes what it inserts once.
#[test]
fn zsh_runs_no_value_behind_a_backtick() {
    let name = "zsh_runs_no_value_behind_a_backtick";
    if !Path::new("/usr/bin/zsh").exists() {
        return skip("zsh", name, "/usr/bin/zsh is not installed");
    }
    let sandbox = Sandbox::new().with("CI", "1");
    // What it answers is a program, if only it gets to a shell.
    let stub = "if [ \"$1\" = __complete ]; then echo 'a\\|sh'; echo :4; exit; fi\necho 'touch canary'";
    sandbox.script("plugins/everestctl-stub", stub);
    sandbox.write("plugins/everestctl-stub.yaml", "completion: cobra\n");
    let Some(mut terminal) = Terminal::start(&sandbox, "/usr/bin/zsh -f -i") else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    let binaries = Path::new(env!("CARGO_BIN_EXE_everestctl")).parent().unwrap().display().to_string();
    terminal.press(&format!(
        "PATH={binaries}:$PATH; autoload -Uz compinit && compinit -u -D; source <(everestctl completion zsh); echo load''ed\r"
    ));
    terminal.shows(&["loaded"]);
    for (line, end) in [
        ("echo `everestctl stub a", "`"),
        ("X=\"`everestctl stub a", "`\""),
        ("echo `\reverestctl stub a", "`"),
    ] {
        terminal.clear();
        terminal.press(&format!("{line}\t"));
        terminal.settles();
        terminal.press(&format!("{end}; echo en''ded\r"));
        terminal.shows(&["ended"]);
    }
    for folder in ["", "home", "bin", "plugins"] {
        assert!(!sandbox.path(folder).join("canary").exists(), "code ran: {}", terminal.seen());
    }
}

#[test]
fn fish_never_runs_a_value() {
    attack(&Shell {
        name: "fish_never_runs_a_value",
        path: "/usr/bin/fish",
        start: "/usr/bin/fish --no-config -i",
        load: "set -x PATH BIN $PATH; set -g fish_autosuggestion_enabled 0; everestctl completion fish | source\r",
        accept: "",
        opened: &["", "'", "\"", "--v="],
    });
}

#[test]
fn elvish_never_runs_a_value() {
    attack(&Shell {
        name: "elvish_never_runs_a_value",
        path: "/usr/bin/elvish",
        start: "/usr/bin/elvish -norc",
        load: "set paths = [BIN $@paths]; eval (everestctl completion elvish | slurp)\r",
        accept: "\r",
        opened: &[""],
    });
}

/// The example of a hostile neighbour: a program of that name in the current folder.
#[test]
fn tab_runs_nothing_of_the_current_folder() {
    let name = "tab_runs_nothing_of_the_current_folder";
    let sandbox = Sandbox::new();
    sandbox.script("home/everestctl", "touch \"$0.ran\"");
    let script = sandbox.run("completion bash").success_silent();
    sandbox.write("home/script", &script);
    if !Path::new("/bin/bash").exists() {
        return skip("bash", name, "bash is not installed");
    }
    let Some(mut terminal) = Terminal::start(&sandbox, "/bin/bash --norc --noprofile -i") else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.press(&format!(
        "cd {}; PATH=.:/usr/bin:/bin; source ./script; echo load''ed\r",
        sandbox.path("home").display()
    ));
    terminal.shows(&["loaded"]);
    for word in ["everestctl", "./everestctl", "$HOME/everestctl"] {
        terminal.press(&format!("{word} x\t\t\u{15}"));
    }
    terminal.press("echo do''ne\r");
    terminal.shows(&["done"]);
    assert!(!sandbox.path("home/everestctl.ran").exists(), "{}", terminal.seen());
}

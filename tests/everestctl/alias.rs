//! The user's own names for commands.

use crate::support::Sandbox;
use crate::support::http::Server;
use snapbox::{assert_data_eq, str};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script("bin/everestctl-show", "for word; do echo \"[$word]\"; done");
    sandbox
}

#[test]
fn an_alias_is_words_with_places_for_arguments() {
    let sandbox = sandbox();
    let set = |name: &str, words: &str| sandbox.run_with(["alias", "set", name, words]).success_stderr();
    let said = set("both", "show -x $2 'a b' $1");
    assert!(said.starts_with("created alias `both` for ") && said.contains("show -x $2"), "{said}");
    assert_eq!(
        sandbox.run_with(["both", "one two", "3", "--rest"]).success_silent(),
        "[-x]\n[3]\n[a b]\n[one two]\n[--rest]\n"
    );
    set("all", "show $@ end");
    assert_eq!(sandbox.run("all 1 2").success_silent(), "[1]\n[2]\n[end]\n");
    // An alias may lead to another, and start with global options.
    set("twice", "--offline both x");
    assert_eq!(sandbox.run("twice y").success_silent(), "[-x]\n[y]\n[a b]\n[x]\n");
    set("names", "plugin list -o name --source local");
    assert_eq!(sandbox.run("names").success_silent(), "show\n");
    assert_data_eq!(
        sandbox.run("both 1").stderr_failed(2),
        str![[r"
error: alias `both` needs at least 2 arguments
hint: it expands to `show -x $2 a b $1`

"]]
    );
    // There is no shell.
    set("danger", "show $(touch broken) `touch broken` ; touch broken | x");
    sandbox.run("danger").success_silent();
    assert!(!sandbox.path("home/broken").exists() && !sandbox.path("broken").exists());
}

#[test]
fn they_are_listed_replaced_and_deleted() {
    let sandbox = sandbox();
    sandbox.run_with(["alias", "set", "s", "show 1"]).success_stderr();
    assert!(sandbox.run_with(["alias", "set", "s", "show 2"]).success_stderr().contains("was: 'show 1'"));
    assert_data_eq!(
        sandbox.run("alias list").success_silent(),
        str![[r"
NAME  STANDS FOR
s     show 2

"]]
    );
    assert_eq!(sandbox.run("alias list -o json").json()["items"][0]["command"], "show 2");
    assert_eq!(sandbox.run("s").success_silent(), "[2]\n");
    assert!(sandbox.run("--help").success_silent().contains("Aliases:\n  s  show 2\n"));
    assert!(sandbox.run("plugin which s").stderr_failed(1).contains("it is your alias for 'show 2'"));
    sandbox.run("alias delete s").success_stderr();
    assert!(sandbox.run("s").stderr_failed(127).contains("no such command: s"));
    assert!(sandbox.run("alias delete s").stderr_failed(2).contains("no alias `s`"));
}

#[test]
fn no_alias_comes_before_a_command_or_leads_to_itself() {
    let server = Server::with_plugins(r#"[{"name":"bench"}]"#);
    let sandbox = sandbox().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    let refused = |name: &str, words: &str| sandbox.run_with(["alias", "set", name, words]).stderr_failed(2);
    for (name, words, why) in [
        ("plugin", "show", "`plugin` is a command of everestctl"),
        ("install", "show", "`install` is a command of everestctl"),
        ("show", "plugin list", "`show` is a plugin's command (local)"),
        ("bench", "show", "`bench` is a plugin's command (server)"),
        ("a", "a b", "the alias is circular: a → a"),
        ("a b", "show", "'a b' is not a valid alias"),
        ("../x", "show", "is not a valid alias"),
        ("x", "", "an alias needs at least one word"),
        ("x", "show 'open", "unclosed quote"),
        ("x", "!rm -rf /", "an alias cannot run a shell command"),
    ] {
        let said = refused(name, words);
        assert!(said.contains(why), "{name}: {said}");
    }
    sandbox.run_with(["alias", "set", "a", "b"]).success_stderr();
    assert!(refused("b", "-v a").contains("b → a → b"));
    // A plugin that came later wins, and the list says so.
    sandbox.run_with(["alias", "set", "late", "show alias"]).success_stderr();
    sandbox.script("bin/everestctl-late", "echo plugin");
    assert_eq!(sandbox.run("late").success_silent(), "plugin\n");
    let list = sandbox.run("alias list");
    assert!(list.stderr.contains("`late` is a plugin's command (local): alias not used"), "{list:?}");
    // A circle that was written into the file by hand is found, too.
    sandbox.write(
        "everestctl.yaml",
        "aliases:\n- name: ping\n  alias: {command: --context x pong}\n- name: pong\n  alias: {command: --context x ping}\n",
    );
    assert!(sandbox.run("ping").stderr_failed(2).contains("the alias is circular: ping → pong → ping"));
    // Without a circle they multiply what they are given, or go on and on.
    let chain = |length: usize, words: &str| -> String {
        let link = |at: usize| format!("- name: c{at}\n  alias: {{command: 'c{} {words}'}}\n", at + 1);
        let end = format!("- name: c{length}\n  alias: {{command: show}}\n");
        format!("aliases:\n{}{end}", (0..length).map(link).collect::<String>())
    };
    sandbox.write("everestctl.yaml", chain(12, "$@ $@ $@ $@ $@ $@ $@ $@ $@ $@"));
    assert!(
        sandbox.run("c0 x y").stderr_failed(2).contains("expands to more than 1024 words, or to 128 KiB")
    );
    sandbox.write("everestctl.yaml", chain(12, "$1$1$1$1$1$1$1$1$1$1"));
    assert!(sandbox.run("c0 x").stderr_failed(2).contains("expands to more than 1024 words, or to 128 KiB"));
    sandbox.write("everestctl.yaml", chain(17, ""));
    assert!(sandbox.run("c0").stderr_failed(2).contains("aliases can be nested at most 15 times: c0 → c1"));
    sandbox.write("everestctl.yaml", chain(15, ""));
    sandbox.run("c0").success_silent();
}

#[test]
fn tab_completes_the_name_and_what_it_stands_for() {
    let sandbox = sandbox();
    sandbox.run_with(["alias", "set", "pl", "plugin list"]).success_stderr();
    let offered = |words: &[&str]| sandbox.run_with(["__complete"].iter().chain(words)).success_silent();
    assert_eq!(
        offered(&["pl"]),
        "pl\tplugin list\nplugin\tList, explain and run commands from plugins\n:4\n"
    );
    assert!(offered(&["pl", "--no-h"]).starts_with("--no-headers\t"));
}

#[test]
fn an_alias_of_a_word_that_nothing_has_is_told() {
    let sandbox = sandbox();
    assert_data_eq!(
        sandbox.run_with(["alias", "set", "bad", "nosuch $1"]).success_stderr(),
        str![[r"
warning: `nosuch` is not a command here
hint: run `everestctl plugin list` to list all commands
created alias `bad` for 'nosuch $1'

"]]
    );
    // A command, another alias, a flag of ours, a word that comes later.
    for (name, line) in
        [("a", "show x"), ("b", "a y"), ("c", "-n prod show"), ("d", "$1 list"), ("e", "plugin list")]
    {
        let said = sandbox.run_with(["alias", "set", name, line]).success_stderr();
        assert!(!said.contains("warning"), "{said}");
    }
}

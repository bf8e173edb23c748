//! Commands that people know from other programs (kubectl, docker, gh, helm, brew), and the command that does the same here.
//!
//! Pure: it must not know which commands plugins have. Whoever asks has found that the word is none of them.

/// What other programs and people call a plugin, a context and an alias.
const PLUGINS: &[&str] =
    &["plugin", "plugins", "plg", "extension", "extensions", "ext", "exts", "command", "commands"];
const CONTEXTS: &[&str] = &["context", "contexts", "ctx"];
const ALIASES: &[&str] = &["alias", "aliases"];

/// The command for `words`, of which the first is no command here; `None` for words that other programs do not have.
pub(super) fn of_words(words: &[&str]) -> Option<String> {
    let (&first, rest) = words.split_first()?;
    let [kind, name] = [0, 1].map(|at| rest.get(at).copied());
    let command = match first {
        "get" | "list" | "ls" | "ps" | "show-all" | "api-resources" => return list_of(kind, name),
        "describe" | "show" | "inspect" | "explain" => of_plugin("plugin info", kind, name),
        "delete" | "remove" | "rm" if is(kind, CONTEXTS) => with_name("config delete-context", name),
        "delete" | "remove" | "rm" if is(kind, ALIASES) => with_name("alias delete", name),
        "delete" | "remove" | "rm" => of_plugin("plugin remove", kind, name),
        "create" | "new" | "init" if is(kind, CONTEXTS) => with_name("config set-context", name),
        "create" | "new" | "init" if is(kind, ALIASES) => with_name("alias set", name),
        "create" | "new" | "init" => of_plugin("plugin new", kind, name),
        "add" | "update" if is(kind, PLUGINS) || kind.is_none() => {
            with_name(if first == "add" { "plugin install" } else { "plugin upgrade" }, name)
        }
        "add" | "update" => with_name(if first == "add" { "plugin install" } else { "plugin upgrade" }, kind),
        "apply" => "plugin apply -f FILE".to_owned(),
        word if PLUGINS.contains(&word) => match kind {
            None => "plugin list".to_owned(),
            Some(below) => format!("plugin {}", of_group("plugin", below).unwrap_or(below)),
        },
        word if CONTEXTS.contains(&word) => match (kind, name) {
            (None | Some("ls" | "list" | "get"), _) => "config get-contexts".to_owned(),
            (Some("use" | "switch" | "set"), name) | (name, _) => with_name("config use-context", name),
        },
        "use" | "switch" if is(kind, CONTEXTS) => with_name("config use-context", name),
        "use" | "switch" => with_name("config use-context", kind),
        "namespace" | "ns" => with_name("config set-context --current --namespace", kind),
        "signin" | "sign-in" | "logon" => "auth login".to_owned(),
        "signout" | "sign-out" | "logoff" => "auth logout".to_owned(),
        "serve" | "server" | "start" | "up" => "host run".to_owned(),
        "shell" | "sh" => "host exec".to_owned(),
        "check" | "diagnose" | "health" => "doctor".to_owned(),
        "repo" | "repository" | "tap" => "plugin catalog".to_owned(),
        "man" | "manual" => "help --man".to_owned(),
        "request" | "curl" => "plugin api".to_owned(),
        _ => return None,
    };
    Some(command)
}

/// Below a group: one of its commands, and what other programs call it.
const BELOW: &[(&str, &str, &[&str])] = &[
    ("plugin", "list", &["get", "ps", "status", "show-all"]),
    ("plugin", "info", &["describe", "show", "inspect", "explain", "view"]),
    ("plugin", "new", &["create", "init", "scaffold", "generate"]),
    ("plugin", "run", &["exec", "start", "call"]),
    ("plugin", "refresh", &["reload"]),
    ("plugin", "lint", &["validate", "check"]),
    ("plugin", "pack", &["build", "package"]),
    ("plugin", "push", &["publish", "upload"]),
    ("plugin", "search", &["find"]),
    ("plugin", "events", &["logs", "watch"]),
    ("plugin", "dev", &["serve", "develop"]),
    ("plugin", "rollback", &["undo", "downgrade"]),
    ("plugin", "catalog", &["repo", "repository", "tap", "registry", "index"]),
    ("plugin", "api", &["request", "curl"]),
    ("plugin", "which", &["where", "whence", "type"]),
    ("config", "get-contexts", &["get", "ls", "contexts", "get-context"]),
    ("config", "current-context", &["current", "context"]),
    ("config", "use-context", &["use", "switch"]),
    ("config", "set-context", &["set", "add", "create", "unset"]),
    ("config", "delete-context", &["delete", "remove", "rm"]),
    ("config", "rename-context", &["rename", "mv"]),
    ("config", "view", &["show", "cat", "print"]),
    ("auth", "login", &["signin", "sign-in", "logon"]),
    ("auth", "logout", &["signout", "sign-out", "logoff"]),
    ("auth", "whoami", &["me", "user", "who-am-i"]),
    ("auth", "status", &["info", "show"]),
    ("auth", "token", &["print-token", "access-token"]),
    ("alias", "set", &["create", "add", "new", "define"]),
    ("alias", "list", &["get", "show"]),
    ("host", "run", &["start", "up", "serve", "server"]),
    ("host", "exec", &["shell", "sh"]),
];

/// The command below the group `group` for `word`, which is none of its commands.
pub(super) fn of_group(group: &str, word: &str) -> Option<&'static str> {
    let found = BELOW.iter().find(|(of, _, words)| *of == group && words.contains(&word));
    found.map(|(_, command, _)| *command)
}

/// Lists as kubectl and docker ask for them.
fn list_of(kind: Option<&str>, name: Option<&str>) -> Option<String> {
    match (kind, name) {
        (None, _) => Some("plugin list".to_owned()),
        (kind, None) if is(kind, PLUGINS) => Some("plugin list".to_owned()),
        (kind, Some(name)) if is(kind, PLUGINS) => Some(format!("plugin info {name}")),
        (kind, _) if is(kind, CONTEXTS) => Some("config get-contexts".to_owned()),
        (kind, _) if is(kind, ALIASES) => Some("alias list".to_owned()),
        (Some("event" | "events"), _) => Some("plugin events".to_owned()),
        _ => None,
    }
}

/// `describe plugin NAME` and `describe NAME`.
fn of_plugin(command: &str, kind: Option<&str>, name: Option<&str>) -> String {
    with_name(command, if is(kind, PLUGINS) { name } else { kind })
}

fn with_name(command: &str, name: Option<&str>) -> String {
    format!("{command} {}", name.unwrap_or("NAME"))
}

fn is(kind: Option<&str>, kinds: &[&str]) -> bool {
    kind.is_some_and(|kind| kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::program::CommandLine;
    use crate::cli::root;

    /// What people type, and the command that does it here.
    const WORDS: &[(&str, &str)] = &[
        ("get", "plugin list"),
        ("get plugins", "plugin list"),
        ("get plg", "plugin list"),
        ("get plugin sql", "plugin info sql"),
        ("ls", "plugin list"),
        ("describe plugin sql", "plugin info sql"),
        ("describe sql", "plugin info sql"),
        ("delete plugin sql", "plugin remove sql"),
        ("rm sql", "plugin remove sql"),
        ("create plugin", "plugin new NAME"),
        ("update", "plugin upgrade NAME"),
        ("update sql", "plugin upgrade sql"),
        ("add plugin sql", "plugin install sql"),
        ("apply", "plugin apply -f FILE"),
        ("ext list", "plugin list"),
        ("ext get", "plugin list"),
        ("ctx", "config get-contexts"),
        ("get contexts", "config get-contexts"),
        ("context use prod", "config use-context prod"),
        ("ctx prod", "config use-context prod"),
        ("use context prod", "config use-context prod"),
        ("switch prod", "config use-context prod"),
        ("ns prod", "config set-context --current --namespace prod"),
        ("get events", "plugin events"),
        ("get aliases", "alias list"),
        ("signin", "auth login"),
        ("serve", "host run"),
        ("health", "doctor"),
    ];

    #[test]
    fn words_of_other_programs_lead_to_a_command_that_is_there() {
        let paths = CommandLine::new(root::PARTS).paths();
        for (typed, expected) in WORDS {
            let words: Vec<&str> = typed.split(' ').collect();
            let found = of_words(&words).unwrap_or_default();
            assert_eq!(found, *expected, "{typed}");
            let is_command = found.starts_with("host ")
                || paths.iter().any(|path| found == *path || found.starts_with(&format!("{path} ")));
            assert!(is_command, "{found}");
        }
        for typed in ["get pods", "bench", "zzz"] {
            assert_eq!(of_words(&typed.split(' ').collect::<Vec<_>>()), None, "{typed}");
        }
    }

    #[test]
    fn words_below_a_group_are_answered_with_one_of_its_commands() {
        let tree = CommandLine::new(root::PARTS);
        let tree = tree.tree();
        for (group, command, words) in BELOW.iter().filter(|(group, ..)| *group != "host") {
            let group = tree.find_subcommand(group).unwrap();
            assert!(group.find_subcommand(command).is_some(), "{command}");
            for word in *words {
                assert_eq!(of_group(group.get_name(), word), Some(*command), "{word}");
                assert!(group.find_subcommand(word).is_none(), "{word} is a command");
            }
        }
        assert_eq!(of_group("config", "use"), Some("use-context"));
        assert_eq!(of_group("plugin", "zzz"), None);
    }
}

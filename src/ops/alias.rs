//! `alias …`: the user's own names for commands, kept in `everestctl.yaml`.
//!
//! An alias stands for words, split as a shell splits them; there is no shell, and nothing in it runs. `$1` to `$9`
//! are the arguments that follow it, `$@` is all of them, and other arguments are appended. It never comes
//! before a command: whatever the file says, an alias is looked for only when nothing else has the name.

use super::App;
use crate::app::catalog::CommandCatalog;
use crate::config::edit::{ConfigList, Edit};
use crate::config::{ConfigError, ConfigFile};
use crate::error::{Failure, exit};
use crate::model::{CleanText, CommandWord, quoted, reserved};
use crate::resolve::{RunTarget, candidates, choose};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// How many aliases can be nested.
pub const DEEPEST: usize = 16;
/// The longest line that an alias stands for, in bytes.
const LONGEST: usize = 4096;
/// So many words more than it is given an alias may become.
const MOST_WORDS: usize = 1024;
/// So many bytes more, in all words together.
const MOST_BYTES: usize = 128 * 1024;

/// One alias. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AliasRow {
    /// Name of the alias.
    pub name: String,
    /// What it stands for.
    pub command: String,
    /// What has the name instead, when something has.
    pub shadowed_by: Option<String>,
}

/// All aliases, by name.
pub fn list(app: &App) -> Result<Vec<AliasRow>, Failure> {
    let catalog = CommandCatalog::new(app);
    let row = |(name, command): (String, String)| AliasRow {
        shadowed_by: CommandWord::new(&name).ok().and_then(|word| taken(app, &word, &catalog)),
        name,
        command,
    };
    Ok(read(app)?.into_iter().map(row).collect())
}

/// What [`set`] has found.
#[derive(Debug)]
pub struct CreatedAlias {
    /// What the name stood for before.
    pub before: Option<String>,
    /// The first word of the line, when nothing has that name yet.
    pub unknown: Option<String>,
}

/// Gives `line` a name.
pub fn set(app: &App, name: &str, line: &str) -> Result<CreatedAlias, Failure> {
    let name = checked(name)?;
    let catalog = CommandCatalog::new(app);
    if let Some(owner) = taken(app, &name, &catalog) {
        return Err(Failure::new(exit::USAGE, format!("`{name}` is {owner} and cannot be an alias")));
    }
    let words = split(name.as_str(), line)?;
    let mut aliases = read(app)?;
    let before = aliases.insert(name.as_str().to_owned(), line.to_owned());
    if let Some(circle) = circle(name.as_str(), &aliases) {
        return Err(endless(&circle));
    }
    if words.is_empty() {
        return Err(Failure::new(exit::USAGE, "an alias needs at least one word")
            .hint(format!("everestctl alias set {name} 'plugin list --all'")));
    }
    let unknown = words.first().filter(|word| leads_nowhere(app, word, &aliases, &catalog)).cloned();
    let name = name.as_str().to_owned();
    change(app, Edit::Set { list: ConfigList::Aliases, name, field: "command", value: line.into() })?;
    Ok(CreatedAlias { before, unknown })
}

/// Whether nothing is known to have the name `word`. It is not an error: the command may come with another server.
fn leads_nowhere(
    app: &App,
    word: &str,
    aliases: &BTreeMap<String, String>,
    catalog: &CommandCatalog<'_>,
) -> bool {
    // A global flag, or a word that is filled in later.
    if word.starts_with(['-', '$']) {
        return false;
    }
    !aliases.contains_key(word)
        && CommandWord::new(word).map_or(true, |word| taken(app, &word, catalog).is_none())
}

/// Takes a name away again.
pub fn delete(app: &App, name: &str) -> Result<(), Failure> {
    let aliases = read(app)?;
    if !aliases.contains_key(name) {
        let mut failure = Failure::new(exit::USAGE, format!("no alias `{}`", CleanText::new(name)));
        let names: Vec<&str> = aliases.keys().map(String::as_str).collect();
        if !names.is_empty() {
            failure = failure.hint(format!("known aliases: {}", names.join(", ")));
        }
        return Err(failure);
    }
    change(app, Edit::Remove { list: ConfigList::Aliases, name: name.to_owned() })
}

/// All aliases with what they expand to, shadowed or not; none if they cannot be read.
pub fn all(app: &App) -> BTreeMap<String, String> {
    read(app).unwrap_or_default()
}

/// The arguments that the alias `name` stands for, with those that follow it; `None` when it is not an alias.
pub fn expand(
    app: &App,
    name: &CommandWord,
    arguments: &[OsString],
) -> Result<Option<Vec<OsString>>, Failure> {
    // A damaged file is as good as none where no alias is wanted for certain; `alias list` says what is wrong.
    let Some(line) = all(app).remove(name.as_str()) else { return Ok(None) };
    filled(name.as_str(), &split(name.as_str(), &line)?, arguments).map(Some)
}

/// The failure for aliases that lead on and on: to themselves, or further than [`DEEPEST`].
pub fn endless(names: &[String]) -> Failure {
    let is_circle = names.iter().enumerate().any(|(number, name)| names[..number].contains(name));
    let what = if is_circle {
        "the alias is circular".to_owned()
    } else {
        format!("aliases can be nested at most {} times", DEEPEST - 1)
    };
    Failure::new(exit::USAGE, format!("{what}: {}", names.join(" → "))).hint("everestctl alias list")
}

fn checked(name: &str) -> Result<CommandWord, Failure> {
    CommandWord::new(name).map_err(|error| {
        let mut failure = Failure::new(exit::USAGE, format!("{} is not a valid alias", quoted(name)));
        failure.causes.push(error.to_string());
        failure
    })
}

/// What has this name, in words.
fn taken(app: &App, name: &CommandWord, catalog: &CommandCatalog<'_>) -> Option<String> {
    if reserved::owner(name.as_str()).is_some() {
        return Some("a command of everestctl".to_owned());
    }
    if app.options.no_plugins {
        return None;
    }
    match choose(candidates(std::slice::from_ref(name), catalog))?.target {
        RunTarget::Command(command) => Some(format!("a plugin's command ({})", command.source())),
        RunTarget::Claimed { .. } => Some("a plugin's command".to_owned()),
        RunTarget::BuiltIn(_)
        | RunTarget::Bundled { .. }
        | RunTarget::Kept { .. }
        | RunTarget::Core { .. } => Some("a command of everestctl".to_owned()),
    }
}

/// The words of a line, as a shell splits them.
fn split(name: &str, line: &str) -> Result<Vec<String>, Failure> {
    let failure = |why: &str| {
        let mut failure = Failure::new(
            exit::USAGE,
            format!("the alias `{name}` cannot be {}", quoted(CleanText::new(line).as_str())),
        );
        failure.causes.push(why.to_owned());
        failure
    };
    if line.len() > LONGEST {
        return Err(failure("it is longer than 4096 characters"));
    }
    if line.trim_start().starts_with('!') {
        return Err(failure(
            "an alias cannot run a shell command; use an executable `everestctl-NAME` on PATH instead",
        ));
    }
    shell_words::split(line).map_err(|_| failure("unclosed quote"))
}

/// Puts the arguments where the words name them, and appends the others. Aliases that call each other multiply what
/// they are given, so what comes out is little more than what goes in.
fn filled(name: &str, words: &[String], arguments: &[OsString]) -> Result<Vec<OsString>, Failure> {
    let mut used = 0;
    let mut filled = FilledAlias::behind(name, arguments);
    for word in words {
        if word == "$@" {
            for argument in arguments {
                filled.push(argument.clone())?;
            }
            used = arguments.len();
            continue;
        }
        let mut made = OsString::new();
        let mut rest = word.as_str();
        while let Some((before, number, behind)) = placeholder(rest) {
            let Some(argument) = arguments.get(number - 1) else {
                let line = words.join(" ");
                return Err(Failure::new(
                    exit::USAGE,
                    format!("alias `{name}` needs at least {number} arguments"),
                )
                .hint(format!("it expands to `{line}`")));
            };
            used = used.max(number);
            made.push(before);
            made.push(argument);
            filled.has_room_for(made.len())?;
            rest = behind;
        }
        made.push(rest);
        filled.push(made)?;
    }
    for argument in arguments.iter().skip(used) {
        filled.push(argument.clone())?;
    }
    Ok(filled.words)
}

/// What an alias becomes, within its limits.
struct FilledAlias<'a> {
    name: &'a str,
    words: Vec<OsString>,
    bytes: usize,
    most_words: usize,
    most_bytes: usize,
}

impl<'a> FilledAlias<'a> {
    fn behind(name: &'a str, arguments: &[OsString]) -> Self {
        let given: usize = arguments.iter().map(|word| word.len()).sum();
        Self {
            name,
            words: Vec::new(),
            bytes: 0,
            most_words: arguments.len().saturating_add(MOST_WORDS),
            most_bytes: given.saturating_add(MOST_BYTES),
        }
    }

    fn has_room_for(&self, bytes: usize) -> Result<(), Failure> {
        if self.words.len() < self.most_words && self.bytes.saturating_add(bytes) <= self.most_bytes {
            return Ok(());
        }
        let message = format!(
            "alias `{}` expands to more than {MOST_WORDS} words, or to {} KiB more than its arguments",
            self.name,
            MOST_BYTES / 1024
        );
        Err(Failure::new(exit::USAGE, message).hint("everestctl alias list"))
    }

    fn push(&mut self, word: OsString) -> Result<(), Failure> {
        self.has_room_for(word.len())?;
        self.bytes += word.len();
        self.words.push(word);
        Ok(())
    }
}

/// The first `$1` to `$9`, with what comes before and after it.
fn placeholder(word: &str) -> Option<(&str, usize, &str)> {
    word.match_indices('$').find_map(|(at, _)| {
        let digit = word[at + 1..].chars().next()?.to_digit(10).filter(|digit| *digit > 0)?;
        Some((&word[..at], digit as usize, &word[at + 2..]))
    })
}

/// The names along which `name` leads to itself. Global flags before a command may take a value, which is not told
/// from a command here; running the alias counts as well.
fn circle(name: &str, aliases: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let mut seen = vec![name.to_owned()];
    let mut current = name.to_owned();
    while seen.len() <= DEEPEST {
        let words = shell_words::split(aliases.get(&current)?).ok()?;
        current = words.into_iter().find(|word| !word.starts_with('-'))?;
        seen.push(current.clone());
        if current == name {
            return Some(seen);
        }
    }
    None
}

fn read(app: &App) -> Result<BTreeMap<String, String>, Failure> {
    Ok(app
        .preferences()?
        .aliases()
        .filter(|(name, _)| CommandWord::new(name).is_ok())
        .map(|(name, command)| (name.to_owned(), command.to_owned()))
        .collect())
}

fn change(app: &App, edit: Edit) -> Result<(), Failure> {
    Ok(file(app)?.change(app.patience(), |_| vec![edit])?)
}

fn file(app: &App) -> Result<ConfigFile, Failure> {
    Ok(app.config_file().ok_or(ConfigError::NoPlace)?.own_beside())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str, arguments: &[&str]) -> Result<Vec<OsString>, Failure> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        filled("x", &split("x", line)?, &arguments)
    }

    #[test]
    fn arguments_go_where_they_are_named_and_the_others_behind() {
        for (line, arguments, expected) in [
            ("plugin list", &["-o", "json"][..], &["plugin", "list", "-o", "json"][..]),
            (
                "bench run --instance $1 -n $2",
                &["a b", "ns", "--wait"],
                &["bench", "run", "--instance", "a b", "-n", "ns", "--wait"],
            ),
            ("q --filter '{\"a\": \"$2\"}' $1", &["c", "$1"], &["q", "--filter", "{\"a\": \"$1\"}", "c"]),
            ("x $@ y", &["1", "2"], &["x", "1", "2", "y"]),
            ("cost $0 $ a$", &[], &["cost", "$0", "$", "a$"]),
        ] {
            let expected: Vec<OsString> = expected.iter().map(OsString::from).collect();
            assert_eq!(run(line, arguments).unwrap(), expected, "{line}");
        }
        assert_eq!(run("x $3", &["a"]).unwrap_err().message, "alias `x` needs at least 3 arguments");
    }

    #[test]
    fn a_circle_is_found_and_a_chain_is_none() {
        let aliases = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, line)| ((*name).to_owned(), (*line).to_owned())).collect()
        };
        assert_eq!(circle("a", &aliases(&[("a", "b x"), ("b", "-v a")])).unwrap(), ["a", "b", "a"]);
        assert_eq!(circle("a", &aliases(&[("a", "a")])).unwrap(), ["a", "a"]);
        assert_eq!(circle("a", &aliases(&[("a", "b"), ("b", "plugin list")])), None);
    }

    #[test]
    fn what_it_becomes_is_little_more_than_what_it_is_given() {
        // Many arguments are no growth.
        let many: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(run("x $@", &many).unwrap().len(), 20_001);
        let long = "y".repeat(1024 * 1024);
        assert_eq!(run("x $1", &[&long]).unwrap().len(), 2);
        for (line, arguments) in [
            (" $@ $@", &many[..]),
            (&" $@".repeat(1000), &["a", "b"][..]),
            (&"$1".repeat(1000), &[long.as_str()][..]),
            (&" $1".repeat(500), &[&long[..2000]][..]),
        ] {
            let failure = run(line, arguments).unwrap_err();
            assert!(
                failure.message.contains("expands to more than 1024 words, or to 128 KiB"),
                "{}",
                failure.message
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_a_panic(line in "\\PC{0,40}", arguments in proptest::collection::vec("\\PC{0,8}", 0..3)) {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let _ = run(&line, &arguments);
        }
    }
}

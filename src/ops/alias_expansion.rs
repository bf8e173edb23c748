//! What an alias becomes: its words, split as a shell splits them, with the arguments after its name in their places.
//! There is no shell, and nothing in it runs. `$1` to `$9` are the arguments that follow it, `$@` is all of them, and other
//! arguments are appended.
//!
//! It must not know where aliases are kept.

use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, CommandWord, InvalidWord, quoted};
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

/// Why an alias cannot be used as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AliasError {
    /// The name cannot be typed.
    #[error("{} is not a valid alias", quoted(name))]
    InvalidName {
        /// What was typed.
        name: String,
        /// Why it is not.
        source: InvalidWord,
    },
    /// Something has the name.
    #[error("`{name}` is {owner} and cannot be an alias")]
    Taken {
        /// The name.
        name: CommandWord,
        /// What has it, in words.
        owner: String,
    },
    /// It stands for nothing.
    #[error("an alias needs at least one word")]
    Empty(CommandWord),
    /// It does not stand for words.
    #[error("the alias `{name}` cannot be {}", quoted(CleanText::new(line).as_str()))]
    InvalidLine {
        /// The alias.
        name: String,
        /// What it is to stand for.
        line: String,
        /// What is wrong with that.
        #[source]
        why: LineFault,
    },
    /// There is no such alias.
    #[error("no alias `{}`", CleanText::new(name))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The alias leads to itself, along these names.
    #[error("the alias is circular: {}", .0.join(" → "))]
    Circular(Vec<String>),
    /// Aliases lead on and on, along these names.
    #[error("aliases can be nested at most {} times: {}", DEEPEST - 1, .0.join(" → "))]
    TooDeep(Vec<String>),
    /// Its line names an argument that was not given.
    #[error("alias `{name}` needs at least {number} arguments")]
    MissingArguments {
        /// The alias.
        name: String,
        /// So many.
        number: usize,
        /// What it stands for.
        line: String,
    },
    /// It multiplies what it is given.
    #[error(
        "alias `{0}` expands to more than {MOST_WORDS} words, or to {more} KiB more than its arguments",
        more = MOST_BYTES / 1024
    )]
    TooLarge(String),
}

/// Why a line is none that an alias can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It has too many bytes.
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    /// It is to be run by a shell, as git's aliases that start with `!`.
    #[error("an alias cannot run a shell command; use an executable `everestctl-NAME` on PATH instead")]
    Shell,
    /// A quote in it has no end.
    #[error("unclosed quote")]
    UnclosedQuote,
}

impl AliasError {
    /// Aliases that lead on and on: to themselves, or further than [`DEEPEST`].
    pub fn endless(names: &[String]) -> Self {
        let is_circle = names.iter().enumerate().any(|(number, name)| names[..number].contains(name));
        if is_circle { Self::Circular(names.to_vec()) } else { Self::TooDeep(names.to_vec()) }
    }
}

impl Explain for AliasError {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::InvalidName { .. } | Self::Taken { .. } | Self::InvalidLine { .. } => None,
            Self::Empty(name) => Some(format!("everestctl alias set {name} 'plugin list --all'")),
            Self::Unknown { known, .. } => {
                (!known.is_empty()).then(|| format!("known aliases: {}", known.join(", ")))
            }
            Self::Circular(_) | Self::TooDeep(_) | Self::TooLarge(_) => {
                Some("everestctl alias list".to_owned())
            }
            Self::MissingArguments { line, .. } => Some(format!("it expands to `{line}`")),
        };
        hint.into_iter().collect()
    }
}

/// The words of a line, as a shell splits them.
pub(super) fn split(name: &str, line: &str) -> Result<Vec<String>, AliasError> {
    let invalid = |why| AliasError::InvalidLine { name: name.to_owned(), line: line.to_owned(), why };
    if line.len() > LONGEST {
        return Err(invalid(LineFault::TooLong));
    }
    if line.trim_start().starts_with('!') {
        return Err(invalid(LineFault::Shell));
    }
    shell_words::split(line).map_err(|_| invalid(LineFault::UnclosedQuote))
}

/// Puts the arguments where the words name them, and appends the others. Aliases that call each other multiply what
/// they are given, so what comes out is little more than what goes in.
pub(super) fn filled(
    name: &str,
    words: &[String],
    arguments: &[OsString],
) -> Result<Vec<OsString>, AliasError> {
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
                let (name, line) = (name.to_owned(), words.join(" "));
                return Err(AliasError::MissingArguments { name, number, line });
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

    fn has_room_for(&self, bytes: usize) -> Result<(), AliasError> {
        if self.words.len() < self.most_words && self.bytes.saturating_add(bytes) <= self.most_bytes {
            return Ok(());
        }
        Err(AliasError::TooLarge(self.name.to_owned()))
    }

    fn push(&mut self, word: OsString) -> Result<(), AliasError> {
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
pub(super) fn circle(name: &str, aliases: &BTreeMap<String, String>) -> Option<Vec<String>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str, arguments: &[&str]) -> Result<Vec<OsString>, AliasError> {
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
        assert_eq!(run("x $3", &["a"]).unwrap_err().to_string(), "alias `x` needs at least 3 arguments");
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
            assert_eq!(failure, AliasError::TooLarge("x".to_owned()), "{line:.20}");
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

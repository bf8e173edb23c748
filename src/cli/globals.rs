//! The one table of global flags. [`super::scan`] reads it on the quick path and [`super::root`] gives it
//! to clap; a property test holds the two equal.

use super::completer::Completer;
use crate::error::{Failure, exit};
use crate::model::Via;
use crate::ops::{Options, duration};
use clap::builder::{NonEmptyStringValueParser, OsStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, ValueHint};
use std::ffi::OsStr;
use std::path::PathBuf;

/// What the help of every command says of the global options.
pub const GLOBAL: &str = "See `everestctl --help` for all global options.";

/// One global flag.
#[derive(Debug)]
pub struct GlobalFlag {
    /// Its name, without the dashes.
    pub long: &'static str,
    /// The short form: `o` for `-o`.
    pub short: Option<char>,
    /// Another name that works too.
    pub alias: Option<&'static str>,
    /// What it takes.
    pub takes: Takes,
    /// What help says of it.
    pub help: &'static str,
    /// Who knows its values.
    pub completer: Option<Completer>,
    /// Whether the help of every command shows it; the others are in the help of the program.
    pub is_common: bool,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is on or off.
    Nothing,
    /// Nothing, and it counts.
    Count,
    /// Text that is not empty, with the name that help gives it.
    Text(&'static str),
    /// A path.
    Path(&'static str),
    /// A duration.
    Duration,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// The words of `-o`.
pub const OUTPUTS: &[&str] = &[
    "table", "wide", "vertical", "json", "yaml", "name", "raw", "jsonl", "csv", "tsv", "markdown", "html",
    "plot", "sarif",
];

/// All global flags.
pub const GLOBAL_FLAGS: &[GlobalFlag] = &[
    GlobalFlag {
        completer: Some(Completer::Contexts),
        ..common("context", None, Takes::Text("NAME"), "Context to use")
    },
    flag("cluster", None, Takes::Text("NAME"), "OpenEverest cluster [default: main]"),
    GlobalFlag {
        completer: Some(Completer::Namespaces),
        ..common("namespace", Some('n'), Takes::Text("NAME"), "Namespace")
    },
    common("all-namespaces", Some('A'), Takes::Nothing, "All namespaces, whatever the context says"),
    common("output", Some('o'), Takes::OneOf(OUTPUTS), "Output format"),
    flag("json", None, Takes::Nothing, "Same as -o json"),
    flag("offline", None, Takes::Nothing, "Use the local index only; do not contact any server"),
    common("verbose", Some('v'), Takes::Count, "Print more details; -vv also prints requests and responses"),
    common("quiet", Some('q'), Takes::Nothing, "Suppress hints and most warnings"),
    flag("color", None, Takes::OneOf(&["auto", "always", "never"]), "When to use color [default: auto]"),
    flag("kubeconfig", Some('k'), Takes::Path("FILE"), "Kubeconfig file to use"),
    flag(
        "request-timeout",
        None,
        Takes::Duration,
        "Timeout for each request, for example 30s [default: 5s for lists of plugins, 1m or as the plugin says for commands]",
    ),
    flag("ca-file", None, Takes::Path("FILE"), "Also trust the CA certificates in this file"),
    flag("insecure-skip-tls-verify", None, Takes::Nothing, "Do not verify the server's certificate"),
    flag(
        "allow-http",
        None,
        Takes::Nothing,
        "Allow sending the token over plain http, where others can read it",
    ),
    flag(
        "via",
        None,
        Takes::OneOf(Via::WORDS),
        "Reach server plugins through the OpenEverest server or the Kubernetes API server [default: server if configured]",
    ),
    GlobalFlag {
        alias: Some("no-extensions"),
        ..flag("no-plugins", None, Takes::Nothing, "Run built-in commands only; ignore all plugins")
    },
];

const fn flag(long: &'static str, short: Option<char>, takes: Takes, help: &'static str) -> GlobalFlag {
    GlobalFlag { long, short, alias: None, takes, help, completer: None, is_common: false }
}

/// One that people look for in the help of any command.
const fn common(long: &'static str, short: Option<char>, takes: Takes, help: &'static str) -> GlobalFlag {
    GlobalFlag { is_common: true, ..flag(long, short, takes, help) }
}

impl GlobalFlag {
    /// The flag of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        GLOBAL_FLAGS.iter().find(|flag| flag.long == name || flag.alias == Some(name))
    }

    /// The flag of this letter.
    pub fn by_letter(letter: char) -> Option<&'static Self> {
        GLOBAL_FLAGS.iter().find(|flag| flag.short == Some(letter))
    }

    /// Whether a value belongs to it.
    pub fn takes_value(&self) -> bool {
        !matches!(self.takes, Takes::Nothing | Takes::Count)
    }

    /// The flag for clap.
    pub fn to_clap(&self) -> Arg {
        let mut arg =
            Arg::new(self.long).long(self.long).help(self.help).global(true).help_heading("Global options");
        arg = arg.hide(!self.is_common);
        if let Some(letter) = self.short {
            arg = arg.short(letter);
        }
        if let Some(alias) = self.alias {
            arg = arg.alias(alias);
        }
        if let Some(completer) = self.completer {
            arg = arg.add(completer);
        }
        match self.takes {
            Takes::Nothing => arg.action(ArgAction::SetTrue),
            Takes::Count => arg.action(ArgAction::Count),
            Takes::Text(name) => arg.value_name(name).value_parser(NonEmptyStringValueParser::new()),
            Takes::Path(name) => {
                arg.value_name(name).value_parser(OsStringValueParser::new()).value_hint(ValueHint::FilePath)
            }
            Takes::Duration => arg.value_name("DURATION").value_parser(|text: &str| {
                duration(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
            }),
            Takes::OneOf(words) => arg.value_name("WORD").value_parser(PossibleValuesParser::new(words)),
        }
    }

    /// Puts the flag with its value into `options`; `None` when the value is not what it takes.
    pub fn apply(&self, options: &mut Options, value: Option<&OsStr>) -> Option<()> {
        let text = || value.and_then(OsStr::to_str).filter(|text| !text.is_empty()).map(str::to_owned);
        if let Takes::OneOf(words) = self.takes
            && !words.contains(&value?.to_str()?)
        {
            return None;
        }
        match self.long {
            "context" => options.wishes.context = Some(text()?),
            "cluster" => options.wishes.cluster = Some(text()?),
            "namespace" => options.wishes.namespace = Some(text()?),
            "all-namespaces" => options.wishes.all_namespaces = true,
            "output" => options.output = Some(text()?),
            "json" => options.json = true,
            "offline" => options.offline = true,
            "verbose" => options.verbose = options.verbose.saturating_add(1),
            "quiet" => options.quiet = true,
            "color" => {
                options.color = match value?.to_str()? {
                    "always" => Some(true),
                    "never" => Some(false),
                    _ => None,
                }
            }
            "kubeconfig" => options.kubeconfig = Some(PathBuf::from(value?)),
            "request-timeout" => options.request_timeout = Some(duration(value?.to_str()?).ok()?),
            "no-plugins" => options.no_plugins = true,
            "ca-file" => options.ca_file = Some(PathBuf::from(value?)),
            "insecure-skip-tls-verify" => options.insecure = true,
            "allow-http" => options.allow_http = true,
            "via" => options.via = Some(Via::from_word(value?.to_str()?)?),
            _ => return None,
        }
        Some(())
    }
}

/// The global options that clap has found.
pub fn options_of(matches: &ArgMatches) -> Result<Options, Failure> {
    let mut options = Options::default();
    apply(&mut options, matches)?;
    Ok(options)
}

/// Adds the global options that clap has found to those that are known. clap has checked the values by the same table; one
/// that it lets through and the table does not is refused.
pub fn apply(options: &mut Options, matches: &ArgMatches) -> Result<(), Failure> {
    for flag in GLOBAL_FLAGS {
        let mut is_taken = |value: Option<&OsStr>| flag.apply(options, value).is_some();
        let are_taken = match flag.takes {
            Takes::Nothing => !matches.get_flag(flag.long) || is_taken(None),
            Takes::Count => (0..matches.get_count(flag.long)).all(|_| is_taken(None)),
            Takes::Text(_) | Takes::Duration | Takes::OneOf(_) => {
                let value = matches.get_one::<String>(flag.long);
                value.is_none_or(|value| is_taken(Some(OsStr::new(value))))
            }
            Takes::Path(_) => {
                let value = matches.get_one::<std::ffi::OsString>(flag.long);
                value.is_none_or(|value| is_taken(Some(value)))
            }
        };
        if !are_taken {
            return Err(Failure::new(exit::USAGE, format!("invalid value for --{}", flag.long)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reserved;

    #[test]
    fn a_value_that_the_table_does_not_take_is_not_dropped() {
        // As if clap's own check let everything through.
        let lax = GLOBAL_FLAGS.iter().map(|flag| match flag.takes {
            Takes::Duration | Takes::OneOf(_) => Arg::new(flag.long).long(flag.long),
            _ => flag.to_clap(),
        });
        let tree = clap::Command::new("x").args(lax);
        for typed in ["--request-timeout=soon", "--output=xml", "--color=red", "--via=pigeon"] {
            let matches = tree.clone().try_get_matches_from(["x", typed]).unwrap();
            let refused = options_of(&matches).unwrap_err();
            let name = typed.split('=').next().unwrap();
            assert_eq!(refused, Failure::new(exit::USAGE, format!("invalid value for {name}")));
        }
        let matches = tree.try_get_matches_from(["x", "-vv"]).unwrap();
        assert_eq!(options_of(&matches).unwrap().verbose, 2);
    }

    #[test]
    fn every_global_flag_is_reserved() {
        for flag in GLOBAL_FLAGS {
            for name in std::iter::once(flag.long).chain(flag.alias) {
                assert!(reserved::GLOBAL_FLAGS.contains(&name), "{name}");
            }
        }
        let is_flag = |name: &str| {
            let mut letters = name.chars();
            let letter = letters.next().filter(|_| letters.next().is_none());
            GlobalFlag::by_name(name).is_some()
                || letter.is_some_and(|letter| GlobalFlag::by_letter(letter).is_some())
        };
        assert!(reserved::GLOBAL_FLAGS.iter().all(|name| is_flag(name)), "nothing else is");
    }
}

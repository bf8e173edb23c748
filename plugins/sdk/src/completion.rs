//! TAB, where a plugin knows values that no file could list: everestctl runs it as `NAME __complete WORDS…`, as cobra has it.
//!
//! For executables only; a library is never loaded for TAB.

use crate::plugin::{self, Plugin};
use crate::{Context, text};
use clap::builder::ValueHint;
use clap::{Arg, Command};
use everestctl_protocol::sidecar::Completion;
use std::ffi::OsString;
use std::fmt::Write as _;

/// The word that asks.
const ASKED: &str = "__complete";
/// Cobra's directives: the shell may offer file names, or may not.
const FILES: u8 = 0;
const NO_FILES: u8 = 4;

/// The answer, if this is the question and the plugin takes it.
pub(crate) fn answer<P: Plugin>(arguments: &[OsString], context: &Context) -> Option<String> {
    let (first, typed) = arguments.split_first()?;
    if P::COMPLETION != Completion::Cobra || first != ASKED {
        return None;
    }
    let typed: Vec<String> = typed.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (current, before) =
        typed.split_last().map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
    let mut command = plugin::command::<P>();
    command.build();
    let at = Place::behind(&command, before);
    let (values, directive) = at.offers::<P>(current, context);
    let mut text = String::new();
    for (value, about) in values.iter().filter(|(value, _)| value.starts_with(current)) {
        let _ = writeln!(text, "{}\t{}", text::one_line(value, LONGEST), text::one_line(about, LONGEST));
    }
    Some(format!("{text}:{directive}\n"))
}

/// The longest value or description, in characters.
const LONGEST: usize = 512;

/// Where in the tree of commands the cursor is.
struct Place<'c> {
    command: &'c Command,
    /// The flag whose value comes next.
    flag: Option<&'c Arg>,
    /// How many values without a flag have been typed.
    values: usize,
    /// Whether `--` has been: what follows is no flag.
    ended: bool,
}

impl<'c> Place<'c> {
    fn behind(command: &'c Command, typed: &[String]) -> Self {
        let mut at = Self { command, flag: None, values: 0, ended: false };
        for word in typed {
            if at.flag.take().is_some() {
                continue;
            }
            if !at.ended && word == "--" {
                at.ended = true;
            } else if !at.ended && word.len() > 1 && word.starts_with('-') {
                at.flag = at.flag_of(word).filter(|flag| flag.get_action().takes_values());
            } else if let Some(below) =
                at.command.find_subcommand(word).filter(|_| !at.ended && at.values == 0)
            {
                at.command = below;
            } else {
                at.values += 1;
            }
        }
        at
    }

    /// The flag that a word is, without a value.
    fn flag_of(&self, word: &str) -> Option<&'c Arg> {
        let is_meant = |flag: &&Arg| match word.strip_prefix("--") {
            Some(long) => flag.get_long() == Some(long),
            None => word.strip_prefix('-').is_some_and(|short| {
                let mut letters = short.chars();
                letters.next() == flag.get_short() && letters.next().is_none()
            }),
        };
        self.command.get_arguments().find(is_meant)
    }

    /// What may stand at the cursor, each with what it is, and whether a file name may.
    fn offers<P: Plugin>(&self, current: &str, context: &Context) -> (Vec<(String, String)>, u8) {
        if let Some(flag) = self.flag {
            return values::<P>(flag, "", context);
        }
        if let Some((flag, _)) = current.split_once('=').filter(|_| current.starts_with("--") && !self.ended)
        {
            let argument = self.flag_of(flag).filter(|argument| argument.get_action().takes_values());
            return argument.map_or((Vec::new(), NO_FILES), |argument| {
                values::<P>(argument, &format!("{flag}="), context)
            });
        }
        if current.starts_with('-') && !self.ended {
            let flags = self.command.get_arguments().filter(|flag| !flag.is_hide_set());
            let named = flags.flat_map(|flag| {
                let about = flag.get_help().map(ToString::to_string).unwrap_or_default();
                let long = flag.get_long().map(|long| format!("--{long}"));
                let short = flag.get_short().map(|short| format!("-{short}"));
                long.into_iter().chain(short).map(move |word| (word, about.clone()))
            });
            return (named.collect(), NO_FILES);
        }
        let (mut offered, mut directive) = (Vec::new(), NO_FILES);
        if self.values == 0 && !self.ended {
            let below = self.command.get_subcommands().filter(|below| !below.is_hide_set());
            let about = |below: &Command| below.get_about().map(ToString::to_string).unwrap_or_default();
            offered.extend(below.map(|below| (below.get_name().to_owned(), about(below))));
        }
        let last = self
            .command
            .get_positionals()
            .last()
            .filter(|last| last.get_num_args().is_some_and(|many| many.max_values() > 1));
        if let Some(argument) = self.command.get_positionals().nth(self.values).or(last) {
            let (values, files) = values::<P>(argument, "", context);
            offered.extend(values);
            directive = files;
        }
        (offered, directive)
    }
}

/// The values of an argument behind `start`: those of clap, else those that the plugin knows, else perhaps files.
fn values<P: Plugin>(argument: &Arg, start: &str, context: &Context) -> (Vec<(String, String)>, u8) {
    let possible = argument.get_possible_values();
    let about =
        |value: &clap::builder::PossibleValue| value.get_help().map(ToString::to_string).unwrap_or_default();
    let mut values: Vec<(String, String)> = possible
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| (format!("{start}{}", value.get_name()), about(value)))
        .collect();
    if values.is_empty() {
        let known = P::complete(argument.get_id().as_str(), context);
        values = known.into_iter().map(|value| (format!("{start}{value}"), String::new())).collect();
    }
    let is_file =
        matches!(argument.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath);
    (values, if is_file { FILES } else { NO_FILES })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Host, Output};

    /// Keep snakes
    #[derive(clap::Parser)]
    #[command(name = "snake")]
    enum Arguments {
        /// Feed one
        Feed {
            name: String,
            #[arg(short, long, value_hint = ValueHint::FilePath)]
            with: Option<std::path::PathBuf>,
            #[command(flatten)]
            _output: Output,
        },
        /// List them
        List,
    }

    struct Snake;

    impl Plugin for Snake {
        type Arguments = Arguments;

        const COMPLETION: Completion = Completion::Cobra;

        fn run(_: Arguments, _: &mut Host) -> Result<(), Error> {
            Ok(())
        }

        fn complete(argument: &str, context: &Context) -> Vec<String> {
            let names = ["kaa", "nag\u{1b}aina"].map(str::to_owned).to_vec();
            if argument == "name" && context.offline { names } else { Vec::new() }
        }
    }

    fn offered(line: &str) -> String {
        let context = Context::from_variables([("EVERESTCTL_OFFLINE".to_owned(), "1".to_owned())]);
        let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
        answer::<Snake>(&words, &context).unwrap()
    }

    #[test]
    fn what_may_follow_is_offered() {
        assert_eq!(
            offered("__complete "),
            "feed\tFeed one\nlist\tList them\nhelp\tPrint this message or the help of the given subcommand(s)\n:4\n"
        );
        assert_eq!(offered("__complete fe"), "feed\tFeed one\n:4\n");
        assert_eq!(offered("__complete feed "), "kaa\t\nnag aina\t\n:4\n");
        assert_eq!(offered("__complete feed k"), "kaa\t\n:4\n");
        assert_eq!(offered("__complete feed kaa "), ":4\n");
        assert_eq!(offered("__complete feed --with x k"), "kaa\t\n:4\n");
        assert_eq!(offered("__complete feed --with "), ":0\n");
        assert_eq!(offered("__complete feed -w "), ":0\n");
        assert_eq!(offered("__complete feed -- k"), "kaa\t\n:4\n");
        assert!(
            offered("__complete feed --output=j").starts_with("--output=json\t"),
            "{}",
            offered("__complete feed --output=j")
        );
        assert!(offered("__complete feed -o j").starts_with("json\t"));
        assert!(offered("__complete feed --w").starts_with("--with\t"));
        assert_eq!(offered("__complete nothing x"), ":4\n");
        assert_eq!(answer::<Snake>(&["feed".into()], &Context::default()), None);
    }
}

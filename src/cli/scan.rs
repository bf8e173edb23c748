//! The quick path: reads the global flags before the first word without building a clap tree.
//!
//! It answers only where it is certain that clap would say the same, and leaves everything else, errors
//! above all, to clap.

use super::globals::GlobalFlag;
use crate::ops::Options;
use std::ffi::{OsStr, OsString};

/// What the arguments start with.
#[derive(Debug, PartialEq, Eq)]
pub enum Scan {
    /// Global flags, then the first word.
    Word {
        /// What the flags say.
        options: Box<Options>,
        /// The position of the word.
        word: usize,
    },
    /// `--version` before any word.
    Version,
    /// `--help` before any word, or nothing at all.
    Help(Box<Options>),
    /// Something that clap has to answer.
    AskClap,
}

/// Reads the start of `arguments`.
pub fn scan(arguments: &[OsString]) -> Scan {
    let mut options = Options::default();
    let mut rest = arguments.iter().enumerate();
    while let Some((position, argument)) = rest.next() {
        let mut next = || rest.next().map(|(_, value)| value.as_os_str()).filter(|value| !is_flag(value));
        match argument.as_encoded_bytes() {
            b"--version" | b"-V" => return Scan::Version,
            b"--help" | b"-h" => return Scan::Help(Box::new(options)),
            [] | b"-" | b"--" => return Scan::AskClap,
            [b'-', b'-', ..] if long(&mut options, argument, &mut next).is_some() => {}
            [b'-', letter, ..] if *letter != b'-' && letters(&mut options, argument, &mut next).is_some() => {
            }
            [b'-', ..] => return Scan::AskClap,
            _ => return Scan::Word { options: Box::new(options), word: position },
        }
    }
    Scan::Help(Box::new(options))
}

/// What clap takes for a flag, and so not for a value.
fn is_flag(value: &OsStr) -> bool {
    let bytes = value.as_encoded_bytes();
    bytes.len() > 1 && bytes[0] == b'-'
}

fn long<'a>(
    options: &mut Options,
    argument: &OsStr,
    next: &mut dyn FnMut() -> Option<&'a OsStr>,
) -> Option<()> {
    let text = argument.to_str()?.strip_prefix("--")?;
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let flag = GlobalFlag::by_name(name)?;
    match (flag.takes_value(), value) {
        (true, Some(value)) => flag.apply(options, Some(OsStr::new(value))),
        (true, None) => flag.apply(options, Some(next()?)),
        (false, None) => flag.apply(options, None),
        (false, Some(_)) => None,
    }
}

/// A bundle of letters: switches, and at the end perhaps a flag with its value.
fn letters<'a>(
    options: &mut Options,
    argument: &OsStr,
    next: &mut dyn FnMut() -> Option<&'a OsStr>,
) -> Option<()> {
    let mut letters = argument.to_str()?.strip_prefix('-')?.chars();
    while let Some(letter) = letters.next() {
        let flag = GlobalFlag::by_letter(letter)?;
        if !flag.takes_value() {
            flag.apply(options, None)?;
            continue;
        }
        let value = letters.as_str();
        return match value.strip_prefix('=').unwrap_or(value) {
            "" if value.is_empty() => flag.apply(options, Some(next()?)),
            value => flag.apply(options, Some(OsStr::new(value))),
        };
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{globals, root};
    use crate::model::reserved::{Owner, words_of};
    use proptest::prelude::*;

    /// What clap makes of `arguments`: the options and the position of the word of a plugin.
    fn by_clap(arguments: &[OsString]) -> Option<(Options, usize)> {
        let program = std::iter::once(OsString::from("everestctl"));
        let matches = root::command().try_get_matches_from(program.chain(arguments.iter().cloned())).ok()?;
        match root::subcommand(&matches) {
            root::Subcommand::External(count) => {
                Some((globals::options_of(&matches).ok()?, arguments.len() - count))
            }
            _ => None,
        }
    }

    fn by_scan(arguments: &[OsString]) -> Option<(Options, usize)> {
        match scan(arguments) {
            Scan::Word { options, word } => {
                let own = words_of(Owner::BuiltIn).any(|own| arguments[word] == own);
                (!own).then_some((*options, word))
            }
            _ => None,
        }
    }

    fn argument() -> impl Strategy<Value = OsString> {
        prop_oneof![
            6 => flag().prop_map(|flag| format!("--{}", flag.long)),
            3 => (flag(), value()).prop_map(|(flag, value)| format!("--{}={value}", flag.long)),
            4 => "-[nokvqVh]{1,3}(=?[a-z]{0,4})",
            1 => "--[a-z-]{0,8}",
            4 => value(),
            1 => prop::sample::select(vec!["--", "-", "", "plugin", "extension", "help", "-5", "--no-extensions"])
                .prop_map(str::to_owned),
        ]
        .prop_map(OsString::from)
    }

    fn flag() -> impl Strategy<Value = &'static GlobalFlag> {
        (0..globals::GLOBAL_FLAGS.len()).prop_map(|position| &globals::GLOBAL_FLAGS[position])
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z][a-z0-9-]{0,5}", "(json|yaml|wide|name|always|never|auto|30s|5|1m 2s|)"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]
        #[test]
        fn the_quick_scan_says_what_clap_says(arguments in prop::collection::vec(argument(), 0..7)) {
            let (quick, slow) = (by_scan(&arguments), by_clap(&arguments));
            // Where the scan leaves it to clap, clap's answer is taken: only a wrong answer is an error.
            if !matches!(scan(&arguments), Scan::AskClap) {
                prop_assert_eq!(quick, slow, "{:?}", arguments);
            }
        }

        #[test]
        fn common_lines_need_no_clap(
            flags in prop::collection::vec(flag(), 0..4),
            word in "[a-z][a-z0-9-]{3,9}",
            rest in prop::collection::vec(".{0,9}", 0..4),
        ) {
            prop_assume!(!words_of(Owner::BuiltIn).any(|own| own == word));
            let mut arguments: Vec<OsString> = Vec::new();
            for flag in &flags {
                arguments.push(format!("--{}", flag.long).into());
                arguments.extend(match flag.takes {
                    globals::Takes::Nothing | globals::Takes::Count => None,
                    globals::Takes::OneOf(words) => Some(words[0].into()),
                    globals::Takes::Duration => Some("30s".into()),
                    globals::Takes::Text(_) | globals::Takes::Path(_) => Some("x".into()),
                });
            }
            let position = arguments.len();
            arguments.push(word.into());
            arguments.extend(rest.into_iter().map(OsString::from));
            let (options, found) = by_scan(&arguments).unwrap();
            prop_assert_eq!(found, position);
            prop_assert_eq!(by_clap(&arguments), Some((options, found)));
        }
    }
}

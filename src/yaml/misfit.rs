//! Why a file that its author wrote for everestctl is not what it should be: the place, the key, and what is allowed.
//!
//! Keys are named, values are not: they may be secrets. Only a word that stands where one of a few words is
//! expected is shown, since that is the one to correct.

use serde_yaml::Error;
use std::fmt;

/// The longest word that is shown, in characters.
const LONGEST: usize = 40;

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct YamlMisfit {
    /// Line and column, counted from 1, where they are known.
    pub place: Option<(u64, u64)>,
    /// The keys that lead there, as in `instances[0].port`; empty at the top.
    pub path: String,
    why: String,
    /// The key of the outermost mapping that it is in.
    key: Option<String>,
}

impl fmt::Display for YamlMisfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(formatter, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.why)
    }
}

impl YamlMisfit {
    pub(super) fn new(path: &str, error: &Error) -> Self {
        let place = error.location().filter(|place| place.line() > 0);
        let place = place.map(|place| (place.line(), place.column()));
        let path = if path == "." { String::new() } else { path.to_owned() };
        let error = error.without_snippet();
        let outermost = path.split(['.', '[']).next().filter(|key| !key.is_empty()).map(str::to_owned);
        let key = match error {
            Error::SerdeUnknownField { field, .. } if path.is_empty() || path == *field => {
                Some(field.clone())
            }
            _ => outermost,
        };
        // The message names the key already.
        let path = if key.as_ref() == Some(&path) && matches!(error, Error::SerdeUnknownField { .. }) {
            String::new()
        } else {
            path
        };
        Self { place, path, why: why(error), key }
    }

    /// The key of the outermost mapping without which the rest may fit.
    pub(super) fn key(&self) -> Option<String> {
        self.key.clone()
    }

    pub(super) fn not_text() -> Self {
        Self { place: None, path: String::new(), why: "the file is not UTF-8 text".to_owned(), key: None }
    }
}

fn why(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let meant = nearest(field, expected).map(|key| format!("; did you mean `{key}`?"));
            format!(
                "unknown key `{}`{} (known keys: {})",
                shown(field),
                meant.unwrap_or_default(),
                expected.join(", ")
            )
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            format!("invalid value `{}`, expected {}", shown(variant), one_of(expected))
        }
        Error::SerdeMissingField { field, .. } => format!("missing key `{field}`"),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            format!("expected {}, found {}", plain(expected), kind(unexpected))
        }
        Error::InvalidScalar { ty, .. } => format!("expected {}", named(ty)),
        Error::InvalidBooleanStrict { .. } => "expected true or false".to_owned(),
        Error::NullIntoString { .. } => "expected a text, found nothing".to_owned(),
        Error::DuplicateMappingKey { .. } => "the key occurs twice".to_owned(),
        Error::MultipleDocuments { .. } => "expected one document, found several".to_owned(),
        Error::Unexpected { expected, .. } => format!("expected {}", plain(expected)),
        _ => "invalid YAML".to_owned(),
    }
}

/// A word that may be shown, cut where it is long.
fn shown(word: &str) -> String {
    let cut = word.chars().count() > LONGEST;
    let text: String = word.chars().take(LONGEST).filter(|character| !character.is_control()).collect();
    if cut { text + "…" } else { text }
}

/// The key that was meant, if one is near.
fn nearest<'k>(typed: &str, keys: &[&'k str]) -> Option<&'k str> {
    let edits = |key: &&str| strsim::osa_distance(&typed.to_lowercase(), &key.to_lowercase());
    let key = keys.iter().copied().min_by_key(edits)?;
    (edits(&key) <= (key.len() / 3).max(1)).then_some(key)
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} or {last}", before.join(", ")),
    }
}

/// The kind of what was found, without the value that serde's text quotes.
fn kind(unexpected: &str) -> &'static str {
    let word = unexpected.split(['"', '\'', '`', ' ']).next().unwrap_or_default();
    match word {
        "string" | "character" => "a text",
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "sequence" => "a list",
        "map" | "struct" => "a mapping",
        "unit" | "Option" => "nothing",
        _ => "something else",
    }
}

/// What was expected, in the words of a YAML file.
fn plain(expected: &str) -> String {
    match expected {
        "a string" | "string" | "string scalar" => "a text".to_owned(),
        "a sequence" | "sequence" | "sequence start" => "a list".to_owned(),
        "a map" | "map" | "mapping start" => "a mapping".to_owned(),
        "a boolean" => "true or false".to_owned(),
        text if text.starts_with("struct ") => "a mapping".to_owned(),
        text => named(text),
    }
}

fn named(kind: &str) -> String {
    match kind {
        "u16" => "a number from 0 to 65535".to_owned(),
        "u8" | "u32" | "u64" | "usize" => "a number, 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "integer" => "a number".to_owned(),
        "bool" | "boolean" => "true or false".to_owned(),
        text => text.to_owned(),
    }
}

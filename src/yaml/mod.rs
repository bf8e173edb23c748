//! YAML, read and changed. One engine, one set of options, and errors that never quote a value: it may be a secret.
//!
//! * [`from_slice`]: files with secrets that others write; an error says where, and nothing else;
//! * [`explained`], [`tolerant`]: files that their author writes for everestctl, who learns which key is wrong and what
//!   is allowed there;
//! * [`written`]: the other direction;
//! * [`edit`]: changing the text of a file, and nothing else in it.

pub mod edit;
mod misfit;
mod without_keys;

pub use misfit::YamlMisfit;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_yaml::{DuplicateKeyPolicy, Error, Options, options, with_deserializer_from_str_with_options};
use std::collections::BTreeSet;
use without_keys::WithoutKeys;

/// How many wrong keys of a file are reported.
const MOST_MISFITS: usize = 16;

/// Where a text is not the YAML that was expected. What is there is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The reader knows the place.
    #[error("unexpected content at line {line}, column {column}")]
    At {
        /// Counted from 1.
        line: u64,
        /// Counted from 1.
        column: u64,
    },
    /// The reader does not know the place.
    #[error("unexpected content")]
    Somewhere,
    /// It is not text.
    #[error("it is not UTF-8 text")]
    NotText,
}

/// Reads one YAML document. An empty one is what `T` makes of nothing.
pub fn from_slice<T: DeserializeOwned>(content: &[u8]) -> Result<T, YamlError> {
    read(content, DuplicateKeyPolicy::Error)
}

/// The same as Go's programs read it: a key that stands there twice has the last of its values.
pub fn from_slice_as_go<T: DeserializeOwned>(content: &[u8]) -> Result<T, YamlError> {
    read(content, DuplicateKeyPolicy::LastWins)
}

fn read<T: DeserializeOwned>(content: &[u8], duplicate_keys: DuplicateKeyPolicy) -> Result<T, YamlError> {
    let text = std::str::from_utf8(content).map_err(|_| YamlError::NotText)?;
    serde_yaml::from_str_with_options(text.trim_start_matches('\u{feff}'), engine(duplicate_keys)).map_err(
        |error| {
            error.location().filter(|place| place.line() > 0).map_or(YamlError::Somewhere, |place| {
                YamlError::At { line: place.line(), column: place.column() }
            })
        },
    )
}

fn engine(duplicate_keys: DuplicateKeyPolicy) -> Options {
    options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        duplicate_keys: duplicate_keys,
    }
}

/// `value` as YAML, for a file that people read, too.
pub fn written<T: Serialize>(value: &T) -> Result<String, YamlError> {
    serde_yaml::to_string(value).map_err(|_| YamlError::Somewhere)
}

/// Reads one YAML document; the error is for its author.
pub fn explained<T: DeserializeOwned>(content: &[u8]) -> Result<T, YamlMisfit> {
    without(content, &BTreeSet::new())
}

/// As [`explained`], but what is wrong in one key of the outermost mapping costs that key and no other.
pub fn tolerant<T: DeserializeOwned>(content: &[u8]) -> Result<(T, Vec<YamlMisfit>), YamlMisfit> {
    let (mut left_out, mut misfits) = (BTreeSet::new(), Vec::new());
    loop {
        match without(content, &left_out) {
            Ok(value) => return Ok((value, misfits)),
            Err(misfit) => {
                let is_new = misfit.key().is_some_and(|key| left_out.insert(key));
                if !is_new || misfits.len() == MOST_MISFITS {
                    return Err(misfit);
                }
                misfits.push(misfit);
            }
        }
    }
}

fn without<T: DeserializeOwned>(content: &[u8], keys: &BTreeSet<String>) -> Result<T, YamlMisfit> {
    let text = std::str::from_utf8(content).map_err(|_| YamlMisfit::not_text())?;
    let mut path = String::new();
    let read = with_deserializer_from_str_with_options(
        text.trim_start_matches('\u{feff}'),
        engine(DuplicateKeyPolicy::Error),
        |inside| -> Result<T, Error> {
            serde_path_to_error::deserialize(WithoutKeys { inside, keys }).map_err(|error| {
                path = error.path().to_string();
                error.into_inner()
            })
        },
    );
    read.map_err(|error| YamlMisfit::new(&path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use everestctl_protocol::sidecar::{Credentials, Sidecar};

    #[test]
    fn what_looks_like_a_number_stays_the_text_it_is() {
        let sidecar: Sidecar = from_slice(b"version: 1.10\nsummary: on\ncredentials: env\n").unwrap();
        assert_eq!(sidecar.version.as_deref(), Some("1.10"));
        assert_eq!(sidecar.summary.as_deref(), Some("on"));
        assert_eq!(sidecar.credentials, Credentials::Env);
        assert_eq!(from_slice::<Sidecar>(b""), Ok(Sidecar::default()));
    }

    #[test]
    fn an_error_says_where_and_not_what() {
        for text in ["summary: [hunter2", "credentials: hunter2\n", "summary: {hunter2: [}"] {
            let error = from_slice::<Sidecar>(text.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert_eq!(from_slice::<Sidecar>(b"\xff"), Err(YamlError::NotText));
    }

    #[derive(Debug, Default, PartialEq, Eq, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Place {
        name: String,
        port: u16,
        secrets: Vec<String>,
        credentials: Credentials,
    }

    #[test]
    fn an_author_learns_which_key_is_wrong_and_what_is_allowed() {
        for (text, expected) in [
            (
                "nmae: x",
                "line 1, column 1: unknown key `nmae`; did you mean `name`? (known keys: name, port, secrets, credentials)",
            ),
            (
                "name: x\ncolour: red",
                "line 2, column 1: unknown key `colour` (known keys: name, port, secrets, credentials)",
            ),
            (
                "credentials: evn",
                "line 1, column 14: credentials: invalid value `evn`, expected `none` or `env`",
            ),
            ("port: hunter2", "line 1, column 7: port: expected a number from 0 to 65535"),
            ("port: 70000", "line 1, column 7: port: expected a number from 0 to 65535"),
            ("secrets: [a, [hunter2]]", "secrets[1]: expected"),
            ("secrets: hunter2", "line 1, column 10: secrets: expected"),
            ("name: [hunter2]", "name: expected"),
            ("name: {hunter2: [}", "line 1, column"),
        ] {
            let error = explained::<Place>(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{text}: {error}");
        }
        assert_eq!(explained::<Place>(b"").unwrap(), Place::default());
    }

    #[test]
    fn one_wrong_key_costs_no_other() {
        let text = "name: '1.10'\nprot: 7\nport: [hunter2]\ncredentials: env\n";
        let (place, misfits) = tolerant::<Place>(text.as_bytes()).unwrap();
        assert_eq!((place.name.as_str(), place.port, place.credentials), ("1.10", 0, Credentials::Env));
        let said: Vec<String> = misfits.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("unknown key `prot`; did you mean `port`?"), "{said:?}");
        assert!(said[1].contains("line 3") && said[1].contains("port: expected"), "{said:?}");
        // What is no YAML at all is no file.
        assert!(tolerant::<Place>(b"name: [").is_err());
        assert!(tolerant::<Place>(b"[]").is_err());
    }
}

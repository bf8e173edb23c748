//! Reading YAML. One engine, one set of options, and errors that never quote the text: it holds secrets.

use serde::de::DeserializeOwned;
use serde_yaml::{DuplicateKeyPolicy, options};

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
    let options = options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        duplicate_keys: duplicate_keys,
    };
    serde_yaml::from_str_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|error| {
        error.location().filter(|place| place.line() > 0).map_or(YamlError::Somewhere, |place| {
            YamlError::At { line: place.line(), column: place.column() }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use everestctl_protocol::sidecar::{Credentials, Sidecar};

    #[test]
    fn what_looks_like_a_number_stays_the_text_it_is() {
        let sidecar: Sidecar =
            from_slice(b"version: 1.10\nsummary: on\ncredentials: env\nnew: [1]\n").unwrap();
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
}

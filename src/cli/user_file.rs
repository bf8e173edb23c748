//! The one type that names a file to be read and sent: made only from what is on this command line.
//!
//! A plugin's document, an answer, a variable of the environment and a value for TAB are data. They come as texts, and no
//! text becomes a [`UserFile`] but here: the field is private, the type is unknown below this layer, and what is below
//! carries it as a type that it cannot make (`openapi::Input`) or only asks it for its path ([`NamedFile`]).

use crate::runner::proxy::request::NamedFile;
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::path::{Path, PathBuf};

/// A file, or standard input, that the user has named on this command line.
#[derive(Clone, Debug)]
pub(in crate::cli) struct UserFile(Option<PathBuf>);

impl NamedFile for UserFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

impl UserFile {
    /// What `@FILE`, `@-` and `-` name; `None` for a text.
    fn spelled(text: &str) -> Option<Self> {
        match text.strip_prefix('@') {
            Some("-") => Some(Self(None)),
            Some(path) => Some(Self(Some(PathBuf::from(path)))),
            None => (text == "-").then_some(Self(None)),
        }
    }

    /// What a flag names whose value is nothing but a file: `FILE`, or `-`.
    pub(in crate::cli) fn of_flag(text: &str) -> Self {
        Self((text != "-").then(|| PathBuf::from(text)))
    }
}

/// A value of the command line.
#[derive(Clone, Debug)]
pub(in crate::cli) enum TypedValue {
    /// A text.
    Text(String),
    /// A file.
    File(UserFile),
}

/// Whatever clap hands out that was typed: it reads no file for it.
impl From<&str> for TypedValue {
    fn from(text: &str) -> Self {
        UserFile::spelled(text).map_or_else(|| Self::Text(text.to_owned()), Self::File)
    }
}

/// What was typed for the argument `name`, which takes files; a value that clap has from anywhere else is a text.
pub(in crate::cli) fn typed(matches: &ArgMatches, name: &str) -> Vec<TypedValue> {
    let Some(values) = matches.try_get_many::<String>(name).ok().flatten() else { return Vec::new() };
    match matches.value_source(name) {
        Some(ValueSource::CommandLine) => values.map(|value| TypedValue::from(value.as_str())).collect(),
        _ => values.map(|value| TypedValue::Text(value.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command};

    fn given(words: &[&str]) -> Vec<String> {
        let command = Command::new("x").arg(Arg::new("file").long("file").default_value("@/etc/passwd"));
        let matches = command.try_get_matches_from([&["x"], words].concat()).unwrap();
        let shown = |typed| match typed {
            TypedValue::Text(text) => format!("text {text}"),
            TypedValue::File(file) => format!("file {:?}", file.path()),
        };
        typed(&matches, "file").into_iter().map(shown).collect()
    }

    #[test]
    fn only_what_was_typed_with_an_at_sign_is_a_file() {
        assert_eq!(given(&["--file", "@a b"]), [r#"file Some("a b")"#]);
        assert_eq!(given(&["--file=@@a"]), [r#"file Some("@a")"#]);
        assert_eq!(given(&["--file", "-"]), ["file None"]);
        assert_eq!(given(&["--file", "@-"]), ["file None"]);
        for text in ["a", "/etc/passwd", "file:///etc/passwd", "<a", " @a", "\\@a", "--", ""] {
            assert_eq!(given(&[&format!("--file={text}")]), [format!("text {text}")], "{text}");
        }
        // What clap has from elsewhere was not typed.
        assert_eq!(given(&[]), ["text @/etc/passwd"]);
    }
}

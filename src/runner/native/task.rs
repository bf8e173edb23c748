//! What a process that loads a library is for, as its command line says it: `__native` before anything else.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The hidden first argument of such a process.
const WORD: &str = "__native";
/// For one that runs a command: the process that started it, or 0 for none, the name, the path, the arguments.
const RUN: &str = "run";
/// For one that only tells the metadata: the path.
const METADATA: &str = "metadata";

/// What such a process is for.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Run a command.
    Run {
        /// The process that started it, with which it ends.
        parent: Option<u32>,
        /// The name of the plugin.
        name: String,
        /// The library.
        path: PathBuf,
        /// The arguments.
        arguments: Vec<OsString>,
    },
    /// Tell the metadata.
    Metadata(PathBuf),
}

impl Task {
    /// As the command line of the process.
    pub(super) fn to_arguments(&self) -> Vec<OsString> {
        let mut line: Vec<OsString> = vec![WORD.into()];
        match self {
            Self::Run { parent, name, path, arguments } => {
                let parent = parent.unwrap_or_default().to_string();
                line.extend([RUN.into(), parent.into(), name.into(), path.into()]);
                line.extend_from_slice(arguments);
            }
            Self::Metadata(path) => line.extend([METADATA.into(), path.into()]),
        }
        line
    }

    /// What the words after the first one say.
    pub fn from_arguments(words: &[OsString]) -> Option<Self> {
        let (task, rest) = words.split_first()?;
        match (task.to_str()?, rest) {
            (RUN, [parent, name, path, arguments @ ..]) => Some(Self::Run {
                parent: parent.to_str()?.parse().ok().filter(|parent| *parent != 0),
                name: name.to_str()?.to_owned(),
                path: path.into(),
                arguments: arguments.to_vec(),
            }),
            (METADATA, [path]) => Some(Self::Metadata(path.into())),
            _ => None,
        }
    }
}

/// Whether `arguments` start such a process; the words after the first.
pub fn is_child(arguments: &[OsString]) -> Option<&[OsString]> {
    arguments.split_first().filter(|(first, _)| *first == OsStr::new(WORD)).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let run = Task::Run {
            parent: Some(7),
            name: "x".to_owned(),
            path: "/p/libeverestctl_x.so".into(),
            arguments: vec!["--flag".into(), "__native".into()],
        };
        for task in [run, Task::Metadata("/p/libeverestctl_x.so".into())] {
            let line = task.to_arguments();
            assert_eq!(is_child(&line).and_then(Task::from_arguments), Some(task));
        }
        assert_eq!(is_child(&["x".into(), WORD.into()]), None);
        assert_eq!(Task::from_arguments(&["run".into()]), None);
    }
}

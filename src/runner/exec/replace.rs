//! The way `exec`: this process becomes the plugin, so that signals, job control, the terminal and exit
//! codes are right by construction.

use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, quoted};
use crate::sys::exec::{become_program, is_format_error};
use crate::sys::files;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// How much of a file decides whether it is a script.
const START: usize = 512;

/// Why a file that was found does not run.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// It has no `#!` and is not text.
    #[error("`{}` was built for another machine", .0.display())]
    AnotherMachine(PathBuf),
    /// The program in its `#!` line is not there.
    #[error("`{}` needs the interpreter `{interpreter}`, which is not installed", path.display())]
    NoInterpreter {
        /// The script.
        path: PathBuf,
        /// What its first line names.
        interpreter: CleanText,
    },
    /// Its `#!` line ends as on Windows, which makes the carriage return a part of the program's name.
    #[error("the first line of `{}` has a Windows line ending (CR LF)", .0.display())]
    WindowsLine(PathBuf),
    /// It is a program whose loader is not there.
    #[error("`{}` needs a program loader that this machine does not have", .0.display())]
    NoLoader(PathBuf),
    /// It was there a moment ago.
    #[error("`{}` no longer exists", .0.display())]
    Gone(PathBuf),
    /// The system refuses.
    #[error("could not run `{}`", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

impl Explain for ExecError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoInterpreter { .. } | Self::WindowsLine(_) | Self::NoLoader(_) | Self::Gone(_) => {
                exit::NOT_FOUND
            }
            Self::AnotherMachine(_) | Self::Refused { .. } => exit::CANNOT_RUN,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::AnotherMachine(_) | Self::NoLoader(_) => {
                vec![format!("install the build for {}-{}", std::env::consts::OS, std::env::consts::ARCH)]
            }
            Self::NoInterpreter { path, interpreter } => {
                vec![format!("install {interpreter}, or change the first line of {}", path.display())]
            }
            Self::WindowsLine(path) => vec![format!(r"sed -i 's/\r$//' {}", quoted(&path.to_string_lossy()))],
            Self::Refused { error, .. } if error.kind() == io::ErrorKind::ArgumentListTooLong => {
                vec!["give it fewer or shorter arguments".to_owned()]
            }
            Self::Refused { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                vec!["is its file system mounted `noexec`?".to_owned()]
            }
            Self::Gone(_) | Self::Refused { .. } => Vec::new(),
        }
    }
}

/// Becomes the program at `path`. Returns only when that fails.
///
/// A file without `#!` runs through `sh`, as every shell does it, unless it is not text.
pub fn exec(path: &Path, arguments: &[OsString], added: &[(&str, Option<OsString>)]) -> ExecError {
    let error = become_program(path, arguments, added);
    if is_format_error(&error) {
        return without_format(path, arguments, added, error);
    }
    if error.kind() == io::ErrorKind::NotFound {
        return missing(path);
    }
    ExecError::Refused { path: path.to_owned(), error }
}

fn without_format(
    path: &Path,
    arguments: &[OsString],
    added: &[(&str, Option<OsString>)],
    error: io::Error,
) -> ExecError {
    let mut buffer = [0; START];
    match files::read_start(path, &mut buffer) {
        Ok(start) if start.contains(&0) => ExecError::AnotherMachine(path.to_owned()),
        Ok(_) => {
            let mut through_shell = vec![path.as_os_str().to_owned()];
            through_shell.extend_from_slice(arguments);
            let error = become_program(Path::new("/bin/sh"), &through_shell, added);
            ExecError::Refused { path: path.to_owned(), error }
        }
        // It may be run and not read: nothing more can be learnt.
        Err(_) => ExecError::Refused { path: path.to_owned(), error },
    }
}

/// The system says "not found" for a file that was found: something that the file needs is missing.
fn missing(path: &Path) -> ExecError {
    let mut buffer = [0; START];
    let start = match files::read_start(path, &mut buffer) {
        Ok(start) => start,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return ExecError::Gone(path.to_owned()),
        Err(error) => return ExecError::Refused { path: path.to_owned(), error },
    };
    match interpreter(start) {
        Some((_, LineEnd::Windows)) => ExecError::WindowsLine(path.to_owned()),
        Some((interpreter, LineEnd::Unix)) => ExecError::NoInterpreter { path: path.to_owned(), interpreter },
        None => ExecError::NoLoader(path.to_owned()),
    }
}

/// What follows the program's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnd {
    Unix,
    Windows,
}

/// The program that a script's first line names. A carriage return there is part of the name, and the
/// usual reason why it is not found.
fn interpreter(start: &[u8]) -> Option<(CleanText, LineEnd)> {
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let text = String::from_utf8_lossy(line);
    let name = text.trim_start().split([' ', '\t']).next()?;
    let line_end = if name.ends_with('\r') { LineEnd::Windows } else { LineEnd::Unix };
    Some((CleanText::new(name.trim_end_matches('\r')), line_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_the_first_word_of_the_first_line() {
        let found = |text: &str| interpreter(text.as_bytes()).map(|(name, end)| (name.to_string(), end));
        let named = |name: &str, end| Some((name.to_owned(), end));
        assert_eq!(found("#!/usr/bin/env python\nx"), named("/usr/bin/env", LineEnd::Unix));
        assert_eq!(found("#! /nowhere/perl -w\n"), named("/nowhere/perl", LineEnd::Unix));
        assert_eq!(found("#!/bin/sh\r\necho"), named("/bin/sh", LineEnd::Windows));
        // Here it belongs to an argument, and the program itself is missing.
        assert_eq!(found("#!/nowhere/env python\r\n"), named("/nowhere/env", LineEnd::Unix));
        assert_eq!(found("\u{7f}ELF"), None);
    }
}

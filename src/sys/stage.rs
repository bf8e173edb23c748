//! How a program finds its streams, its signals, its terminal and its folder when it is tried: a process of this binary arranges them for itself
//! and then becomes the program.
//!
//! What it arranges cannot be arranged by who starts it without code between fork and exec. It must not know what is tried.

use super::exec::become_program;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The hidden first argument of such a process.
pub const STAGE: &str = "__stage";

/// What is arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// A session of its own, so that no terminal of the user's is reached from it.
    pub session: bool,
    /// Standard input is the terminal of that session.
    pub terminal: bool,
    /// Standard input, output and errors are closed.
    pub closed: [bool; 3],
    /// The current folder, an empty one, is removed.
    pub without_folder: bool,
}

impl Stage {
    /// The arguments that lead to it, before those of the program.
    pub fn words(self) -> [OsString; 2] {
        let letters = [
            (self.session, 's'),
            (self.terminal, 't'),
            (self.closed[0], '0'),
            (self.closed[1], '1'),
            (self.closed[2], '2'),
            (self.without_folder, 'f'),
        ];
        let chosen: String = letters.iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| letter).collect();
        [STAGE.into(), format!("-{chosen}").into()]
    }
}

/// The part of that process: `words` are letters, the path of a program and its arguments. Returns only when it fails.
pub fn enter(words: &[OsString]) -> io::Error {
    match arranged(words) {
        Ok((program, arguments)) => become_program(Path::new(program), arguments, &[]),
        Err(error) => error,
    }
}

/// What a terminal, a job control or a supervisor sends.
const SIGNALS: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];

/// Gives signals back to the program that this process has inherited as ignored, as below `nohup`: what has a handler is as usual
/// after exec.
fn take_signals() -> io::Result<()> {
    for signal in SIGNALS {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

fn arranged(words: &[OsString]) -> io::Result<(&OsString, &[OsString])> {
    let [letters, program, arguments @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
    take_signals()?;
    for letter in letters.to_string_lossy().chars() {
        match letter {
            's' => drop(rustix::process::setsid()?),
            't' => rustix::process::ioctl_tiocsctty(io::stdin())?,
            '0' => close_at_exec(&io::stdin())?,
            '1' => close_at_exec(&io::stdout())?,
            '2' => close_at_exec(&io::stderr())?,
            'f' => std::fs::remove_dir(std::env::current_dir()?)?,
            _ => {}
        }
    }
    Ok((program, arguments))
}

fn close_at_exec(stream: &impl AsFd) -> io::Result<()> {
    Ok(rustix::io::fcntl_setfd(stream, rustix::io::FdFlags::CLOEXEC)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_in_the_words() {
        let stage = Stage { session: true, closed: [false, true, false], ..Stage::default() };
        assert_eq!(stage.words(), ["__stage", "-s1"].map(OsString::from));
        assert_eq!(Stage::default().words()[1], "-");
    }

    #[test]
    fn too_few_words_lead_nowhere() {
        assert_eq!(enter(&["-".into()]).kind(), io::ErrorKind::InvalidInput);
        assert_eq!(enter(&["-".into(), "/nowhere/at/all".into()]).kind(), io::ErrorKind::NotFound);
    }
}

//! The terminal of standard input while nobody reads it, and while somebody reads lines from it.
//!
//! An editor of lines reads keys. What is typed before it reads has to be kept as keys: else the system joins them to lines,
//! and Enter is another key for who reads them later.

use rustix::termios::{
    self, InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios,
};
use std::fmt;
use std::io::{stdin, stdout};

/// The terminal has other modes as long as this lives.
pub struct TerminalModes(Termios);

impl TerminalModes {
    /// Keeps what is typed for the next reader, key by key and not shown. Ctrl-C interrupts as ever. `None` where standard
    /// input is not a terminal.
    pub fn keeping_keys() -> Option<Self> {
        Self::changed(|modes| {
            modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            modes.input_modes.remove(InputModes::ICRNL);
            modes.special_codes[SpecialCodeIndex::VMIN] = 1;
            modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        })
    }

    /// For a reader of lines while keys are kept: what was typed for somebody else is dropped, so that it answers no question.
    /// `None` where lines are read anyway.
    pub fn reading_lines() -> Option<Self> {
        if termios::tcgetattr(stdin()).ok()?.local_modes.contains(LocalModes::ICANON) {
            return None;
        }
        let _ = termios::tcflush(stdin(), QueueSelector::IFlush);
        Self::changed(|modes| {
            modes.local_modes.insert(LocalModes::ICANON | LocalModes::ECHO);
            modes.input_modes.insert(InputModes::ICRNL);
        })
    }

    fn changed(change: impl FnOnce(&mut Termios)) -> Option<Self> {
        let before = termios::tcgetattr(stdin()).ok()?;
        let mut modes = before.clone();
        change(&mut modes);
        termios::tcsetattr(stdin(), OptionalActions::Now, &modes).ok()?;
        Some(Self(before))
    }
}

/// Whether the terminal of standard output is in the hands of this process, or there is none.
pub fn is_in_foreground() -> bool {
    termios::tcgetpgrp(stdout()).is_ok_and(|group| group == rustix::process::getpgrp())
        || termios::tcgetpgrp(stdout()).is_err()
}

impl Drop for TerminalModes {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

impl fmt::Debug for TerminalModes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TerminalModes")
    }
}

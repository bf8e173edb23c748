//! Questions to whoever sits at the terminal. Everybody else is not asked: the caller says what to type instead.

use dialoguer::{Confirm, Input, Password};
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// Nobody is there.
    NoTerminal,
    /// The user gave up, or the terminal is gone.
    Ended,
}

/// Whether somebody can be asked: the question goes to standard error, the answer comes from standard input.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line of text.
pub fn text(question: &str) -> Result<String, NoAnswer> {
    asked(|| Input::new().with_prompt(question).interact_text())
}

/// Asks for a secret, which the terminal does not show.
pub fn secret(question: &str) -> Result<Zeroizing<String>, NoAnswer> {
    asked(|| Password::new().with_prompt(question).interact()).map(Zeroizing::new)
}

/// Asks for yes or no; only a typed yes is one.
pub fn confirm(question: &str) -> Result<bool, NoAnswer> {
    asked(|| Confirm::new().with_prompt(question).default(false).interact())
}

fn asked<T>(ask: impl FnOnce() -> dialoguer::Result<T>) -> Result<T, NoAnswer> {
    if !is_possible() {
        return Err(NoAnswer::NoTerminal);
    }
    ask().map_err(|_| NoAnswer::Ended)
}

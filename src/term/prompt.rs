//! Prompts on a terminal. Without a terminal there is no prompt: the caller says what to type instead.

use dialoguer::{Input, Password};
use std::io::{self, BufRead as _, IsTerminal, Read as _, Write as _};
use zeroize::Zeroizing;

/// No answer is longer, in bytes.
const LONGEST: u64 = 4096;

/// Why a prompt was not answered.
#[derive(Debug)]
pub enum NoAnswer {
    /// There is no terminal.
    NoTerminal,
    /// The user pressed Ctrl-D, or the terminal is gone.
    Ended,
}

/// Whether a prompt is possible: the question goes to standard error, the answer comes from standard input.
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

/// Asks for yes or no; only a line that says yes is one, and neither is the end of the input.
pub fn confirm(question: &str) -> Result<bool, NoAnswer> {
    // A line, not a key as dialoguer has it: of what was typed for something else, some key is a `y`.
    let line = asked(|| {
        let mut errors = io::stderr();
        write!(errors, "{question} [y/N] ")?;
        errors.flush()?;
        let mut line = String::new();
        io::stdin().lock().take(LONGEST).read_line(&mut line)?;
        if !line.ends_with('\n') {
            writeln!(errors)?;
        }
        Ok(line)
    })?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn asked<T>(ask: impl FnOnce() -> dialoguer::Result<T>) -> Result<T, NoAnswer> {
    if !is_possible() {
        return Err(NoAnswer::NoTerminal);
    }
    ask().map_err(|_| NoAnswer::Ended)
}

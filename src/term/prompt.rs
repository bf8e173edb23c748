//! Prompts on a terminal. Without a terminal there is no prompt: the caller says what to type instead.

use super::Streams;
use crate::sys::terminal::TerminalModes;
use dialoguer::{Input, Password};
use std::io;
use zeroize::Zeroizing;

/// No answer is longer, in bytes.
const LONGEST: u64 = 4096;

/// Why a prompt was not answered.
#[derive(Debug)]
pub enum PromptError {
    /// There is no terminal.
    NoTerminal,
    /// The user pressed Ctrl-D, or the terminal is gone.
    Ended,
}

/// Asks for a line of text.
pub fn text(streams: &mut Streams, question: &str) -> Result<String, PromptError> {
    asked(streams, |streams| {
        if streams.is_of_this_process() {
            return Ok(Input::new().with_prompt(question).interact_text()?);
        }
        line(streams, &format!("{question}: "))
    })
}

/// Asks for a secret, which the terminal does not show.
pub fn secret(streams: &mut Streams, question: &str) -> Result<Zeroizing<String>, PromptError> {
    let answer = asked(streams, |streams| {
        if streams.is_of_this_process() {
            return Ok(Password::new().with_prompt(question).interact()?);
        }
        line(streams, &format!("{question}: "))
    });
    answer.map(Zeroizing::new)
}

/// Asks for yes or no; only a line that says yes is one, and neither is the end of the input.
pub fn confirm(streams: &mut Streams, question: &str) -> Result<bool, PromptError> {
    // A line, not a key as dialoguer has it: of what was typed for something else, some key is a `y`.
    let line = asked(streams, |streams| line(streams, &format!("{question} [y/N] ")))?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Shows `prompt`, and gives the line that is typed.
fn line(streams: &mut Streams, prompt: &str) -> io::Result<String> {
    let _modes = if streams.is_of_this_process() { TerminalModes::reading_lines() } else { None };
    streams.message(prompt);
    let line = streams.line(LONGEST)?;
    if let Some(line) = line.strip_suffix('\n') {
        return Ok(line.to_owned());
    }
    streams.message("\n");
    Ok(line)
}

fn asked<T>(
    streams: &mut Streams,
    ask: impl FnOnce(&mut Streams) -> io::Result<T>,
) -> Result<T, PromptError> {
    if !streams.can_ask() {
        return Err(PromptError::NoTerminal);
    }
    ask(streams).map_err(|_| PromptError::Ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_says_yes_is_a_yes() {
        for (typed, is_yes) in
            [("y\n", true), ("YES\n", true), ("n\n", false), ("\n", false), ("yeah\n", false)]
        {
            let (mut streams, buffers) = Streams::of_buffers(typed, Some(80));
            assert_eq!(confirm(&mut streams, "Delete shop?").unwrap(), is_yes, "{typed:?}");
            assert_eq!(buffers.err(), "Delete shop? [y/N] ");
            assert_eq!(buffers.out(), "");
        }
        // The end of the input leaves the cursor at the start of a line.
        let (mut streams, buffers) = Streams::of_buffers("", Some(80));
        assert!(!confirm(&mut streams, "Delete shop?").unwrap());
        assert_eq!(buffers.err(), "Delete shop? [y/N] \n");
    }

    #[test]
    fn a_question_and_its_answer() {
        let (mut streams, buffers) = Streams::of_buffers("dana\nsesame\n", Some(80));
        assert_eq!(text(&mut streams, "Username").unwrap(), "dana");
        assert_eq!(secret(&mut streams, "Password").unwrap().as_str(), "sesame");
        assert_eq!(buffers.err(), "Username: Password: ");
    }

    #[test]
    fn a_program_is_not_asked() {
        let (mut streams, buffers) = Streams::of_buffers("y\n", None);
        assert!(matches!(confirm(&mut streams, "?"), Err(PromptError::NoTerminal)));
        assert_eq!(buffers.err(), "");
    }
}

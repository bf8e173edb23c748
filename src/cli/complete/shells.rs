//! The questions of our own scripts, `everestctl __tab SHELL …`, and what each shell gets back: first a line
//! `:DIRECTIVE` in the numbers of cobra, then a line for each value.
//!
//! | shell | it says | a line of the answer |
//! |---|---|---|
//! | bash | the line to the cursor, what is replaced of it, `COMP_TYPE`, columns | what is put in |
//! | zsh | columns, the lines to the cursor, the words as they are typed | the value, a tab, what is listed |
//! | fish | the line to the cursor | the value, a tab, its description |
//! | elvish | the words as it has read them | the value, a tab, what is listed |
//! | powershell | the line to the cursor, in base64 | in base64: what is put in, the value and its description, by tabs |
//!
//! zsh, fish and elvish quote a value themselves when they insert it.

use super::bash::Press;
use super::reading::{self, LineToCursor};
use super::{listing, quote};
use crate::model::CleanText;
use crate::runner::completion::{Completions, NO_FILES};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::ffi::OsString;

/// The word by which our scripts ask.
pub(super) const WORD: &str = "__tab";
/// Where nothing says how wide the terminal is.
const COLUMNS: usize = 80;
/// The longest description in a list that is not ours to lay out.
const LONGEST: usize = 100;

/// Answers; `ask` knows what could be after some words, given what is typed of the last one.
pub(super) fn answer(arguments: &[OsString], ask: impl Fn(&[String], &str) -> Option<Completions>) -> String {
    // What is not text is nothing that could be completed.
    let arguments: Option<Vec<&str>> = arguments.iter().map(|argument| argument.to_str()).collect();
    let found = arguments.and_then(|arguments| {
        let (shell, rest) = arguments.split_first()?;
        match (*shell, rest) {
            ("bash", [line, text, kind, columns]) => {
                bash(&Press { line, text, kind, columns: number(columns) }, ask)
            }
            ("zsh", [columns, typed, words @ ..]) => zsh(number(columns), typed, words, ask),
            ("fish", [line]) => fish(line, ask),
            ("elvish", words) => elvish(words, ask),
            ("powershell", [line]) => powershell(line, ask),
            _ => None,
        }
    });
    let (directive, lines) = found.unwrap_or((NO_FILES, Vec::new()));
    let mut text = format!(":{directive}\n");
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

type Lines = Option<(u8, Vec<String>)>;

fn number(columns: &str) -> usize {
    columns.parse().ok().filter(|columns| *columns > 0).unwrap_or(COLUMNS)
}

fn bash(press: &Press<'_>, ask: impl Fn(&[String], &str) -> Option<Completions>) -> Lines {
    let (reading, before) = press.read()?;
    let answer = asked(&reading, ask);
    let lines = press.offer(&reading, &before, &answer);
    let files = if lines.is_empty() && Press::wants_files(&reading, &answer) { 0 } else { NO_FILES };
    Some(((answer.directive & !NO_FILES) | files, lines))
}

fn zsh(
    columns: usize,
    typed: &str,
    words: &[&str],
    ask: impl Fn(&[String], &str) -> Option<Completions>,
) -> Lines {
    let (current, before) = words.split_last()?;
    let value = |word: &&str| reading::posix(word).map_or_else(|| (*word).to_owned(), |read| read.current);
    let words: Vec<String> = before.iter().map(value).collect();
    let reading = LineToCursor { words, ..reading::posix(current)? };
    let answer = asked(&reading, ask);
    let mut values = offered(&reading, &answer);
    // Behind a backtick zsh reads a word twice, and quotes what it inserts once.
    if typed.contains('`') {
        values.retain(|(value, _)| quote::is_inert(value));
    }
    let shown = listing::lines(values.iter().copied(), "  -- ", "", columns);
    let lines = values.iter().zip(shown).map(|((value, _), shown)| format!("{value}\t{shown}")).collect();
    Some((answer.directive, lines))
}

fn fish(line: &str, ask: impl Fn(&[String], &str) -> Option<Completions>) -> Lines {
    let reading = reading::fish(line)?;
    let answer = asked(&reading, ask);
    let line = |(value, description): (&str, &str)| match listing::cut(description, LONGEST) {
        description if description.is_empty() => value.to_owned(),
        description => format!("{value}\t{description}"),
    };
    Some((answer.directive, offered(&reading, &answer).into_iter().map(line).collect()))
}

fn elvish(words: &[&str], ask: impl Fn(&[String], &str) -> Option<Completions>) -> Lines {
    let (current, before) = words.split_last()?;
    let words = before.iter().map(|word| (*word).to_owned()).collect();
    let reading = LineToCursor { words, current: (*current).to_owned(), ..LineToCursor::default() };
    let answer = asked(&reading, ask);
    let line = |(value, description): (&str, &str)| match listing::cut(description, LONGEST) {
        description if description.is_empty() => format!("{value}\t{value}"),
        description => format!("{value}\t{value} ({description})"),
    };
    Some((answer.directive, offered(&reading, &answer).into_iter().map(line).collect()))
}

fn powershell(line: &str, ask: impl Fn(&[String], &str) -> Option<Completions>) -> Lines {
    let line = String::from_utf8(STANDARD.decode(line).ok()?).ok()?;
    let reading = reading::powershell(&line)?;
    let answer = asked(&reading, ask);
    let line = |(value, description): (&str, &str)| {
        let word = quote::powershell(value)?;
        let description = if description.is_empty() { value } else { description };
        Some(STANDARD.encode(format!("{word}\t{value}\t{description}")))
    };
    Some((answer.directive, offered(&reading, &answer).into_iter().filter_map(line).collect()))
}

/// What is known after the words of a line, whose first is the program.
fn asked(reading: &LineToCursor, ask: impl Fn(&[String], &str) -> Option<Completions>) -> Completions {
    let words = reading.words.get(1..).filter(|_| !reading.is_redirected);
    let mut answer = words.and_then(|words| ask(words, &reading.current)).unwrap_or_default();
    for (_, description) in &mut answer.values {
        *description = CleanText::new(description).to_string();
    }
    answer
}

/// The values that go on as what is typed does, each with its description.
fn offered<'a>(reading: &LineToCursor, answer: &'a Completions) -> Vec<(&'a str, &'a str)> {
    let fits = |value: &str| value.starts_with(&reading.current) && quote::can_be_typed(value);
    let values = answer.values.iter().map(|(value, description)| (value.as_str(), description.as_str()));
    // What the shell replaces is not what it says.
    values.filter(|(value, _)| !reading.is_expanded && fits(value)).collect()
}

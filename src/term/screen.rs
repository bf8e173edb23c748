//! A screen of its own in the terminal, on which a text is drawn in place: what was there before comes back when it ends,
//! also after a panic.
//!
//! It must not know what is drawn.

use super::Streams;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// The other screen, without a cursor, on which a long line is cut.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// Whether the terminal shows the screen.
static IS_SHOWN: AtomicBool = AtomicBool::new(false);

/// The screen, as long as it lives.
#[derive(Debug)]
pub struct Screen {
    _private: (),
}

impl Screen {
    /// Shows it.
    pub fn enter() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                // The message belongs to the screen that stays.
                leave();
                before(panic);
            }));
        });
        let screen = Self { _private: () };
        screen.resume();
        screen
    }

    /// Shows what was there before, until [`Self::resume`].
    pub fn suspend(&self) {
        leave();
    }

    /// Shows it again.
    pub fn resume(&self) {
        IS_SHOWN.store(true, Ordering::SeqCst);
        put(ENTER);
    }

    /// Draws `text`, as much of it as the terminal has lines for.
    pub fn draw(&self, streams: &Streams, text: &str) {
        put(&frame(text, streams.height().unwrap_or(24)));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn leave() {
    if IS_SHOWN.swap(false, Ordering::SeqCst) {
        put(LEAVE);
    }
}

fn put(text: &str) {
    let mut out = io::stdout().lock();
    // A terminal that is gone ends the process by a signal.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// What draws `text` in place of what was drawn before, without a moment in which nothing is there.
fn frame(text: &str, height: usize) -> String {
    let mut frame = String::from("\u{1b}[H");
    let lines: Vec<&str> = text.lines().collect();
    let shown = if lines.len() > height { height.saturating_sub(1) } else { lines.len() };
    for (at, line) in lines.iter().take(shown).enumerate() {
        frame.push_str(if at > 0 { "\r\n" } else { "" });
        frame.extend([line, "\u{1b}[K"]);
    }
    if lines.len() > shown {
        let _ = write!(frame, "\r\n… {} more lines\u{1b}[K", lines.len() - shown);
    }
    frame.push_str("\u{1b}[J");
    frame
}

/// `new` with what is not in `old` in reverse: cells of the line that begins alike. `shown` is `new` as it is shown where
/// nothing has changed.
pub fn highlighted(old: &str, new: &str, shown: &str) -> String {
    let key = |line: &str| line.split("  ").next().unwrap_or_default().to_owned();
    let before: std::collections::HashMap<String, &str> = old.lines().map(|line| (key(line), line)).collect();
    let mut text = String::new();
    for (new, shown) in new.lines().zip(shown.lines()) {
        match before.get(&key(new)) {
            Some(old) if *old == new => text.push_str(shown),
            Some(old) => text.push_str(&changed(old, new)),
            None => text.push_str(&changed("", new)),
        }
        text.push('\n');
    }
    text
}

/// A line whose cells that are not in the same place of `old` are in reverse.
fn changed(old: &str, new: &str) -> String {
    let old: Vec<char> = old.chars().collect();
    let new: Vec<char> = new.chars().collect();
    let mut text = String::new();
    let mut at = 0;
    while at < new.len() {
        let is_gap = |at: usize| new[at] == ' ' && new.get(at + 1).is_none_or(|next| *next == ' ');
        let begin = at;
        if new[at] == ' ' {
            text.push(' ');
            at += 1;
            continue;
        }
        while at < new.len() && !is_gap(at) {
            at += 1;
        }
        let cell: String = new[begin..at].iter().collect();
        // A cell that has become longer or shorter has another end.
        let is_same = old.get(begin..at) == Some(&new[begin..at])
            && old.get(at).is_none_or(|next| *next == ' ')
            && begin.checked_sub(1).is_none_or(|before| old.get(before).is_none_or(|before| *before == ' '));
        if is_same { text.push_str(&cell) } else { text.extend(["\u{1b}[7m", &cell, "\u{1b}[27m"]) }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_in_reverse_and_nothing_else() {
        let old = "NAME  STATE    SIZE\nshop  ready       1\nbill  ready      10\n";
        let new = "NAME  STATE    SIZE\nnews  created     1\nshop  ready       2\nbill  ready      10\n";
        assert_eq!(
            highlighted(old, new, new),
            "NAME  STATE    SIZE\n\u{1b}[7mnews\u{1b}[27m  \u{1b}[7mcreated\u{1b}[27m     \u{1b}[7m1\u{1b}[27m\n\
             shop  ready       \u{1b}[7m2\u{1b}[27m\nbill  ready      10\n"
        );
        assert_eq!(changed("a  not ready", "a  not ready yet"), "a  \u{1b}[7mnot ready yet\u{1b}[27m");
    }

    #[test]
    fn a_frame_has_no_more_lines_than_the_terminal() {
        assert_eq!(frame("a\nb\n", 2), "\u{1b}[Ha\u{1b}[K\r\nb\u{1b}[K\u{1b}[J");
        assert_eq!(frame("a\nb\nc\n", 2), "\u{1b}[Ha\u{1b}[K\r\n… 2 more lines\u{1b}[K\u{1b}[J");
    }
}

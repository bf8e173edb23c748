//! Long text on a terminal, through the user's pager: `PAGER`, else `less` where it is installed.
//!
//! `LESS=FRSX`: what fits on one screen is just shown, colours stay, a long line is not wrapped but goes on at the right
//! (arrow keys), and the text is still there afterwards. Without `F` where a line is too long: less takes the start of it for all.

use super::Streams;
use crate::model::{Warning, quoted};
use crate::sys::Environment;
use crate::sys::process::Piped;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// Shows `text` through the pager, when standard output is a terminal that it does not fit on; `false` when it
/// has to be written as usual.
pub fn show(streams: &mut Streams, environment: &Environment, text: &str) -> bool {
    if !streams.is_of_this_process() {
        return false;
    }
    let size = streams.height().zip(streams.width());
    let Some(excess) = size.and_then(|(height, width)| excess(text, height, width)) else { return false };
    let wanted = environment.text("EVERESTCTL_PAGER").or_else(|| environment.text("PAGER"));
    let pager = wanted.unwrap_or("less");
    // A pager needs a terminal that can move its cursor.
    let is_dumb = environment.text("TERM").is_none_or(|kind| kind == "dumb" || kind.is_empty());
    if pager.trim().is_empty() || pager == "cat" || is_dumb {
        return false;
    }
    let own = |name, value: &str| environment.os(name).is_none().then(|| (name, value.into()));
    let flags = if excess == ScreenExcess::OfLines { "FRSX" } else { "RSX" };
    let more = [own("LESS", flags), own("LV", "-c")].into_iter().flatten();
    // One that the user leaves early has done its work.
    let shows_color = environment.text("LESS").is_none_or(|flags| flags.contains(['R', 'r']));
    let text = if shows_color { Cow::Borrowed(text) } else { Cow::Owned(without_color(text)) };
    let shown = Piped::start(pager, &environment.changed(more, &[])).is_ok_and(|mut pager| {
        pager.write(text.as_bytes());
        pager.wait()
    });
    if !shown && wanted.is_some() {
        let problem = Warning::general(format!("could not start the pager {}", quoted(pager)));
        streams.problem(&problem.hint("set PAGER to a program that is installed, or to cat for none"));
    }
    shown
}

/// Why a text does not fit on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScreenExcess {
    /// It has too many lines.
    OfLines,
    /// So that lines of it would be wrapped.
    OfColumns,
}

/// Whether `text` takes more than the lines of a terminal, wrapped as it would be; `None` where it fits.
fn excess(text: &str, height: usize, width: usize) -> Option<ScreenExcess> {
    let plain = without_color(text);
    let lengths = plain.lines().map(UnicodeWidthStr::width);
    let lines: usize = lengths.clone().map(|length| length.div_ceil(width.max(1)).max(1)).sum();
    let is_wide = lengths.clone().any(|length| length > width);
    (lines >= height).then_some(if is_wide { ScreenExcess::OfColumns } else { ScreenExcess::OfLines })
}

/// `text` for a pager that shows escapes as what they are.
fn without_color(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_if_its_lines_do_as_they_are_wrapped() {
        assert_eq!(excess("a\nb\n", 3, 10), None);
        assert_eq!(excess("a\nb\nc\n", 3, 10), Some(ScreenExcess::OfLines));
        assert_eq!(excess(&"x".repeat(20), 3, 10), None);
        assert_eq!(excess(&"x".repeat(21), 3, 10), Some(ScreenExcess::OfColumns));
        assert_eq!(excess("\u{1b}[1m日本日本日\u{1b}[0m", 2, 10), None);
        assert_eq!(excess(&"日".repeat(6), 2, 10), Some(ScreenExcess::OfColumns));
    }

    #[test]
    fn text_without_color_is_the_same_text() {
        assert_eq!(super::without_color("\u{1b}[1mNAME\u{1b}[0m\nx \u{1b}[32mm\u{1b}[0m"), "NAME\nx m");
    }
}

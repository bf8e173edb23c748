//! Long text on a terminal, through the user's pager: `PAGER`, else `less` where it is installed.
//!
//! `LESS=FRSX`: what fits on one screen is just shown, colours stay, a long line is not wrapped but goes on at the right
//! (arrow keys), and the text is still there afterwards.

use super::Streams;
use crate::model::{Warning, quoted};
use crate::sys::Environment;
use crate::sys::process::Piped;
use std::borrow::Cow;

/// Shows `text` through the pager, when standard output is a terminal that it does not fit on; `false` when it
/// has to be written as usual.
pub fn show(streams: &mut Streams, environment: &Environment, text: &str) -> bool {
    if !streams.is_of_this_process() || streams.height().is_none_or(|height| text.lines().count() < height) {
        return false;
    }
    let wanted = environment.text("EVERESTCTL_PAGER").or_else(|| environment.text("PAGER"));
    let pager = wanted.unwrap_or("less");
    // A pager needs a terminal that can move its cursor.
    let is_dumb = environment.text("TERM").is_none_or(|kind| kind == "dumb" || kind.is_empty());
    if pager.trim().is_empty() || pager == "cat" || is_dumb {
        return false;
    }
    let own = |name, value: &str| environment.os(name).is_none().then(|| (name, value.into()));
    let more = [own("LESS", "FRSX"), own("LV", "-c")].into_iter().flatten();
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

/// `text` for a pager that shows escapes as what they are.
fn without_color(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_without_color_is_the_same_text() {
        assert_eq!(super::without_color("\u{1b}[1mNAME\u{1b}[0m\nx \u{1b}[32mm\u{1b}[0m"), "NAME\nx m");
    }
}

//! Values in a list, each with what it is: cut at a word, so that a line of it fits the terminal.

use crate::term::table::{shortened, width};

/// Below this a description says nothing.
const NARROWEST: usize = 12;

/// A line for each value; those without a description stand alone.
pub(super) fn lines<'a>(
    found: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    open: &str,
    close: &str,
    columns: usize,
) -> Vec<String> {
    let longest = found.clone().map(|(value, _)| width(value)).max().unwrap_or(0);
    let room = columns.saturating_sub(longest + open.len() + close.len() + 1);
    found
        .map(|(value, description)| {
            if description.is_empty() || room < NARROWEST {
                return value.to_owned();
            }
            let gap = " ".repeat(longest - width(value));
            format!("{value}{gap}{open}{}{close}", cut(description, room))
        })
        .collect()
}

/// `text` in at most `room` columns, cut at a word.
pub(super) fn cut(text: &str, room: usize) -> String {
    let short = shortened(text, room);
    let Some(whole) = short.strip_suffix('…').filter(|whole| text != short && text.starts_with(whole))
    else {
        return short;
    };
    // In the middle of a word, unless that is most of it.
    let is_whole = text[whole.len()..].starts_with(' ');
    let end = whole.rfind(' ').filter(|end| !is_whole && *end > whole.len() / 2).unwrap_or(whole.len());
    format!("{}…", whole[..end].trim_end_matches([' ', ',', ';', ':', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_cut_at_words() {
        assert_eq!(cut("List the ships", 20), "List the ships");
        assert_eq!(cut("List the ships of a port", 18), "List the ships of…");
        assert_eq!(cut("List the ships of a port", 16), "List the ships…");
        assert_eq!(cut("Donaudampfschifffahrt", 10), "Donaudamp…");
        let found = [("a", "List the ships"), ("bcd", "")];
        assert_eq!(lines(found.into_iter(), "  (", ")", 80), ["a    (List the ships)", "bcd"]);
        assert_eq!(lines(found.into_iter(), "  (", ")", 10), ["a", "bcd"]);
    }
}

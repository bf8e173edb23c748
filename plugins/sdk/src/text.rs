//! Text from outside, made harmless before a terminal sees it.

/// In one line of at most `most` characters, without what moves a cursor or turns the direction of writing. What is cut off ends
/// with `…`.
pub fn one_line(text: &str, most: usize) -> String {
    let mut kept: String = text.chars().map(shown).take(most + 1).collect();
    if kept.chars().count() > most {
        kept = kept.chars().take(most.saturating_sub(1)).collect();
        kept.push('…');
    }
    kept.trim().to_owned()
}

/// The character itself, or a blank for one that is not shown but does something.
pub(crate) fn shown(one: char) -> char {
    let is_harmful = one.is_control()
        || matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}');
    if is_harmful { ' ' } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_that_moves_nothing() {
        assert_eq!(one_line("a\u{1b}[31mb\n", 20), "a [31mb");
        assert_eq!(one_line("a\u{202e}b\u{200b}", 20), "a b");
        assert_eq!(one_line("abcdef", 4), "abc…");
        assert_eq!(one_line("abcd", 4), "abcd");
    }
}

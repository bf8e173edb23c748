//! Text from outside, made harmless before a terminal or a spreadsheet sees it.

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

/// A value that a spreadsheet would run as a formula, as the text that it is: with an apostrophe before it. A number is no formula.
pub(crate) fn inert(text: &str) -> String {
    let digits = text.trim_start_matches(['+', '-']);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && text.parse::<f64>().is_ok();
    let begins_one = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.chars().nth(1).is_some();
    if begins_one && !is_number { format!("'{text}") } else { text.to_owned() }
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

    #[test]
    fn no_value_is_a_formula_and_every_number_is_a_number() {
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "-inf"] {
            assert_eq!(inert(formula), format!("'{formula}"), "{formula:?}");
        }
        for plain in ["-1.5", "+3", "a=b", "-", ""] {
            assert_eq!(inert(plain), plain);
        }
    }
}

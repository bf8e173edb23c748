//! A script as words, texts and signs: enough to tell code from what only looks like it, in comments, texts and patterns.
//!
//! It must not know what any of them means.

/// A piece of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// A name, a keyword or a number.
    Word(&'s str),
    /// A text in quotes, without them, as it is written.
    Text(&'s str),
    /// A piece of a template text, or a pattern.
    Other,
    /// Anything else, one character each.
    Sign(char),
}

/// The tokens of `source`, in their order.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut reader = Reader { source, at: 0, found: Vec::new(), braces: Vec::new() };
    while reader.step() {}
    reader.found
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
    found: Vec<Token<'s>>,
    /// For each open brace whether a template text goes on after it.
    braces: Vec<bool>,
}

impl<'s> Reader<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Reads one token; `false` at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return false };
        match first {
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            '/' if rest.starts_with("//") => self.at += rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => self.at += rest.find("*/").map_or(rest.len(), |end| end + 2),
            '/' if self.is_pattern() => self.pattern(),
            '"' | '\'' => self.text(first),
            '`' => {
                self.at += 1;
                self.template();
            }
            '}' if self.braces.pop() == Some(true) => {
                self.at += 1;
                self.template();
            }
            '{' => {
                self.braces.push(false);
                self.sign(first);
            }
            _ if is_word(first) => {
                let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
                self.found.push(Token::Word(&rest[..end]));
                self.at += end;
            }
            _ => self.sign(first),
        }
        true
    }

    fn sign(&mut self, sign: char) {
        self.found.push(Token::Sign(sign));
        self.at += sign.len_utf8();
    }

    fn text(&mut self, quote: char) {
        let inside = &self.rest()[1..];
        let end = end_of(inside, |character| character == quote || character == '\n');
        self.found.push(Token::Text(&inside[..end]));
        self.at += (end + 2).min(inside.len() + 1);
    }

    /// The rest of a template text, up to its end or to what is put in.
    fn template(&mut self) {
        let rest = self.rest();
        let mut dollar = false;
        let end = end_of(rest, |character| {
            let is_end = character == '`' || (dollar && character == '{');
            dollar = character == '$';
            is_end
        });
        let is_put_in = rest.get(end..).is_some_and(|rest| rest.starts_with('{'));
        if is_put_in {
            self.braces.push(true);
        }
        self.found.push(Token::Other);
        self.at += (end + 1).min(rest.len());
    }

    /// Whether a slash begins a pattern: after a value it divides.
    fn is_pattern(&self) -> bool {
        const BEFORE_VALUES: [&str; 8] = ["return", "typeof", "case", "in", "of", "do", "else", "void"];
        match self.found.last() {
            None => true,
            Some(Token::Word(word)) => BEFORE_VALUES.contains(word),
            Some(Token::Text(_) | Token::Other) => false,
            Some(Token::Sign(sign)) => !matches!(sign, ')' | ']' | '}'),
        }
    }

    fn pattern(&mut self) {
        let rest = self.rest();
        let mut in_class = false;
        let end = end_of(&rest[1..], |character| {
            in_class = (in_class || character == '[') && character != ']';
            (character == '/' && !in_class) || character == '\n'
        });
        self.found.push(Token::Other);
        self.at += (end + 2).min(rest.len());
    }
}

/// Where `text` ends, by the first character that `ends` and that no backslash is before.
fn end_of(text: &str, mut ends: impl FnMut(char) -> bool) -> usize {
    let mut escaped = false;
    for (position, character) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        if character == '\\' {
            escaped = true;
        } else if ends(character) {
            return position;
        }
    }
    text.len()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comments_texts_and_patterns_are_no_code() {
        let source = r#"a("eval(1)", 'it\'s'); // eval(2)
            /* eval(3) */ x = `eval(${ f({}) }4)` + /eval\/[/(]/g; y = b / c / d;"#;
        let words: Vec<&str> = tokens(source)
            .into_iter()
            .filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None })
            .collect();
        assert_eq!(words, ["a", "x", "f", "g", "y", "b", "c", "d"]);
        assert!(tokens(source).contains(&Token::Text(r"it\'s")));
    }

    proptest! {
        #[test]
        fn whatever_it_is_it_ends(source in "[-a/*`'\"${}()\\[\\]\\\\\n é]{0,60}") {
            tokens(&source);
        }
    }
}

//! Text in a template of clap's help, in which a brace has its own meaning.
//!
//! It must not know what a template is for.

/// What stands for a brace until clap has done its work; nobody types it.
const BRACE: char = '\u{e000}';

/// `text` as a part of a template.
pub(super) fn in_template(text: &str) -> String {
    text.replace('{', &BRACE.to_string())
}

/// What clap has made of a template, with the braces again.
pub(super) fn from_template(text: String) -> String {
    if text.contains(BRACE) { text.replace(BRACE, "{") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brace_is_one_again() {
        assert_eq!(from_template(in_template("a {b} c")), "a {b} c");
        assert!(!in_template("{usage}").contains('{'));
    }
}

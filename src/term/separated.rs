//! Records of a table for programs: CSV (RFC 4180, with line feeds) and TSV (as jq's `@tsv` writes it).
//!
//! It must not know where records come from.

/// What stands between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// A comma; what holds one is quoted.
    Comma,
    /// A tab; what holds one is escaped with a backslash.
    Tab,
}

impl Separator {
    /// A record as a line. A value that is not there is nothing; in CSV an empty text is `""`.
    pub fn record<'a>(self, values: impl IntoIterator<Item = Option<&'a str>>) -> String {
        let mut line = String::new();
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                line.push(if self == Self::Comma { ',' } else { '\t' });
            }
            match (self, value) {
                (_, None) => {}
                (Self::Comma, Some(value)) => quoted(&mut line, value),
                (Self::Tab, Some(value)) => escaped(&mut line, value),
            }
        }
        line.push('\n');
        line
    }
}

fn quoted(line: &mut String, value: &str) {
    if !value.is_empty() && !value.contains(['"', ',', '\n', '\r']) {
        line.push_str(value);
        return;
    }
    line.push('"');
    for (at, part) in value.split('"').enumerate() {
        line.push_str(if at > 0 { "\"\"" } else { "" });
        line.push_str(part);
    }
    line.push('"');
}

fn escaped(line: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\\' => line.push_str("\\\\"),
            other => line.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Separator::{Comma, Tab};

    #[test]
    fn what_would_end_a_value_does_not() {
        let values = || [Some("a"), None, Some(""), Some("b,c"), Some("say \"x\"\nnow"), Some("d\te\\")];
        assert_eq!(Comma.record(values()), "a,,\"\",\"b,c\",\"say \"\"x\"\"\nnow\",d\te\\\n");
        assert_eq!(Tab.record(values()), "a\t\t\tb,c\tsay \"x\"\\nnow\td\\te\\\\\n");
    }
}

//! A thing as a text to edit: YAML, or JSON where YAML would change a number of it. And the differences of two as a text.
//!
//! It must not know how the text is edited.

use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::openapi::{ExactJson, ValueChange};
use crate::yaml;
use serde_json::Value;
use std::fmt::Write as _;

/// A text to edit.
pub(super) struct EditedText {
    text: String,
    is_yaml: bool,
}

impl EditedText {
    /// The text of `value`, which is called `name`.
    pub(super) fn new(value: &ExactJson, name: &str) -> Self {
        if let Some(text) = as_yaml(value) {
            let head = format!("# {name}. Lines that start with # are ignored; an empty file cancels.\n");
            return Self { text: format!("{head}{text}"), is_yaml: true };
        }
        Self { text: json(value), is_yaml: false }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the file, which tells an editor the language.
    pub(super) fn file_name(&self) -> &'static str {
        if self.is_yaml { "edit.yaml" } else { "edit.json" }
    }

    /// What an edited text says; `None` when it says nothing.
    pub(super) fn read(&self, content: &[u8]) -> Result<Option<ExactJson>, Failure> {
        let unreadable =
            |why: String| Failure::new(exit::FAILURE, format!("could not read the edited text: {why}"));
        let text = std::str::from_utf8(content).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        let is_empty = text.lines().all(|line| line.trim().is_empty() || line.starts_with('#'));
        if is_empty {
            return Ok(None);
        }
        let value = if self.is_yaml {
            let value: Value = yaml::from_slice(content).map_err(|error| unreadable(error.to_string()))?;
            ExactJson::from(&value)
        } else {
            ExactJson::read(text).ok_or_else(|| unreadable("it is not JSON".to_owned()))?
        };
        match value {
            ExactJson::Object(_) => Ok(Some(value)),
            _ => Err(unreadable("it is not an object".to_owned())),
        }
    }
}

/// The value in YAML, if reading that gives exactly the value.
fn as_yaml(value: &ExactJson) -> Option<String> {
    let json: Value = serde_json::from_str(&value.to_string()).ok()?;
    let text = serde_yaml::to_string(&json).ok()?;
    let again: Value = yaml::from_slice(text.as_bytes()).ok()?;
    (ExactJson::from(&again) == *value).then_some(text)
}

/// The value as JSON in lines, with the digits that its numbers have.
pub(super) fn json(value: &ExactJson) -> String {
    let mut text = String::new();
    write_json(&mut text, value, 0);
    text.push('\n');
    text
}

/// Adds the value as JSON in lines.
fn write_json(text: &mut String, value: &ExactJson, depth: usize) {
    let indent = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    match value {
        ExactJson::Object(members) if !members.is_empty() => {
            text.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                indent(text, depth + 1);
                let _ = write!(text, "{}: ", Value::from(name.as_str()));
                write_json(text, value, depth + 1);
            }
            indent(text, depth);
            text.push('}');
        }
        ExactJson::List(items) if !items.is_empty() => {
            text.push('[');
            for (at, value) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                indent(text, depth + 1);
                write_json(text, value, depth + 1);
            }
            indent(text, depth);
            text.push(']');
        }
        plain => {
            let _ = write!(text, "{plain}");
        }
    }
}

/// The differences, a line each: `-` for what was there, `+` for what is.
pub(super) fn shown(changes: &[ValueChange]) -> String {
    let mut text = String::new();
    for ValueChange { path, before, after } in changes {
        let path = CleanText::exact(path);
        for (mark, value) in [('-', before), ('+', after)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{mark} {path}: {}", CleanText::exact(value));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> ExactJson {
        ExactJson::read(text).unwrap()
    }

    #[test]
    fn what_nobody_edits_stays_as_it_is() {
        for json in [
            r#"{"a": 1, "b": "no", "c": ["01", "1e3", null, true], "d": {"e": "x: y\n# z\n", "f": ""}, "n": -12345678901234567}"#,
            r#"{"price": 0.10, "big": 123456789012345678901234567890}"#,
            r#"{"a": {}, "b": [], "c": "2026-01-31", "d": "null", "e": "~", "f": "- x"}"#,
        ] {
            let value = exact(json);
            let text = EditedText::new(&value, "things get");
            assert_eq!(text.read(text.as_str().as_bytes()).unwrap(), Some(value), "{}", text.as_str());
        }
        assert_eq!(EditedText::new(&exact(r#"{"a": 0.10}"#), "x").file_name(), "edit.json");
        let text = EditedText::new(&exact(r#"{"a": 1}"#), "things get");
        assert_eq!(text.file_name(), "edit.yaml");
        assert_eq!(text.read(b"# only a comment\n\n").unwrap(), None);
        assert!(text.read(b"- a\n").is_err() && text.read(b"a: [\n").is_err() && text.read(b"\xff").is_err());
    }

    #[test]
    fn a_difference_is_a_line_for_each_side() {
        let change = |before: Option<&str>, after: Option<&str>| ValueChange {
            path: "spec.size".to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            shown(&[change(Some("1"), Some("2")), change(None, Some("\"\u{1b}\""))]).lines().count(),
            3
        );
        assert!(shown(&[change(Some("1"), None)]).starts_with("- spec.size: 1\n"));
    }
}

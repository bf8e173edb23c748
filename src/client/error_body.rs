//! What the body of an error says, whatever its shape: its text always reaches the user.
//!
//! It must not know which status it came with, nor who shows it.

use super::network_error::Explanation;
use crate::model::{CleanText, harmless, harmless_lines};
use serde_json::{Map, Value};

/// Where the text of an error is, the surest place first, without regard to case, dashes and underscores: upstream's
/// `message` and `error`, FastAPI's `detail`, the `title` of RFC 9457, and what others call it.
const MESSAGES: &[&str] = &["message", "error", "detail", "title", "msg", "errormessage", "fault", "reason"];
/// What explains a message that is only a code (RFC 6749).
const DESCRIPTIONS: &[&str] = &["errordescription", "description"];
/// Where several errors are listed.
const LISTS: &[&str] = &["detail", "details", "errors", "error"];
/// Where one of a list says what it is about.
const PLACES: &[&str] = &["loc", "location", "pointer", "field", "path"];
/// No body has more errors than are shown, and none nests deeper.
const MOST: usize = 20;
const DEEPEST: usize = 5;

/// The value of a body that is JSON, with a byte order mark before it or not.
fn value(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(super::without_mark(body)).ok()
}

/// What an error body says: the text of JSON, or short plain text. HTML says nothing.
pub(super) fn message(body: &[u8]) -> Option<CleanText> {
    if let Some(value @ (Value::Object(_) | Value::Array(_) | Value::String(_))) = value(body) {
        return text_of(&value, DEEPEST)
            .or_else(|| leaves(&value))
            .and_then(|text| CleanText::non_empty(&text));
    }
    let text = std::str::from_utf8(super::without_mark(body)).ok()?.trim();
    if text.starts_with('<') || text.len() > 200 { None } else { CleanText::non_empty(text) }
}

/// The text at one of the places where errors have it.
fn text_of(value: &Value, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(items) => joined(items.iter().filter_map(|item| one_of(item, depth))),
        Value::Object(fields) => {
            let said = |names: &[&str]| {
                names.iter().find_map(|name| {
                    let value = field(fields, name).filter(|value| !value.is_array())?;
                    text_of(value, depth)
                })
            };
            let first = match (said(MESSAGES), said(DESCRIPTIONS)) {
                (Some(first), Some(more)) if first != more => Some(format!("{first}: {more}")),
                (first, more) => first.or(more),
            };
            let listed = LISTS.iter().find_map(|name| match field(fields, name)? {
                Value::Array(items) => joined(items.iter().filter_map(|item| one_of(item, depth))),
                // The names of fields, and what is wrong with each.
                Value::Object(fields) if *name == "errors" => leaves(&Value::Object(fields.clone())),
                _ => None,
            });
            match (first, listed) {
                (Some(first), Some(listed)) => Some(format!("{first} ({listed})")),
                (first, listed) => first.or(listed),
            }
        }
        _ => None,
    }
}

/// One error of several: what it is about, and what is wrong with that.
fn one_of(error: &Value, depth: usize) -> Option<String> {
    let said = text_of(error, depth).or_else(|| leaves(error))?;
    let place = error.as_object().and_then(|fields| {
        let source = field(fields, "source").and_then(Value::as_object);
        PLACES.iter().find_map(|name| field(fields, name).or_else(|| field(source?, name)))
    });
    let place = match place {
        Some(Value::Array(steps)) => steps.iter().map(plain).collect::<Vec<_>>().join("."),
        Some(Value::String(place)) => place.clone(),
        _ => return Some(said),
    };
    Some(format!("{place}: {said}"))
}

/// Every text of a body whose shape is unknown, each behind its name.
fn leaves(value: &Value) -> Option<String> {
    fn collect(value: &Value, name: &str, depth: usize, found: &mut Vec<String>) {
        if found.len() == MOST {
            return;
        }
        match value {
            Value::Null => {}
            _ if depth == 0 => found.push(labelled(name, &plain(value))),
            Value::Object(fields) => {
                for (inner, value) in fields {
                    let name = if name.is_empty() { inner.clone() } else { format!("{name}.{inner}") };
                    collect(value, &name, depth - 1, found);
                }
            }
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                for item in items {
                    collect(item, name, depth - 1, found);
                }
            }
            Value::Array(items) if items.is_empty() => {}
            Value::Array(items) => {
                let items: Vec<String> = items.iter().take(MOST).map(plain).collect();
                found.push(labelled(name, &items.join(", ")));
            }
            other => found.push(labelled(name, &plain(other))),
        }
    }
    let mut found = Vec::new();
    collect(value, "", DEEPEST, &mut found);
    joined(found.into_iter())
}

fn labelled(name: &str, text: &str) -> String {
    if name.is_empty() { text.to_owned() } else { format!("{name}: {text}") }
}

fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let text = texts.take(MOST).collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(text)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The field of this name, however it is spelled.
fn field<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let is_it = |other: &str| {
        let letters = other.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
        letters.map(|byte| byte.to_ascii_lowercase()).eq(name.bytes())
    };
    fields.get(name).or_else(|| fields.iter().find(|(other, _)| is_it(other)).map(|(_, value)| value))
}

/// What an error body says beside its message: `detail`, where it is not a message itself, `hint`, and the body as it
/// came.
pub(super) fn explanation(body: &[u8]) -> Explanation {
    /// No explanation has more lines, or more characters in one.
    const LINES: usize = 20;
    const LONGEST: usize = 300;
    let whole = harmless_lines(&String::from_utf8_lossy(super::without_mark(body)));
    let Some(Value::Object(fields)) = value(body) else {
        return Explanation { body: whole, ..Explanation::default() };
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let has_message = text("message").or_else(|| text("error")).is_some();
    let lines: Vec<String> = text("detail")
        .filter(|_| has_message)
        .into_iter()
        .flat_map(str::lines)
        .take(LINES)
        .map(|line| harmless(line).trim_end().chars().take(LONGEST).collect())
        .collect();
    let detail = lines.join("\n").trim_end().to_owned();
    Explanation {
        detail: (!detail.is_empty()).then_some(detail),
        hint: text("hint").and_then(CleanText::non_empty),
        body: whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_explanation_keeps_its_lines_and_nothing_harmful() {
        let more = |body: &str| explanation(body.as_bytes());
        let said = more(r#"{"error":"no","detail":"LINE 1: a\u001b[2J\n        ^\n","hint":"do\nthis"}"#);
        assert_eq!(said.detail.as_deref(), Some("LINE 1: a[2J\n        ^"));
        assert_eq!(said.hint.as_ref().map(CleanText::as_str), Some("do this"));
        let long = more(&format!(r#"{{"error":"no","detail":"{}"}}"#, r"x\n".repeat(1000)));
        assert_eq!(long.detail.map(|detail| detail.lines().count()), Some(20));
        // Where it is the message itself, it is not said twice.
        for body in [r#"{"detail":"Not Found"}"#, r#"{"error":"no","detail":[{"msg":"x"}]}"#, "no", ""] {
            assert_eq!(more(body), Explanation { body: body.to_owned(), ..Explanation::default() });
        }
        assert_eq!(more("<h1>\u{1b}[2Jno").body, "<h1>[2Jno");
    }

    #[test]
    fn every_usual_shape_of_an_error_is_read() {
        let said = |body: &str| message(body.as_bytes()).map(|line| line.to_string()).unwrap_or_default();
        for (body, expected) in [
            (r#"{"message":"insufficient permissions"}"#, "insufficient permissions"),
            ("\u{feff}{\"message\":\"no\"}", "no"),
            (r#"{"error":"plugin not found: x"}"#, "plugin not found: x"),
            ("404 page not found\n", "404 page not found"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (
                r#"{"detail":[{"loc":["query","limit"],"msg":"not an integer","type":"x"}]}"#,
                "query.limit: not an integer",
            ),
            (
                r#"{"title":"Unprocessable","errors":[{"message":"expected number","location":"query.n"}]}"#,
                "Unprocessable (query.n: expected number)",
            ),
            (
                r##"{"title":"not valid","errors":[{"detail":"too small","pointer":"#/age"}]}"##,
                "not valid (#/age: too small)",
            ),
            (r#"{"error":{"code":"E1","message":"quota"}}"#, "quota"),
            (r#"{"errors":["a","b"]}"#, "a; b"),
            (r#"{"errors":[{"message":"no field"}]}"#, "no field"),
            (r#"{"errors":[{"status":"422","detail":"no","source":{"pointer":"/a"}}]}"#, "/a: no"),
            (r#"{"Message":"denied"}"#, "denied"),
            (r#"{"error":"invalid_grant","error_description":"expired"}"#, "invalid_grant: expired"),
            (r#"{"name":["is required","is short"]}"#, "name: is required, is short"),
            (
                r#"{"title":"One or more errors","errors":{"Name":["is required"]}}"#,
                "One or more errors (Name: is required)",
            ),
            (r#"{"kind":"Status","status":"Failure","message":"denied","code":422}"#, "denied"),
            (r#"{"code":5,"msg":"no"}"#, "no"),
            (r#"{"strange":{"why":"no","n":[1,2]}}"#, "strange.why: no; strange.n: 1, 2"),
            (r#"["a","b"]"#, "a; b"),
            (r#""no""#, "no"),
            ("<!DOCTYPE html><p>no", ""),
            ("", ""),
            ("{}", ""),
            ("{\"message\":\"a\\u001b[31mb\"}", "a[31mb"),
        ] {
            assert_eq!(said(body), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn a_text_anywhere_in_it_is_shown(path in proptest::collection::vec("[a-z]{1,8}", 0..4), listed: bool) {
            let mut value = json!("the-reason");
            for name in path.iter().rev() {
                value = json!({name: value});
            }
            if listed {
                value = json!([value]);
            }
            let said = message(value.to_string().as_bytes()).map(|text| text.to_string());
            prop_assert!(said.is_some_and(|said| said.contains("the-reason")));
        }
    }
}

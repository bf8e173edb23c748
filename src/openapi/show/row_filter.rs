//! A body with only some of its rows, digit for digit: what stands around them stays.
//!
//! It must not know what decides.

use super::guess;
use super::view::{place, raw_rows, selector};
use crate::openapi::ApiCommand;
use crate::openapi::exact::Members;
use serde_json::Value;
use serde_json::value::RawValue;

/// `body`, which `value` was read from, with the rows that `keeps` says yes to; `None` when it has no rows.
pub fn kept_rows<E>(
    command: &ApiCommand,
    value: &Value,
    body: &[u8],
    keeps: &mut dyn FnMut(&str) -> Result<bool, E>,
) -> Option<Result<Vec<u8>, E>> {
    if selector(command).is_some() {
        return None;
    }
    if let Some(rows) = raw_rows(command, value, body) {
        let whole: &RawValue = serde_json::from_slice(body).ok()?;
        let Some(list) = place(command, value)?.find_raw(value, whole) else {
            return Some(Ok(body.to_vec()));
        };
        let kept = match kept(rows, |row| row.get(), keeps) {
            Ok(kept) => kept,
            Err(error) => return Some(Err(error)),
        };
        // What was found is a part of the body.
        let begin = list.get().as_ptr().addr().checked_sub(body.as_ptr().addr())?;
        let (before, after) = (body.get(..begin)?, body.get(begin + list.get().len()..)?);
        let rows: Vec<&str> = kept.into_iter().map(RawValue::get).collect();
        return Some(Ok([before, b"[", rows.join(",").as_bytes(), b"]", after].concat()));
    }
    let is_by_name = value.as_object().is_some_and(|members| {
        command.answer.by_name || (command.answer.unknown && guess::is_by_name(members))
    });
    if !is_by_name {
        return None;
    }
    let Members(members) = serde_json::from_slice(body).ok()?;
    Some(kept(members, |(_, row)| row.get(), keeps).map(|kept| {
        let member = |(name, row): (String, &RawValue)| format!("{}:{}", Value::from(name), row.get());
        format!("{{{}}}", kept.into_iter().map(member).collect::<Vec<_>>().join(",")).into_bytes()
    }))
}

fn kept<T, E>(
    items: Vec<T>,
    row: impl Fn(&T) -> &str,
    keeps: &mut dyn FnMut(&str) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    let mut kept = Vec::new();
    for item in items {
        if keeps(row(&item))? {
            kept.push(item);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::convert::Infallible;

    fn filtered(schema: &Value, body: &str) -> Option<String> {
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get":
            {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}}});
        let command = crate::openapi::read(document.to_string().as_bytes()).unwrap().commands.remove(0);
        let value = serde_json::from_str(body).unwrap();
        let mut keeps = |row: &str| Ok::<_, Infallible>(row.contains("yes"));
        let kept = kept_rows(&command, &value, body.as_bytes(), &mut keeps)?;
        Some(String::from_utf8(kept.unwrap()).unwrap())
    }

    #[test]
    fn what_stands_around_the_rows_stays_and_no_digit_is_lost() {
        let any = json!({});
        let rows = r#"[{"a": "yes", "n": 1.50}, {"a": "no"}, {"a":"yes"}]"#;
        let expected = r#"[{"a": "yes", "n": 1.50},{"a":"yes"}]"#;
        assert_eq!(filtered(&any, rows).as_deref(), Some(expected));
        let body = format!(r#" {{"total": 3.0, "items": {rows} , "next": null}}"#);
        let kept = format!(r#" {{"total": 3.0, "items": {expected} , "next": null}}"#);
        assert_eq!(filtered(&any, &body), Some(kept));
        let by_name = r#"{"x": {"a": "yes"}, "y": {"a": "no"}}"#;
        assert_eq!(filtered(&any, by_name).as_deref(), Some(r#"{"x":{"a": "yes"}}"#));
        assert_eq!(filtered(&any, "[]").as_deref(), Some("[]"));
        let one = json!({"type": "object", "properties": {"id": {"type": "string"}}});
        assert_eq!(filtered(&one, r#"{"id": "yes"}"#), None);
    }
}

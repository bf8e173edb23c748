//! One object before and after it was edited: what is different, what of it a request sends, and what of a response can be
//! sent back at all.
//!
//! It must not know how it is edited.

use super::secrecy::{HIDDEN, is_secret_name};
use super::{ApiCommand, ArgumentPlace, ExactJson, Method};

/// A difference between two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueChange {
    /// Where it is: `spec.replicas`, `items[2]`.
    pub path: String,
    /// What was there, as JSON; `None` when nothing was.
    pub before: Option<String>,
    /// What is there now.
    pub after: Option<String>,
}

/// The differences between `before` and `after`; what is secret by its name is not shown.
pub fn changes(before: &ExactJson, after: &ExactJson) -> Vec<ValueChange> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), false, &mut found);
    found
}

fn compare(
    path: &str,
    before: Option<&ExactJson>,
    after: Option<&ExactJson>,
    is_secret: bool,
    found: &mut Vec<ValueChange>,
) {
    if let (Some(before @ ExactJson::Object(old)), Some(after @ ExactJson::Object(new))) = (before, after) {
        let mut names: Vec<&str> = old.iter().map(|(name, _)| name.as_str()).collect();
        for (name, _) in new {
            if before.get(name).is_none() {
                names.push(name);
            }
        }
        for name in names {
            let dot = if path.is_empty() { "" } else { "." };
            let place = format!("{path}{dot}{name}");
            let is_secret = is_secret || is_secret_name(name);
            compare(&place, before.get(name), after.get(name), is_secret, found);
        }
        return;
    }
    if let (Some(ExactJson::List(old)), Some(ExactJson::List(new))) = (before, after)
        && old.len() == new.len()
    {
        for (at, (old, new)) in old.iter().zip(new).enumerate() {
            compare(&format!("{path}[{at}]"), Some(old), Some(new), is_secret, found);
        }
        return;
    }
    if before == after {
        return;
    }
    let shown = |value: &ExactJson| {
        if is_secret && !value.is_null() {
            return HIDDEN.to_owned();
        }
        let mut value = value.clone();
        super::secrecy::hide_names(&mut value);
        value.to_string()
    };
    found.push(ValueChange { path: path.to_owned(), before: before.map(shown), after: after.map(shown) });
}

/// `target` with what `patch` says (RFC 7396): `null` removes.
pub fn merged(target: &ExactJson, patch: &ExactJson) -> ExactJson {
    let ExactJson::Object(changes) = patch else { return patch.clone() };
    let mut members = match target {
        ExactJson::Object(members) => members.clone(),
        _ => Vec::new(),
    };
    for (name, change) in changes {
        if change.is_null() {
            members.retain(|(other, _)| other != name);
            continue;
        }
        match members.iter_mut().find(|(other, _)| other == name) {
            Some((_, value)) => *value = merged(value, change),
            None => members.push((name.clone(), merged(&ExactJson::Null, change))),
        }
    }
    ExactJson::Object(members)
}

/// What makes `after` of `before` by [`merged`].
pub fn merge_patch(before: &ExactJson, after: &ExactJson) -> ExactJson {
    let (ExactJson::Object(old), ExactJson::Object(new)) = (before, after) else { return after.clone() };
    let mut patch = Vec::new();
    for (name, value) in new {
        match before.get(name) {
            Some(old) if old == value => {}
            Some(old @ ExactJson::Object(_)) => patch.push((name.clone(), merge_patch(old, value))),
            _ => patch.push((name.clone(), value.clone())),
        }
    }
    for (name, _) in old {
        if after.get(name).is_none() {
            patch.push((name.clone(), ExactJson::Null));
        }
    }
    ExactJson::Object(patch)
}

/// The properties of `current`, which `read` has responded with, without those that only its response is said to have: they
/// are the server's. What nothing is said of is sent back: it would be deleted.
pub fn writable(command: &ApiCommand, read: &ApiCommand, current: ExactJson) -> ExactJson {
    let taken: Vec<&str> = command.arguments.iter().filter_map(|argument| top(&argument.place)).collect();
    let ExactJson::Object(mut members) = current else { return current };
    if !taken.is_empty() {
        let is_only_read =
            |name: &String| read.answer.members.contains(name) && !taken.contains(&name.as_str());
        members.retain(|(name, _)| !is_only_read(name));
    }
    ExactJson::Object(members)
}

/// The property of the body that an argument is in.
fn top(place: &ArgumentPlace) -> Option<&str> {
    match place {
        ArgumentPlace::Body(pointer) => pointer.steps().first().map(String::as_str),
        _ => None,
    }
}

/// What `command` sends for a thing that was `before` and shall be `after`: all of it, or what is different.
pub fn body_of_change(command: &ApiCommand, before: &ExactJson, after: &ExactJson) -> ExactJson {
    if command.sends_difference() { merge_patch(before, after) } else { after.clone() }
}

/// Whether `command` replaces a thing by a body of which flags are only a part: what is not in the body is lost.
pub fn replaces(command: &ApiCommand) -> bool {
    let is_replacing_by_name = command.words.last().starts_with("replace");
    let is_object = command
        .body
        .as_ref()
        .is_some_and(|body| body.kind == super::BodyKind::Json && body.object && !body.is_merge_patch());
    command.method == Method::Put && is_object && !is_replacing_by_name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn exact(value: &Value) -> ExactJson {
        ExactJson::from(value)
    }

    #[test]
    fn a_change_says_where_and_what_and_no_secret() {
        let before = json!({"name": "a", "spec": {"size": 1, "old": true}, "list": [1, 2], "password": "x", "in": [{"token": "t"}]});
        let after =
            json!({"name": "a", "spec": {"size": 2, "new": null}, "list": [1, 3], "password": "y", "in": []});
        let found: Vec<String> = changes(&exact(&before), &exact(&after))
            .into_iter()
            .map(|change| format!("{} {:?} {:?}", change.path, change.before, change.after))
            .collect();
        let hidden = HIDDEN;
        assert_eq!(
            found,
            [
                "spec.size Some(\"1\") Some(\"2\")".to_owned(),
                "spec.old Some(\"true\") None".to_owned(),
                "spec.new None Some(\"null\")".to_owned(),
                "list[1] Some(\"2\") Some(\"3\")".to_owned(),
                format!("password Some({hidden:?}) Some({hidden:?})"),
                format!("in Some({:?}) Some(\"[]\")", format!("[{{\"token\":\"{hidden}\"}}]")),
            ]
        );
        assert!(changes(&exact(&before), &exact(&before)).is_empty());
    }

    #[test]
    fn a_put_sends_what_it_takes_and_a_patch_what_is_different() {
        let body = |kind: &str| {
            json!({"content": {kind: {"schema": {"type": "object", "properties": {
            "name": {"type": "string"}, "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
            "id": {"type": "string", "readOnly": true}}}}}})
        };
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {
            "/things/{id}": {
                "get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {
                    "id": {"type": "string"}, "name": {"type": "string"}, "seen": {"type": "string"}}}}}}}},
                "put": {"requestBody": body("application/json"), "responses": {}},
                "patch": {"requestBody": body("application/merge-patch+json"), "responses": {}}}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let command = |method| descriptor.commands.iter().find(|command| command.method == method).unwrap();
        let (get, put, patch) = (command(Method::Get), command(Method::Put), command(Method::Patch));
        let current = exact(
            &json!({"id": "7", "name": "a", "seen": "now", "spec": {"size": 1, "more": 2}, "note": "x"}),
        );
        let before = writable(put, get, current);
        // `id` and `seen` are the server's; nothing is known of `note`.
        assert_eq!(before, exact(&json!({"name": "a", "spec": {"size": 1, "more": 2}, "note": "x"})));
        let after = exact(&json!({"name": "a", "spec": {"size": 2, "more": 2}, "note": "x"}));
        assert_eq!(body_of_change(put, &before, &after), after);
        assert_eq!(body_of_change(patch, &before, &after), exact(&json!({"spec": {"size": 2}})));
        assert!(!replaces(patch));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<bool>().prop_map(Value::from), any::<u8>().prop_map(Value::from)];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-c]", inner, 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Objects are the same whatever the order of their members.
    fn sorted(value: &ExactJson) -> Value {
        serde_json::from_str(&value.to_string()).unwrap()
    }

    proptest! {
        #[test]
        fn a_patch_makes_the_one_of_the_other(
            before in prop::collection::btree_map("[a-c]", value(), 0..3),
            after in prop::collection::btree_map("[a-c]", value(), 0..3),
        ) {
            let object = |members: std::collections::BTreeMap<String, Value>| exact(&Value::Object(members.into_iter().collect()));
            let (before, after) = (object(before), object(after));
            let patch = merge_patch(&before, &after);
            prop_assert_eq!(sorted(&merged(&before, &patch)), sorted(&after));
            prop_assert_eq!(changes(&before, &after).is_empty(), sorted(&before) == sorted(&after));
        }
    }
}

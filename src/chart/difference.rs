//! What a change changes: objects that come, go and differ, field by field. Values of secrets are never part of it. Pure.

use super::objects::{Object, ObjectId};
use crate::model::CleanText;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The most fields of one object that are told one by one.
const MOST_FIELDS: usize = 20;
/// The longest value that is shown, in characters.
const LONGEST: usize = 60;

/// What becomes of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectChange {
    /// The object.
    #[serde(serialize_with = "shown")]
    pub object: ObjectId,
    /// What happens to it.
    pub change: ChangeKind,
    /// Its fields that differ, in the form `path: before -> after`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<CleanText>,
}

fn shown<S: Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(CleanText::new(&id.to_string()).as_str())
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It differs.
    Changed,
    /// It goes.
    Removed,
}

impl ChangeKind {
    /// The character that stands for it.
    pub const fn mark(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed => '~',
            Self::Removed => '-',
        }
    }
}

/// What tells `after` from `before`, in the order of the objects' names.
pub fn between(before: &[Object], after: &[Object]) -> Vec<ObjectChange> {
    let by_id = |objects: &[Object]| -> BTreeMap<ObjectId, Value> {
        objects.iter().map(|object| (object.id(), object.0.clone())).collect()
    };
    let (before, after) = (by_id(before), by_id(after));
    let mut changes: Vec<ObjectChange> = Vec::new();
    for (id, value) in &after {
        let Some(old) = before.get(id) else {
            changes.push(ObjectChange { object: id.clone(), change: ChangeKind::Added, fields: Vec::new() });
            continue;
        };
        let fields = fields(id, old, value);
        if !fields.is_empty() {
            changes.push(ObjectChange { object: id.clone(), change: ChangeKind::Changed, fields });
        }
    }
    let gone = before.into_keys().filter(|id| !after.contains_key(id));
    changes.extend(gone.map(|object| ObjectChange {
        object,
        change: ChangeKind::Removed,
        fields: Vec::new(),
    }));
    changes.sort_by(|first, second| first.object.cmp(&second.object));
    changes
}

/// The fields in which two states of one object differ.
pub fn fields(id: &ObjectId, before: &Value, after: &Value) -> Vec<CleanText> {
    let mut found = Vec::new();
    let is_secret = id.group.is_empty() && id.kind == "Secret";
    compare("", before, after, is_secret, &mut found);
    let more = found.len().saturating_sub(MOST_FIELDS);
    found.truncate(MOST_FIELDS);
    if more > 0 {
        found.push(CleanText::new(&format!("and {more} more")));
    }
    found
}

fn compare(path: &str, before: &Value, after: &Value, is_secret: bool, found: &mut Vec<CleanText>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let (old, new) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
                compare(&path, old, new, is_secret, found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (number, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{number}]"), old, new, is_secret, found);
            }
        }
        (old, new) if old == new => {}
        _ if is_secret && (path.starts_with("data") || path.starts_with("stringData")) => {
            found.push(CleanText::new(&format!("{path}: changed (a secret)")));
        }
        (old, new) => found.push(CleanText::new(&format!("{path}: {} -> {}", short(old), short(new)))),
    }
}

/// A value in a few words.
fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => return "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}…")
}

/// Takes out of `object` what the API server adds to it and what a change never is about.
pub fn without_bookkeeping(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"]
        {
            metadata.remove(key);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::objects;

    #[test]
    fn objects_come_go_and_differ() {
        let before = objects::read(
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], type: ClusterIP}}\n---\n\
             {apiVersion: v1, kind: ConfigMap, metadata: {name: gone}}\n---\n\
             {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {key: aHVudGVyMg==}, type: Opaque}\n",
        );
        let after = objects::read(
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 81}]}}\n---\n\
             {apiVersion: v1, kind: ConfigMap, metadata: {name: new}}\n---\n\
             {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {key: b3RoZXI=}, type: Opaque}\n",
        );
        let (before, after) = (before.unwrap(), after.unwrap());
        let lines: Vec<String> = between(&before, &after)
            .iter()
            .map(|change| format!("{} {} {:?}", change.change.mark(), change.object, change.fields))
            .collect();
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert_eq!(lines[0], "- ConfigMap gone []");
        assert_eq!(lines[1], "+ ConfigMap new []");
        assert!(lines[2].contains("data.key: changed (a secret)") && !lines[2].contains("aHVu"), "{lines:?}");
        assert!(lines[3].contains("spec.ports[0].port: 80 -> 81"), "{lines:?}");
        assert!(lines[3].contains("spec.type: ClusterIP -> none"), "{lines:?}");
        assert_eq!(between(&after, &after), []);
    }

    #[test]
    fn values_are_short_and_clean() {
        let text = |value: &str| {
            objects::read(&format!("{{apiVersion: v1, kind: X, metadata: {{name: a}}, v: \"{value}\"}}"))
        };
        let (before, after) = (text("a\\e[31m").unwrap(), text(&"x".repeat(500)).unwrap());
        let change = &between(&before, &after)[0].fields[0];
        assert!(change.as_str().len() < 100 && !change.as_str().contains('\u{1b}'), "{change}");
    }
}

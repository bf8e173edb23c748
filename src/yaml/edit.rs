//! Changing a file of named things, such as a config file or a kubeconfig: only what an edit means changes; comments, order and
//! unknown fields stay, and every text stays the text that it was.
//!
//! Each edit is made twice: in the text, by a lossless editor, and in what the text means. The new text must
//! mean exactly the new meaning when it is read again. Where it does not (an anchor that two entries share),
//! the meaning is written out whole: comments are lost then, a session never is.
//!
//! Nothing here touches a file.

use crate::yaml::{self, YamlError};
use serde_json::{Map, Value, json};
use std::str::FromStr;
use yaml_edit::{Document, Mapping, ScalarValue, Sequence, YamlFile};

/// One of the lists of named things that such a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigList {
    /// `contexts`.
    Contexts,
    /// `servers`.
    Servers,
    /// `users`.
    Users,
    /// `aliases`, in `everestctl.yaml`.
    Aliases,
    /// `images`, in `everestctl.yaml`.
    Images,
    /// `catalogs`, in `everestctl.yaml`.
    Catalogs,
}

impl ConfigList {
    /// The key of the list in the file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Contexts => "contexts",
            Self::Servers => "servers",
            Self::Users => "users",
            Self::Aliases => "aliases",
            Self::Images => "images",
            Self::Catalogs => "catalogs",
        }
    }

    /// The key under which each of its items keeps its fields.
    pub const fn entry(self) -> &'static str {
        match self {
            Self::Contexts => "context",
            Self::Servers => "server",
            Self::Users => "user",
            Self::Aliases => "alias",
            Self::Images => "image",
            Self::Catalogs => "catalog",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Sets a field at the top.
    Top(&'static str, String),
    /// Sets a field of a named item, which is made when it is not there.
    Set {
        /// The list.
        list: ConfigList,
        /// The item's name.
        name: String,
        /// The field.
        field: &'static str,
        /// Its new value: a text or a boolean.
        value: Value,
    },
    /// Sets a text further inside of a named item that is there already, with all that leads to it.
    SetInside {
        /// The list.
        list: ConfigList,
        /// The item's name.
        name: String,
        /// The fields that lead to it, from the entry of the item on; the last one is what is set.
        path: &'static [&'static str],
        /// Its new value.
        value: String,
    },
    /// Takes a field of a named item away.
    Unset {
        /// The list.
        list: ConfigList,
        /// The item's name.
        name: String,
        /// The field.
        field: &'static str,
    },
    /// Gives a named item another name.
    Rename {
        /// The list.
        list: ConfigList,
        /// The old name.
        name: String,
        /// The new one.
        new: String,
    },
    /// Removes a named item.
    Remove {
        /// The list.
        list: ConfigList,
        /// Name of the item.
        name: String,
    },
}

/// The text with all `edits`. A file without content starts with the fields of `start`.
pub fn apply(text: &str, edits: &[Edit], start: &Map<String, Value>) -> Result<String, YamlError> {
    let mut meaning: Value = yaml::from_slice(text.as_bytes())?;
    let begins = meaning.is_null();
    if begins {
        meaning = Value::Object(start.clone());
    }
    let Value::Object(fields) = &mut meaning else { return Err(YamlError::Somewhere) };
    for edit in edits {
        in_meaning(fields, edit);
    }
    let edited = in_text(text, edits, if begins { Some(start) } else { None });
    let holds = |new: &String| yaml::from_slice::<Value>(new.as_bytes()).is_ok_and(|new| new == meaning);
    match edited.filter(holds) {
        Some(new) => Ok(new),
        None => serde_yaml::to_string(&meaning).map_err(|_| YamlError::Somewhere),
    }
}

fn in_meaning(fields: &mut Map<String, Value>, edit: &Edit) {
    match edit {
        Edit::Top(key, value) => {
            fields.insert((*key).to_owned(), value.as_str().into());
        }
        Edit::Set { list, name, field, value } => {
            let items = items(fields, *list);
            let index = position(items, name).unwrap_or_else(|| {
                items.push(json!({"name": name}));
                items.len() - 1
            });
            if let Some(entry) = items.get_mut(index).and_then(|item| entry(item, *list)) {
                entry.insert((*field).to_owned(), value.clone());
            }
        }
        Edit::SetInside { list, name, path, value } => {
            let items = items(fields, *list);
            let item = position(items, name).and_then(|index| items.get_mut(index));
            let entry = item.and_then(|item| item.get_mut(list.entry()));
            if let (Some(entry), Some((field, way))) = (entry, path.split_last())
                && let Some(Value::Object(inside)) = way.iter().try_fold(entry, |at, key| at.get_mut(*key))
            {
                inside.insert((*field).to_owned(), value.as_str().into());
            }
        }
        Edit::Unset { list, name, field } => {
            let items = items(fields, *list);
            let item = position(items, name).and_then(|index| items.get_mut(index));
            if let Some(Value::Object(entry)) = item.and_then(|item| item.get_mut(list.entry())) {
                entry.shift_remove(*field);
            }
        }
        Edit::Rename { list, name, new } => {
            let items = items(fields, *list);
            let item = position(items, name).and_then(|index| items.get_mut(index));
            if let Some(Value::Object(item)) = item {
                item.insert("name".to_owned(), new.as_str().into());
            }
        }
        Edit::Remove { list, name } => {
            let items = items(fields, *list);
            if let Some(index) = position(items, name) {
                items.remove(index);
            }
        }
    }
}

/// The items of a list, made when it is not there. What is not a list is none: the Go CLI could not read it.
fn items(fields: &mut Map<String, Value>, list: ConfigList) -> &mut Vec<Value> {
    let value = fields.entry(list.key()).or_insert_with(|| json!([]));
    if !value.is_array() {
        *value = json!([]);
    }
    match value {
        Value::Array(items) => items,
        _ => unreachable!("it was made a list above"),
    }
}

fn position(items: &[Value], name: &str) -> Option<usize> {
    items.iter().position(|item| item.get("name").and_then(Value::as_str) == Some(name))
}

fn entry(item: &mut Value, list: ConfigList) -> Option<&mut Map<String, Value>> {
    let value = item.as_object_mut()?.entry(list.entry()).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut()
}

/// The edits in the text; `None` where the editor cannot do them.
fn in_text(text: &str, edits: &[Edit], start: Option<&Map<String, Value>>) -> Option<String> {
    let file = YamlFile::from_str(text).ok()?;
    if file.documents().count() > 1 {
        return None;
    }
    let document = file.ensure_document();
    if let Some(start) = start {
        for (key, value) in start {
            document.as_mapping()?.set(key.as_str(), written(value)?);
        }
    }
    let top = document.as_mapping()?;
    for edit in edits {
        edit_text(&top, edit)?;
    }
    Some(file.to_string())
}

fn edit_text(top: &Mapping, edit: &Edit) -> Option<()> {
    match edit {
        Edit::Top(key, value) => top.set(*key, quoted(value)),
        Edit::Set { list, name, field, value } => {
            let Some((_, item)) = item_in_text(top, *list, name) else {
                return add_item(top, *list, name, field, value);
            };
            if let Some(entry) = item.get_mapping(list.entry()) {
                entry.set(*field, written(value)?);
            } else {
                let entry = Document::from_str(&format!("{field}: x\n")).ok()?.as_mapping()?;
                entry.set(*field, written(value)?);
                item.set(list.entry(), entry);
            }
        }
        Edit::SetInside { list, name, path, value } => {
            let entry = item_in_text(top, *list, name).and_then(|(_, item)| item.get_mapping(list.entry()));
            if let (Some(entry), Some((field, way))) = (entry, path.split_last())
                && let Some(inside) = way.iter().try_fold(entry, |at, key| at.get_mapping(*key))
            {
                inside.set(*field, quoted(value));
            }
        }
        Edit::Unset { list, name, field } => {
            let entry = item_in_text(top, *list, name).and_then(|(_, item)| item.get_mapping(list.entry()));
            if let Some(entry) = entry {
                entry.remove(*field);
            }
        }
        Edit::Rename { list, name, new } => {
            if let Some((_, item)) = item_in_text(top, *list, name) {
                item.set("name", quoted(new));
            }
        }
        Edit::Remove { list, name } => {
            if let (Some(items), Some((index, _))) =
                (top.get_sequence(list.key()), item_in_text(top, *list, name))
            {
                items.remove(index);
            }
        }
    }
    Some(())
}

fn add_item(top: &Mapping, list: ConfigList, name: &str, field: &str, value: &Value) -> Option<()> {
    let (key, entry) = (list.key(), list.entry());
    let text = format!("{key}:\n  - name: x\n    {entry}:\n      {field}: x\n");
    let new: Sequence = Document::from_str(&text).ok()?.get_sequence(key)?;
    let item = new.first()?.as_mapping()?.clone();
    item.set("name", quoted(name));
    item.get_mapping(entry)?.set(field, written(value)?);
    match top.get_sequence(key).filter(|items| !items.is_empty()) {
        Some(items) => items.push(item),
        None => top.set(key, new),
    }
    Some(())
}

fn item_in_text(top: &Mapping, list: ConfigList, name: &str) -> Option<(usize, Mapping)> {
    let items = top.get_sequence(list.key())?;
    items.values().enumerate().find_map(|(index, item)| {
        let item = item.as_mapping()?;
        let found = item.get("name")?.as_scalar()?.as_string();
        (found == name).then(|| (index, item.clone()))
    })
}

fn written(value: &Value) -> Option<ScalarValue> {
    match value {
        Value::String(text) => Some(quoted(text)),
        Value::Bool(value) => Some(ScalarValue::plain(value.to_string())),
        _ => None,
    }
}

/// A text that every YAML reader takes for a text: quoted, unless it is plainly nothing else. The readers of
/// YAML 1.1 that the Go CLI was built with see booleans in `on` and `y`, and numbers in `0o14` and `12:30`.
fn quoted(text: &str) -> ScalarValue {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let begins_plainly = |first: char| first.is_ascii_alphabetic() || first == '/';
    let goes_on = |other: char| other.is_ascii_alphanumeric() || "/._@:+-".contains(other);
    let plain = text.starts_with(begins_plainly)
        && text.chars().all(goes_on)
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain || is_moment(text) { ScalarValue::plain(text) } else { ScalarValue::double_quoted(text) }
}

/// RFC 3339, which the Go CLI writes plainly.
fn is_moment(text: &str) -> bool {
    text.len() > 19 && humantime::parse_rfc3339(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "# mine
apiVersion: config.openeverest.io/v1alpha1
kind: ClientConfig
currentContext: dana@one # the one
future: {a: on, b: 1.10}
contexts:
- name: dana@one
  context:
    server: one
    user: dana@one
    note: \"0o14\"
servers:
  - name: one
    server: {url: 'https://one.example'}   # flow
users:
  - name: dana@one
    user:
      accessToken: old-access
      refreshToken: \"old-refresh\"
      expiresAt: 2026-10-01T09:15:00.123456789Z
# the end
";

    fn set(list: ConfigList, name: &str, field: &'static str, value: &str) -> Edit {
        Edit::Set { list, name: name.to_owned(), field, value: value.into() }
    }

    fn edited(text: &str, edits: &[Edit]) -> String {
        let start = json!({"apiVersion": "config.openeverest.io/v1alpha1", "kind": "ClientConfig"});
        apply(text, edits, start.as_object().unwrap()).unwrap()
    }

    #[test]
    fn a_refresh_changes_three_scalars_and_nothing_else() {
        let new = edited(
            FILE,
            &[
                set(ConfigList::Users, "dana@one", "accessToken", "new-access"),
                set(ConfigList::Users, "dana@one", "refreshToken", "new-refresh"),
                set(ConfigList::Users, "dana@one", "expiresAt", "2027-01-01T00:00:00.000000001Z"),
            ],
        );
        let expected = FILE
            .replace("old-access", "new-access")
            .replace("\"old-refresh\"", "new-refresh")
            .replace("2026-10-01T09:15:00.123456789Z", "2027-01-01T00:00:00.000000001Z");
        // The editor may keep the quotes that were there.
        assert_eq!(new.replace('"', ""), expected.replace('"', ""));
    }

    #[test]
    fn a_new_file_is_what_the_go_cli_writes() {
        let new = edited(
            "",
            &[
                Edit::Top("currentContext", "dana@one.example".to_owned()),
                set(ConfigList::Contexts, "dana@one.example", "server", "one.example"),
                set(ConfigList::Contexts, "dana@one.example", "user", "dana@one.example"),
                set(ConfigList::Servers, "one.example", "url", "https://one.example"),
            ],
        );
        assert_eq!(
            new,
            "apiVersion: config.openeverest.io/v1alpha1\nkind: ClientConfig\ncurrentContext: dana@one.example\n\
             contexts:\n  - name: dana@one.example\n    context:\n      server: one.example\n      user: dana@one.example\n\
             servers:\n  - name: one.example\n    server:\n      url: https://one.example\n"
        );
    }

    #[test]
    fn what_is_further_inside_changes_where_it_is_and_nowhere_else() {
        const PATH: &[&str] = &["auth-provider", "config", "id-token"];
        let inside = |name: &str, value: &str| Edit::SetInside {
            list: ConfigList::Users,
            name: name.to_owned(),
            path: PATH,
            value: value.to_owned(),
        };
        let text = "users: # all\n- name: u\n  user:\n    auth-provider:\n      config:\n        client-id: c\n\
            \u{20}       id-token: old # mine\n      name: oidc\n- name: v\n  user: {token: t}\n# the end\n";
        assert_eq!(apply(text, &[inside("u", "new")], &Map::new()).unwrap(), text.replace("old", "new"));
        // What is in one line, as JSON is.
        let json = r#"{"users": [{"name": "u", "user": {"auth-provider": {"config": {"a": "1", "id-token": "old"}}}}]}"#;
        let new: Value =
            yaml::from_slice(apply(json, &[inside("u", "on")], &Map::new()).unwrap().as_bytes()).unwrap();
        assert_eq!(new["users"][0]["user"]["auth-provider"]["config"], json!({"a": "1", "id-token": "on"}));
        // It may be new there, but nothing is made that would lead to it.
        let without = text.replace("        id-token: old # mine\n", "");
        let new: Value =
            yaml::from_slice(apply(&without, &[inside("u", "n")], &Map::new()).unwrap().as_bytes()).unwrap();
        assert_eq!(
            new["users"][0]["user"]["auth-provider"]["config"],
            json!({"client-id": "c", "id-token": "n"})
        );
        for nobody in ["v", "w"] {
            assert_eq!(apply(text, &[inside(nobody, "new")], &Map::new()).unwrap(), text);
        }
    }

    #[test]
    fn what_two_entries_share_is_written_out() {
        let text = "users:\n- user: &u\n    accessToken: a\n  name: dana\n- name: other\n  user: *u\n";
        let new = edited(text, &[set(ConfigList::Users, "dana", "accessToken", "b")]);
        let new: Value = yaml::from_slice(new.as_bytes()).unwrap();
        assert_eq!(new["users"][0]["user"]["accessToken"], "b");
        assert_eq!(new["users"][1]["user"]["accessToken"], "a");
    }

    #[test]
    fn items_come_and_go() {
        let gone = edited(FILE, &[Edit::Remove { list: ConfigList::Contexts, name: "dana@one".to_owned() }]);
        assert!(gone.contains("contexts: []") && gone.contains("# the end"), "{gone}");
        let back = edited(&gone, &[set(ConfigList::Contexts, "x", "server", "one")]);
        assert!(back.contains("contexts:\n  - name: x\n    context:\n      server: one\n"), "{back}");
        let renamed =
            Edit::Rename { list: ConfigList::Contexts, name: "dana@one".to_owned(), new: "on".to_owned() };
        assert!(edited(FILE, &[renamed]).contains("- name: \"on\"\n"));
        let unset = Edit::Unset { list: ConfigList::Contexts, name: "dana@one".to_owned(), field: "note" };
        assert!(!edited(FILE, &[unset]).contains("0o14"));
        assert_eq!(
            edited("a: 1\n", &[Edit::Remove { list: ConfigList::Users, name: "x".to_owned() }]),
            "a: 1\nusers: []\n"
        );
    }

    #[test]
    fn a_file_that_is_no_mapping_is_damaged() {
        assert!(apply("[1]\n", &[], &Map::new()).is_err());
        assert!(apply("a: [\n", &[], &Map::new()).is_err());
    }

    /// Texts that readers take for something else.
    fn awkward() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec![
                "on",
                "off",
                "y",
                "No",
                "null",
                "~",
                "1.10",
                "0o14",
                "0x1F",
                "1e3",
                "12:30:45",
                "010",
                ".5",
                "-",
                "- a",
                "a: b",
                "#x",
                "a #b",
                "&a",
                "*a",
                "!t",
                "|",
                ">",
                "%x",
                "@x",
                "`x",
                "'",
                "\"",
                "\\",
                "{a}",
                "[b]",
                "2026-10-01",
                "",
                " ",
                "a ",
                "=",
                "<<",
                "?",
                "? a",
                ".inf",
                ".nan",
                "true",
                "1_000",
                "+1",
                "\u{e9}\u{1f600}",
            ])
            .prop_map(str::to_owned),
            "[ -~]{0,20}",
            "\\PC{0,12}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn every_text_stays_the_text_it_is(names in prop::collection::vec(awkward(), 1..4), value in awkward()) {
            let mut edits: Vec<Edit> = names.iter().map(|name| set(ConfigList::Users, name, "accessToken", &value)).collect();
            edits.push(Edit::Top("currentContext", value.clone()));
            for start in ["", FILE, "users: [{name: a, user: {b: 1.10, c: on}}]\n"] {
                let new = edited(start, &edits);
                let new: Value = yaml::from_slice(new.as_bytes()).unwrap();
                prop_assert_eq!(&new["currentContext"], &Value::from(value.as_str()));
                for name in &names {
                    let found = new["users"].as_array().unwrap().iter().find(|user| user["name"] == name.as_str()).unwrap();
                    prop_assert_eq!(&found["user"]["accessToken"], &Value::from(value.as_str()));
                }
                if start == FILE {
                    prop_assert_eq!(&new["future"], &json!({"a": "on", "b": 1.10}));
                    prop_assert_eq!(&new["contexts"][0]["context"]["note"], "0o14");
                }
            }
        }
    }
}

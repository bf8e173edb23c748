//! What a document says of groups of commands: the description of the tag that they have in common.
//!
//! It must not know how operations are read.

use super::prose;
use crate::model::CleanText;
use crate::openapi::case::kebab;
use crate::openapi::{ApiCommand, DescribedGroup, Words};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// More tags have no document.
const TAGS: usize = 2_000;

/// The groups of `commands` that a tag describes: it is named as the group is, or all that have it are in the group and
/// the group has no other.
pub(super) fn described(root: &Map<String, Value>, commands: &[ApiCommand]) -> Vec<DescribedGroup> {
    let texts = texts(root);
    if texts.is_empty() {
        return Vec::new();
    }
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: BTreeMap<Vec<&str>, BTreeMap<&str, usize>> = BTreeMap::new();
    for command in commands.iter().filter(|command| !command.hidden) {
        let tags: BTreeSet<&str> = command.tags.iter().map(CleanText::as_str).collect();
        for tag in &tags {
            *users.entry(tag).or_default() += 1;
        }
        let words: Vec<&str> = command.words.as_slice().iter().map(AsRef::as_ref).collect();
        for length in 1..words.len() {
            let group = groups.entry(words[..length].to_vec()).or_default();
            for tag in &tags {
                *group.entry(tag).or_default() += 1;
            }
        }
    }
    let mut described = Vec::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    // The outer groups come first.
    let mut order: Vec<_> = groups.iter().collect();
    order.sort_by_key(|(words, _)| words.len());
    for (words, tags) in order {
        let last = words.last().copied().unwrap_or_default();
        let named = tags.keys().find(|tag| is_named(tag, last));
        let common = match tags.first_key_value() {
            Some((tag, count)) if tags.len() == 1 && users.get(tag) == Some(count) => Some(tag),
            _ => None,
        };
        let Some(tag) = named.or(common).filter(|tag| !used.contains(*tag)) else { continue };
        let (Some(text), Ok(words)) = (texts.get(*tag), Words::new(&words.join(" "))) else { continue };
        used.insert(tag);
        described.push(DescribedGroup { words, text: text.clone() });
    }
    described
}

/// Whether a tag has the name of a group, in the singular or in the plural.
fn is_named(tag: &str, word: &str) -> bool {
    let tag = kebab(tag);
    let stem = |text: &str| text.trim_end_matches('s').to_owned();
    stem(&tag) == stem(word)
}

/// What the document says of each tag, in one line.
fn texts(root: &Map<String, Value>) -> BTreeMap<String, CleanText> {
    let tags = root.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |tag: &Value| {
        let name = CleanText::non_empty(tag.get("name")?.as_str()?)?;
        let text = |key: &str| tag.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        // 3.2 has a summary.
        let text = text("summary").or_else(|| text("description"))?;
        let plain = prose::line(text);
        let first = plain.trim().split("\n\n").next().unwrap_or_default();
        let first = CleanText::non_empty(first)?;
        // The name says nothing new.
        (first != name).then(|| (name.to_string(), first))
    };
    tags.iter().take(TAGS).filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_tag_describes_the_group_that_it_belongs_to() {
        let tagged = |tags: &[&str]| json!({"tags": tags, "responses": {}});
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {
            "/orders": {"get": tagged(&["Order"])},
            "/orders/{id}/items": {"get": tagged(&["Order"]), "post": tagged(&["Order"])},
            "/keys": {"get": tagged(&["Secrets"]), "post": tagged(&["Secrets"])},
            "/mixed": {"get": tagged(&["a"]), "post": tagged(&["b"])},
            "/other/a": {"get": tagged(&["a"])},
        }, "tags": [
            {"name": "Order", "description": "What customers *have bought*.\n\nMore of it."},
            {"name": "Secrets", "summary": "Keys and such", "description": "No"},
            {"name": "a", "description": "A"}, {"name": "b", "description": "b"}, {"name": "unused", "description": "Not used"},
            {"description": "nameless"}, 7,
        ]});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let groups: Vec<String> =
            descriptor.groups.iter().map(|group| format!("{}: {}", group.words, group.text)).collect();
        assert_eq!(groups, ["keys: Keys and such", "orders: What customers have bought."]);
    }
}

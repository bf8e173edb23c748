//! What a document says of groups of commands: the description of the tag that they have in common, and, where tags lie
//! below each other, the sections that the first words stand in.
//!
//! It must not know how operations are read.

use super::tags::Tags;
use crate::model::CleanText;
use crate::openapi::{ApiCommand, DescribedGroup, HelpSection, Words, limits};
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A group of commands, and the tags in it.
#[derive(Default)]
struct Group<'t> {
    /// How many of its commands have each tag, or one below it.
    tags: BTreeMap<&'t str, usize>,
    /// How many have any.
    tagged: usize,
}

/// The groups of `commands` that a tag describes: it is named as the group is, or all that have it are in the group and
/// all of the group have it.
pub(super) fn described(root: &Map<String, Value>, commands: &[ApiCommand]) -> Vec<DescribedGroup> {
    let declared = Tags::of(root);
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: BTreeMap<Vec<&str>, Group<'_>> = BTreeMap::new();
    for command in commands.iter().filter(|command| !command.hidden) {
        let tags: BTreeSet<&str> = command.tags.iter().flat_map(|tag| declared.path(tag.as_str())).collect();
        for tag in &tags {
            *users.entry(tag).or_default() += 1;
        }
        let words: Vec<&str> = command.words.as_slice().iter().map(AsRef::as_ref).collect();
        for length in 1..words.len() {
            let group = groups.entry(words[..length].to_vec()).or_default();
            group.tagged += usize::from(!tags.is_empty());
            for tag in &tags {
                *group.tags.entry(tag).or_default() += 1;
            }
        }
    }
    let mut described = Vec::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    // The outer groups come first.
    let mut order: Vec<_> = groups.iter().collect();
    order.sort_by_key(|(words, _)| words.len());
    for (words, group) in order {
        let last = words.last().copied().unwrap_or_default();
        let named = group.tags.keys().find(|tag| is_named(tag, last)).copied();
        let is_all =
            |(tag, count): &(&&str, &usize)| **count == group.tagged && users.get(*tag) == Some(*count);
        let all = group.tags.iter().filter(is_all).map(|(tag, _)| *tag);
        let Some(tag) = named.or_else(|| innermost(&declared, all)).filter(|tag| !used.contains(tag)) else {
            continue;
        };
        let (Some(text), Ok(words)) = (declared.text(tag), Words::new(&words.join(" "))) else { continue };
        used.insert(tag);
        described.push(DescribedGroup { words, text: text.clone() });
    }
    described
}

/// The one of `tags` that lies below all others; `None` where two stand beside each other.
fn innermost<'t>(declared: &Tags<'_>, tags: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let mut tags: Vec<(usize, &str)> = tags.map(|tag| (declared.path(tag).len(), tag)).collect();
    tags.sort_unstable();
    let (_, innermost) = tags.pop()?;
    let path = declared.path(innermost);
    tags.iter().all(|(_, tag)| path.contains(tag)).then_some(innermost)
}

/// The sections of the list of first words, where tags lie below each other: a section is the outermost tag that tells some
/// of them from others, and has those of which every command lies below it.
pub(super) fn sections(root: &Map<String, Value>, commands: &[ApiCommand]) -> Vec<HelpSection> {
    let declared = Tags::of(root);
    if !declared.are_nested() {
        return Vec::new();
    }
    // What each first word's commands have in common, from the outermost tag on.
    let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for command in commands.iter().filter(|command| !command.hidden) {
        let Some(first) = command.words.as_slice().first().map(AsRef::as_ref) else { continue };
        let own = command.tags.first().map(|tag| declared.path(tag.as_str())).unwrap_or_default();
        if let Some(path) = paths.get_mut(first) {
            path.truncate(common(path, &own));
        } else {
            order.push(first);
            paths.insert(first, own);
        }
    }
    let mut all = paths.values().filter(|path| path.len() > 1);
    let Some(one) = all.next() else { return Vec::new() };
    let shared = all.fold(one.len(), |shared, path| shared.min(common(one, path)));
    // A tag that is all there is of its branch is a command's own, and no section.
    let is_parent = |tag: &str| {
        paths.values().any(|path| path.iter().skip(shared + 1).any(|_| path.get(shared) == Some(&tag)))
    };
    let mut sections: BTreeMap<usize, HelpSection> = BTreeMap::new();
    for first in order {
        let tag = paths.get(first).and_then(|path| path.get(shared)).copied().filter(|tag| is_parent(tag));
        let Some((number, title)) = tag.and_then(|tag| declared.title(tag)) else { continue };
        let section =
            sections.entry(number).or_insert_with(|| HelpSection { title: title.clone(), words: Vec::new() });
        section.words.push(CleanText::new(first));
    }
    sections.into_values().take(limits::LIST).collect()
}

/// How many steps two paths have in common.
fn common(one: &[&str], other: &[&str]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// Whether a tag has the name of a group, in the singular or in the plural.
fn is_named(tag: &str, word: &str) -> bool {
    let tag = kebab(tag);
    let stem = |text: &str| text.trim_end_matches('s').to_owned();
    stem(&tag) == stem(word)
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn tags_below_each_other_describe_groups_and_make_sections() {
        let tagged = |tags: &[&str]| json!({"tags": tags, "responses": {}});
        let document = json!({"openapi": "3.2.0", "info": {"title": "x", "version": "1"}, "paths": {
            "/orders": {"get": tagged(&["orders", "beta"]), "post": tagged(&["orders"])},
            "/orders/{id}/lines": {"get": tagged(&["lines"]), "post": tagged(&["lines"])},
            "/bills": {"get": tagged(&["bills"])}, "/bills/{id}": {"get": tagged(&["bills"])},
            "/people": {"get": tagged(&["users"])}, "/people/{id}": {"get": tagged(&["users", "beta"])},
            "/status": {"get": tagged(&["other"])},
        }, "tags": [
            {"name": "all", "summary": "Everything"},
            {"name": "admin", "summary": "Administration", "parent": "all", "kind": "nav"},
            {"name": "shop", "parent": "all", "summary": "Shop"},
            {"name": "orders", "parent": "shop", "description": "What is ordered"}, {"name": "lines", "parent": "orders", "description": "What is in an order"},
            {"name": "bills", "parent": "shop", "description": "What is owed"},
            {"name": "users", "parent": "admin", "description": "Who may come in"},
            {"name": "beta", "kind": "badge", "description": "May change"},
        ]});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let groups: Vec<String> =
            descriptor.groups.iter().map(|group| format!("{}: {}", group.words, group.text)).collect();
        assert_eq!(
            groups,
            [
                "bills: What is owed",
                "orders: What is ordered",
                "people: Who may come in",
                "orders lines: What is in an order"
            ]
        );
        let sections: Vec<String> = descriptor
            .sections
            .iter()
            .map(|section| {
                let words: Vec<&str> = section.words.iter().map(CleanText::as_str).collect();
                format!("{}: {}", section.title, words.join(" "))
            })
            .collect();
        assert_eq!(sections, ["Administration: people", "Shop: orders bills"]);
    }
}

//! The tags of a document: what each says, and, since OpenAPI 3.2, what it lies below (`parent`), what it is for (`kind`) and
//! how it is shown (`summary`). A tag of a kind other than `nav` is a badge, an audience or the like, and groups nothing.
//!
//! It must not know which operations have them.

use super::prose;
use crate::model::CleanText;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// More tags have no document.
const MOST: usize = 2_000;
/// Tags that lie deeper below each other are read as if each stood by itself.
const DEEPEST: usize = 8;
/// A longer title is a description.
const LONGEST_TITLE: usize = 60;

/// The tags that a document declares.
#[derive(Debug, Default)]
pub(super) struct Tags<'a> {
    known: BTreeMap<&'a str, Tag<'a>>,
}

#[derive(Debug)]
struct Tag<'a> {
    text: Option<CleanText>,
    title: CleanText,
    parent: Option<&'a str>,
    is_for_navigation: bool,
    /// Its place in the document.
    number: usize,
}

impl<'a> Tags<'a> {
    pub(super) fn of(root: &'a Map<String, Value>) -> Self {
        let tags = root.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut known = BTreeMap::new();
        for (number, tag) in tags.iter().take(MOST).enumerate() {
            if let Some((name, tag)) = read(tag, number) {
                known.entry(name).or_insert(tag);
            }
        }
        Self { known }
    }

    /// Whether a tag lies below another one.
    pub(super) fn are_nested(&self) -> bool {
        self.known.values().any(|tag| tag.parent.is_some_and(|parent| self.known.contains_key(parent)))
    }

    /// The tags that `name` lies below, the outermost first, and itself; empty when it groups nothing.
    pub(super) fn path<'t>(&'t self, name: &'t str) -> Vec<&'t str> {
        let mut path = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            if path.contains(&name) || path.len() == DEEPEST {
                // A circle has no outermost one.
                path.truncate(1);
                break;
            }
            path.push(name);
            next = self
                .known
                .get(name)
                .and_then(|tag| tag.parent)
                .filter(|parent| self.known.contains_key(parent));
        }
        if !self.groups(name) {
            return Vec::new();
        }
        path.retain(|name| self.groups(name));
        path.reverse();
        path
    }

    fn groups(&self, name: &str) -> bool {
        self.known.get(name).is_none_or(|tag| tag.is_for_navigation)
    }

    /// What the document says of a tag, in one line, where that is more than its name.
    pub(super) fn text(&self, name: &str) -> Option<&CleanText> {
        self.known.get(name)?.text.as_ref()
    }

    /// How a tag is shown, and its place in the document.
    pub(super) fn title(&self, name: &str) -> Option<(usize, &CleanText)> {
        self.known.get(name).map(|tag| (tag.number, &tag.title))
    }
}

fn read(tag: &Value, number: usize) -> Option<(&str, Tag<'_>)> {
    let text = |key: &str| tag.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let name = text("name")?;
    let line = |text: &str| {
        let plain = prose::line(text);
        CleanText::non_empty(plain.trim().split("\n\n").next().unwrap_or_default())
    };
    let shown = CleanText::non_empty(name)?;
    let title =
        text("summary").and_then(line).filter(|title| title.as_str().chars().count() <= LONGEST_TITLE);
    let said = text("summary").or_else(|| text("description")).and_then(line);
    let tag = Tag {
        // The name says nothing new.
        text: said.filter(|said| *said != shown),
        title: title.unwrap_or(shown),
        parent: text("parent"),
        is_for_navigation: text("kind").is_none_or(|kind| kind == "nav"),
        number,
    };
    Some((name, tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn root(tags: &Value) -> Map<String, Value> {
        let Value::Object(root) = json!({"tags": tags}) else { unreachable!() };
        root
    }

    #[test]
    fn a_tag_lies_below_its_parents() {
        let root = root(&json!([
            {"name": "shop", "summary": "The shop"}, {"name": "orders", "parent": "shop", "kind": "nav"},
            {"name": "lines", "parent": "orders"}, {"name": "beta", "kind": "badge"}, {"name": "x", "parent": "nothing"},
            {"name": "y", "parent": "beta"},
        ]));
        let tags = Tags::of(&root);
        assert!(tags.are_nested());
        assert_eq!(tags.path("lines"), ["shop", "orders", "lines"]);
        assert_eq!(tags.path("x"), ["x"]);
        assert_eq!(tags.path("undeclared"), ["undeclared"]);
        assert_eq!(tags.path("beta"), [""; 0]);
        assert_eq!(tags.path("y"), ["y"]);
        assert_eq!(tags.title("shop").unwrap().1.as_str(), "The shop");
    }

    #[test]
    fn circles_and_deep_chains_end() {
        let chain: Vec<Value> =
            (0..50).map(|at| json!({"name": format!("t{at}"), "parent": format!("t{}", at + 1)})).collect();
        let mut all = chain;
        all.extend([
            json!({"name": "a", "parent": "b"}),
            json!({"name": "b", "parent": "a"}),
            json!({"name": "c", "parent": "c"}),
        ]);
        let root = root(&Value::from(all));
        let tags = Tags::of(&root);
        assert_eq!(tags.path("t0"), ["t0"]);
        assert_eq!(tags.path("t45"), ["t49", "t48", "t47", "t46", "t45"]);
        assert_eq!((tags.path("a"), tags.path("b"), tags.path("c")), (vec!["a"], vec!["b"], vec!["c"]));
    }
}

//! Following `$ref` within the document, and how much work a document may cost.
//!
//! It must not know what a reference leads to.

use super::kept_shares::KeptShares;
use super::member::member;
use super::remembered::RememberedShapes;
use crate::model::CleanText;
use crate::openapi::limits;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

/// Why one operation, or one part of it, cannot be used. In words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoilt(pub(super) String);

/// For each schema that others extend: their names.
type ExtensionNames<'a> = HashMap<*const Map<String, Value>, Vec<&'a str>>;

/// The document with what is left of its budget.
pub(super) struct DocumentReader<'a> {
    root: &'a Map<String, Value>,
    document_work: Cell<usize>,
    operation_work: Cell<usize>,
    /// Of a schema only what costs nothing is read.
    is_shallow: Cell<bool>,
    shapes: RememberedShapes<'a>,
    names: OnceCell<SchemaNames<'a>>,
    extensions: OnceCell<ExtensionNames<'a>>,
    /// What is kept of schemas.
    shares: KeptShares,
    remarks: RefCell<Vec<String>>,
}

impl<'a> DocumentReader<'a> {
    pub(super) fn new(root: &'a Map<String, Value>) -> Self {
        Self {
            root,
            document_work: Cell::new(limits::DOCUMENT_WORK),
            operation_work: Cell::new(0),
            is_shallow: Cell::new(false),
            shapes: RememberedShapes::default(),
            names: OnceCell::new(),
            extensions: OnceCell::new(),
            shares: KeptShares::default(),
            remarks: RefCell::default(),
        }
    }

    /// Gives a new operation its share of the work.
    pub(super) fn begin_operation(&self) {
        self.operation_work.set(limits::OPERATION_WORK.min(self.document_work.get()));
    }

    /// What `read` gives; where it fails, what it gives when of each schema only the surface is read: a part of a
    /// document that is too large or broken costs flags, and never a command. `lost` says what.
    pub(super) fn whole_or_surface<T>(
        &self,
        lost: &str,
        read: impl Fn() -> Result<T, Spoilt>,
    ) -> Result<T, Spoilt> {
        let Spoilt(why) = match read() {
            Err(why) if !self.is_shallow.get() => why,
            done => return done,
        };
        self.is_shallow.set(true);
        let surface = read();
        self.is_shallow.set(false);
        let surface = surface.map_err(|_| Spoilt(why.clone()))?;
        self.remark(format!("{why}: {lost}"));
        Ok(surface)
    }

    /// Whether only the surface of schemas is read.
    pub(super) fn is_shallow(&self) -> bool {
        self.is_shallow.get()
    }

    /// Pays for `steps`.
    pub(super) fn work(&self, steps: usize) -> Result<(), Spoilt> {
        if self.is_shallow.get() {
            return Ok(());
        }
        if self.document_work.get() < steps {
            self.document_work.set(0);
            return Err(Spoilt("the document is too complex".to_owned()));
        }
        self.document_work.set(self.document_work.get() - steps);
        if self.operation_work.get() < steps {
            return Err(Spoilt("it is too complex".to_owned()));
        }
        self.operation_work.set(self.operation_work.get() - steps);
        Ok(())
    }

    /// Whether there is work left for what is only a nicety.
    pub(super) fn has_plenty(&self) -> bool {
        !self.is_shallow.get()
            && self.document_work.get() > limits::DOCUMENT_WORK / 4
            && self.operation_work.get() > limits::OPERATION_WORK / 4
    }

    /// Notes something that the user should know and that spoils nothing.
    pub(super) fn remark(&self, text: impl Into<String>) {
        let mut remarks = self.remarks.borrow_mut();
        let text = text.into();
        if remarks.len() < limits::PROBLEMS && !remarks.contains(&text) {
            remarks.push(text);
        }
    }

    /// What has been noted since the last time.
    pub(super) fn take_remarks(&self) -> Vec<String> {
        self.remarks.take()
    }

    /// The object that `value` is or refers to, however often.
    pub(super) fn resolve(&self, value: &'a Value) -> Result<&'a Map<String, Value>, Spoilt> {
        let mut value = value;
        for _ in 0..limits::SCHEMA_DEPTH {
            let Value::Object(members) = value else {
                return Err(Spoilt("something in it is not an object".to_owned()));
            };
            match member(members, "$ref") {
                Some(Value::String(reference)) => {
                    // It cannot go on for long, and without it there is no command.
                    let _ = self.work(1);
                    value = self.find(reference)?;
                }
                _ => return Ok(members),
            }
        }
        Err(Spoilt("a reference in it is circular".to_owned()))
    }

    /// What may still be kept of schemas.
    pub(super) fn shares(&self) -> &KeptShares {
        &self.shares
    }

    /// What was read of schemas.
    pub(super) fn shapes(&self) -> &RememberedShapes<'a> {
        &self.shapes
    }

    /// How many remarks there are.
    pub(super) fn count_of_remarks(&self) -> usize {
        self.remarks.borrow().len()
    }

    /// The names of the schemas that extend `base` by `allOf`.
    pub(super) fn extensions_of(&self, base: &Map<String, Value>) -> &[&'a str] {
        let extensions = self.extensions.get_or_init(|| self.extensions());
        extensions.get(&std::ptr::from_ref(base)).map_or(&[], Vec::as_slice)
    }

    fn extensions(&self) -> ExtensionNames<'a> {
        let mut extensions = ExtensionNames::new();
        let schemas = self.root.get("components").and_then(|components| components.get("schemas"));
        for (name, schema) in schemas.and_then(Value::as_object).into_iter().flatten() {
            let parts = schema.get("allOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for part in parts.iter().take(limits::LIST) {
                let reference = part.get("$ref").and_then(Value::as_str);
                let base = reference.and_then(|reference| self.find(reference).ok()?.as_object());
                let names = base.map(|base| extensions.entry(std::ptr::from_ref(base)).or_default());
                if let Some(names) = names.filter(|names| names.last() != Some(&name.as_str())) {
                    names.push(name);
                }
            }
        }
        extensions
    }

    /// What a reference such as `#/components/schemas/Run` leads to; `#run` is an anchor, and a schema may have an
    /// address of its own.
    pub(super) fn find(&self, reference: &str) -> Result<&'a Value, Spoilt> {
        let names = || self.names.get_or_init(|| SchemaNames::of(self.root));
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let is_own = address.is_empty() || self.root.get("$self").and_then(Value::as_str) == Some(address);
        let within = if is_own { None } else { names().addresses.get(address).copied() };
        if !is_own && within.is_none() {
            return Err(Spoilt(format!(
                "`{}` is in another document, which is not read",
                CleanText::new(reference)
            )));
        }
        let pointer = decoded(fragment);
        if let Some(schema) = within.filter(|_| pointer.is_empty()) {
            return Ok(schema);
        }
        if !pointer.starts_with('/') {
            let found = names().anchors.get(pointer.as_ref()).copied();
            return found.ok_or_else(|| Spoilt(format!("there is no `{}`", CleanText::new(reference))));
        }
        let root = within.map_or(Some(self.root), Value::as_object);
        let mut steps = pointer.strip_prefix('/').into_iter().flat_map(|pointer| pointer.split('/'));
        let first = steps.next().and_then(|step| member(root?, &unescaped(step)));
        let found = steps.try_fold(first, |value, step| match value? {
            Value::Object(members) => Some(member(members, &unescaped(step))),
            Value::Array(items) => Some(step.parse::<usize>().ok().and_then(|at| items.get(at))),
            _ => None,
        });
        found.flatten().ok_or_else(|| Spoilt(format!("there is no `{}`", CleanText::new(reference))))
    }
}

/// Schemas that have a name of their own, wherever they stand.
#[derive(Debug, Default)]
struct SchemaNames<'a> {
    /// `$anchor` and `$dynamicAnchor`.
    anchors: HashMap<&'a str, &'a Value>,
    /// `$id`.
    addresses: HashMap<&'a str, &'a Value>,
}

impl<'a> SchemaNames<'a> {
    fn of(root: &'a Map<String, Value>) -> Self {
        let mut names = Self::default();
        let mut left: Vec<&'a Value> = root.values().collect();
        while let Some(value) = left.pop() {
            match value {
                Value::Object(members) => {
                    let text = |key: &str| members.get(key).and_then(Value::as_str);
                    for anchor in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(text) {
                        names.anchors.entry(anchor).or_insert(value);
                    }
                    if let Some(address) = text("$id") {
                        names.addresses.entry(address.trim_end_matches('#')).or_insert(value);
                    }
                    left.extend(members.values());
                }
                Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
        names
    }
}

fn unescaped(step: &str) -> Cow<'_, str> {
    if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() }
}

/// A fragment of a URI may be percent-encoded: `#/paths/~1api~1runs~1%7Bid%7D`.
fn decoded(fragment: &str) -> Cow<'_, str> {
    if !fragment.contains('%') {
        return fragment.into();
    }
    // A `+` is itself in a fragment, and `&` and `=` separate nothing.
    let escaped = fragment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned().into())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_followed_inside_only_and_not_in_circles() {
        let root = json!({
            "a": {"$ref": "#/b"}, "b": {"type": "string"}, "c": {"$ref": "#/d"}, "d": {"$ref": "#/c"},
            "e": {"$ref": "https://example.com/x.yaml#/y"}, "f": {"$ref": "#/nothing"}, "g": {"$ref": "#/h/0"},
            "k": {"$ref": "#here"}, "l": {"$ref": "https://acme.dev/pet"}, "m": {"$ref": "https://acme.dev/pet#/x"},
            "n": [{"$anchor": "here", "type": "null"}, {"$id": "https://acme.dev/pet", "x": {"type": "boolean"}}],
            "h": [{"type": "number"}, 5], "i": {"$ref": "#/h/1"}, "/x/{id}": {}, "j": {"$ref": "#/~1x~1%7Bid%7D"},
        });
        let source = DocumentReader::new(root.as_object().unwrap());
        source.begin_operation();
        let resolve = |name: &str| source.resolve(&root[name]);
        assert_eq!(resolve("a").unwrap()["type"], "string");
        assert_eq!(resolve("g").unwrap()["type"], "number");
        assert!(resolve("j").unwrap().is_empty());
        assert!(resolve("c").unwrap_err().0.contains("circular"));
        assert!(resolve("e").unwrap_err().0.contains("another document"));
        assert!(resolve("f").unwrap_err().0.contains("no `#/nothing`"));
        assert!(resolve("i").is_err());
        assert_eq!(resolve("k").unwrap()["type"], "null");
        assert_eq!(resolve("l").unwrap()["$id"], "https://acme.dev/pet");
        assert_eq!(resolve("m").unwrap()["type"], "boolean");
    }

    #[test]
    fn work_runs_out() {
        let root = Map::new();
        let source = DocumentReader::new(&root);
        assert!(source.work(1).is_err());
        source.begin_operation();
        assert!(source.work(limits::OPERATION_WORK).is_ok());
        assert!(source.work(1).is_err());
        source.begin_operation();
        assert!(source.work(1).is_ok());
    }
}

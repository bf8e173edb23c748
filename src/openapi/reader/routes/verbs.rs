//! The verb of one operation, by what is beside, above and below its route: the rules 2 to 6 of [`super`].
//!
//! It must not know what the nouns are.

use super::Routes;
use super::parts::{Part, RouteKey};
use crate::openapi::Method;
use crate::openapi::reader::rows::RowsKind;
use crate::openapi::reader::verbs::begins_with_verb;

/// One operation among the others.
pub(super) struct Here<'r> {
    pub(super) routes: &'r Routes,
    pub(super) key: RouteKey,
    pub(super) method: Method,
}

impl Here<'_> {
    /// Whether the same route has `method`.
    pub(super) fn has(&self, method: Method) -> bool {
        self.routes.with_method.contains(&(self.key.clone(), method))
    }

    /// Whether its items, by a parameter more, have `method`.
    fn items_have(&self, method: Method) -> bool {
        self.routes.with_method.contains(&(self.items(), method))
    }

    fn items(&self) -> RouteKey {
        self.key.iter().cloned().chain([Part::Parameter(String::new())]).collect()
    }

    /// Whether something is known of its items, by a route of their own or by what is below them.
    pub(super) fn is_continued(&self) -> bool {
        self.routes.continued.contains(&self.key)
    }

    /// Whether what is above it has a route of its own.
    fn is_item(&self) -> bool {
        self.routes.known.contains(&self.key[..self.key.len().saturating_sub(1)])
    }

    /// The method itself is the verb, but where a question has one in its route.
    pub(super) fn verb_of_other(&self, last: Option<&Part>) -> Option<&'static str> {
        let is_verb = match last {
            Some(Part::Word(word)) => begins_with_verb(word),
            Some(Part::Action(_)) => true,
            Some(Part::Parameter(_)) | None => false,
        };
        let own = if self.items_have(self.method) { OWN_OF_ALL } else { OWN };
        (self.method != Method::Query || !is_verb).then_some(own)
    }

    pub(super) fn verb_of_one(&self) -> Option<&'static str> {
        // `/things/{id}/{field}` makes no collection of one of the things.
        if self.is_continued() && !self.is_item() {
            return Some(self.verb_of_collection());
        }
        match self.method {
            Method::Get => Some("get"),
            Method::Put if self.has(Method::Patch) => Some("replace"),
            Method::Put | Method::Patch => Some("update"),
            Method::Delete => Some("delete"),
            Method::Post if self.has(Method::Put) => Some("create"),
            Method::Post if self.has(Method::Get) || self.has(Method::Patch) => Some("update"),
            Method::Post => self.is_item().then_some("create"),
            _ => Some(OWN),
        }
    }

    fn verb_of_collection(&self) -> &'static str {
        let all = self.items_have(self.method);
        match self.method {
            Method::Get => "list",
            Method::Post => "create",
            Method::Put if all => "replace-all",
            Method::Put if self.has(Method::Patch) => "replace",
            Method::Patch if all => "update-all",
            Method::Put | Method::Patch => "update",
            Method::Delete if all => "delete-all",
            Method::Delete => "delete",
            _ => OWN,
        }
    }

    /// The word says what it does; a GET asks after it where something else does it.
    pub(super) fn verb_of_action(&self) -> Option<&'static str> {
        let others = [Method::Post, Method::Put, Method::Patch];
        let is_asked = self.method == Method::Get && others.iter().any(|method| self.has(*method));
        match self.method {
            Method::Get => is_asked.then_some("get"),
            Method::Delete => Some("delete"),
            _ => None,
        }
    }

    pub(super) fn verb(&self, word: &str, rows: RowsKind) -> Option<&'static str> {
        let is_exactly_continued = self.routes.known.contains(&self.items());
        if !is_exactly_continued && begins_with_verb(word) {
            let is_changed = matches!(self.method, Method::Put | Method::Patch) && self.has(Method::Get);
            if !is_changed {
                return self.verb_of_action();
            }
        }
        if is_exactly_continued || (self.is_continued() && self.method == Method::Get) {
            return Some(self.verb_of_collection());
        }
        match self.method {
            Method::Get => self.verb_of_get(rows),
            Method::Post => self.has(Method::Get).then_some("create"),
            Method::Put if self.has(Method::Patch) => Some("replace"),
            Method::Put | Method::Patch => Some("update"),
            Method::Delete => Some("delete"),
            _ => Some(OWN),
        }
    }

    fn verb_of_get(&self, rows: RowsKind) -> Option<&'static str> {
        match rows {
            RowsKind::Objects => Some("list"),
            RowsKind::Plain | RowsKind::Unknown if self.has(Method::Post) => Some("list"),
            _ => [Method::Put, Method::Patch].iter().any(|method| self.has(*method)).then_some("get"),
        }
    }
}

/// Stands for the verb that the method itself is.
pub(super) const OWN: &str = "";

/// The same of a collection whose items have it, too.
pub(super) const OWN_OF_ALL: &str = "-all";

/// The verb of a method that is no usual one: `head`, `query`, `propfind`.
pub(super) fn verb_of_method(method: Method) -> Option<String> {
    match method {
        Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete => None,
        other => Some(other.as_str().to_lowercase()),
    }
}

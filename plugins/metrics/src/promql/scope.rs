//! The namespaces that a caller may see, as a matcher.
//!
//! It must not know who the caller is.

use promql_parser::label::Matcher;
use promql_parser::parser::token::T_EQL_REGEX;
use std::collections::BTreeSet;

/// The namespaces of a caller, and the label that says in the metrics which one they are of. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamespaceScope {
    label: String,
    names: BTreeSet<String>,
}

/// There is nothing that the caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no namespace that you may see")]
pub(crate) struct ScopeError;

impl NamespaceScope {
    /// Of these namespaces. An empty name would match what has no namespace at all: it is none.
    pub(crate) fn new(label: &str, names: impl IntoIterator<Item = String>) -> Result<Self, ScopeError> {
        let names: BTreeSet<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if names.is_empty() { Err(ScopeError) } else { Ok(Self { label: label.to_owned(), names }) }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The label that says which namespace something is of.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Whether it has this namespace.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Only this one of them.
    pub(crate) fn only(&self, name: &str) -> Option<Self> {
        self.contains(name)
            .then(|| Self { label: self.label.clone(), names: BTreeSet::from([name.to_owned()]) })
    }

    /// What a selector gets. Regular expressions of Prometheus are anchored, and the names are escaped.
    pub(super) fn matcher(&self) -> Result<Matcher, String> {
        let names: Vec<String> = self.names.iter().map(|name| regex::escape(name)).collect();
        Matcher::new_matcher(T_EQL_REGEX, self.label.clone(), names.join("|"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(names: &[&str]) -> Result<NamespaceScope, ScopeError> {
        NamespaceScope::new("namespace", names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn names_are_names_and_no_patterns() {
        let matcher = scope(&["a.b", "c|d", ".*", "e"]).unwrap().matcher().unwrap();
        for name in ["a.b", "c|d", ".*", "e"] {
            assert!(matcher.is_match(name), "{name}");
        }
        for name in ["axb", "c", "d", "", "anything", "ee", "e\n"] {
            assert!(!matcher.is_match(name), "{name}");
        }
    }

    #[test]
    fn nobody_sees_what_has_no_namespace() {
        assert_eq!(scope(&[]), Err(ScopeError));
        assert_eq!(scope(&[""]), Err(ScopeError));
        assert!(!scope(&["", "a"]).unwrap().matcher().unwrap().is_match(""));
    }

    #[test]
    fn one_of_them() {
        let both = scope(&["a", "b"]).unwrap();
        assert_eq!(both.only("a").unwrap().names().collect::<Vec<_>>(), ["a"]);
        assert_eq!(both.only("c"), None);
    }
}

//! The words that version 0.1.0 gave to the commands of a document. They still work, so that no script breaks, and no
//! help shows them. What makes them is not to be changed: [`super::routes`] has the rules of today.

use super::rows::RowsKind;
use crate::openapi::route::{Segment, segments};
use crate::openapi::{Method, Words};
use everestctl_rows::case::kebab;
use std::collections::{HashMap, HashSet};

/// All routes of a document, to know which were collections.
#[derive(Debug, Default)]
pub(super) struct FormerRoutes {
    known: HashSet<String>,
    with_method: HashSet<(String, Method)>,
}

/// A route without the names of its parameters.
fn bare(route: &str) -> String {
    let mut bare = String::with_capacity(route.len());
    for segment in route.split('/').filter(|segment| !segment.is_empty()) {
        bare.push('/');
        bare.push_str(if segment.starts_with('{') && segment.ends_with('}') { "{}" } else { segment });
    }
    bare
}

impl FormerRoutes {
    /// The methods that commands were made of.
    pub(super) const METHODS: [Method; 5] =
        [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];

    pub(super) fn add(&mut self, route: &str, method: Method) {
        let bare = bare(route);
        self.known.insert(bare.clone());
        self.with_method.insert((bare, method));
    }

    fn has(&self, route: &str, method: Method) -> bool {
        self.with_method.contains(&(bare(route), method))
    }

    fn is_collection(&self, route: &str) -> bool {
        self.known.contains(&(bare(route) + "/{}"))
            || (self.has(route, Method::Get) && self.has(route, Method::Post))
    }

    /// The words for an operation, unchecked; none when the route has no segment to tell.
    pub(super) fn words(&self, route: &str, method: Method, rows: RowsKind, own_name: bool) -> Vec<String> {
        let all = segments(route);
        let mut parts = all.as_slice();
        if let [Segment::Word(first), rest @ ..] = parts
            && first.eq_ignore_ascii_case("api")
        {
            parts = rest;
        }
        if let [Segment::Word(first), rest @ ..] = parts
            && is_version(first)
        {
            parts = rest;
        }
        let mut words: Vec<String> = parts
            .iter()
            .filter_map(|segment| match segment {
                Segment::Word(word) => Some(kebab(word)),
                Segment::Parameter(_) => None,
            })
            .collect();
        let one_thing = matches!(parts.last(), Some(Segment::Parameter(_)));
        let verb = if one_thing { self.verb_of_one(route, method) } else { self.verb(route, method, rows) };
        match verb {
            Some(verb) => words.push(verb.to_owned()),
            None if words.is_empty() && !own_name => words.push(method.as_str().to_lowercase()),
            None => {}
        }
        words
    }

    fn verb_of_one(&self, route: &str, method: Method) -> Option<&'static str> {
        match method {
            Method::Get => Some("get"),
            Method::Put | Method::Patch => Some("update"),
            Method::Delete => Some("delete"),
            Method::Post => {
                let has = |method| self.has(route, method);
                let collection = route.trim_end_matches('/').rsplit_once('/').map(|(above, _)| bare(above));
                if has(Method::Get) || has(Method::Put) || has(Method::Patch) {
                    Some("update")
                } else {
                    collection.is_some_and(|above| self.known.contains(&above)).then_some("create")
                }
            }
            _ => None,
        }
    }

    fn verb(&self, route: &str, method: Method, rows: RowsKind) -> Option<&'static str> {
        match method {
            Method::Get => match rows {
                RowsKind::Objects => Some("list"),
                RowsKind::Plain | RowsKind::Unknown => self.is_collection(route).then_some("list"),
                RowsKind::None => None,
            },
            Method::Post => self.is_collection(route).then_some("create"),
            Method::Put | Method::Patch => Some("update"),
            Method::Delete => Some("delete"),
            _ => None,
        }
    }
}

fn is_version(word: &str) -> bool {
    let Some(rest) = word.strip_prefix(['v', 'V']) else { return false };
    let tail = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    let stage = tail.strip_prefix("alpha").or_else(|| tail.strip_prefix("beta")).unwrap_or(tail);
    tail.len() < rest.len() && stage.chars().all(|character| character.is_ascii_digit())
}

/// One operation that looked for its words.
#[derive(Debug)]
pub(super) struct FormerCandidate {
    /// Given by `x-cli-name`, or made from the route.
    pub(super) words: Option<Words>,
    /// The words were given.
    pub(super) given: bool,
    /// The operation's own name.
    pub(super) operation: Option<Words>,
    pub(super) method: Method,
}

/// The words that each candidate had, in order. Who was given words kept them; those made from routes that collided
/// with anything all took the operation's own name, else the method after the words, else a number.
pub(super) fn decide(candidates: &[FormerCandidate]) -> Vec<Option<Words>> {
    let mut taken: HashSet<Words> = HashSet::new();
    let mut decided: Vec<Option<Words>> = vec![None; candidates.len()];
    for (slot, candidate) in decided.iter_mut().zip(candidates) {
        if let Some(words) = candidate.words.as_ref().filter(|_| candidate.given)
            && taken.insert(words.clone())
        {
            *slot = Some(words.clone());
        }
    }
    let mut claims: HashMap<&Words, usize> = HashMap::new();
    for candidate in candidates.iter().filter(|candidate| !candidate.given) {
        candidate.words.iter().for_each(|words| *claims.entry(words).or_default() += 1);
    }
    let alone: Vec<bool> = candidates
        .iter()
        .map(|candidate| {
            let words = candidate.words.as_ref().filter(|_| !candidate.given);
            words.is_some_and(|words| claims.get(words) == Some(&1) && !taken.contains(words))
        })
        .collect();
    for ((slot, candidate), alone) in decided.iter_mut().zip(candidates).zip(&alone) {
        if let Some(words) = candidate.words.as_ref().filter(|_| *alone) {
            taken.insert(words.clone());
            *slot = Some(words.clone());
        }
    }
    for (slot, candidate) in decided.iter_mut().zip(candidates) {
        if slot.is_none() {
            *slot = fallback(candidate, &mut taken);
        }
    }
    decided
}

fn fallback(candidate: &FormerCandidate, taken: &mut HashSet<Words>) -> Option<Words> {
    if let Some(own) = &candidate.operation
        && taken.insert(own.clone())
    {
        return Some(own.clone());
    }
    let base = candidate.words.as_ref().or(candidate.operation.as_ref())?;
    let method = candidate.method.as_str().to_lowercase();
    let numbered = (2..100).map(|number| format!("{base}-{method}-{number}"));
    let mut names = std::iter::once(format!("{base}-{method}")).chain(numbered);
    names.find_map(|name| Words::new(&name).ok().filter(|words| taken.insert(words.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Method::{Delete, Get, Patch, Post, Put};

    fn words(routes: &[(Method, &str, RowsKind)]) -> Vec<String> {
        let mut known = FormerRoutes::default();
        for (method, route, _) in routes {
            known.add(route, *method);
        }
        routes
            .iter()
            .map(|(method, route, rows)| known.words(route, *method, *rows, false).join(" "))
            .collect()
    }

    #[test]
    fn words_stay_what_they_were() {
        use RowsKind::{None, Objects, Plain, Unknown};
        let routes = [
            (Get, "/api/status", None, "status"),
            (Get, "/api/v1/orders", Objects, "orders list"),
            (Post, "/api/v1/orders/", None, "orders create"),
            (Get, "/api/v1/orders/{id}", None, "orders get"),
            (Put, "/api/v1/orders/{id}", None, "orders update"),
            (Patch, "/api/v1/orders/{id}", None, "orders update"),
            (Delete, "/api/v1/orders/{id}", None, "orders delete"),
            (Post, "/api/v1/orders/{id}/cancel", None, "orders cancel"),
            (Post, "/api/v1/orders/{id}:pay", None, "orders pay"),
            (Get, "/api/v1/orders/{id}/log", None, "orders log"),
            (Get, "/api/v1/orders/{id}/lines", Objects, "orders lines list"),
            (Get, "/api/events", Objects, "events list"),
            (Get, "/api/events/{id}", None, "events get"),
            (Get, "/api/events/types", Plain, "events types"),
            (Post, "/api/query", None, "query"),
            (Get, "/api/databases", Plain, "databases"),
            (Get, "/api/databases/{db}/collections", Plain, "databases collections"),
            (Get, "/tags", Plain, "tags list"),
            (Get, "/tags/{tag}", Unknown, "tags get"),
            (Post, "/tags/{tag}", None, "tags update"),
            (Post, "/nodes/{name}", None, "nodes"),
            (Get, "/anything", Unknown, "anything"),
            (Delete, "/api/cache", None, "cache delete"),
            (Get, "/api/dbUsers/current_role", None, "db-users current-role"),
            (Get, "/v1beta1/vms", Unknown, "vms"),
            (Get, "/", None, "get"),
            (Get, "/api/{id}", None, "get"),
            (Get, "/api/api/v2", None, "api v2"),
        ];
        let plain: Vec<_> = routes.iter().map(|(method, route, rows, _)| (*method, *route, *rows)).collect();
        let expected: Vec<_> = routes.iter().map(|route| route.3).collect();
        assert_eq!(words(&plain), expected);
    }

    #[test]
    fn what_collided_took_its_own_name() {
        let candidate = |words: &str, operation: &str, method| FormerCandidate {
            words: Words::new(words).ok(),
            given: false,
            operation: Words::new(operation).ok(),
            method,
        };
        let all = [
            candidate("items update", "replace-item", Put),
            candidate("items update", "", Patch),
            candidate("items get", "get-item", Get),
        ];
        let decided = decide(&all).into_iter().map(|words| words.unwrap().to_string());
        assert_eq!(decided.collect::<Vec<_>>(), ["replace-item", "items update-patch", "items get"]);
    }
}

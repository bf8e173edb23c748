//! A method and a route → the words of a command, by these rules:
//!
//! 1. A leading `api` goes, then a leading `v<N>` (`v1`, `v1beta1`). Path parameters vanish; the fixed segments, in
//!    kebab-case, are the words. `{id}:cancel` is a parameter and the segment `cancel`.
//! 2. A route that ends in a parameter is one thing: GET `get`, PUT and PATCH `update`, DELETE `delete`, POST `create`
//!    where the collection above has its own route, else no verb (`greet <NAME>`); when the same route has a
//!    PUT, a PATCH or a GET, a POST is `update`.
//! 3. A route that ends in a segment:
//!    * GET is `list` when it gives a list of objects, alone or wrapped (see [`super::rows`]); a list of plain values
//!      (`["shop", …]`), or an answer that the document does not describe, only when the route is a *collection*;
//!      any other GET has no verb: its last segment says it all (`status`, `orders log`, `events types`).
//!    * POST is `create` when the route is a collection, and else has no verb: `query`, `orders cancel`.
//!    * PUT and PATCH are `update`, DELETE is `delete`.
//! 4. A route is a *collection* when the document also has this route with another parameter after it, or when it
//!    has both GET and POST.
//! 5. No segments at all: `list` and `create` by 3, else the operation's own name, else the verb of 2.
//!
//! Two commands that collide, and one whose segments cannot be words, take their `operationId` (see
//! [`super::naming`]). It must not know what an operation takes.

use super::rows::RowsKind;
use crate::openapi::Method;
use crate::openapi::case::kebab;
use crate::openapi::route::{Segment, segments};
use std::collections::HashSet;

/// Routes of which no command is made: for browsers, probes and readers of the document.
const SKIPPED: &[&str] =
    &["/healthz", "/main.js", "/docs", "/docs/oauth2-redirect", "/redoc", "/api/docs", "/api/redoc"];

/// Whether `route` is none for a command.
pub(super) fn is_skipped(route: &str) -> bool {
    let route = route.trim_end_matches('/');
    let file = route.strip_prefix("/api").unwrap_or(route);
    SKIPPED.contains(&route) || file.starts_with("/icon.") || file.starts_with("/openapi.")
}

/// All routes of a document, to know which are collections.
#[derive(Debug, Default)]
pub(super) struct Routes {
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

impl Routes {
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
        }
    }
}

fn is_version(word: &str) -> bool {
    let Some(rest) = word.strip_prefix(['v', 'V']) else { return false };
    let tail = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    let stage = tail.strip_prefix("alpha").or_else(|| tail.strip_prefix("beta")).unwrap_or(tail);
    tail.len() < rest.len() && stage.chars().all(|character| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Method::{Delete, Get, Patch, Post, Put};

    fn words(routes: &[(Method, &str, RowsKind)]) -> Vec<String> {
        let mut known = Routes::default();
        for (method, route, _) in routes {
            known.add(route, *method);
        }
        routes
            .iter()
            .map(|(method, route, rows)| known.words(route, *method, *rows, false).join(" "))
            .collect()
    }

    #[test]
    fn routes_become_the_words_that_the_design_names() {
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
    fn what_is_for_browsers_and_probes_is_no_command() {
        for route in
            ["/healthz", "/main.js", "/icon.png", "/openapi.json", "/api/openapi.yaml", "/docs", "/redoc/"]
        {
            assert!(is_skipped(route), "{route}");
        }
        for route in ["/api/icon/{key}", "/health", "/documents", "/api/status"] {
            assert!(!is_skipped(route), "{route}");
        }
    }
}

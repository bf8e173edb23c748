//! A method and a route → the words of a command, by these rules:
//!
//! 1. What says nothing goes: a leading `api`, versions (`v1beta1`, `0`, `2010-04-01`, `{apiVersion}`, `apis/GROUP/v1`),
//!    a word that nearly all routes begin with, `.json`, and a pair that a global flag fills
//!    (`/namespaces/{namespace}/databases`). Path parameters vanish; the fixed segments, in kebab-case, are the nouns.
//! 2. `{id}:cancel`, `{id}#cancel` and `/{id}/actions/cancel` are `cancel`, without a further verb. So is a last segment that is or
//!    begins with a verb (`start`, `list-rotations`): a PUT or PATCH of it, where it has no GET; a POST; a GET, unless
//!    something else is on the same route: then it is `get`.
//! 3. A route that ends in a parameter is one thing: GET `get`, PATCH and PUT `update`, DELETE `delete`. A PUT beside a
//!    PATCH is `replace`. A POST is `create` beside a PUT, `update` beside a GET or a PATCH, `create` where the
//!    collection above has its own route, and else has no verb (`greet <NAME>`). With a parameter after it and without a
//!    route above it, it is a collection.
//! 4. A route that ends in a segment is a *collection* when a route continues it by a parameter. GET of it is `list`,
//!    whatever its answer looks like, POST `create`; DELETE, PUT and PATCH of it are `delete-all`, `replace-all` and
//!    `update-all` where its items have them, too.
//! 5. Any other: GET is `list` when it gives a list of objects (see [`super::rows`]), `get` when the same can be changed;
//!    else it has no verb: `status`.
//!    POST is `create` beside a GET, and else has no verb: `query`. PUT and PATCH are `update`, DELETE is `delete`.
//! 6. Any other method is the verb: `files head`, `orders options`, `notes copy`, and `files head-all` for the collection;
//!    QUERY is none beside a verb (`search`).
//! 7. Where nearly all routes are one segment with dots (`/chat.postMessage`), a dot starts a new word.
//! 8. A route without a segment takes its parameter, its tag or its operation for a noun.
//! 9. What is said otherwise by people is ([`idioms`]): a state that is only set and taken back, after a parameter, is two
//!    verbs (`lock` and `unlock`, `subscribe` and `unsubscribe` of a `subscription`); a POST to the plural of a verb is that
//!    verb where nothing is known of its items (`forks`: `fork`); a list behind a verb of asking has none (`search issues`).
//!
//! It must not know what an operation takes, nor what else has the same words: [`super::naming`] does.

mod idioms;
mod parts;
mod verbs;

use super::rows::RowsKind;
use crate::openapi::Method;
use everestctl_rows::case::kebab;
use parts::{Part, RouteKey, are_dotted, common_prefix, is_below_actions, key, parts, without_filled};
use std::collections::HashSet;
use verbs::{Here, OWN, OWN_OF_ALL, verb_of_method};

/// Routes of which no command is made: for browsers, probes and readers of the document.
const SKIPPED: &[&str] =
    &["/healthz", "/main.js", "/docs", "/docs/oauth2-redirect", "/redoc", "/api/docs", "/api/redoc"];

/// Whether `route` is none for a command.
pub(super) fn is_skipped(route: &str) -> bool {
    let route = route.trim_end_matches('/');
    let file = route.strip_prefix("/api").unwrap_or(route);
    SKIPPED.contains(&route) || file.starts_with("/icon.") || file.starts_with("/openapi.")
}

/// The words of an operation, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RouteWords {
    /// What it is about; none when the route has no segment to tell.
    pub(super) nouns: Vec<String>,
    /// What it does, where the nouns do not say it.
    pub(super) verb: Option<String>,
    /// A global flag fills a part of the route.
    pub(super) scoped: bool,
    /// How many parts the route has.
    pub(super) length: usize,
    /// What it was called before the rule 9, where that is something else.
    pub(super) before: Option<Vec<String>>,
}

impl RouteWords {
    /// Nouns and verb.
    pub(super) fn all(&self) -> Vec<String> {
        self.nouns.iter().chain(&self.verb).cloned().collect()
    }
}

/// What an operation says of itself, for a route that says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OperationNames<'a> {
    /// `operationId`.
    pub(super) id: Option<&'a str>,
    /// The first of its tags.
    pub(super) tag: Option<&'a str>,
}

/// All routes of a document, to know what is beside, above and below one.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// By what is left of them after rule 1, but for the pairs.
    with_method: HashSet<(RouteKey, Method)>,
    /// Routes that others continue by a parameter.
    continued: HashSet<RouteKey>,
    known: HashSet<RouteKey>,
    /// What nearly all routes begin with.
    prefix: Vec<Part>,
    /// Nearly all routes are one segment with dots, each of which starts a new word.
    are_dotted: bool,
}

impl Routes {
    /// The routes of a document.
    pub(super) fn new<'r>(routes: impl IntoIterator<Item = (&'r str, Method)>) -> Self {
        let routes: Vec<(&str, Method)> = routes.into_iter().collect();
        let are_dotted = are_dotted(routes.iter().map(|(route, _)| *route));
        let routes: Vec<(Vec<Part>, Method)> =
            routes.into_iter().map(|(route, method)| (parts(route, are_dotted), method)).collect();
        let mut known = Self { prefix: common_prefix(&routes), are_dotted, ..Self::default() };
        for (parts, method) in &routes {
            let key = key(known.without_prefix(parts));
            for at in 0..key.len() {
                if matches!(key[at], Part::Parameter(_)) {
                    known.continued.insert(key[..at].to_vec());
                }
            }
            known.with_method.insert((key.clone(), *method));
            known.known.insert(key);
        }
        known
    }

    fn without_prefix<'p>(&self, parts: &'p [Part]) -> &'p [Part] {
        parts.strip_prefix(&*self.prefix).unwrap_or(parts)
    }

    /// The words for an operation.
    pub(super) fn words(
        &self,
        route: &str,
        method: Method,
        rows: RowsKind,
        names: OperationNames<'_>,
    ) -> RouteWords {
        let whole = parts(route, self.are_dotted);
        let parts = self.without_prefix(&whole);
        let here = Here { routes: self, key: key(parts), method };
        let verb = match parts.last() {
            last if verb_of_method(method).is_some() => here.verb_of_other(last),
            Some(Part::Parameter(_)) => here.verb_of_one(),
            Some(Part::Action(_)) => here.verb_of_action(),
            Some(Part::Word(_)) if is_below_actions(parts, method) => here.verb_of_action(),
            Some(Part::Word(word)) => here.verb(word, rows),
            None => here.verb("", rows),
        };
        let (named, scoped) = without_filled(parts);
        let mut nouns: Vec<String> = named.iter().filter_map(|part| part.word()).cloned().collect();
        if is_below_actions(parts, method) && nouns.len() > 2 {
            nouns.remove(nouns.len() - 2);
        }
        let own = verb_of_method(method).filter(|own| nouns.last() != Some(own));
        let mut verb = match verb {
            Some(OWN) => own,
            Some(OWN_OF_ALL) => own.map(|own| own + OWN_OF_ALL),
            other => other.map(str::to_owned),
        };
        if nouns.is_empty() {
            nouns.extend(noun_of(parts, names));
            if nouns.is_empty() && verb.is_none() && names.id.is_none() {
                verb = Some(method.as_str().to_lowercase());
            }
        }
        let length = parts.len();
        match idioms::said(&here, parts, &nouns, verb.as_deref()) {
            Some((said, does)) => {
                let before = nouns.into_iter().chain(verb).collect();
                RouteWords { nouns: said, verb: does, scoped, length, before: Some(before) }
            }
            None => RouteWords { nouns, verb, scoped, length, before: None },
        }
    }
}

/// A noun for a route that has parameters only.
fn noun_of(parts: &[Part], names: OperationNames<'_>) -> Option<String> {
    const GENERIC: &[&str] = &["id", "name", "key", "path", "uuid", "slug"];
    let parameter = parts.iter().rev().find_map(|part| match part {
        Part::Parameter(name) => Some(name.as_str()),
        _ => None,
    })?;
    let noun =
        ["-id", "-name", "-uuid"].iter().find_map(|end| parameter.strip_suffix(end)).unwrap_or(parameter);
    if !noun.is_empty() && !GENERIC.contains(&noun) {
        return Some(noun.to_owned());
    }
    let of_operation = || names.id.and_then(|id| id.split_once(['.', '/'])).map(|(first, _)| first);
    names.tag.or_else(of_operation).map(kebab).filter(|noun| !noun.is_empty())
}

#[cfg(test)]
mod tests;

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
//!    collection above has its own route, and else has no verb (`greet <NAME>`). With a parameter after it, it is a
//!    collection.
//! 4. A route that ends in a segment is a *collection* when a route continues it by a parameter. GET of it is `list`,
//!    whatever its answer looks like, POST `create`; DELETE, PUT and PATCH of it are `delete-all`, `replace-all` and
//!    `update-all` where its items have them, too.
//! 5. Any other: GET is `list` when it gives a list of objects (see [`super::rows`]), `get` when the same can be changed;
//!    else it has no verb: `status`.
//!    POST is `create` beside a GET, and else has no verb: `query`. PUT and PATCH are `update`, DELETE is `delete`.
//! 6. Any other method is the verb: `files head`, `orders options`, `notes copy`, and `files head-all` for the collection;
//!    QUERY is none beside a verb (`search`).
//! 7. A route without a segment takes its parameter, its tag or its operation for a noun.
//!
//! It must not know what an operation takes, nor what else has the same words: [`super::naming`] does.

use super::rows::RowsKind;
use super::verbs::begins_with_verb;
use crate::openapi::Method;
use crate::openapi::case::kebab;
use crate::openapi::route::{self, WrittenRoute, segments};
use std::collections::{HashMap, HashSet};

/// Routes of which no command is made: for browsers, probes and readers of the document.
const SKIPPED: &[&str] =
    &["/healthz", "/main.js", "/docs", "/docs/oauth2-redirect", "/redoc", "/api/docs", "/api/redoc"];

/// Of fewer routes nothing is said by how nearly all of them begin.
const FEWEST_WITH_A_PREFIX: usize = 10;

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

/// One part of a route, as it is compared and named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    /// In kebab-case.
    Word(String),
    /// `:cancel`, which is a verb whatever the word.
    Action(String),
    Parameter(String),
}

impl Part {
    fn word(&self) -> Option<&String> {
        match self {
            Self::Word(word) | Self::Action(word) => Some(word),
            Self::Parameter(_) => None,
        }
    }

    fn is_word(&self, other: &str) -> bool {
        matches!(self, Self::Word(word) if word == other)
    }
}

/// Parts without the names of the parameters, to find others by.
type Key = Vec<Part>;

fn key(parts: &[Part]) -> Key {
    let bare = |part: &Part| match part {
        Part::Parameter(_) => Part::Parameter(String::new()),
        part => part.clone(),
    };
    parts.iter().map(bare).collect()
}

/// All routes of a document, to know what is beside, above and below one.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// By what is left of them after rule 1, but for the pairs.
    with_method: HashSet<(Key, Method)>,
    /// Routes that others continue by a parameter.
    continued: HashSet<Key>,
    known: HashSet<Key>,
    /// What nearly all routes begin with.
    prefix: Vec<Part>,
}

impl Routes {
    /// The routes of a document.
    pub(super) fn new<'r>(routes: impl IntoIterator<Item = (&'r str, Method)>) -> Self {
        let routes: Vec<(Vec<Part>, Method)> =
            routes.into_iter().map(|(route, method)| (parts(route), method)).collect();
        let mut known = Self { prefix: common_prefix(&routes), ..Self::default() };
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
        let whole = parts(route);
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
        RouteWords { nouns, verb, scoped, length: parts.len() }
    }
}

/// One operation among the others.
struct Here<'r> {
    routes: &'r Routes,
    key: Key,
    method: Method,
}

impl Here<'_> {
    /// Whether the same route has `method`.
    fn has(&self, method: Method) -> bool {
        self.routes.with_method.contains(&(self.key.clone(), method))
    }

    /// Whether its items, by a parameter more, have `method`.
    fn items_have(&self, method: Method) -> bool {
        self.routes.with_method.contains(&(self.items(), method))
    }

    fn items(&self) -> Key {
        self.key.iter().cloned().chain([Part::Parameter(String::new())]).collect()
    }

    /// Whether something is known of its items, by a route of their own or by what is below them.
    fn is_continued(&self) -> bool {
        self.routes.continued.contains(&self.key)
    }

    /// The method itself is the verb, but where a question has one in its route.
    fn verb_of_other(&self, last: Option<&Part>) -> Option<&'static str> {
        let is_verb = match last {
            Some(Part::Word(word)) => begins_with_verb(word),
            Some(Part::Action(_)) => true,
            Some(Part::Parameter(_)) | None => false,
        };
        let own = if self.items_have(self.method) { OWN_OF_ALL } else { OWN };
        (self.method != Method::Query || !is_verb).then_some(own)
    }

    fn verb_of_one(&self) -> Option<&'static str> {
        if self.is_continued() {
            return Some(self.verb_of_collection());
        }
        match self.method {
            Method::Get => Some("get"),
            Method::Put if self.has(Method::Patch) => Some("replace"),
            Method::Put | Method::Patch => Some("update"),
            Method::Delete => Some("delete"),
            Method::Post if self.has(Method::Put) => Some("create"),
            Method::Post if self.has(Method::Get) || self.has(Method::Patch) => Some("update"),
            Method::Post => {
                let above = &self.key[..self.key.len().saturating_sub(1)];
                self.routes.known.contains(above).then_some("create")
            }
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
    fn verb_of_action(&self) -> Option<&'static str> {
        let others = [Method::Post, Method::Put, Method::Patch];
        let is_asked = self.method == Method::Get && others.iter().any(|method| self.has(*method));
        match self.method {
            Method::Get => is_asked.then_some("get"),
            Method::Delete => Some("delete"),
            _ => None,
        }
    }

    fn verb(&self, word: &str, rows: RowsKind) -> Option<&'static str> {
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
const OWN: &str = "";

/// The same of a collection whose items have it, too.
const OWN_OF_ALL: &str = "-all";

/// The verb of a method that is no usual one: `head`, `query`, `propfind`.
fn verb_of_method(method: Method) -> Option<String> {
    match method {
        Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete => None,
        other => Some(other.as_str().to_lowercase()),
    }
}

/// The parts of a route, without what says nothing.
fn parts(route: &str) -> Vec<Part> {
    let written = WrittenRoute::new(route);
    let mut parts: Vec<Part> = Vec::new();
    for segment in segments(written.path) {
        match segment {
            route::Segment::Parameter(name) => parts.push(Part::Parameter(kebab(name))),
            // `{id}.json`, `{id}:cancel`.
            route::Segment::Word(word) if word.starts_with('.') && is_format(&word[1..]) => {}
            route::Segment::Word(word) => {
                let action = word.strip_prefix(':');
                let word = action.unwrap_or(word);
                let word = match word.rsplit_once('.') {
                    Some((name, end)) if !name.is_empty() && is_format(end) => name,
                    _ => word,
                };
                let make = if action.is_some() { Part::Action } else { Part::Word };
                parts.push(make(kebab_of_word(word)));
            }
        }
    }
    if parts.len() > 1 && parts.last().is_some_and(|last| last.is_word("json")) {
        parts.pop();
    }
    parts.drain(..leading(&parts, route));
    if !written.is_plain() {
        parts.push(Part::Action(written.action()));
    }
    parts
}

/// A version keeps its dots until it is known to be one.
fn kebab_of_word(word: &str) -> String {
    if is_version(word) { word.to_lowercase() } else { kebab(word) }
}

fn is_format(end: &str) -> bool {
    matches!(end, "json" | "xml" | "yaml")
}

/// How many leading parts say nothing.
fn leading(parts: &[Part], route: &str) -> usize {
    let version = |part: Option<&Part>| match part {
        Some(Part::Word(word)) => is_version(word),
        Some(Part::Parameter(name)) => matches!(name.as_str(), "api-version" | "apiversion" | "version"),
        _ => false,
    };
    // A group of Kubernetes has dots, or not: the version after it tells.
    if parts.first().is_some_and(|first| first.is_word("apis")) && parts.len() > 3 && version(parts.get(2)) {
        return 3;
    }
    let mut at = usize::from(parts.first().is_some_and(|first| first.is_word("api")));
    let is_last = |at: usize| at + 1 >= parts.len();
    while version(parts.get(at)) && !(is_last(at) && matches!(parts[at], Part::Parameter(_))) {
        at += 1;
    }
    debug_assert!(at <= parts.len(), "{route}");
    at
}

/// `v1`, `v1beta1`, `v2.0`, `0`, `4`, `2010-04-01`.
fn is_version(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = |text: &str, by: char| text.split(by).all(digits);
    if let Some(rest) = lower.strip_prefix('v') {
        let tail = rest.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
        let stage = tail.strip_prefix("alpha").or_else(|| tail.strip_prefix("beta")).unwrap_or(tail);
        return rest.starts_with(|first: char| first.is_ascii_digit())
            && stage.chars().all(|character| character.is_ascii_digit());
    }
    let is_date = lower.len() == 10 && lower.split('-').count() == 3 && numbers(&lower, '-');
    is_date || (lower.len() <= 4 && numbers(&lower, '.'))
}

/// The words that nearly all routes begin with, and that are nothing themselves.
fn common_prefix(routes: &[(Vec<Part>, Method)]) -> Vec<Part> {
    let mut prefix = Vec::new();
    let distinct: HashSet<&Vec<Part>> = routes.iter().map(|(parts, _)| parts).collect();
    if distinct.len() < FEWEST_WITH_A_PREFIX {
        return prefix;
    }
    loop {
        let mut counts: HashMap<&Part, usize> = HashMap::new();
        for parts in &distinct {
            if let Some([first @ Part::Word(_), Part::Word(_), ..]) = parts.strip_prefix(&*prefix) {
                *counts.entry(first).or_default() += 1;
            }
        }
        let next = counts.into_iter().find(|(_, count)| count * 10 >= distinct.len() * 9);
        let Some((next, _)) = next else { return prefix };
        let next = next.clone();
        let longer: Vec<Part> = prefix.iter().cloned().chain([next]).collect();
        // A thing with a route of its own is a noun.
        let is_thing = |parts: &&&Vec<Part>| {
            matches!(parts.strip_prefix(&*longer), Some([] | [Part::Parameter(_) | Part::Action(_), ..]))
        };
        if distinct.iter().any(|parts| is_thing(&parts)) {
            return prefix;
        }
        prefix = longer;
    }
}

/// Without the pairs that a global flag fills, as far as anything is left, and whether there was one.
fn without_filled(parts: &[Part]) -> (Vec<&Part>, bool) {
    let mut left: Vec<&Part> = Vec::new();
    let (mut at, mut scoped) = (0, false);
    while at < parts.len() {
        let is_pair = match &parts[at..] {
            [Part::Word(word), Part::Parameter(name), _, ..] => matches!(
                (word.as_str(), name.as_str()),
                ("namespaces", "namespace" | "ns") | ("clusters", "cluster")
            ),
            _ => false,
        };
        if is_pair {
            (at, scoped) = (at + 2, true);
        } else {
            left.push(&parts[at]);
            at += 1;
        }
    }
    if left.iter().any(|part| part.word().is_some()) {
        (left, scoped)
    } else {
        (parts.iter().collect(), false)
    }
}

/// `/servers/{id}/actions/reboot`.
fn is_below_actions(parts: &[Part], method: Method) -> bool {
    let is_done = matches!(method, Method::Post | Method::Put | Method::Patch);
    is_done
        && matches!(parts, [.., Part::Parameter(_), Part::Word(actions), Part::Word(_)] if actions == "actions")
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
mod tests {
    use super::*;
    use Method::{Delete, Get, Patch, Post, Put};
    use RowsKind::{None, Objects, Plain, Unknown};

    /// The words of each route, all of one document.
    fn check(routes: &[(Method, &str, RowsKind, &str)]) {
        let known = Routes::new(routes.iter().map(|(method, route, ..)| (*route, *method)));
        for (method, route, rows, expected) in routes {
            let words = known.words(route, *method, *rows, OperationNames::default()).all().join(" ");
            assert_eq!(words, *expected, "{method} {route}");
        }
    }

    #[test]
    fn routes_become_the_words_that_the_design_names() {
        check(&[
            (Get, "/api/status", None, "status"),
            (Get, "/api/v1/orders", Objects, "orders list"),
            (Post, "/api/v1/orders/", None, "orders create"),
            (Get, "/api/v1/orders/{id}", None, "orders get"),
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
            (Get, "/api/nodes/names", Plain, "nodes names"),
            (Get, "/tags", Plain, "tags list"),
            (Get, "/tags/{tag}", Unknown, "tags get"),
            (Post, "/tags/{tag}", None, "tags update"),
            (Post, "/nodes/{name}", None, "nodes"),
            (Get, "/anything", Unknown, "anything"),
            (Delete, "/api/cache", None, "cache delete"),
            (Get, "/api/dbUsers/current_role", None, "db-users current-role"),
            (Get, "/v1beta1/vms", Unknown, "vms"),
            (Get, "/api/api/v2", None, "api v2"),
        ]);
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

    #[test]
    fn a_word_that_says_what_it_does_gets_no_further_verb() {
        check(&[
            (Put, "/servers/{id}/start", None, "servers start"),
            (Patch, "/servers/{id}/reset-password", None, "servers reset-password"),
            (Post, "/servers/{id}/actions/reboot", None, "servers reboot"),
            (Get, "/servers/{id}/actions", Objects, "servers actions list"),
            (Get, "/servers/{id}/actions/{action_id}", None, "servers actions get"),
            (Get, "/repos/search", Objects, "repos search"),
            (Get, "/keys/{id}/list-rotations", Objects, "keys list-rotations"),
            (Post, "/pulls/{id}/merge", None, "pulls merge"),
            (Get, "/pulls/{id}/merge", None, "pulls merge get"),
            (Put, "/repos/{id}/topics", None, "repos topics update"),
        ]);
    }

    #[test]
    fn one_thing_has_a_word_for_each_method() {
        check(&[
            (Get, "/db/{name}", None, "db get"),
            (Put, "/db/{name}", None, "db replace"),
            (Patch, "/db/{name}", None, "db update"),
            (Post, "/services/{name}", None, "services create"),
            (Put, "/services/{name}", None, "services update"),
            (Get, "/settings", None, "settings get"),
            (Put, "/settings", None, "settings update"),
        ]);
    }

    #[test]
    fn a_collection_is_known_by_what_continues_it() {
        check(&[
            (Get, "/projects", None, "projects list"),
            (Get, "/projects/{id}", None, "projects get"),
            (Delete, "/projects", None, "projects delete-all"),
            (Delete, "/projects/{id}", None, "projects delete"),
            (Get, "/zones", None, "zones list"),
            (Get, "/zones/{zone}/records", Objects, "zones records list"),
            (Get, "/workflows/{kind}", None, "workflows list"),
            (Post, "/workflows/{kind}", None, "workflows create"),
            (Get, "/workflows/{kind}/{name}", None, "workflows get"),
        ]);
    }

    #[test]
    fn what_a_global_flag_fills_goes_from_the_words() {
        check(&[
            (Get, "/namespaces", Plain, "namespaces list"),
            (Get, "/namespaces/{namespace}", None, "namespaces get"),
            (Get, "/namespaces/{namespace}/databases", Objects, "databases list"),
            (Get, "/clusters/{cluster}/namespaces/{namespace}/instances/{name}", None, "instances get"),
            (Get, "/v1/clusters/{cluster}/status", None, "status"),
        ]);
    }

    #[test]
    fn versions_and_formats_say_nothing() {
        check(&[
            (Get, "/0/organizations", Objects, "organizations list"),
            (Get, "/0/organizations/{id}", None, "organizations get"),
            (Get, "/2010-04-01/Accounts.json", Objects, "accounts list"),
            (Get, "/2010-04-01/Accounts/{Sid}.json", None, "accounts get"),
            (Get, "/v2.0/droplets/{id}", None, "droplets get"),
            (Get, "/{apiVersion}/linodes/{id}", None, "linodes get"),
            (Get, "/containers/json", Objects, "containers list"),
            (Get, "/containers/{id}/json", None, "containers get"),
            (Get, "/apis/apps/v1/namespaces/{namespace}/deployments", Objects, "deployments list"),
            (Get, "/apis/networking.k8s.io/v1/ingresses", Objects, "ingresses list"),
            (Get, "/account/2fa", None, "account 2fa"),
        ]);
    }

    #[test]
    fn what_nearly_all_routes_begin_with_says_nothing_unless_it_is_a_thing() {
        let things: Vec<String> = (0..12).map(|number| format!("/shop/t{number}")).collect();
        let mut routes: Vec<_> = things.iter().map(|route| (route.as_str(), Get)).collect();
        let words = |routes: &[(&str, Method)]| {
            Routes::new(routes.iter().copied()).words("/shop/t1", Get, None, OperationNames::default()).all()
        };
        assert_eq!(words(&routes), ["t1"]);
        routes.push(("/other", Get));
        assert_eq!(words(&routes), ["t1"]);
        routes.push(("/shop/{id}", Get));
        assert_eq!(words(&routes), ["shop", "t1"]);
        assert_eq!(words(&routes[..9]), ["shop", "t1"]);
    }

    #[test]
    fn a_route_of_parameters_finds_a_noun() {
        let known = Routes::new([("/{index}", Delete), ("/{id}", Get), ("/", Get)]);
        let words = |route, method, names| known.words(route, method, None, names).all().join(" ");
        let none = OperationNames::default;
        assert_eq!(words("/{index}", Delete, none()), "index delete");
        assert_eq!(words("/{id}", Get, none()), "get");
        assert_eq!(
            words("/{id}", Get, OperationNames { id: Some("pets.read"), tag: Option::None }),
            "pets get"
        );
        assert_eq!(
            words("/{id}", Get, OperationNames { id: Option::None, tag: Some("My Pets") }),
            "my-pets get"
        );
    }
}

//! A route → its parts as they are compared and named, without what says nothing: a leading `api`, versions, formats, a word that
//! nearly all routes begin with, and pairs that a global flag fills.
//!
//! It must not know which method a route has words for, nor what the words are.

use crate::openapi::Method;
use crate::openapi::route::{self, WrittenRoute, segments};
use everestctl_rows::case::kebab;
use std::collections::{HashMap, HashSet};

/// Of fewer routes nothing is said by how nearly all of them begin.
const FEWEST_WITH_A_PREFIX: usize = 10;

/// One part of a route, as it is compared and named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// In kebab-case.
    Word(String),
    /// `:cancel`, which is a verb whatever the word.
    Action(String),
    Parameter(String),
}

impl Part {
    pub(super) fn word(&self) -> Option<&String> {
        match self {
            Self::Word(word) | Self::Action(word) => Some(word),
            Self::Parameter(_) => None,
        }
    }

    pub(super) fn is_word(&self, other: &str) -> bool {
        matches!(self, Self::Word(word) if word == other)
    }
}

/// Parts without the names of the parameters, to find others by.
pub(super) type RouteKey = Vec<Part>;

pub(super) fn key(parts: &[Part]) -> RouteKey {
    let bare = |part: &Part| match part {
        Part::Parameter(_) => Part::Parameter(String::new()),
        part => part.clone(),
    };
    parts.iter().map(bare).collect()
}

/// The parts of a route, without what says nothing.
pub(super) fn parts(route: &str, are_dotted: bool) -> Vec<Part> {
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
                if are_dotted && action.is_none() {
                    parts.extend(
                        word.split('.').filter(|word| !word.is_empty()).map(|word| make(kebab(word))),
                    );
                } else {
                    parts.push(make(kebab_of_word(word)));
                }
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

/// Whether nearly all of `routes` are one segment with dots, as of a remote procedure: `/chat.postMessage`.
pub(super) fn are_dotted<'r>(routes: impl Iterator<Item = &'r str>) -> bool {
    let is_dotted = |route: &str| {
        let name = route.trim_matches('/');
        let is_word = |word: &str| word.starts_with(|first: char| first.is_ascii_alphabetic());
        name.contains('.') && !name.contains(['/', '{']) && name.split('.').all(is_word)
    };
    let (mut all, mut dotted) = (0, 0);
    for route in routes {
        all += 1;
        dotted += usize::from(is_dotted(route));
    }
    all >= FEWEST_WITH_A_PREFIX && dotted * 10 >= all * 9
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
pub(super) fn common_prefix(routes: &[(Vec<Part>, Method)]) -> Vec<Part> {
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
pub(super) fn without_filled(parts: &[Part]) -> (Vec<&Part>, bool) {
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
pub(super) fn is_below_actions(parts: &[Part], method: Method) -> bool {
    let is_done = matches!(method, Method::Post | Method::Put | Method::Patch);
    is_done
        && matches!(parts, [.., Part::Parameter(_), Part::Word(actions), Part::Word(_)] if actions == "actions")
}

//! What people say instead of a noun and a verb: `issues unlock` instead of `issues lock delete`, `repos fork` instead of
//! `repos forks create`, `search issues` instead of `search issues list`. The rule 9 of [`super`].
//!
//! It must not know how the noun and the verb were found.

use super::parts::Part;
use super::verbs::Here;
use crate::openapi::Method;
use crate::openapi::reader::verbs::is_verb;

/// Nouns and verb.
type IdiomWords = (Vec<String>, Option<String>);

/// Verbs of asking, after which the noun is what is asked for.
const ASKING: &[&str] = &["find", "lookup", "query", "search"];

/// States that a thing is put into and out of, where that is not said by the same word.
const STATES: &[(&str, &str, &str)] = &[
    ("follow", "follow", "unfollow"),
    ("like", "like", "unlike"),
    ("pin", "pin", "unpin"),
    ("star", "star", "unstar"),
    ("subscription", "subscribe", "unsubscribe"),
    ("watch", "watch", "unwatch"),
];

/// How people say what `nouns` and `verb` do; `None` where they say it so.
pub(super) fn said(
    here: &Here<'_>,
    parts: &[Part],
    nouns: &[String],
    verb: Option<&str>,
) -> Option<IdiomWords> {
    let (last, above) = nouns.split_last()?;
    if !matches!(parts.last(), Some(Part::Word(_))) {
        return None;
    }
    if here.method == Method::Get {
        let is_asked = verb == Some("list")
            && !here.is_continued()
            && matches!(parts, [.., Part::Word(before), _] if ASKING.contains(&before.as_str()));
        return is_asked.then(|| (nouns.to_vec(), None));
    }
    let is_of_one = matches!(parts, [.., Part::Parameter(_), _]) && !above.is_empty() && !here.is_continued();
    if !is_of_one {
        return None;
    }
    let does = if is_state(here) { state(here.method, last) } else { None };
    // `forks` that are never looked at one by one, nor changed, are what comes of forking.
    let is_done = || {
        verb == Some("create")
            && ![Method::Put, Method::Patch, Method::Delete].iter().any(|one| here.has(*one))
    };
    let does =
        does.or_else(|| last.strip_suffix('s').filter(|does| is_verb(does) && is_done()).map(str::to_owned));
    does.map(|does| (above.to_vec(), Some(does)))
}

/// Whether the route is set and taken back, and nothing else.
fn is_state(here: &Here<'_>) -> bool {
    let is_set = here.has(Method::Put) != here.has(Method::Post);
    is_set && here.has(Method::Delete) && !here.has(Method::Get) && !here.has(Method::Patch)
}

/// What is done to a thing that is put into the state `word`, or out of it.
fn state(method: Method, word: &str) -> Option<String> {
    if let Some((_, into, out)) = STATES.iter().find(|(noun, ..)| *noun == word) {
        return Some((if method == Method::Delete { *out } else { *into }).to_owned());
    }
    let out = format!("un{word}");
    (is_verb(word) && is_verb(&out)).then(|| if method == Method::Delete { out } else { word.to_owned() })
}

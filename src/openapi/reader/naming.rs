//! Unique names for the commands of one document.

use super::routes::RouteWords;
use crate::openapi::{Method, Words};
use everestctl_rows::case::kebab;
use std::collections::{HashMap, HashSet};

/// So many commands with the same words get a number.
const MOST_NAMESAKES: u32 = 100;

/// One operation that looks for its words.
#[derive(Debug)]
pub(super) struct NamingCandidate {
    /// Given by `x-cli-name`, or made from the route.
    pub(super) words: Option<Words>,
    /// The words were given.
    pub(super) given: bool,
    /// The operation's own name.
    pub(super) operation: Option<Words>,
    pub(super) method: Method,
    /// What its route says.
    pub(super) route: RouteWords,
}

/// The words that each candidate gets, in order. Who was given words keeps them, the first of several first. Of those
/// whose routes make the same words, one keeps them: one in the scope of a global flag before one without, the shorter
/// route before the longer. The others stay in their group: see [`alternatives`].
pub(super) fn decide(candidates: &[NamingCandidate]) -> Vec<Option<Words>> {
    let mut taken: HashSet<Words> = HashSet::new();
    let mut decided: Vec<Option<Words>> = vec![None; candidates.len()];
    for (slot, candidate) in decided.iter_mut().zip(candidates) {
        if let Some(words) = candidate.words.as_ref().filter(|_| candidate.given)
            && taken.insert(words.clone())
        {
            *slot = Some(words.clone());
        }
    }
    let mut best: HashMap<&Words, usize> = HashMap::new();
    let rank = |at: usize| (!candidates[at].route.scoped, candidates[at].route.length, at);
    for (at, candidate) in candidates.iter().enumerate().filter(|(_, candidate)| !candidate.given) {
        if let Some(words) = candidate.words.as_ref().filter(|words| !taken.contains(words)) {
            let first = best.entry(words).or_insert(at);
            *first = std::cmp::min_by_key(*first, at, |at| rank(*at));
        }
    }
    let mut scoped: HashSet<Words> = HashSet::new();
    for (words, at) in best {
        if candidates[at].route.scoped {
            scoped.insert(words.clone());
        }
        taken.insert(words.clone());
        decided[at] = Some(words.clone());
    }
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for (slot, candidate) in decided.iter_mut().zip(candidates) {
        if slot.is_some() {
            continue;
        }
        let is_whole =
            !candidate.route.scoped && candidate.words.as_ref().is_some_and(|words| scoped.contains(words));
        let mut free = |name: String| Words::new(&name).ok().filter(|words| taken.insert(words.clone()));
        *slot = alternatives(candidate, is_whole).into_iter().find_map(&mut free).or_else(|| {
            let base = candidate.words.as_ref().or(candidate.operation.as_ref())?;
            let base = format!("{base}-{}", candidate.method.as_str().to_lowercase());
            // Where the last one stopped: each number is tried once, however many collide.
            let next = numbers.entry(base.clone()).or_insert(1);
            (*next..MOST_NAMESAKES).find_map(|number| {
                *next = number + 1;
                free(if number == 1 { base.clone() } else { format!("{base}-{number}") })
            })
        });
    }
    decided
}

/// What else a candidate can be called, the best first: all of what its namesake is a part of, what its own name adds
/// to the nouns, its own name.
fn alternatives(candidate: &NamingCandidate, is_whole: bool) -> Vec<String> {
    let NamingCandidate { words, operation, route, given, .. } = candidate;
    let own = operation.as_ref().map(ToString::to_string);
    if words.is_none() || *given {
        return own.into_iter().collect();
    }
    let nouns = route.nouns.join(" ");
    let all = route.verb.as_ref().filter(|_| is_whole).map(|verb| format!("{verb}-all"));
    let added = own.as_deref().and_then(|own| added(own, route));
    all.into_iter().chain(added).chain(own).map(|last| format!("{nouns} {last}")).collect()
}

/// What an operation's own name, in kebab-case, says beyond the words of its route: `for-server` of
/// `list-actions-for-server`, `reset-field` of `reset-db-field` below `db`.
fn added(own: &str, route: &RouteWords) -> Option<String> {
    let one = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    let nouns: HashSet<String> = route.nouns.iter().flat_map(|noun| noun.split('-')).map(one).collect();
    let is_known = |word: &&str| nouns.contains(&one(word)) || route.verb.as_deref() == Some(word);
    let words: Vec<&str> = own.split('-').collect();
    let start = words.iter().take_while(|word| is_known(word)).count();
    let left: Vec<&str> = match start {
        0 => words.into_iter().filter(|word| !is_known(word)).collect(),
        start => words[start..].to_vec(),
    };
    (!left.is_empty()).then(|| left.join("-"))
}

/// The operation's own name as a word. FastAPI builds it from the function, the route and the method, of which only
/// the first is for people.
pub(super) fn own_name(operation_id: &str, route: &str, method: Method) -> Option<Words> {
    let plain = |character: char| if character.is_alphanumeric() { character } else { '_' };
    let generated: String = route.chars().map(plain).collect();
    let generated = format!("{generated}_{}", method.as_str().to_lowercase());
    let own = operation_id.strip_suffix(&generated).filter(|own| !own.is_empty()).unwrap_or(operation_id);
    Words::from_words([kebab(own)]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(words: &str, given: bool, operation: &str, method: Method) -> NamingCandidate {
        let operation = own_name(operation, "/", method);
        let (nouns, verb) = words.rsplit_once(' ').unwrap_or((words, ""));
        let route = RouteWords {
            nouns: nouns.split(' ').map(str::to_owned).collect(),
            verb: Some(verb.to_owned()).filter(|verb| !verb.is_empty()),
            ..RouteWords::default()
        };
        NamingCandidate { words: Words::new(words).ok(), given, operation, method, route }
    }

    fn decided(candidates: &[NamingCandidate]) -> Vec<String> {
        decide(candidates)
            .into_iter()
            .map(|words| words.map_or_else(String::new, |w| w.to_string()))
            .collect()
    }

    #[test]
    fn what_collides_stays_in_its_group() {
        let list = |operation, length| {
            let candidate = candidate("servers actions list", false, operation, Method::Get);
            NamingCandidate { route: RouteWords { length, ..candidate.route }, ..candidate }
        };
        let all = [
            list("list_actions_for_server", 3),
            list("list_server_actions", 2),
            candidate("db update", false, "resetDbField", Method::Put),
            candidate("db update", false, "updateDb", Method::Patch),
            candidate("db update", false, "", Method::Post),
            candidate("db update", false, "", Method::Post),
        ];
        assert_eq!(
            decided(&all),
            [
                "servers actions for-server",
                "servers actions list",
                "db update",
                "db update-db",
                "db update-post",
                "db update-post-2"
            ]
        );
    }

    #[test]
    fn the_one_in_a_namespace_has_the_plain_words() {
        let scoped = candidate("databases list", false, "listDatabases", Method::Get);
        let scoped =
            NamingCandidate { route: RouteWords { scoped: true, length: 3, ..scoped.route }, ..scoped };
        let all = candidate("databases list", false, "listAllDatabases", Method::Get);
        assert_eq!(decided(&[all, scoped]), ["databases list-all", "databases list"]);
    }

    #[test]
    fn given_words_are_kept_and_the_first_of_two_has_them() {
        let given = [
            candidate("items list", false, "allItems", Method::Get),
            candidate("items list", true, "first", Method::Get),
            candidate("items list", true, "second", Method::Get),
            candidate("Bad!", false, "good", Method::Get),
            candidate("Bad!", false, "", Method::Get),
        ];
        assert_eq!(decided(&given), ["items all", "items list", "second", "good", ""]);
    }

    #[test]
    fn what_fastapi_adds_to_a_name_goes() {
        let name = |id: &str, route: &str| own_name(id, route, Method::Get).map(|words| words.to_string());
        assert_eq!(name("read_item_items__item_id__get", "/items/{item_id}").as_deref(), Some("read-item"));
        assert_eq!(name("root__get", "/").as_deref(), Some("root"));
        assert_eq!(name("list-things", "/things").as_deref(), Some("list-things"));
        assert_eq!(name("getUserByID", "/u").as_deref(), Some("get-user-by-id"));
        assert_eq!(name("help", "/u"), None);
        assert_eq!(name("größe", "/u"), None);
    }
}

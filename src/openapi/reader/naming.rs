//! Unique names: of the arguments of one command, and of the commands of one document.

use super::routes::RouteWords;
use crate::model::reserved::GLOBAL_FLAGS;
use crate::openapi::case::kebab;
use crate::openapi::{ArgumentName, Method, Words};
use std::collections::{HashMap, HashSet};

/// The flags that every command of a server has, beside the global ones.
const RESERVED: &[&str] = &[
    "help",
    "version",
    "body",
    "set",
    "jq",
    "columns",
    "sort-by",
    "no-headers",
    "output-file",
    "dry-run",
    "yes",
];

/// The letters that are ours.
pub(super) const RESERVED_LETTERS: &str = "nAovqhk";

/// The flags that waiting adds.
pub(super) const OF_WAIT: &[&str] = &["wait", "no-wait", "timeout", "cancel-on-interrupt"];

/// The flags that paging adds.
pub(super) const OF_PAGES: &[&str] = &["limit", "all"];

/// So many commands with the same words get a number.
const MOST_NAMESAKES: u32 = 100;

/// The names of the arguments of one command.
#[derive(Debug, Default)]
pub(super) struct ArgumentNames {
    taken: HashSet<String>,
    ours: Vec<&'static str>,
}

impl ArgumentNames {
    /// With further names that are ours for this command.
    pub(super) fn new(ours: impl IntoIterator<Item = &'static str>) -> Self {
        Self { taken: HashSet::new(), ours: ours.into_iter().collect() }
    }

    pub(super) fn is_reserved(&self, name: &str) -> bool {
        RESERVED.contains(&name) || GLOBAL_FLAGS.contains(&name) || self.ours.contains(&name)
    }

    /// The name for an argument that would be `wanted`, is kept in `place` (`query`, `body`) and is the `number`th of
    /// its command: as wanted; `param-NAME` when that is ours; `PLACE-NAME` when another has it; `param-NUMBER` when
    /// it cannot be a name.
    pub(super) fn claim(&mut self, wanted: &str, place: &str, number: usize) -> Option<ArgumentName> {
        let wanted = wanted.split('.').map(kebab).collect::<Vec<_>>().join(".");
        let wanted = if self.is_reserved(&wanted) { format!("param-{wanted}") } else { wanted };
        let fallbacks = [
            format!("{place}-{wanted}"),
            format!("param-{wanted}"),
            format!("param-{number}"),
            format!("param-{place}-{number}"),
        ];
        std::iter::once(wanted).chain(fallbacks).find_map(|name| self.take(&name))
    }

    /// `name` itself, when it is free.
    pub(super) fn take(&mut self, name: &str) -> Option<ArgumentName> {
        let name = ArgumentName::new(name).filter(|name| !self.is_reserved(name.as_str()))?;
        self.taken.insert(name.as_str().to_owned()).then_some(name)
    }
}

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

    #[test]
    fn an_argument_cannot_take_a_name_of_ours_or_of_another() {
        let mut names = ArgumentNames::new(["limit"]);
        let mut claim = |wanted: &str, number| names.claim(wanted, "body", number).unwrap().to_string();
        assert_eq!(claim("tailLines", 1), "tail-lines");
        assert_eq!(claim("help", 2), "param-help");
        assert_eq!(claim("limit", 3), "param-limit");
        assert_eq!(claim("tail_lines", 4), "body-tail-lines");
        assert_eq!(claim("address.zipCode", 5), "address.zip-code");
        assert_eq!(claim("größe", 6), "param-6");
        assert_eq!(claim("\u{1b}[31m", 7), "31m");
        assert_eq!(claim("", 8), "param-8");
    }
}

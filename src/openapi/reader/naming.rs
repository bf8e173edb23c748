//! Unique names: of the arguments of one command, and of the commands of one document.

use crate::model::reserved::GLOBAL_FLAGS;
use crate::openapi::case::kebab;
use crate::openapi::{ArgumentName, Method, Words};
use std::collections::{HashMap, HashSet};

/// The flags that every command of a server has, beside the global ones.
const RESERVED: &[&str] =
    &["help", "version", "body", "set", "jq", "columns", "no-headers", "output-file", "dry-run", "yes"];

/// The letters that are ours.
pub(super) const RESERVED_LETTERS: &str = "novqhk";

/// The flags that waiting adds.
pub(super) const OF_WAIT: &[&str] = &["wait", "no-wait", "timeout", "cancel-on-interrupt"];

/// The flags that paging adds.
pub(super) const OF_PAGES: &[&str] = &["limit", "all"];

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
}

/// The words that each candidate gets, in order, and whether they are the ones it wanted. Who was given words
/// keeps them, the first of several first; those made from routes that collide with anything all take the
/// operation's own name, else the method after the words, else a number.
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

fn fallback(candidate: &NamingCandidate, taken: &mut HashSet<Words>) -> Option<Words> {
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
        NamingCandidate { words: Words::new(words).ok(), given, operation, method }
    }

    fn decided(candidates: &[NamingCandidate]) -> Vec<String> {
        decide(candidates)
            .into_iter()
            .map(|words| words.map_or_else(String::new, |w| w.to_string()))
            .collect()
    }

    #[test]
    fn what_collides_takes_its_own_name_all_of_it() {
        let both = [
            candidate("items update", false, "replaceItem", Method::Put),
            candidate("items update", false, "updateItem", Method::Patch),
            candidate("items get", false, "getItem", Method::Get),
        ];
        assert_eq!(decided(&both), ["replace-item", "update-item", "items get"]);
        let nameless = [
            candidate("items update", false, "", Method::Put),
            candidate("items update", false, "", Method::Patch),
            candidate("items update", false, "", Method::Patch),
        ];
        assert_eq!(decided(&nameless), ["items update-put", "items update-patch", "items update-patch-2"]);
    }

    #[test]
    fn given_words_are_kept_and_the_first_of_two_has_them() {
        let given = [
            candidate("list", false, "all", Method::Get),
            candidate("list", true, "first", Method::Get),
            candidate("list", true, "second", Method::Get),
            candidate("Bad!", false, "good", Method::Get),
            candidate("Bad!", false, "", Method::Get),
        ];
        assert_eq!(decided(&given), ["all", "list", "second", "good", ""]);
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

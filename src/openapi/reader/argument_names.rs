//! Unique names for the arguments of one command.

use crate::model::reserved::GLOBAL_FLAGS;
use crate::openapi::ArgumentName;
use everestctl_rows::case::kebab;
use std::collections::HashSet;

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

#[cfg(test)]
mod tests {
    use super::*;

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

//! Which file names a command path can have, and back.
//!
//! The words of a path are joined by `-`; a `-` inside a word may also be `_` in the file name, as kubectl
//! has it. So `sql-explorer query` can be `sql-explorer-query` or `sql_explorer-query`.

use super::CommandWord;
use everestctl_protocol::word::LONGEST;

/// The most words of a command path that are looked for as one local command.
pub const MOST_WORDS: usize = 8;

/// Only the first dashes of a whole name are also looked for as `_`: each doubles the number of files to look
/// for. The dashes between words count, so that a name is found however it is cut into words.
const MOST_DASHES: usize = 4;

/// The stems of the file names for the path `words`, the plain one first; none for a path that is longer
/// than a name can be.
pub fn stems(words: &[CommandWord]) -> Vec<String> {
    let plain = words.iter().map(CommandWord::as_str).collect::<Vec<_>>().join("-");
    if plain.len() > LONGEST {
        return Vec::new();
    }
    let mut between = Vec::new();
    let mut position = 0;
    for word in words {
        position += word.as_str().len();
        between.push(position);
        position += 1;
    }
    let dashes = plain.match_indices('-').map(|(position, _)| position).take(MOST_DASHES);
    let inside: Vec<usize> = dashes.filter(|position| !between.contains(position)).collect();
    (0..1_usize << inside.len())
        .map(|choice| {
            let mut stem = plain.clone();
            for (bit, position) in inside.iter().enumerate() {
                if choice & (1 << bit) != 0 {
                    stem.replace_range(*position..=*position, "_");
                }
            }
            stem
        })
        .collect()
}

/// The canonical name of a file stem: `sql_explorer-query` is `sql-explorer-query`.
pub fn canonical(stem: &str) -> String {
    stem.replace('_', "-")
}

/// Whether a file with this stem is found by its canonical name.
pub fn is_looked_for(stem: &str, canonical: &CommandWord) -> bool {
    stems(std::slice::from_ref(canonical)).iter().any(|looked_for| looked_for == stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(path: &str) -> Vec<CommandWord> {
        path.split(' ').map(|word| CommandWord::new(word).unwrap()).collect()
    }

    #[test]
    fn a_dash_inside_a_word_may_be_an_underscore() {
        assert_eq!(stems(&words("bench run")), ["bench-run"]);
        assert_eq!(stems(&words("sql-x query")), ["sql-x-query", "sql_x-query"]);
        assert_eq!(stems(&words("a-b-c")), ["a-b-c", "a_b-c", "a-b_c", "a_b_c"]);
        assert_eq!(stems(&words("a-b-c-d-e-f-g")).len(), 16);
        assert_eq!(stems(&words("a b c d e-f")), ["a-b-c-d-e-f"]);
        let long = "a".repeat(40);
        assert!(stems(&words(&format!("{long} {long}"))).is_empty());
    }

    proptest! {
        #[test]
        fn every_stem_leads_back_to_the_plain_one(path in "[a-z][a-z-]{0,6}( [a-z][a-z-]{0,6}){0,3}") {
            let stems = stems(&words(&path));
            prop_assert!(stems.iter().all(|stem| canonical(stem) == stems[0]));
        }
    }
}

//! Which of the known commands, flags or values the user may have meant.
//!
//! What people type wrong is not evenly spread over all edits: two letters swapped, the start of a name, the
//! words in another order, one word of a longer name. Each of these costs less here than an edit somewhere. It
//! must not know what a path leads to, and nothing here runs anything.

/// At most this many are offered.
const MOST: usize = 3;
/// Longer words are not compared, in characters and in words.
const LONGEST: usize = 64;
const MOST_WORDS: usize = 3;

/// Costs, where one wrong letter is 100.
const EDIT: u32 = 100;
/// Two letters swapped.
const SWAP: u32 = 80;
/// A wrong first letter is rarer than one further on.
const FIRST_LETTER: u32 = 40;
/// What was typed starts the name.
const BEGINS: u32 = 60;
/// It is one part of a name with dashes, or the last word of a path.
const PART: u32 = 120;
/// The words are right and their order is not.
const ORDER: u32 = 30;
/// What it is worth that more than one word is explained.
const MORE_WORDS: u32 = 25;
/// Names that cost so much more than the best one are as good as it.
const TIE: u32 = 20;

/// Those of `paths`, each a name or words with spaces between, that are closest to the words that were typed; the
/// best first.
pub fn closest<'a>(typed: &[&str], paths: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed: Vec<String> = typed.iter().take(MOST_WORDS).map(|word| plain(word)).collect();
    if typed.first().is_none_or(|word| word.is_empty() || word.chars().count() > LONGEST) {
        return Vec::new();
    }
    let mut found: Vec<(u32, &str)> =
        paths.into_iter().filter_map(|path| Some((of_path(&typed, path)?, path))).collect();
    found.sort_unstable_by_key(|(cost, path)| (*cost, path.len(), *path));
    found.dedup_by_key(|(_, path)| *path);
    let best = found.first().map_or(0, |(cost, _)| *cost);
    found.retain(|(cost, _)| *cost <= best + TIE);
    found.truncate(MOST);
    found.into_iter().map(|(_, path)| path).collect()
}

fn plain(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

fn of_path(typed: &[String], path: &str) -> Option<u32> {
    let words: Vec<&str> = path.split(' ').collect();
    let first = typed.first()?;
    let [.., last] = words.as_slice() else { return None };
    if words.len() == 1 {
        return of_word(first, last);
    }
    // `pluginlist`, `plugin-list`.
    let joined = of_word(&first.replace('-', ""), &words.concat()).map(|cost| cost + ORDER);
    // `login` for `auth login`.
    // But not `get` for `config get-contexts`, which has little of it, nor for each `get` of a plugin.
    let is_much = words.len() == 2 && first.len() * 3 >= last.len();
    let part = of_word(first, last).filter(|cost| *cost < EDIT && is_much).map(|cost| cost + PART);
    [in_any_order(typed, &words), joined, part].into_iter().flatten().min()
}

/// The cost when each word that was typed is one of the path's; what is typed after them may be arguments.
fn in_any_order(typed: &[String], words: &[&str]) -> Option<u32> {
    if typed.len() < words.len() {
        return None;
    }
    let cost = |order: &[usize]| {
        let costs = order.iter().zip(words).map(|(at, word)| of_word(&typed[*at], word));
        let sum = costs.sum::<Option<u32>>()?;
        // It explains more than a name that is like the first word only.
        let each = (sum / u32::try_from(words.len()).unwrap_or(1)).saturating_sub(MORE_WORDS);
        Some(each + if order.is_sorted() { 0 } else { ORDER })
    };
    let orders: &[&[usize]] = match words.len() {
        2 => &[&[0, 1], &[1, 0]],
        3 => &[&[0, 1, 2], &[0, 2, 1], &[1, 0, 2], &[1, 2, 0], &[2, 0, 1], &[2, 1, 0]],
        _ => &[],
    };
    orders.iter().filter_map(|order| cost(order)).min()
}

/// The cost of `typed` for `name`; `None` when they have too little in common: one edit for every third letter.
fn of_word(typed: &str, name: &str) -> Option<u32> {
    if typed == name {
        return Some(0);
    }
    let length = typed.chars().count();
    let begins = (length >= 3 && name.starts_with(typed)).then_some(BEGINS);
    let part = (length >= 3 && name.split('-').any(|part| part == typed)).then_some(PART);
    let reordered = reordered(typed, name).then_some(ORDER);
    let edited = || {
        // Of the shorter one: else `bs` would be like `jobs`.
        let allowed = match length.min(name.chars().count()) {
            // Half of a word of four letters is another word, unless its letters are the same.
            4 if !has_letters_of(typed, name) => 1,
            shorter => shorter.div_ceil(3),
        };
        // The distance is at least the difference in length: most names need no look at their letters.
        if name.len().abs_diff(typed.len()) > allowed {
            return None;
        }
        let edits = strsim::osa_distance(typed, name);
        if edits > allowed {
            return None;
        }
        // A swap is two edits to who does not know of it.
        let swaps = strsim::levenshtein(typed, name).saturating_sub(edits);
        let first = if typed.chars().next() == name.chars().next() || swaps > 0 { 0 } else { FIRST_LETTER };
        let [edits, swaps] = [edits, swaps].map(|count| u32::try_from(count).unwrap_or(u32::MAX / EDIT));
        Some(edits * EDIT - swaps.min(edits) * (EDIT - SWAP) + first)
    };
    [begins, part, reordered, edited()].into_iter().flatten().min()
}

/// Whether two words have the same letters.
fn has_letters_of(typed: &str, name: &str) -> bool {
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    letters(typed) == letters(name)
}

/// Whether two names have the same parts.
fn reordered(typed: &str, name: &str) -> bool {
    let parts = |text: &str| {
        let mut parts: Vec<String> = text.split('-').map(str::to_owned).collect();
        parts.sort_unstable();
        parts
    };
    typed.len() == name.len() && typed.contains('-') && parts(typed) == parts(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: &[&str] = &[
        "alias",
        "alias delete",
        "alias list",
        "alias set",
        "audit",
        "audit events",
        "auth",
        "auth login",
        "auth logout",
        "auth status",
        "auth token",
        "backup",
        "bench",
        "bench delete",
        "bench list",
        "bench run",
        "completion",
        "config",
        "config current-context",
        "config get-contexts",
        "config use-context",
        "config view",
        "help",
        "host",
        "host exec",
        "host run",
        "metrics",
        "mongo-explorer",
        "mongo-explorer query",
        "performance",
        "performance compare",
        "plugin",
        "plugin api",
        "plugin info",
        "plugin list",
        "plugin refresh",
        "plugin which",
        "plugin-bench",
        "restore",
        "sql",
        "sql-explorer",
        "status",
        "version",
    ];

    /// What was typed, and what was meant.
    const CORPUS: &[(&str, &str)] = &[
        // Two letters swapped, one missing, one too many, one wrong.
        ("bnech", "bench"),
        ("benhc", "bench"),
        ("audti", "audit"),
        ("plugni", "plugin"),
        ("plugn", "plugin"),
        ("pluggin", "plugin"),
        ("pligin", "plugin"),
        ("vesrion", "version"),
        ("verison", "version"),
        ("confg", "config"),
        ("conifg", "config"),
        ("ahtu", "auth"),
        ("hlep", "help"),
        ("hots", "host"),
        ("metircs", "metrics"),
        ("performence", "performance"),
        ("restroe", "restore"),
        ("backpu", "backup"),
        ("sttaus", "status"),
        ("completoin", "completion"),
        // Another spelling of the same.
        ("Plugin", "plugin"),
        ("VERSION", "version"),
        ("sql_explorer", "sql-explorer"),
        ("explorer-sql", "sql-explorer"),
        ("bench-plugin", "plugin-bench"),
        // The start of a name, or a part of it.
        ("comp", "completion"),
        ("perf", "performance"),
        ("vers", "version"),
        ("mongo", "mongo-explorer"),
        ("meteric", "metrics"),
        // The last word of a path.
        ("login", "auth login"),
        ("logout", "auth logout"),
        ("token", "auth token"),
        ("lgoin", "auth login"),
        ("refresh", "plugin refresh"),
        ("which", "plugin which"),
        ("get-contexts", "config get-contexts"),
        ("use-context", "config use-context"),
        ("compare", "performance compare"),
        // The words in another order, or as one.
        ("list plugin", "plugin list"),
        ("login auth", "auth login"),
        ("run bench", "bench run"),
        ("events audit", "audit events"),
        ("exec host", "host exec"),
        ("query mongo-explorer", "mongo-explorer query"),
        ("pluginlist", "plugin list"),
        ("plugin-list", "plugin list"),
        ("authlogin", "auth login"),
        // Slips in both words.
        ("plguin lsit", "plugin list"),
        ("ahtu login", "auth login"),
        ("bnech rnu", "bench run"),
        ("confg veiw", "config view"),
        // The slip is in the first word, and what follows is an argument.
        ("bnech orders", "bench"),
        ("hlep bench", "help"),
    ];

    #[test]
    fn a_corpus_of_typos_has_what_was_meant_in_the_first_place() {
        for (typed, meant) in CORPUS {
            let words: Vec<&str> = typed.split(' ').collect();
            let found = closest(&words, PATHS.iter().copied());
            assert_eq!(found.first(), Some(meant), "{typed}: {found:?}");
        }
    }

    /// What everybody has: the smallest number of edits, in the order of the list.
    fn by_edits<'a>(typed: &str, paths: &[&'a str]) -> &'a str {
        paths.iter().min_by_key(|path| strsim::levenshtein(typed, path)).unwrap()
    }

    #[test]
    fn counting_edits_finds_fewer() {
        let found = CORPUS.iter().filter(|(typed, meant)| by_edits(typed, PATHS) == *meant).count();
        assert!(found * 4 < CORPUS.len() * 3, "{found} of {}", CORPUS.len());
    }

    #[test]
    fn half_of_a_short_word_is_another_word() {
        let names = ["notes", "top", "help", "list"];
        assert_eq!(closest(&["nope"], names), Vec::<&str>::new());
        assert_eq!(closest(&["noets"], names), ["notes"]);
    }

    #[test]
    fn nothing_like_it_is_nothing() {
        for typed in ["zzzzzz", "", "x", "nope", "kubernetes", &"x".repeat(100_000)] {
            assert_eq!(closest(&[typed], PATHS.iter().copied()), Vec::<&str>::new(), "{typed:.20}");
        }
        assert!(closest(&[], PATHS.iter().copied()).is_empty());
    }

    #[test]
    fn a_few_are_offered_and_each_once() {
        let names = ["aaaa", "aaab", "aaac", "aaad", "aaab"];
        assert_eq!(closest(&["aaax"], names), ["aaaa", "aaab", "aaac"]);
    }
}

//! Finding commands by what they say of themselves: words, summary, tags, description, route, names of arguments.
//!
//! It must not know how what was found is shown.

use super::{ApiCommand, CommandHead, LazyDescriptor};

/// A command that was found.
#[derive(Clone, Copy, Debug)]
pub struct SearchHit<'a> {
    /// The command, in one line.
    pub head: CommandHead<'a>,
    /// How many of the wanted words it has.
    pub found: usize,
    score: u32,
}

/// The commands below the words `group` that have most of the `wanted` words, the best first. A word is found at the start
/// of one that is there, in the singular or in the plural.
pub fn search<'a>(descriptor: &'a LazyDescriptor, group: &[&str], wanted: &[&str]) -> Vec<SearchHit<'a>> {
    let mut terms: Vec<String> = wanted.iter().flat_map(|words| parts(words)).collect();
    terms.dedup();
    let shown = descriptor.heads().filter(|head| !head.is_hidden() && is_below(head.words(), group));
    let mut hits: Vec<SearchHit<'_>> = shown
        .filter_map(|head| {
            let texts = descriptor.get(head.number).map(Texts::new)?;
            let scores = || terms.iter().map(|term| texts.score(term));
            let found = scores().filter(|score| *score > 0).count();
            (found > 0).then(|| SearchHit { head, found, score: scores().sum() })
        })
        .collect();
    let most = hits.iter().map(|hit| hit.found).max().unwrap_or_default();
    hits.retain(|hit| hit.found == most);
    let length = |hit: &SearchHit<'_>| hit.head.words().len();
    hits.sort_by(|one, other| other.score.cmp(&one.score).then(length(one).cmp(&length(other))));
    hits
}

fn is_below(words: &str, group: &[&str]) -> bool {
    let mut words = words.split(' ');
    group.iter().all(|word| words.next() == Some(word))
}

/// What a command says, in small letters, word by word, the most telling first.
struct Texts([Vec<String>; 6]);

impl Texts {
    /// What a word is worth in each of them.
    const WEIGHTS: [u32; 6] = [12, 8, 6, 4, 3, 2];

    fn new(command: &ApiCommand) -> Self {
        let names = command.arguments.iter().map(|argument| argument.name.as_str());
        let tags = command.tags.iter().map(crate::model::CleanText::as_str);
        let route = command.operation.iter().map(crate::model::CleanText::as_str);
        let route = route.chain([command.route.as_str()]);
        Self([
            command.all_words().flat_map(|words| parts(&words.to_string())).collect(),
            parts(command.summary.as_str()).collect(),
            tags.flat_map(parts).collect(),
            route.flat_map(parts).collect(),
            command.description.iter().flat_map(|text| parts(text.as_str())).collect(),
            names.flat_map(parts).collect(),
        ])
    }

    /// What it is worth that `term` is there; 0 when it is not.
    fn score(&self, term: &str) -> u32 {
        let worth = |words: &Vec<String>, weight: u32| {
            let like = words.iter().map(|word| likeness(word, term)).max().unwrap_or_default();
            weight * like
        };
        self.0.iter().zip(Self::WEIGHTS).map(|(words, weight)| worth(words, weight)).sum()
    }
}

/// 3 for the same word, 2 for another number of it, 1 for the start of one.
fn likeness(word: &str, term: &str) -> u32 {
    if word == term {
        3
    } else if singular(word) == singular(term) {
        2
    } else {
        // One letter starts everything.
        u32::from(term.len() > 2 && word.starts_with(singular(term)))
    }
}

fn singular(word: &str) -> &str {
    word.strip_suffix("es").filter(|stem| stem.ends_with(['s', 'x', 'z', 'h'])).unwrap_or_else(|| {
        word.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with('s')).unwrap_or(word)
    })
}

/// The words of a text, in small letters; `serverId` has two.
fn parts(text: &str) -> impl Iterator<Item = String> + use<> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in text.chars() {
        let starts = letter.is_uppercase() && was_small;
        was_small = letter.is_lowercase();
        if starts || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn descriptor() -> LazyDescriptor {
        let operation = |summary: &str, description: &str| json!({"summary": summary, "description": description, "tags": ["storage"], "responses": {}});
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {
            "/files": {"get": operation("List files", ""), "post": operation("Upload a file", "")},
            "/files/{id}": {"get": operation("Show a file", "Its size, when it was uploaded.")},
            "/buckets": {"get": operation("List buckets", "A bucket has files.")},
            "/servers/{serverId}/reboot": {"post": operation("Restart it", "")},
            "/secret": {"get": {"summary": "Files that nobody is shown", "x-cli-hidden": true, "responses": {}}},
        }});
        crate::openapi::read(document.to_string().as_bytes()).unwrap().into()
    }

    fn found(group: &[&str], wanted: &[&str]) -> Vec<String> {
        search(&descriptor(), group, wanted).iter().map(|hit| hit.head.words().to_owned()).collect()
    }

    #[test]
    fn what_has_all_words_is_found_and_the_best_is_first() {
        assert_eq!(found(&[], &["upload", "files"]), ["files create", "files get"]);
        assert_eq!(found(&[], &["Upload files"]), ["files create", "files get"]);
        assert_eq!(found(&[], &["bucket"]), ["buckets"]);
        assert_eq!(found(&[], &["files"])[0], "files list");
        assert_eq!(found(&["buckets"], &["files"]), ["buckets"]);
        assert_eq!(found(&[], &["server", "id"]), ["servers reboot"]);
        assert_eq!(found(&[], &["restart", "nothing"]), ["servers reboot"]);
        assert_eq!(found(&[], &["stor"]).len(), 5);
        assert!(found(&[], &["nothing"]).is_empty() && found(&[], &[""]).is_empty());
    }
}

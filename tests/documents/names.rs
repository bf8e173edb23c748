//! The names of commands against those of the products' own CLIs.
//!
//! It must not know how names are made.

use crate::measure::Facts;

/// An operation, and how the product's own CLI calls it.
pub(crate) struct ExpectedName {
    document: String,
    request: String,
    noun: String,
    verb: String,
}

impl ExpectedName {
    /// What a person types who knows the CLI, as a line for the process that reads `document`.
    pub(crate) fn typed(&self, document: &str) -> Option<String> {
        (self.document == document).then(|| format!("{}\t{} {}\n", self.request, self.noun, self.verb))
    }
}

/// How many names of one document are those of its CLI.
pub(crate) struct Score {
    pub(crate) document: String,
    pub(crate) all: usize,
    /// Noun and verb are the same.
    pub(crate) same: usize,
    /// The verbs mean the same.
    pub(crate) synonyms: usize,
    /// And one noun is a part of the other.
    pub(crate) like: usize,
    /// Typed as the CLI has it, it runs this very command.
    pub(crate) runs: usize,
    /// What is not even that: theirs, and ours.
    pub(crate) others: Vec<(String, String)>,
}

/// The scores of one list of names.
pub(crate) struct Sample {
    pub(crate) title: &'static str,
    pub(crate) scores: Vec<Score>,
}

/// Verbs that mean the same: those that the program takes for each other.
const SYNONYMS: &[&[&str]] = &[
    &["get", "show", "view", "describe", "inspect", "retrieve", "fetch", "read"],
    &["list", "ls"],
    &["delete", "rm", "remove", "destroy"],
    &["update", "edit", "patch", "modify", "set"],
    &["create", "add", "new"],
    &["replace", "put"],
];

/// The lines of the list.
pub(crate) fn expected(lines: &[String]) -> Vec<ExpectedName> {
    let read = |line: &String| {
        let mut fields = line.split('\t');
        let (document, request, name) = (fields.next()?, fields.next()?, fields.next()?);
        let (noun, verb) = name.split_once(' ')?;
        let [document, request, noun, verb] = [document, request, noun, verb].map(str::to_owned);
        Some(ExpectedName { document, request, noun, verb })
    };
    lines.iter().map(|line| read(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

/// The score of each document that the list has names for, in the order of the list.
pub(crate) fn scores(facts: &[Facts], expected: &[ExpectedName]) -> Vec<Score> {
    let mut scores: Vec<Score> = Vec::new();
    for name in expected {
        if scores.last().is_none_or(|score| score.document != name.document) {
            let document = name.document.clone();
            scores.push(Score {
                document,
                all: 0,
                same: 0,
                synonyms: 0,
                like: 0,
                runs: 0,
                others: Vec::new(),
            });
        }
        let score = scores.last_mut().unwrap();
        score.all += 1;
        let facts = facts.iter().find(|facts| facts.name == name.document);
        let (request, words) = facts.and_then(|facts| command(facts, &name.request)).unwrap_or_default();
        let typed = name.typed(&name.document).unwrap_or_default();
        score.runs += usize::from(facts.is_some_and(|facts| runs(facts, request, typed.trim_end())));
        let (noun, verb) = split(words);
        let is_same_noun = are_one_noun(noun, &name.noun);
        let is_same_verb = kebab(verb) == kebab(&name.verb);
        let is_synonym = is_same_verb || are_synonyms(verb, &name.verb);
        let is_like = !noun.is_empty()
            && (stem(noun).contains(&stem(&name.noun)) || stem(&name.noun).contains(&stem(noun)));
        score.same += usize::from(is_same_noun && is_same_verb);
        score.synonyms += usize::from(is_same_noun && is_synonym);
        score.like += usize::from(is_like && is_synonym);
        if !(is_same_noun && is_synonym) {
            score.others.push((format!("{} {}", name.noun, name.verb), words.to_owned()));
        }
    }
    scores
}

/// Whether what was typed runs the command with this request.
fn runs(facts: &Facts, request: &str, typed: &str) -> bool {
    facts.runs.iter().any(|(of, runs)| of == typed && runs == request)
}

/// The request and the words of the command with this request, whose route may stand below a path of the server.
fn command<'f>(facts: &'f Facts, request: &str) -> Option<(&'f str, &'f str)> {
    let (method, route) = request.split_once(' ')?;
    let is_it =
        |of: &str| of.split_once(' ').is_some_and(|(other, path)| other == method && path.ends_with(route));
    let mut found: Vec<_> = facts.words.iter().filter(|(of, _)| is_it(of)).collect();
    found.sort_by_key(|(of, _)| of.len());
    found.first().map(|(of, words)| (of.as_str(), words.as_str()))
}

/// The last two words.
fn split(words: &str) -> (&str, &str) {
    let (before, verb) = words.rsplit_once(' ').unwrap_or(("", words));
    (before.rsplit(' ').next().unwrap_or_default(), verb)
}

/// In one spelling, singular or plural.
fn are_one_noun(one: &str, other: &str) -> bool {
    let (one, other) = (kebab(one), kebab(other));
    let plurals = |noun: &str| {
        let stem = noun.strip_suffix('y').map(|stem| format!("{stem}ies"));
        [noun.to_owned(), format!("{noun}s"), format!("{noun}es"), stem.unwrap_or_default()]
    };
    plurals(&one).contains(&other) || plurals(&other).contains(&one)
}

fn stem(noun: &str) -> String {
    kebab(noun).trim_end_matches('s').to_owned()
}

fn kebab(word: &str) -> String {
    word.replace('_', "-")
}

fn are_synonyms(one: &str, other: &str) -> bool {
    SYNONYMS.iter().any(|words| words.contains(&one) && words.contains(&other))
}

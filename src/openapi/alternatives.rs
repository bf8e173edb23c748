//! What else a command answers to when nothing has exactly the typed words: what an earlier version called it, another
//! word for its verb (`servers view` for `servers get`), its shortest end that no other command has (`branches list`
//! for `projects branches list`).
//!
//! It must not know where the words were typed.

use super::head::CommandHead;
use super::lazy::begins;
use super::{LazyDescriptor, Words};

/// Verbs that stand for each other, as other programs use them; the first is ours.
const SYNONYMS: &[&[&str]] = &[
    &["get", "show", "view", "describe", "inspect", "retrieve"],
    &["list", "ls"],
    &["delete", "rm", "remove", "destroy"],
    &["update", "edit", "patch", "modify"],
    &["create", "add", "new"],
    &["replace", "put"],
];

impl LazyDescriptor {
    /// The words of the command that `typed` starts with in another way than by its words and aliases, and how many of
    /// the typed ones they stand for; `None` where a command has exactly what was typed, or nothing answers.
    pub fn alternative(&self, typed: &[&str]) -> Option<(Words, usize)> {
        let exact = self.find_head(typed);
        // Nothing stands for more words than all.
        if exact.is_some_and(|(head, count)| head.takes_words() || count == typed.len()) {
            return None;
        }
        let found = self.by_former_words(typed).or_else(|| self.by_synonym(typed));
        let found =
            found.or_else(|| if self.has_first_word(typed.first()?) { None } else { self.by_end(typed) });
        let (words, count) = found.filter(|(_, count)| exact.is_none_or(|(_, own)| *count > own))?;
        Some((Words::new(words).ok()?, count))
    }

    /// Whether `typed` is the beginning of longer words, so that something may follow it.
    pub fn is_group(&self, typed: &[&str]) -> bool {
        let begins = |words: &str| {
            let mut words = words.split(' ');
            typed.iter().all(|typed| words.next() == Some(typed)) && words.next().is_some()
        };
        let Some(first) = typed.first() else { return !self.is_empty() };
        self.starting_with(first).flat_map(CommandHead::all_words).any(begins)
    }

    fn by_former_words(&self, typed: &[&str]) -> Option<(&str, usize)> {
        let found = self.heads().filter_map(|head| Some((head.words(), begins(head.former()?, typed)?)));
        found.max_by_key(|(_, count)| *count)
    }

    fn by_synonym(&self, typed: &[&str]) -> Option<(&str, usize)> {
        let found = self.heads().filter_map(|head| {
            let count = head.words().split(' ').count();
            are_with_synonym(head.words(), typed.get(..count)?).then_some((head.words(), count))
        });
        found.max_by_key(|(_, count)| *count)
    }

    fn by_end(&self, typed: &[&str]) -> Option<(&str, usize)> {
        (1..=typed.len()).rev().find_map(|length| {
            let end = &typed[..length];
            let mut ending = self.heads().filter(|head| !head.is_hidden() && ends_with(head.words(), end));
            let only = ending.next()?;
            ending.next().is_none().then_some((only.words(), length))
        })
    }
}

fn ends_with(words: &str, end: &[&str]) -> bool {
    let count = words.split(' ').count();
    let Some(start) = count.checked_sub(end.len()) else { return false };
    let last = || words.split(' ').skip(start);
    // A synonym alone is too little to go by.
    last().eq(end.iter().copied()) || (end.len() > 1 && are_with_synonym_of(last(), end))
}

/// Whether they are the same but for the last, which is another word for the same verb.
fn are_with_synonym(words: &str, typed: &[&str]) -> bool {
    are_with_synonym_of(words.split(' '), typed)
}

fn are_with_synonym_of<'a>(mut words: impl Iterator<Item = &'a str>, typed: &[&str]) -> bool {
    let Some((last, nouns)) = typed.split_last() else { return false };
    nouns.iter().all(|noun| words.next() == Some(noun))
        && words.next().is_some_and(|own| are_synonyms(own, last))
        && words.next().is_none()
}

fn are_synonyms(one: &str, other: &str) -> bool {
    one != other && SYNONYMS.iter().any(|words| words.contains(&one) && words.contains(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn descriptor() -> LazyDescriptor {
        let operation = || json!({"responses": {}});
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {
            "/projects": {"get": operation()},
            "/projects/{id}": {"get": operation(), "delete": operation()},
            "/projects/{id}/branches": {"get": operation()},
            "/projects/{id}/branches/{branch}": {"get": operation()},
            "/servers/{id}/actions/reboot": {"post": operation()},
            "/settings": {"get": operation(), "put": operation()},
            "/greet/{name}": {"post": operation()},
        }});
        crate::openapi::read(document.to_string().as_bytes()).unwrap().into()
    }

    fn found(typed: &str) -> Option<String> {
        let descriptor = descriptor();
        let typed: Vec<&str> = typed.split(' ').collect();
        descriptor.alternative(&typed).map(|(words, count)| format!("{words} {count}"))
    }

    #[test]
    fn what_was_called_otherwise_still_runs() {
        assert_eq!(found("servers actions reboot 7").as_deref(), Some("servers reboot 3"));
        assert_eq!(found("settings").as_deref(), Some("settings get 1"));
        assert!(descriptor().is_group(&["settings"]) && !descriptor().is_group(&["settings", "get"]));
    }

    #[test]
    fn verbs_of_other_programs_are_understood() {
        assert_eq!(found("projects view 7").as_deref(), Some("projects get 2"));
        assert_eq!(found("projects rm 7").as_deref(), Some("projects delete 2"));
        assert_eq!(found("projects ls").as_deref(), Some("projects list 2"));
        assert_eq!(found("projects start"), None);
    }

    #[test]
    fn an_end_that_no_other_command_has_is_enough() {
        assert_eq!(found("branches list 7").as_deref(), Some("projects branches list 2"));
        assert_eq!(found("reboot 7").as_deref(), Some("servers reboot 1"));
        assert_eq!(found("list"), None);
        // A group at the top is meant as one.
        assert_eq!(found("projects nothing"), None);
    }

    #[test]
    fn what_has_exactly_the_words_is_never_replaced() {
        for typed in [
            "projects list",
            "projects get 7",
            "greet view",
            "greet branches list",
            "projects branches list 7",
        ] {
            assert_eq!(found(typed), None, "{typed}");
        }
    }
}

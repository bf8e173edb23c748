//! What else a command answers to when nothing has exactly the typed words: what an earlier version called it, another
//! word for its verb (`servers view` for `servers get`), a noun in the singular or in another spelling (`server list`,
//! `payment_intents confirm`), a verb that is left out or is too much (`account get` for `account`), the tag of its
//! document for its group, its shortest end that no other command has (`branches list` for `projects branches list`).
//!
//! It must not know where the words were typed.

use super::head::CommandHead;
use super::lazy::begins;
use super::{LazyDescriptor, Words};
use everestctl_rows::case::kebab;
use std::collections::BTreeSet;

/// Verbs that stand for each other, as other programs use them; the first is ours.
const SYNONYMS: &[&[&str]] = &[
    &["get", "show", "view", "describe", "inspect", "retrieve", "fetch", "read"],
    &["list", "ls"],
    &["delete", "rm", "remove", "destroy"],
    &["update", "edit", "patch", "modify", "set"],
    &["create", "add", "new"],
    &["replace", "put"],
];

impl LazyDescriptor {
    /// The words of the command, or of the group, that `typed` starts with in another way than by its words and aliases, and
    /// how many of the typed ones they stand for; `None` where a command has exactly what was typed, or nothing answers.
    pub fn alternative(&self, typed: &[&str]) -> Option<(Words, usize)> {
        let exact = self.find_head(typed);
        // Nothing stands for more words than all.
        if exact.is_some_and(|(head, count)| head.takes_words() || count == typed.len()) {
            return None;
        }
        let found = self.by_former_words(typed).or_else(|| self.by_likeness(typed));
        let found = found.filter(|(_, count)| exact.is_none_or(|(_, own)| *count > own));
        let found = found.or_else(|| match exact {
            Some(_) => None,
            // One word alone is meant as the group that it is.
            None if self.has_first_like(typed.first()?) => {
                self.by_end(typed, 2).or_else(|| self.group_like(typed))
            }
            None => self.by_end(typed, 1),
        });
        let (words, count) = found?;
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
        let found = self.heads().flat_map(|head| head.other_words().map(move |words| (head, words)));
        let found = found.filter_map(|(head, words)| Some((head.words(), begins(words, typed)?)));
        found.max_by_key(|(_, count)| *count)
    }

    /// The one command whose words are most like what was typed.
    fn by_likeness(&self, typed: &[&str]) -> Option<(&str, usize)> {
        let mut best: Option<(Likeness, &str)> = None;
        let mut is_tie = false;
        for head in self.heads() {
            let Some(found) = head.all_words().filter_map(|words| self.likeness(head, words, typed)).max()
            else {
                continue;
            };
            match best {
                Some((most, words)) if most > found || words == head.words() => {}
                Some((most, _)) if most == found => is_tie = true,
                _ => (best, is_tie) = (Some((found, head.words())), false),
            }
        }
        let (likeness, words) = best.filter(|_| !is_tie)?;
        Some((words, likeness.count))
    }

    /// How `words`, which are those of a command, are like what was typed.
    fn likeness(&self, head: CommandHead<'_>, words: &str, typed: &[&str]) -> Option<Likeness> {
        let own: Vec<&str> = words.split(' ').collect();
        let (verb, nouns) = own.split_last()?;
        if !are_like(nouns, typed.get(..nouns.len())?) {
            return None;
        }
        let same = own.iter().zip(typed).filter(|(own, typed)| own == typed).count();
        let rest = &typed[nouns.len()..];
        let is_verb = |typed: &&str| is_like(verb, typed) || are_synonyms(verb, typed);
        if !rest.first().is_some_and(is_verb) {
            // A list that is all that there is of a thing needs no verb.
            let prefix = format!("{} ", nouns.join(" "));
            let beside = || self.heads().filter(|head| head.words().starts_with(&prefix)).nth(1);
            let is_alone = *verb == "list" && !nouns.is_empty() && !rest.is_empty() && beside().is_none();
            return is_alone.then_some(Likeness { count: nouns.len(), same });
        }
        // A request that asks for something may be asked for with a verb.
        let asks = |typed: &&str| ["get", "list"].iter().any(|own| own == typed || are_synonyms(own, typed));
        let is_asked = head.method() == "GET" && !head.takes_words() && rest.get(1).is_some_and(asks);
        Some(Likeness { count: own.len() + usize::from(is_asked), same })
    }

    fn by_end(&self, typed: &[&str], least: usize) -> Option<(&str, usize)> {
        let only = |end: &[&str], ends: fn(&str, &[&str]) -> bool| {
            let mut ending = self.heads().filter(|head| !head.is_hidden() && ends(head.words(), end));
            let only = ending.next()?;
            ending.next().is_none().then_some((only.words(), end.len()))
        };
        (least..=typed.len()).rev().find_map(|length| {
            let end = &typed[..length];
            only(end, ends_with).or_else(|| if length > 1 { only(end, ends_like) } else { None })
        })
    }

    /// Whether a command or a group at the top is called nearly as `word`.
    fn has_first_like(&self, word: &str) -> bool {
        self.has_first_word(word) || self.by_first_word().any(|(first, _)| is_like(first, word))
    }

    /// The one group that is called nearly as what was typed, but not the same.
    fn group_like(&self, typed: &[&str]) -> Option<(&str, usize)> {
        (1..=typed.len()).rev().find_map(|length| {
            let typed = &typed[..length];
            let groups: BTreeSet<&str> = self.heads().filter_map(|head| group_of(head, typed)).collect();
            let mut groups = groups.into_iter();
            let only = groups.next().filter(|group| !group.split(' ').eq(typed.iter().copied()));
            only.filter(|_| groups.next().is_none()).map(|group| (group, length))
        })
    }
}

/// How words are like what was typed, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    /// How many of the typed words they stand for.
    count: usize,
    /// How many of them are the same.
    same: usize,
}

/// The beginning of a command's words, where it is like `typed` and there is more of them.
fn group_of<'d>(head: CommandHead<'d>, typed: &[&str]) -> Option<&'d str> {
    let words = head.words();
    let own: Vec<&str> = words.split(' ').take(typed.len() + 1).collect();
    if own.len() <= typed.len() || !are_like(&own[..typed.len()], typed) {
        return None;
    }
    let length: usize = own[..typed.len()].iter().map(|word| word.len() + 1).sum();
    words.get(..length - 1)
}

fn ends_with(words: &str, end: &[&str]) -> bool {
    let count = words.split(' ').count();
    let Some(start) = count.checked_sub(end.len()) else { return false };
    words.split(' ').skip(start).eq(end.iter().copied())
}

fn ends_like(words: &str, end: &[&str]) -> bool {
    let own: Vec<&str> = words.split(' ').collect();
    let Some(start) = own.len().checked_sub(end.len()) else { return false };
    let (Some((verb, nouns)), Some((typed, before))) = (own[start..].split_last(), end.split_last()) else {
        return false;
    };
    are_like(nouns, before) && (is_like(verb, typed) || are_synonyms(verb, typed))
}

fn are_like(own: &[&str], typed: &[&str]) -> bool {
    own.len() == typed.len() && own.iter().zip(typed).all(|(own, typed)| is_like(own, typed))
}

/// Whether they are one word, in the singular or in the plural, in whatever spelling.
fn is_like(own: &str, typed: &str) -> bool {
    let typed = kebab(typed);
    let is_plural = |one: &str, other: &str| {
        other.strip_prefix(one).is_some_and(|end| matches!(end, "s" | "es"))
            || matches!((one.strip_suffix('y'), other.strip_suffix("ies")), (Some(one), Some(other)) if one == other)
    };
    own == typed || is_plural(own, &typed) || is_plural(&typed, own)
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
            "/audit-log": {"get": operation()},
            "/box": {"get": operation(), "post": operation()},
            "/servers/{id}/sizes": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": {
                "type": "array", "items": {"type": "object"}}}}}}}},
            "/keys": {"get": operation(), "post": operation()},
            "/keies": {"get": operation(), "post": operation()},
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
    fn a_noun_may_be_singular_or_plural_and_in_another_spelling() {
        for (typed, expected) in [
            ("project list", "projects list 2"),
            ("project ls", "projects list 2"),
            ("project describe 7", "projects get 2"),
            ("project branch view 7 main", "projects branches get 3"),
            ("branch rm 7", ""),
            ("branch ls 7", "projects branches list 2"),
            ("server reboot 7", "servers reboot 2"),
            ("audit_log fetch", "audit-log 2"),
            ("audit-log get", "audit-log 2"),
            ("auditLog", "audit-log 1"),
            ("boxes list", "box list 2"),
            ("server sizes 7", "servers sizes list 2"),
            ("servers sizes 7", "servers sizes list 2"),
        ] {
            assert_eq!(found(typed).unwrap_or_default(), expected, "{typed}");
        }
    }

    #[test]
    fn what_means_two_commands_means_none() {
        // `key list` could be of `keys` and of `keies`.
        assert_eq!(found("key list"), None);
        assert_eq!(found("keys ls").as_deref(), Some("keys list 2"));
    }

    #[test]
    fn a_group_may_be_singular_too() {
        assert_eq!(found("project").as_deref(), Some("projects 1"));
        assert_eq!(found("project nothing").as_deref(), Some("projects 1"));
        assert_eq!(found("projects branch").as_deref(), Some("projects branches 2"));
        assert_eq!(found("projects"), None);
    }

    #[test]
    fn an_end_that_no_other_command_has_is_enough() {
        assert_eq!(found("branches list 7").as_deref(), Some("projects branches list 2"));
        assert_eq!(found("reboot 7").as_deref(), Some("servers reboot 1"));
        assert_eq!(found("list"), None);
        // A group at the top is meant as one, unless what follows is nowhere but in another.
        assert_eq!(found("projects nothing"), None);
        assert_eq!(found("branches get 7 main").as_deref(), Some("projects branches get 2"));
        assert_eq!(found("box get 7"), None);
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

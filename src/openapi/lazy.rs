//! A descriptor whose commands are read when they are asked for: a plugin may have more than a thousand, and a line is
//! about one of them.
//!
//! It must not know where they are kept.

use super::editing;
use super::head::{self, CommandHead};
use super::words::Words;
use super::{ApiCommand, Descriptor};
use std::fmt;
use std::sync::OnceLock;

/// Where the commands of a descriptor are, each by itself.
pub trait StoredCommands: Send + Sync {
    /// The command of this number; `None` when it is damaged.
    fn read(&self, number: usize) -> Option<ApiCommand>;
}

/// What is kept of a descriptor: the head, which is read whole, and the commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDescriptor {
    /// What [`LazyDescriptor::open`] takes.
    pub head: Vec<u8>,
    /// The commands by their numbers, each in JSON.
    pub commands: Vec<Vec<u8>>,
}

/// The commands of one plugin, each read when it is asked for.
#[derive(Default)]
pub struct LazyDescriptor {
    /// Everything but the commands.
    pub about: Descriptor,
    /// A line for each command.
    heads: String,
    commands: Vec<OnceLock<Option<Box<ApiCommand>>>>,
    stored: Option<Box<dyn StoredCommands>>,
}

impl LazyDescriptor {
    /// The descriptor whose head this is; `None` when it is none.
    pub fn open(head: &[u8], stored: Box<dyn StoredCommands>) -> Option<Self> {
        let (about, heads) = std::str::from_utf8(head).ok()?.split_once('\n')?;
        let about: Descriptor = serde_json::from_str(about).ok()?;
        let heads = heads.to_owned();
        let commands = std::iter::repeat_with(OnceLock::new).take(heads.lines().count()).collect();
        about.commands.is_empty().then_some(Self { about, heads, commands, stored: Some(stored) })
    }

    /// The same with something else to read its commands.
    #[must_use]
    pub fn with_stored(self, stored: Box<dyn StoredCommands>) -> Self {
        Self { stored: Some(stored), ..self }
    }

    /// How many commands there are.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// What is known of each command without reading it, in the order of the document.
    pub fn heads(&self) -> impl Iterator<Item = CommandHead<'_>> {
        self.heads.lines().enumerate().map(|(number, line)| CommandHead::new(number, line))
    }

    /// The whole command of this number.
    pub fn get(&self, number: usize) -> Option<&ApiCommand> {
        let read = || self.stored.as_ref()?.read(number).map(Box::new);
        self.commands.get(number)?.get_or_init(read).as_deref()
    }

    /// All commands, which takes its time.
    pub fn commands(&self) -> impl Iterator<Item = &ApiCommand> {
        (0..self.len()).filter_map(|number| self.get(number))
    }

    /// Whether a command that was asked for could not be read.
    pub fn is_damaged(&self) -> bool {
        self.commands.iter().any(|command| matches!(command.get(), Some(None)))
    }

    /// The command with exactly these words, by its own name and not by an alias.
    pub fn command(&self, words: &Words) -> Option<&ApiCommand> {
        let words = words.to_string();
        self.get(self.heads().find(|head| head.words() == words)?.number)
    }

    /// The command that `typed` starts with, by name or alias, and how many of the words are its own. The longest
    /// wins, so that `jobs list` is not `jobs` with an argument.
    pub fn find(&self, typed: &[&str]) -> Option<(&ApiCommand, usize)> {
        let (head, count) = self.find_head(typed)?;
        Some((self.get(head.number)?, count))
    }

    /// The same, without reading it.
    pub(super) fn find_head(&self, typed: &[&str]) -> Option<(CommandHead<'_>, usize)> {
        let found = self.heads().flat_map(|head| head.all_words().map(move |words| (head, words)));
        found.filter_map(|(head, words)| Some((head, begins(words, typed)?))).max_by_key(|(_, count)| *count)
    }
}

/// How many words of `typed` are `words`, if it starts with them.
pub(super) fn begins(words: &str, typed: &[&str]) -> Option<usize> {
    let mut rest = typed.iter();
    let all = words.split(' ').all(|word| rest.next().is_some_and(|typed| *typed == word));
    all.then_some(typed.len() - rest.len())
}

impl From<Descriptor> for LazyDescriptor {
    fn from(mut about: Descriptor) -> Self {
        let mut commands = std::mem::take(&mut about.commands);
        commands.extend(editing::added(&commands));
        let mut heads = String::new();
        for command in &commands {
            head::write(&mut heads, command);
        }
        let commands = commands.into_iter().map(|command| OnceLock::from(Some(Box::new(command)))).collect();
        Self { about, heads, commands, stored: None }
    }
}

impl Descriptor {
    /// What is to be kept of it; `None` when it cannot be written.
    pub fn to_stored(&self) -> Option<StoredDescriptor> {
        let about = Self {
            title: self.title.clone(),
            version: self.version.clone(),
            description: self.description.clone(),
            aliases: self.aliases.clone(),
            overlay: self.overlay.clone(),
            groups: self.groups.clone(),
            commands: Vec::new(),
            problems: self.problems.clone(),
        };
        let mut head = serde_json::to_string(&about).ok()?;
        head.push('\n');
        let added = editing::added(&self.commands);
        let commands = || self.commands.iter().chain(&added);
        for command in commands() {
            head::write(&mut head, command);
        }
        let commands = commands().map(serde_json::to_vec).collect::<Result<_, _>>().ok()?;
        Some(StoredDescriptor { head: head.into_bytes(), commands })
    }
}

impl fmt::Debug for LazyDescriptor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LazyDescriptor").field("about", &self.about).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Commands that lie in memory.
    struct Kept(Vec<Vec<u8>>);

    impl StoredCommands for Kept {
        fn read(&self, number: usize) -> Option<ApiCommand> {
            serde_json::from_slice(self.0.get(number)?).ok()
        }
    }

    fn descriptor() -> Descriptor {
        let operation = || json!({"responses": {}});
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1", "description": "a\n\nb"},
        "x-cli-aliases": ["y"], "paths": {
            "/jobs": {"get": operation(), "post": operation()},
            "/jobs/{id}": {"get": operation(), "delete": {"x-cli-aliases": ["rm"], "responses": {}}},
            "/greet/{name}": {"post": operation()},
            "/broken/{": {"get": operation()},
        }});
        crate::openapi::read(document.to_string().as_bytes()).unwrap()
    }

    fn kept(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> LazyDescriptor {
        let mut stored = descriptor().to_stored().unwrap();
        change(&mut stored.commands);
        LazyDescriptor::open(&stored.head, Box::new(Kept(stored.commands))).unwrap()
    }

    #[test]
    fn what_is_read_one_by_one_is_what_was_read_at_once() {
        let (whole, kept) = (descriptor(), kept(|_| {}));
        assert_eq!(kept.commands().collect::<Vec<_>>(), whole.commands.iter().collect::<Vec<_>>());
        assert_eq!(kept.about, Descriptor { commands: Vec::new(), ..whole.clone() });
        let memory = LazyDescriptor::from(whole.clone());
        for typed in
            [&["jobs"][..], &["jobs", "list"], &["jobs", "rm", "7"], &["greet", "jobs", "list"], &["x"], &[]]
        {
            let found = whole.find(typed);
            assert_eq!((kept.find(typed), memory.find(typed)), (found, found), "{typed:?}");
        }
    }

    #[test]
    fn only_what_is_asked_for_is_read() {
        let kept = kept(|commands| commands[1..].fill(b"{".to_vec()));
        let first = kept.get(0).map(|command| command.words.clone()).unwrap();
        assert!(kept.command(&first).is_some() && !kept.is_damaged());
        assert_eq!(kept.heads().count(), descriptor().commands.len());
        assert_eq!(kept.get(1), None);
        assert!(kept.is_damaged());
        assert_eq!(kept.get(1000), None);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for head in ["", "{}", "7\n", "{\"commands\": 1}\n", "\n"] {
            assert!(LazyDescriptor::open(head.as_bytes(), Box::new(Kept(Vec::new()))).is_none(), "{head}");
        }
        assert!(LazyDescriptor::open(b"\xff\n", Box::new(Kept(Vec::new()))).is_none());
    }
}

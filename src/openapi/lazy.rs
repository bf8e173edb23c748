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
    /// Where they are, by the first words.
    runs: Runs,
    commands: Vec<OnceLock<Option<Box<ApiCommand>>>>,
    stored: Option<Box<dyn StoredCommands>>,
}

impl LazyDescriptor {
    /// The descriptor whose head this is; `None` when it is none.
    pub fn open(head: &[u8], stored: Box<dyn StoredCommands>) -> Option<Self> {
        let (about, heads) = std::str::from_utf8(head).ok()?.split_once('\n')?;
        let about: Descriptor = serde_json::from_str(about).ok()?;
        let heads = heads.to_owned();
        let runs = Runs::new(&heads);
        let commands = std::iter::repeat_with(OnceLock::new).take(runs.lines).collect();
        about.commands.is_empty().then_some(Self { about, heads, runs, commands, stored: Some(stored) })
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

    /// The first words of the commands in the order of the document, each with the commands that it starts; one that stands
    /// apart from its namesakes comes again.
    pub fn by_first_word(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = CommandHead<'_>>)> {
        self.runs.all.iter().map(|run| (run.word(&self.heads), run.heads(&self.heads)))
    }

    /// The commands that have aliases.
    pub fn aliased(&self) -> impl Iterator<Item = CommandHead<'_>> {
        self.runs.aliased.iter().flat_map(|run| run.heads(&self.heads))
    }

    /// The commands whose words or aliases may start with `first`, and some others.
    pub(super) fn starting_with<'d>(
        &'d self,
        first: &str,
    ) -> impl Iterator<Item = CommandHead<'d>> + use<'d> {
        let runs: Vec<&Run> = self.runs.all.iter().filter(|run| run.word(&self.heads) == first).collect();
        runs.into_iter().flat_map(|run| run.heads(&self.heads)).chain(self.aliased())
    }

    /// Whether a command or a group at the top is called `word`.
    pub fn has_first_word(&self, word: &str) -> bool {
        let starts = |words: &str| words.split(' ').next() == Some(word);
        self.starting_with(word).flat_map(CommandHead::all_words).any(starts)
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
        let all = words.to_string();
        let first = all.split(' ').next()?;
        self.get(self.starting_with(first).find(|head| head.words() == all)?.number)
    }

    /// The command that `typed` starts with, by name or alias, and how many of the words are its own. The longest
    /// wins, so that `jobs list` is not `jobs` with an argument.
    pub fn find(&self, typed: &[&str]) -> Option<(&ApiCommand, usize)> {
        let (head, count) = self.find_head(typed)?;
        Some((self.get(head.number)?, count))
    }

    /// The same, without reading it.
    pub(super) fn find_head(&self, typed: &[&str]) -> Option<(CommandHead<'_>, usize)> {
        let heads = self.starting_with(typed.first()?);
        let found = heads.flat_map(|head| head.all_words().map(move |words| (head, words)));
        found.filter_map(|(head, words)| Some((head, begins(words, typed)?))).max_by_key(|(_, count)| *count)
    }
}

/// Where the lines of commands are.
#[derive(Default)]
struct Runs {
    /// Lines that start with the same word.
    all: Vec<Run>,
    /// Lines with aliases, each by itself.
    aliased: Vec<Run>,
    lines: usize,
}

/// Lines that follow each other.
struct Run {
    start: usize,
    end: usize,
    /// The length of their first word.
    word: usize,
    /// The number of the first command.
    number: usize,
}

impl Runs {
    fn new(heads: &str) -> Self {
        let mut runs = Self::default();
        let mut start = 0;
        for line in heads.split_inclusive('\n') {
            let (number, end) = (runs.lines, start + line.len());
            let word = line.bytes().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or_default();
            match runs.all.last_mut() {
                Some(run) if Some(run.word(heads)) == line.get(..word) => run.end = end,
                _ => runs.all.push(Run { start, end, word, number }),
            }
            if CommandHead::new(number, line).aliases().next().is_some() {
                runs.aliased.push(Run { start, end, word, number });
            }
            (start, runs.lines) = (end, number + 1);
        }
        runs
    }
}

impl Run {
    fn word<'h>(&self, heads: &'h str) -> &'h str {
        heads.get(self.start..self.start + self.word).unwrap_or_default()
    }

    fn heads<'h>(&self, heads: &'h str) -> impl Iterator<Item = CommandHead<'h>> + use<'h> {
        let number = self.number;
        let lines = heads.get(self.start..self.end).unwrap_or_default().lines();
        lines.enumerate().map(move |(at, line)| CommandHead::new(number + at, line))
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
        let runs = Runs::new(&heads);
        Self { about, heads, runs, commands, stored: None }
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
            sections: self.sections.clone(),
            schemes: self.schemes.clone(),
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
            "/jobs/{id}": {"get": operation(), "delete": {"x-cli-aliases": ["rm", "j kill"], "responses": {}}},
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
        let firsts: Vec<&str> = kept.by_first_word().map(|(word, _)| word).collect();
        assert_eq!(firsts, ["jobs", "greet"]);
        let numbers: Vec<usize> =
            kept.by_first_word().flat_map(|(_, heads)| heads).map(|head| head.number).collect();
        assert_eq!(numbers, (0..kept.len()).collect::<Vec<_>>());
        assert!(kept.has_first_word("jobs") && kept.has_first_word("j") && !kept.has_first_word("list"));
        assert_eq!(kept.about, Descriptor { commands: Vec::new(), ..whole.clone() });
        let memory = LazyDescriptor::from(whole.clone());
        for typed in [
            &["j", "kill", "7"][..],
            &["jobs"],
            &["jobs", "list"],
            &["jobs", "rm", "7"],
            &["greet", "jobs", "list"],
            &["x"],
            &[],
        ] {
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

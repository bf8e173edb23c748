//! A document → a [`Descriptor`]: the walk over its operations, within the limits.
//!
//! ```text
//! bytes → document (text, version) → path_items (operations), servers → for each:
//!     parameters, body → arguments (argument_names, kinds) ┐
//!     responses → rows, columns                    ├→ one command
//!     routes → words                               ┘
//! → naming (collisions) → aliases → links (keys that name other operations)
//! ```
//!
//! What `security` requires is read by `security`. Descriptions are read by `prose`, what they say of groups by `groups`.
//!
//! It is tolerant: what cannot be read spoils its own operation and is a problem with the operation's name. It must
//! not know how a command is run.

mod argument_draft;
mod argument_names;
mod arguments;
mod body;
mod by_name;
mod document;
mod draft;
mod example;
mod files;
mod filled;
mod former_rows;
mod former_words;
mod found_pages;
mod groups;
mod html;
mod kept_shares;
mod keys;
mod kinds;
mod links;
mod lists_of_one;
mod member;
mod naming;
mod operation;
mod parameter_styles;
mod parameters;
mod path_items;
mod polymorphism;
mod property;
mod prose;
mod reference;
mod remembered;
mod responses;
mod routes;
mod rows;
mod schema;
mod schema_keeping;
mod security;
mod servers;
mod shape;
mod shell;
mod swagger;
mod tags;
mod value;
mod verbs;
mod wording;

pub use document::DocumentError;
pub use files::DocumentFiles;

use super::{ApiCommand, Descriptor, Overlay, Text, Words, limits};
use crate::model::{CleanText, CommandWord};
use draft::CommandDraft;
use former_words::FormerCandidate;
use keys::Extensions;
use naming::NamingCandidate;
use operation::KnownRoutes;
use reference::{DocumentReader, Spoilt};
use security::SecurityReader;
use serde_json::{Map, Value};
use servers::ServerPath;
use std::collections::{HashMap, HashSet};

/// Reads a document. An error is about the document as a whole; what is wrong with a part of it is one of the
/// descriptor's problems.
pub fn read(bytes: &[u8]) -> Result<Descriptor, DocumentError> {
    DocumentFiles::new("", bytes).map(DocumentFiles::read)
}

/// Reads a document in one piece.
fn read_root(root: Map<String, Value>) -> Descriptor {
    let root = if root.contains_key("openapi") { root } else { swagger::converted(root) };
    let source = DocumentReader::new(&root);
    let mut problems = Problems::default();
    let mut descriptor = about(&source, &root);
    problems.take(&source, "the document");
    let mut security = SecurityReader::new(&source, &root);
    let drafts = drafts(&source, &root, &mut security, &mut problems);
    descriptor.schemes = security.finish(&mut problems);
    descriptor.commands = commands(&source, drafts, &mut problems);
    descriptor.groups = groups::described(&root, &descriptor.commands);
    descriptor.sections = groups::sections(&root, &descriptor.commands);
    descriptor.problems = problems.lines();
    descriptor
}

/// What the document says of itself.
fn about<'a>(source: &DocumentReader<'a>, root: &'a Map<String, Value>) -> Descriptor {
    let none = Map::new();
    let info = root.get("info").and_then(Value::as_object).unwrap_or(&none);
    let text = |key: &str| info.get(key).and_then(Value::as_str);
    let keys = Extensions { source, layers: vec![root], schema: None };
    let mut aliases: Vec<CommandWord> = Vec::new();
    for alias in keys.texts("x-cli-aliases") {
        match CommandWord::new(alias) {
            Ok(alias) if !aliases.contains(&alias) => aliases.push(alias),
            Ok(_) => {}
            Err(why) => source.remark(format!("the alias `{}`: {why}", CleanText::new(alias))),
        }
    }
    Descriptor {
        title: text("title").map(|title| CleanText::new(&prose::line(title))).unwrap_or_default(),
        version: info.get("version").and_then(|version| match version {
            Value::String(text) => CleanText::non_empty(text),
            Value::Number(number) => CleanText::non_empty(&number.to_string()),
            _ => None,
        }),
        description: text("description")
            .or_else(|| text("summary"))
            .and_then(|text| Text::non_empty(&prose::paragraphs(text))),
        aliases,
        overlay: overlay(&keys),
        ..Descriptor::default()
    }
}

fn overlay(keys: &Extensions<'_, '_>) -> Option<Overlay> {
    let keys = keys.within("x-cli-overlay")?;
    let Some(plugin) = keys.line("plugin") else {
        keys.source.remark("`x-cli-overlay` does not name a plugin");
        return None;
    };
    let versions = keys.line("versions");
    if let Some(range) = &versions
        && semver::VersionReq::parse(range.as_str()).is_err()
    {
        keys.source.remark(format!("`{range}` in `x-cli-overlay` is not a range of versions"));
        return Some(Overlay { plugin, versions: None });
    }
    Some(Overlay { plugin, versions })
}

/// Reads the operations one by one.
fn drafts<'a>(
    source: &DocumentReader<'a>,
    root: &'a Map<String, Value>,
    security: &mut SecurityReader<'_, 'a>,
    problems: &mut Problems,
) -> Vec<CommandDraft<'a>> {
    let found = path_items::operations(source, root, problems);
    let bodies = found.iter().filter(|found| found.operation.get("requestBody").is_some()).count();
    source.shares().divide(found.len(), bodies);
    let known = KnownRoutes::new(found.iter().map(|found| (found.route, found.method)));
    let base = match servers::server_path(root) {
        ServerPath::Below(path) => path,
        ServerPath::Unsaid => String::new(),
        ServerPath::Open(path) => {
            problems.add(&format!("the document: {}", servers::is_open(&path)));
            String::new()
        }
        ServerPath::Foreign(path) => {
            problems.add(&format!("the document: {}", servers::not_used(&path)));
            String::new()
        }
    };
    let mut drafts = Vec::new();
    let mut left_out = 0;
    for operation in &found {
        if drafts.len() >= limits::COMMANDS {
            left_out += 1;
            continue;
        }
        let label = format!("{} {}", operation.method, CleanText::new(operation.route));
        match operation::read(source, &known, &base, operation) {
            Ok(mut read) => {
                if let Ok(operation) = source.resolve(operation.operation) {
                    for draft in &mut read {
                        security.require(operation, &mut draft.command);
                    }
                }
                drafts.extend(read);
            }
            Err(Spoilt(why)) => problems.add(&format!("{label}: {why}")),
        }
        problems.take(source, &label);
    }
    if left_out > 0 {
        drafts.truncate(limits::COMMANDS);
        problems.add(&format!(
            "only the first {} operations are commands; {left_out} are skipped",
            limits::COMMANDS
        ));
    }
    drafts
}

/// Gives the drafts their words, and what they say of each other.
fn commands<'a>(
    source: &DocumentReader<'a>,
    drafts: Vec<CommandDraft<'a>>,
    problems: &mut Problems,
) -> Vec<ApiCommand> {
    let candidates: Vec<NamingCandidate> = drafts.iter().map(CommandDraft::candidate).collect();
    let decided = naming::decide(&candidates);
    let former: Vec<FormerCandidate> = drafts.iter().map(CommandDraft::former_candidate).collect();
    let former = former_words::decide(&former);
    let mut named = Vec::new();
    for (((mut draft, words), candidate), former) in
        drafts.into_iter().zip(decided).zip(candidates).zip(former)
    {
        draft.former = former;
        match words {
            Some(words) => {
                if candidate.given && candidate.words.as_ref() != Some(&words) {
                    let wanted = candidate.words.map(|words| words.to_string()).unwrap_or_default();
                    problems.add(&format!("{}: `{wanted}` is taken; using `{words}`", draft.label));
                }
                draft.command.words = words;
                named.push(draft);
            }
            None if candidate.words.is_some() => {
                problems.add(&format!("{}: its name and all alternatives are taken", draft.label));
            }
            None => problems.add(&format!("{}: {}", draft.label, draft.nameless)),
        }
    }
    aliases(&mut named, problems);
    keep_other_words(&mut named);
    for draft in &mut named {
        draft.finish();
    }
    let operations: Vec<Option<String>> =
        named.iter().map(|draft| draft.operation_id.map(str::to_owned)).collect();
    let (mut commands, links): (Vec<ApiCommand>, Vec<_>) =
        named.into_iter().map(CommandDraft::into_parts).unzip();
    let mut found = Vec::new();
    let known = by_name::CommandsById::new(&commands, &operations);
    for (command, (label, links)) in commands.iter().zip(links) {
        found.push(links.resolve(source, &known, command));
        problems.take(source, &label);
    }
    for (command, found) in commands.iter_mut().zip(found) {
        found.put_into(command);
    }
    links::add_waiting(&mut commands);
    commands
}

/// Gives out aliases, the first to ask first; no alias hides a command.
fn aliases(named: &mut [CommandDraft<'_>], problems: &mut Problems) {
    let mut taken: HashSet<Words> = named.iter().map(|draft| draft.command.words.clone()).collect();
    for draft in named {
        for alias in std::mem::take(&mut draft.aliases) {
            let words = match CommandWord::new(alias) {
                // `help` alone would stand first.
                Ok(last) => Words::new(&draft.command.words.with_last(last).to_string()),
                Err(_) => Words::new(alias),
            };
            match words {
                Ok(words) if taken.insert(words.clone()) => draft.command.aliases.push(words),
                Ok(words) if words == draft.command.words => {}
                Ok(words) => problems.add(&format!("{}: the alias `{words}` is taken", draft.label)),
                Err(why) => {
                    problems.add(&format!("{}: the alias `{}`: {why}", draft.label, CleanText::new(alias)));
                }
            }
        }
    }
}

/// What a command was called before works, unless it is the name of something now, and what it is by its tag, where that
/// means no other.
fn keep_other_words(named: &mut [CommandDraft<'_>]) {
    let mut taken: HashSet<Words> =
        named.iter().flat_map(|draft| draft.command.all_words()).cloned().collect();
    for draft in &mut *named {
        draft.command.former = draft.former.take().filter(|words| taken.insert(words.clone()));
    }
    let before = |draft: &CommandDraft<'_>| Words::from_words(draft.route_words.before.clone()?).ok();
    for draft in &mut *named {
        draft.command.other_words.extend(before(draft).filter(|words| taken.insert(words.clone())));
    }
    let mut wanted: HashMap<Words, Option<usize>> = HashMap::new();
    for (at, draft) in named.iter().enumerate() {
        if let Some(words) = draft.words_by_tag().filter(|words| !taken.contains(words)) {
            wanted.entry(words).and_modify(|one| *one = None).or_insert(Some(at));
        }
    }
    for (words, at) in wanted {
        if let Some(draft) = at.and_then(|at| named.get_mut(at)) {
            draft.command.other_words.push(words);
        }
    }
}

/// What could not be used, as many as are worth reading.
#[derive(Debug, Default)]
struct Problems {
    lines: Vec<CleanText>,
    more: usize,
}

impl Problems {
    fn add(&mut self, text: &str) {
        if self.lines.len() < limits::PROBLEMS {
            self.lines.push(CleanText::new(text));
        } else {
            self.more += 1;
        }
    }

    /// Adds what `source` has remarked about `label`.
    fn take(&mut self, source: &DocumentReader<'_>, label: &str) {
        for remark in source.take_remarks() {
            self.add(&format!("{label}: {remark}"));
        }
    }

    fn lines(mut self) -> Vec<CleanText> {
        if self.more > 0 {
            self.lines.push(CleanText::new(&format!("and {} more problems", self.more)));
        }
        self.lines
    }
}

//! One command: what is typed, what is sent, what comes back.

use super::descriptor::is_default;
use super::kept_schema::KeptSchema;
use super::shell::Shell;
use super::words::{ArgumentName, Words};
use super::{Argument, DeclaredResponse, Method, Pointer, Route, SchemeName, Text};
use crate::model::CleanText;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One operation of a plugin's backend, as a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiCommand {
    /// Its words below the plugin's name.
    pub words: Words,
    /// Other words for the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub aliases: Vec<Words>,
    /// What it was called by an earlier version, which still works and is not shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub former: Option<Words>,
    /// What else it answers to without showing it: by the rules for words before those of today, and by its tag.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_words: Vec<Words>,
    /// It runs and is not shown.
    #[serde(skip_serializing_if = "is_default", default)]
    pub hidden: bool,
    /// The document advises against it.
    #[serde(skip_serializing_if = "is_default", default)]
    pub deprecated: bool,
    /// What it does, in one line.
    pub summary: CleanText,
    /// What it does, at length, when there is more to say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<Text>,
    /// How it is typed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub examples: Vec<Example>,
    /// What the document sorts it by.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<CleanText>,
    /// The document's name for the operation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<CleanText>,
    /// The method of the request.
    pub method: Method,
    /// The route below the plugin, with `{name}` for each path argument.
    pub route: Route,
    /// Positional arguments in the order in which they are typed, then flags and constants.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub arguments: Vec<Argument>,
    /// Which credentials of the plugin's own it needs: one of these sets, where an empty one is none at all.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub security: Vec<Vec<SchemeName>>,
    /// The request's body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<DeclaredBody>,
    /// What comes back.
    pub answer: DeclaredResponse,
    /// The question to ask first, `{name}` for an argument's value; there is one when the command destroys.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirm: Option<CleanText>,
    /// The argument that has to be on for the question to be asked; `None`: it always is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirm_when: Option<ArgumentName>,
    /// It changes nothing, whatever its method (`x-cli-safe`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub safe: Option<Safe>,
    /// How long an answer may take (`x-cli-timeout`).
    #[serde(skip_serializing_if = "is_default", default)]
    pub patience: Patience,
    /// How to wait for what the operation started.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wait: Option<Wait>,
    /// How to get further pages.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paginate: Option<Paginate>,
    /// How to get a stream that does not end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follow: Option<Follow>,
    /// It starts nothing: it waits for what another command of the same `wait` has started.
    #[serde(skip_serializing_if = "is_default", default)]
    pub attaches: bool,
    /// It edits what this command reads.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub edits: Option<Words>,
    /// What it opens is a session, in which a shell runs statements.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shell: Option<Box<Shell>>,
}

impl ApiCommand {
    /// Whether its body has only what changes, so that null removes.
    pub fn sends_difference(&self) -> bool {
        self.method == Method::Patch || self.body.as_ref().is_some_and(DeclaredBody::is_merge_patch)
    }

    /// Its words and its aliases.
    pub fn all_words(&self) -> impl Iterator<Item = &Words> {
        std::iter::once(&self.words).chain(&self.aliases)
    }

    /// The argument of this name, which is not an alias.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name.as_str() == name)
    }

    /// Whether an argument has this name, or this other name.
    pub fn has_argument(&self, name: &str) -> bool {
        let is_it = |other: &ArgumentName| other.as_str() == name;
        self.arguments.iter().any(|argument| is_it(&argument.name) || argument.aliases.iter().any(is_it))
    }

    /// Whether `--body` and, for JSON, `--set` exist.
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }
}

/// A line to type, after `everestctl PLUGIN`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The words and arguments.
    pub command: CleanText,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<CleanText>,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredBody {
    /// How it is written.
    pub kind: BodyKind,
    /// Content type of the body.
    pub content_type: CleanText,
    /// Whether the operation wants one.
    #[serde(skip_serializing_if = "is_default", default)]
    pub required: bool,
    /// Whether it is an object, so that flags and `--set` can make it.
    #[serde(skip_serializing_if = "is_default", default)]
    pub object: bool,
    /// Where secrets are in it, `*` for every member.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub secrets: Vec<Pointer>,
    /// Where texts are in it that no argument stands for, `*` for every member: `--set` takes what is typed there as it is.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub texts: Vec<Pointer>,
    /// What the document says of JSON, to check it and to show its shape.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub schema: Option<Box<KeptSchema>>,
}

impl DeclaredBody {
    /// Whether it is a merge patch (RFC 7396).
    pub fn is_merge_patch(&self) -> bool {
        self.content_type.as_str().eq_ignore_ascii_case(MERGE_PATCH)
    }
}

/// The content type of a body that has only what changes (RFC 7396), whatever its schema requires.
pub const MERGE_PATCH: &str = "application/merge-patch+json";

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyKind {
    /// JSON.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/form-data`.
    Multipart,
    /// Whatever the user gives by `--body`, untouched.
    Raw,
}

/// An operation that is safe in the sense of RFC 9110 (9.2.1) though its method is not: one whose question is too long
/// for a GET.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safe {
    /// The switch that makes it another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unless: Option<ArgumentName>,
}

/// How long an answer may take (`x-cli-timeout`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Patience {
    /// As long as any other.
    #[default]
    Usual,
    /// So long.
    For(Duration),
    /// As long as the user likes.
    Endless,
}

impl Patience {
    /// No document makes anyone wait longer without saying `none`.
    pub const LONGEST: Duration = Duration::from_hours(24);
}

/// How to wait (`x-cli-wait`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Where the answer says what was started; `None` when only `Location` does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<Pointer>,
    /// The command that polls the job.
    pub poll: Words,
    /// Its argument that takes the id; `None` when it needs none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub argument: Option<ArgumentName>,
    /// Where its answer says how far it is.
    pub status: Pointer,
    /// The states that mean success.
    pub success: Vec<CleanText>,
    /// The states that mean failure.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failure: Vec<CleanText>,
    /// How long to rest between two looks.
    pub interval: Duration,
    /// Where the answer says what went wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<Pointer>,
    /// Where the answer says how much is done, in percent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub progress: Option<Pointer>,
    /// The command that stops it; it takes the id by the argument that follows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cancel: Option<Cancel>,
}

/// The command that stops what was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// The command.
    pub command: Words,
    /// Its argument that takes the id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub argument: Option<ArgumentName>,
}

/// How to get further pages: by `x-cli-paginate`, or as it is usually done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paginate {
    /// What leads to the next page.
    pub by: PageBy,
    /// The argument that says how many rows a page has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<ArgumentName>,
}

/// What leads to the next page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageBy {
    /// The answer names the next page; when it does not, there is none.
    Cursor {
        /// Where in the answer.
        cursor: Pointer,
        /// The argument that takes it.
        argument: ArgumentName,
    },
    /// The number of rows seen so far.
    Offset {
        /// The argument that takes it.
        argument: ArgumentName,
    },
    /// The header `Link` (RFC 8288).
    Link,
    /// What the answer says: the header `Link`, the address of the next page, a cursor, how many pages or rows there are.
    Found {
        /// The argument that takes a cursor.
        cursor: Option<ArgumentName>,
        /// The argument that takes the number of a page.
        page: Option<ArgumentName>,
        /// The argument that takes the number of rows before.
        offset: Option<ArgumentName>,
        /// The document lets expect pages.
        is_told: bool,
    },
}

/// How to get a stream that does not end (`x-cli-follow`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// The boolean argument that asks for it; `None` when the stream is never anything else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub argument: Option<ArgumentName>,
    /// The argument that takes the id of the last event when the connection was lost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cursor: Option<ArgumentName>,
    /// Where that id is in a message; `None` when it is the id of the event.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<Pointer>,
}

//! L2: a plugin's OpenAPI document as commands. Pure: no files, no sockets, no clock, no clap.
//!
//! ```text
//! at refresh   bytes → read() → Descriptor (its problems with it) → its head and each command in the index
//! at dispatch  LazyDescriptor → find(words) → Command, the only one that is read
//!              Command + Input (what was typed) → request() → Request       or UsageError
//!              Command + JsonAnswer → rows(), view(), field(), names(), select()
//! ```
//!
//! # Where things are
//!
//! * the nouns: [`Descriptor`], [`ApiCommand`], [`Argument`], [`DeclaredResponse`], and what they are made of: [`Words`], [`Route`],
//!   [`Pointer`], [`Text`], all checked again when they come back from the index;
//! * `reader`: a document → a descriptor. Its pages have the rules:
//!   `routes` (which words), `verbs`, `naming` (collisions), `argument_names` (reserved names), `former_words`, `arguments` (flags, positional arguments, what the
//!   global flags fill), `body`, `parameters`, `schema`, `rows` (where a table is), `links` (keys that name others);
//! * `head`, `lazy`: what is read of a descriptor for one line;
//! * `alternatives`: what else a command answers to; `search`: what is found by its text;
//! * [`SecurityScheme`], [`requirement`]: which credentials of the plugin's own a command needs;
//! * `editing`: the commands that edit; `change`: what they send; `body_template`: an example of a body; `body_check`:
//!   what is wrong with one, by its `kept_schema` (`schema_check`, `value_fault`); `sketch`: the shape of a body or a response;
//! * `call`: what was typed → a request;
//! * `show`: an answer → a table, lines or one value;
//! * [`shell`]: what a shell for the plugin needs to know; [`statements`]: where statements end in it;
//! * [`limits`]: every bound on what a document may cost.
//!
//! # What a document cannot do
//!
//! Name a command or a flag that is not made of small letters, digits and dashes, or one of everestctl's own. Leave its
//! plugin's part of the server by a route or a value. Print a control character. Name a file: what it
//! contains is data, and a request has a file only where what was typed has one ([`Input::files`], whose type nothing here
//! can make). Read a variable of the environment that is not the plugin's own ([`is_variable_of`]). Say who asks, by a
//! header. Ask for a credential in a header of ours, or lead the session's token anywhere. Have a secret shown that it
//! marks as one. Cost more than [`limits`] allow: what is too much becomes a problem of its own operation.
//!
//! It must not know where documents come from, how requests are sent or how wide a terminal is.

mod alternatives;
mod answer;
mod argument;
mod body_check;
mod body_template;
mod call;
mod change;
mod column_names;
mod columns;
mod command;
mod descriptor;
mod editing;
mod exact;
mod head;
mod header;
mod kept_schema;
mod lazy;
pub mod limits;
mod method;
mod paging;
mod plot;
mod pointer;
mod reader;
mod route;
mod schema_check;
mod search;
mod secrecy;
mod security;
pub mod shell;
mod show;
mod sketch;
pub mod statements;
mod surface;
mod text;
mod value_fault;
mod variable;
mod wire_name;
mod words;
mod wrapping;
mod yaml_options;

pub use crate::model::below::leaves;
pub use answer::{CellFormat, DeclaredResponse, DeclaredWarning, ResponseKind, TableColumn, WarnOn};
pub use argument::{
    Argument, ArgumentForm, ArgumentPlace, Complete, Encoding, FileFlag, FilledFlag, Range, Repeat, Style,
    ValueKind,
};
pub use body_check::body_fault;
pub use body_template::body_template;
pub use call::{
    FormPart, GivenBody, Input, OperationBody, OperationRequest, RedactedRequest, UsageError, confirmation,
    request,
};
pub use change::{ValueChange, body_of_change, changes, merge_patch, merged, replaces, writable};
pub use command::{
    ApiCommand, BodyKind, Cancel, DeclaredBody, Example, Follow, MERGE_PATCH, PageBy, Paginate, Patience,
    Safe, Wait,
};
pub use descriptor::{DescribedGroup, Descriptor, HelpSection, Overlay};
pub use exact::ExactJson;
pub use head::CommandHead;
pub use kept_schema::KeptSchema;
pub use lazy::{LazyDescriptor, StoredCommands, StoredDescriptor};
pub use method::{Method, OtherMethod};
pub use paging::PageFacts;
pub use plot::{DeclaredPlot, PlotUnit};
pub use pointer::Pointer;
pub use reader::{DocumentError, DocumentFiles, read};
pub use route::Route;
pub use search::{SearchHit, search};
pub use secrecy::{HIDDEN, hide_in_json, hide_in_pairs, hide_names, is_secret_name};
pub use security::{
    Requirement, SchemeKind, SchemeName, SecurityScheme, credential_variable, named_by, requirement,
};
pub use shell::Shell;
pub use show::{
    AnswerChart, AnswerPoints, BelowRows, Cell, ColumnSet, JsonAnswer, NoPoints, ObjectPart, PointSeries,
    PointsKind, RecordValue, ResponseRow, ResponseTable, ResponseView, UnknownColumn, Unread, charts, field,
    kept_rows, names, place, raw_rows, read_answer, records, rows, select, selector, view,
};
pub use sketch::sketch;
pub use text::Text;
pub use variable::is_variable_of;
pub use words::{ArgumentName, InvalidWords, Words};

#[cfg(test)]
mod tests;

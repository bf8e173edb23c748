//! `-o table|wide|json|yaml|name`: one answer in the form that the user asks for.

use super::write;
use crate::error::{Failure, exit};
use crate::ops::Options;
use crate::sys::Environment;
use crate::term::table::Table;
use crate::term::{Streams, pager};
use serde::Serialize;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// For people with wide terminals.
    Wide,
    /// For programs.
    Json,
    /// For programs and people.
    Yaml,
    /// Bare names, one on a line.
    Name,
    /// The answer of a server as it is; for what this program says itself, JSON.
    Raw,
    /// The rows of a server's list as JSON, one on a line; for what this program says itself, JSON.
    JsonLines,
}

impl OutputFormat {
    /// The form that the global flags ask for, of what this program says itself.
    pub fn for_own_report(options: &Options) -> Self {
        match Self::from_options(options) {
            Self::Raw | Self::JsonLines => Self::Json,
            form => form,
        }
    }

    /// The form that the global flags ask for.
    pub fn from_options(options: &Options) -> Self {
        match options.output() {
            Some("wide") => Self::Wide,
            Some("json") => Self::Json,
            Some("yaml") => Self::Yaml,
            Some("name") => Self::Name,
            Some("raw") => Self::Raw,
            Some("jsonl") => Self::JsonLines,
            _ => Self::Table,
        }
    }
}

/// Shows text that may be longer than the terminal is high: through the user's pager there.
pub fn long(streams: &mut Streams, environment: &Environment, text: &str) -> Result<(), Failure> {
    let _ = streams.flush();
    if pager::show(streams, environment, text) { Ok(()) } else { write(streams, text) }
}

/// Shows a table, as wide as the terminal; nothing when it has no rows.
pub fn tabular(streams: &mut Streams, table: Table<'_>) -> Result<(), Failure> {
    if table.rows.is_empty() {
        return Ok(());
    }
    let width = streams.width();
    write(streams, &table.render(width))
}

/// Shows `answer` as JSON or YAML.
pub fn structured(streams: &mut Streams, form: OutputFormat, answer: &impl Serialize) -> Result<(), Failure> {
    write(streams, &text_of(form, answer)?)
}

/// `answer` as JSON or YAML.
pub fn text_of(form: OutputFormat, answer: &impl Serialize) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(exit::FAILURE, format!("could not format the output: {error}"))
    };
    let mut text = if form == OutputFormat::Yaml {
        serde_yaml::to_string(answer).map_err(|error| failed(&error))?
    } else {
        serde_json::to_string_pretty(answer).map_err(|error| failed(&error))?
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

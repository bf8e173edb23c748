//! The shapes of the body and of the response in the help of a command, as sketches of their schemas.
//!
//! It must not know how a sketch is drawn.

use super::help_page::HelpLayout;
use crate::model::CleanText;
use crate::openapi::{self, ApiCommand, KeptSchema, ResponseKind};

/// The lines of one sketch: the flags say more of a body, and `-o json` of a response.
const LINES: usize = 24;
/// The width of help where there is no terminal, and the most that it has.
const WIDTH: usize = 100;
const INDENT: &str = "  ";

/// The parts of the help, with an empty line after each.
pub(super) fn of_command(command: &ApiCommand, layout: Option<HelpLayout>) -> Vec<String> {
    let width = layout.and_then(|layout| layout.width).unwrap_or(WIDTH).min(WIDTH);
    let body = command.body.as_ref().and_then(|body| body.schema.as_deref());
    let body = body.and_then(|schema| sketch("Body", schema, width));
    let response = command.answer.schema.as_deref().and_then(|schema| sketch("Response", schema, width));
    let parts = body.into_iter().chain(response.or_else(|| response_in_words(command)));
    parts.flat_map(|part| [part, String::new()]).collect()
}

/// In one line with its title where it fits, else below it.
fn sketch(title: &str, schema: &KeptSchema, width: usize) -> Option<String> {
    let line = openapi::sketch(schema, width.saturating_sub(title.len() + 2), LINES)?;
    if let [only] = line.as_slice() {
        return Some(format!("{title}: {only}"));
    }
    let lines = openapi::sketch(schema, width.saturating_sub(INDENT.len()), LINES)?;
    Some(format!("{title}:\n{INDENT}{}", lines.join(&format!("\n{INDENT}"))))
}

/// What comes back, in one line, where the document says it.
fn response_in_words(command: &ApiCommand) -> Option<String> {
    /// More of them are in `-o json`.
    const MOST: usize = 12;
    let answer = &command.answer;
    let what = match answer.kind {
        ResponseKind::Text => "text".to_owned(),
        ResponseKind::Binary => "a file".to_owned(),
        ResponseKind::EventStream => "a stream of events".to_owned(),
        ResponseKind::JsonLines => "JSON, a value in each line".to_owned(),
        ResponseKind::Json if !answer.columns.is_empty() => {
            let names = answer.columns.iter().take(MOST).map(|column| column.path.steps().join("."));
            let names = names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ");
            let more = if answer.columns.len() > MOST { ", …" } else { "" };
            let is_list = answer.rows.is_some() || answer.by_name;
            format!("{} with {names}{more}", if is_list { "a list of objects" } else { "an object" })
        }
        _ => return None,
    };
    Some(CleanText::new(&format!("Response: {what}")).to_string())
}

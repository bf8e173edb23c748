//! What an operation says of itself: its texts, its examples, how long it takes, what it asks before it runs.
//!
//! It must not know what it takes, nor what it is called.

use super::example;
use super::operation::OperationContext;
use super::prose;
use crate::model::CleanText;
use crate::openapi::{Example, Method, Patience, Text, Words, limits};
use everestctl_rows::case::kebab;
use serde_json::Value;

impl<'a> OperationContext<'_, 'a> {
    /// One line, and the whole when there is more.
    pub(super) fn texts(&self, own: Option<&Words>) -> (CleanText, Option<Text>) {
        let plain = |text: &str| Text::non_empty(&prose::paragraphs(text));
        let long = self.text("description").and_then(plain);
        let summary = self.text("summary").filter(|summary| {
            // FastAPI makes one of the function's name, which says less than its documentation.
            let generated = own.is_some_and(|own| kebab(summary) == own.to_string());
            !generated || long.is_none()
        });
        let text = self.keys.text("x-cli-description");
        let (summary, long) = match text.and_then(plain) {
            Some(text) => (None, Some(text)),
            None => (summary.and_then(|text| CleanText::non_empty(&prose::line(text))), long),
        };
        let first = long.as_ref().map(Text::first_line);
        let line =
            summary.or(first).unwrap_or_else(|| CleanText::new(&format!("{} {}", self.method, self.route)));
        let long = long.filter(|long| long.as_str() != line.as_str());
        (line, long)
    }

    /// What the document sorts it by.
    pub(super) fn tags(&self) -> Vec<CleanText> {
        let tags =
            self.operation.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        tags.iter().filter_map(Value::as_str).filter_map(CleanText::non_empty).take(limits::TAGS).collect()
    }

    pub(super) fn examples(&self) -> Vec<Example> {
        let made = |item: &'a Value| match item {
            Value::String(text) => {
                example::checked(text).map(|command| Example { command, description: None })
            }
            Value::Object(members) => {
                let keys = self.keys.of(members);
                let command = example::checked(keys.text("command")?)?;
                Some(Example { command, description: keys.line("description") })
            }
            _ => None,
        };
        let items = self.keys.items("x-cli-examples");
        let examples: Vec<Example> = items.iter().filter_map(|item| made(item)).collect();
        if examples.len() < items.len() {
            self.source.remark("`x-cli-examples` has an entry without a command, or with shell syntax");
        }
        examples
    }

    /// `x-cli-timeout`: a duration, or `none`.
    pub(super) fn patience(&self) -> Patience {
        match self.keys.text("x-cli-timeout") {
            None => Patience::Usual,
            Some("none") => Patience::Endless,
            Some(text) => {
                let span = humantime::parse_duration(text).ok();
                let span = span.filter(|span| (1..=Patience::LONGEST.as_secs()).contains(&span.as_secs()));
                if span.is_none() {
                    self.source.remark(
                        "`x-cli-timeout` is neither a duration such as `5m`, of at most a day, nor `none`",
                    );
                }
                span.map_or(Patience::Usual, Patience::For)
            }
        }
    }

    /// The question to ask first, if it was given, and whether there is one.
    pub(super) fn confirm(&self) -> (Option<CleanText>, bool) {
        match self.keys.get("x-cli-confirm") {
            Some(Value::Bool(asks)) => (None, *asks),
            Some(Value::String(text)) => (CleanText::non_empty(text), true),
            Some(Value::Object(members)) => (self.keys.of(members).line("text"), true),
            Some(_) => {
                self.source.remark("`x-cli-confirm` is neither a string, an object, nor true or false");
                (None, true)
            }
            None => (None, self.method == Method::Delete),
        }
    }
}

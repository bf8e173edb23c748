//! What comes back from an operation, and how it is shown.

use super::descriptor::is_default;
use super::kept_schema::KeptSchema;
use super::plot::DeclaredPlot;
use super::{Pointer, limits};
use crate::model::CleanText;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a document says of the answer. The answer itself may be something else: whoever reads it looks at its
/// content type first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredResponse {
    /// What it is.
    pub kind: ResponseKind,
    /// The content types to ask for, for the header `Accept`.
    #[serde(skip_serializing_if = "is_default", default)]
    pub accept: CleanText,
    /// The content type to ask for when a stream is wanted instead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stream: Option<CleanText>,
    /// Where the rows of a table are; `None` when the document does not tell, or tells that there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rows: Option<Pointer>,
    /// The members of the answer are the rows, each with its name before it.
    #[serde(skip_serializing_if = "is_default", default)]
    pub by_name: bool,
    /// The document does not tell what is in it: look, and guess where the rows are.
    #[serde(skip_serializing_if = "is_default", default)]
    pub unknown: bool,
    /// The columns of the table, or the first lines of an object.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<TableColumn>,
    /// The members of one object, in the order of the document.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub members: Vec<String>,
    /// The rows, or the object, are what somebody stored: the document says that anything can be in them.
    #[serde(skip_serializing_if = "is_default", default)]
    pub stored: bool,
    /// Members of a row that no table shows: secrets.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<String>,
    /// Where the answer names its columns itself (`from` of `x-cli-columns`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub columns_from: Option<Pointer>,
    /// The columns are `x-cli-columns`: show these and no others.
    #[serde(skip_serializing_if = "is_default", default)]
    pub chosen: bool,
    /// Where a text is that stands below the rows and belongs to the data (`below` of `x-cli-columns`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub below: Option<Pointer>,
    /// Where one line is that sums up the rows, or says what was done where there are none (`footer` of `x-cli-columns`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub footer: Option<Pointer>,
    /// Each message of the stream is an answer with rows of its own (`each` of `x-cli-columns`).
    #[serde(skip_serializing_if = "is_default", default)]
    pub each: bool,
    /// Print this one field as it is (`x-cli-field`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<Pointer>,
    /// Where its points are (`x-cli-plot`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plot: Option<Box<DeclaredPlot>>,
    /// What to say on stderr (`x-cli-warn`).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<DeclaredWarning>,
    /// What the document says of JSON, to show its shape.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub schema: Option<Box<KeptSchema>>,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseKind {
    /// No body.
    Empty,
    /// JSON.
    Json,
    /// Text, passed on as it comes.
    Text,
    /// Server-sent events.
    EventStream,
    /// One JSON value in each line.
    JsonLines,
    /// Something for a file.
    Binary,
    /// The document does not tell.
    #[default]
    Any,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableColumn {
    /// Its heading, in capitals.
    pub header: CleanText,
    /// Where its value is, below the row.
    pub path: Pointer,
    /// How the value is shown.
    #[serde(skip_serializing_if = "is_default", default)]
    pub format: CellFormat,
    /// It is shown only when there is room asked for.
    #[serde(skip_serializing_if = "is_default", default)]
    pub wide: bool,
    /// It is an object of which other columns show a part: for programs, and for who asks for it.
    #[serde(skip_serializing_if = "is_default", default)]
    pub part: bool,
    /// Its values are numbers.
    #[serde(skip_serializing_if = "is_default", default)]
    pub right: bool,
}

/// How a value is shown in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellFormat {
    /// As it is.
    #[default]
    Plain,
    /// A moment, as the time that has passed: `5m`.
    Age,
    /// A number of bytes: `1.5Gi`.
    Bytes,
    /// A number of seconds: `1h30m`.
    Duration,
    /// A list or an object, as the number of its members.
    Count,
    /// The same, and how long they span where they are points in time.
    Points,
    /// The values of points, or a list of numbers, as a row of small bars: `▁▃▇`.
    Spark,
    /// Data, of which each character counts: an empty text is empty, null is `NULL`, lists and objects are JSON.
    Exact,
}

/// Something to say on stderr when the answer has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredWarning {
    /// What to look at.
    pub on: WarnOn,
    /// What to say; the value follows.
    pub text: CleanText,
}

/// What a warning looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarnOn {
    /// A header that is there and not `false`.
    Header(CleanText),
    /// A field that is there and not null, empty or false.
    Field(Pointer),
}

impl DeclaredResponse {
    /// Whether it is surely one object: no table, and nothing that is not described.
    pub fn is_one_object(&self) -> bool {
        self.kind == ResponseKind::Json && self.rows.is_none() && !self.by_name && !self.unknown
    }

    /// Warnings about a response: each text, with the value after it, and once for each string of a list.
    /// `header` finds a header by name.
    pub fn warnings<'h>(
        &self,
        header: impl Fn(&str) -> Option<&'h str>,
        value: Option<&Value>,
    ) -> Vec<CleanText> {
        let header = |name: &str| Some(header(name)?.trim().to_owned());
        self.warnings.iter().flat_map(|warning| warning.said(&header, value)).collect()
    }
}

impl DeclaredWarning {
    fn said(&self, header: &impl Fn(&str) -> Option<String>, value: Option<&Value>) -> Vec<CleanText> {
        let what = match &self.on {
            WarnOn::Header(name) => match header(name.as_str()) {
                Some(text) if !text.is_empty() && !text.eq_ignore_ascii_case("false") => vec![text],
                _ => Vec::new(),
            },
            WarnOn::Field(pointer) => match value.and_then(|value| pointer.find(value)) {
                None | Some(Value::Null | Value::Bool(false)) => Vec::new(),
                Some(Value::Bool(true)) => vec![String::new()],
                Some(Value::String(text)) if text.is_empty() => Vec::new(),
                Some(Value::Object(members)) if members.is_empty() => Vec::new(),
                Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                    items.iter().filter_map(Value::as_str).take(limits::LIST).map(str::to_owned).collect()
                }
                Some(Value::String(text)) => vec![text.clone()],
                Some(other) => vec![other.to_string()],
            },
        };
        let line = |what: String| {
            let plain = what.is_empty() || what.eq_ignore_ascii_case("true");
            if plain { self.text.clone() } else { CleanText::new(&format!("{}: {what}", self.text)) }
        };
        what.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_warning_is_said_when_there_is_something_to_say() {
        let header = DeclaredWarning {
            on: WarnOn::Header(CleanText::new("X-Hub-Stale")),
            text: CleanText::new("the list is old"),
        };
        let field = Pointer::from_property("installedError");
        let field = DeclaredWarning {
            on: WarnOn::Field(field),
            text: CleanText::new("what is installed is unknown"),
        };
        let answer = DeclaredResponse { warnings: vec![header, field], ..DeclaredResponse::default() };
        let say = |stale: Option<&'static str>, value: &Value| answer.warnings(|_| stale, Some(value));
        assert!(say(None, &json!({})).is_empty());
        assert!(say(Some("false"), &json!({"installedError": ""})).is_empty());
        let said = say(Some("true"), &json!({"installedError": "401\u{1b}[2J"}));
        assert_eq!(said[0].as_str(), "the list is old");
        assert_eq!(said[1].as_str(), "what is installed is unknown: 401[2J");
        let several = answer.warnings(|_| None, Some(&json!({"installedError": ["a", "b"]})));
        assert_eq!(
            several.iter().map(CleanText::as_str).collect::<Vec<_>>(),
            ["what is installed is unknown: a", "what is installed is unknown: b"]
        );
    }
}

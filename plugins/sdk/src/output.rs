//! `-o`: rows as a table for people, and in the forms that programs read.

use crate::{Error, text};
use everestctl_rows::case::heading;
use everestctl_rows::records::RecordFormat;
use everestctl_rows::vertical;
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use tabled::builder::Builder;
use tabled::settings::{Alignment, Padding, Style};

/// The flag `-o`, to be flattened into the arguments of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Output {
    /// Output format: table, vertical, json, jsonl, yaml, name, csv, tsv, markdown or html
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    output: Option<Format>,
}

/// The forms: the words of everestctl's own `-o`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// The same with everything.
    Wide,
    /// Each value on a line of its own.
    Vertical,
    /// One JSON list.
    #[value(alias = "raw")]
    Json,
    /// A line of JSON for each row.
    Jsonl,
    /// YAML.
    Yaml,
    /// The first column of each row.
    Name,
    /// Comma-separated values (RFC 4180).
    Csv,
    /// Tab-separated values.
    Tsv,
    /// A table of Markdown.
    Markdown,
    /// A page with a table.
    Html,
}

impl Format {
    /// Whether a person looks at it, and not a program.
    pub const fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Wide | Self::Vertical | Self::Markdown | Self::Html)
    }
}

impl Output {
    /// In this form, whatever the user said.
    pub const fn fixed(format: Format) -> Self {
        Self { output: Some(format) }
    }

    /// The form that was asked for: by this flag, else by `of_host`, the one before the plugin's name.
    pub(crate) fn format(&self, of_host: Option<&str>) -> Result<Format, Error> {
        match (self.output, of_host) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::default()),
            (None, Some(word)) => clap::ValueEnum::from_str(word, true).map_err(|_: String| {
                Error::usage(format!("this command has no output format `{word}`"))
                    .hint("use table, vertical, json, jsonl, yaml, name, csv, tsv, markdown or html")
            }),
        }
    }

    /// The rows in that form.
    pub(crate) fn render<T: Serialize>(&self, of_host: Option<&str>, rows: &[T]) -> Result<String, Error> {
        let format = self.format(of_host)?;
        let rows: Vec<Value> = rows
            .iter()
            .map(serde_json::to_value)
            .collect::<Result<_, _>>()
            .map_err(|error| Error::new("could not write the rows as JSON").because(error))?;
        rendered(format, &rows)
    }
}

fn rendered(format: Format, rows: &[Value]) -> Result<String, Error> {
    let unwritable = |error: &dyn std::fmt::Display| Error::new("could not write the rows").because(error);
    let columns = Columns::of(rows);
    Ok(match format {
        Format::Table | Format::Wide => table(&columns, rows),
        Format::Vertical => {
            let cells: Vec<Vec<String>> =
                rows.iter().map(|row| columns.values(row).map(cell).collect()).collect();
            vertical::rendered(&columns.headings(), cells.iter().map(|row| row.iter().map(String::as_str)), 1)
        }
        Format::Json => {
            let text = serde_json::to_string_pretty(rows).map_err(|error| unwritable(&error))?;
            format!("{text}\n")
        }
        Format::Jsonl => lines(rows.iter().map(Value::to_string)),
        Format::Yaml => serde_yaml::to_string(&rows).map_err(|error| unwritable(&error))?,
        Format::Name => {
            lines(rows.iter().map(|row| columns.values(row).next().map(cell).unwrap_or_default()))
        }
        Format::Csv => records(RecordFormat::Comma, &columns, rows),
        Format::Tsv => records(RecordFormat::Tab, &columns, rows),
        Format::Markdown => records(RecordFormat::Markdown, &columns, rows),
        Format::Html => records(RecordFormat::Html, &columns, rows),
    })
}

/// What is in the columns.
enum Columns {
    /// The members of these names, with the headings of them.
    Of(Vec<(String, String)>),
    /// The rows themselves.
    Itself,
}

impl Columns {
    /// The keys of the rows, in the order in which they first come.
    fn of(rows: &[Value]) -> Self {
        let mut columns: Vec<(String, String)> = Vec::new();
        for key in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
            if !columns.iter().any(|(name, _)| name == key) {
                columns.push((key.clone(), heading(key)));
            }
        }
        if columns.is_empty() { Self::Itself } else { Self::Of(columns) }
    }

    fn headings(&self) -> Vec<&str> {
        match self {
            Self::Of(columns) => columns.iter().map(|(_, heading)| heading.as_str()).collect(),
            Self::Itself => vec!["VALUE"],
        }
    }

    /// The values of a row.
    fn values<'r>(&'r self, row: &'r Value) -> Box<dyn Iterator<Item = &'r Value> + 'r> {
        match self {
            Self::Of(columns) => Box::new(columns.iter().map(|(name, _)| &row[name.as_str()])),
            Self::Itself => Box::new(std::iter::once(row)),
        }
    }
}

/// A value as people read it: `-` where there is none. What would move a terminal's cursor is left out.
fn cell(value: &Value) -> String {
    let is_plain = |item: &Value| !item.is_array() && !item.is_object();
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(is_plain) => {
            let item = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            items.iter().map(item).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    if text.is_empty() { "-".to_owned() } else { text.chars().map(text::shown).collect() }
}

fn table(columns: &Columns, rows: &[Value]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Builder::default();
    table.push_record(columns.headings());
    for row in rows {
        table.push_record(columns.values(row).map(cell));
    }
    let mut table = table.build();
    table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
    for column in 0..columns.headings().len() {
        if rows.iter().any(|row| columns.values(row).nth(column).is_some_and(Value::is_number)) {
            table.modify(tabled::settings::object::Columns::one(column), Alignment::right());
        }
    }
    lines(table.to_string().lines().map(str::trim_end))
}

fn lines(lines: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

fn records(format: RecordFormat, columns: &Columns, rows: &[Value]) -> String {
    // Which columns there would be is not known then; a page is a page without them, too.
    if rows.is_empty() && format != RecordFormat::Html {
        return String::new();
    }
    let mut text = format.begin(&columns.headings(), !rows.is_empty());
    for row in rows {
        let values: Vec<Option<Cow<'_, str>>> = columns.values(row).map(value).collect();
        text.push_str(&format.record(values.iter().map(Option::as_deref)));
    }
    text + format.end()
}

/// A value as it is.
fn value(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(format: Format) -> String {
        let rows = [json!({"name": "Kaa", "length": 3}), json!({"name": "Nag,\u{1b}[1m", "note": null})];
        Output::fixed(format).render(None, &rows).unwrap()
    }

    #[test]
    fn rows_in_every_form() {
        assert_eq!(
            shown(Format::Table),
            "NAME      LENGTH  NOTE\nKaa            3  -\nNag, [1m       -  -\n"
        );
        assert_eq!(
            shown(Format::Jsonl),
            "{\"name\":\"Kaa\",\"length\":3}\n{\"name\":\"Nag,\\u001b[1m\",\"note\":null}\n"
        );
        assert_eq!(shown(Format::Name), "Kaa\nNag, [1m\n");
        assert_eq!(
            rendered(Format::Tsv, &[json!({"name": "=1+1", "length": -3})]).unwrap(),
            "NAME\tLENGTH\n'=1+1\t-3\n"
        );
        assert_eq!(shown(Format::Csv), "NAME,LENGTH,NOTE\nKaa,3,\n\"Nag,\u{1b}[1m\",,\n");
        assert!(shown(Format::Json).ends_with("]\n") && shown(Format::Yaml).contains("name: Kaa"));
        assert!(shown(Format::Vertical).starts_with("-[ 1 ]-\nNAME    Kaa\nLENGTH  3\nNOTE    -\n-[ 2 ]-\n"));
        assert!(
            shown(Format::Markdown)
                .starts_with("| NAME | LENGTH | NOTE |\n| --- | --- | --- |\n| Kaa | 3 |  |\n")
        );
        assert!(shown(Format::Html).contains("<tr><td>Kaa</td><td>3</td><td></td></tr>"));
        assert_eq!(rendered(Format::Csv, &[json!("Kaa")]).unwrap(), "VALUE\nKaa\n");
    }

    #[test]
    fn nothing_has_no_columns() {
        for format in [Format::Table, Format::Vertical, Format::Name, Format::Csv, Format::Markdown] {
            assert_eq!(rendered(format, &[]).unwrap(), "", "{format:?}");
        }
        assert!(rendered(Format::Html, &[]).unwrap().ends_with("</html>\n"));
    }

    #[test]
    fn the_form_before_the_name_counts_and_the_one_after_it_wins() {
        let rows = [json!({"name": "Kaa"})];
        assert_eq!(Output::default().render(Some("jsonl"), &rows).unwrap(), "{\"name\":\"Kaa\"}\n");
        assert_eq!(Output::fixed(Format::Name).render(Some("jsonl"), &rows).unwrap(), "Kaa\n");
        assert!(Output::default().render(Some("plot"), &rows).is_err());
    }
}

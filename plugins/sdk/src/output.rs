//! `-o`: rows as a table for people, and in the forms that programs read.

use crate::{Error, text};
use serde::Serialize;
use serde_json::{Map, Value};
use tabled::builder::Builder;
use tabled::settings::{Padding, Style};

/// The flag `-o`, to be flattened into the arguments of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Output {
    /// Output format: table, json, jsonl, yaml, name, csv or tsv
    #[arg(short, long, value_name = "FORMAT", value_enum)]
    output: Option<Format>,
}

/// The forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// The same with everything.
    Wide,
    /// One JSON list.
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
                    .hint("use table, json, jsonl, yaml, name, csv or tsv")
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
    Ok(match format {
        Format::Table | Format::Wide => table(rows),
        Format::Json => {
            let text = serde_json::to_string_pretty(rows).map_err(|error| unwritable(&error))?;
            format!("{text}\n")
        }
        Format::Jsonl => lines(rows.iter().map(Value::to_string)),
        Format::Yaml => serde_yaml::to_string(&rows).map_err(|error| unwritable(&error))?,
        Format::Name => {
            let columns = columns(rows);
            let first = |row| columns.first().map_or_else(|| cell(row), |column| cell(&row[column.as_str()]));
            lines(rows.iter().map(first))
        }
        Format::Csv => separated(b',', rows).map_err(|error| unwritable(&error))?,
        Format::Tsv => separated(b'\t', rows).map_err(|error| unwritable(&error))?,
    })
}

/// The keys of the rows, in the order in which they first come.
fn columns(rows: &[Value]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for key in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    columns
}

/// A value as people read it. What would move a terminal's cursor is left out.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().map(text::shown).collect()
}

fn table(rows: &[Value]) -> String {
    let columns = columns(rows);
    let mut table = Builder::default();
    if columns.is_empty() {
        return lines(rows.iter().map(cell));
    }
    table.push_record(columns.iter().map(|column| column.to_uppercase().replace('_', " ")));
    for row in rows {
        table.push_record(columns.iter().map(|column| cell(&row[column.as_str()])));
    }
    let mut table = table.build();
    table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
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

fn separated(separator: u8, rows: &[Value]) -> Result<String, csv::Error> {
    let columns = columns(rows);
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    if !columns.is_empty() {
        writer.write_record(&columns)?;
    }
    for row in rows {
        let raw = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text::inert(text),
            other => other.to_string(),
        };
        if columns.is_empty() {
            writer.write_record([raw(row)])?;
        } else {
            writer.write_record(columns.iter().map(|column| raw(&row[column.as_str()])))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
        assert_eq!(shown(Format::Table), "NAME      LENGTH  NOTE\nKaa       3\nNag, [1m\n");
        assert_eq!(
            shown(Format::Jsonl),
            "{\"name\":\"Kaa\",\"length\":3}\n{\"name\":\"Nag,\\u001b[1m\",\"note\":null}\n"
        );
        assert_eq!(shown(Format::Name), "Kaa\nNag, [1m\n");
        assert_eq!(
            rendered(Format::Tsv, &[json!({"name": "=1+1", "length": -3})]).unwrap(),
            "name\tlength\n'=1+1\t-3\n"
        );
        assert_eq!(shown(Format::Csv), "name,length,note\nKaa,3,\n\"Nag,\u{1b}[1m\",,\n");
        assert!(shown(Format::Json).ends_with("]\n") && shown(Format::Yaml).contains("name: Kaa"));
    }

    #[test]
    fn the_form_before_the_name_counts_and_the_one_after_it_wins() {
        let rows = [json!({"name": "Kaa"})];
        assert_eq!(Output::default().render(Some("jsonl"), &rows).unwrap(), "{\"name\":\"Kaa\"}\n");
        assert_eq!(Output::fixed(Format::Name).render(Some("jsonl"), &rows).unwrap(), "Kaa\n");
        assert!(Output::default().render(Some("vertical"), &rows).is_err());
    }
}

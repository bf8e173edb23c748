//! The lists of this program itself, in every form that lists of servers have: `-o`, `--jq`, `--filter`, `--columns`,
//! `--sort-by`.
//!
//! It must not know what is listed.

use super::output::{
    NO_HEADERS_IN_MARKDOWN, NO_HEADERS_IN_VERTICAL, NO_PLOT, OutputFormat, of_filter, row_filter, structured,
    tabular, through_jq,
};
use super::{status_color, write};
use crate::error::{Failure, exit};
use crate::jq::RowFilter;
use crate::model::quoted;
use crate::ops::App;
use crate::term::Streams;
use crate::term::table::{self, Table};
use everestctl_rows::records::RecordFormat;
use everestctl_rows::vertical;
use serde::Serialize;
use serde_json::Value;

/// How a list is shown.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ListOptions {
    /// Filter the JSON output with a jq expression
    #[arg(long, value_name = "EXPRESSION", allow_hyphen_values = true, conflicts_with_all = ["columns", "sort_by", "no_headers"])]
    jq: Option<String>,
    /// Show only the rows that a jq expression is true of
    #[arg(long, value_name = "EXPRESSION", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Columns to show, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Sort the rows by a column; -COLUMN for the reverse order
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    sort_by: Option<String>,
    /// Omit the header row
    #[arg(long)]
    no_headers: bool,
}

/// A list of this program.
pub struct OwnList<'a, R> {
    /// The list as JSON: an object with `items`.
    pub report: &'a R,
    /// The headings of all columns.
    pub headers: &'a [&'a str],
    /// As many cells in each row; an empty one is not known.
    pub rows: Vec<Vec<String>>,
    /// So many of the columns are shown without `-o wide`.
    pub narrow: usize,
    /// The columns that may be cut where there is no room.
    pub flexible: &'a [usize],
    /// The column with what `-o name` prints.
    pub name: usize,
}

impl<R: Serialize> OwnList<'_, R> {
    /// Shows it; gives the form that it was shown in.
    pub fn show(
        mut self,
        streams: &mut Streams,
        app: &App,
        options: &ListOptions,
    ) -> Result<OutputFormat, Failure> {
        let form = OutputFormat::from_options(&app.options);
        if form == OutputFormat::Plot {
            return Err(Failure::new(exit::USAGE, NO_PLOT));
        }
        let report = match &options.filter {
            None => None,
            Some(expression) => Some(self.keep(&row_filter(expression)?)?),
        };
        if let Some(expression) = &options.jq {
            let body = match &report {
                Some(report) => serde_json::to_vec(report),
                None => serde_json::to_vec(self.report),
            };
            let body = body.map_err(|error| not_formatted(&error))?;
            through_jq(streams, expression, &body)?;
            return Ok(OutputFormat::Json);
        }
        if let OutputFormat::Json | OutputFormat::Yaml | OutputFormat::Raw | OutputFormat::JsonLines = form {
            options.refuse_for_json()?;
            match &report {
                Some(report) => as_json(streams, form, report)?,
                None => as_json(streams, form, self.report)?,
            }
            return Ok(form);
        }
        if let Some(wanted) = &options.sort_by {
            let order = RowOrder::new(wanted);
            let column = self.column(order.column)?;
            self.rows.sort_by(|first, second| order.compare(&first[column], &second[column]));
        }
        let columns: Vec<usize> = match &options.columns {
            Some(wanted) => wanted.iter().map(|name| self.column(name)).collect::<Result<_, _>>()?,
            None => match form {
                OutputFormat::Records(format) if format.is_document() => (0..self.narrow).collect(),
                OutputFormat::Wide | OutputFormat::Vertical | OutputFormat::Records(_) => {
                    (0..self.headers.len()).collect()
                }
                _ => (0..self.narrow).collect(),
            },
        };
        match form {
            OutputFormat::Name => {
                self.rows.iter().try_for_each(|row| write(streams, &format!("{}\n", row[self.name])))?;
            }
            OutputFormat::Vertical => {
                options.refuse_no_headers()?;
                let headers: Vec<&str> = columns.iter().map(|column| self.headers[*column]).collect();
                let rows = self.rows.iter().map(|row| columns.iter().map(|column| known(&row[*column])));
                write(streams, &vertical::rendered(&headers, rows, 1))?;
            }
            OutputFormat::Records(format) => {
                if options.no_headers && format == RecordFormat::Markdown {
                    return Err(Failure::new(exit::USAGE, NO_HEADERS_IN_MARKDOWN));
                }
                let headers: Vec<&str> = columns.iter().map(|column| self.headers[*column]).collect();
                let mut text = format.begin(&headers, !options.no_headers);
                for row in &self.rows {
                    let cell = |column: &usize| Some(row[*column].trim()).filter(|cell| !cell.is_empty());
                    text.push_str(&format.record(columns.iter().map(cell)));
                }
                text.push_str(format.end());
                write(streams, &text)?;
            }
            _ => {
                let (columns, left_out) = match (&options.columns, form, streams.width()) {
                    (None, OutputFormat::Table, Some(width)) => self.fitting(&columns, width),
                    _ => (columns, 0),
                };
                let headers: Vec<&str> = columns.iter().map(|column| self.headers[*column]).collect();
                let place = |flexible: &usize| columns.iter().position(|column| column == flexible);
                let flexible: Vec<usize> = self.flexible.iter().filter_map(place).collect();
                let cut = |row: &Vec<String>| columns.iter().map(|column| row[*column].clone()).collect();
                let rows = self.rows.iter().map(cut).collect();
                let headers = (!options.no_headers).then_some(&headers[..]);
                tabular(streams, Table { headers, rows, flexible: &flexible, ..Table::default() })?;
                if left_out > 0 {
                    let _ = streams.flush();
                    let columns = match left_out {
                        1 => "the column that does".to_owned(),
                        _ => format!("the {left_out} columns that do"),
                    };
                    streams.hint(&format!("-o wide shows {columns} not fit"));
                }
            }
        }
        Ok(form)
    }

    /// Keeps the rows that `filter` is true of; gives the report of them.
    fn keep(&mut self, filter: &RowFilter) -> Result<Value, Failure> {
        let mut report = serde_json::to_value(self.report).map_err(|error| not_formatted(&error))?;
        // One item is one row, whatever their list is called.
        let items = report.as_object_mut().and_then(|members| {
            let (_, items) =
                members.iter_mut().find(|(name, _)| matches!(name.as_str(), "items" | "candidates"))?;
            items.as_array_mut()
        });
        let Some(items) = items else { return Ok(report) };
        let mut kept = Vec::new();
        for item in items.iter() {
            let is_kept = filter.keeps(item.to_string().as_bytes());
            kept.push(is_kept.map_err(|error| of_filter(filter, &error))?);
        }
        let mut of_items = kept.iter().copied();
        items.retain(|_| of_items.next().unwrap_or(true));
        let mut of_rows = kept.iter().copied();
        self.rows.retain(|_| of_rows.next().unwrap_or(true));
        Ok(report)
    }

    /// Those of `columns` that fit into `width`, and how many do not: the ones that could be cut go first, then the last ones.
    /// The name and the state stay.
    fn fitting(&self, columns: &[usize], width: usize) -> (Vec<usize>, usize) {
        let widest = |column: usize| {
            let cells = self.rows.iter().map(|row| table::width(&row[column]));
            let natural = cells.fold(table::width(self.headers[column]), usize::max);
            if self.flexible.contains(&column) { natural.min(table::NARROWEST) } else { natural }
        };
        let mut left = columns.to_vec();
        let needs = |left: &[usize]| left.iter().map(|column| widest(*column) + table::GAP).sum::<usize>();
        let state = status_color::column(columns.iter().map(|column| self.headers[*column]));
        let state = state.and_then(|at| columns.get(at));
        while needs(&left) > width + table::GAP && left.len() > 2 {
            let may_go = |column: &&usize| **column != self.name && Some(*column) != state;
            let cut = self.flexible.iter().find(|column| left.contains(column) && may_go(column));
            let Some(gone) = cut.or_else(|| left.iter().rev().find(may_go)).copied() else { break };
            left.retain(|column| *column != gone);
        }
        let left_out = columns.len() - left.len();
        (left, left_out)
    }

    /// The column that the user means.
    fn column(&self, wanted: &str) -> Result<usize, Failure> {
        let plain = |name: &str| name.trim_start_matches('.').to_lowercase().replace([' ', '_'], "-");
        let found = self.headers.iter().position(|header| plain(header) == plain(wanted));
        found.ok_or_else(|| {
            Failure::new(exit::USAGE, format!("no column {}", quoted(wanted)))
                .hint(format!("columns: {}", self.headers.join(", ").to_lowercase()))
        })
    }
}

impl ListOptions {
    fn refuse_no_headers(&self) -> Result<(), Failure> {
        if self.no_headers {
            return Err(Failure::new(exit::USAGE, NO_HEADERS_IN_VERTICAL));
        }
        Ok(())
    }

    /// JSON has no columns and keeps its order; jq has both.
    fn refuse_for_json(&self) -> Result<(), Failure> {
        let refused = |flag: &str, expression: String| {
            let message = format!("{flag} does not apply to JSON and YAML");
            Err(Failure::new(exit::USAGE, message)
                .hint(format!("use --jq instead, for example --jq '{expression}'")))
        };
        let property = |name: &str| name.trim_start_matches('.').to_lowercase();
        match (&self.columns, &self.sort_by) {
            (Some(columns), _) => {
                let properties: Vec<String> = columns.iter().map(|name| property(name)).collect();
                refused("--columns", format!(".items[] | {{{}}}", properties.join(", ")))
            }
            (None, Some(name)) => {
                refused("--sort-by", format!(".items | sort_by(.{})", property(RowOrder::new(name).column)))
            }
            (None, None) if self.no_headers => {
                Err(Failure::new(exit::USAGE, "--no-headers does not apply to JSON and YAML"))
            }
            (None, None) => Ok(()),
        }
    }
}

fn as_json(streams: &mut Streams, form: OutputFormat, report: &impl Serialize) -> Result<(), Failure> {
    if form != OutputFormat::JsonLines {
        return structured(streams, form, report);
    }
    let report = serde_json::to_value(report).map_err(|error| not_formatted(&error))?;
    let items = report.get("items").and_then(Value::as_array);
    items.into_iter().flatten().try_for_each(|item| write(streams, &format!("{item}\n")))
}

/// A cell as a table has it: what is not known is a dash.
fn known(cell: &str) -> &str {
    if cell.is_empty() { "-" } else { cell }
}

/// What `--sort-by` says.
pub(super) struct RowOrder<'a> {
    /// The column.
    pub(super) column: &'a str,
    is_reverse: bool,
}

impl<'a> RowOrder<'a> {
    /// `COLUMN`, or `-COLUMN` for the reverse order.
    pub(super) fn new(text: &'a str) -> Self {
        match text.strip_prefix('-').filter(|column| !column.is_empty()) {
            Some(column) => Self { column, is_reverse: true },
            None => Self { column: text, is_reverse: false },
        }
    }

    /// Which of two cells comes first.
    pub(super) fn compare(&self, first: &str, second: &str) -> std::cmp::Ordering {
        let order = compare(first, second);
        if self.is_reverse { order.reverse() } else { order }
    }
}

/// Numbers by their value, everything else as text.
fn compare(first: &str, second: &str) -> std::cmp::Ordering {
    match (first.parse::<f64>(), second.parse::<f64>()) {
        (Ok(first), Ok(second)) => first.total_cmp(&second),
        (Ok(_), Err(_)) => std::cmp::Ordering::Less,
        (Err(_), Ok(_)) => std::cmp::Ordering::Greater,
        _ => first.to_lowercase().cmp(&second.to_lowercase()).then_with(|| first.cmp(second)),
    }
}

fn not_formatted(error: &serde_json::Error) -> Failure {
    Failure::new(exit::FAILURE, format!("could not format the output: {error}"))
}

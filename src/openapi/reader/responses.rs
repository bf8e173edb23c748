//! The responses of an operation, and its `x-cli-columns`, `x-cli-plot`, `x-cli-field` and `x-cli-warn` → what comes back.
//!
//! It must not know how a table is drawn.

use super::kept_shares::Direction;
use super::keys::Extensions;
use super::reference::{DocumentReader, Spoilt};
use super::rows::RowsKind;
use super::shape::SchemaShape;
use crate::model::CleanText;
use crate::openapi::wrapping::{heading, noun};
use crate::openapi::{
    CellFormat, DeclaredPlot, DeclaredResponse, DeclaredWarning, PlotUnit, Pointer, ResponseKind,
    TableColumn, WarnOn, limits,
};
use serde_json::{Map, Value};

/// What comes back from an operation.
pub(super) struct ReadResponse {
    pub(super) answer: DeclaredResponse,
    pub(super) rows: RowsKind,
    /// What they were by the rules of before.
    pub(super) former_rows: RowsKind,
    /// It can say where its next page is.
    pub(super) leads: bool,
}

impl<'a> DocumentReader<'a> {
    /// What `operation` on `route` answers.
    pub(super) fn answer(
        &self,
        route: &str,
        operation: &'a Map<String, Value>,
        keys: &Extensions<'_, 'a>,
    ) -> Result<ReadResponse, Spoilt> {
        let noun = noun(route);
        let (mut kind, mut accept, schema) = self.content(operation);
        if kind == ResponseKind::Json
            && let Some(name) = self.watched(operation, schema, &noun)?
        {
            (kind, accept) = (ResponseKind::JsonLines, name);
        }
        // Where it is said that nothing can be followed, it is only another form of the same answer.
        let may_follow = keys.get("x-cli-follow") != Some(&Value::Bool(false));
        let stream = if kind == ResponseKind::Json && may_follow { self.stream(operation) } else { None };
        let mut answer =
            DeclaredResponse { kind, accept: CleanText::new(accept), stream, ..DeclaredResponse::default() };
        let mut rows_kind = if kind == ResponseKind::Any { RowsKind::Unknown } else { RowsKind::None };
        let (mut former, mut leads) = (rows_kind, false);
        answer.unknown = kind == ResponseKind::Any;
        if matches!(kind, ResponseKind::Json | ResponseKind::JsonLines) {
            let shape = schema.map_or_else(|| Ok(SchemaShape::default()), |schema| self.shape(&[schema]))?;
            let rows = self.rows(&shape, &noun)?;
            let items = self.shape(&rows.items)?;
            leads = rows.pointer.is_some() && self.leads_to_pages(operation, &shape);
            (rows_kind, former) = (rows.kind, self.former_rows(&shape)?);
            answer.unknown = rows.kind == RowsKind::Unknown;
            answer.by_name = rows.by_name;
            if kind == ResponseKind::JsonLines {
                // Each line is a row.
                (rows_kind, former) = (RowsKind::None, RowsKind::None);
                (answer.columns, answer.left_out) = self.columns(&shape, &noun)?;
            } else if rows.kind != RowsKind::Plain {
                (answer.columns, answer.left_out) = self.columns(&items, &noun)?;
            }
            if rows.pointer.is_none() && !rows.by_name {
                let names = shape.properties().iter().take(limits::COLUMNS);
                answer.members = names.map(|property| property.name.to_owned()).collect();
            }
            answer.stored = is_anything(if rows.pointer.is_some() { &items } else { &shape });
            answer.rows = rows.pointer;
        }
        if kind == ResponseKind::EventStream
            && let Some(data) = schema.and_then(|schema| self.data_of_events(schema))
        {
            (answer.columns, answer.left_out) = self.columns(&self.shape(&[data])?, &noun)?;
        }
        if matches!(kind, ResponseKind::Json | ResponseKind::JsonLines) {
            let kept = schema.map(|schema| Box::new(self.kept(schema, Direction::Response)));
            answer.schema = kept.filter(|kept| !kept.says_nothing());
        }
        self.chosen_columns(&mut answer, keys);
        answer.plot = plot(keys);
        answer.field = keys.pointer("x-cli-field");
        answer.warnings = warnings(keys);
        Ok(ReadResponse { answer, rows: rows_kind, former_rows: former, leads })
    }

    /// What the data of each event is, in JSON (OpenAPI 3.2: an `itemSchema` describes the fields of an event).
    fn data_of_events(&self, event: &'a Value) -> Option<&'a Value> {
        let shape = self.shape(&[event]).ok()?;
        let data = shape.properties().iter().find(|property| property.name == "data")?;
        data.schemas().iter().find_map(|schema| self.resolve(schema).ok()?.get("contentSchema"))
    }

    /// The first success that has something in it: its kind, the content types to ask for, the schema.
    pub(super) fn content(
        &self,
        operation: &'a Map<String, Value>,
    ) -> (ResponseKind, &'a str, Option<&'a Value>) {
        let Some(responses) = operation.get("responses").and_then(Value::as_object) else {
            return (ResponseKind::Any, "", None);
        };
        let mut successes: Vec<_> = responses.iter().filter(|(code, _)| code.starts_with('2')).collect();
        successes.sort_by_key(|(code, _)| code.as_str());
        // Others say nothing of a body and have one all the same.
        let empty = |code: &str| matches!(code, "204" | "205");
        let known = !successes.is_empty() && successes.iter().all(|(code, _)| empty(code));
        for (_, response) in successes {
            let Ok(response) = self.resolve(response) else { continue };
            let Some(content) = response.get("content").and_then(Value::as_object) else { continue };
            let best = content.iter().min_by_key(|(name, _)| rank(name).0);
            if let Some((name, media)) = best {
                return (rank(name).1, name, media.get("schema").or_else(|| media.get("itemSchema")));
            }
        }
        (if known { ResponseKind::Empty } else { ResponseKind::Any }, "", None)
    }

    /// The content type of a stream that the operation can answer with, too.
    fn stream(&self, operation: &'a Map<String, Value>) -> Option<CleanText> {
        let streams = self
            .content_types(operation)
            .filter(|name| matches!(rank(name).1, ResponseKind::EventStream | ResponseKind::JsonLines));
        // Events can have an id to resume after.
        streams.max_by_key(|name| rank(name).0).map(CleanText::new)
    }

    /// The content type of a stream of what `schema` describes: `application/json;stream=watch`, as Kubernetes has it. An
    /// answer without rows that comes as a stream, too, comes as nothing else.
    fn watched(
        &self,
        operation: &'a Map<String, Value>,
        schema: Option<&'a Value>,
        noun: &str,
    ) -> Result<Option<&'a str>, Spoilt> {
        let Some(name) = self.content_types(operation).find(|name| is_watched(name)) else { return Ok(None) };
        let rows = self.rows(&self.shape(schema.as_slice())?, noun)?;
        Ok((rows.kind == RowsKind::None && !rows.by_name).then_some(name))
    }

    fn content_types(&self, operation: &'a Map<String, Value>) -> impl Iterator<Item = &'a str> {
        let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
        let successes = responses.filter(|(code, _)| code.starts_with('2'));
        let contents =
            successes.filter_map(|(_, response)| self.resolve(response).ok()?.get("content")?.as_object());
        contents.flat_map(Map::keys).map(String::as_str)
    }

    /// `x-cli-columns`: a list, or where the rows are and a list, or where the answer has the list.
    fn chosen_columns(&self, answer: &mut DeclaredResponse, keys: &Extensions<'_, 'a>) {
        let Some(value) = keys.get("x-cli-columns") else { return };
        let list = match value {
            Value::Array(list) => list,
            Value::Object(members) => {
                let inner = keys.of(members);
                if let Some(pointer) = inner.pointer("rows") {
                    answer.rows = Some(pointer);
                    answer.by_name = false;
                    answer.unknown = false;
                    answer.columns.clear();
                }
                answer.columns_from = inner.pointer("from");
                answer.below = inner.pointer("below");
                answer.footer = inner.pointer("footer");
                answer.each = inner.flag("each").unwrap_or(false);
                match members.get("columns") {
                    Some(Value::Array(list)) => list,
                    None => return,
                    Some(_) => return self.remark("`columns` in `x-cli-columns` is not a list"),
                }
            }
            _ => return self.remark("`x-cli-columns` is neither a list nor an object"),
        };
        let columns: Vec<TableColumn> = list
            .iter()
            .take(limits::COLUMNS)
            .filter_map(|item| self.chosen_column(item, keys, answer))
            .collect();
        if !columns.is_empty() {
            answer.columns = columns;
            answer.chosen = true;
        }
    }

    fn chosen_column(
        &self,
        item: &'a Value,
        keys: &Extensions<'_, 'a>,
        answer: &DeclaredResponse,
    ) -> Option<TableColumn> {
        let known = |path: &Pointer| answer.columns.iter().find(|column| column.path == *path);
        let make = |path: Pointer| {
            let name = path.steps().iter().rev().find(|step| *step != "*").map_or("value", String::as_str);
            let (format, right) =
                known(&path).map_or((CellFormat::Plain, false), |column| (column.format, column.right));
            TableColumn { header: heading(name), path, format, wide: false, part: false, right }
        };
        match item {
            Value::String(text) => Some(make(Pointer::new(text)?)),
            Value::Object(members) => {
                let keys = keys.of(members);
                let Some(path) = keys.pointer("path").or_else(|| keys.pointer("name")) else {
                    self.remark("a column in `x-cli-columns` has no `path`");
                    return None;
                };
                let mut column = make(path);
                if let Some(header) = keys.line("name") {
                    column.header = CleanText::new(&header.as_str().to_uppercase());
                }
                column.wide = keys.flag("wide").unwrap_or(false);
                if let Some(format) = keys.text("format") {
                    column.format = self.format(format)?;
                    column.right = matches!(column.format, CellFormat::Bytes | CellFormat::Count);
                }
                Some(column)
            }
            _ => {
                self.remark("a column in `x-cli-columns` is neither a string nor an object");
                None
            }
        }
    }

    fn format(&self, name: &str) -> Option<CellFormat> {
        Some(match name {
            "age" => CellFormat::Age,
            "bytes" => CellFormat::Bytes,
            "duration" => CellFormat::Duration,
            "count" => CellFormat::Count,
            "spark" => CellFormat::Spark,
            "exact" => CellFormat::Exact,
            _ => {
                self.remark(format!("a column has the unknown format `{}`", CleanText::new(name)));
                return None;
            }
        })
    }
}

/// Whether the document says of an object that anything can be in it.
fn is_anything(shape: &SchemaShape<'_>) -> bool {
    shape.is_object()
        && shape.properties().is_empty()
        && matches!(shape.additional, super::shape::Additional::Anything)
}

/// Whether a content type is that of one JSON text after the other.
fn is_watched(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"))
        && parts.any(|parameter| parameter.starts_with("stream="))
}

/// How gladly a content type is asked for, and what it is.
fn rank(content_type: &str) -> (u8, ResponseKind) {
    let plain = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match plain.as_str() {
        "application/json" => (0, ResponseKind::Json),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines"
        | "application/json-seq" => (2, ResponseKind::JsonLines),
        other if other.ends_with("+json") || other.ends_with("/json") => (1, ResponseKind::Json),
        "text/event-stream" => (3, ResponseKind::EventStream),
        "application/yaml" | "application/x-yaml" | "application/xml" => (5, ResponseKind::Text),
        other if other.starts_with("text/") => (4, ResponseKind::Text),
        "*/*" | "" => (7, ResponseKind::Any),
        _ => (6, ResponseKind::Binary),
    }
}

/// `x-cli-plot`: where the points of an answer are.
fn plot(keys: &Extensions<'_, '_>) -> Option<Box<DeclaredPlot>> {
    let keys = keys.within("x-cli-plot")?;
    let values = keys.pointers("value");
    if values.is_empty() {
        keys.source.remark("`x-cli-plot` has no `value`");
        return None;
    }
    let unit = keys.line("unit").map(|unit| match Pointer::new(unit.as_str()) {
        Some(place) if unit.as_str().starts_with('/') => PlotUnit::At(place),
        _ => PlotUnit::Always(unit),
    });
    let (series, time, labels) = (keys.pointer("series"), keys.pointer("time"), keys.pointers("labels"));
    let (bar, chart) = (keys.pointer("bar"), keys.pointer("chart"));
    Some(Box::new(DeclaredPlot { series, time, values, bar, unit, chart, labels }))
}

fn warnings<'a>(keys: &Extensions<'_, 'a>) -> Vec<DeclaredWarning> {
    let made = |item: &'a Value| {
        let members = item.as_object()?;
        let keys = keys.of(members);
        let header = keys.line("header").map(WarnOn::Header);
        let on = header.or_else(|| keys.pointer("field").map(WarnOn::Field))?;
        let text = keys.line("text").unwrap_or_else(|| match &on {
            WarnOn::Header(name) => name.clone(),
            WarnOn::Field(pointer) => CleanText::new(pointer.steps().last().map_or("", String::as_str)),
        });
        Some(DeclaredWarning { on, text })
    };
    let items = keys.items("x-cli-warn");
    let warnings: Vec<DeclaredWarning> = items.iter().filter_map(|item| made(item)).collect();
    if warnings.len() < items.len() {
        keys.source.remark("`x-cli-warn` has an entry without `header` and `field`");
    }
    warnings
}

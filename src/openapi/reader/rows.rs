//! Where the rows of an answer are, and which columns they have.
//!
//! A list is its own rows. An object *wraps* its rows when it has one list, nothing that makes it a thing of its own
//! (`id`, `name`, …), and beside the list only what such wrappers have: for a list of objects plain values and
//! paging (`total`, `nextCursor`, `metadata`), for a list of plain values paging only. So `{items: [{…}], total}` is
//! a table, `{name, email, roles: [text]}` is not.
//!
//! It must not know what the answer is for.

use super::reference::{DocumentReader, Spoilt};
use super::shape::{Additional, Property, Shape, Types};
use crate::openapi::wrapping::{heading, is_identity, is_paging, names_a_row};
use crate::openapi::{CellFormat, Pointer, TableColumn, limits};
use serde_json::Value;

/// Whether no table shows a property: a secret, and what is about the document.
fn is_left_out(name: &str, shape: &Shape<'_>) -> bool {
    shape.is_secret() || name == "$schema"
}

/// What the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowsKind {
    /// Objects, or what is not described.
    Objects,
    /// Texts, numbers.
    Plain,
    /// The answer is not described.
    Unknown,
    /// There are none.
    None,
}

/// The rows of an answer.
pub(super) struct RowsSchema<'a> {
    pub(super) kind: RowsKind,
    pub(super) pointer: Option<Pointer>,
    /// The members of the answer are the rows.
    pub(super) by_name: bool,
    pub(super) items: Vec<&'a Value>,
}

impl<'a> DocumentReader<'a> {
    /// Where the rows of what `shape` allows are.
    pub(super) fn rows(&self, shape: &Shape<'a>) -> Result<RowsSchema<'a>, Spoilt> {
        let none = |kind| RowsSchema { kind, pointer: None, by_name: false, items: Vec::new() };
        if shape.is_array() {
            let kind = self.kind_of_items(shape)?;
            let pointer = Some(Pointer::default());
            return Ok(RowsSchema { kind, pointer, by_name: false, items: shape.items.clone() });
        }
        if shape.types.is_unknown() || shape.mixed {
            return Ok(none(RowsKind::Unknown));
        }
        if !shape.is_object() {
            return Ok(none(RowsKind::None));
        }
        if shape.properties().is_empty() {
            if let Additional::Schema(schemas) = &shape.additional
                && self.shape(schemas)?.is_object()
            {
                return Ok(RowsSchema { by_name: true, items: schemas.clone(), ..none(RowsKind::None) });
            }
            let known = matches!(shape.additional, Additional::Schema(_) | Additional::Nothing);
            return Ok(none(if known { RowsKind::None } else { RowsKind::Unknown }));
        }
        Ok(self.wrapped(shape)?.unwrap_or_else(|| none(RowsKind::None)))
    }

    fn wrapped(&self, shape: &Shape<'a>) -> Result<Option<RowsSchema<'a>>, Spoilt> {
        let mut list = None;
        let mut only_paging = true;
        for property in shape.properties() {
            let inner = self.property(property)?;
            if inner.is_array() {
                if list.replace((property, inner)).is_some() {
                    return Ok(None);
                }
                continue;
            }
            if is_paging(property.name) {
                continue;
            }
            only_paging = false;
            if is_identity(property.name) || !inner.types.are_plain() {
                return Ok(None);
            }
        }
        let Some((property, inner)) = list else { return Ok(None) };
        let kind = self.kind_of_items(&inner)?;
        if kind == RowsKind::Plain && !only_paging {
            return Ok(None);
        }
        let pointer = Some(Pointer::from_property(property.name));
        Ok(Some(RowsSchema { kind, pointer, by_name: false, items: inner.items }))
    }

    fn kind_of_items(&self, list: &Shape<'a>) -> Result<RowsKind, Spoilt> {
        let plain = !list.items.is_empty() && self.shape(&list.items)?.types.are_plain();
        Ok(if plain { RowsKind::Plain } else { RowsKind::Objects })
    }

    /// The columns of `rows`, as far as their schema tells: what names a row first, then plain values in the order
    /// of the document; lists and objects, and what is more than a terminal holds, are wide.
    pub(super) fn columns(&self, rows: &RowsSchema<'a>) -> Result<Vec<TableColumn>, Spoilt> {
        let shape = self.shape(&rows.items)?;
        let (mut naming, mut plain, mut nested) = (Vec::new(), Vec::new(), Vec::new());
        for property in shape.properties().iter().take(limits::COLUMNS) {
            let inner = self.property(property)?;
            if is_left_out(property.name, &inner) {
                continue;
            }
            let column = self.column(property, &inner)?;
            let is_list = inner.is_array() && self.kind_of_items(&inner)? == RowsKind::Plain;
            if !is_list && !inner.types.are_plain() && !inner.types.is_unknown() {
                nested.push(TableColumn { wide: true, ..column });
            } else if names_a_row(property.name) {
                naming.push(column);
            } else {
                plain.push(column);
            }
        }
        naming.append(&mut plain);
        naming.iter_mut().skip(limits::NARROW_COLUMNS).for_each(|column| column.wide = true);
        naming.append(&mut nested);
        Ok(naming)
    }

    /// The properties of `rows` that no table shows, whatever comes.
    pub(super) fn left_out(&self, rows: &RowsSchema<'a>) -> Result<Vec<String>, Spoilt> {
        let shape = self.shape(&rows.items)?;
        let mut names = Vec::new();
        for property in shape.properties().iter().take(limits::COLUMNS) {
            if is_left_out(property.name, &self.property(property)?) {
                names.push(property.name.to_owned());
            }
        }
        Ok(names)
    }

    fn column(&self, property: &Property<'a>, inner: &Shape<'a>) -> Result<TableColumn, Spoilt> {
        let format = match inner.format {
            Some("date-time") => CellFormat::Age,
            _ if inner.is_array() && self.kind_of_items(inner)? == RowsKind::Objects => CellFormat::Count,
            _ => CellFormat::Plain,
        };
        let number = Types::INTEGER.and(Types::NUMBER);
        let right = (inner.types.are_plain() && !inner.types.has(Types::STRING.and(Types::BOOLEAN)))
            && inner.types.has(number)
            || format == CellFormat::Count;
        let path = Pointer::from_property(property.name);
        Ok(TableColumn { header: heading(property.name), path, format, wide: false, right })
    }
}

//! What the rows of an answer were by the rules of before, on which the former words of commands depend.
//!
//! It must not know where rows are today.

use super::reference::{DocumentReader, Spoilt};
use super::rows::RowsKind;
use super::shape::{Additional, SchemaShape};
use everestctl_rows::case::kebab;

/// What made an object a thing of its own.
const IDENTITY: &[&str] = &["id", "uid", "uuid", "name", "key", "slug", "title", "email", "username"];

/// What stood beside the rows in a wrapper.
const PAGING: &str = " schema total count size limit offset page pages per-page cursor next prev previous first last links \
    meta metadata pagination kind api-version stale truncated success more revision resource-version ";

impl<'a> DocumentReader<'a> {
    /// What the rows of what `shape` allows were.
    pub(super) fn former_rows(&self, shape: &SchemaShape<'a>) -> Result<RowsKind, Spoilt> {
        if shape.is_array() {
            return self.kind_of_items(shape);
        }
        if shape.types.is_unknown() || shape.mixed {
            return Ok(RowsKind::Unknown);
        }
        if !shape.is_object() {
            return Ok(RowsKind::None);
        }
        if shape.properties().is_empty() {
            let is_known = matches!(shape.additional, Additional::Schema(_) | Additional::Nothing);
            return Ok(if is_known { RowsKind::None } else { RowsKind::Unknown });
        }
        let mut list = None;
        let mut only_paging = true;
        for property in shape.properties() {
            let inner = self.property(property)?;
            let name = kebab(property.name);
            let is_paging = PAGING.contains(&format!(" {name} "))
                || ["next-", "prev-", "previous-", "total-", "has-", "page-"]
                    .iter()
                    .any(|begin| name.starts_with(begin));
            if inner.is_array() {
                if list.replace(inner).is_some() {
                    return Ok(RowsKind::None);
                }
            } else if !is_paging {
                only_paging = false;
                if IDENTITY.contains(&name.as_str()) || !inner.types.are_plain() {
                    return Ok(RowsKind::None);
                }
            }
        }
        let kind = list.map_or(Ok(RowsKind::None), |list| self.kind_of_items(&list))?;
        Ok(if kind == RowsKind::Plain && !only_paging { RowsKind::None } else { kind })
    }
}

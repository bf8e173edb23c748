//! Names of properties that tell what an object is: a thing of its own, or a wrapper around rows. And what such a
//! name looks like above a column.

use super::case::kebab;
use crate::model::CleanText;

/// What makes an object a thing of its own.
const IDENTITY: &[&str] = &["id", "uid", "uuid", "name", "key", "slug", "title", "email", "username"];

/// What stands beside the rows in a wrapper.
const PAGING: &[&str] = &[
    "schema",
    "total",
    "count",
    "size",
    "limit",
    "offset",
    "page",
    "pages",
    "per-page",
    "cursor",
    "next",
    "prev",
    "previous",
    "first",
    "last",
    "links",
    "meta",
    "metadata",
    "pagination",
    "kind",
    "api-version",
    "stale",
    "truncated",
    "success",
    "more",
    "revision",
    "resource-version",
];

/// Whether a property of this name makes an object a thing of its own.
pub(super) fn is_identity(name: &str) -> bool {
    IDENTITY.contains(&kebab(name).as_str())
}

/// Whether a property of this name is about the list beside it.
pub(super) fn is_paging(name: &str) -> bool {
    let name = kebab(name);
    PAGING.contains(&name.as_str())
        || ["next-", "prev-", "previous-", "total-", "has-", "page-"]
            .iter()
            .any(|begin| name.starts_with(begin))
}

/// Whether a column of this name goes first.
pub(super) fn names_a_row(name: &str) -> bool {
    matches!(kebab(name).as_str(), "id" | "name")
}

/// The heading of a column that shows the property `name`.
pub(super) fn heading(name: &str) -> CleanText {
    let words = kebab(name).replace('-', " ").to_uppercase();
    CleanText::non_empty(&words).unwrap_or_else(|| CleanText::new(name))
}

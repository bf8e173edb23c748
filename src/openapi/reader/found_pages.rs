//! Further pages of a list whose document has no `x-cli-paginate`: what its parameters and its answer are usually called
//! says how they are asked for.
//!
//! It must not know what an answer really has: that is looked at when it comes.

use super::argument_draft::ArgumentDraft;
use super::arguments::BuiltArgument;
use super::reference::DocumentReader;
use super::shape::{SchemaShape, Types};
use crate::openapi::command::PageBy;
use crate::openapi::paging::{ADDRESSES, CURSORS, is_about_pages};
use crate::openapi::{ArgumentName, ArgumentPlace, Paginate, limits};
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};

/// Parameters that take the place of the next page.
pub(super) const BY_CURSOR: &[&str] = &[
    "cursor",
    "next-cursor",
    "page-cursor",
    "page-after",
    "after",
    "starting-after",
    "start-after",
    "page-token",
    "next-page-token",
    "next-token",
    "continuation-token",
    "continue",
    "marker",
    "bookmark",
];

/// Parameters that take the number of a page.
pub(super) const BY_NUMBER: &[&str] = &["page", "page-number", "page-no", "page-num", "page-index"];

/// Parameters that take the number of rows before.
pub(super) const BY_OFFSET: &[&str] = &["offset", "page-offset", "skip"];

/// Parameters that say how many rows a page has.
const SIZES: &[&str] = &[
    "limit",
    "per-page",
    "page-size",
    "page-limit",
    "items-per-page",
    "results-per-page",
    "max-results",
    "max-items",
    "size",
    "count",
    "top",
    "first",
];

/// The parameters of a list that are about pages, by their names on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FoundPages<'a> {
    cursor: Option<&'a str>,
    page: Option<&'a str>,
    offset: Option<&'a str>,
    pub(super) size: Option<&'a str>,
    /// The document says that there can be pages.
    pub(super) is_told: bool,
}

impl<'a> FoundPages<'a> {
    /// What `drafts` say. `leads`: the answer can say where the next page is.
    pub(super) fn new(drafts: &[ArgumentDraft<'a>], leads: bool) -> Self {
        let number = Types::INTEGER.and(Types::NUMBER);
        let found = |names: &[&str], types: Types| {
            names.iter().find_map(|name| {
                let is_it = |draft: &&ArgumentDraft<'a>| {
                    let said = draft.shape.types;
                    matches!(draft.place, ArgumentPlace::Query { .. })
                        && kebab(draft.wire) == **name
                        && (said.is_unknown() || (said.are_plain() && said.has(types)))
                };
                drafts.iter().find(is_it).map(|draft| draft.wire)
            })
        };
        let cursor = found(BY_CURSOR, Types::STRING.and(number));
        let (page, offset) = (found(BY_NUMBER, number), found(BY_OFFSET, number));
        let is_told = leads || cursor.is_some() || page.is_some() || offset.is_some();
        Self { cursor, page, offset, size: found(SIZES, number).filter(|_| is_told), is_told }
    }

    /// How further pages are asked for, once the arguments have their names.
    pub(super) fn paginate(self, made: &[BuiltArgument<'a>]) -> Paginate {
        let name = |wire: Option<&str>| -> Option<ArgumentName> {
            let is_it = |made: &&BuiltArgument<'a>| matches!(&made.argument.place, ArgumentPlace::Query { name, .. } if Some(name.as_str()) == wire);
            made.iter().find(is_it).map(|made| made.argument.name.clone())
        };
        let by = PageBy::Found {
            cursor: name(self.cursor),
            page: name(self.page),
            offset: name(self.offset),
            is_told: self.is_told,
        };
        Paginate { by, size: name(self.size) }
    }
}

impl<'a> DocumentReader<'a> {
    /// Whether a document says that the answer of `operation` can name its next page: by a header, or by a member.
    pub(super) fn leads_to_pages(&self, operation: &'a Map<String, Value>, shape: &SchemaShape<'a>) -> bool {
        let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
        let mut successes = responses.filter(|(code, _)| code.starts_with('2'));
        let has_header = successes.any(|(_, response)| {
            let headers =
                self.resolve(response).ok().and_then(|response| response.get("headers")?.as_object());
            headers.is_some_and(|headers| headers.keys().any(|name| name.eq_ignore_ascii_case("link")))
        });
        has_header || self.has_next(shape, 0)
    }

    fn has_next(&self, shape: &SchemaShape<'a>, depth: usize) -> bool {
        let is_next = |name: &str| ADDRESSES.contains(&name) || (CURSORS.contains(&name) && name != "after");
        shape.properties().iter().take(limits::COLUMNS).any(|property| {
            let name = kebab(property.name);
            let inner = || self.property(property).ok();
            is_next(&name)
                || (depth < 2
                    && is_about_pages(&name)
                    && inner().is_some_and(|inner| inner.is_object() && self.has_next(&inner, depth + 1)))
        })
    }
}

//! What an answer says of the next page, where the document only lets guess it: the request that leads there.
//!
//! It must not send anything.

use super::arguments::ParsedArguments;
use crate::openapi::{self, ApiCommand, ArgumentName, PageBy, PageFacts, Paginate, ValueKind};
use serde_json::Value;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// Where the next page is.
pub(super) enum NextRequest {
    /// An argument with another value.
    Argument(ArgumentName, String),
    /// A path and a query.
    Link(String, String),
    /// There is none.
    None,
}

impl NextRequest {
    /// What tells it from every other page.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Argument(_, value) => value.clone(),
            Self::Link(path, query) => format!("{path}?{query}"),
            Self::None => String::new(),
        }
    }
}

/// How far a list has been read.
#[derive(Default)]
pub(super) struct ListProgress {
    /// How many rows have been told.
    pub(super) count: u64,
    /// How many rows were before the first one, as far as that was typed.
    before: u64,
    /// The number of the current page.
    page: u64,
    /// Whether it was read from its beginning.
    is_from_start: bool,
    /// Whether nothing says that there is the next page.
    pub(super) is_hoped_for: bool,
    /// How many rows there are, as the server says.
    pub(super) total: Option<u64>,
    /// The rows of the last page.
    rows: Option<u64>,
    /// The server has said where the next page is: where it says no more, there is none.
    pub(super) is_led: bool,
    base: PageBase,
    /// The pages are counted from 0.
    is_from_zero: bool,
}

/// The number of the first page.
#[derive(Default)]
enum PageBase {
    /// It is known, or nobody needs it.
    #[default]
    Known,
    /// Nobody says it: 0 or 1.
    Unknown,
    /// Page 1 was asked for, after these rows: it is the second one, or the same again.
    Asked(HashSet<u64>),
}

impl ListProgress {
    /// Nothing has been read; `arguments` say where it starts.
    pub(super) fn new<F>(command: &ApiCommand, paginate: &Paginate, arguments: &ParsedArguments<F>) -> Self {
        let PageBy::Found { cursor, page, offset, .. } = &paginate.by else { return Self::default() };
        let typed = |name: &Option<ArgumentName>| arguments.value(name.as_ref()?.as_str());
        let number = |name: &Option<ArgumentName>| typed(name)?.parse::<u64>().ok();
        let said = page.as_ref().and_then(|page| first_page(command, page));
        let first = said.unwrap_or(1);
        let is_unknown = page.is_some() && said.is_none() && number(page).is_none();
        let base = if is_unknown { PageBase::Unknown } else { PageBase::Known };
        let is_from_start = typed(cursor).is_none()
            && number(page).is_none_or(|page| page == first)
            && number(offset).is_none_or(|offset| offset == 0);
        let before = number(offset).unwrap_or(0);
        Self { page: number(page).unwrap_or(first), before, is_from_start, base, ..Self::default() }
    }

    /// Whether page 1 was asked for to see whether it is the first one, and is: what is to be asked for instead.
    pub(super) fn first_again(
        &mut self,
        paginate: &Paginate,
        rows: &[Value],
    ) -> Option<(ArgumentName, String)> {
        let PageBase::Asked(first) = &self.base else { return None };
        let again = rows.iter().filter(|row| first.contains(&hash(row))).count();
        self.base = PageBase::Known;
        let PageBy::Found { page: Some(argument), .. } = &paginate.by else { return None };
        // Something may have come in between.
        (again * 2 > rows.len()).then(|| {
            self.page += 1;
            (argument.clone(), self.page.to_string())
        })
    }

    /// Whether the rows are those of the page before; what is not an object may be the same by chance.
    pub(super) fn repeats(&mut self, rows: &[Value]) -> bool {
        let hash = hash(rows);
        let is_same = self.rows == Some(hash) && !rows.is_empty() && rows.iter().all(Value::is_object);
        self.rows = Some(hash);
        is_same
    }

    /// What there is to say of how many rows the server counts: whether they have become fewer.
    pub(super) fn shrinks(&mut self, facts: &PageFacts) -> bool {
        let shrinks = matches!((facts.total, self.total), (Some(now), Some(before)) if now < before);
        self.total = facts.total.or(self.total);
        shrinks
    }

    /// How many rows are missing at the end, by what the server counts.
    pub(super) fn missing(&self) -> Option<u64> {
        self.total.filter(|_| self.is_from_start)?.checked_sub(self.count).filter(|missing| *missing > 0)
    }

    /// The next request, by what the answer says; where it says nothing, there may be another page behind any.
    pub(super) fn next(
        &mut self,
        paginate: &Paginate,
        facts: &PageFacts,
        rows: &[Value],
        typed: impl Fn(&str) -> Option<String>,
    ) -> NextRequest {
        let PageBy::Found { cursor, page, offset, .. } = &paginate.by else { return NextRequest::None };
        if rows.is_empty() || facts.has_more == Some(false) {
            return NextRequest::None;
        }
        self.is_hoped_for = false;
        if let (Some(argument), Some(place)) = (cursor, &facts.cursor)
            && typed(argument.as_str()).as_ref() != Some(place)
        {
            self.is_led = true;
            return NextRequest::Argument(argument.clone(), place.clone());
        }
        if self.is_led && facts.has_more != Some(true) {
            return NextRequest::None;
        }
        if facts.page.is_some() && matches!(self.base, PageBase::Unknown) {
            self.base = PageBase::Known;
        }
        self.is_from_zero |= facts.page == Some(0);
        let known_total = facts.total.filter(|_| self.is_from_start);
        let number = facts.page.map(|page| page + u64::from(self.is_from_zero));
        let more = PageFacts { total: known_total, page: number, ..facts.clone() }
            .more_than(self.before + self.count);
        // A server may give smaller pages than it was asked for: only an empty one is surely the end.
        let is_over = more == Some(false);
        self.is_hoped_for = more.is_none();
        if let (Some(argument), false) = (page, is_over) {
            if facts.next.is_none() && matches!(self.base, PageBase::Unknown) {
                self.base = PageBase::Asked(rows.iter().map(hash).collect());
                return NextRequest::Argument(argument.clone(), self.page.to_string());
            }
            self.page = facts.next.unwrap_or(facts.page.unwrap_or(self.page) + 1);
            return NextRequest::Argument(argument.clone(), self.page.to_string());
        }
        if let (Some(argument), false) = (offset, is_over) {
            return NextRequest::Argument(argument.clone(), (self.before + self.count).to_string());
        }
        // `starting_after`: the last row is the place.
        let last = rows.last().and_then(|row| row.get("id")).and_then(|id| match id {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        match (cursor, last) {
            (Some(argument), Some(id)) if facts.has_more == Some(true) => {
                NextRequest::Argument(argument.clone(), id)
            }
            _ => NextRequest::None,
        }
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The number of the first page: 0 where the document says so.
fn first_page(command: &ApiCommand, page: &ArgumentName) -> Option<u64> {
    let argument = command.argument(page.as_str())?;
    let default = argument.default.as_ref().and_then(Value::as_u64);
    let least = match &argument.kind {
        ValueKind::Integer(range) => range.least.as_ref().and_then(serde_json::Number::as_u64),
        _ => None,
    };
    default.or(least)
}

/// How many rows a page has: as typed, or else as the document says.
fn page_size(
    command: &ApiCommand,
    name: &ArgumentName,
    typed: impl Fn(&str) -> Option<String>,
) -> Option<usize> {
    let default = || command.argument(name.as_str())?.default.as_ref()?.as_u64();
    let size = typed(name.as_str()).and_then(|text| text.parse().ok()).or_else(default)?;
    usize::try_from(size).ok()
}

/// What to say where only one page of `command` was asked for, and there may be more.
pub(super) fn hint<F>(
    command: &ApiCommand,
    arguments: &ParsedArguments<F>,
    value: &Value,
    has_link: bool,
) -> Option<&'static str> {
    let rows = openapi::rows(command, value)?;
    let facts = PageFacts::from_answer(value);
    let typed = |name: &str| arguments.value(name).map(str::to_owned);
    let mut is_guess = false;
    let mut has_next = || match &command.paginate {
        Some(paginate) if matches!(paginate.by, PageBy::Found { .. }) => {
            let mut progress = ListProgress::new(command, paginate, arguments);
            progress.count = rows.len() as u64;
            let is_none = matches!(progress.next(paginate, &facts, rows, typed), NextRequest::None);
            let size = || page_size(command, paginate.size.as_ref()?, typed);
            // A full page lets expect another one.
            is_guess = progress.is_hoped_for;
            !is_none && (!is_guess || size().is_some_and(|size| rows.len() >= size))
        }
        Some(Paginate { by: PageBy::Cursor { cursor, .. }, .. }) => match cursor.find(value) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(found) => found.is_number(),
            None => false,
        },
        _ => false,
    };
    let is_said = facts.address.is_some() || (facts.has_more == Some(true) && !rows.is_empty());
    if !(has_link || is_said || has_next()) {
        return None;
    }
    Some(if is_guess {
        "there may be more rows: use `--limit N` or `--all`"
    } else if command.paginate.is_some() {
        "more rows available: use `--limit N` or `--all`"
    } else if has_link {
        "more rows available: `everestctl plugin api --paginate` gets all pages"
    } else {
        "more rows available: `-o json` shows where the next page is"
    })
}

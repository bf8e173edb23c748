//! What an answer says of further pages: where the next one is, how many rows or pages there are.
//!
//! It must not know how a page is asked for.

use super::wrapping::is_paging;
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};

/// What an answer says of further pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// The address of the next page, absolute or relative.
    pub address: Option<String>,
    /// What stands for the place of the next page.
    pub cursor: Option<String>,
    /// The number of the next page.
    pub next: Option<u64>,
    /// The number of this page.
    pub page: Option<u64>,
    /// How many pages there are.
    pub pages: Option<u64>,
    /// How many rows there are on all pages.
    pub total: Option<u64>,
    /// Whether there is more.
    pub has_more: Option<bool>,
}

/// How deep it is looked for: `meta.pagination.links.next`.
const DEEPEST: usize = 3;

/// Names of cursors, in kebab-case.
pub(super) const CURSORS: &[&str] = &[
    "next-cursor",
    "next-page-cursor",
    "next-page-token",
    "next-token",
    "next-marker",
    "next-continuation-token",
    "continuation-token",
    "continuation",
    "continue",
    "end-cursor",
    "after",
    "cursor",
];

/// Names of the address of the next page.
pub(super) const ADDRESSES: &[&str] = &[
    "next",
    "next-link",
    "next-url",
    "next-uri",
    "next-href",
    "next-page",
    "next-page-url",
    "next-page-link",
    "next-page-uri",
    "odata-next-link",
];

const TOTALS: &[&str] = &[
    "total",
    "total-count",
    "total-results",
    "total-items",
    "total-entries",
    "total-elements",
    "total-rows",
    "total-records",
    "total-size",
    "total-hits",
    "odata-count",
];
const PAGES: &[&str] = &["total-pages", "page-count", "pages", "last-page", "num-pages"];
const THIS_PAGE: &[&str] = &["page", "current-page", "page-number", "current"];
const HAS_MORE: &[&str] =
    &["has-more", "has-next", "has-next-page", "more", "is-truncated", "truncated", "incomplete"];
const IS_LAST: &[&str] = &["last", "is-last", "is-last-page", "last-page"];

impl PageFacts {
    /// What `value` says; its rows are not looked into.
    pub fn from_answer(value: &Value) -> Self {
        let mut facts = Self::default();
        if let Value::Object(members) = value {
            facts.add(members, 0);
        }
        facts
    }

    /// Whether there are more rows than the `shown` first ones; `None` when it does not tell.
    pub fn more_than(&self, shown: u64) -> Option<bool> {
        if self.address.is_some() || self.next.is_some() {
            return Some(true);
        }
        self.has_more.or_else(|| Some(self.page? < self.pages?)).or_else(|| Some(shown < self.total?))
    }

    fn add(&mut self, members: &Map<String, Value>, depth: usize) {
        // Spring: `{content, number, totalPages}`.
        let counts_pages = members.keys().any(|name| PAGES.contains(&kebab(name).as_str()));
        for (name, value) in members {
            let name = kebab(name);
            let is = |names: &[&str]| names.contains(&name.as_str());
            match value {
                Value::String(text) if text.is_empty() => {}
                Value::String(text) if is(ADDRESSES) && is_address(text) => {
                    self.address.get_or_insert_with(|| text.clone());
                }
                Value::String(text) if is(CURSORS) || is(ADDRESSES) => self.cursor(&name, text),
                Value::Number(number) if is(ADDRESSES) => self.next = self.next.or(number.as_u64()),
                Value::Number(number) if is(PAGES) => self.pages = self.pages.or(number.as_u64()),
                Value::Number(number) if is(TOTALS) => self.total = self.total.or(number.as_u64()),
                Value::Number(number) if is(THIS_PAGE) || (name == "number" && counts_pages) => {
                    self.page = self.page.or(number.as_u64());
                }
                Value::Number(number) if is(CURSORS) => self.cursor(&name, &number.to_string()),
                Value::Bool(more) if is(HAS_MORE) => self.has_more = self.has_more.or(Some(*more)),
                Value::Bool(last) if is(IS_LAST) => self.has_more = self.has_more.or(Some(!last)),
                // `links: {next: {href}}`
                Value::Object(inner) if is(ADDRESSES) => self.reference(inner),
                Value::Object(inner) if is_about_pages(&name) && depth < DEEPEST => {
                    self.add(inner, depth + 1);
                }
                Value::Array(links) if name == "links" || name == "link" => {
                    let is_next =
                        |link: &&Map<String, Value>| link.get("rel").and_then(Value::as_str) == Some("next");
                    if let Some(link) = links.iter().filter_map(Value::as_object).find(is_next) {
                        self.reference(link);
                    }
                }
                _ => {}
            }
        }
    }

    /// An object that is a link.
    fn reference(&mut self, link: &Map<String, Value>) {
        let text = ["href", "url", "uri", "link"].iter().find_map(|name| link.get(*name)?.as_str());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.address.get_or_insert_with(|| text.to_owned());
        }
    }

    /// A cursor; one that is surely of the next page goes before one that may be of this one.
    fn cursor(&mut self, name: &str, text: &str) {
        if self.cursor.is_none() || !matches!(name, "cursor" | "after") {
            self.cursor = Some(text.to_owned());
        }
    }
}

/// Whether a text is where something is, and not what stands for it.
fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with(['/', '?'])
}

/// Whether an object of this name may say something of pages.
pub(super) fn is_about_pages(name: &str) -> bool {
    is_paging(name)
        || matches!(name, "cursors" | "pages" | "result-set" | "list-meta" | "page-meta")
        || name.ends_with("pagination")
        || name.ends_with("paging")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_next_page_is_found_however_it_is_written() {
        let address = |value: Value| PageFacts::from_answer(&value).address;
        let next = Some("/things?page=2".to_owned());
        for value in [
            json!({"next": "/things?page=2", "previous": null, "results": []}),
            json!({"_links": {"self": {"href": "/things"}, "next": {"href": "/things?page=2"}}}),
            json!({"links": {"next": "/things?page=2", "prev": null}, "data": []}),
            json!({"@odata.nextLink": "/things?page=2", "value": []}),
            json!({"meta": {"pagination": {"links": {"next": "/things?page=2"}}}}),
            json!({"links": {"pages": {"next": "/things?page=2"}}}),
            json!({"links": [{"rel": "self", "href": "/x"}, {"rel": "next", "href": "/things?page=2"}]}),
            json!({"next_page_url": "/things?page=2", "next_cursor": "x"}),
        ] {
            assert_eq!(address(value.clone()), next, "{value}");
        }
        for none in
            [json!({"next": null}), json!({"next": ""}), json!([]), json!({"data": {"next": "/x"}}), json!(5)]
        {
            assert_eq!(PageFacts::from_answer(&none), PageFacts::default(), "{none}");
        }
    }

    #[test]
    fn cursors_and_counts_are_found() {
        let cursor = |value: Value| PageFacts::from_answer(&value).cursor;
        for value in [
            json!({"nextPageToken": "c", "items": []}),
            json!({"response_metadata": {"next_cursor": "c"}}),
            json!({"metadata": {"continue": "c", "resourceVersion": "1"}}),
            json!({"pagination": {"cursor": "c"}}),
            json!({"paging": {"cursors": {"before": "b", "after": "c"}}}),
            json!({"cursor": "a", "nextCursor": "c"}),
            json!({"next": "c"}),
        ] {
            assert_eq!(cursor(value.clone()).as_deref(), Some("c"), "{value}");
        }
        let more = |value: Value, shown| PageFacts::from_answer(&value).more_than(shown);
        assert_eq!(more(json!({"total": 5}), 3), Some(true));
        assert_eq!(more(json!({"total_count": 3}), 3), Some(false));
        assert_eq!(
            more(json!({"meta": {"pagination": {"page": 1, "total_pages": 2, "next_page": 2}}}), 1),
            Some(true)
        );
        assert_eq!(more(json!({"result_info": {"page": 2, "total_pages": 2}}), 1), Some(false));
        assert_eq!(more(json!({"page": {"size": 20, "totalElements": 9}}), 9), Some(false));
        assert_eq!(more(json!({"has_more": true, "data": []}), 1), Some(true));
        assert_eq!(more(json!({"content": [], "last": false}), 1), Some(true));
        assert_eq!(more(json!({"items": []}), 1), None);
        assert_eq!(
            PageFacts::from_answer(&json!({"number": 0, "totalPages": 3, "content": []})).page,
            Some(0)
        );
        assert_eq!(PageFacts::from_answer(&json!({"page": {"number": 2, "totalPages": 3}})).page, Some(2));
        assert_eq!(PageFacts::from_answer(&json!({"number": 7, "title": "x"})).page, None);
    }

    proptest! {
        #[test]
        fn whatever_an_answer_says_it_is_read(text in r#"[\[\]{}":,a-z0-9]{0,60}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                PageFacts::from_answer(&value);
            }
        }
    }
}

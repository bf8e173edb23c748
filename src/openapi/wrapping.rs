//! Where the rows are among the members of an object, told by the names and kinds of these members; and what a name
//! looks like above a column.
//!
//! An object that is a thing of its own (`id`, `name`, …) has no rows. Otherwise the rows are the list that the route is named
//! after, else one with a usual name (`items`, `data`, …), else the only one; or they are deeper, in an envelope
//! (`result`, `_embedded`). Lists about the answer (`errors`, `messages`, `included`) never are.
//!
//! It must not know whether the members come from a document or from an answer.

use super::route::{Segment, segments};
use crate::model::CleanText;
use everestctl_rows::case::{self, kebab};

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
    "link",
    "self",
    "meta",
    "metadata",
    "pagination",
    "paging",
    "page-info",
    "result-info",
    "response-metadata",
    "kind",
    "object",
    "api-version",
    "stale",
    "truncated",
    "success",
    "ok",
    "status",
    "took",
    "time",
    "more",
    "revision",
    "resource-version",
    "odata-context",
    "odata-count",
    "odata-next-link",
];

/// Lists and objects about the answer.
const ABOUT: &[&str] = &[
    "error",
    "errors",
    "warning",
    "warnings",
    "message",
    "messages",
    "notices",
    "included",
    "includes",
    "deprecations",
    "links",
    "meta",
    "metadata",
    "jsonapi",
];

/// Lists that say how the rows beside them are ordered.
const ORDER: &[&str] = &["order", "order-by", "sort", "sort-by", "sorting"];

/// What lists of rows are usually called, the surest first.
const ROWS: &[&str] = &[
    "items",
    "data",
    "results",
    "result",
    "records",
    "values",
    "value",
    "rows",
    "entries",
    "list",
    "elements",
    "resources",
    "objects",
    "content",
    "documents",
    "docs",
    "hits",
    "edges",
    "nodes",
];

/// What envelopes around a wrapper are usually called.
const ENVELOPES: &[&str] =
    &["embedded", "data", "result", "results", "response", "payload", "body", "content", "hits", "list"];

/// How deep rows may lie in envelopes.
pub(super) const ENVELOPE_DEPTH: usize = 3;

/// What a member of an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberKind {
    /// A list of objects, or of what is not known.
    Objects,
    /// A list of plain values.
    Plains,
    Object,
    /// A plain value, null, or what is not known.
    Plain,
}

/// Where the rows of an object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowsPlace {
    /// The member at this place is the list.
    List(usize),
    /// They may be within the member at this place.
    Within(usize),
}

/// Where the rows among `members` are. `noun` is what the route is named after, `all` that the rows are in what an
/// object by itself was taken for.
pub(super) fn rows_place(members: &[(&str, MemberKind)], noun: &str) -> Option<RowsPlace> {
    let names: Vec<String> = members.iter().map(|(name, _)| kebab(name)).collect();
    let is_list = |at: usize| matches!(members[at].1, MemberKind::Objects | MemberKind::Plains);
    let is_thing = |at: &usize| members[*at].1 == MemberKind::Plain && is_identity(&names[*at]);
    let all = 0..members.len();
    if all.clone().any(|at| is_thing(&at)) {
        return None;
    }
    let is_about = |at: usize| ABOUT.contains(&names[at].as_str()) && !means(&names[at], noun);
    let is_paging_at = |at: usize| is_paging_name(&names[at]);
    let mut lists: Vec<usize> = all.clone().filter(|at| is_list(*at) && !is_about(*at)).collect();
    lists = preferred(lists, |at| !is_paging_at(at) && !ORDER.contains(&names[at].as_str()));
    // Texts and numbers beside something else may be a part of a thing.
    let is_alone = |list: usize| {
        all.clone().all(|at| at == list || is_about(at) || is_paging_at(at))
            || members[list].1 == MemberKind::Objects
    };
    let named = lists.iter().copied().find(|at| means(&names[*at], noun)).filter(|at| is_alone(*at));
    if let Some(list) = named {
        return Some(RowsPlace::List(list));
    }
    // Beside rows with a usual name there are lists of texts that say something of them: their columns, their numbers.
    let is_rows = |at: usize| members[at].1 == MemberKind::Objects && ROWS.contains(&names[at].as_str());
    if lists.iter().all(|at| is_rows(*at) || members[*at].1 == MemberKind::Plains) {
        lists = preferred(lists, is_rows);
    }
    if let [list] = lists[..] {
        let is_usual = ROWS.contains(&names[list].as_str());
        let is_plain = |at: usize| members[at].1 != MemberKind::Object;
        let is_wrapped =
            all.clone().all(|at| at == list || is_about(at) || is_paging_at(at) || is_usual || is_plain(at));
        return (is_wrapped && is_alone(list)).then_some(RowsPlace::List(list));
    }
    if !lists.is_empty() {
        return None;
    }
    let is_beside = |at: usize| is_about(at) || is_paging_at(at) || members[at].1 == MemberKind::Plain;
    let envelope = |at: &usize| {
        members[*at].1 == MemberKind::Object
            && (ENVELOPES.contains(&names[*at].as_str()) || means(&names[*at], noun))
            && all.clone().all(|other| other == *at || is_beside(other))
    };
    all.clone().find(envelope).map(RowsPlace::Within)
}

/// Those of `lists` that are `better`, if there are any.
fn preferred(lists: Vec<usize>, better: impl Fn(usize) -> bool) -> Vec<usize> {
    let found: Vec<usize> = lists.iter().copied().filter(|at| better(*at)).collect();
    if found.is_empty() { lists } else { found }
}

/// Whether a plain value of this name, in kebab-case, makes an object a thing of its own.
pub(super) fn is_identity(name: &str) -> bool {
    IDENTITY.contains(&name)
}

/// What the rows of a route are called: its last word that says so, and neither how they come nor that they are a list
/// (`/users.json`, `/users.list`, `/users/list`).
pub(super) fn noun(route: &str) -> String {
    let mut words = segments(route).into_iter().rev().filter_map(|segment| match segment {
        Segment::Word(word) => {
            Some([".json", ".list"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word))
        }
        Segment::Parameter(_) => None,
    });
    let last = words.next().map(kebab).unwrap_or_default();
    let before = if last == "list" { words.next().map(kebab) } else { None };
    before.unwrap_or(last)
}

/// Whether a member of this name holds what `noun` means: `ssh_keys` for `keys`, `volume` for `volumes`.
fn means(name: &str, noun: &str) -> bool {
    let plain = |name: &str| singular(name.strip_suffix("-list").unwrap_or(name));
    let (name, noun) = (plain(name), plain(noun));
    !noun.is_empty()
        && !name.is_empty()
        && (name == noun
            || name.strip_suffix(&noun).is_some_and(|rest| rest.ends_with('-'))
            || noun.strip_suffix(&name).is_some_and(|rest| rest.ends_with('-')))
}

fn singular(name: &str) -> String {
    match (name.strip_suffix("ies"), name.strip_suffix('s')) {
        (Some(stem), _) if stem.len() > 1 => format!("{stem}y"),
        (_, Some(stem)) if !stem.ends_with('s') => stem.strip_suffix('e').unwrap_or(stem).to_owned(),
        _ => name.strip_suffix('e').unwrap_or(name).to_owned(),
    }
}

/// Whether a property of this name is about the list beside it.
pub(super) fn is_paging(name: &str) -> bool {
    is_paging_name(&kebab(name))
}

fn is_paging_name(name: &str) -> bool {
    PAGING.contains(&name)
        || ["next-", "prev-", "previous-", "total-", "has-", "page-"]
            .iter()
            .any(|begin| name.starts_with(begin))
}

/// The heading of a column that shows the property `name`.
pub(super) fn heading(name: &str) -> CleanText {
    CleanText::new(&case::heading(name))
}

#[cfg(test)]
mod tests {
    use super::MemberKind::{Object, Objects, Plain, Plains};
    use super::*;

    fn place(members: &[(&str, MemberKind)], noun: &str) -> Option<String> {
        rows_place(members, noun).map(|place| match place {
            RowsPlace::List(at) => members[at].0.to_owned(),
            RowsPlace::Within(at) => format!("{}/", members[at].0),
        })
    }

    #[test]
    fn rows_are_found_in_every_envelope() {
        for (members, noun, expected) in [
            (
                &[("errors", Objects), ("messages", Objects), ("success", Plain), ("result", Objects)][..],
                "zones",
                "result",
            ),
            (
                &[("data", Objects), ("included", Objects), ("meta", Object), ("links", Object)],
                "users",
                "data",
            ),
            (
                &[
                    ("projects", Objects),
                    ("unavailable_ids", Plains),
                    ("pagination", Object),
                    ("applications", Object),
                ],
                "projects",
                "projects",
            ),
            (&[("Volumes", Objects), ("Warnings", Plains)], "volumes", "Volumes"),
            (&[("ssh_keys", Objects), ("links", Object), ("meta", Object)], "keys", "ssh_keys"),
            (&[("_embedded", Object), ("_links", Object), ("page", Object)], "orders", "_embedded/"),
            (&[("result", Object), ("status", Plain), ("time", Plain)], "collections", "result/"),
            (
                &[("apiVersion", Plain), ("kind", Plain), ("metadata", Object), ("items", Objects)],
                "pods",
                "items",
            ),
            (&[("@odata.context", Plain), ("@odata.nextLink", Plain), ("value", Objects)], "people", "value"),
            (&[("documents", Objects), ("total", Plain)], "find", "documents"),
            (&[("databases", Plains)], "databases", "databases"),
            (&[("messages", Objects), ("total", Plain)], "messages", "messages"),
            (&[("statuses", Objects), ("errors", Objects)], "statuses", "statuses"),
            (&[("policies", Objects), ("rules", Objects)], "policies", "policies"),
            (&[("order", Objects), ("entries", Objects), ("total_count", Plain)], "groups", "entries"),
            (
                &[("ids", Plains), ("list_columns", Plains), ("result", Objects), ("label_columns", Object)],
                "chart",
                "result",
            ),
            (&[("ok", Plain), ("members", Objects), ("response_metadata", Objects)], "users", "members"),
            (&[("pages", Objects), ("crawled", Plain)], "crawl", "pages"),
            (&[("category_list", Object)], "categories", "category_list/"),
        ] {
            assert_eq!(place(members, noun).as_deref(), Some(expected), "{members:?}");
        }
    }

    #[test]
    fn a_thing_with_lists_stays_a_thing() {
        for (members, noun) in [
            (&[("id", Plain), ("items", Objects)][..], "order"),
            (&[("errors", Objects), ("success", Plain)], "zones"),
            (&[("nodes", Objects), ("edges", Objects)], "graph"),
            (&[("user", Plain), ("roles", Plains)], "whoami"),
            (&[("labels", Plains), ("data", Plains)], "chart"),
            (&[("spec", Object), ("status", Object)], "cluster"),
            (&[("data", Object), ("other", Object)], "x"),
            (&[("owner", Object), ("parts", Objects)], "x"),
            (&[], "x"),
        ] {
            assert_eq!(place(members, noun), None, "{members:?}");
        }
    }

    #[test]
    fn a_route_is_named_after_its_last_word() {
        assert_eq!(noun("/api/v1/kubernetes/clusters/{id}/nodePools"), "node-pools");
        assert_eq!(noun("/{thing}"), "");
        for route in ["/api/users", "/users/list", "/users.json", "/users.list", "/users/{id}"] {
            assert_eq!(noun(route), "users", "{route}");
        }
        assert_eq!(noun("/list"), "list");
        assert!(means("kubernetes-clusters", "clusters") && means("volume", "volumes") && !means("x", ""));
        assert!(!means("spaces", "ace") && means("boxes", "box") && means("status", "status"));
    }
}

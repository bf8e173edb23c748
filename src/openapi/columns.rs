//! The columns of rows, in the order in which a person looks for them: identity, state, kind, what else there is, moments.
//!
//! A nested object is a column of what names it (`owner.login`); what is only a container (`metadata`, `spec`, `attributes`)
//! gives its members. What is no help for telling rows apart (addresses, hashes, long texts, constants) is wide.
//!
//! It must not know whether it is a document or an answer that tells what rows have.

use super::column_names::{ColumnPurpose, is_unreadable, purpose};
use super::wrapping::heading;
use super::{CellFormat, Pointer, TableColumn, limits};
use crate::model::CleanText;
use everestctl_rows::case::kebab;
use std::collections::HashSet;

/// One property of rows.
#[derive(Clone, Debug)]
pub(super) struct RowMember {
    pub(super) name: String,
    pub(super) form: RowMemberForm,
    /// It is an address, a long text, or something else that fills a line.
    pub(super) is_bulky: bool,
    /// It is the same in every row.
    pub(super) is_constant: bool,
    /// What is known of its own members.
    pub(super) members: Vec<RowMember>,
}

/// What a property is, so far as its column depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowMemberForm {
    /// One of several words.
    Choice,
    Boolean,
    /// A text, a list of plain values, or what is not known.
    Text,
    Number,
    /// A moment, whatever its name is.
    Moment,
    /// A list of objects.
    Objects,
    /// An object.
    Object,
}

/// Objects that are no things: their members are members of the row.
const CONTAINERS: &[&str] = &["attributes", "spec", "properties", "fields", "node"];

/// What names a nested object, the best first.
const NAMING: &[&str] = &[
    "name",
    "full-name",
    "display-name",
    "display",
    "title",
    "slug",
    "login",
    "username",
    "label",
    "email",
    "value",
    "type",
    "code",
    "key",
    "id",
];

/// What says how a nested object is.
const STATES: &[&str] = &["phase", "status", "state", "health", "conclusion"];

/// Lists of points, which have a short form.
const SERIES: &[&str] =
    &["points", "data-points", "datapoints", "samples", "values", "series", "measurements"];

/// What rows are told apart by where nothing names them, the best first.
const INSTEAD_OF_NAMES: &[&str] = &[
    "hostname", "domain", "host", "key", "uid", "uuid", "guid", "code", "ref", "sha", "digest", "hash",
    "path", "url",
];

/// A column that looks for its place.
struct ColumnCandidate {
    column: TableColumn,
    purpose: ColumnPurpose,
    form: RowMemberForm,
    /// The name that decides.
    name: String,
}

/// The columns of rows with these members; `noun` is what the rows are called. Every member has a column.
pub(super) fn arranged(members: &[RowMember], noun: &str) -> Vec<TableColumn> {
    let mut candidates = Vec::new();
    let mut whole = Vec::new();
    // Objects of Kubernetes are of one kind in each list.
    let names: Vec<String> = members.iter().map(|member| kebab(&member.name)).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    let has_version = has("api-version");
    let is_container = |name: &str| {
        CONTAINERS.contains(&name) || (matches!(name, "status" | "metadata") && (has_version || has("spec")))
    };
    for (member, name) in members.iter().zip(&names) {
        if has_version && name == "kind" {
            let mut kind = ColumnCandidate::new(member, &[], noun);
            kind.purpose = ColumnPurpose::Constant;
            candidates.push(kind);
            continue;
        }
        if member.form != RowMemberForm::Object {
            candidates.push(ColumnCandidate::new(member, &[], noun));
            continue;
        }
        let found = if is_container(name) && !member.members.is_empty() {
            of_container(member, noun)
        } else {
            of_nested(member, &[], noun)
        };
        let column = column(member, &[&member.name], RowMemberForm::Object);
        whole.push(TableColumn { wide: true, part: !found.is_empty(), ..column });
        candidates.extend(found);
    }
    promote(&mut candidates);
    candidates.sort_by_key(|candidate| (candidate.purpose, candidate.form));
    let mut columns = narrowed(candidates);
    columns.truncate(limits::COLUMNS);
    columns.append(&mut whole);
    with_own_headings(columns)
}

/// The columns of rows that somebody stored: in their own order behind what names them, and nothing is made of a value.
pub(super) fn as_stored(members: &[RowMember]) -> Vec<TableColumn> {
    let is_nested =
        |member: &RowMember| matches!(member.form, RowMemberForm::Object | RowMemberForm::Objects);
    let names_it = |member: &RowMember| matches!(kebab(&member.name).as_str(), "id" | "name");
    let mut members: Vec<&RowMember> = members.iter().take(limits::COLUMNS).collect();
    members.sort_by_key(|member| (is_nested(member), !names_it(member)));
    let column = |(at, member): (usize, &&RowMember)| TableColumn {
        format: CellFormat::Plain,
        wide: is_nested(member) || at >= limits::NARROW_COLUMNS,
        right: false,
        ..column(member, &[&member.name], member.form)
    };
    members.iter().enumerate().map(column).collect()
}

/// `declared` columns and `more`, which are of what the document does not describe, in one order.
pub(super) fn joined(declared: Vec<TableColumn>, more: Vec<TableColumn>, noun: &str) -> Vec<TableColumn> {
    let candidate = |column: TableColumn| {
        let name = kebab(column.path.steps().last().map_or("", String::as_str));
        let purpose = if column.wide { ColumnPurpose::Bulk } else { purpose(&name, noun) };
        let form = if column.format == CellFormat::Age { RowMemberForm::Moment } else { RowMemberForm::Text };
        ColumnCandidate { column, purpose, form, name }
    };
    let (whole, candidates): (Vec<_>, Vec<_>) =
        declared.into_iter().chain(more).partition(|column| column.part);
    let mut candidates: Vec<ColumnCandidate> = candidates.into_iter().map(candidate).collect();
    candidates.sort_by_key(|candidate| candidate.purpose);
    let mut columns = narrowed(candidates);
    columns.extend(whole);
    with_own_headings(columns)
}

/// Makes something else the identity of rows that nothing names.
fn promote(candidates: &mut [ColumnCandidate]) {
    let is_named = |candidate: &ColumnCandidate| matches!(candidate.purpose, ColumnPurpose::Identity(_));
    if candidates.iter().any(is_named) {
        return;
    }
    let at = INSTEAD_OF_NAMES.iter().find_map(|name| {
        candidates
            .iter()
            .position(|candidate| candidate.name == *name && candidate.form == RowMemberForm::Text)
    });
    if let Some(candidate) = at.and_then(|at| candidates.get_mut(at)) {
        candidate.purpose = ColumnPurpose::Identity(0);
    }
}

/// The members of a container, and what names the objects among them.
fn of_container(container: &RowMember, noun: &str) -> Vec<ColumnCandidate> {
    let is_state = kebab(&container.name) == "status";
    let mut found = Vec::new();
    for member in &container.members {
        match member.form {
            RowMemberForm::Object => found.append(&mut of_nested(member, &[&container.name], noun)),
            RowMemberForm::Objects => {}
            _ => {
                let mut candidate = ColumnCandidate::new(member, &[&container.name], noun);
                if is_state && candidate.name == "phase" {
                    candidate.column.header = heading(&container.name);
                }
                found.push(candidate);
            }
        }
    }
    found
}

/// A nested object by what names it, or says how it is and why.
fn of_nested(member: &RowMember, above: &[&str], noun: &str) -> Vec<ColumnCandidate> {
    let own = kebab(&member.name);
    let is_plain = |inner: &&RowMember| {
        !matches!(inner.form, RowMemberForm::Object | RowMemberForm::Objects) && !inner.is_bulky
    };
    let named =
        |name: &&str| member.members.iter().filter(is_plain).find(|inner| kebab(&inner.name) == **name);
    let purpose = purpose(&own, noun);
    let is_state = matches!(purpose, ColumnPurpose::State(_));
    let states = STATES.iter().filter(|_| is_state);
    let Some(inner) = states.chain(NAMING).find_map(&named) else { return Vec::new() };
    let candidate = |inner: &RowMember, header: CleanText, purpose: ColumnPurpose| {
        let mut steps = above.to_vec();
        steps.extend([member.name.as_str(), inner.name.as_str()]);
        let column = TableColumn { header, ..column(inner, &steps, inner.form) };
        ColumnCandidate { column, purpose, form: inner.form, name: own.clone() }
    };
    // What a person is told of is never its own identity.
    let purpose = match purpose {
        ColumnPurpose::Identity(_) | ColumnPurpose::Moment | ColumnPurpose::Creation => ColumnPurpose::Detail,
        purpose => purpose,
    };
    let why = named(&"reason").filter(|_| is_state);
    let why = why.map(|inner| candidate(inner, heading(&format!("{own}-reason")), ColumnPurpose::Sort));
    std::iter::once(candidate(inner, heading(&member.name), purpose)).chain(why).collect()
}

impl ColumnCandidate {
    fn new(member: &RowMember, above: &[&str], noun: &str) -> Self {
        let name = kebab(&member.name);
        let named = purpose(&name, noun);
        let purpose = match (named, member.form) {
            _ if member.is_constant && !matches!(named, ColumnPurpose::Identity(_)) => {
                ColumnPurpose::Constant
            }
            (_, RowMemberForm::Objects) if SERIES.contains(&name.as_str()) => ColumnPurpose::Detail,
            (_, RowMemberForm::Objects) => ColumnPurpose::Bulk,
            (ColumnPurpose::Identity(_), _) => named,
            _ if member.is_bulky => ColumnPurpose::Bulk,
            (ColumnPurpose::Moment | ColumnPurpose::Creation, RowMemberForm::Boolean) => {
                ColumnPurpose::Detail
            }
            (ColumnPurpose::Creation | ColumnPurpose::Bulk, _) => named,
            (_, RowMemberForm::Moment) => ColumnPurpose::Moment,
            _ => named,
        };
        let mut steps = above.to_vec();
        steps.push(&member.name);
        Self { column: column(member, &steps, member.form), purpose, form: member.form, name }
    }
}

fn column(member: &RowMember, steps: &[&str], form: RowMemberForm) -> TableColumn {
    TableColumn {
        header: heading(&member.name),
        path: Pointer::from_steps(steps.iter().map(|step| (*step).to_owned()).collect()),
        format: match form {
            RowMemberForm::Moment => CellFormat::Age,
            RowMemberForm::Objects => CellFormat::Points,
            _ => CellFormat::Plain,
        },
        wide: false,
        part: false,
        right: form == RowMemberForm::Number,
    }
}

/// The columns, of which only so many are not wide. The creation has a place among them, before the least of the others.
fn narrowed(candidates: Vec<ColumnCandidate>) -> Vec<TableColumn> {
    let is_wide = |candidate: &&ColumnCandidate| candidate.purpose >= ColumnPurpose::Bulk;
    let fit = candidates.iter().filter(|candidate| !is_wide(candidate)).count();
    let mut narrow: Vec<ColumnCandidate> = Vec::new();
    let mut wide: Vec<ColumnCandidate> = Vec::new();
    let is_moment = |candidate: &ColumnCandidate| {
        matches!(candidate.purpose, ColumnPurpose::Moment | ColumnPurpose::Creation)
    };
    // Of several moments, the creation comes last.
    let last = candidates.iter().rposition(is_moment);
    let others = fit.min(limits::NARROW_COLUMNS) - usize::from(last.is_some() && fit > 0);
    for (at, candidate) in candidates.into_iter().enumerate() {
        let has_place = !is_wide(&&candidate) && (narrow.len() < others || Some(at) == last);
        if has_place { narrow.push(candidate) } else { wide.push(candidate) }
    }
    if narrow.len() < FEWEST {
        // An address is better than nothing to tell rows by.
        let is_readable = |candidate: &ColumnCandidate| {
            candidate.purpose == ColumnPurpose::Bulk
                && candidate.form != RowMemberForm::Objects
                && !candidate.column.wide
                && !is_unreadable(&candidate.name)
        };
        while let Some(at) = wide.iter().position(is_readable).filter(|_| narrow.len() < FEWEST) {
            narrow.push(wide.remove(at));
        }
    }
    let wide = wide.into_iter().map(|candidate| TableColumn { wide: true, ..candidate.column });
    narrow.into_iter().map(|candidate| candidate.column).chain(wide).collect()
}

/// So many columns are shown even if they are bulk.
const FEWEST: usize = 2;

/// The columns, of which no two have the same heading: a further one is called after what is around it, too.
fn with_own_headings(mut columns: Vec<TableColumn>) -> Vec<TableColumn> {
    let mut taken: HashSet<CleanText> = HashSet::new();
    for column in columns.iter_mut().filter(|column| !column.part) {
        if !taken.insert(column.header.clone()) {
            let words: Vec<String> =
                column.path.steps().iter().map(|step| heading(step).to_string()).collect();
            column.header = CleanText::new(&words.join(" "));
            taken.insert(column.header.clone());
        }
    }
    columns
}

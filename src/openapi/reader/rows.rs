//! Where the rows of an answer are, and which columns they have.
//!
//! A list is its own rows. An object has its rows where [`crate::openapi::wrapping`] finds them: `{items: [{…}], total}` is a
//! table, `{name, email, roles: [text]}` is not.
//!
//! It must not know what the answer is for.

use super::property::Property;
use super::reference::{DocumentReader, Spoilt};
use super::shape::{Additional, SchemaShape, Types};
use crate::openapi::column_names::is_moment;
use crate::openapi::columns::{RowMember, RowMemberForm, arranged};
use crate::openapi::secrecy::is_secret_name;
use crate::openapi::wrapping::{ENVELOPE_DEPTH, MemberKind, RowsPlace, is_identity, is_paging, rows_place};
use crate::openapi::{Pointer, TableColumn, limits};
use everestctl_rows::case::kebab;
use serde_json::Value;

/// How deep the members of a row are looked at: `status.engine.version`.
const MEMBER_DEPTH: usize = 2;

/// Whether no table shows a property: a secret, and what is about the document.
fn is_left_out(name: &str, shape: &SchemaShape<'_>) -> bool {
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
    /// Where the rows of what `shape` allows are; `noun` is what the route is named after.
    pub(super) fn rows(&self, shape: &SchemaShape<'a>, noun: &str) -> Result<RowsSchema<'a>, Spoilt> {
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
        // Something stands around rows, and what else there is may be anything: the rows.
        let is_open = matches!(shape.additional, Additional::Anything);
        if is_open && shape.properties().iter().all(|property| is_paging(property.name)) {
            return Ok(none(RowsKind::Unknown));
        }
        let wrapped = self.wrapped(shape, noun, &mut Vec::new())?;
        Ok(wrapped.unwrap_or_else(|| none(RowsKind::None)))
    }

    fn wrapped(
        &self,
        shape: &SchemaShape<'a>,
        noun: &str,
        above: &mut Vec<String>,
    ) -> Result<Option<RowsSchema<'a>>, Spoilt> {
        // Most objects are things of their own: of these nothing more is looked at.
        for property in shape.properties().iter().filter(|property| is_identity(&kebab(property.name))) {
            if self.member_kind(&self.property(property)?)? == MemberKind::Plain {
                return Ok(None);
            }
        }
        let shapes: Vec<_> =
            shape.properties().iter().map(|property| self.property(property)).collect::<Result<_, _>>()?;
        let mut members = Vec::with_capacity(shapes.len());
        for (property, inner) in shape.properties().iter().zip(&shapes) {
            members.push((property.name, self.member_kind(inner)?));
        }
        let place = rows_place(&members, noun);
        let Some(RowsPlace::List(at) | RowsPlace::Within(at)) = place else { return Ok(None) };
        let (Some((name, kind)), Some(inner)) = (members.get(at), shapes.get(at)) else { return Ok(None) };
        above.push((*name).to_owned());
        if matches!(place, Some(RowsPlace::Within(_))) {
            let is_wrapper = above.len() < ENVELOPE_DEPTH && inner.is_object();
            return if is_wrapper { self.wrapped(inner, noun, above) } else { Ok(None) };
        }
        let kind = if *kind == MemberKind::Plains { RowsKind::Plain } else { RowsKind::Objects };
        let pointer = Some(Pointer::from_steps(std::mem::take(above)));
        Ok(Some(RowsSchema { kind, pointer, by_name: false, items: inner.items.clone() }))
    }

    fn member_kind(&self, shape: &SchemaShape<'a>) -> Result<MemberKind, Spoilt> {
        Ok(match () {
            () if !shape.is_array() && (shape.types.has(Types::OBJECT) || shape.mixed) => MemberKind::Object,
            () if !shape.is_array() => MemberKind::Plain,
            () if self.kind_of_items(shape)? == RowsKind::Plain => MemberKind::Plains,
            () => MemberKind::Objects,
        })
    }

    pub(super) fn kind_of_items(&self, list: &SchemaShape<'a>) -> Result<RowsKind, Spoilt> {
        let plain = !list.items.is_empty() && self.shape(&list.items)?.types.are_plain();
        Ok(if plain { RowsKind::Plain } else { RowsKind::Objects })
    }

    /// The columns of rows that are what `shape` allows, as far as that tells, and the properties that no table shows,
    /// whatever comes.
    pub(super) fn columns(
        &self,
        shape: &SchemaShape<'a>,
        noun: &str,
    ) -> Result<(Vec<TableColumn>, Vec<String>), Spoilt> {
        let mut left_out = Vec::new();
        let members = self.row_members(shape, MEMBER_DEPTH, &mut left_out)?;
        Ok((arranged(&members, noun), left_out))
    }

    fn row_members(
        &self,
        shape: &SchemaShape<'a>,
        depth: usize,
        left_out: &mut Vec<String>,
    ) -> Result<Vec<RowMember>, Spoilt> {
        let mut members = Vec::new();
        for property in shape.properties().iter().take(limits::ROW_MEMBERS) {
            let inner = self.property(property)?;
            if is_left_out(property.name, &inner) {
                left_out.push(property.name.to_owned());
            } else {
                members.push(self.row_member(property, &inner, depth)?);
            }
        }
        Ok(members)
    }

    fn row_member(
        &self,
        property: &Property<'a>,
        shape: &SchemaShape<'a>,
        depth: usize,
    ) -> Result<RowMember, Spoilt> {
        let types = shape.types;
        let number = Types::INTEGER.and(Types::NUMBER);
        let is_number =
            types.are_plain() && types.has(number) && !types.has(Types::STRING.and(Types::BOOLEAN));
        let choices = shape.choices.as_ref().map(Vec::len);
        let form = match shape.format {
            _ if shape.is_array() && self.kind_of_items(shape)? == RowsKind::Objects => {
                RowMemberForm::Objects
            }
            _ if types.has(Types::OBJECT) || (shape.mixed && !shape.one_or_several) => RowMemberForm::Object,
            Some("date-time" | "unix-time" | "unix-timestamp" | "timestamp" | "epoch") => {
                RowMemberForm::Moment
            }
            Some("date") if is_moment(&kebab(property.name)) => RowMemberForm::Moment,
            _ if is_number && is_moment(&kebab(property.name)) => RowMemberForm::Moment,
            _ if is_number => RowMemberForm::Number,
            _ if types == Types::BOOLEAN => RowMemberForm::Boolean,
            _ if choices.is_some_and(|choices| choices > 1) => RowMemberForm::Choice,
            _ => RowMemberForm::Text,
        };
        // What is deeper is a nicety: it does not spoil the operation, and leaves work for the others.
        let is_deep = form == RowMemberForm::Object && depth > 0 && shape.is_object() && self.has_plenty();
        let members = if is_deep {
            self.row_members(shape, depth - 1, &mut Vec::new()).unwrap_or_default()
        } else {
            Vec::new()
        };
        let is_address =
            matches!(shape.format, Some("uri" | "url" | "uri-reference" | "iri" | "byte" | "binary"));
        Ok(RowMember {
            name: property.name.to_owned(),
            form,
            is_bulky: is_address || is_secret_name(property.name),
            is_constant: shape.constant.is_some() || choices == Some(1),
            members,
        })
    }
}

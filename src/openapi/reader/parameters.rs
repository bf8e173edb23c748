//! The parameters of an operation → drafts of arguments: what is in the path, the query and the headers.
//!
//! It must not know how a draft gets its name (that is [`super::arguments`]).

use super::argument_draft::ArgumentDraft;
use super::parameter_styles::{in_path, is_json, media_type, simple};
use super::reference::{DocumentReader, Spoilt};
use super::schema::list;
use super::shape::{SchemaShape, Types};
use crate::model::CleanText;
use crate::openapi::route::{WrittenRoute, parameters};
use crate::openapi::{ArgumentPlace, Style, header, limits, wire_name};
use serde_json::{Map, Value};
use std::collections::HashSet;

impl<'a> DocumentReader<'a> {
    /// The parameters of an operation with those of its route; what the route itself says goes first, then the
    /// operation's own.
    pub(super) fn parameters(
        &self,
        route: &'a str,
        item: &[&'a Map<String, Value>],
        operation: &'a Map<String, Value>,
    ) -> Result<Vec<ArgumentDraft<'a>>, Spoilt> {
        let mut seen: HashSet<(&str, &str)> = HashSet::new();
        let written = WrittenRoute::new(route);
        let (mut of_path, mut others) = (Vec::new(), fixed(written.query));
        seen.extend(others.iter().map(|draft| (draft.wire, "query")));
        let declared = list(operation, "parameters")
            .iter()
            .chain(item.iter().flat_map(|layer| list(layer, "parameters")));
        for (number, value) in declared.enumerate() {
            self.work(1)?;
            if number == limits::PARAMETERS {
                self.remark(format!("only its first {} parameters are read", limits::PARAMETERS));
                break;
            }
            let parameter = match self.resolve(value) {
                Ok(parameter) => parameter,
                Err(Spoilt(why)) => {
                    self.remark(why);
                    continue;
                }
            };
            let text = |key: &str| parameter.get(key).and_then(Value::as_str);
            let (Some(name), Some(place)) = (text("name"), text("in")) else {
                self.remark("a parameter has no `name` or no `in`");
                continue;
            };
            if !seen.insert((name, place)) {
                continue;
            }
            if let Some(why) = wire_name::fault(name, place) {
                if is_required(parameter) {
                    return Err(Spoilt(why));
                }
                self.remark(why);
                continue;
            }
            match place {
                "path" => of_path.push(self.path(name, parameter)?),
                "query" => self.query(name, parameter, &mut others)?,
                "header" => others.extend(self.header(name, parameter)?),
                "querystring" => self.querystring(name, parameter, &mut others)?,
                "cookie" => others.extend(self.cookie(name, parameter)?),
                _ => self.remark(format!("parameter `{}` has an unknown `in`", CleanText::new(name))),
            }
        }
        let mut drafts = Vec::new();
        for name in parameters(written.path) {
            let declared = of_path.iter().position(|draft| draft.wire == name);
            drafts.push(declared.map_or_else(|| ArgumentDraft::path(name), |at| of_path.swap_remove(at)));
        }
        drafts.append(&mut others);
        Ok(drafts)
    }

    fn path(&self, name: &'a str, parameter: &'a Map<String, Value>) -> Result<ArgumentDraft<'a>, Spoilt> {
        let encoding = in_path(name, parameter)?;
        let mut draft = self.draft(name, parameter, ArgumentPlace::Path(name.to_owned()))?;
        draft.encoding = encoding;
        if draft.keys(self).flag("x-cli-ignore") == Some(true) {
            return Err(Spoilt(format!("`{}` is in the route and cannot be ignored", CleanText::new(name))));
        }
        Ok(ArgumentDraft { required: true, ..draft })
    }

    fn query(
        &self,
        name: &'a str,
        parameter: &'a Map<String, Value>,
        drafts: &mut Vec<ArgumentDraft<'a>>,
    ) -> Result<(), Spoilt> {
        let style = self.style(name, parameter);
        let place = |name: String| ArgumentPlace::Query { name, style };
        let draft = self.draft(name, parameter, place(name.to_owned()))?;
        if draft.keys(self).flag("x-cli-ignore") == Some(true) {
            return Ok(());
        }
        if style == Style::Deep
            && let Some(object) = draft.shape.object.clone()
        {
            drafts.push(draft);
            for property in object.properties() {
                let inner = property.name;
                drafts.push(ArgumentDraft {
                    wanted: format!("{name}.{inner}"),
                    place: place(format!("{name}[{inner}]")),
                    shape: self.property_of(&object, property)?,
                    required: false,
                    ..ArgumentDraft::path(inner)
                });
            }
            return Ok(());
        }
        let members = matches!(style, Style::Deep | Style::Repeated) && draft.shape.is_object();
        if !members || draft.shape.properties().is_empty() {
            drafts.push(draft);
            return Ok(());
        }
        let deep = style == Style::Deep;
        for property in draft.shape.properties() {
            let inner = property.name;
            let wire = if deep { format!("{name}[{inner}]") } else { inner.to_owned() };
            drafts.push(ArgumentDraft {
                wire: inner,
                wanted: if deep { format!("{name}.{inner}") } else { inner.to_owned() },
                place: ArgumentPlace::Query { name: wire, style: Style::Repeated },
                reserved: draft.reserved,
                shape: self.property_of(&draft.shape, property)?,
                required: draft.required && draft.shape.required.contains(inner),
                ..ArgumentDraft::path(inner)
            });
        }
        if deep {
            // The whole in JSON, too, as it is written down elsewhere.
            drafts.push(ArgumentDraft { required: false, hidden: true, ..draft });
        }
        Ok(())
    }

    /// The whole query (OpenAPI 3.2): a form, whose fields are parameters, or something else in one piece.
    fn querystring(
        &self,
        name: &'a str,
        parameter: &'a Map<String, Value>,
        drafts: &mut Vec<ArgumentDraft<'a>>,
    ) -> Result<(), Spoilt> {
        let is_form = media_type(parameter) == Some("application/x-www-form-urlencoded");
        let place = ArgumentPlace::Query { name: String::new(), style: Style::Json };
        let draft = self.draft(name, parameter, place)?;
        if !is_form || draft.shape.properties().is_empty() {
            let style =
                if is_form || draft.shape.types == Types::STRING { Style::Repeated } else { Style::Json };
            let place = ArgumentPlace::Query { name: String::new(), style };
            drafts.push(ArgumentDraft { place, reserved: is_form, ..draft });
            return Ok(());
        }
        for property in draft.shape.properties() {
            let inner = property.name;
            drafts.push(ArgumentDraft {
                place: ArgumentPlace::Query { name: inner.to_owned(), style: Style::Repeated },
                shape: self.property(property)?,
                required: draft.required && draft.shape.required.contains(inner),
                ..ArgumentDraft::path(inner)
            });
        }
        Ok(())
    }

    fn cookie(
        &self,
        name: &'a str,
        parameter: &'a Map<String, Value>,
    ) -> Result<Option<ArgumentDraft<'a>>, Spoilt> {
        let encoding = self.cookie_style(name, parameter);
        let draft = self.draft(name, parameter, ArgumentPlace::Cookie(name.to_owned()))?;
        let is_ignored = draft.keys(self).flag("x-cli-ignore") == Some(true);
        Ok((!is_ignored).then_some(ArgumentDraft { encoding, ..draft }))
    }

    fn header(
        &self,
        name: &'a str,
        parameter: &'a Map<String, Value>,
    ) -> Result<Option<ArgumentDraft<'a>>, Spoilt> {
        if header::is_reserved(name) {
            // OpenAPI leaves some of them to other parts of a document; the others are not for a document to set.
            return Ok(None);
        }
        let mut draft = self.draft(name, parameter, ArgumentPlace::Header(name.to_owned()))?;
        draft.encoding = simple(parameter);
        Ok((draft.keys(self).flag("x-cli-ignore") != Some(true)).then_some(draft))
    }

    fn draft(
        &self,
        name: &'a str,
        parameter: &'a Map<String, Value>,
        place: ArgumentPlace,
    ) -> Result<ArgumentDraft<'a>, Spoilt> {
        let schema = parameter.get("schema").or_else(|| {
            let content = parameter.get("content")?.as_object()?;
            content.values().next()?.get("schema")
        });
        // What is neither JSON nor a form is typed as it is sent.
        let is_text = media_type(parameter).is_some_and(|kind| kind != "application/x-www-form-urlencoded")
            && !is_json(parameter);
        let schema = schema.filter(|_| !is_text);
        let shape = schema.map_or_else(|| Ok(SchemaShape::default()), |schema| self.shape(&[schema]))?;
        let text = |key: &str| parameter.get(key).and_then(Value::as_str);
        let examples = parameter.get("examples").and_then(Value::as_object);
        let first = || examples?.values().next()?.get("value");
        Ok(ArgumentDraft {
            place,
            description: text("description").or(shape.description),
            example: parameter.get("example").or_else(first).or(shape.example),
            required: is_required(parameter),
            reserved: parameter.get("allowReserved").and_then(Value::as_bool).unwrap_or(false),
            deprecated: parameter.get("deprecated").and_then(Value::as_bool).unwrap_or(shape.deprecated),
            layer: Some(parameter),
            shape,
            ..ArgumentDraft::path(name)
        })
    }
}

/// The query that a route has in the document: it is always sent.
fn fixed(query: &str) -> Vec<ArgumentDraft<'_>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let made = pairs.map(|pair| {
        let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
        let place = ArgumentPlace::Query { name: decoded.0.into_owned(), style: Style::Repeated };
        ArgumentDraft { place, fixed: Some(decoded.1.into_owned()), ..ArgumentDraft::path(name) }
    });
    made.collect()
}

fn is_required(parameter: &Map<String, Value>) -> bool {
    parameter.get("required").and_then(Value::as_bool).unwrap_or(false)
}

//! The body of a request. A JSON body is, in this order: what `--body` holds, then flags, then `--set`, then what the
//! global flags and constants add where nothing stands.
//!
//! It must not know paths and queries; those are in [`super::placing`].

use super::UsageError;
use super::argument_value;
use super::placing::RequestBuilder;
use super::set::{Assignment, PathStep};
use super::types::{FormPart, GivenBody, OperationBody, given};
use super::yaml_text;
use crate::openapi::kept_schema::{KeptSchema, SchemaTypes};
use crate::openapi::secrecy::{hide_at, hide_in_pairs, hide_names, is_secret_name};
use crate::openapi::value_fault::has_type;
use crate::openapi::{
    Argument, ArgumentForm, ArgumentPlace, BodyKind, DeclaredBody, ExactJson, Pointer, Repeat,
};

impl<F: Clone> RequestBuilder<'_, '_, F> {
    /// The body, once everything else is in its place.
    pub(super) fn body(&mut self) -> Result<Option<OperationBody<F>>, UsageError> {
        let Some(body) = &self.command.body else { return Ok(None) };
        let content_type = body.content_type.as_str().to_owned();
        if body.kind != BodyKind::Json && !self.input.sets.is_empty() {
            return Err(UsageError::Body("`--set` needs a JSON body, and this command has none".to_owned()));
        }
        match body.kind {
            BodyKind::Json => {
                let json = self.json(body)?;
                Ok(json.map(|(text, shown)| OperationBody::Json { content_type, text, shown }))
            }
            BodyKind::Raw => {
                let given = self.input.body != GivenBody::None;
                if !given && body.required {
                    self.missing.push("--body".to_owned());
                }
                let private = !body.secrets.is_empty();
                Ok(given.then_some(OperationBody::Raw { content_type, private }))
            }
            BodyKind::Form | BodyKind::Multipart => self.form(body),
        }
    }

    fn form(&mut self, body: &DeclaredBody) -> Result<Option<OperationBody<F>>, UsageError> {
        let fields = std::mem::take(&mut self.fields);
        if let (GivenBody::Text(text), BodyKind::Form, true) = (self.input.body, body.kind, fields.is_empty())
        {
            self.missing.clear();
            let is_private = |name: &str| {
                let own = |argument: &&Argument| matches!(&argument.place, ArgumentPlace::Field(own) if own == name);
                is_secret_name(name)
                    || self.command.arguments.iter().find(own).is_some_and(Argument::is_private)
            };
            let shown = hide_in_pairs(text, is_private);
            return Ok(Some(OperationBody::Form { text: text.to_owned(), shown }));
        }
        if self.input.body != GivenBody::None {
            return Err(UsageError::Body(
                "this command sends a form: use its flags instead of --body".to_owned(),
            ));
        }
        if fields.is_empty() && !body.required {
            return Ok(None);
        }
        self.missing.append(&mut self.missing_fields);
        if body.kind == BodyKind::Multipart {
            return Ok(Some(OperationBody::Multipart(fields)));
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        let mut to_show = form_urlencoded::Serializer::new(String::new());
        for field in fields {
            let FormPart::Text { name, value, shown, .. } = field else {
                return Err(UsageError::Body("a form of this kind takes no files".to_owned()));
            };
            form.append_pair(&name, &value);
            to_show.append_pair(&name, &shown);
        }
        Ok(Some(OperationBody::Form { text: form.finish(), shown: to_show.finish() }))
    }

    /// The text, and the same as it may be shown.
    fn json(&mut self, body: &DeclaredBody) -> Result<Option<(String, String)>, UsageError> {
        let given_text = match self.input.body {
            GivenBody::Text(text) => Some(text),
            GivenBody::None => None,
            GivenBody::Kept => return Err(UsageError::Body("it is not text".to_owned())),
        };
        let command = self.command;
        let properties = || {
            command.arguments.iter().filter_map(|argument| match &argument.place {
                ArgumentPlace::Body(place) => Some((argument, place.steps())),
                _ => None,
            })
        };
        let typed: Vec<_> = properties()
            .filter(|(argument, _)| argument.is_typed())
            .map(|(argument, steps)| (argument, steps, given(argument, self.input)))
            .filter(|(.., given)| !given.is_empty())
            .collect();
        let changed = !typed.is_empty() || !self.input.sets.is_empty();
        if given_text.is_none() && !changed && !body.required {
            return Ok(None);
        }
        let mut is_json = true;
        let mut value = match given_text {
            Some(text) => {
                let (value, in_json) = read_body(text)?;
                is_json = in_json;
                value
            }
            None if !body.object && typed.is_empty() && self.sets_elements() => ExactJson::List(Vec::new()),
            None if body.object || changed => ExactJson::Object(Vec::new()),
            None => {
                self.missing.push("--body".to_owned());
                return Ok(None);
            }
        };
        for (argument, steps, given) in typed {
            let blocked = || UsageError::Blocked { argument: argument.shown(), place: steps.join(".") };
            let typed = argument_value::values(argument, &given, self.input.now)?;
            insert(&mut value, steps, typed, true).ok_or_else(blocked)?;
        }
        for set in &self.input.sets {
            let assignment = Assignment::new(set)?;
            let typed = self.assigned(body, &assignment)?;
            assignment.put(&mut value, typed)?;
        }
        let mut untouched = !changed && is_json;
        if matches!(value, ExactJson::Object(_)) {
            for (argument, steps) in properties() {
                untouched &= !self.complete(&mut value, argument, steps)?;
            }
        }
        let text = match given_text {
            Some(text) if untouched => text.to_owned(),
            _ => value.to_string(),
        };
        let mut hidden = hide_names(&mut value);
        for (_, steps) in properties().filter(|(argument, _)| argument.is_private()) {
            hidden |= hide_at(&mut value, &Pointer::from_steps(steps.to_vec()));
        }
        for place in &body.secrets {
            hidden |= hide_at(&mut value, place);
        }
        let shown = if hidden { value.to_string() } else { text.clone() };
        Ok(Some((text, shown)))
    }

    /// Whether the first assignment is into an element of the body.
    fn sets_elements(&self) -> bool {
        let first = self.input.sets.first().and_then(|set| Assignment::new(set).ok());
        first.is_some_and(|set| !matches!(set.steps.first(), Some(PathStep::Name(_)) | None))
    }

    /// The value of an assignment, by what is known of its place.
    fn assigned(&self, body: &DeclaredBody, assignment: &Assignment<'_>) -> Result<ExactJson, UsageError> {
        // There null takes away what is there (RFC 7396).
        if assignment.value == "null" && body.is_merge_patch() {
            return Ok(ExactJson::Null);
        }
        let schema = body.schema.as_deref();
        if assignment.value == "null" && schema.is_some_and(|schema| may_be_null(schema, assignment)) {
            return Ok(ExactJson::Null);
        }
        let is_known = |argument: &&Argument| match (&argument.place, argument.repeat) {
            (ArgumentPlace::Body(place), Repeat::Once | Repeat::Either) => assignment.is_at(place.steps()),
            (ArgumentPlace::Body(place), Repeat::List | Repeat::Map) => {
                assignment.is_at(&[place.steps(), &["*".to_owned()]].concat())
            }
            _ => false,
        };
        if let Some(argument) = self.command.arguments.iter().find(is_known) {
            return argument_value::assigned(argument, assignment.value, self.input.now);
        }
        let guessed = assignment.guessed();
        let is_text = body.texts.iter().any(|place| assignment.is_at(place.steps()))
            || schema.is_some_and(|schema| is_only_text(schema, assignment, &guessed));
        Ok(if is_text && assignment.value != "null" { assignment.value.into() } else { guessed })
    }

    /// Adds constants, or notes that something is missing; returns whether it added something.
    fn complete(
        &mut self,
        value: &mut ExactJson,
        argument: &Argument,
        steps: &[String],
    ) -> Result<bool, UsageError> {
        let around = steps.get(..argument.within).unwrap_or_default();
        if !at(value, around).is_some_and(|value| matches!(value, ExactJson::Object(_)))
            || at(value, steps).is_some()
        {
            return Ok(false);
        }
        let context = given(argument, self.input);
        let added = match &argument.form {
            ArgumentForm::Constant(constant) => Some(constant.into()),
            ArgumentForm::Filled(_) if !context.is_empty() => {
                Some(argument_value::values(argument, &context, self.input.now)?)
            }
            _ if argument.required => argument.default.as_ref().map(ExactJson::from),
            _ => None,
        };
        if added.is_none() && argument.required && !self.input.is_unchecked {
            self.miss(argument);
        }
        Ok(added.is_some_and(|added| insert(value, steps, added, false).is_some()))
    }
}

/// Whether the schema says that there may be null.
fn may_be_null(schema: &KeptSchema, assignment: &Assignment<'_>) -> bool {
    let said = schema.at(&steps_of(assignment));
    said.iter().any(|node| node.nullable || node.types.has(SchemaTypes::NULL))
}

/// Names of members, and `None` for an element.
fn steps_of<'s>(assignment: &'s Assignment<'_>) -> Vec<Option<&'s str>> {
    let step = |step: &'s PathStep| match step {
        PathStep::Name(name) => Some(name.as_str()),
        PathStep::Index(_) | PathStep::Append => None,
    };
    assignment.steps.iter().map(step).collect()
}

/// Whether a text may stand where it is assigned, and not what it looks like.
fn is_only_text(schema: &KeptSchema, assignment: &Assignment<'_>, guessed: &ExactJson) -> bool {
    let said = || schema.at(&steps_of(assignment)).into_iter().filter(|node| !node.types.are_unsaid());
    said().any(|node| node.types.has(SchemaTypes::STRING))
        && !said().any(|node| has_type(node.types, guessed))
}

/// What `--body` holds, and whether it is JSON and not YAML.
fn read_body(text: &str) -> Result<(ExactJson, bool), UsageError> {
    let error = |why: String| UsageError::Body(why);
    if let Err(wrong) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let (line, column) = (wrong.line(), wrong.column());
        let value = yaml_text::read(text).map(|value| (value, false));
        return value.ok_or_else(|| error(format!("it is not JSON: line {line}, column {column}")));
    }
    ExactJson::read(text)
        .map(|value| (value, true))
        .ok_or_else(|| error("it nests too deep, or has a text that is no Unicode".to_owned()))
}

fn at<'v>(value: &'v ExactJson, steps: &[String]) -> Option<&'v ExactJson> {
    steps.iter().try_fold(value, |value, step| value.get(step))
}

/// Puts `new` below `value`, through objects only; `None` when something else is in the way.
fn insert(value: &mut ExactJson, steps: &[String], new: ExactJson, over: bool) -> Option<()> {
    let Some((step, rest)) = steps.split_first() else {
        if over || value.is_null() {
            *value = new;
        }
        return Some(());
    };
    if value.is_null() {
        *value = ExactJson::Object(Vec::new());
    }
    insert(value.entry(step)?, rest, new, over)
}

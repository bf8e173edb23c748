//! Values into the path, the query, the headers and the fields of a form.
//!
//! It must not know JSON bodies; those are in [`super::body`].

use super::UsageError;
use super::argument_value::{self, wrong};
use super::encode::{IN_PATH, QueryBuilder, keeping, literal};
use super::placed::Placed;
use super::types::{FormPart, Input, RedactedRequest, given};
use crate::model::below::leaves;
use crate::openapi::secrecy::hide_names;
use crate::openapi::{
    ApiCommand, Argument, ArgumentForm, ArgumentPlace, Encoding, ExactJson, HIDDEN, Repeat, Style, ValueKind,
    header,
};

/// The fixed parts encoded, the parameters as they are.
fn literal_route(route: &str) -> String {
    let mut path = String::with_capacity(route.len());
    let mut rest = route;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, behind) = behind.split_once('}').unwrap_or((behind, ""));
        path.push_str(&literal(before));
        path.push('{');
        path.push_str(name);
        path.push('}');
        rest = behind;
    }
    path.push_str(&literal(rest));
    path
}

/// A request that grows.
pub(super) struct RequestBuilder<'c, 'i, F> {
    pub(super) command: &'c ApiCommand,
    pub(super) input: &'i Input<'i, F>,
    pub(super) path: String,
    pub(super) query: QueryBuilder,
    pub(super) headers: Vec<(String, String)>,
    /// Encoded.
    pub(super) cookies: Vec<(String, String)>,
    pub(super) fields: Vec<FormPart<F>>,
    /// The same as it may be shown.
    pub(super) shown: RedactedRequest,
    pub(super) shown_query: QueryBuilder,
    pub(super) shown_cookies: Vec<(String, String)>,
    pub(super) missing: Vec<String>,
    /// Fields that are missing if a form is sent at all.
    pub(super) missing_fields: Vec<String>,
}

impl<'c, 'i, F: Clone> RequestBuilder<'c, 'i, F> {
    pub(super) fn new(command: &'c ApiCommand, input: &'i Input<'i, F>) -> Self {
        let accept = command.answer.accept.as_str();
        let accept = (!accept.is_empty()).then(|| ("accept".to_owned(), accept.to_owned()));
        Self {
            command,
            input,
            path: literal_route(command.route.as_str()),
            query: QueryBuilder::default(),
            headers: accept.into_iter().collect(),
            cookies: Vec::new(),
            fields: Vec::new(),
            shown: RedactedRequest {
                path: literal_route(command.route.as_str()),
                ..RedactedRequest::default()
            },
            shown_query: QueryBuilder::default(),
            shown_cookies: Vec::new(),
            missing: Vec::new(),
            missing_fields: Vec::new(),
        }
    }

    pub(super) fn miss(&mut self, argument: &Argument) {
        let shown = argument.shown();
        if !self.missing.contains(&shown) {
            self.missing.push(shown);
        }
    }

    /// Puts an argument into its place, unless that is a JSON body.
    pub(super) fn place(&mut self, argument: &Argument) -> Result<(), UsageError> {
        match &argument.place {
            ArgumentPlace::Body(_) => return Ok(()),
            ArgumentPlace::Field(name) if argument.kind == ValueKind::File => {
                return self.files(argument, name);
            }
            _ => {}
        }
        let now = self.input.now;
        let given = given(argument, self.input);
        let fixed = match (&argument.form, &argument.default) {
            (ArgumentForm::Constant(constant), _) => Some(constant),
            (_, Some(default)) if argument.required && given.is_empty() => Some(default),
            _ => None,
        };
        if given.is_empty() && fixed.is_none() {
            match argument.place {
                ArgumentPlace::Field(_) if argument.required => self.missing_fields.push(argument.shown()),
                _ if argument.required => self.miss(argument),
                _ => {}
            }
            return Ok(());
        }
        if is_json(argument) {
            let value = match fixed {
                Some(fixed) if given.is_empty() => ExactJson::from(fixed),
                _ => argument_value::values(argument, &given, now)?,
            };
            let mut to_show = value.clone();
            hide_value(argument, &mut to_show);
            return self.put(argument, &Placed::Text(value.to_string()), &Placed::Text(to_show.to_string()));
        }
        let placed = match fixed {
            Some(fixed) if given.is_empty() => Placed::of_json(fixed.into()),
            _ => Placed::of_given(argument, &given, now)?,
        };
        let to_show = placed.shown(argument);
        self.put(argument, &placed, &to_show)
    }

    /// Puts a value where its argument has it.
    fn put(&mut self, argument: &Argument, value: &Placed, shown: &Placed) -> Result<(), UsageError> {
        let has_pairs = argument.encoding == Encoding::Pairs;
        match &argument.place {
            ArgumentPlace::Path(name) => {
                let encoded = |text: &str| keeping(text, if argument.reserved { IN_PATH } else { b"" });
                let raw = value.simple(has_pairs, str::to_owned);
                let shown = shown.in_path(name, argument.encoding, encoded);
                let encoded = value.in_path(name, argument.encoding, encoded);
                self.path_value(argument, name, &raw, (&encoded, &shown))
            }
            ArgumentPlace::Header(name) => {
                if let Some(sign) = value.ambiguous(has_pairs) {
                    let why = format!("contains `{sign}`, which separates values there");
                    return Err(wrong(argument, &value.simple(has_pairs, str::to_owned), why));
                }
                let plain = |value: &Placed| value.simple(has_pairs, str::to_owned);
                self.header(argument, name, &plain(value), &plain(shown))
            }
            ArgumentPlace::Query { name, style } => {
                value.write_query(&mut self.query, name, *style, argument.reserved);
                shown.write_query(&mut self.shown_query, name, *style, argument.reserved);
                Ok(())
            }
            ArgumentPlace::Cookie(name) => {
                self.cookies.extend(value.cookies(name, argument.encoding));
                self.shown_cookies.extend(shown.cookies(name, argument.encoding));
                Ok(())
            }
            ArgumentPlace::Field(name) => {
                let content_type = argument.content_type.as_ref().map(ToString::to_string).or_else(|| {
                    // What a part is that has a form of its own (OpenAPI 3.0.3, Encoding Object).
                    let is_nested = argument.repeat == Repeat::Map || is_nested(&argument.kind);
                    (is_nested && argument.encoding == Encoding::Usual).then(|| "application/json".to_owned())
                });
                let (values, shown) =
                    (value.fields(name, argument.encoding), shown.fields(name, argument.encoding));
                for ((name, value), (_, shown)) in values.into_iter().zip(shown) {
                    let content_type = content_type.clone();
                    self.fields.push(FormPart::Text { name, value, shown, content_type });
                }
                Ok(())
            }
            ArgumentPlace::Body(_) | ArgumentPlace::Row(_) => Ok(()),
        }
    }

    /// The files that the user has named for `argument`. What the document says of it, its default among that, is no
    /// file, and what came as a text is none either.
    fn files(&mut self, argument: &Argument, name: &str) -> Result<(), UsageError> {
        if let Some(text) = given(argument, self.input).last() {
            return Err(wrong(argument, text, "is text, not a file".to_owned()));
        }
        let own = self.input.files.iter().filter(|(other, _)| *other == argument.name.as_str());
        let files: Vec<F> = own.map(|(_, file)| file.clone()).collect();
        if files.is_empty() && argument.required {
            self.missing_fields.push(argument.shown());
        }
        let first = if argument.repeat == Repeat::List { 0 } else { files.len().saturating_sub(1) };
        let content_type = argument.content_type.as_ref().map(ToString::to_string);
        let named = files.into_iter().skip(first).map(|file| FormPart::File {
            name: name.to_owned(),
            file,
            content_type: content_type.clone(),
        });
        self.fields.extend(named);
        Ok(())
    }

    fn path_value(
        &mut self,
        argument: &Argument,
        name: &str,
        value: &str,
        (encoded, shown): (&str, &str),
    ) -> Result<(), UsageError> {
        let why = if value.is_empty() {
            "is empty, and it is part of the path"
        } else if argument.reserved && value.contains('/') && !has_empty_segment(value) {
            return self.fill(argument, name, value, (encoded, shown));
        } else if value.contains('/') {
            "contains `/`, which is not allowed in a path"
        } else if leaves(value) {
            "would lead to another path"
        } else if value.chars().any(char::is_control) {
            "has control characters"
        } else {
            return self.fill(argument, name, value, (encoded, shown));
        };
        Err(wrong(argument, value, why.to_owned()))
    }

    /// Fills a parameter of the path in, wherever it stands.
    fn fill(
        &mut self,
        argument: &Argument,
        name: &str,
        value: &str,
        (encoded, shown): (&str, &str),
    ) -> Result<(), UsageError> {
        if value.split('/').any(leaves) || value.chars().any(char::is_control) {
            return Err(wrong(argument, value, "would lead to another path".to_owned()));
        }
        // Encoded, a value has no braces and cannot look like another parameter.
        let place = format!("{{{name}}}");
        self.path = self.path.replace(&place, encoded);
        self.shown.path = self.shown.path.replace(&place, shown);
        Ok(())
    }

    /// The cookies that have been placed, as a header.
    pub(super) fn send_cookies(&mut self) {
        let line = |cookies: &[(String, String)]| {
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
        };
        if !self.cookies.is_empty() {
            self.headers.push(("cookie".to_owned(), line(&self.cookies)));
            self.shown.headers.push(("cookie".to_owned(), line(&self.shown_cookies)));
        }
    }

    fn header(
        &mut self,
        argument: &Argument,
        name: &str,
        value: &str,
        shown: &str,
    ) -> Result<(), UsageError> {
        if header::is_reserved(name) {
            return Ok(());
        }
        // JSON can say every character in ASCII.
        let in_ascii = is_json(argument).then(|| ascii_json(value));
        let value = in_ascii.as_deref().unwrap_or(value);
        if value.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
            let why = "has characters that are not allowed in a header".to_owned();
            return Err(wrong(argument, value, why));
        }
        let name = name.to_ascii_lowercase();
        self.shown.headers.push((name.clone(), shown.to_owned()));
        self.headers.push((name, value.to_owned()));
        Ok(())
    }
}

/// Whether a path of several segments has one with nothing in it.
fn has_empty_segment(path: &str) -> bool {
    path.split('/').any(str::is_empty)
}

/// Whether its value stands in its place as JSON.
fn is_json(argument: &Argument) -> bool {
    matches!(argument.place, ArgumentPlace::Query { style: Style::Json, .. })
        || argument.encoding == Encoding::Styled(Style::Json)
}

/// JSON with the characters in its texts that are not ASCII as escapes.
fn ascii_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            escaped.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped
}

fn is_nested(kind: &ValueKind) -> bool {
    matches!(kind, ValueKind::Json | ValueKind::JsonList)
}

fn hide_value(argument: &Argument, value: &mut ExactJson) {
    if argument.is_private() {
        *value = ExactJson::from(HIDDEN);
    } else {
        hide_names(value);
    }
}

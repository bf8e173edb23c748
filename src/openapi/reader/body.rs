//! The body of a request → how it is written, and drafts of arguments for the properties of an object.
//!
//! It must not know how a draft gets its name.

use super::argument_draft::ArgumentDraft;
use super::kept_shares::Direction;
use super::reference::{DocumentReader, Spoilt};
use super::shape::{Additional, SchemaShape, Types};
use crate::model::CleanText;
use crate::openapi::{
    ArgumentPlace, BodyKind, DeclaredBody, Encoding, MERGE_PATCH, Method, Pointer, Style, limits,
};
use serde_json::{Map, Value};

/// A body and what can be said by flags.
pub(super) struct BodyDraft<'a> {
    pub(super) body: DeclaredBody,
    pub(super) drafts: Vec<ArgumentDraft<'a>>,
}

impl<'a> DocumentReader<'a> {
    /// The body of `operation`, if it has one.
    pub(super) fn body(
        &self,
        operation: &'a Map<String, Value>,
        method: Method,
    ) -> Result<Option<BodyDraft<'a>>, Spoilt> {
        let Some(request) = operation.get("requestBody") else { return Ok(None) };
        let request = self.resolve(request)?;
        let Some(Value::Object(content)) = request.get("content") else { return Ok(None) };
        let Some((content_type, media, kind)) = chosen(content) else { return Ok(None) };
        let shape = match media.get("schema") {
            Some(schema) => self.shape(&[schema])?,
            None => SchemaShape::default(),
        };
        let object = kind != BodyKind::Raw && shape.is_object();
        let encoding = media.get("encoding").and_then(Value::as_object);
        let mut drafts = if object { self.properties(&shape, kind, encoding)? } else { Vec::new() };
        if content_type.eq_ignore_ascii_case(MERGE_PATCH) {
            for draft in &mut drafts {
                draft.required = false;
                // It takes away what is there (RFC 7396).
                let is_plain = draft.shape.types != Types::STRING && !draft.shape.is_array();
                draft.shape.nullable |= is_plain;
            }
        }
        // The specification's default is `false`, but those who write by hand forget it.
        let needed = method != Method::Get && drafts.iter().any(|draft| draft.required && draft.within == 0);
        let required = request.get("required").and_then(Value::as_bool).unwrap_or(needed);
        let content_type = if content_type.contains('*') { "application/octet-stream" } else { content_type };
        let has_fields = matches!(kind, BodyKind::Json | BodyKind::Raw);
        let secrets = if has_fields { self.secrets(&shape) } else { Vec::new() };
        let texts = if kind == BodyKind::Json && object { self.texts(&shape) } else { Vec::new() };
        let content_type = CleanText::new(content_type);
        let schema = media.get("schema").filter(|_| kind == BodyKind::Json);
        let schema = schema.map(|schema| Box::new(self.kept(schema, Direction::Request)));
        let schema = schema.filter(|kept| kept.is_cut || !kept.says_nothing());
        let body = DeclaredBody { kind, content_type, required, object, secrets, texts, schema };
        Ok(Some(BodyDraft { body, drafts }))
    }

    /// Looks at `shape` and what is below it, as far as a few looks go; `look` says of each whether to go on below it.
    fn walk(
        &self,
        shape: &SchemaShape<'a>,
        steps: &mut Vec<String>,
        visits: &mut Visits,
        look: &mut dyn FnMut(&SchemaShape<'a>, &[String]) -> bool,
    ) {
        if !look(shape, steps) || steps.len() == limits::SECRET_DEPTH || !visits.one() {
            return;
        }
        let mut below = |step: &str, inner: Result<SchemaShape<'a>, Spoilt>| {
            // What cannot be read is said where it is needed.
            let Ok(inner) = inner else { return };
            steps.push(step.to_owned());
            self.walk(&inner, steps, visits, look);
            steps.pop();
        };
        let shape = shape.object.as_deref().unwrap_or(shape);
        for property in shape.properties().iter().take(limits::LIST) {
            below(property.name, self.property(property));
        }
        if !shape.items.is_empty() {
            below("*", self.shape(&shape.items));
        }
        if let Additional::Schema(schemas) = &shape.additional {
            below("*", self.shape(schemas));
        }
    }

    /// Where secrets are: those that are flags are known anyway.
    fn secrets(&self, shape: &SchemaShape<'a>) -> Vec<Pointer> {
        let mut found = Vec::new();
        self.walk(shape, &mut Vec::new(), &mut Visits(limits::SECRET_VISITS), &mut |shape, steps| {
            if shape.is_secret() {
                found.push(Pointer::from_steps(steps.to_vec()));
            }
            !shape.is_secret()
        });
        found
    }

    /// Where texts are that no flag stands for.
    fn texts(&self, shape: &SchemaShape<'a>) -> Vec<Pointer> {
        let mut found = Vec::new();
        self.walk(shape, &mut Vec::new(), &mut Visits(limits::SECRET_VISITS), &mut |shape, steps| {
            let has_no_flag = steps.len() > limits::FLAG_DEPTH || steps.iter().any(|step| step == "*");
            if shape.types == Types::STRING && has_no_flag {
                found.push(Pointer::from_steps(steps.to_vec()));
            }
            true
        });
        found
    }

    /// Flags as deep as they stay few enough.
    fn properties(
        &self,
        shape: &SchemaShape<'a>,
        kind: BodyKind,
        encoding: Option<&'a Map<String, Value>>,
    ) -> Result<Vec<ArgumentDraft<'a>>, Spoilt> {
        for depth in (1..=limits::FLAG_DEPTH).rev() {
            let (drafts, steps) = (Vec::new(), Vec::new());
            let mut walk = Walk { source: self, drafts, steps, depth, kind, encoding };
            walk.object(shape, 0, shape.write_only)?;
            if walk.drafts.len() <= limits::ARGUMENTS || depth == 1 {
                return Ok(walk.drafts);
            }
        }
        Ok(Vec::new())
    }
}

/// How many schemas are still looked at.
struct Visits(usize);

impl Visits {
    fn one(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

/// The content that is sent, of those that the operation takes.
fn chosen(content: &Map<String, Value>) -> Option<(&str, &Value, BodyKind)> {
    let kinds = content.iter().map(|(name, media)| {
        let plain = name.split(';').next().unwrap_or_default().trim();
        (plain, media, kind(plain))
    });
    kinds.min_by_key(|(_, _, (rank, _))| *rank).map(|(name, media, (_, kind))| (name, media, kind))
}

fn kind(content_type: &str) -> (u8, BodyKind) {
    match content_type.to_ascii_lowercase().as_str() {
        "application/json" => (0, BodyKind::Json),
        MERGE_PATCH => (1, BodyKind::Json),
        // Its operations are nothing for flags.
        "application/json-patch+json" => (3, BodyKind::Json),
        other if other.ends_with("+json") || other.ends_with("/json") => (2, BodyKind::Json),
        "application/x-www-form-urlencoded" => (4, BodyKind::Form),
        "multipart/form-data" => (5, BodyKind::Multipart),
        "text/plain" => (6, BodyKind::Raw),
        "application/octet-stream" => (7, BodyKind::Raw),
        _ => (8, BodyKind::Raw),
    }
}

/// The walk through the properties of a body.
struct Walk<'s, 'a> {
    source: &'s DocumentReader<'a>,
    drafts: Vec<ArgumentDraft<'a>>,
    steps: Vec<&'a str>,
    depth: usize,
    kind: BodyKind,
    /// How the fields of a form are written, by their names.
    encoding: Option<&'a Map<String, Value>>,
}

impl<'a> Walk<'_, 'a> {
    /// `within`: how many of the steps lead to the innermost object that may be left out.
    /// `write_only`: so is something around it.
    fn object(&mut self, shape: &SchemaShape<'a>, within: usize, write_only: bool) -> Result<(), Spoilt> {
        for property in shape.properties() {
            if self.drafts.len() > limits::ARGUMENTS {
                return Ok(());
            }
            if property.name.len() > limits::NAME {
                self.source.remark("the name of a property is too long");
                continue;
            }
            let inner = self.source.property_of(shape, property)?;
            let required = shape.required.contains(property.name);
            self.steps.push(property.name);
            self.property(inner, required, within, write_only)?;
            self.steps.pop();
        }
        Ok(())
    }

    fn property(
        &mut self,
        shape: SchemaShape<'a>,
        required: bool,
        within: usize,
        write_only: bool,
    ) -> Result<(), Spoilt> {
        let Some(name) = self.steps.last().copied() else { return Ok(()) };
        let wanted = self.steps.join(".");
        let place = match self.kind {
            BodyKind::Json => ArgumentPlace::Body(Pointer::from_steps(
                self.steps.iter().map(|step| (*step).to_owned()).collect(),
            )),
            _ => ArgumentPlace::Field(self.field()),
        };
        let (encoding, content_type) = self.encoding();
        let draft = ArgumentDraft {
            wanted,
            place,
            encoding,
            content_type,
            description: shape.description,
            example: shape.example,
            required,
            within,
            deprecated: shape.deprecated,
            takes_files: self.kind == BodyKind::Multipart,
            write_only: write_only || shape.write_only,
            shape,
            ..ArgumentDraft::path(name)
        };
        if draft.shape.read_only || draft.keys(self.source).flag("x-cli-ignore") == Some(true) {
            return Ok(());
        }
        if let Some(object) = draft.shape.object.clone()
            && !object.properties().is_empty()
            && (self.kind == BodyKind::Json || encoding == Encoding::Styled(Style::Deep))
            && self.steps.len() < self.depth
        {
            let (within, write_only) = (self.steps.len(), draft.write_only);
            // The whole goes first: what is in it is put into it.
            self.drafts.push(draft);
            return self.object(&object, within, write_only);
        }
        let nests = draft.shape.is_object() && !draft.shape.properties().is_empty();
        let is_deep = self.kind == BodyKind::Json || encoding == Encoding::Styled(Style::Deep);
        if nests && is_deep && self.steps.len() < self.depth {
            let within = if required { within } else { self.steps.len() };
            self.object(&draft.shape, within, draft.write_only)?;
            if self.kind != BodyKind::Json {
                // The whole in JSON, too, as it is written down elsewhere.
                self.drafts.push(ArgumentDraft { required: false, hidden: true, ..draft });
            }
            return Ok(());
        }
        self.drafts.push(draft);
        Ok(())
    }

    /// The name of the field of a form: `a[b]` for a property of an object.
    fn field(&self) -> String {
        let inner = self.steps.iter().skip(1).map(|step| format!("[{step}]"));
        self.steps.first().into_iter().map(|step| (*step).to_owned()).chain(inner).collect()
    }

    /// How the field is written (`encoding`), and the content type of its part.
    fn encoding(&self) -> (Encoding, Option<&'a str>) {
        let field =
            self.steps.first().and_then(|name| Some((*name, self.encoding?.get(*name)?.as_object()?)));
        let Some((name, encoding)) = field.filter(|_| self.kind != BodyKind::Json) else {
            return (Encoding::Usual, None);
        };
        let content_type = encoding.get("contentType").and_then(Value::as_str);
        let is_json = content_type.is_some_and(|kind| kind.ends_with("/json") || kind.ends_with("+json"));
        let is_styled = encoding.contains_key("style") || encoding.contains_key("explode");
        let encoding = match self.kind {
            BodyKind::Form if is_styled => Encoding::Styled(self.source.style(name, encoding)),
            BodyKind::Form | BodyKind::Multipart if is_json => Encoding::Styled(Style::Json),
            _ => Encoding::Usual,
        };
        // Several kinds are what a file may be, not what it is.
        let one = content_type.filter(|kind| !kind.contains([',', '*']));
        (encoding, one.filter(|_| self.kind == BodyKind::Multipart))
    }
}

//! `security` and `securitySchemes` → which credentials of the plugin's own each command needs, and what they are.
//!
//! * `apiKey` is a key of the plugin's own, in a header, the query or a cookie that is not ours.
//! * What stands in `Authorization` is the session's token, where it can be: `http` with `bearer`, `oauth2`, `openIdConnect`, and an
//!   `apiKey` of that name, which is how Swagger 2.0 declares a bearer token. `basic` and the like cannot.
//! * What everestctl cannot do anything about (`mutualTLS`, a header that is ours) is told and asks for nothing: the command
//!   runs as if it were not there. A scheme that is not declared asks for nothing either.
//!
//! It must not know which credentials the user has.

use super::Problems;
use super::prose;
use super::reference::{DocumentReader, Spoilt};
use crate::model::{CleanText, CredentialPlace};
use crate::openapi::security::fault;
use crate::openapi::{
    ApiCommand, Argument, ArgumentForm, ArgumentPlace, SchemeKind, SchemeName, SecurityScheme, limits,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is read of the schemes of a document, each when the first operation names it.
pub(super) struct SecurityReader<'s, 'a> {
    source: &'s DocumentReader<'a>,
    root: &'a Map<String, Value>,
    /// Each name that an operation has used, with its place among the schemes; `None`: it asks for nothing.
    known: BTreeMap<&'a str, Option<usize>>,
    schemes: Vec<SecurityScheme>,
    problems: Vec<String>,
}

/// One alternative: the keys that it takes, or what of it cannot be sent.
enum Alternative {
    Keys(Vec<SchemeName>),
    Impossible(SchemeName),
}

impl<'s, 'a> SecurityReader<'s, 'a> {
    pub(super) fn new(source: &'s DocumentReader<'a>, root: &'a Map<String, Value>) -> Self {
        Self { source, root, known: BTreeMap::new(), schemes: Vec::new(), problems: Vec::new() }
    }

    /// The schemes that commands need, with what could not be used of them.
    pub(super) fn finish(self, problems: &mut Problems) -> Vec<SecurityScheme> {
        for problem in &self.problems {
            problems.add(&format!("the document: {problem}"));
        }
        self.schemes
    }

    /// Gives `command` what `operation`, or the document for all of its operations, requires.
    pub(super) fn require(&mut self, operation: &'a Map<String, Value>, command: &mut ApiCommand) {
        let Some(declared) = operation.get("security").or_else(|| self.root.get("security")) else { return };
        let Value::Array(declared) = declared else {
            self.problem("`security` is not a list".to_owned());
            return;
        };
        if declared.len() > limits::SECURITY {
            self.problem(format!("only the first {} alternatives of `security` are read", limits::SECURITY));
        }
        let alternatives: Vec<Alternative> =
            declared.iter().take(limits::SECURITY).map(|set| self.alternative(set)).collect();
        let mut sets: Vec<Vec<SchemeName>> = Vec::new();
        for alternative in &alternatives {
            if let Alternative::Keys(set) = alternative
                && !sets.contains(set)
            {
                sets.push(set.clone());
            }
        }
        if sets.is_empty()
            && let Some(Alternative::Impossible(name)) = alternatives.into_iter().next()
        {
            sets.push(vec![name]);
        }
        if sets.iter().all(Vec::is_empty) {
            return;
        }
        self.leave_to_the_credential(command, &sets);
        command.security = sets;
    }

    fn alternative(&mut self, set: &'a Value) -> Alternative {
        let Value::Object(set) = set else {
            self.problem("an alternative of `security` is not an object".to_owned());
            return Alternative::Keys(Vec::new());
        };
        if set.len() > limits::SECURITY {
            self.problem(format!("only the first {} schemes of an alternative are read", limits::SECURITY));
        }
        let mut keys = Vec::new();
        for name in set.keys().take(limits::SECURITY) {
            let Some(scheme) = self.scheme(name).and_then(|at| self.schemes.get(at)) else { continue };
            match scheme.kind {
                SchemeKind::Key(_) => keys.push(scheme.name.clone()),
                SchemeKind::Session => {}
                SchemeKind::Other(_) => return Alternative::Impossible(scheme.name.clone()),
            }
        }
        keys.sort();
        Alternative::Keys(keys)
    }

    /// The place of a scheme among those that are used.
    fn scheme(&mut self, name: &'a str) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        if self.known.len() == limits::SCHEMES {
            self.problem(format!("only the first {} security schemes are read", limits::SCHEMES));
            return None;
        }
        let declared = self.root.get("components").and_then(|components| components.get("securitySchemes"));
        let declared = declared.and_then(|schemes| schemes.get(name));
        // Generators name schemes that nobody declares.
        let found = match declared.map(|declared| self.read(name, declared)) {
            Some(Ok(scheme)) => {
                self.schemes.push(scheme);
                Some(self.schemes.len() - 1)
            }
            Some(Err(Spoilt(why))) => {
                self.problem(format!("security scheme `{}`: {why}; nothing is sent for it", shortened(name)));
                None
            }
            None => None,
        };
        self.known.insert(name, found);
        found
    }

    fn read(&self, name: &str, declared: &'a Value) -> Result<SecurityScheme, Spoilt> {
        let spoilt = |why: &str| Spoilt(why.to_owned());
        let declared = self.source.resolve(declared)?;
        let name = SchemeName::new(name).ok_or_else(|| {
            spoilt(
                "its name may have only letters, digits, `.`, `-`, `_` and blanks, and at most 64 characters",
            )
        })?;
        let text = |key: &str| declared.get(key).and_then(Value::as_str).unwrap_or_default();
        let kind = match text("type") {
            "apiKey" => key(text("in"), text("name"))?,
            "http" if text("scheme").eq_ignore_ascii_case("bearer") => SchemeKind::Session,
            "http" if !text("scheme").is_empty() => {
                SchemeKind::Other(CleanText::new(&shortened(&text("scheme").to_ascii_lowercase())))
            }
            "http" => return Err(spoilt("it has no `scheme`")),
            "oauth2" | "openIdConnect" => SchemeKind::Session,
            "mutualTLS" => return Err(spoilt("a certificate of the user does not pass through the server")),
            other => return Err(Spoilt(format!("its type `{}` is not known", shortened(other)))),
        };
        let description = text("description");
        let description = CleanText::non_empty(&shortened(&prose::line(description)));
        Ok(SecurityScheme { name, kind, description })
    }

    /// A key that is also declared as a parameter is not asked for twice: the flag still works, before the credential. One
    /// with a variable of its own (`x-cli-env`) is left to that.
    fn leave_to_the_credential(&self, command: &mut ApiCommand, sets: &[Vec<SchemeName>]) {
        let is_used = |scheme: &&SecurityScheme| sets.iter().flatten().any(|name| *name == scheme.name);
        let places: Vec<&CredentialPlace> =
            self.schemes.iter().filter(is_used).filter_map(SecurityScheme::place).collect();
        let is_flag =
            |argument: &&mut Argument| argument.form == ArgumentForm::Flag && argument.environment.is_none();
        for argument in command.arguments.iter_mut().filter(is_flag) {
            let own = match &argument.place {
                ArgumentPlace::Header(name) => CredentialPlace::Header(name.clone()),
                ArgumentPlace::Query { name, .. } => CredentialPlace::Query(name.clone()),
                ArgumentPlace::Cookie(name) => CredentialPlace::Cookie(name.clone()),
                _ => continue,
            };
            if places.iter().any(|place| place.is(&own)) {
                (argument.required, argument.hidden, argument.private) = (false, true, true);
            }
        }
    }

    fn problem(&mut self, text: String) {
        if self.problems.len() < limits::SCHEMES && !self.problems.contains(&text) {
            self.problems.push(text);
        }
    }
}

/// What an `apiKey` is, by where it stands.
fn key(place: &str, name: &str) -> Result<SchemeKind, Spoilt> {
    let place = match place {
        "header" if name.eq_ignore_ascii_case("authorization") => return Ok(SchemeKind::Session),
        "header" => CredentialPlace::Header(name.to_owned()),
        "query" => CredentialPlace::Query(name.to_owned()),
        "cookie" => CredentialPlace::Cookie(name.to_owned()),
        other => return Err(Spoilt(format!("a key cannot be in `{}`", shortened(other)))),
    };
    fault(&place).map_or(Ok(SchemeKind::Key(place)), |why| Err(Spoilt(why)))
}

/// Clean, and no longer than a line.
fn shortened(text: &str) -> String {
    /// More of it helps nobody.
    const LONGEST: usize = 200;
    CleanText::new(text).as_str().chars().take(LONGEST).collect()
}

//! A document that lies in several files: which others it refers to, and all of them as one.
//!
//! Files are of the same backend: beside the document, or below the plugin by an absolute path; nothing of another host is
//! read. The caller fetches them, so many and so large as [`limits`] allow. A file becomes a part of the document, and every
//! reference is one within it.
//!
//! It must not know how a file is fetched, nor what is in it.

use super::document::{self, DocumentError};
use crate::model::{CleanText, below};
use crate::openapi::{Descriptor, limits};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Where the files are in the document.
const KEY: &str = "x-everestctl-files";

/// A document with the files that it refers to, as far as they are there.
#[derive(Debug)]
pub struct DocumentFiles {
    /// Where the document was, below the plugin; empty when it was nowhere.
    place: String,
    root: Map<String, Value>,
    /// Path and content, as far as it could be read.
    files: Vec<(String, Option<Value>)>,
    left: document::Budget,
    seen: HashSet<String>,
    wanted: Vec<String>,
    problems: Vec<CleanText>,
}

impl DocumentFiles {
    /// Reads the document itself, which was at `place` below the plugin.
    pub fn new(place: &str, bytes: &[u8]) -> Result<Self, DocumentError> {
        let mut left = document::Budget::default();
        let root = document::root(bytes, &mut left)?;
        let place = place.split(['?', '#']).next().unwrap_or_default().to_owned();
        let seen = HashSet::from([place.clone()]);
        let mut document = Self {
            place: place.clone(),
            root,
            files: Vec::new(),
            left,
            seen,
            wanted: Vec::new(),
            problems: Vec::new(),
        };
        let mut found = Vec::new();
        document.root.values().for_each(|value| references(value, &place, &mut found));
        document.want(found);
        Ok(document)
    }

    /// The path of a file that is to be fetched; each is asked for once.
    pub fn next_file(&mut self) -> Option<String> {
        let path = self.wanted.pop()?;
        if self.files.len() == limits::FILES {
            self.problem(&format!("only {} of the files that it refers to are read", limits::FILES));
            self.wanted.clear();
            return None;
        }
        Some(path)
    }

    /// Whether anything was asked for.
    pub fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// What is in a file that was asked for, or why it could not be fetched.
    pub fn add(&mut self, path: &str, content: Result<Vec<u8>, String>) {
        let read = content
            .and_then(|bytes| document::value(&bytes, &mut self.left).map_err(|error| error.to_string()));
        let value = match read {
            Ok(value) => {
                let mut found = Vec::new();
                references(&value, path, &mut found);
                self.want(found);
                Some(value)
            }
            Err(why) => {
                self.problem(&format!("{path}: {why}"));
                None
            }
        };
        self.files.push((path.to_owned(), value));
    }

    /// The commands of all that is there.
    pub fn read(mut self) -> Descriptor {
        let paths: Vec<String> =
            self.files.iter().filter(|(_, value)| value.is_some()).map(|(path, _)| path.clone()).collect();
        let mut values: Vec<Value> = self.files.drain(..).filter_map(|(_, value)| value).collect();
        if !paths.is_empty() {
            let places = Places { root: &self.place, files: &paths };
            self.root.values_mut().for_each(|value| places.bind(value, &self.place));
            for (value, path) in values.iter_mut().zip(&paths) {
                places.bind(value, path);
            }
            self.root.insert(KEY.to_owned(), Value::Array(values));
        }
        let mut descriptor = super::read_root(self.root);
        descriptor.problems.extend(self.problems);
        descriptor
    }

    fn want(&mut self, found: Vec<String>) {
        for path in found {
            if self.seen.insert(path.clone()) {
                self.wanted.push(path);
            }
        }
    }

    fn problem(&mut self, text: &str) {
        if self.problems.len() < limits::PROBLEMS {
            self.problems.push(CleanText::new(text));
        }
    }
}

/// The paths of all files that something refers to.
fn references(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, place, found)),
        Value::Object(members) => {
            let mut refer = |text: &str| {
                // Most are within the document.
                if !text.starts_with('#') {
                    found.extend(resolved(place, text).map(|(path, _)| path).filter(|path| path != place));
                }
            };
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "$ref" => refer(text),
                    Value::Object(mapping) if name == "mapping" => {
                        mapping
                            .values()
                            .filter_map(Value::as_str)
                            .filter(|text| is_address(text))
                            .for_each(&mut refer);
                    }
                    _ => {}
                }
            }
            members.values().for_each(|member| references(member, place, found));
        }
        _ => {}
    }
}

/// Whether a target of a mapping is no bare name.
fn is_address(target: &str) -> bool {
    target.contains(['/', '#', '.'])
}

/// Path and fragment of a reference that stands in the file at `place`; `None` when it leads out of the plugin.
fn resolved<'r>(place: &str, reference: &'r str) -> Option<(String, &'r str)> {
    let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    if address.is_empty() {
        return Some((place.to_owned(), fragment));
    }
    if address.contains(':') || address.starts_with("//") || address.contains('?') || !place.starts_with('/')
    {
        return None;
    }
    let mut steps: Vec<&str> = Vec::new();
    if !address.starts_with('/') {
        steps.extend(place.split('/').skip(1));
        steps.pop();
    }
    for step in address.split('/').filter(|step| !step.is_empty()) {
        match step {
            "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    let path = format!("/{}", steps.join("/"));
    (below::fault(&path).is_none() && path.len() <= limits::ROUTE).then_some((path, fragment))
}

/// Where everything is once it is one document.
struct Places<'p> {
    root: &'p str,
    files: &'p [String],
}

impl Places<'_> {
    /// Makes every reference of the file at `place` one within the document.
    fn bind(&self, value: &mut Value, place: &str) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.bind(item, place)),
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get_mut("$ref") {
                    self.rename(reference, place);
                }
                if let Some(Value::Object(mapping)) = members.get_mut("mapping") {
                    for target in mapping.values_mut() {
                        if let Value::String(target) = target
                            && is_address(target)
                        {
                            self.rename(target, place);
                        }
                    }
                }
                members.values_mut().for_each(|member| self.bind(member, place));
            }
            _ => {}
        }
    }

    fn rename(&self, reference: &mut String, place: &str) {
        let Some((path, fragment)) = resolved(place, reference) else { return };
        if path == self.root {
            *reference = format!("#{fragment}");
        } else if let Some(at) = self.files.iter().position(|file| *file == path) {
            let is_pointer = fragment.is_empty() || fragment.starts_with('/');
            *reference = if is_pointer { format!("#/{KEY}/{at}{fragment}") } else { format!("#{fragment}") };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reference_leads_below_the_plugin_or_nowhere() {
        let path = |place: &str, reference: &str| resolved(place, reference).map(|(path, _)| path);
        assert_eq!(path("/docs/openapi.yaml", "a/b.yml#/x").as_deref(), Some("/docs/a/b.yml"));
        assert_eq!(path("/docs/openapi.yaml", "../b.yml").as_deref(), Some("/b.yml"));
        assert_eq!(path("/docs/openapi.yaml", "./b.yml").as_deref(), Some("/docs/b.yml"));
        assert_eq!(path("/docs/openapi.yaml", "/b.yml").as_deref(), Some("/b.yml"));
        assert_eq!(path("/docs/openapi.yaml", "#/x").as_deref(), Some("/docs/openapi.yaml"));
        for out in [
            "../../b.yml",
            "https://acme.dev/b.yml",
            "//acme.dev/b.yml",
            "a%2e%2e/b",
            "file:///etc/passwd",
            "b?x=1",
        ] {
            assert_eq!(path("/docs/openapi.yaml", out), None, "{out}");
        }
        assert_eq!(path("", "b.yml"), None);
    }

    #[test]
    fn files_become_one_document() {
        let document = json!({"openapi": "3.1.0", "paths": {
            "/pets": {"$ref": "paths/pets.yaml"},
            "/toys": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "schemas.json#/Toy"}}}}}},
            "/none": {"get": {"$ref": "none.json"}},
            "/echo": {"$ref": "echo.json"}, "/one": {"post": {"$ref": "echo.json"}},
        }});
        let mut files = DocumentFiles::new("/docs/openapi.json", document.to_string().as_bytes()).unwrap();
        let pets = "post:\n  parameters: [{$ref: '../schemas.json#/Page'}]\n  requestBody: {content: {application/json: {schema: {$ref: '#/x-pet'}}}}\nx-pet: {type: object, properties: {name: {type: string}, toy: {$ref: '../schemas.json#/Toy'}}}\n";
        let schemas = json!({"Toy": {"type": "object", "properties": {"size": {"$ref": "#/Size"}}}, "Size": {"type": "integer"},
            "Page": {"name": "page", "in": "query", "schema": {"$ref": "openapi.json#/x"}}});
        let mut asked = Vec::new();
        while let Some(path) = files.next_file() {
            let content = match path.as_str() {
                "/docs/paths/pets.yaml" => Ok(pets.as_bytes().to_vec()),
                "/docs/echo.json" => Ok(br#"{"method": "GET", "headers": {}}"#.to_vec()),
                "/docs/schemas.json" => Ok(schemas.to_string().into_bytes()),
                _ => Err("the plugin returned 404".to_owned()),
            };
            files.add(&path, content);
            asked.push(path);
        }
        asked.sort();
        assert_eq!(
            asked,
            ["/docs/echo.json", "/docs/none.json", "/docs/paths/pets.yaml", "/docs/schemas.json"]
        );
        let descriptor = files.read();
        let arguments: Vec<String> = descriptor
            .commands
            .iter()
            .flat_map(|command| {
                command
                    .arguments
                    .iter()
                    .map(|argument| format!("{} --{}", command.words, argument.name))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(arguments, ["pets --page", "pets --name", "pets --toy.size", "toys --size"]);
        let problems: Vec<String> = descriptor.problems.iter().map(ToString::to_string).collect();
        assert!(
            problems.iter().any(|line| line.starts_with("GET /none: `none.json` is in another document")),
            "{problems:?}"
        );
        for line in
            ["/echo: what it refers to has no operations", "POST /one: what it refers to is not an operation"]
        {
            assert!(problems.iter().any(|problem| problem == line), "{problems:?}");
        }
        assert!(
            problems.iter().any(|line| line == "/docs/none.json: the plugin returned 404"),
            "{problems:?}"
        );
    }

    #[test]
    fn no_more_files_than_there_is_room_for() {
        let many: Map<String, Value> =
            (0..500).map(|at| (format!("/a{at}"), json!({"$ref": format!("f{at}.json")}))).collect();
        let document = json!({"openapi": "3.0.0", "paths": many}).to_string();
        let mut files = DocumentFiles::new("/openapi.json", document.as_bytes()).unwrap();
        let mut count = 0;
        while let Some(path) = files.next_file() {
            files.add(&path, Ok(br#"{"get": {"$ref": "more.json"}}"#.to_vec()));
            count += 1;
        }
        assert_eq!(count, limits::FILES);
        let large = vec![b' '; limits::DOCUMENT];
        let mut files = DocumentFiles::new("/openapi.json", document.as_bytes()).unwrap();
        files.add("/f1.json", Ok(large));
        assert!(files.problems[0].as_str().contains("larger than"), "{:?}", files.problems);
    }
}

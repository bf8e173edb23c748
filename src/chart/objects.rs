//! The objects of a rendered chart or a manifest: several YAML documents in one text. Pure.

use crate::yaml::{self, YamlError};
use serde_json::Value;
use std::fmt;

/// The largest text that is read, in bytes.
pub const LARGEST: usize = 32 * 1024 * 1024;
/// The most objects of one.
const MOST: usize = 5_000;

/// Why a text has no usable objects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoObjects {
    /// A document is not YAML.
    #[error("document {number}: {error}")]
    NotYaml {
        /// Which one, counted from 1.
        number: usize,
        /// Where.
        error: YamlError,
    },
    /// A document is not an object of Kubernetes.
    #[error("document {0} is not a Kubernetes object: it has no apiVersion, kind or metadata.name")]
    NoObject(usize),
    /// There are more.
    #[error("it has more than {MOST} objects")]
    TooMany,
}

/// An object of Kubernetes.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(pub Value);

/// What an object is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// Its API group, without the version.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace, where it says one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(formatter, "{namespace}/")?;
        }
        formatter.write_str(&self.name)
    }
}

impl Object {
    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer).and_then(Value::as_str)
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        self.text("/apiVersion").unwrap_or_default()
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        self.text("/kind").unwrap_or_default()
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.text("/metadata/name").unwrap_or_default()
    }

    /// `metadata.namespace`.
    pub fn namespace(&self) -> Option<&str> {
        self.text("/metadata/namespace")
    }

    /// What it is called.
    pub fn id(&self) -> ObjectId {
        let group = self.api_version().split_once('/').map_or("", |(group, _)| group);
        ObjectId {
            group: group.to_owned(),
            kind: self.kind().to_owned(),
            namespace: self.namespace().map(str::to_owned),
            name: self.name().to_owned(),
        }
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.0.pointer("/metadata/annotations")?.get(name)?.as_str()
    }

    /// Whether helm runs it only on an occasion, and does not keep it.
    pub fn is_hook(&self) -> bool {
        self.annotation("helm.sh/hook").is_some()
    }
}

/// The objects in `text`, lists unpacked, in order.
pub fn read(text: &str) -> Result<Vec<Object>, NoObjects> {
    let mut objects = Vec::new();
    for (number, document) in (1..).zip(documents(text)) {
        let value: Value = yaml::from_slice_as_go(document.as_bytes())
            .map_err(|error| NoObjects::NotYaml { number, error })?;
        let is_list = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
        match value {
            Value::Null => {}
            Value::Object(mut list) if is_list && list.get("items").is_some_and(Value::is_array) => {
                let Some(Value::Array(items)) = list.remove("items") else { continue };
                for item in items {
                    objects.push(object(item).ok_or(NoObjects::NoObject(number))?);
                }
            }
            value => objects.push(object(value).ok_or(NoObjects::NoObject(number))?),
        }
        if objects.len() > MOST {
            return Err(NoObjects::TooMany);
        }
    }
    Ok(objects)
}

fn object(value: Value) -> Option<Object> {
    let object = Object(value);
    let is_named = !object.name().is_empty() || object.text("/metadata/generateName").is_some();
    (!object.api_version().is_empty() && !object.kind().is_empty() && is_named).then_some(object)
}

/// The documents of a stream: a line that starts with three dashes ends one, wherever it stands.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        let marker = line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        if let Some(rest) = marker {
            documents.push(rest.trim_start().to_owned());
        } else if let Some(document) = documents.last_mut() {
            document.push_str(line);
        }
        if let Some(document) = documents.last_mut() {
            document.push('\n');
        }
    }
    documents.retain(|document| {
        let is_content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        document.lines().any(is_content)
    });
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lists_and_comments() {
        let text = "# nothing\n---\n# Source: a\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    ---\n    y\n\
                    --- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n---\n\n---\napiVersion: v1\nkind: List\nitems:\n\
                    - {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: c}}\n";
        let objects = read(text).unwrap();
        let shown: Vec<String> = objects.iter().map(|object| object.id().to_string()).collect();
        assert_eq!(shown, ["ConfigMap a", "Secret b", "ClusterRole c"]);
        assert_eq!(objects[0].text("/data/x"), Some("---\ny\n"));
        assert_eq!(objects[2].id().group, "rbac.authorization.k8s.io");
    }

    #[test]
    fn what_is_no_object_is_said_with_its_number() {
        assert_eq!(read("a: 1\n"), Err(NoObjects::NoObject(1)));
        assert!(matches!(read("---\n{}\n---\n[\n"), Err(NoObjects::NoObject(1))));
        assert!(matches!(read("a: [\n"), Err(NoObjects::NotYaml { number: 1, .. })));
        assert_eq!(read("\n# only a comment\n"), Ok(Vec::new()));
    }
}

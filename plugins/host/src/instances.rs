//! Database instances that a file declares: what a plugin gets when it asks for one, and how to connect to it.
//!
//! It must not know who may see them.

use everestctl::model::CleanText;
use everestctl::sys::{Environment, files};
use everestctl::yaml;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// The largest file of instances, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The namespace of an instance that names none.
const NAMESPACE: &str = "everest";

/// All of them, in the order of the file.
#[derive(Debug, Default)]
pub struct Instances(Vec<Instance>);

/// One of them. It holds a password: there is no way to print it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instance {
    /// Name of the instance.
    pub name: String,
    /// Where it is.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Who runs it, as in `spec.providerRef.name`.
    #[serde(default)]
    pub provider: String,
    /// What it speaks.
    #[serde(rename = "type", default = "default_engine")]
    pub engine: String,
    /// Where it listens: a name, an address, or the folder of its socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database to connect to; the last part of the address.
    #[serde(default)]
    pub database: String,
    /// Who connects.
    #[serde(default)]
    pub username: String,
    /// With what.
    #[serde(default)]
    pub password: String,
    /// A file that holds the password instead; relative to the instances file.
    #[serde(default)]
    password_file: Option<String>,
    /// A variable of the host's environment that holds the password instead.
    #[serde(default)]
    password_env: Option<String>,
    /// Its labels, as in `metadata.labels`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The whole address, instead of one made of the rest.
    #[serde(default)]
    pub uri: String,
    /// Its backups.
    #[serde(default)]
    pub backups: Vec<Backup>,
}

/// A backup of an instance, as far as anybody asks for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Backup {
    /// Its name.
    pub name: String,
    /// What became of it, as in `status.state`.
    #[serde(default = "succeeded")]
    pub state: String,
    /// When it was done (RFC 3339), as in `status.completedAt`.
    #[serde(default)]
    pub completed_at: Option<String>,
}

fn succeeded() -> String {
    "Succeeded".to_owned()
}

fn default_namespace() -> String {
    NAMESPACE.to_owned()
}

fn default_engine() -> String {
    "postgresql".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InstancesFile {
    instances: Vec<Instance>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

impl Instances {
    /// Those in the file at `path`; none without a file. Passwords may be in `environment`.
    pub fn open(path: Option<&Path>, environment: &Environment) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let InstancesFile { mut instances } =
            yaml::explained(&files::read(path, LARGEST)?).map_err(io::Error::other)?;
        let mut names = BTreeSet::new();
        for instance in &mut instances {
            let wrong = |why: &str| io::Error::other(format!("`{}` {why}", CleanText::new(&instance.name)));
            if !is_label(&instance.name) || !is_label(&instance.namespace) {
                return Err(wrong("or its namespace is not a valid resource name"));
            }
            if !names.insert((instance.namespace.clone(), instance.name.clone())) {
                return Err(wrong("is listed twice"));
            }
            if instance.provider.is_empty() {
                instance.provider = format!("provider-percona-{}", instance.engine);
            }
            if let Some(file) = &instance.password_file {
                let place = path.parent().unwrap_or(Path::new("")).join(file);
                let content = files::read(&place, LARGEST)
                    .map_err(|error| wrong(&format!("has an unreadable passwordFile: {error}")))?;
                let text =
                    String::from_utf8(content).map_err(|_| wrong("has a passwordFile that is not text"))?;
                text.trim_end_matches(['\r', '\n']).clone_into(&mut instance.password);
            }
            if let Some(variable) = &instance.password_env {
                // A database that nobody can connect to is noticed here, and not by its users.
                let password = environment.text(variable).filter(|password| !password.is_empty());
                password
                    .ok_or_else(|| {
                        wrong(&format!("has a passwordEnv that is not set: {}", CleanText::new(variable)))
                    })?
                    .clone_into(&mut instance.password);
            }
        }
        Ok(Self(instances))
    }

    /// Those of a namespace.
    pub fn of<'i>(&'i self, namespace: &'i str) -> impl Iterator<Item = &'i Instance> {
        self.0.iter().filter(move |instance| instance.namespace == namespace)
    }

    /// The one of this name.
    pub fn find(&self, namespace: &str, name: &str) -> Option<&Instance> {
        self.0.iter().find(|instance| instance.namespace == namespace && instance.name == name)
    }

    /// The providers that they name.
    pub fn providers(&self) -> BTreeSet<&str> {
        self.0.iter().map(|instance| instance.provider.as_str()).collect()
    }

    /// Adds the namespaces that they are in to those that there are.
    pub fn add_namespaces(&self, namespaces: &mut Vec<String>) {
        for instance in &self.0 {
            if !namespaces.contains(&instance.namespace) {
                namespaces.push(instance.namespace.clone());
            }
        }
    }
}

/// A DNS-1123 label.
fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    matches!(bytes.len(), 1..=63)
        && bytes.iter().all(|byte| plain(*byte) || *byte == b'-')
        && bytes.first().copied().is_some_and(plain)
        && bytes.last().copied().is_some_and(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Instances, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("instances.yaml");
        files::replace(&folder.path().join("secret"), b"s3cret\n").unwrap();
        files::replace(&path, text.as_bytes()).unwrap();
        let environment = Environment::from_iter([("PASSWORD_OF_SHOP", "pa55word")]);
        Instances::open(Some(&path), &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn an_instance_needs_a_name_and_a_place() {
        let instances =
            read("instances:\n- {name: shop, host: 127.0.0.1, port: 5432, passwordFile: secret}\n").unwrap();
        let shop = instances.find("everest", "shop").unwrap();
        assert_eq!((shop.engine.as_str(), shop.password.as_str(), shop.port), ("postgresql", "s3cret", 5432));
        assert_eq!(format!("{instances:?}"), "Instances([everest/shop])");
        let mut namespaces = vec!["dev".to_owned()];
        instances.add_namespaces(&mut namespaces);
        assert_eq!(namespaces, ["dev", "everest"]);
        let of_environment =
            read("instances: [{name: shop, host: h, port: 1, passwordEnv: PASSWORD_OF_SHOP}]").unwrap();
        assert_eq!(of_environment.find("everest", "shop").unwrap().password, "pa55word");
        for (text, why) in [
            ("instances: [{name: shop, host: h}]", "instances[0]: missing key `port`"),
            ("instances: [{name: ../x, host: h, port: 1}]", "not a valid resource name"),
            ("instances: [{name: a, host: h, port: 1}, {name: a, host: h, port: 2}]", "twice"),
            ("instances: [{name: a, host: h, port: 1, passwordFile: none}]", "unreadable passwordFile"),
            ("instances: [{name: a, host: h, port: 1, passwordEnv: NONE}]", "not set: NONE"),
            (
                "instances: [{name: a, host: h, port: 1, pasword: hunter2}]",
                "unknown key `pasword`; did you mean `password`?",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
        }
    }
}

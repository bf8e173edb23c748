//! The config file shared with the Go CLI (reference, section 8.1): contexts, servers, users.

use super::yaml::{self, YamlError};
use crate::error::Explain;
use crate::sys::files;
use serde::{Deserialize, Deserializer};
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// More than any config file needs.
const LARGEST: u64 = 1024 * 1024;

/// The file. Fields that this program does not need are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClientConfig {
    #[serde(deserialize_with = "or_nothing")]
    current_context: String,
    #[serde(deserialize_with = "or_nothing")]
    contexts: Vec<NamedContext>,
    #[serde(deserialize_with = "or_nothing")]
    servers: Vec<NamedServer>,
    #[serde(deserialize_with = "or_nothing")]
    users: Vec<NamedUser>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedContext {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    context: ContextEntry,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContextEntry {
    #[serde(deserialize_with = "or_nothing")]
    server: String,
    #[serde(deserialize_with = "or_nothing")]
    user: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedServer {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    server: ServerEntry,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServerEntry {
    #[serde(deserialize_with = "or_nothing")]
    url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedUser {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    user: Credentials,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Credentials {
    access_token: Option<Zeroizing<String>>,
}

/// A key without a value is what Go makes of it: nothing.
fn or_nothing<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(reader: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(reader)?.unwrap_or_default())
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials(hidden)")
    }
}

/// A context with what its names lead to.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Its name.
    pub name: &'a str,
    /// The server's URL; `None` when the file names a server that it does not describe.
    pub server: Option<&'a str>,
    /// The name of the user entry.
    pub user: &'a str,
    /// The access token; `None` when nobody is signed in.
    pub access_token: Option<&'a Zeroizing<String>>,
}

/// Why the config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the config file {} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// It is damaged.
    #[error("the config file {} is damaged", .0.display())]
    Damaged(PathBuf, #[source] YamlError),
}

impl Explain for ConfigError {}

impl ClientConfig {
    /// Reads the file at `path`; a file that is not there is an empty one.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let content = match files::read(path, LARGEST) {
            Ok(content) => Zeroizing::new(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(ConfigError::Unreadable(path.to_owned(), error)),
        };
        yaml::from_slice(&content).map_err(|error| ConfigError::Damaged(path.to_owned(), error))
    }

    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<Context<'_>> {
        let named = self.contexts.iter().find(|context| context.name == name && !name.is_empty())?;
        let entry = &named.context;
        Some(Context {
            name: &named.name,
            server: self
                .servers
                .iter()
                .find(|server| server.name == entry.server)
                .map(|server| server.server.url.as_str())
                .filter(|url| !url.is_empty()),
            user: &entry.user,
            access_token: self
                .users
                .iter()
                .find(|user| user.name == entry.user)
                .and_then(|user| user.user.access_token.as_ref())
                .filter(|token| !token.is_empty()),
        })
    }

    /// The current context, if the file names one that it describes.
    pub fn current_context(&self) -> Option<Context<'_>> {
        self.context(&self.current_context)
    }

    /// All contexts, in the order of the file.
    pub fn contexts(&self) -> impl Iterator<Item = Context<'_>> {
        self.contexts.iter().filter_map(|context| self.context(&context.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_values_are_nothing() {
        for text in [
            "contexts: null\nservers:\nusers: []\ncurrentContext: null\n",
            "currentContext: a\ncontexts: [{name: a, context: null}]\nservers: [{name: s, server: {}}]\nusers: [{name: u, user:}]\n",
            "",
        ] {
            let config: ClientConfig = yaml::from_slice(text.as_bytes()).unwrap();
            assert!(config.current_context().is_none_or(|context| context.server.is_none()), "{text}");
        }
    }
}

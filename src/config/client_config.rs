//! The config file shared with the Go CLI (reference, section 8.1): contexts, servers, users.

use super::yaml::{self, YamlError};
use crate::error::Explain;
use crate::sys::files;
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// More than any config file needs.
const LARGEST: u64 = 1024 * 1024;

/// The file. Fields that this program does not need are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClientConfig {
    current_context: String,
    contexts: Vec<NamedContext>,
    servers: Vec<NamedServer>,
    users: Vec<NamedUser>,
}

#[derive(Debug, Deserialize)]
struct NamedContext {
    name: String,
    context: ContextEntry,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContextEntry {
    server: String,
    user: String,
}

#[derive(Debug, Deserialize)]
struct NamedServer {
    name: String,
    server: ServerEntry,
}

#[derive(Debug, Deserialize)]
struct ServerEntry {
    url: String,
}

#[derive(Debug, Deserialize)]
struct NamedUser {
    name: String,
    user: Credentials,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Credentials {
    access_token: Option<Zeroizing<String>>,
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
        let named = self.contexts.iter().find(|context| context.name == name)?;
        let entry = &named.context;
        Some(Context {
            name: &named.name,
            server: self
                .servers
                .iter()
                .find(|server| server.name == entry.server)
                .map(|server| server.server.url.as_str()),
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

//! `everestctl.yaml`, beside the config file: what this program keeps for each context, and the user's own names
//! for commands. It is not a part of the shared file, since the Go CLI drops what it does not know.
//!
//! ```yaml
//! contexts:
//!   - name: dana@everest.example.net
//!     context: { namespace: prod, cluster: main, instance: shop, database: sales, caFile: /etc/ssl/corp.pem, allowHttp: false }
//! aliases:
//!   - name: prod
//!     alias: { command: --context prod }
//! plugins:
//!   - name: performance
//!     plugin: { environment: [EVEREST_DB_PASSWORD] }   # further variables that it may name with `x-cli-env`, or gets in a container
//! containers:
//!   runtime: podman                        # or docker, nerdctl, a path
//!   arguments: [--userns=keep-id]          # further arguments of the runtime
//!   mirrors: { ghcr.io: registry.example.net/ghcr }
//! catalogs:                                # of extensions, beside that of the OpenEverest hub
//!   - name: team
//!     catalog: { location: https://example.com/index.json }   # or a file
//! images:                                  # written by everestctl: which image ran first
//!   - name: ghcr.io/example/bench:1
//!     image: { id: "sha256:…" }
//! ```

use super::client_config::{ConfigError, or_nothing, text};
use crate::yaml::{self, YamlError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Preferences {
    #[serde(deserialize_with = "or_nothing")]
    contexts: Vec<ContextPreferencesEntry>,
    #[serde(deserialize_with = "or_nothing")]
    aliases: Vec<NamedAlias>,
    #[serde(deserialize_with = "or_nothing")]
    plugins: Vec<NamedPlugin>,
    #[serde(deserialize_with = "or_nothing")]
    images: Vec<NamedImage>,
    #[serde(deserialize_with = "or_nothing")]
    containers: ContainerPreferences,
    #[serde(deserialize_with = "or_nothing")]
    catalogs: Vec<NamedCatalog>,
}

/// How containers are run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContainerPreferences {
    /// The runtime.
    pub runtime: Option<String>,
    /// Further arguments of it.
    #[serde(deserialize_with = "or_nothing")]
    pub arguments: Vec<String>,
    /// What images are pulled from instead of a registry, by what their names start with.
    #[serde(deserialize_with = "or_nothing")]
    pub mirrors: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedCatalog {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    catalog: OfCatalog,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfCatalog {
    #[serde(deserialize_with = "or_nothing")]
    location: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedImage {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    image: OfImage,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfImage {
    #[serde(deserialize_with = "or_nothing")]
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedPlugin {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    plugin: OfPlugin,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfPlugin {
    #[serde(deserialize_with = "or_nothing")]
    environment: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContextPreferencesEntry {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    context: OfContext,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedAlias {
    #[serde(deserialize_with = "or_nothing")]
    name: String,
    #[serde(deserialize_with = "or_nothing")]
    alias: Alias,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Alias {
    #[serde(deserialize_with = "or_nothing")]
    command: String,
}

/// What is kept for one context.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OfContext {
    /// The default namespace.
    pub namespace: Option<String>,
    /// The default cluster.
    pub cluster: Option<String>,
    /// The default database instance.
    pub instance: Option<String>,
    /// The default database of that instance.
    pub database: Option<String>,
    /// Certificates to trust beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// Whether its server may be reached over plain http.
    pub allow_http: bool,
}

impl Preferences {
    /// Reads the file; one that is not there says nothing.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::from_text(&text(path)?).map_err(|error| ConfigError::Damaged(path.to_owned(), error))
    }

    /// Reads the text of a file.
    pub fn from_text(text: &[u8]) -> Result<Self, YamlError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        yaml::from_slice(text)
    }

    /// The user's aliases, each with the line that it expands to.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.aliases.iter().map(|named| (named.name.as_str(), named.alias.command.as_str()))
    }

    /// The variables of the environment that this plugin may name beside its own.
    pub fn variables_of(&self, plugin: &str) -> impl Iterator<Item = &str> {
        let own = self.plugins.iter().filter(move |named| named.name == plugin);
        own.flat_map(|named| &named.plugin.environment).map(String::as_str)
    }

    /// How containers are run.
    pub fn containers(&self) -> &ContainerPreferences {
        &self.containers
    }

    /// The user's catalogs of extensions, each with its URL or file.
    pub fn catalogs(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.catalogs.iter().map(|named| (named.name.as_str(), named.catalog.location.as_str()));
        named.filter(|(name, location)| !name.is_empty() && !location.is_empty())
    }

    /// The ID of the image that ran first by this name.
    pub fn image(&self, name: &str) -> Option<&str> {
        let named = self.images.iter().find(|named| named.name == name)?;
        Some(named.image.id.as_str()).filter(|id| !id.is_empty())
    }

    /// What is kept for this context.
    pub fn of(&self, context: &str) -> Option<&OfContext> {
        self.contexts.iter().find(|named| named.name == context).map(|named| &named.context)
    }
}

//! The config file shared with the Go CLI (reference, section 8.1): contexts, servers, users; what it says.

use crate::error::Explain;
use crate::model::quoted;
use crate::sys::clock::UnixTime;
use crate::sys::files;
use crate::sys::trust::Distrust;
use crate::yaml::edit::ConfigList;
use crate::yaml::{self, YamlError};
use serde::{Deserialize, Deserializer};
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// More than any config file needs, in bytes: a larger one is neither read nor written.
pub(super) const LARGEST: usize = 1024 * 1024;

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
    /// Spec 005 and the earliest Go CLI keep the session here.
    #[serde(flatten)]
    credentials: UserTokens,
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
    user: UserTokens,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct UserTokens {
    access_token: Option<Zeroizing<String>>,
    refresh_token: Option<Zeroizing<String>>,
    expires_at: Option<String>,
}

/// A key without a value is what Go makes of it: nothing.
pub(super) fn or_nothing<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    reader: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(reader)?.unwrap_or_default())
}

impl std::fmt::Debug for UserTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials(hidden)")
    }
}

/// A context with what its names lead to.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Name of the context.
    pub name: &'a str,
    /// The server's URL; `None` when the file names a server that it does not describe.
    pub server: Option<&'a str>,
    /// The name of the user entry.
    pub user: &'a str,
    /// The session; `None` when not signed in.
    pub session: Option<StoredSession<'a>>,
}

/// A session as it is in the file.
#[derive(Clone, Copy)]
pub struct StoredSession<'a> {
    /// The access token.
    pub access: &'a Zeroizing<String>,
    /// What gets another one.
    pub refresh: Option<&'a Zeroizing<String>>,
    /// When the access token expires, in milliseconds since 1970; `None` when the file does not say it.
    pub expires: Option<UnixTime>,
    /// The item of the file that holds it.
    pub place: (ConfigList, &'a str),
}

impl std::fmt::Debug for StoredSession<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StoredSession(hidden)")
    }
}

/// Why the config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("could not read config file {}", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// It is damaged.
    #[error("config file {} is not valid", .0.display())]
    Damaged(PathBuf, #[source] YamlError),
    /// It cannot be written.
    #[error("could not write config file {}; it is unchanged", .0.display())]
    Unwritable(PathBuf, #[source] io::Error),
    /// A change would make it larger than what is read.
    #[error("config file {} would be larger than {LARGEST} bytes; it is unchanged", .0.display())]
    TooLarge(PathBuf),
    /// The file of plugins' credentials is damaged. What its reader says may hold one.
    #[error("config file {} is not valid: line {line}, column {column}", path.display())]
    DamagedCredentials {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A further credential would make its file larger than what is read.
    #[error("config file {} would be larger than {LARGEST} bytes; it is unchanged", .0.display())]
    TooManyCredentials(PathBuf),
    /// It is where another user decides what a name means, and this one is root.
    #[error("refusing to change config file {} as root", .0.display())]
    OfAnotherUser(PathBuf, #[source] Distrust),
    /// Another process holds its lock.
    #[error("config file {} is locked by another process", .0.display())]
    Locked(PathBuf),
    /// The system names no home for it.
    #[error("no folder for a config file on this system")]
    NoPlace,
}

impl Explain for ConfigError {
    fn hints(&self) -> Vec<String> {
        match self {
            Self::TooManyCredentials(_) => vec!["everestctl auth plugin NAME --remove".to_owned()],
            Self::Damaged(path, _) | Self::DamagedCredentials { path, .. } => {
                vec![format!(
                    "fix it with an editor, or move it away: mv {0} {0}.damaged",
                    quoted(&path.to_string_lossy())
                )]
            }
            Self::Locked(path) => {
                vec![format!("run `fuser {}.lock` to see which", quoted(&path.to_string_lossy()))]
            }
            Self::NoPlace => vec!["export EVEREST_CONFIG=FILE".to_owned()],
            Self::TooLarge(_) => {
                vec![
                    "delete contexts that are no longer needed: everestctl config delete-context NAME"
                        .to_owned(),
                ]
            }
            Self::OfAnotherUser(..) => vec![
                "use `sudo -H everestctl …` for root's own config file, or run it without sudo".to_owned(),
                "export EVEREST_CONFIG=/root/.config/everest/config.yaml".to_owned(),
            ],
            Self::Unreadable(..) | Self::Unwritable(..) => Vec::new(),
        }
    }
}

impl ClientConfig {
    /// Reads the file at `path`; a file that is not there is an empty one.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::from_text(&text(path)?).map_err(|error| ConfigError::Damaged(path.to_owned(), error))
    }

    /// Reads what is in the file.
    pub fn from_text(text: &[u8]) -> Result<Self, YamlError> {
        if text.is_empty() {
            // Most machines have no such file: the engine is not woken up for it.
            return Ok(Self::default());
        }
        yaml::from_slice(text)
    }

    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<Context<'_>> {
        let named = self.contexts.iter().find(|context| context.name == name && !name.is_empty())?;
        let entry = &named.context;
        let server = self.server(&entry.server);
        // The older shape may name the server by its address.
        let address = Some(entry.server.as_str()).filter(|text| text.starts_with("http"));
        let user = self.users.iter().find(|user| user.name == entry.user);
        let session = user
            .and_then(|user| user.user.session((ConfigList::Users, &user.name)))
            .or_else(|| entry.credentials.session((ConfigList::Contexts, &named.name)));
        Some(Context { name: &named.name, server: server.or(address), user: &entry.user, session })
    }

    /// The URL of the server of this name.
    pub fn server(&self, name: &str) -> Option<&str> {
        let found = self.servers.iter().find(|server| server.name == name)?;
        Some(found.server.url.as_str()).filter(|url| !url.is_empty())
    }

    /// The names that a context refers to: of its server and of its user.
    pub fn names_of(&self, context: &str) -> Option<(&str, &str)> {
        let found = self.contexts.iter().find(|other| other.name == context)?;
        Some((&found.context.server, &found.context.user))
    }

    /// The name of the current context, whether there is such a one or not.
    pub fn current_name(&self) -> Option<&str> {
        Some(self.current_context.as_str()).filter(|name| !name.is_empty())
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

/// What is in the file at `path`; nothing when there is none.
pub(super) fn text(path: &Path) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    match files::read(path, LARGEST as u64) {
        Ok(content) => Ok(Zeroizing::new(content)),
        Err(error) if files::is_absent(&error) => Ok(Zeroizing::default()),
        Err(error) => Err(ConfigError::Unreadable(path.to_owned(), error)),
    }
}

impl UserTokens {
    fn session<'a>(&'a self, place: (ConfigList, &'a str)) -> Option<StoredSession<'a>> {
        let present = |token: &&Zeroizing<String>| !token.is_empty();
        Some(StoredSession {
            access: self.access_token.as_ref().filter(present)?,
            refresh: self.refresh_token.as_ref().filter(present),
            expires: self.expires_at.as_deref().and_then(UnixTime::from_rfc3339),
            place,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ContextOverrides, Preferences, Target};
    use crate::sys::Environment;
    use crate::yaml::edit::{self, Edit};
    use everestctl_protocol::sidecar::Sidecar;
    use serde_json::{Map, Value};

    #[test]
    fn the_older_shape_keeps_the_session_in_the_context() {
        let text = "apiVersion: v1\nkind: Config\ncurrentContext: a\ncontexts:\n- name: a\n  context:\n    server: https://one.example\n\
                    \x20   user: dana\n    accessToken: x\n    refreshToken: y\n    expiresAt: 1970-01-01T00:00:01Z\n";
        let config = ClientConfig::from_text(text.as_bytes()).unwrap();
        let context = config.current_context().unwrap();
        let session = context.session.unwrap();
        assert_eq!(context.server, Some("https://one.example"));
        assert_eq!((session.access.as_str(), session.expires), ("x", Some(UnixTime(1000))));
        assert_eq!(session.place, (ConfigList::Contexts, "a"));
    }

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

    /// A file with something else in one of its places: a field's value, or any bytes anywhere.
    fn damaged() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        use proptest::prelude::*;
        const FILE: &str = "apiVersion: v1\nkind: Config\ncurrentContext: a\ncontexts:\n- name: a\n  context:\n    \
            server: s\n    user: u\n    accessToken: x\n    expiresAt: 2026-10-01T11:15:00.123456789+02:00\n\
            servers: [{name: s, server: {url: 'https://one.example'}}]\nusers: [{name: u, user: {accessToken: x, \
            refreshToken: y, expiresAt: 2026-10-01T11:15:00.123456789+02:00}}]\n";
        let value =
            prop_oneof!["\\PC{0,40}", "[-+0-9T:.Z\u{e9}\u{1f600}]{0,36}", "[&*!|>%@`'\"{}\\[\\],:#? -]{0,6}"];
        let in_a_field = (0..64_usize, value, any::<bool>()).prop_map(|(at, value, whole)| {
            let colons: Vec<usize> = FILE.match_indices(": ").map(|(at, _)| at + 2).collect();
            let start = colons[at % colons.len()];
            let length = FILE[start..].find(['\n', ',', '}']).unwrap_or_default();
            let end = if whole { start + length } else { start + length / 2 };
            [&FILE[..start], &value, &FILE[end..]].concat().into_bytes()
        });
        let anywhere = (0..FILE.len(), 0..8_usize, any::<Vec<u8>>()).prop_map(|(at, length, bytes)| {
            let mut file = FILE.as_bytes().to_vec();
            let end = (at + length).min(file.len());
            file.splice(at..end, bytes.into_iter().take(12));
            file
        });
        prop_oneof![in_a_field, anywhere]
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 512, ..Default::default() })]
        #[test]
        fn no_file_is_a_panic(file in damaged()) {
            let environment = Environment::from_iter([("EVEREST_HOST", "https://one.example")]);
            if let Ok(config) = ClientConfig::from_text(&file) {
                let _ = config.contexts().filter(|context| context.session.is_some()).count();
                let _ = Target::choose(&ContextOverrides::default(), &environment, &config, &Preferences::default());
            }
            let _ = yaml::from_slice::<Preferences>(&file);
            let _ = yaml::from_slice::<Sidecar>(&file);
            let _ = yaml::from_slice::<Value>(&file);
            if let Ok(text) = std::str::from_utf8(&file) {
                let (list, name) = (ConfigList::Users, "u".to_owned());
                let set = Edit::Set { list, name: name.clone(), field: "accessToken", value: "n".into() };
                let unset = Edit::Unset { list, name, field: "refreshToken" };
                let _ = edit::apply(text, &[set, unset], &Map::new());
            }
        }
    }
}

//! `host.yaml` beside a manifest: where the backend is on this machine.
//!
//! ```yaml
//! url: http://127.0.0.1:9000            # a backend that runs already, or:
//! command: [python3, server.py]         # one that the host starts here, with EVEREST_API_URL
//! build: [make]                         # builds it, before it starts and after each change
//! listen: port                          # how it gets its socket: socket, unix or port (default port)
//! readiness: /healthz                   # the path that answers when it is ready (default /healthz)
//! environment: { LOG_LEVEL: debug }     # further variables
//! inherit: [DATABASE_URL]               # variables of the user's that it gets, beside PATH and the like
//! watch: [server.py, templates]         # what starts it again when it changes (default: the code in this folder)
//! frontend: dist                        # the built frontend: the host serves the bundle from here, before the backend is asked
//! credentialsFile: token.txt            # a secret that goes out instead of the caller's credentials
//! ```

use super::manifest::Manifest;
use super::registry::ProxyTarget;
use crate::backends::sources::SourceFiles;
use crate::backends::{Launch, Listen, environment};
use axum::http::HeaderValue;
use everestctl::sys::files;
use everestctl::yaml;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const LARGEST: u64 = 1024 * 1024;
const LARGEST_SECRET: u64 = 64 * 1024;

/// What `host.yaml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct HostFile {
    /// A backend that runs already.
    pub url: Option<String>,
    /// The words of a command that the host starts.
    pub command: Option<Vec<String>>,
    /// The words of a command that builds it.
    pub build: Option<Vec<String>>,
    /// The path that answers when the command is ready.
    pub readiness: Option<String>,
    /// How the command gets its socket.
    pub listen: Option<Listen>,
    /// Further variables for the command.
    pub environment: BTreeMap<String, String>,
    /// Variables of the user's that it gets.
    pub inherit: Vec<String>,
    /// Files and folders that start the command again when they change.
    pub watch: Option<Vec<PathBuf>>,
    /// A folder with the built files of the frontend.
    pub frontend: Option<PathBuf>,
    /// A file with a secret that goes out instead of the caller's credentials.
    pub credentials_file: Option<PathBuf>,
}

/// Reads the file in the plugin's folder; an empty one if there is none.
pub(super) fn read(inside: &Path) -> Result<HostFile, String> {
    match files::read(&inside.join("host.yaml"), LARGEST) {
        Ok(content) => yaml::explained(&content).map_err(|error| format!("host.yaml: {error}")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HostFile::default()),
        Err(error) => Err(format!("host.yaml: {error}")),
    }
}

/// What goes out instead of the caller's credentials.
pub(super) fn credentials(host: &HostFile, inside: &Path) -> Result<Option<HeaderValue>, String> {
    let Some(file) = &host.credentials_file else { return Ok(None) };
    let content = files::read(&inside.join(file), LARGEST_SECRET);
    let content = content.map_err(|error| format!("credentialsFile: {error}"))?;
    bearer(&content).map(Some)
}

/// The secret of a file as it goes out. A file that holds anything else is refused: without its secret a request would go out
/// with the caller's own token.
fn bearer(content: &[u8]) -> Result<HeaderValue, String> {
    let secret = content.trim_ascii();
    let value = [b"Bearer ", secret].concat();
    let is_one_word = !secret.is_empty() && secret.iter().all(u8::is_ascii_graphic);
    let value = is_one_word.then(|| HeaderValue::from_bytes(&value).ok()).flatten();
    let mut value =
        value.ok_or("credentialsFile: must contain one secret, a word of printable ASCII characters")?;
    value.set_sensitive(true);
    Ok(value)
}

/// Where requests go, and the command to start for that.
pub(super) fn target(
    manifest: &Manifest,
    host: HostFile,
    inside: &Path,
) -> Result<(ProxyTarget, Option<Launch>), String> {
    let uri = |text: &str| {
        text.parse::<http::Uri>().map_err(|error| format!("`{text}` is not a valid URL: {error}"))
    };
    let Some(backend) = &manifest.spec.backend else { return Ok((ProxyTarget::None, None)) };
    if let Some(url) = &backend.external_url {
        return Ok((ProxyTarget::Url(uri(url)?), None));
    }
    match (host.url, host.command) {
        (Some(_), Some(_)) => Err("host.yaml: only one of url and command is allowed".to_owned()),
        (_, None)
            if host.build.is_some()
                || host.listen.is_some()
                || !host.inherit.is_empty()
                || host.watch.is_some() =>
        {
            Err("host.yaml: build, listen, inherit and watch are for a command, and there is none".to_owned())
        }
        (Some(url), None) => Ok((ProxyTarget::Url(uri(&url)?), None)),
        (None, Some(command)) if command.is_empty() => Err("host.yaml: the command is empty".to_owned()),
        (None, Some(_)) if host.build.as_ref().is_some_and(Vec::is_empty) => {
            Err("host.yaml: the build command is empty".to_owned())
        }
        (None, Some(command)) => {
            let listen = host.listen.unwrap_or_default();
            let texts = command.iter().chain(host.environment.values());
            let wrong = texts.filter_map(|text| listen.refuse(text));
            let wrong = wrong.chain(host.inherit.iter().filter_map(|name| environment::refuse(name)));
            if let Some(why) = wrong.into_iter().next() {
                return Err(format!("host.yaml: {why}"));
            }
            let sources = SourceFiles::of(inside, &command, host.watch.as_deref(), host.build.is_some());
            let launch = Launch {
                sources,
                watch: host.watch,
                build: host.build,
                command,
                folder: inside.to_owned(),
                readiness: host.readiness.unwrap_or_else(|| "/healthz".to_owned()),
                listen,
                environment: host.environment,
                inherit: host.inherit,
            };
            Ok((ProxyTarget::Command, Some(launch)))
        }
        (None, None) => Ok((ProxyTarget::Unresolved("no host.yaml next to the manifest".to_owned()), None)),
    }
}

/// The build of a local plugin, whose folder has no manifest; `None` if it names none.
pub(super) fn local_build(host: &HostFile, inside: &Path) -> Result<Option<Launch>, String> {
    let HostFile { build: Some(build), watch, inherit, .. } = host else { return Ok(None) };
    if (HostFile { build: None, watch: None, inherit: Vec::new(), ..host.clone() }) != HostFile::default() {
        return Err(
            "host.yaml: a plugin without a manifest.yaml has build, watch and inherit only".to_owned()
        );
    }
    if build.is_empty() {
        return Err("host.yaml: the build command is empty".to_owned());
    }
    if let Some(why) = inherit.iter().find_map(|name| environment::refuse(name)) {
        return Err(format!("host.yaml: {why}"));
    }
    Ok(Some(Launch {
        sources: SourceFiles::of(inside, &[], watch.as_deref(), true),
        watch: watch.clone(),
        build: Some(build.clone()),
        command: Vec::new(),
        folder: inside.to_owned(),
        readiness: String::new(),
        listen: Listen::default(),
        environment: BTreeMap::new(),
        inherit: inherit.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_word_or_refused() {
        for content in ["secret", "secret\n", "  a.b-c_d==\r\n"] {
            let value = bearer(content.as_bytes()).unwrap();
            assert_eq!(value, format!("Bearer {}", content.trim()));
            assert!(!format!("{value:?}").contains(content.trim()));
        }
        let wrong: [&[u8]; 8] =
            [b"", b"\n", b"a\n# rotate in May", b"a b", b"a\x01b", b"\xef\xbb\xbfa", "ü".as_bytes(), b"\xff"];
        for content in wrong {
            assert!(bearer(content).unwrap_err().contains("one secret"), "{content:?}");
        }
    }
}

//! What a kubeconfig file holds, and how the next file adds to it. Fields that nothing here uses are not kept.

use super::KubeconfigError;
use crate::model::CleanText;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The lists of one file, or of several.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entries {
    #[serde(rename = "current-context")]
    pub(super) current_context: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) clusters: Vec<Named<KubeconfigCluster>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) users: Vec<Named<KubeconfigUser>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) contexts: Vec<Named<KubeconfigContext>>,
}

/// An entry of a list, and the file that it is from.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named<T> {
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(alias = "cluster", alias = "user", alias = "context", deserialize_with = "or_default")]
    #[serde(bound(deserialize = "T: Default + Deserialize<'de>"))]
    pub(super) value: T,
    #[serde(skip)]
    pub(super) file: PathBuf,
    /// `cluster` or `user`, for messages.
    #[serde(skip)]
    pub(super) kind: &'static str,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct KubeconfigContext {
    pub(super) cluster: Option<String>,
    pub(super) user: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct KubeconfigCluster {
    pub(super) server: Option<String>,
    pub(super) tls_server_name: Option<String>,
    pub(super) insecure_skip_tls_verify: Option<bool>,
    pub(super) certificate_authority: Option<PathBuf>,
    pub(super) certificate_authority_data: Option<String>,
    pub(super) proxy_url: Option<Zeroizing<String>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) extensions: Vec<Extension>,
}

/// What a cluster has for other programs.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extension {
    pub(super) name: Option<String>,
    pub(super) extension: serde_json::Value,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct KubeconfigUser {
    pub(super) token: Option<Zeroizing<String>>,
    #[serde(rename = "tokenFile")]
    pub(super) token_file: Option<PathBuf>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) client_certificate: Option<PathBuf>,
    pub(super) client_certificate_data: Option<String>,
    pub(super) client_key: Option<PathBuf>,
    pub(super) client_key_data: Option<Zeroizing<String>>,
    #[serde(rename = "as")]
    pub(super) impersonate: Option<String>,
    pub(super) as_uid: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) as_groups: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) as_user_extra: BTreeMap<String, Option<Vec<String>>>,
    pub(super) exec: Option<Exec>,
    pub(super) auth_provider: Option<AuthProvider>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Exec {
    pub(super) api_version: Option<String>,
    pub(super) command: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) args: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) env: Vec<ExecVariable>,
    pub(super) install_hint: Option<String>,
    provide_cluster_info: Option<bool>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExecVariable {
    pub(super) name: String,
    pub(super) value: Option<Zeroizing<String>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthProvider {
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) config: BTreeMap<String, Option<Zeroizing<String>>>,
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Entries {
    /// The same, with the files that it names looked for beside `file`, as kubectl does.
    pub(super) fn of_file(mut self, file: &Path) -> Self {
        let folder = file.parent().unwrap_or(Path::new(""));
        let whole = |named: &mut Option<PathBuf>| {
            if let Some(path) = named.as_mut().filter(|path| !path.as_os_str().is_empty()) {
                *path = folder.join(&*path);
            }
        };
        for Named { value, file: from, kind, .. } in &mut self.clusters {
            (*from, *kind) = (file.to_owned(), "cluster");
            whole(&mut value.certificate_authority);
        }
        for Named { value, file: from, kind, .. } in &mut self.users {
            (*from, *kind) = (file.to_owned(), "user");
            whole(&mut value.client_certificate);
            whole(&mut value.client_key);
            whole(&mut value.token_file);
            // A name alone is looked for on PATH.
            let command = value.exec.as_mut().and_then(|exec| exec.command.as_mut());
            if let Some(command) = command.filter(|command| command.contains('/')) {
                *command = folder.join(&*command).to_string_lossy().into_owned();
            }
        }
        for context in &mut self.contexts {
            file.clone_into(&mut context.file);
        }
        self
    }

    /// Adds those of the next file: what stands first wins, entry by entry and never field by field.
    pub(super) fn add(&mut self, next: Self) {
        fn add<T>(first: &mut Vec<Named<T>>, next: Vec<Named<T>>) {
            for entry in next {
                if !first.iter().any(|known| known.name == entry.name) {
                    first.push(entry);
                }
            }
        }
        // `kubectl config unset current-context` leaves an empty one.
        let named = self.current_context.take().filter(|name| !name.is_empty());
        self.current_context = named.or(next.current_context);
        add(&mut self.clusters, next.clusters);
        add(&mut self.users, next.users);
        add(&mut self.contexts, next.contexts);
    }
}

impl<T> Named<T> {
    /// What is wrong with one of its fields.
    pub(super) fn fault(&self, field: &'static str, why: &str) -> KubeconfigError {
        KubeconfigError::Field {
            path: self.file.clone(),
            owner: CleanText::new(&format!("{} `{}`", self.kind, self.name)),
            field,
            why: why.to_owned(),
        }
    }
}

impl Exec {
    /// Whether the program wants to know which cluster it is for.
    pub(super) fn provides_cluster_info(&self) -> bool {
        self.provide_cluster_info.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn merged(files: &[(&str, &str)]) -> Entries {
        let mut all = Entries::default();
        for (path, text) in files {
            let entries: Option<Entries> = yaml::from_slice_as_go(text.as_bytes()).unwrap();
            all.add(entries.unwrap_or_default().of_file(Path::new(path)));
        }
        all
    }

    #[test]
    fn the_first_value_wins_and_an_empty_context_is_none() {
        let second = "current-context: b\nclusters: [{name: k, cluster: {server: second}}, {name: l, cluster: {server: l}}]";
        for first in
            ["", "current-context: ''", "current-context: ''\nclusters: null\nusers: null", "clusters: []"]
        {
            let entries = merged(&[("/a", first), ("/a", first), ("/b", second)]);
            assert_eq!(entries.current_context.as_deref(), Some("b"), "{first}");
        }
        let first = "current-context: a\nclusters: [{name: k, cluster: {server: first}}]";
        let entries = merged(&[("/a", first), ("/b", second)]);
        assert_eq!(entries.current_context.as_deref(), Some("a"));
        let servers = entries.clusters.iter().map(|entry| entry.value.server.as_deref().unwrap());
        assert_eq!(servers.collect::<Vec<_>>(), ["first", "l"]);
    }

    #[test]
    fn an_entry_is_one_files_alone_and_so_are_its_paths() {
        let entries = merged(&[
            ("/one/config", "users: [{name: u, user: {tokenFile: t}}]"),
            (
                "/two/config",
                "users: [{name: u, user: {token: x}}, {name: v, user: {client-key: /k, exec: {command: ./h}}}]",
            ),
        ]);
        let [first, second] = &entries.users[..] else { panic!() };
        assert_eq!(first.value.token_file.as_deref(), Some(Path::new("/one/t")));
        assert!(first.value.token.is_none());
        assert_eq!(second.value.client_key.as_deref(), Some(Path::new("/k")));
        assert_eq!(second.value.exec.as_ref().unwrap().command.as_deref(), Some("/two/./h"));
        // A name alone is looked for on PATH.
        let entries = merged(&[("/one/config", "users: [{name: u, user: {exec: {command: h}}}]")]);
        assert_eq!(entries.users[0].value.exec.as_ref().unwrap().command.as_deref(), Some("h"));
    }

    #[test]
    fn what_is_missing_or_unknown_spoils_nothing() {
        let text = "current-context: c\nkind: Nonsense\nmore: {a: [1]}\ntoken: x\npreferences: null\n\
            clusters: [{name: bare}, {name: empty, cluster: null}, {name: k, cluster: {server: s, x: 1, extensions: null}}]\n\
            contexts: [{name: bare}, {name: half, context: {user: u}}, {name: c, context: {cluster: k, user: null}}]\n\
            users: [{name: u, user: {as-groups: null, exec: {args: null, env: [{name: A, value: b}]}}}, {}]\n";
        let entries = merged(&[("/a", text)]);
        assert_eq!((entries.clusters.len(), entries.contexts.len(), entries.users.len()), (3, 3, 2));
        // Go takes the last of two values with one name.
        let twice = merged(&[(
            "/a",
            "current-context: a\ncurrent-context: b\nusers: [{name: u, user: {token: x, token: y}}]",
        )]);
        assert_eq!(twice.current_context.as_deref(), Some("b"));
        assert_eq!(twice.users[0].value.token.as_ref().unwrap().as_str(), "y");
    }
}

//! What a plugin finds in its environment: design section 4. Only what is known is added. Nothing that the
//! user exported is taken away, but a token that would stand beside another server's address.

use crate::sys::clock::AHEAD;
use everestctl_protocol::{environment as variable, version};
use std::ffi::OsString;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What everestctl knows around a plugin.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// This binary.
    pub everestctl: Option<PathBuf>,
    /// The canonical name of the plugin.
    pub plugin: String,
    /// The chosen context.
    pub context: Option<String>,
    /// The server's URL.
    pub host: Option<String>,
    /// A token for it, only for a plugin whose sidecar asks.
    pub token: Option<Zeroizing<String>>,
    /// Whether an inherited `EVEREST_TOKEN` is for another server than `host`. It is then kept back: beside
    /// this host it would go where it does not belong.
    pub inherited_token_is_foreign: bool,
    /// The cluster.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// Whether all namespaces are asked for, so that an inherited one does not count.
    pub all_namespaces: bool,
    /// The value of `-k`.
    pub kubeconfig: Option<PathBuf>,
    /// The value of `-o`.
    pub output: Option<String>,
    /// How often `-v` was given.
    pub verbose: u8,
    /// Whether the network is off limits.
    pub offline: bool,
    /// What `--color` says: `Some(true)` for always, `Some(false)` for never.
    pub color: Option<bool>,
}

impl Surroundings {
    /// The variables to add; one without a value is to be taken away.
    pub fn variables(self) -> Vec<(&'static str, Option<OsString>)> {
        let one = || OsString::from("1");
        let mut added: Vec<(&'static str, Option<OsString>)> = vec![(AHEAD, None)];
        if self.inherited_token_is_foreign && self.token.is_none() {
            added.push((variable::TOKEN, None));
        }
        if self.all_namespaces {
            added.push((variable::NAMESPACE, None));
        }
        let mut add = |name: &'static str, value: Option<OsString>| {
            added.extend(value.map(|value| (name, Some(value))));
        };
        add(variable::PATH, self.everestctl.map(OsString::from));
        add(variable::PROTOCOL, Some(version::PROTOCOL.to_string().into()));
        add(variable::FEATURES, Some(version::FEATURES.join(" ").into()));
        add(variable::PLUGIN, Some(self.plugin.into()));
        add(variable::CONTEXT, self.context.map(OsString::from));
        add(variable::HOST, self.host.map(OsString::from));
        add(variable::TOKEN, self.token.map(|token| OsString::from(token.as_str())));
        add(variable::CLUSTER, self.cluster.map(OsString::from));
        add(variable::NAMESPACE, self.namespace.map(OsString::from));
        add(variable::ALL_NAMESPACES, self.all_namespaces.then(one));
        add(variable::KUBECONFIG, self.kubeconfig.map(OsString::from));
        add(variable::OUTPUT, self.output.map(OsString::from));
        add(variable::VERBOSE, (self.verbose > 0).then(|| self.verbose.to_string().into()));
        add(variable::OFFLINE, self.offline.then(one));
        add("NO_COLOR", (self.color == Some(false)).then(one));
        add("CLICOLOR_FORCE", (self.color == Some(true)).then(one));
        added
    }
}

//! The environment variables that a plugin finds, by name.
//!
//! everestctl only adds: whatever the user exported reaches the plugin unchanged.

/// Absolute path of the everestctl that runs the plugin; call it back with this.
pub const PATH: &str = "EVERESTCTL_PATH";
/// The version of the plugin protocol that everestctl has: [`crate::version::PROTOCOL`].
pub const PROTOCOL: &str = "EVERESTCTL_PROTOCOL";
/// The features that it has, with blanks between them: [`crate::version::FEATURES`]. A plugin ignores those that it does not know.
pub const FEATURES: &str = "EVERESTCTL_FEATURES";
/// The canonical name of the plugin.
pub const PLUGIN: &str = "EVERESTCTL_PLUGIN";
/// The name of the chosen context; absent when there is none.
pub const CONTEXT: &str = "EVERESTCTL_CONTEXT";
/// The server's URL as the config file has it; absent when no server is known.
pub const HOST: &str = "EVEREST_HOST";
/// An access token, set only if the sidecar says `credentials: env`; `"$EVERESTCTL_PATH" auth token` prints one.
pub const TOKEN: &str = "EVEREST_TOKEN";
/// The OpenEverest cluster, when one was chosen.
pub const CLUSTER: &str = "EVEREST_CLUSTER";
/// The namespace, when one was chosen.
pub const NAMESPACE: &str = "EVEREST_NAMESPACE";
/// The database instance to use where one has to be named and none is.
pub const INSTANCE: &str = "EVEREST_INSTANCE";
/// The database of that instance.
pub const DATABASE: &str = "EVEREST_DATABASE";
/// `1` when all namespaces are asked for (`-A`); [`NAMESPACE`] is absent then.
pub const ALL_NAMESPACES: &str = "EVERESTCTL_ALL_NAMESPACES";
/// The kubeconfig, set when `-k` was given.
pub const KUBECONFIG: &str = "KUBECONFIG";
/// The value of `-o`, when it was given: `table`, `wide`, `json`, `yaml`, `name`, `raw`, `jsonl`, `csv` or
/// `tsv`.
pub const OUTPUT: &str = "EVERESTCTL_OUTPUT";
/// How often `-v` was given, when it was.
pub const VERBOSE: &str = "EVERESTCTL_VERBOSE";
/// `1` when the plugin must not touch the network.
pub const OFFLINE: &str = "EVERESTCTL_OFFLINE";

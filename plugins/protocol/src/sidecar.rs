//! The sidecar file: `everestctl-NAME.yaml` beside the executable `everestctl-NAME`.
//!
//! It is how a local plugin says what it is without being run. Every key is optional; one that this version does not
//! know is reported, and the rest counts:
//!
//! ```yaml
//! summary: Collect and rank slow statements   # one line, shown by `plugin list`, help and TAB
//! version: 0.4.0                              # the plugin's own version, free text
//! vendor: Example Ltd
//! protocol: 1                                 # the version of the plugin protocol that it was written for
//! requires: [api]                             # the features without which it cannot run
//! features: [completion-words]                # those that it uses where they are
//! credentials: none                           # or `env`: everestctl puts a token into EVEREST_TOKEN
//! completion: words                           # how the plugin completes its own arguments
//! words:                                      # what TAB offers then: what is typed, and what it does
//!   run: Start a run
//!   run --fast: Leave the slow checks out
//! ```

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The keys that decide what a plugin gets and whether it can run: a wrong value there is never passed over.
pub const TERMS: &[&str] = &["credentials", "protocol", "requires"];

/// What a local plugin says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sidecar {
    /// One line that says what the plugin does.
    pub summary: Option<String>,
    /// The plugin's own version, in any format.
    pub version: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// The version of the plugin protocol that it was written for: [`crate::version::PROTOCOL`].
    pub protocol: Option<u32>,
    /// The features without which it cannot run.
    pub requires: Vec<String>,
    /// The features that it uses where they are; nothing is refused for one that is unknown.
    pub features: Vec<String>,
    /// Whether the plugin wants a token in its environment.
    pub credentials: Credentials,
    /// How the plugin completes its own arguments.
    pub completion: Completion,
    /// For [`Completion::Words`]: lines as typed after the plugin's name, each with what its last word does.
    pub words: BTreeMap<String, Option<String>>,
}

/// Whether everestctl gives a local plugin a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credentials {
    /// No: the plugin calls `"$EVERESTCTL_PATH" auth token` when it wants one.
    #[default]
    None,
    /// Yes, in `EVEREST_TOKEN`.
    Env,
}

/// The protocol in which a local plugin completes its own arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Completion {
    /// It does not; the shell offers file names.
    #[default]
    None,
    /// Cobra's `__complete` sub-command with its directive line.
    Cobra,
    /// clap's `COMPLETE` environment variable.
    Clap,
    /// A second executable, `everestctl_complete-NAME`.
    Companion,
    /// By the words in the sidecar; nothing is run.
    Words,
}

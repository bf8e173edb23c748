//! A package of a local plugin: `everestctl-plugin.yaml`, beside the files that it names.
//!
//! ```yaml
//! name: greet                                # the command
//! version: 1.2.0
//! summary: Say hello
//! license: Apache-2.0
//! homepage: https://example.com/greet
//! way: exec                                  # or native
//! platforms:                                 # linux-x86_64, linux-aarch64, macos-x86_64, macos-aarch64, or any
//!   linux-x86_64: { file: bin/greet, sha256: 9f86d0… }
//!   any: { file: greet.sh }
//! files: [lib, data/words.txt]                 # what else `plugin pack` puts into the archive: files and folders
//! man: man/greet.1                            # for `everestctl help --man greet` and `man everestctl-greet`
//! requires:
//!   everestctl: ">=0.1"
//!   features: [api]
//!   programs: [python3]
//! completion: words                          # and the other keys of a sidecar
//! words: { loud: Shout }
//! ```

use crate::sidecar::{Completion, Credentials};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the file.
pub const FILE: &str = "everestctl-plugin.yaml";
/// The platform that every machine is.
pub const ANY_PLATFORM: &str = "any";

/// What a package says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageManifest {
    /// The name of the command.
    pub name: String,
    /// The version of the package, in any format.
    pub version: String,
    /// One line that says what the plugin does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Its license, as an SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// How its file runs.
    #[serde(default)]
    pub way: PackageKind,
    /// The file of each platform.
    pub platforms: BTreeMap<String, PlatformFile>,
    /// What else belongs to it: files and folders inside the package, by which an archive is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The path of its man page inside the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub man: Option<String>,
    /// What it needs.
    #[serde(default, skip_serializing_if = "PackageRequirements::is_empty")]
    pub requires: PackageRequirements,
    /// Whether the plugin wants a token in its environment.
    #[serde(default)]
    pub credentials: Credentials,
    /// How it completes its own arguments.
    #[serde(default)]
    pub completion: Completion,
    /// For [`Completion::Words`]: as in a sidecar.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, Option<String>>,
}

/// How the file of a package runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackageKind {
    /// As an executable.
    #[default]
    #[serde(rename = "exec")]
    Executable,
    /// As a native library.
    #[serde(rename = "native")]
    Library,
}

/// The file of a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformFile {
    /// Its path inside the package.
    pub file: String,
    /// Its SHA-256 in hexadecimal digits, if the package wants it checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What a package needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PackageRequirements {
    /// The versions of everestctl, as Cargo writes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub everestctl: Option<String>,
    /// The version of the plugin protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
    /// The features of the protocol.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Programs on PATH.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
}

impl PackageRequirements {
    /// Whether it needs nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl PackageManifest {
    /// The file for a machine with this operating system and processor, in the words of Rust.
    pub fn file_for(&self, system: &str, processor: &str) -> Option<&PlatformFile> {
        self.platforms.get(&format!("{system}-{processor}")).or_else(|| self.platforms.get(ANY_PLATFORM))
    }
}

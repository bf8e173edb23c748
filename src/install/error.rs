//! Why something cannot be installed, or is not as it was installed.

use super::bundle::BundleError;
use crate::client::ClientError;
use crate::client::registry::RegistryError;
use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, CommandWord};
use everestctl_protocol::package;
use std::io;
use std::path::PathBuf;

/// Why something cannot be installed, or is not as it was installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The system names no home.
    #[error("there is no folder to install into: HOME is not set")]
    NoPlace,
    /// The source cannot be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// What is kept could not be written.
    #[error("could not write to {}", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// What the user wrote names no source.
    #[error("`{given}` is not a source of packages: {why}")]
    NoSource {
        /// What the user wrote.
        given: CleanText,
        /// What is wrong with it.
        why: String,
    },
    /// The source cannot be fetched.
    #[error("could not fetch {place}")]
    NotFetched {
        /// The source.
        place: CleanText,
        /// Why.
        #[source]
        error: FetchError,
    },
    /// What came is not what the user wants to have.
    #[error("{place} has another checksum: {found}, not {wanted}")]
    OtherDigest {
        /// The source.
        place: CleanText,
        /// What the user wants.
        wanted: String,
        /// What came.
        found: String,
    },
    /// It is neither a folder nor an archive.
    #[error("`{0}` is neither a folder nor an archive (.tar.gz, .tgz, .zip)")]
    NoPackage(CleanText),
    /// It is a folder, and an archive is wanted.
    #[error("`{0}` is a folder, not an archive")]
    NoArchive(CleanText),
    /// An archive holds what no package may hold.
    #[error("`{place}` is refused: {why}")]
    UnsafeArchive {
        /// The archive.
        place: CleanText,
        /// What.
        why: CleanText,
    },
    /// It has no manifest.
    #[error("`{0}` has no {file}", file = package::FILE)]
    NoManifest(CleanText),
    /// The manifest cannot be used.
    #[error("{} in `{place}` is invalid: {why}", package::FILE)]
    InvalidManifest {
        /// The package.
        place: CleanText,
        /// Why.
        why: CleanText,
    },
    /// It has no file for this machine.
    #[error("`{name}` has no file for {machine}; it has some for {}", there.join(", "))]
    NoPlatform {
        /// The package.
        name: CommandWord,
        /// This machine.
        machine: String,
        /// Those that it has files for.
        there: Vec<String>,
    },
    /// A file is not what the manifest says.
    #[error("`{file}` of `{name}` has another checksum than its manifest says")]
    WrongChecksum {
        /// The package.
        name: CommandWord,
        /// The file.
        file: CleanText,
    },
    /// It needs what is not here.
    #[error("`{name}` cannot be installed: {why}")]
    Unmet {
        /// The package.
        name: CommandWord,
        /// What it needs.
        why: CleanText,
        /// What can be done.
        hint: Option<String>,
    },
    /// Its name is somebody else's.
    #[error("`{name}` cannot be installed: {owner}")]
    Taken {
        /// The package.
        name: CommandWord,
        /// Who has the name.
        owner: String,
    },
    /// It is installed already.
    #[error("`{name}` {version} is already installed")]
    Present {
        /// The package.
        name: CommandWord,
        /// Its version.
        version: CleanText,
    },
    /// Nothing of that name is installed.
    #[error("`{0}` is not installed")]
    Absent(CommandWord),
    /// A lockfile cannot be used.
    #[error("{} is invalid: {why}", path.display())]
    InvalidLockfile {
        /// The file.
        path: PathBuf,
        /// Why.
        why: CleanText,
    },
    /// A key cannot be used.
    #[error("{} holds no public key (PEM)", .0.display())]
    NoKey(PathBuf),
    /// An identity is required that anybody has.
    #[error("the identity `*` is anybody with an account of {0}")]
    AnyIdentity(String),
    /// A trusted root cannot be used.
    #[error("{} is not a trusted root of Sigstore: {why}", path.display())]
    NoTrustedRoot {
        /// The file.
        path: PathBuf,
        /// Why.
        why: CleanText,
    },
    /// Nobody who is trusted has signed it.
    #[error("{place} is not signed by {}", signers.join(" or "))]
    NotSigned {
        /// The source.
        place: CleanText,
        /// Who should have.
        signers: Vec<String>,
        /// What was found instead.
        found: CleanText,
    },
    /// A policy file cannot be used.
    #[error("the policy {} denies everything: {why}", path.display())]
    UnusablePolicy {
        /// The file.
        path: PathBuf,
        /// Why.
        why: CleanText,
    },
    /// The policy says no.
    #[error("`{name}` is denied by the policy {}", file.display())]
    Denied {
        /// The plugin.
        name: CleanText,
        /// The file.
        file: PathBuf,
        /// The rule.
        why: CleanText,
    },
    /// A bundle cannot be made or read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A generation has no such package.
    #[error("generation {number} has no `{name}`")]
    NotIn {
        /// The package.
        name: CleanText,
        /// The generation.
        number: u64,
    },
    /// There is no such generation.
    #[error("there is no generation {0}")]
    NoGeneration(u64),
    /// There is none before this one.
    #[error("there is no earlier generation to go back to")]
    NothingBefore,
    /// What is kept of a generation cannot be read.
    #[error("generation {number} is damaged: {why}")]
    Damaged {
        /// Its number.
        number: u64,
        /// Why.
        why: String,
    },
    /// What runs is not what was installed.
    #[error("`{name}` is not as it was installed: {}", path.display())]
    Changed {
        /// The plugin.
        name: String,
        /// The file.
        path: PathBuf,
    },
}

/// Why a source cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// A server refuses, or cannot be reached.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A registry refuses, or gives something else.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The docker or podman login of this registry cannot be used.
    #[error("the login for {host} in {} cannot be used: {why}", path.display())]
    Login {
        /// The registry.
        host: String,
        /// The file.
        path: PathBuf,
        /// Why.
        why: CleanText,
    },
    /// A registry has nothing that could be a package.
    #[error("{0}")]
    NoArtifact(String),
    /// `--offline` was given.
    #[error("it is on a server, and this run is offline")]
    Offline,
}

impl FetchError {
    fn hints(&self) -> Vec<String> {
        match self {
            Self::Client(error) | Self::Registry(RegistryError::Client(error)) => match error {
                ClientError::Status { .. } | ClientError::NotJson(_) => Vec::new(),
                error => error.hint().map(str::to_owned).into_iter().collect(),
            },
            Self::Registry(RegistryError::Denied { host, .. }) => {
                vec![format!("podman login {host}"), format!("docker login {host}")]
            }
            Self::Login { host, .. } => vec![format!("podman login {host}")],
            Self::Registry(_) | Self::NoArtifact(_) | Self::Offline => Vec::new(),
        }
    }
}

impl Explain for InstallError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Changed { .. } | Self::Denied { .. } | Self::UnusablePolicy { .. } => exit::CANNOT_RUN,
            Self::Bundle(error) => error.exit_code(),
            Self::NoPackage(_)
            | Self::NoArchive(_)
            | Self::NoSource { .. }
            | Self::Absent(_)
            | Self::Present { .. }
            | Self::NoGeneration(_) => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Bundle(error) => error.causes(),
            Self::NotFetched { error, .. } => vec![error.to_string()],
            Self::Unreadable { error, .. } | Self::Unwritable { error, .. } => vec![error.to_string()],
            Self::NotSigned { found, .. } => vec![found.to_string()],
            Self::Denied { why, .. } => vec![why.to_string()],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Denied { name, .. } => vec![format!("everestctl plugin policy explain {name}")],
            Self::UnusablePolicy { path, .. } => {
                vec![format!("everestctl plugin policy check {}", path.display())]
            }
            Self::AnyIdentity(_) => {
                vec!["pass an e-mail address, or the address of a workflow: https://github.com/OWNER/REPOSITORY/*".to_owned()]
            }
            Self::NoTrustedRoot { .. } => {
                vec!["pass the trusted_root.json of your Sigstore: `cosign trusted-root create` makes one".to_owned()]
            }
            Self::Bundle(error) => error.hints(),
            Self::NotFetched { error, .. } => error.hints(),
            Self::NoManifest(_) => vec![
                "pass the folder of a local plugin's everestctl-plugin.yaml, or of a server plugin's Chart.yaml".to_owned(),
            ],
            Self::NoArchive(folder) => vec![format!("everestctl plugin pack {folder}")],
            Self::Unmet { hint, .. } => hint.iter().cloned().collect(),
            Self::Taken { name, .. } => vec![format!("everestctl plugin which {name}")],
            Self::Present { name, .. } => vec![format!("everestctl plugin upgrade {name}")],
            Self::Absent(_) => vec!["everestctl plugin history".to_owned()],
            Self::NoGeneration(_) | Self::NothingBefore | Self::Damaged { .. } => {
                vec!["everestctl plugin history".to_owned()]
            }
            Self::Changed { name, .. } => {
                vec![
                    format!("everestctl plugin verify {name}"),
                    format!("everestctl plugin upgrade --force {name}"),
                ]
            }
            _ => Vec::new(),
        }
    }
}

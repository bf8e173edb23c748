//! Why something cannot be installed, or is not as it was installed.

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
    /// It is neither a folder nor an archive.
    #[error("`{}` is neither a folder nor an archive (.tar.gz, .tgz, .zip)", .0.display())]
    NoPackage(PathBuf),
    /// An archive holds what no package may hold.
    #[error("`{}` is refused: {why}", path.display())]
    UnsafeArchive {
        /// The archive.
        path: PathBuf,
        /// What.
        why: CleanText,
    },
    /// It has no manifest.
    #[error("`{}` has no {}", .0.display(), package::FILE)]
    NoManifest(PathBuf),
    /// The manifest cannot be used.
    #[error("{} in `{}` is invalid: {why}", package::FILE, path.display())]
    InvalidManifest {
        /// The package.
        path: PathBuf,
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

impl Explain for InstallError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Changed { .. } => exit::CANNOT_RUN,
            Self::NoPackage(_) | Self::Absent(_) | Self::Present { .. } | Self::NoGeneration(_) => {
                exit::USAGE
            }
            _ => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
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

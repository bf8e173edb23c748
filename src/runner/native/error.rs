//! Why a library does not run, or did not end well.

use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use everestctl_protocol::native::{ABI_VERSION, DESCRIPTOR_SYMBOL, LARGEST_METADATA};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// Why a library does not run, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// The file is no plugin that can run here. The path comes first, since a name may have several files.
    #[error("`{}` {fault}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: LibraryFault,
    },
    /// It crashed.
    #[error("plugin `{plugin}` crashed: {signal}")]
    Crashed {
        /// The plugin.
        plugin: String,
        /// The name of the signal.
        signal: String,
        /// Its number.
        number: i32,
    },
    /// Somebody ended it.
    #[error("plugin `{plugin}` was ended by {signal}")]
    Killed {
        /// The plugin.
        plugin: String,
        /// The name of the signal.
        signal: String,
        /// Its number.
        number: i32,
    },
    /// No process could be started for it.
    #[error("could not start a process for `{plugin}`")]
    NotStarted {
        /// The plugin.
        plugin: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

/// What is wrong with a library; each reads on from the name of the file, or from "it".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum LibraryFault {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is something else.
    #[error("is not a shared library")]
    NotALibrary,
    /// It is for another processor or system.
    #[error("was built for another machine")]
    AnotherMachine,
    /// Its end is missing.
    #[error("is cut off: a part of the file is missing")]
    CutOff,
    /// The loader refuses it: a library that it needs, a symbol that nobody has.
    #[error("cannot be loaded: {0}")]
    NotLoaded(String),
    /// It is a library and no plugin.
    #[error("is not a native plugin: it does not export `{DESCRIPTOR_SYMBOL}`")]
    NoDescriptor,
    /// The descriptor breaks a rule of the header.
    #[error("has an invalid descriptor: {0}")]
    InvalidDescriptor(String),
    /// It has another version of the C interface.
    #[error("has version {0} of the native interface, and this everestctl needs {ABI_VERSION}")]
    AnotherVersion(u32),
    /// What it says of itself cannot be used.
    #[error("has invalid metadata: {0}")]
    InvalidMetadata(String),
    /// It crashed, ended or hung while it was loaded to learn about it.
    #[error("could not be asked what it is: {0}")]
    Silent(String),
}

impl LibraryFault {
    pub(super) fn too_large(size: usize) -> Self {
        Self::InvalidMetadata(format!("{size} bytes, and at most {LARGEST_METADATA} are read"))
    }

    /// Whether it may be gone the next time, though the file is the same.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Unreadable(_))
    }

    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::AnotherMachine => {
                Some(format!("install the build for {}-{}", std::env::consts::OS, std::env::consts::ARCH))
            }
            Self::AnotherVersion(version) if *version > ABI_VERSION => Some("upgrade everestctl".to_owned()),
            Self::AnotherVersion(_) => Some("upgrade the plugin".to_owned()),
            _ => None,
        }
    }

    /// As a sentence of its own.
    pub fn to_reason(&self) -> CleanText {
        CleanText::new(&format!("it {self}"))
    }
}

impl Explain for NativeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Crashed { number, .. } | Self::Killed { number, .. } => {
                u8::try_from(128 + number).map_or(exit::FAILURE, ExitCode::from)
            }
            Self::NotStarted { .. } => exit::HOST_FAILURE,
            Self::Unusable { .. } => exit::CANNOT_RUN,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unusable { fault, .. } => fault.hint().into_iter().collect(),
            Self::Crashed { plugin, .. } => {
                vec![format!("run it in a debugger: everestctl plugin run --in-process {plugin}")]
            }
            Self::Killed { .. } | Self::NotStarted { .. } => Vec::new(),
        }
    }
}

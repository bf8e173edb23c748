//! Where a command comes from, and how it runs.

use serde::{Serialize, Serializer};
use std::fmt;

/// A place where commands are found. The order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Executables `everestctl-NAME` in the plugin folder and on PATH.
    Local,
    /// Libraries `libeverestctl_NAME` in the plugin folder.
    Native,
    /// The plugin list of an OpenEverest server.
    Server,
    /// `Plugin` custom resources in a Kubernetes cluster.
    Cluster,
}

impl Source {
    /// All of them, in the order in which they are asked and shown.
    pub const ALL: [Self; 4] = [Self::Local, Self::Native, Self::Server, Self::Cluster];

    /// The word for it, the same in flags, output and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Native => "native",
            Self::Server => "server",
            Self::Cluster => "cluster",
        }
    }

    /// The source that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }

    /// Whether asking it needs the network.
    pub const fn is_remote(self) -> bool {
        matches!(self, Self::Server | Self::Cluster)
    }
}

/// How a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The process becomes the plugin's executable.
    Exec,
    /// A library is loaded in a child process of this binary.
    Native,
    /// HTTP requests through the API server's plugin proxy.
    Proxy,
    /// The image of `spec.cli` in a container runtime.
    Container,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::Exec, Self::Native, Self::Proxy, Self::Container];

    /// The word for it, the same in flags, output and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Native => "native",
            Self::Proxy => "proxy",
            Self::Container => "container",
        }
    }

    /// The way that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == word)
    }

    /// Whether commands are requests to a backend, which has to be reached.
    pub const fn needs_backend(self) -> bool {
        matches!(self, Self::Proxy)
    }
}

/// Through whom the backend of a plugin is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The OpenEverest server, which tells the backend who the user is.
    Server,
    /// The API server of the Kubernetes cluster, which does not.
    Kubernetes,
}

impl Via {
    /// The words for them.
    pub const WORDS: &[&str] = &["server", "kubernetes"];

    /// The word for it, as in `--via`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// The one that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Server, Self::Kubernetes].into_iter().find(|via| via.as_str() == word)
    }
}

macro_rules! shown_by_its_word {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

shown_by_its_word!(Source);
shown_by_its_word!(Way);
shown_by_its_word!(Via);

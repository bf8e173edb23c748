//! What the user says of containers: with flags of `plugin run`, by the environment, and in `everestctl.yaml`.
//!
//! It must not know where each of them was said.

use crate::model::CleanText;

/// How a container is to be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerOptions {
    /// The runtime; where nobody says, the first of [`super::runtime::KNOWN`] that is installed.
    pub runtime: Option<String>,
    /// When the image is pulled.
    pub pull: PullPolicy,
    /// What runs in the container instead of the image's own program.
    pub entrypoint: Option<String>,
    /// The current directory is there too.
    pub mount: Option<MountMode>,
    /// Further variables that it gets, by their names.
    pub variables: Vec<String>,
    /// Further arguments of the runtime.
    pub arguments: Vec<String>,
    /// Registries that stand for others: what an image starts with, and what it is pulled from.
    pub mirrors: Vec<(String, String)>,
    /// Which image may run by a name that stood for another one.
    pub consent: ImageConsent,
}

/// Which image may run by a name that stood for another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImageConsent {
    /// None: the user is asked.
    #[default]
    Ask,
    /// The one with this ID.
    This(CleanText),
    /// Whatever it is.
    Any,
}

impl ImageConsent {
    /// Whether the image with this ID may run.
    pub fn allows(&self, id: &CleanText) -> bool {
        match self {
            Self::Ask => false,
            Self::This(agreed) => agreed == id,
            Self::Any => true,
        }
    }
}

/// When an image is pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullPolicy {
    /// Before each run.
    Always,
    /// When it is not on this machine.
    #[default]
    Missing,
    /// Not by everestctl.
    Never,
}

impl PullPolicy {
    /// All of them, with the words of the command line.
    pub const ALL: [(&'static str, Self); 3] =
        [("always", Self::Always), ("missing", Self::Missing), ("never", Self::Never)];
}

/// What a container may do with the current directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountMode {
    /// Look at it.
    ReadOnly,
    /// Change it.
    Writable,
}

impl MountMode {
    /// The word for it, as in a mount.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "ro",
            Self::Writable => "rw",
        }
    }
}

impl ContainerOptions {
    /// The same, where `self` says nothing what `usual` says.
    #[must_use]
    pub fn or(self, usual: Self) -> Self {
        Self {
            runtime: self.runtime.or(usual.runtime),
            entrypoint: self.entrypoint.or(usual.entrypoint),
            mount: self.mount.or(usual.mount),
            variables: [usual.variables, self.variables].concat(),
            arguments: [usual.arguments, self.arguments].concat(),
            mirrors: [self.mirrors, usual.mirrors].concat(),
            ..self
        }
    }

    /// Where `image` is pulled from: its own registry, or the first mirror that stands for the start of its name.
    pub fn pulled_from(&self, image: &str) -> String {
        let mirrored = self.mirrors.iter().find_map(|(registry, mirror)| {
            let rest = image.strip_prefix(registry.trim_end_matches('/'))?.strip_prefix('/')?;
            Some(format!("{}/{rest}", mirror.trim_end_matches('/')))
        });
        mirrored.unwrap_or_else(|| image.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_counts_before_what_is_usual() {
        let typed = ContainerOptions {
            runtime: Some("docker".to_owned()),
            variables: vec!["A".to_owned()],
            ..ContainerOptions::default()
        };
        let usual = ContainerOptions {
            runtime: Some("podman".to_owned()),
            variables: vec!["B".to_owned()],
            arguments: vec!["--userns=keep-id".to_owned()],
            ..ContainerOptions::default()
        };
        let both = typed.or(usual);
        assert_eq!(both.runtime.as_deref(), Some("docker"));
        assert_eq!(
            (both.variables, both.arguments),
            (vec!["B".to_owned(), "A".to_owned()], vec!["--userns=keep-id".to_owned()])
        );
    }

    #[test]
    fn a_mirror_stands_for_whole_parts_of_a_name() {
        let mirrors = [("ghcr.io", "mirror.example:5000/ghcr/"), ("docker.io/library", "localhost:5000")];
        let mirrors = mirrors.map(|(registry, mirror)| (registry.to_owned(), mirror.to_owned())).to_vec();
        let options = ContainerOptions { mirrors, ..ContainerOptions::default() };
        assert_eq!(options.pulled_from("ghcr.io/a/b:1"), "mirror.example:5000/ghcr/a/b:1");
        assert_eq!(options.pulled_from("docker.io/library/x"), "localhost:5000/x");
        assert_eq!(options.pulled_from("ghcr.iox/a"), "ghcr.iox/a");
        assert_eq!(options.pulled_from("docker.io/libraryx/x"), "docker.io/libraryx/x");
    }
}

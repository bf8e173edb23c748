//! Why a container does not start, told by what the runtime says.
//!
//! It must not know how a runtime is asked.

use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, quoted};

/// Why a container does not start. All of it is before the plugin: its own exit code is its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// None of the runtimes is installed.
    #[error("`{plugin}` runs in a container, and there is no podman, docker or nerdctl on PATH")]
    NoRuntime {
        /// The plugin.
        plugin: CleanText,
    },
    /// The one that the user wants is not installed.
    #[error("there is no container runtime {} on PATH", quoted(.0))]
    NoSuchRuntime(String),
    /// The one that was found can be changed by others.
    #[error("the container runtime is not allowed to run: {why}")]
    Untrusted {
        /// What is wrong with it.
        why: String,
        /// How to mend it.
        hint: String,
    },
    /// It cannot be started at all.
    #[error("could not run {runtime}")]
    NotStarted {
        /// The runtime.
        runtime: String,
        /// What the system says.
        said: CleanText,
    },
    /// Its daemon does not answer.
    #[error("{runtime} does not answer: its daemon is not running, or you may not use it")]
    NoDaemon {
        /// The runtime.
        runtime: String,
        /// What it says.
        said: CleanText,
    },
    /// The image is not here, and is not to be pulled.
    #[error("image {image} is not on this machine")]
    NotPulled {
        /// The image.
        image: CleanText,
        /// The runtime.
        runtime: String,
    },
    /// There is no such image.
    #[error("image {image} does not exist")]
    NoImage {
        /// The image.
        image: CleanText,
        /// What the runtime says.
        said: CleanText,
    },
    /// The registry does not give it to this user.
    #[error("the registry refused to give image {image}")]
    Denied {
        /// The image.
        image: CleanText,
        /// The runtime.
        runtime: String,
        /// What it says.
        said: CleanText,
    },
    /// It is for other machines.
    #[error("image {image} has no build for {machine}")]
    AnotherMachine {
        /// The image.
        image: CleanText,
        /// This machine: `linux/amd64`.
        machine: String,
    },
    /// There is no room for it.
    #[error("could not pull image {image}: no space left on the disk")]
    DiskFull {
        /// The image.
        image: CleanText,
        /// The runtime.
        runtime: String,
    },
    /// It could not be pulled for another reason.
    #[error("could not pull image {image}")]
    NotPullable {
        /// The image.
        image: CleanText,
        /// What the runtime says.
        said: CleanText,
    },
    /// The name stands for another image than before.
    #[error("image {image} has changed since it last ran")]
    Changed {
        /// The plugin.
        plugin: CleanText,
        /// The image.
        image: CleanText,
        /// The ID that ran.
        before: CleanText,
        /// The ID that the name stands for now.
        now: CleanText,
    },
    /// The folder cannot be named in a mount.
    #[error("--mount-cwd: the path of the current directory contains a colon")]
    Unmountable,
}

impl ContainerError {
    /// What `said`, the standard error of a runtime that was to pull `image`, means.
    pub(super) fn of_pull(image: &str, runtime: &str, said: &str) -> Self {
        let lower = said.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let last = last_line(said);
        let (image, runtime) = (CleanText::new(image), runtime.to_owned());
        if has(DAEMON) {
            return Self::NoDaemon { runtime, said: last };
        }
        if has(&["no space left on device", "disk quota exceeded"]) {
            return Self::DiskFull { image, runtime };
        }
        if has(&["no matching manifest", "no image found in", "does not match the specified platform"]) {
            return Self::AnotherMachine { image, machine: this_machine() };
        }
        if has(&["unauthorized", "denied", "authentication required", "403 (forbidden)", "no basic auth"]) {
            return Self::Denied { image, runtime, said: last };
        }
        if has(&["manifest unknown", "name unknown", "not found", "repository does not exist", "404"]) {
            return Self::NoImage { image, said: last };
        }
        Self::NotPullable { image, said: last }
    }

    /// What `said`, the standard error of a runtime that was to look at an image, means; `None` when there is no such image.
    pub(super) fn of_inspect(runtime: &str, said: &str) -> Option<Self> {
        let lower = said.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let (runtime, said) = (runtime.to_owned(), last_line(said));
        if has(DAEMON) {
            return Some(Self::NoDaemon { runtime, said });
        }
        if has(&["no such image", "image not known", "no such object", "not found"]) {
            return None;
        }
        Some(Self::NotStarted { runtime, said })
    }
}

/// How runtimes say that their daemon is not there.
const DAEMON: &[&str] = &[
    "cannot connect to the docker daemon",
    "is the docker daemon running",
    "permission denied while trying to connect",
    "cannot connect to podman",
    "rootless containerd not running",
    "cannot access containerd socket",
    "containerd.sock",
];

/// This machine as images name it: `linux/amd64`. Containers run Linux wherever the client is.
pub(super) fn this_machine() -> String {
    format!("linux/{}", this_architecture())
}

/// The architecture of this machine as images name it.
pub(super) fn this_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

fn last_line(said: &str) -> CleanText {
    CleanText::new(said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing").trim())
}

impl Explain for ContainerError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoRuntime { .. }
            | Self::NoSuchRuntime(_)
            | Self::NoImage { .. }
            | Self::NotPulled { .. } => exit::NOT_FOUND,
            Self::Denied { .. }
            | Self::AnotherMachine { .. }
            | Self::Changed { .. }
            | Self::Untrusted { .. } => exit::CANNOT_RUN,
            Self::NotStarted { .. }
            | Self::NoDaemon { .. }
            | Self::DiskFull { .. }
            | Self::NotPullable { .. } => exit::HOST_FAILURE,
            Self::Unmountable => exit::USAGE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::NotStarted { said, .. }
            | Self::NoDaemon { said, .. }
            | Self::NoImage { said, .. }
            | Self::Denied { said, .. }
            | Self::NotPullable { said, .. } => vec![said.to_string()],
            Self::Changed { before, now, .. } => vec![format!("it was {before}, and is now {now}")],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NoRuntime { .. } => vec!["install podman: https://podman.io/docs/installation".to_owned()],
            Self::NoSuchRuntime(_) => {
                vec!["pass --runtime podman, docker, nerdctl, or the path of another".to_owned()]
            }
            Self::Untrusted { hint, .. } => vec![hint.clone()],
            Self::NoDaemon { runtime, .. } if runtime == "docker" => vec![
                "start it: systemctl start docker".to_owned(),
                "to use it without root: usermod -aG docker $USER, and sign in again".to_owned(),
            ],
            Self::NoDaemon { runtime, .. } => vec![format!("{runtime} info")],
            Self::NotPulled { image, runtime } => vec![format!("{runtime} pull {image}")],
            Self::Denied { image, runtime, .. } => {
                vec![format!("{runtime} login {}", registry(image.as_str()))]
            }
            Self::AnotherMachine { image, .. } => {
                vec![format!("ask the author of the plugin for an image {image} that has one")]
            }
            Self::DiskFull { runtime, .. } => vec![format!("{runtime} system prune")],
            Self::Changed { plugin, .. } => {
                vec![format!("if you expect that: everestctl plugin run --accept-image {plugin}")]
            }
            Self::Unmountable => vec!["run it from another directory".to_owned()],
            Self::NotStarted { .. } | Self::NoImage { .. } | Self::NotPullable { .. } => Vec::new(),
        }
    }
}

/// The registry of an image, by the rule of docker: what is before the first slash, if it looks like a host.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_runtime_says_of_a_pull_is_told_apart() {
        let kind = |said: &str| match ContainerError::of_pull("r.example/a:1", "podman", said) {
            ContainerError::NoDaemon { .. } => "daemon",
            ContainerError::DiskFull { .. } => "disk",
            ContainerError::AnotherMachine { .. } => "machine",
            ContainerError::Denied { .. } => "denied",
            ContainerError::NoImage { .. } => "image",
            ContainerError::NotPullable { .. } => "other",
            other => panic!("{other:?}"),
        };
        // As podman 4, docker 24 and nerdctl 1 say it.
        for (said, expected) in [
            (
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                "daemon",
            ),
            (
                "Error: writing blob: storing blob to file \"/var/tmp/x\": write /var/tmp/x: no space left on device",
                "disk",
            ),
            ("no matching manifest for linux/amd64 in the manifest list entries", "machine"),
            (
                "Error: choosing an image from manifest list: no image found in image index for architecture amd64",
                "machine",
            ),
            (
                "Error: initializing source docker://x: reading manifest 1 in r/a: unauthorized: authentication required",
                "denied",
            ),
            (
                "Error response from daemon: pull access denied for a, repository does not exist or may require 'docker login'",
                "denied",
            ),
            (
                "Error: initializing source docker://x: reading manifest 1 in r/a: manifest unknown: manifest unknown",
                "image",
            ),
            (
                "Error: pinging container registry r.example: dial tcp: lookup r.example: no such host",
                "other",
            ),
            ("", "other"),
        ] {
            assert_eq!(kind(said), expected, "{said}");
        }
    }

    #[test]
    fn an_image_that_is_not_there_is_no_failure_of_the_runtime() {
        for absent in [
            "Error: No such image: a",
            "Error: a: image not known",
            "Error: inspecting object: no such object: \"a\"",
        ] {
            assert_eq!(ContainerError::of_inspect("podman", absent), None, "{absent}");
        }
        assert!(matches!(
            ContainerError::of_inspect(
                "docker",
                "permission denied while trying to connect to the Docker daemon socket"
            ),
            Some(ContainerError::NoDaemon { .. })
        ));
    }

    #[test]
    fn the_registry_to_sign_in_to_is_that_of_the_image() {
        for (image, expected) in [
            ("ghcr.io/a/b:1", "ghcr.io"),
            ("localhost:5000/a", "localhost:5000"),
            ("a/b", "docker.io"),
            ("a", "docker.io"),
        ] {
            assert_eq!(registry(image), expected, "{image}");
        }
    }
}

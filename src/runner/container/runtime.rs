//! Which container runtime this machine has, and what it says of images.
//!
//! It must not know what becomes of an image.

use super::error::ContainerError;
use crate::model::CleanText;
use crate::sys::process::{self, NoOutput};
use crate::sys::trust::TrustPolicy;
use crate::sys::{Environment, program};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The runtimes that are looked for, in this order.
pub const KNOWN: [&str; 3] = ["podman", "docker", "nerdctl"];

/// How long a runtime may take to say what it knows of an image.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the first process that podman adds with `--init` is kept.
const CATATONIT: [&str; 3] =
    ["/usr/libexec/podman/catatonit", "/usr/lib/podman/catatonit", "/usr/bin/catatonit"];

/// A container runtime of this machine.
#[derive(Debug)]
pub struct ContainerRuntime<'e> {
    /// What it is called: `podman`.
    pub name: String,
    /// Its program.
    pub path: PathBuf,
    environment: &'e Environment,
}

/// An image of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalImage {
    /// What it is, whatever its names are.
    pub id: CleanText,
    /// By which digest its registry knows it.
    pub digest: Option<CleanText>,
    /// What it was built for: `amd64`.
    pub architecture: Option<String>,
}

/// Whether none of [`KNOWN`] is installed.
pub fn is_missing(environment: &Environment) -> bool {
    KNOWN.iter().all(|name| program::find(name, environment).is_none())
}

impl<'e> ContainerRuntime<'e> {
    /// The one that the user wants, else the first that is installed, for `plugin`.
    pub fn find(
        wanted: Option<&str>,
        plugin: &CleanText,
        environment: &'e Environment,
    ) -> Result<Self, ContainerError> {
        let path = match wanted {
            Some(wanted) => {
                let missing = || ContainerError::NoSuchRuntime(wanted.to_owned());
                program::find(wanted, environment).filter(|path| path.is_file()).ok_or_else(missing)?
            }
            None => KNOWN
                .iter()
                .find_map(|name| program::find(name, environment))
                .ok_or_else(|| ContainerError::NoRuntime { plugin: plugin.clone() })?,
        };
        let path = std::path::absolute(&path).unwrap_or(path);
        let untrusted = |distrust: crate::sys::trust::Distrust| ContainerError::Untrusted {
            hint: distrust
                .mend
                .clone()
                .unwrap_or_else(|| "install it where only you or root can write".to_owned()),
            why: distrust.to_string(),
        };
        TrustPolicy::for_this_user().look(&path).map_err(untrusted)?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, path, environment })
    }

    /// What there is of `image` on this machine.
    pub fn image(&self, image: &str) -> Result<Option<LocalImage>, ContainerError> {
        match process::answer_of_file(&self.path, &["image", "inspect", image], self.environment, PATIENCE) {
            Ok(answer) => Ok(read(&answer)),
            Err(NoOutput::Failed(said)) => {
                ContainerError::of_inspect(&self.name, &said).map_or(Ok(None), Err)
            }
            Err(NoOutput::NotStarted(error)) => Err(self.not_started(&error.to_string())),
            Err(NoOutput::TooSlow) => Err(self.not_started("it does not answer")),
        }
    }

    /// The variables that it is started with.
    pub(super) fn environment(&self) -> &'e Environment {
        self.environment
    }

    /// Gets `image` from its registry. Ctrl-C ends it; it may take as long as it takes.
    pub fn pull(&self, image: &str) -> Result<(), ContainerError> {
        let ended = process::status_of_file(&self.path, &["pull", "--quiet", image], self.environment);
        let (is_done, said) = ended.map_err(|error| self.not_started(&error.to_string()))?;
        if is_done { Ok(()) } else { Err(ContainerError::of_pull(image, &self.name, &said)) }
    }

    /// Whether it can put a first process into a container that passes signals on. docker and nerdctl bring one.
    pub(super) fn has_init(&self) -> bool {
        self.name != "podman" || CATATONIT.iter().any(|place| Path::new(place).exists())
    }

    fn not_started(&self, said: &str) -> ContainerError {
        ContainerError::NotStarted { runtime: self.name.clone(), said: CleanText::new(said) }
    }
}

/// Whether `text` is the ID of an image.
pub(super) fn is_id(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    hex.len() >= 12 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The first image of an answer to `image inspect`: all runtimes answer in docker's form.
fn read(answer: &[u8]) -> Option<LocalImage> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Inspected {
        id: String,
        #[serde(default)]
        repo_digests: Option<Vec<String>>,
        architecture: Option<String>,
    }
    let Inspected { id, repo_digests, architecture } =
        serde_json::from_slice::<Vec<Inspected>>(answer).ok()?.into_iter().next()?;
    let hex = id.strip_prefix("sha256:").unwrap_or(&id);
    // It is an argument of the runtime: nothing but an ID may stand there.
    if !is_id(hex) {
        return None;
    }
    let digest = repo_digests.into_iter().flatten().next();
    let digest = digest.and_then(|digest| CleanText::non_empty(digest.rsplit('@').next()?));
    let architecture = architecture.filter(|architecture| !architecture.is_empty());
    Some(LocalImage { id: CleanText::new(&format!("sha256:{hex}")), digest, architecture })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inspected_image_is_read_as_every_runtime_writes_it() {
        let hex = "0123456789abcdef";
        let podman = format!(
            r#"[{{"Id":"{hex}","Digest":"sha256:aa","RepoDigests":["r.example/a@sha256:aa"],"Architecture":"amd64","Os":"linux"}}]"#
        );
        let docker = format!(r#"[{{"Id":"sha256:{hex}","RepoDigests":null,"Architecture":""}}]"#);
        let image = read(podman.as_bytes()).unwrap();
        assert_eq!(image.id.as_str(), "sha256:0123456789abcdef");
        assert_eq!(image.digest.unwrap().as_str(), "sha256:aa");
        assert_eq!(image.architecture.as_deref(), Some("amd64"));
        let image = read(docker.as_bytes()).unwrap();
        assert_eq!(
            (image.id.as_str(), image.digest, image.architecture),
            ("sha256:0123456789abcdef", None, None)
        );
    }

    #[test]
    fn what_is_no_id_is_no_image() {
        for answer in [
            "",
            "[]",
            "{}",
            r#"[{"Id":"--privileged"}]"#,
            r#"[{"Id":"sha256:"}]"#,
            r#"[{"Id":"sha256:00 x"}]"#,
        ] {
            assert_eq!(read(answer.as_bytes()), None, "{answer}");
        }
    }
}

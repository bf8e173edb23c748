//! What a library says of itself, asked in a process of its own: whatever it does there, this one goes on, and not for long.

use super::error::LibraryFault;
use super::task::Task;
use crate::model::CleanText;
use crate::sys::Environment;
use crate::sys::process::{self, NoOutput};
use everestctl_protocol::native::LARGEST_METADATA;
use everestctl_protocol::sidecar::{Sidecar, TERMS};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// How long a library may take to load.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the process writes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Told {
    Metadata(String),
    Fault(LibraryFault),
}

impl Told {
    pub(super) fn from_result(result: Result<&str, LibraryFault>) -> Self {
        match result {
            Ok(text) => Self::Metadata(text.to_owned()),
            Err(fault) => Self::Fault(fault),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Loads the library at `path` in a process of its own, and gives what it says of itself.
pub fn read(path: &Path, environment: &Environment) -> Result<Sidecar, LibraryFault> {
    let failed = LibraryFault::Silent;
    let binary = process::this_binary().map_err(|error| failed(error.to_string()))?;
    let arguments = Task::Metadata(path.to_owned()).to_arguments();
    let told = process::answer_of_file(&binary, &arguments, environment, PATIENCE).map_err(|error| {
        failed(match error {
            NoOutput::NotStarted(error) => error.to_string(),
            NoOutput::Failed(why) => CleanText::new(&why).to_string(),
            NoOutput::TooSlow => format!("it did not load within {} seconds", PATIENCE.as_secs()),
        })
    })?;
    match serde_json::from_slice(&told) {
        Ok(Told::Metadata(text)) => parse(&text),
        Ok(Told::Fault(fault)) => Err(fault),
        Err(_) => Err(failed("it ended before it said anything".to_owned())),
    }
}

/// A key that is unknown is one of a later version, and does no harm.
fn parse(text: &str) -> Result<Sidecar, LibraryFault> {
    if text.len() > LARGEST_METADATA {
        return Err(LibraryFault::too_large(text.len()));
    }
    let (sidecar, misfits) = crate::yaml::tolerant::<Sidecar>(text.as_bytes())
        .map_err(|error| LibraryFault::InvalidMetadata(error.to_string()))?;
    match misfits.iter().find(|misfit| TERMS.contains(&misfit.path.as_str())) {
        Some(misfit) => Err(LibraryFault::InvalidMetadata(misfit.to_string())),
        None => Ok(sidecar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use everestctl_protocol::sidecar::{Completion, Credentials};

    #[test]
    fn metadata_is_a_sidecar_in_json() {
        let text = r#"{"summary": "Say hello", "credentials": "env", "completion": "words",
            "words": {"loud": "Shout"}, "requires": ["api"], "later": {"a": 1}}"#;
        let sidecar = parse(text).unwrap();
        assert_eq!(sidecar.summary.as_deref(), Some("Say hello"));
        assert_eq!((sidecar.credentials, sidecar.completion), (Credentials::Env, Completion::Words));
        assert!(parse(r#"{"credentials": "all"}"#).is_err());
        assert!(parse("[").is_err());
        assert!(parse(&" ".repeat(LARGEST_METADATA + 1)).is_err());
    }
}

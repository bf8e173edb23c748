//! Reading what a local plugin says of itself: `everestctl-NAME.yaml` beside the executable.
//!
//! The keys are documented in [`everestctl_protocol::sidecar`].

use super::rules;
use crate::model::{CleanText, Origin, OriginState, Source, Warning};
use crate::sys::FileFacts;
use crate::sys::files;
use crate::sys::trust::TrustPolicy;
use crate::yaml::YamlMisfit;
use everestctl_protocol::sidecar::{Sidecar, TERMS};
use std::path::{Path, PathBuf};

/// More than any sidecar needs.
const LARGEST: u64 = 64 * 1024;

/// Where the sidecar of the executable at `path` would be.
pub fn path_for(path: &Path) -> PathBuf {
    let suffix = std::env::consts::EXE_SUFFIX;
    let text = path.as_os_str();
    let stem = text.to_str().and_then(|text| text.strip_suffix(suffix)).map_or(text, std::ffi::OsStr::new);
    let mut sidecar = stem.to_owned();
    sidecar.push(".yaml");
    PathBuf::from(sidecar)
}

/// The sidecar of the executable at `path`, an empty one when there is none, and what is wrong with it.
///
/// A wrong key costs that key. A file that others can write, or that cannot be read, is no sidecar: it may ask for a
/// token. Its command still runs.
pub fn read(path: &Path) -> (Sidecar, Vec<Warning>) {
    let path = path_for(path);
    match read_file(&path) {
        Ok((sidecar, misfits)) => (sidecar, misfits.iter().map(|misfit| left_out(&path, misfit)).collect()),
        Err(problem) => (Sidecar::default(), vec![problem]),
    }
}

/// What the executable at `path` needs and may have, or why its sidecar cannot say so.
pub fn terms(path: &Path) -> Result<Sidecar, Warning> {
    let path = path_for(path);
    // Most have none, and dispatch asks each time.
    if FileFacts::from_name(&path).is_err_and(|error| files::is_absent(&error)) {
        return Ok(Sidecar::default());
    }
    let (sidecar, misfits) = read_file(&path)?;
    match misfits.iter().find(|misfit| TERMS.contains(&misfit.path.as_str())) {
        Some(misfit) => Err(left_out(&path, misfit)),
        None => Ok(sidecar),
    }
}

fn left_out(path: &Path, misfit: &YamlMisfit) -> Warning {
    Warning::new(Source::Local, format!("sidecar {}: ignored: {misfit}", rules::quoted(path)))
}

fn read_file(path: &Path) -> Result<(Sidecar, Vec<YamlMisfit>), Warning> {
    let problem = |why: &dyn std::fmt::Display| {
        Warning::new(Source::Local, format!("skipped sidecar {}: {why}", rules::quoted(path)))
    };
    match TrustPolicy::for_this_user().look(path) {
        Ok(_) => {}
        Err(distrust) if distrust.is_absence() => return Ok((Sidecar::default(), Vec::new())),
        Err(distrust) => {
            let OriginState::Invalid { why, hint } = rules::invalid(distrust) else {
                return Ok((Sidecar::default(), Vec::new()));
            };
            return Err(Warning { hint, ..problem(&why) });
        }
    }
    let content = files::read(path, LARGEST).map_err(|error| problem(&error))?;
    crate::yaml::tolerant(&content).map_err(|error| problem(&error))
}

/// Puts what the sidecar says into `origin`, clean.
pub fn describe(origin: &mut Origin, sidecar: Sidecar) {
    let clean = |text: Option<String>| text.as_deref().and_then(CleanText::non_empty);
    origin.description = clean(sidecar.summary);
    origin.version = clean(sidecar.version);
    origin.vendor = clean(sidecar.vendor);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_beside_the_executable() {
        let path = format!("/p/everestctl-x{}", std::env::consts::EXE_SUFFIX);
        assert_eq!(path_for(Path::new(&path)), Path::new("/p/everestctl-x.yaml"));
    }
}

//! `plugin verify`: whether installed packages are as they were installed.

use super::{Place, chosen};
use crate::error::Failure;
use crate::install::generations::InstalledPackage;
use crate::model::{CleanText, CommandWord};
use crate::ops::App;
use serde::Serialize;
use std::path::PathBuf;

/// Whether a package is as it was installed. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct VerifyRow {
    /// The name of the command.
    pub name: String,
    /// The version.
    pub version: String,
    /// The digest of what was installed.
    pub digest: String,
    /// Where it came from.
    pub source: String,
    /// The digest of what came from there.
    pub origin: Option<String>,
    /// The fingerprint of the key that has signed it, if that was verified.
    pub signer: Option<String>,
    /// The files that are not as they were; nothing where all are.
    pub changed: Vec<PathBuf>,
}

/// Looks at every file of the installed packages with these names, or of all.
pub fn verify(app: &App, names: &[CommandWord]) -> Result<Vec<VerifyRow>, Failure> {
    let place = Place::of(app)?;
    let current = place.generations.current()?;
    let row = |(name, package): (&String, &InstalledPackage)| {
        Ok(VerifyRow {
            name: name.clone(),
            version: package.version.clone(),
            digest: package.digest.clone(),
            source: CleanText::new(&package.source).to_string(),
            origin: package.origin.clone(),
            signer: package.signer.clone(),
            changed: place.store.changed(&package.digest)?,
        })
    };
    chosen(&current, names)?.into_iter().map(row).collect()
}

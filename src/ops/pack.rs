//! `plugin pack`: a folder with a manifest becomes an archive.

use super::App;
use crate::author::pack::{self, PackError};
use crate::error::Failure;
use crate::install::package::checksum;
use crate::model::CleanText;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The time of all files in an archive, in seconds since 1970 (<https://reproducible-builds.org/specs/source-date-epoch/>).
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The archive of a package. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackReport {
    /// The name of the command.
    pub name: String,
    /// Its version.
    pub version: CleanText,
    /// The archive.
    pub file: PathBuf,
    /// Its checksum.
    pub sha256: String,
    /// Its size in bytes.
    pub size: usize,
    /// The files in it.
    pub files: Vec<CleanText>,
    /// Whether it was there before, byte for byte.
    pub unchanged: bool,
    /// What lies in the folder and is not in it.
    pub left_out: Vec<String>,
}

/// Packs the package in `folder` into `file`, or else into a file with its name and version in the current folder.
pub fn pack(app: &App, folder: &Path, file: Option<&Path>, replaces: bool) -> Result<PackReport, Failure> {
    let modified = match app.environment.text(EPOCH).filter(|text| !text.is_empty()) {
        Some(text) => text.trim().parse().map_err(|_| PackError::Epoch)?,
        None => 0,
    };
    let packed = pack::pack(folder, modified)?;
    let file = match file {
        Some(file) => file.to_owned(),
        None => pack::file_name(&packed.manifest)?.into(),
    };
    let is_new = pack::write(&file, &packed.content, replaces)?;
    Ok(PackReport {
        name: packed.manifest.name,
        version: CleanText::new(&packed.manifest.version),
        sha256: checksum(&packed.content),
        size: packed.content.len(),
        files: packed.paths.iter().map(|path| CleanText::new(&path.to_string_lossy())).collect(),
        left_out: packed.left_out,
        unchanged: !is_new,
        file,
    })
}

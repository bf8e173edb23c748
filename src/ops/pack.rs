//! `plugin pack`: a folder becomes one file: the package of a local plugin, or the chart of a server plugin.

use super::App;
use super::hub::NAMESPACE;
use super::server_error::ServerPluginError;
use crate::author::pack::{self, PackError};
use crate::author::packable::{self, PackedPlugin};
use crate::chart::archive::ChartArchive;
use crate::chart::helm::{Helm, HelmError, HelmValues, LocalChart, ReleaseName};
use crate::chart::{objects, surface};
use crate::error::{Explain as _, Failure};
use crate::install::package::checksum;
use crate::model::CleanText;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The time of all files in an archive, in seconds since 1970 (<https://reproducible-builds.org/specs/source-date-epoch/>).
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// A plugin that was packed. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackReport {
    /// `package` or `chart`.
    pub kind: &'static str,
    /// Its name.
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
    /// Why nobody has looked at what the chart makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_checked: Option<CleanText>,
}

/// Packs what `path` names into `file`, or else into a file with its name and version in the current folder.
pub fn pack(app: &App, path: &Path, file: Option<&Path>, replaces: bool) -> Result<PackReport, Failure> {
    let modified = match app.environment.text(EPOCH).filter(|text| !text.is_empty()) {
        Some(text) => text.trim().parse().map_err(|_| PackError::Epoch)?,
        None => 0,
    };
    let packed = packable::pack(path, modified)?;
    let (kind, not_checked) = match &packed {
        PackedPlugin::Package(_) => ("package", None),
        PackedPlugin::Chart(chart, _) => ("chart", check(app, chart)?),
    };
    let file = match file {
        Some(file) => file.to_owned(),
        None => packed.file_name()?.into(),
    };
    let is_new = pack::write(&file, packed.content(), replaces)?;
    Ok(PackReport {
        kind,
        name: packed.name().to_owned(),
        version: CleanText::new(packed.version()),
        sha256: checksum(packed.content()),
        size: packed.content().len(),
        files: packed.paths().iter().map(|path| CleanText::new(&path.to_string_lossy())).collect(),
        left_out: packed.left_out().to_vec(),
        unchanged: !is_new,
        not_checked,
        file,
    })
}

/// Fails if the plugin that the chart makes could not be installed; gives why nobody can say.
fn check(app: &App, chart: &ChartArchive) -> Result<Option<CleanText>, Failure> {
    let name = &chart.description.name;
    let helm = match Helm::find(&app.environment, &[], "") {
        Ok(helm) => helm,
        Err(error @ HelmError::NotFound) => return Ok(Some(CleanText::new(&error.to_string()))),
        Err(error) => return Err(error.into()),
    };
    let file = LocalChart::keep(&chart.content, &chart.description.file_name(), None)?;
    let release = ReleaseName { name: name.clone(), namespace: NAMESPACE.to_owned() };
    let manifest = match helm.template(&release, &file.path, &HelmValues::default(), None, false) {
        Ok(manifest) => manifest,
        // It may need values that only its user knows.
        Err(error) => {
            let why = [vec![error.to_string()], error.causes()].concat().join(": ");
            return Ok(Some(CleanText::new(&why)));
        }
    };
    let what = || format!("the chart `{name}`");
    let objects =
        objects::read(&manifest).map_err(|why| ServerPluginError::Unreadable { what: what(), why })?;
    surface::of(&objects).map_err(|why| ServerPluginError::Rule { what: what(), why })?;
    Ok(None)
}

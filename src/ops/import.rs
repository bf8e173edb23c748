//! `plugin import`: what `plugin export` has put into a file, where no server can be reached: packages are installed, charts become a
//! catalog of their own, and everything goes into a registry where one is named.

use super::App;
use super::catalogs;
use super::export::ExportRow;
use super::install::plan::{self, InstallPlan};
use super::install::{change, fetcher};
use crate::client::registry::artifact_source::ArtifactSource as _;
use crate::client::registry::reference::{RegistryReference, SCHEME};
use crate::client::{ClientError, wait_for};
use crate::error::{Explain, Failure};
use crate::install::archive::LARGEST_ARCHIVE;
use crate::install::bundle::reader::{Bundle, Listed};
use crate::install::bundle::{BundleError, ItemForm, ItemKind, copying};
use crate::install::error::InstallError;
use crate::install::fetch::Fetcher;
use crate::install::signer::RequiredSigner;
use crate::model::{CleanText, Warning};
use crate::sys::files;
use serde::Serialize;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// The catalog of what was imported.
pub const CATALOG: &str = "imported";
/// Where it is, inside the data folder.
const FOLDER: &str = "imported";
const INDEX: &str = "index.json";

/// What importing a bundle would do. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct ImportPlan {
    /// The file.
    pub file: PathBuf,
    /// The packages that would be installed, or upgraded.
    pub packages: Vec<InstallPlan>,
    /// The packages that are installed already, just as they are in the bundle.
    pub unchanged: Vec<CleanText>,
    /// The charts, which become known as those of the catalog `imported`.
    pub charts: Vec<ExportRow>,
    /// The images, which go into a registry.
    pub images: Vec<ExportRow>,
    /// What goes into the registry, and under which name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<CopyRow>,
    /// What the user should know before.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
    #[serde(skip)]
    bundle: Bundle,
    #[serde(skip)]
    registry: Option<String>,
}

/// Something that goes into a registry. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopyRow {
    /// What it was called.
    pub from: CleanText,
    /// What it will be called.
    pub to: CleanText,
}

/// Why something cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The name of the registry is none.
    #[error("`{given}` is not a registry: {why}")]
    Registry {
        /// What the user wrote.
        given: CleanText,
        /// Why.
        why: String,
    },
    /// What is kept of charts cannot be written.
    #[error("could not write to {}", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl Explain for ImportError {
    fn exit_code(&self) -> crate::error::ExitCode {
        match self {
            Self::Registry { .. } => crate::error::exit::USAGE,
            Self::Unwritable { .. } => crate::error::exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Registry { .. } => vec!["pass it as --registry HOST[:PORT][/PREFIX]".to_owned()],
            Self::Unwritable { .. } => Vec::new(),
        }
    }
}

/// What importing `file` would do: everything in it was read and verified, and nothing has changed. Packages have to be signed by
/// `signer`, where one is named.
pub fn plan(
    app: &App,
    file: &Path,
    registry: Option<&str>,
    signer: Option<&RequiredSigner>,
) -> Result<ImportPlan, Failure> {
    let bundle = Bundle::open(file).map_err(InstallError::from)?;
    bundle.verify().map_err(InstallError::from)?;
    let registry = registry.map(registry_name).transpose()?;
    let fetcher = fetcher(app, signer, None)?;
    let (mut packages, mut unchanged, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for listed in bundle.listed().iter().filter(|listed| listed.item.kind == ItemKind::Package) {
        let fetched = fetcher.fetch_from_bundle(&bundle, listed)?;
        match plan::of_bundle(app, &listed.item.source, fetched)? {
            Some(plan) => packages.push(plan),
            None => unchanged.push(CleanText::new(&listed.item.name)),
        }
    }
    let of_kind = |kind: ItemKind| bundle.listed().iter().filter(move |listed| listed.item.kind == kind);
    let rows = |kind| of_kind(kind).map(|listed| ExportRow::from(&listed.item)).collect::<Vec<_>>();
    let (charts, images) = (rows(ItemKind::Chart), rows(ItemKind::Image));
    let copies = registry.iter().flat_map(|registry| {
        bundle.listed().iter().map(|listed| CopyRow {
            from: CleanText::new(&listed.reference),
            to: CleanText::new(&place_in(registry, &listed.reference)),
        })
    });
    let copies: Vec<CopyRow> = copies.collect();
    if registry.is_none() && of_kind(ItemKind::Image).next().is_some() {
        let message = "the images in the bundle go nowhere without a registry";
        warnings.push(Warning::general(message).hint("pass --registry HOST[/PREFIX]"));
    }
    Ok(ImportPlan {
        file: file.to_owned(),
        packages,
        unchanged,
        charts,
        images,
        copies,
        warnings,
        bundle,
        registry,
    })
}

/// Does it; gives the number of the generation, where packages were installed. `tell` hears what is being done.
pub fn carry_out(app: &App, plan: &ImportPlan, tell: &mut dyn FnMut(String)) -> Result<Option<u64>, Failure> {
    // What can fail for want of a network comes first.
    if let Some(registry) = &plan.registry {
        let fetcher = fetcher(app, None, None)?;
        for listed in plan.bundle.listed() {
            let place = place_in(registry, &listed.reference);
            tell(format!("copying to {}", CleanText::new(&place)));
            copy(&fetcher, &plan.bundle, listed, &place)?;
        }
    }
    if !plan.charts.is_empty() {
        keep_charts(app, plan)?;
    }
    if plan.packages.is_empty() {
        return Ok(None);
    }
    change::carry_out(app, &plan.packages).map(Some)
}

fn copy(fetcher: &Fetcher<'_>, bundle: &Bundle, listed: &Listed, place: &str) -> Result<(), Failure> {
    let reference = reference(place)?;
    let failed = |error| InstallError::NotFetched { place: CleanText::new(place), error };
    let registry = fetcher.registry(&reference).map_err(failed)?;
    let tag = reference.tag().unwrap_or("latest").to_owned();
    let copied = wait_for(copying::into_registry(bundle, listed, &registry, &tag));
    Ok(copied.map_err(|error| failed(ClientError::from(error).into()))?.map_err(InstallError::from)?)
}

/// The name of a registry with the prefix of its repositories, without a scheme.
fn registry_name(given: &str) -> Result<String, ImportError> {
    let name = given.trim_start_matches(SCHEME).trim_end_matches('/');
    match RegistryReference::new(&format!("{SCHEME}{name}/x")) {
        Ok(_) => Ok(name.to_owned()),
        Err(error) => Err(ImportError::Registry { given: CleanText::new(given), why: error.to_string() }),
    }
}

fn reference(place: &str) -> Result<RegistryReference, ImportError> {
    RegistryReference::new(&format!("{SCHEME}{place}"))
        .map_err(|error| ImportError::Registry { given: CleanText::new(place), why: error.to_string() })
}

/// Where something goes: under its own name, without the registry that it came from.
fn place_in(registry: &str, reference: &str) -> String {
    let own = match reference.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => rest,
        _ => reference,
    };
    format!("{registry}/{own}")
}

/// Makes the charts known: as files beside a catalog, or in the registry that they were copied to.
fn keep_charts(app: &App, plan: &ImportPlan) -> Result<(), Failure> {
    let data = app.folders.data.as_deref().ok_or(InstallError::NoPlace)?;
    let folder = data.join(FOLDER);
    let unwritable = |error| ImportError::Unwritable { path: folder.clone(), error };
    files::make_private_folder(&folder).map_err(unwritable)?;
    let path = folder.join(INDEX);
    let before = files::read(&path, crate::client::hub::LARGEST as u64).unwrap_or_default();
    let before: Value = serde_json::from_slice(&before).unwrap_or_default();
    let mut entries = before.get("extensions").and_then(Value::as_array).cloned().unwrap_or_default();
    for listed in plan.bundle.listed().iter().filter(|listed| listed.item.kind == ItemKind::Chart) {
        let item = &listed.item;
        let version = item.version.as_deref().unwrap_or("0");
        let chart = if let Some(registry) = plan.registry.as_ref().filter(|_| item.form == ItemForm::Artifact)
        {
            let place = place_in(registry, &listed.reference);
            let repository = place.rsplit_once(':').map_or(place.as_str(), |(repository, _)| repository);
            json!({ "ref": format!("{SCHEME}{repository}"), "version": item.version, "digest": listed.manifest.digest.as_str() })
        } else {
            let content = chart_content(&plan.bundle, listed)?;
            // Its name comes from a catalog, and was checked there; the bundle may be somebody else's.
            let name = format!("{}.tgz", listed.manifest.digest.digits());
            files::replace(&folder.join(&name), &content).map_err(unwritable)?;
            json!({ "ref": name, "version": version })
        };
        let mut entry = described(plan, &item.name);
        entry["name"] = json!(item.name);
        entry["artifacts"] = json!({"chart": {"defaultChannel": "stable", "channels": {"stable": chart}}});
        entries.retain(|other| other.get("name") != Some(&json!(item.name)));
        entries.push(entry);
    }
    let catalog = json!({ "metadata": {"catalogId": CATALOG}, "extensions": entries });
    files::replace(&path, catalog.to_string().as_bytes()).map_err(unwritable)?;
    catalogs::add(app, CATALOG, &path.to_string_lossy())?;
    Ok(())
}

/// The packed chart in an artifact of helm, or as it was put into the bundle.
fn chart_content(bundle: &Bundle, listed: &Listed) -> Result<Vec<u8>, InstallError> {
    let path = bundle.path().to_owned();
    let failed = |error| BundleError::NotCopied { what: CleanText::new(&listed.item.name), error };
    let found = wait_for(async {
        let manifest = bundle.manifest("", Some(&listed.manifest.digest)).await?;
        let is_chart = |layer: &&crate::client::registry::manifest::ContentDescriptor| {
            layer.media_type.ends_with("gzip")
        };
        match manifest.manifest.layers.iter().find(is_chart) {
            Some(layer) => bundle.blob(layer, LARGEST_ARCHIVE).await.map(Some),
            None => Ok(None),
        }
    });
    let found = found.map_err(|error| failed(ClientError::from(error).into()))?.map_err(failed)?;
    let none = || BundleError::Damaged { path, why: CleanText::new("a chart in it has no content") };
    Ok(found.ok_or_else(none)?)
}

/// What the catalog in the bundle says of an extension.
fn described(plan: &ImportPlan, name: &str) -> Value {
    let catalogs = plan.bundle.listed().iter().filter(|listed| listed.item.kind == ItemKind::Catalog);
    let mut entries = catalogs.filter_map(|listed| {
        let read = wait_for(async {
            let manifest = plan.bundle.manifest("", Some(&listed.manifest.digest)).await.ok()?;
            plan.bundle.blob(manifest.manifest.layers.first()?, crate::client::hub::LARGEST).await.ok()
        });
        let document: Value = serde_json::from_slice(&read.ok()??).ok()?;
        let entries = document.get("extensions")?.as_array()?.clone();
        entries.into_iter().find(|entry| entry.get("name").and_then(Value::as_str) == Some(name))
    });
    entries.find(Value::is_object).unwrap_or_else(|| json!({}))
}

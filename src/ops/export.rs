//! `plugin export`: installed packages and charts of a catalog, with all that belongs to them, in one file.

use super::App;
use super::catalogs::{self, Location};
use super::hub::{self, FoundEntry};
use super::install::{self, fetcher};
use super::server_error::ServerPluginError;
use crate::chart::archive;
use crate::chart::helm::{Helm, HelmError, HelmValues, LocalChart};
use crate::chart::{objects, surface};
use crate::client::download::Downloader;
use crate::client::hub::entry::ChartVersion;
use crate::client::hub::kept::CatalogQuery;
use crate::client::registry::reference::{Digest, RegistryReference, SCHEME};
use crate::client::{ClientError, wait_for};
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::install::archive::LARGEST_ARCHIVE;
use crate::install::bundle::writer::BundleWriter;
use crate::install::bundle::{ARCHIVE_TYPE, BundleItem, ItemForm, ItemKind, NeededImage, copying};
use crate::install::error::InstallError;
use crate::install::fetch::Fetcher;
use crate::model::{CleanText, Warning};
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use serde::Serialize;
use std::path::{Path, PathBuf};
use url::Url;

/// The type of a chart that came as a file.
const CHART_TYPE: &str = ARCHIVE_TYPE;
/// The type of a catalog.
const CATALOG_TYPE: &str = "application/json";
/// Where images are whose name has no registry.
const DOCKER_HUB: &str = "docker.io";

/// What was put into a bundle. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    /// The file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// What is in it.
    pub items: Vec<ExportRow>,
    /// What the user should know.
    #[serde(skip)]
    pub problems: Vec<Warning>,
}

/// One thing in a bundle. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportRow {
    /// What it is: `package`, `chart`, `image`, `catalog`.
    pub kind: &'static str,
    /// Its name.
    pub name: CleanText,
    /// Its version.
    pub version: Option<CleanText>,
    /// Its digest.
    pub digest: Option<CleanText>,
    /// Where it comes from.
    pub source: CleanText,
}

impl From<&BundleItem> for ExportRow {
    fn from(item: &BundleItem) -> Self {
        let clean = |text: &Option<String>| text.as_deref().and_then(CleanText::non_empty);
        Self {
            kind: item.kind.as_str(),
            name: CleanText::new(&item.name),
            version: clean(&item.version),
            digest: clean(&item.digest),
            source: CleanText::new(&item.source),
        }
    }
}

/// Why something cannot be put into a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A name is neither installed nor in a catalog.
    #[error("`{0}` is neither an installed package nor in a catalog")]
    Unknown(CleanText),
    /// The entry has no chart.
    #[error("the entry of `{0}` has no chart")]
    NoChart(CleanText),
    /// A chart cannot be read.
    #[error("could not read the chart {place}")]
    Unreadable {
        /// Where it is.
        place: CleanText,
        /// Why.
        why: CleanText,
    },
    /// An image's name leads nowhere.
    #[error("could not copy image {image}")]
    Image {
        /// The image.
        image: CleanText,
        /// Why.
        why: CleanText,
    },
}

impl Explain for ExportError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unknown(_) => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Unreadable { why, .. } | Self::Image { why, .. } => vec![why.to_string()],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unknown(_) => {
                vec!["everestctl plugin history".to_owned(), "everestctl plugin search".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

/// Puts what `names` say into the bundle `file`: installed packages, or extensions of a catalog with their charts; with
/// `with_images`, the images that these run, too. `tell` hears what is being done.
pub fn export(
    app: &App,
    names: &[String],
    file: &Path,
    with_images: bool,
    tell: &mut dyn FnMut(String),
) -> Result<ExportReport, Failure> {
    let mut making = BundleBuilder {
        app,
        fetcher: fetcher(app, None, None)?,
        bundle: BundleWriter::begin(file).map_err(InstallError::from)?,
        items: Vec::new(),
        problems: Vec::new(),
        with_images,
    };
    let mut catalogs: Vec<FoundEntry> = Vec::new();
    for name in names {
        tell(format!("copying {name}"));
        if let Some(installed) = install::installed(app, name, None)? {
            let stored = install::stored(app, &installed)?;
            making.fetcher.add_to_bundle(&installed, &stored, &mut making.bundle)?;
            making.items.push(ExportRow {
                kind: ItemKind::Package.as_str(),
                name: CleanText::new(name),
                version: CleanText::non_empty(&installed.version),
                digest: installed.origin.as_deref().and_then(CleanText::non_empty),
                source: CleanText::new(&installed.source),
            });
            continue;
        }
        let (found, problems) = hub::find(app, name, CatalogQuery::WhenOld)
            .map_err(|failure| failure.as_cause_of(ExportError::Unknown(CleanText::new(name))))?;
        making.problems.extend(problems);
        making.extension(&found, tell)?;
        if !catalogs.iter().any(|other| other.catalog == found.catalog) {
            catalogs.push(found);
        }
    }
    for found in &catalogs {
        making.catalog(found)?;
    }
    let BundleBuilder { bundle, items, problems, .. } = making;
    let size = bundle.finish().map_err(InstallError::from)?;
    Ok(ExportReport { file: file.to_owned(), size, items, problems })
}

/// A bundle that is being made.
struct BundleBuilder<'a> {
    app: &'a App,
    fetcher: Fetcher<'a>,
    bundle: BundleWriter,
    items: Vec<ExportRow>,
    problems: Vec<Warning>,
    with_images: bool,
}

impl BundleBuilder<'_> {
    /// The chart of an extension, and the images that it runs.
    fn extension(&mut self, found: &FoundEntry, tell: &mut dyn FnMut(String)) -> Result<(), Failure> {
        let entry = &found.entry;
        if let Some(gate) = &entry.gate {
            let (contact, instructions) = (gate.contact_url.clone(), gate.instructions.clone());
            return Err(ServerPluginError::Gated { name: entry.name.clone(), contact, instructions }.into());
        }
        let chart = entry.chart(None).map(|(_, chart)| chart.clone());
        let chart = chart.ok_or_else(|| ExportError::NoChart(CleanText::new(&entry.name)))?;
        let (pulled, images) = self.images_of(found, &chart)?;
        let mut item = BundleItem {
            version: chart.version.clone(),
            digest: chart.digest.clone(),
            images: images.clone(),
            ..BundleItem::new(ItemKind::Chart, &entry.name, &chart.reference)
        };
        let digest = if chart.reference.starts_with(SCHEME) {
            let reference = chart_reference(&chart)?;
            let registry =
                self.fetcher.registry(&reference).map_err(|error| not_fetched(&reference, error))?;
            let copied = wait_for(copying::into_bundle(&registry, &reference, &item, &mut self.bundle));
            copied
                .map_err(ClientError::from)
                .map_err(|error| not_fetched(&reference, error.into()))?
                .map_err(InstallError::from)?
        } else {
            let content = self.chart_file(found, &chart, pulled.as_ref())?;
            let digest = Digest::of(&content);
            item.form = ItemForm::Archive;
            item.digest = Some(digest.to_string());
            let version = chart.version.as_deref().unwrap_or("0");
            let reference = format!("charts/{}:{}", entry.name, version.replace('+', "_"));
            let title = format!("{}-{version}.tgz", entry.name);
            self.bundle
                .list_file(&item, &reference, (&title, CHART_TYPE), &content)
                .map_err(InstallError::from)?;
            digest
        };
        item.digest = Some(digest.to_string());
        self.items.push(ExportRow::from(&item));
        for needed in images {
            let digest = if self.with_images {
                tell(format!("copying image {}", CleanText::new(&needed.image)));
                Some(self.image(&needed.image)?.to_string())
            } else {
                needed.digest
            };
            self.items.push(ExportRow {
                kind: ItemKind::Image.as_str(),
                name: CleanText::new(&needed.image),
                version: None,
                digest: digest.as_deref().and_then(CleanText::non_empty),
                source: CleanText::new(if self.with_images { &needed.image } else { "not in the bundle" }),
            });
        }
        Ok(())
    }

    /// The chart as helm pulled it, and the images that it runs, each with its digest if its registry tells it.
    fn images_of(
        &mut self,
        found: &FoundEntry,
        chart: &ChartVersion,
    ) -> Result<(Option<LocalChart>, Vec<NeededImage>), Failure> {
        let helm = match Helm::find(&self.app.environment, &[], "") {
            Ok(helm) => helm,
            Err(HelmError::NotFound) if !self.with_images => {
                let message =
                    format!("helm is not installed: the images of `{}` are not known", found.entry.name);
                self.problems.push(
                    Warning::general(message)
                        .hint("install helm 3 or 4: https://helm.sh/docs/intro/install/"),
                );
                return Ok((None, Vec::new()));
            }
            Err(error) => return Err(error.into()),
        };
        let place = match local_chart(found, chart) {
            Some(path) => path.to_string_lossy().into_owned(),
            None => chart.reference.clone(),
        };
        let pulled = helm.pull(&place, chart.version.as_deref(), chart.digest.as_deref())?;
        let release = hub::release_of(&found.entry, None);
        let manifest = helm.template(&release, &pulled.path, &HelmValues::default(), None, false)?;
        let what = format!("the chart of `{}`", found.entry.name);
        let objects = objects::read(&manifest)
            .map_err(|why| ServerPluginError::Unreadable { what: what.clone(), why })?;
        let brings = surface::of(&objects).map_err(|why| ServerPluginError::Rule { what, why })?;
        let images = brings.images.iter().map(|image| NeededImage {
            image: image.to_string(),
            digest: if self.with_images { None } else { self.digest_of(image.as_str()) },
        });
        let images = images.collect();
        Ok((Some(pulled), images))
    }

    /// What an image's registry says that its tag leads to.
    fn digest_of(&self, image: &str) -> Option<String> {
        let reference = image_reference(image).ok()?;
        if let Some(digest) = reference.digest() {
            return Some(digest.to_string());
        }
        if self.app.options.offline {
            return None;
        }
        let registry = self.fetcher.registry(&reference).ok()?;
        let found = wait_for(registry.manifest(reference.tag().unwrap_or("latest"), None));
        Some(found.ok()?.ok()?.digest.to_string())
    }

    /// Copies an image.
    fn image(&mut self, image: &str) -> Result<Digest, Failure> {
        let failed =
            |why: &str| ExportError::Image { image: CleanText::new(image), why: CleanText::new(why) };
        let reference = image_reference(image).map_err(|error| failed(&error.to_string()))?;
        let item = BundleItem::new(ItemKind::Image, image, image);
        let registry = self.fetcher.registry(&reference).map_err(|error| failed(&error.to_string()))?;
        let copied = wait_for(copying::into_bundle(&registry, &reference, &item, &mut self.bundle));
        let copied = copied.map_err(|error| failed(&ClientError::from(error).to_string()))?;
        Ok(copied.map_err(InstallError::from)?)
    }

    /// The chart as one file: the one that was `pulled`, so that what is exported is what its images were read from.
    fn chart_file(
        &self,
        found: &FoundEntry,
        chart: &ChartVersion,
        pulled: Option<&LocalChart>,
    ) -> Result<Vec<u8>, Failure> {
        let unreadable = |why: String| ExportError::Unreadable {
            place: CleanText::new(&chart.reference),
            why: CleanText::new(&why),
        };
        let Some(path) = local_chart(found, chart) else {
            if let Some(pulled) = pulled {
                let content = files::read(&pulled.path, LARGEST_ARCHIVE as u64);
                return Ok(content.map_err(|error| unreadable(error.to_string()))?);
            }
            let url = Url::parse(&chart.reference).map_err(|error| unreadable(error.to_string()))?;
            let content =
                wait_for(Downloader::new(self.app.transport_elsewhere()).file(&url, LARGEST_ARCHIVE));
            let content = content.map_err(ClientError::from).flatten();
            let content = content.map_err(|error| unreadable(error.to_string()))?;
            if let Some(expected) = &chart.digest
                && !Digest::are_same(Digest::of(&content).as_str(), expected)
            {
                return Err(unreadable("it has another digest than the catalog says".to_owned()).into());
            }
            return Ok(content);
        };
        let facts = FileFacts::from_path(&path).map_err(|error| unreadable(error.to_string()))?;
        if facts.kind == FileKind::File {
            let content = files::read(&path, LARGEST_ARCHIVE as u64);
            return Ok(content.map_err(|error| unreadable(error.to_string()))?);
        }
        Ok(archive::pack(&path, 0)?.content)
    }

    /// The catalog in which something was found, as it is.
    fn catalog(&mut self, found: &FoundEntry) -> Result<(), Failure> {
        let Some(content) = catalogs::content(self.app, &found.catalog) else { return Ok(()) };
        let name = found.catalog.name.clone();
        let item = BundleItem {
            form: ItemForm::Archive,
            digest: Some(Digest::of(&content).to_string()),
            ..BundleItem::new(ItemKind::Catalog, &name, &found.catalog.location.shown())
        };
        let reference = format!("catalogs/{name}:latest");
        let listed = self.bundle.list_file(&item, &reference, ("index.json", CATALOG_TYPE), &content);
        listed.map_err(InstallError::from)?;
        self.items.push(ExportRow::from(&item));
        Ok(())
    }
}

/// Where a chart is that a catalog in a file names by a path.
fn local_chart(found: &FoundEntry, chart: &ChartVersion) -> Option<PathBuf> {
    match &found.catalog.location {
        Location::File(file) if !chart.reference.contains("://") => {
            Some(file.parent().unwrap_or(file).join(&chart.reference))
        }
        _ => None,
    }
}

/// The chart in a registry by its digest, or else by its version, whose `+` is `_` in a tag.
fn chart_reference(chart: &ChartVersion) -> Result<RegistryReference, InstallError> {
    let invalid = |why: String| InstallError::NoSource { given: CleanText::new(&chart.reference), why };
    let reference = RegistryReference::new(&chart.reference).map_err(|error| invalid(error.to_string()))?;
    let reference = match &chart.version {
        Some(version) => {
            reference.with_tag(&version.replace('+', "_")).map_err(|error| invalid(error.to_string()))?
        }
        None => reference,
    };
    let digest = chart.digest.as_deref().and_then(|digest| Digest::new(digest).ok());
    Ok(match digest {
        Some(digest) => reference.with_tag_and_digest(digest),
        None => reference,
    })
}

/// An image as container runtimes read its name: without a registry it is one of Docker Hub.
fn image_reference(image: &str) -> Result<RegistryReference, InstallError> {
    let first = image.split('/').next().unwrap_or_default();
    let has_registry = image.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    let text = match (has_registry, image.contains('/')) {
        (true, _) => image.to_owned(),
        (false, true) => format!("{DOCKER_HUB}/{image}"),
        (false, false) => format!("{DOCKER_HUB}/library/{image}"),
    };
    // Docker Hub's registry has another name than its images.
    let text = text
        .strip_prefix("docker.io/")
        .map_or_else(|| text.clone(), |rest| format!("registry-1.docker.io/{rest}"));
    RegistryReference::new(&format!("{SCHEME}{text}"))
        .map_err(|error| InstallError::NoSource { given: CleanText::new(image), why: error.to_string() })
}

fn not_fetched(reference: &RegistryReference, error: crate::install::error::FetchError) -> InstallError {
    InstallError::NotFetched { place: CleanText::new(&reference.to_string()), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_found_where_runtimes_find_it() {
        for (image, expected) in [
            ("nginx", "oci://registry-1.docker.io/library/nginx"),
            ("acme/tool:1", "oci://registry-1.docker.io/acme/tool:1"),
            ("docker.io/acme/tool:1", "oci://registry-1.docker.io/acme/tool:1"),
            ("ghcr.io/acme/tool:1", "oci://ghcr.io/acme/tool:1"),
            ("localhost:5000/tool", "oci://localhost:5000/tool"),
        ] {
            assert_eq!(image_reference(image).unwrap().to_string(), expected);
        }
        assert!(image_reference("A/../b").is_err());
    }
}

//! `plugin install SOURCE` and `plugin upgrade SOURCE`: what is at a source is a package of a local plugin, or the chart of a server plugin, with
//! or without a catalog that knows it. Its checksum, its signature and the policy count for both.

use super::App;
use super::chart_plan::{self, ChartPlace, ReleasePlace, ServerPlan, WantedChart};
use super::hub::NAMESPACE;
use super::hub_install::{self, ServerRequest};
use super::install::{
    self,
    plan::{self, Arrival, InstallWishes},
};
use super::server_error::ServerPluginError;
use super::server_plugins::{self, Step};
use crate::author::pack::PackError;
use crate::author::packable::{self, Packable};
use crate::chart::archive::{self, ChartArchive};
use crate::chart::helm::{LocalChart, ReleaseName};
use crate::client::hub::document;
use crate::client::registry::reference::{Digest, SCHEME};
use crate::error::Failure;
use crate::install::fetch::is_wanted;
use crate::install::policy::PolicySubject;
use crate::install::source::PackageSource;
use crate::model::CleanText;
use crate::sys::FileFacts;
use crate::sys::files::FileKind;
use std::path::Path;

/// What is at a source.
#[derive(Debug)]
pub enum SourceContent {
    /// A package.
    Package(Box<Arrival>),
    /// A chart.
    Chart(Box<SourceChart>),
}

/// A chart that has come from a source.
#[derive(Debug)]
pub struct SourceChart {
    chart: ChartArchive,
    /// The source, as helm would be given it.
    shown: String,
    digest: Digest,
    signer: Option<String>,
}

/// Whether what `plugin upgrade` is given is a source, not the name of a plugin.
pub fn is_source(app: &App, text: &str) -> bool {
    let is_word = matches!(PackageSource::from_argument(text), Ok(PackageSource::Name(_)));
    !is_word && !hub_install::is_name(app, Path::new(text))
}

/// Fetches what is at `source`, and looks what it is. Of a folder that is both, nothing is taken.
pub fn fetch(app: &App, source: &PackageSource, wishes: &InstallWishes) -> Result<SourceContent, Failure> {
    let source = match packable_at(source)? {
        Some(Packable::Chart(folder)) => return of_folder(app, &folder, wishes),
        Some(Packable::Package(folder)) => PackageSource::Path(folder),
        None => source.clone(),
    };
    let arrival = plan::fetch(app, &source, wishes)?;
    let content = &arrival.content;
    let bytes = content.archive().unwrap_or_default();
    let Some(chart) = packable::chart(bytes, &source.to_string())? else {
        return Ok(SourceContent::Package(Box::new(arrival)));
    };
    let shown = match &arrival.source {
        PackageSource::Registry(reference) => format!("{SCHEME}{}/{}", reference.host(), reference.name()),
        source => source.to_string(),
    };
    let digest = content.origin().cloned().unwrap_or_else(|| Digest::of(bytes));
    let signer = content.signer().map(ToString::to_string);
    of_chart(app, SourceChart { chart, shown, digest, signer }, &arrival.source)
}

/// What is in a folder of this machine; nothing where `source` is none.
fn packable_at(source: &PackageSource) -> Result<Option<Packable>, Failure> {
    let PackageSource::Path(path) = source else { return Ok(None) };
    let is_folder = FileFacts::from_path(path).is_ok_and(|facts| facts.kind == FileKind::Folder);
    if is_folder || packable::named(path).is_some() {
        return Ok(Some(packable::find(path)?));
    }
    Ok(None)
}

/// The chart in a folder, as it would be packed.
fn of_folder(app: &App, folder: &Path, wishes: &InstallWishes) -> Result<SourceContent, Failure> {
    let source = PackageSource::Path(folder.to_owned());
    let source = plan::wanted_source(&source, wishes.version.as_deref())?;
    app.plugin_policy()?.check(&plan::of_source(&source))?;
    let shown = source.to_string();
    install::fetcher(app, wishes.signer.as_ref(), None)?.check_unsigned(&shown)?;
    let chart = archive::pack(folder, 0).map_err(PackError::from)?;
    let digest = Digest::of(&chart.content);
    let wanted = wishes.sha256.as_deref().map(plan::wanted_digest).transpose()?;
    is_wanted(&shown, &digest, wanted.as_ref())?;
    of_chart(app, SourceChart { chart, shown, digest, signer: None }, &source)
}

/// The chart, if the policy allows it.
fn of_chart(app: &App, chart: SourceChart, source: &PackageSource) -> Result<SourceContent, Failure> {
    let subject = PolicySubject {
        name: CleanText::new(&chart.chart.description.name).to_string(),
        signer: chart.signer.clone(),
        is_package: true,
        ..plan::of_source(source)
    };
    app.plugin_policy()?.check(&subject)?;
    Ok(SourceContent::Chart(Box::new(chart)))
}

/// What installing the chart would do. Nothing has changed yet.
pub fn install_plan(
    app: &App,
    chart: &SourceChart,
    request: &ServerRequest,
    tell: &mut dyn FnMut(Step),
) -> Result<ServerPlan, Failure> {
    hub_install::check_request(request)?;
    let wanted = wanted(chart)?;
    let namespace = request.namespace.as_deref().unwrap_or(NAMESPACE).to_owned();
    let release = ReleaseName { name: wanted.name.clone(), namespace };
    let again = CleanText::new(&request.name).to_string();
    chart_plan::install(app, wanted, release, &request.values, &again, tell)
}

/// What upgrading the release of the chart's plugin to it would do; `None` where there is nothing to do.
pub fn upgrade_plan(
    app: &App,
    chart: &SourceChart,
    request: &ServerRequest,
    tell: &mut dyn FnMut(Step),
) -> Result<Option<ServerPlan>, Failure> {
    hub_install::check_request(request)?;
    let wanted = wanted(chart)?;
    let (helm, cluster) = (server_plugins::helm(app)?, server_plugins::cluster(app)?);
    let (_, release) = hub_install::installed_release(app, &cluster, &helm, &wanted.name)?;
    let place = ReleasePlace { helm, cluster, release };
    chart_plan::upgrade(app, wanted, place, &request.values, request.is_forced, tell)
}

fn wanted(source: &SourceChart) -> Result<WantedChart, Failure> {
    let description = &source.chart.description;
    if !document::is_release(&description.name) {
        return Err(ServerPluginError::BadRelease(CleanText::new(&description.name)).into());
    }
    let file = LocalChart::keep(&source.chart.content, &description.file_name(), Some(&source.digest))?;
    Ok(WantedChart {
        name: description.name.clone(),
        catalog: None,
        maturity: None,
        openeverest: None,
        kubernetes: None,
        place: ChartPlace::Here(file),
        shown: source.shown.clone(),
        version: None,
        digest: Some(source.digest.to_string()),
        signer: source.signer.clone(),
    })
}

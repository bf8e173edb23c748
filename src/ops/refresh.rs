//! `plugin refresh`: asks the sources again, and every plugin of the server what it offers.

use super::App;
use super::command_error::LIST_HINT;
use super::run_command::hidden_by_server;
use crate::app::descriptors;
use crate::app::native_metadata::LibraryQuery;
use crate::app::refresh::{SourceResult, Trigger, refresh};
use crate::app::{package_updates, remote_identity};
use crate::error::{Explain, Failure};
use crate::model::surface_change::SurfaceDifference;
use crate::model::{CleanText, Origin, Source, Via, Warning};
use serde::Serialize;
use std::time::Duration;

/// How long all plugins may take to say what they offer when the user asks for it.
const DESCRIPTIONS: Duration = Duration::from_mins(1);
/// What `plugin refresh` tells. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct RefreshReport {
    /// How each source answered.
    pub items: Vec<SourceSummary>,
    /// How many plugins were asked what they offer; `None` when none was.
    pub descriptions: Option<descriptors::Counts>,
    /// What has changed of the commands of plugins that were known before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<SurfaceDifference>,
    /// What the user should know.
    pub problems: Vec<Warning>,
    /// Why a source failed: whether signing in would help.
    #[serde(skip)]
    pub failed: Option<bool>,
}

/// How one source answered.
#[derive(Debug, Serialize)]
pub struct SourceSummary {
    /// The source.
    pub source: Source,
    /// Its result, shown in words.
    pub answer: SourceResult,
}

/// Asks `sources`, all when there are none, on the user's behalf, and then the plugins of the server what they
/// offer: `plugins`, all when there are none.
pub fn ask(app: &App, sources: &[Source], plugins: &[String]) -> Result<RefreshReport, Failure> {
    let wanted: Vec<Source> =
        Source::ALL.into_iter().filter(|source| sources.is_empty() || sources.contains(source)).collect();
    let remote = app.remote()?;
    let mut problems = Vec::new();
    let mut items = Vec::new();
    if wanted.iter().any(|source| !source.is_remote()) {
        let (names, found) = remote_identity::scan(app, LibraryQuery::Wanted);
        problems.extend(found);
        for source in wanted.iter().filter(|source| !source.is_remote()) {
            let count = names.origins().filter(|origin| origin.source == *source).count();
            items.push(SourceSummary { source: *source, answer: SourceResult::With(count) });
        }
        package_updates::look(app);
    }
    let refreshed = refresh(app, &remote, &wanted, Trigger::Explicit);
    // Where plugins are reached, and asked what they offer.
    let place = match app.via() {
        Via::Server => Source::Server,
        Via::Kubernetes => Source::Cluster,
    };
    let is_there = |origin: &&Origin| origin.source == place;
    let there: Vec<&str> =
        refreshed.names.origins().filter(is_there).map(|origin| origin.name.as_str()).collect();
    let answered =
        refreshed.outcomes.iter().all(|(_, answer)| !matches!(answer, SourceResult::Failed { .. }));
    let is_known = |plugin: &String| there.contains(&plugin.as_str());
    if let Some(unknown) = plugins.iter().find(|plugin| answered && !is_known(plugin)) {
        if let Some(failure) = hidden_by_server(app, &refreshed.names, unknown) {
            return Err(failure);
        }
        let place = Some(place).filter(|place| remote.is_configured(*place));
        return Err(NoSuchPlugin::new(unknown, place, &there).into());
    }
    problems.extend(refreshed.problems);
    items.extend(
        refreshed.outcomes.iter().map(|(source, answer)| SourceSummary { source: *source, answer: *answer }),
    );
    let has_answered = refreshed
        .outcomes
        .iter()
        .any(|(source, answer)| *source == place && !matches!(answer, SourceResult::Failed { .. }));
    let mut descriptions = None;
    let mut changes = Vec::new();
    if has_answered {
        let found = descriptors::refresh(app, &remote, Some(plugins), false, DESCRIPTIONS)?;
        descriptions = Some(found.counts);
        problems.extend(found.problems);
        changes = found.differences;
    }
    let missing: Vec<Source> =
        sources.iter().copied().filter(|source| !remote.is_configured(*source)).collect();
    problems.extend(missing.iter().map(|source| remote_identity::not_configured(*source)));
    let failures = refreshed.outcomes.iter().filter_map(|(_, answered)| match answered {
        SourceResult::Failed { sign_in } => Some(*sign_in),
        _ => None,
    });
    let failed = failures.chain(missing.iter().map(|_| false)).max();
    Ok(RefreshReport { items, descriptions, changes, problems, failed })
}

/// Nothing that is not there is refreshed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no plugin `{}`{}", CleanText::new(name), where_it_is_not(*place))]
pub struct NoSuchPlugin {
    name: String,
    /// Where it was looked for; `None` without server and cluster.
    place: Option<Source>,
    /// What is there, in order.
    known: Vec<String>,
}

impl NoSuchPlugin {
    fn new(name: &str, place: Option<Source>, known: &[&str]) -> Self {
        let mut known: Vec<String> = known.iter().map(|&name| name.to_owned()).collect();
        known.sort_unstable();
        Self { name: name.to_owned(), place, known }
    }
}

fn where_it_is_not(place: Option<Source>) -> &'static str {
    match place {
        Some(Source::Cluster) => " in the cluster",
        Some(_) => " on the server",
        None => ": no OpenEverest server is configured",
    }
}

impl Explain for NoSuchPlugin {
    fn hints(&self) -> Vec<String> {
        let known = self.known.join(", ");
        vec![match self.place {
            None => remote_identity::not_configured(Source::Server).hint.unwrap_or_default(),
            Some(_) if known.is_empty() => LIST_HINT.to_owned(),
            Some(Source::Cluster) => format!("plugins of the cluster: {known}"),
            Some(_) => format!("plugins of the server: {known}"),
        }]
    }
}

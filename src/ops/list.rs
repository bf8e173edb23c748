//! `plugin list`: every command there is, where it comes from, whether it works.

use super::App;
use super::command_row::{CommandRow, CommandStatus, SourceFreshness};
use super::install::facts;
use crate::app::descriptors;
use crate::app::native_metadata::LibraryQuery;
use crate::app::refresh::{self, SourceResult, Trigger};
use crate::app::remote_identity::{self, RemoteIdentity};
use crate::error::Failure;
use crate::index::Names;
use crate::model::{Source, Warning};
use crate::resolve::{RemoteCommands, catalogue};
use serde::Serialize;
use std::time::Duration;

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Only these sources; all when there are none.
    pub sources: Vec<Source>,
    /// Shadowed commands too.
    pub all: bool,
}

/// The list. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct ListReport {
    /// The commands, by name.
    pub items: Vec<CommandRow>,
    /// What the user should know.
    pub problems: Vec<Warning>,
    /// How each source answered that was asked.
    #[serde(skip)]
    pub outcomes: Vec<(Source, SourceResult)>,
    /// Why a source that the request names failed: whether signing in would help.
    #[serde(skip)]
    pub failed: Option<bool>,
    /// How many shadowed commands are left out.
    #[serde(skip)]
    pub left_out: usize,
    /// Whether neither a server nor a cluster is set up.
    #[serde(skip)]
    pub nothing_configured: bool,
}

/// Lists what the request asks for. Asks every source that is set up, unless the network is off limits.
pub fn list(app: &App, request: &ListRequest) -> Result<ListReport, Failure> {
    let wanted = |source: Source| request.sources.is_empty() || request.sources.contains(&source);
    let remote = app.remote()?;
    let sources: Vec<Source> =
        Source::ALL.into_iter().filter(|source| source.is_remote() && wanted(*source)).collect();
    // What libraries say of themselves is not shown, so none is loaded for it.
    let libraries = if wanted(Source::Native) { LibraryQuery::Wanted } else { LibraryQuery::Unwanted };
    let (refreshed, (local, local_problems)) = std::thread::scope(|scope| {
        let scan = scope.spawn(|| remote_identity::scan(app, libraries));
        let refreshed = refresh::refresh(app, &remote, &sources, Trigger::Explicit);
        (refreshed, scan.join().unwrap_or_default())
    });

    let mut problems = refreshed.problems;
    let described = described(app, &remote, &refreshed.outcomes);
    problems.retain(|problem| problem.source.map_or(!sources.is_empty(), wanted));
    if wanted(Source::Local) {
        problems.extend(local_problems);
    }
    for source in
        sources.iter().filter(|source| !request.sources.is_empty() && !remote.is_configured(**source))
    {
        // A damaged config file or kubeconfig has said it better.
        if problems.iter().all(|problem| problem.source.is_some_and(|of| of != *source)) {
            problems.push(remote_identity::not_configured(*source));
        }
    }
    let ages = SourceFreshness::from_names(&refreshed.names, app);
    let remotes = RemoteCommands::new(remote_identity::origins(refreshed.names));
    for (alias, names) in remotes.contested_aliases().filter(|_| !sources.is_empty()) {
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        let message = format!("alias `{alias}` is ambiguous: claimed by {}", names.join(" and "));
        problems.push(Warning::general(message).hint("use their own names instead"));
    }
    problems.sort_by_key(|problem| problem.source);

    let packages = facts::all(app);
    let mut items: Vec<CommandRow> = catalogue(remote_identity::origins(local), remotes)
        .into_iter()
        .filter(|entry| entry.command.origins().any(|origin| wanted(origin.source)))
        .map(|entry| CommandRow::from_entry(&entry, &ages))
        .map(|row| match &described {
            Some(names) => row.with_description(app, names),
            None => row,
        })
        .map(|row| row.with_package(&packages))
        .collect();
    let before = items.len();
    items.retain(|row| request.all || row.status != CommandStatus::Shadowed);
    Ok(ListReport {
        left_out: before - items.len(),
        items,
        problems,
        failed: failed(request, &refreshed.outcomes, &remote, app),
        outcomes: refreshed.outcomes,
        nothing_configured: !remote.is_configured(Source::Server) && !remote.is_configured(Source::Cluster),
    })
}

/// How long the plugins of the server may take to say what they offer while somebody waits for the list; the others
/// are asked in the background.
const DESCRIPTIONS: Duration = Duration::from_secs(2);

/// What is known of the plugins of the server, each asked once; nothing where the server did not answer.
fn described(app: &App, remote: &RemoteIdentity, outcomes: &[(Source, SourceResult)]) -> Option<Names> {
    let has_answered = |(source, outcome): &(Source, SourceResult)| {
        *source == Source::Server && !matches!(outcome, SourceResult::Failed { .. })
    };
    let store = app.store().filter(|_| outcomes.iter().any(has_answered))?;
    let budget = DESCRIPTIONS.min(app.budget());
    // What could not be asked is in the index, and so in the list.
    let _ = descriptors::refresh(app, remote, None, true, budget);
    let names = remote.names(Some(&store));
    refresh::start_in_background(app, remote, &names);
    Some(names)
}

/// Whether a source that the request names failed, and whether signing in would help.
fn failed(
    request: &ListRequest,
    outcomes: &[(Source, SourceResult)],
    remote: &RemoteIdentity,
    app: &App,
) -> Option<bool> {
    let named = |source: &Source| request.sources.contains(source);
    let answered =
        outcomes.iter().filter(|(source, _)| named(source)).filter_map(|(_, answered)| match answered {
            SourceResult::Failed { sign_in } => Some(*sign_in),
            _ => None,
        });
    let missing =
        request.sources.iter().filter(|source| !app.options.offline && !remote.is_configured(**source));
    answered.chain(missing.map(|_| false)).max()
}

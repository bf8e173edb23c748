//! Asking the remote sources again: for the user, for an unknown command, or in the background.

use super::descriptors;
use super::remote_identity::RemoteIdentity;
use super::{App, Options, package_updates};
use crate::client::Transport;
use crate::client::kubernetes::KubeconfigAccess;
use crate::discovery::{SourceQuery, cluster, query_all, server};
use crate::error::Failure;
use crate::index::{Freshness, FreshnessPolicy, Names, RefreshReason, SectionFailure};
use crate::model::{self, ReportOutcome, Source, Via, Warning};
use crate::sys::clock::UnixTime;
use crate::sys::process;
use serde::{Serialize, Serializer};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::time::Duration;

/// Why the sources are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The user wants to know: every source, however long ago it failed.
    Explicit,
    /// A command is not known: it may be new on the server.
    Unknown,
    /// What is known has become old.
    Background,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Refreshed {
    /// Everything that is known now.
    pub names: Names,
    /// How each source that was asked answered.
    pub outcomes: Vec<(Source, SourceResult)>,
    /// What the user should know.
    pub problems: Vec<Warning>,
}

/// How a source answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceResult {
    /// With this many entries.
    With(usize),
    /// With what is known already.
    Unchanged,
    /// Not at all, or with a problem; whether signing in would help.
    Failed {
        /// Signing in would help.
        sign_in: bool,
    },
}

impl fmt::Display for SourceResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::With(1) => formatter.write_str("1 plugin"),
            Self::With(count) => write!(formatter, "{count} plugins"),
            Self::Unchanged => formatter.write_str("unchanged"),
            Self::Failed { .. } => formatter.write_str("failed"),
        }
    }
}

impl Serialize for SourceResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How long a background refresh may take: after that it keeps what is done.
const BACKGROUND: Duration = Duration::from_secs(30);
/// What was answered this short a while ago is not asked again for an unknown command.
const JUST_NOW: Duration = Duration::from_secs(3);

/// Asks those of `sources` that are set up and that may be asked on this occasion, side by side, and keeps
/// each answer as it comes.
pub fn refresh(app: &App, remote: &RemoteIdentity, sources: &[Source], occasion: Trigger) -> Refreshed {
    let store = app.store();
    let mut refreshed = Refreshed {
        names: remote.names(store.as_ref()),
        problems: remote.problems.clone(),
        ..Refreshed::default()
    };
    let budget = match occasion {
        Trigger::Explicit => app.budget(),
        Trigger::Unknown => app.wait(),
        Trigger::Background => BACKGROUND,
    };
    let questions: Vec<SourceQuery> = sources
        .iter()
        .filter(|source| may_ask(app, remote, &refreshed.names, **source, occasion))
        .filter_map(|source| question(app, remote, &refreshed.names, *source, budget))
        .collect();
    let asked = if occasion == Trigger::Explicit { RefreshReason::ByUser } else { RefreshReason::Unasked };
    query_all(questions, budget, |model::SourceReport { source, outcome, problems }| {
        let failure = match &outcome {
            ReportOutcome::Failed { sign_in } => problems
                .first()
                .map(|problem| SectionFailure { message: problem.message.clone(), sign_in: *sign_in }),
            _ => None,
        };
        refreshed.problems.extend(problems);
        refreshed.outcomes.push((
            source,
            match &outcome {
                ReportOutcome::Complete { origins, .. } => SourceResult::With(origins.len()),
                ReportOutcome::Unchanged | ReportOutcome::NotConfigured => SourceResult::Unchanged,
                ReportOutcome::Failed { sign_in } => SourceResult::Failed { sign_in: *sign_in },
            },
        ));
        let now = UnixTime::now();
        let take = |names: &mut Names| {
            names.take(source, outcome, asked, now);
            if let Some(failure) = failure {
                names.explain(source, failure);
            }
        };
        let Some(store) = &store else { return take(&mut refreshed.names) };
        let (names, kept) = store.update(remote.key, take);
        // The file may have been unreadable all along: what came before in this run still counts.
        let earlier = std::mem::replace(&mut refreshed.names, names);
        for (source, section) in earlier.sections {
            refreshed.names.sections.entry(source).or_insert(section);
        }
        if let Err(error) = kept {
            report_once(&mut refreshed.problems, &error);
        }
    });
    refreshed
}

fn report_once(problems: &mut Vec<Warning>, error: &std::io::Error) {
    let message = format!("could not write the index: {error}");
    if !problems.iter().any(|problem| problem.message == message) {
        problems.push(Warning::general(message).hint("set EVERESTCTL_CACHE_DIR to use another cache folder"));
    }
}

/// Whether a remote source would be asked on this occasion.
pub fn is_due(app: &App, remote: &RemoteIdentity, names: &Names, occasion: Trigger) -> bool {
    let remotes = [Source::Server, Source::Cluster];
    remotes.into_iter().any(|source| may_ask(app, remote, names, source, occasion))
}

fn may_ask(app: &App, remote: &RemoteIdentity, names: &Names, source: Source, occasion: Trigger) -> bool {
    if !remote.is_configured(source) || app.options.offline {
        return false;
    }
    let section = names.sections.get(&source);
    // The server is OpenEverest's by its config file; a kubeconfig may be for anything.
    let approved = source == Source::Server || section.is_some_and(|section| section.approved);
    let needs_helper =
        source == Source::Cluster && remote.access.as_ref().is_some_and(KubeconfigAccess::needs_helper);
    let now = UnixTime::now();
    match occasion {
        Trigger::Explicit => true,
        // A cluster is asked only once the user has seen it answer, or names it.
        Trigger::Unknown => {
            let willing =
                source == Source::Server || ((approved || app.options.kubeconfig.is_some()) && !needs_helper);
            let policy = FreshnessPolicy { time_to_live: JUST_NOW, ..app.policy() };
            willing && policy.judge(section, now) == Freshness::Due
        }
        Trigger::Background => {
            approved
                && app.policy().judge(section, now) == Freshness::Due
                && (source == Source::Server || !needs_user(remote))
        }
    }
}

fn question(
    app: &App,
    remote: &RemoteIdentity,
    names: &Names,
    source: Source,
    timeout: Duration,
) -> Option<SourceQuery> {
    let (place, ask): (String, Box<dyn FnOnce() -> model::SourceReport + Send>) = match source {
        Source::Server => {
            let target = &remote.target;
            let request = server::ServerQuery {
                address: target.server.clone()?,
                credentials: app.credentials(target),
                transport: Transport { connect: Some(timeout), ..app.transport(target) },
                cluster: remote.target.cluster().to_owned(),
                known: names
                    .sections
                    .get(&source)
                    .map(|section| section.validators.clone())
                    .unwrap_or_default(),
            };
            (request.address.clone(), Box::new(move || server::discover(&request)))
        }
        Source::Cluster => {
            let request = cluster::ClusterQuery { access: remote.access.clone()?, timeout };
            let server = request.access.server().unwrap_or_default();
            (server.to_string(), Box::new(move || cluster::discover(&request)))
        }
        Source::Local | Source::Native => return None,
    };
    Some(SourceQuery { source, place, ask })
}

/// The sources that are not asked now because they did not answer a moment ago, so that something of theirs
/// may be missing.
pub fn paused(app: &App, remote: &RemoteIdentity, names: &Names) -> Vec<Warning> {
    let policy = FreshnessPolicy { time_to_live: JUST_NOW, ..app.policy() };
    [Source::Server, Source::Cluster]
        .into_iter()
        .filter(|source| remote.is_configured(*source) && !app.options.offline)
        .filter_map(|source| {
            let section = names.sections.get(&source);
            let failed = UnixTime::now().since(section?.failed?).filter(|age| *age > JUST_NOW)?;
            (policy.judge(section, UnixTime::now()) == Freshness::Paused).then(|| {
                let message =
                    format!("did not respond {} s ago; its commands may be missing", failed.as_secs());
                Warning::new(source, message).hint("run `everestctl plugin refresh` to try again")
            })
        })
        .collect()
}

/// Starts a refresh in the background if the index of the remote sources is stale.
pub fn keep_fresh(app: &App) {
    if let Ok(remote) = app.remote() {
        let names = remote.names(app.store().as_ref());
        start_in_background(app, &remote, &names);
    }
}

/// The hidden word by which this binary is started to refresh in the background.
pub const BACKGROUND_WORD: &str = "__refresh";

/// Starts a refresh in the background if something is due and it is allowed: never in CI, offline, or
/// for a source that the user has not seen answer.
///
/// Returns whether one has started.
pub fn start_in_background(app: &App, remote: &RemoteIdentity, names: &Names) -> bool {
    let never = app.is_ci() || app.options.no_plugins || app.store().is_none();
    let describes =
        || !app.options.offline && may_describe(app, remote, names) && descriptors::some_are_due(app, names);
    if never || !(is_due(app, remote, names, Trigger::Background) || describes()) {
        return false;
    }
    // It is a courtesy: when it cannot start, the next command that wants it tries again.
    start_behind(app, vec![BACKGROUND_WORD.to_owned()])
}

/// Starts this binary in the background with the same server and user, and `words`; returns whether it started.
pub fn start_behind(app: &App, words: Vec<String>) -> bool {
    let arguments = flags(&app.options).into_iter().chain(words.into_iter().map(OsString::from));
    let arguments: Vec<OsString> = arguments.collect();
    process::start_in_background(&arguments, &app.environment).is_ok()
}

/// The flags by which a process chooses the same server and user.
fn flags(options: &Options) -> Vec<OsString> {
    let wishes = &options.wishes;
    let via = options.via.map(Via::as_str);
    let with_value = [
        ("--via=", via.map(OsStr::new)),
        ("--context=", wishes.context.as_ref().map(OsStr::new)),
        ("--cluster=", wishes.cluster.as_ref().map(OsStr::new)),
        ("--kubeconfig=", options.kubeconfig.as_ref().map(|path| path.as_os_str())),
        ("--ca-file=", options.ca_file.as_ref().map(|path| path.as_os_str())),
    ];
    let with_value = with_value.into_iter().filter_map(|(flag, value)| {
        // A path is any bytes.
        let mut flag = OsString::from(flag);
        flag.push(value?);
        Some(flag)
    });
    let switches = [("--insecure-skip-tls-verify", options.insecure), ("--allow-http", options.allow_http)];
    let switches = switches.into_iter().filter(|(_, is_on)| *is_on).map(|(flag, _)| OsString::from(flag));
    with_value.chain(switches).collect()
}

/// Whether connecting to the cluster now takes more than a background process may do: a credential helper, which may ask, or a
/// token to be renewed.
fn needs_user(remote: &RemoteIdentity) -> bool {
    remote.access.as_ref().is_some_and(|access| access.needs_helper() || access.needs_renewal())
}

/// Whether plugins may be queried in the background: only once whoever they are reached through has answered; a cluster,
/// once the user has seen it answer.
fn may_describe(app: &App, remote: &RemoteIdentity, names: &Names) -> bool {
    let section = |source| names.sections.get(&source);
    match app.via() {
        Via::Server => section(Source::Server).is_some_and(|section| section.answered.is_some()),
        Via::Kubernetes => {
            section(Source::Cluster).is_some_and(|section| section.approved) && !needs_user(remote)
        }
    }
}

/// Starts a refresh in the background that also asks the plugin `named`, which the user has typed, with the user's token if it
/// wants to see it. Returns whether one has started.
pub fn start_for_named(app: &App, named: &str) -> bool {
    let never = app.is_ci() || app.options.no_plugins || app.options.offline || app.store().is_none();
    !never && start_behind(app, vec![BACKGROUND_WORD.to_owned(), named.to_owned()])
}

/// The background refresh itself: one process at a time for each identity. `named` is what the user has typed of a plugin.
pub fn run_in_background(app: &App, named: &[OsString]) -> Result<(), Failure> {
    let remote = app.remote()?;
    let flight = app.store().and_then(|store| store.single_flight(remote.key).ok().flatten());
    if flight.is_some() {
        refresh(app, &remote, &[Source::Server, Source::Cluster], Trigger::Background);
    }
    if let Some(word) = named.first().and_then(|word| word.to_str()) {
        describe_named(app, &remote, word)?;
    }
    if flight.is_some() {
        // Each description is kept as it comes.
        let described = descriptors::refresh(app, &remote, None, false, BACKGROUND);
        package_updates::look_when_due(app);
        described?;
    }
    Ok(())
}

/// Asks the plugin that `word` means, first: somebody waits for it, perhaps while another process asks all of them.
fn describe_named(app: &App, remote: &RemoteIdentity, word: &str) -> Result<(), Failure> {
    let names = remote.names(app.store().as_ref());
    let Some(plugin) = descriptors::unasked(&names, word) else { return Ok(()) };
    let key = remote.key.below("named", [plugin.as_bytes()]);
    let flight = app.store().and_then(|store| store.single_flight(key).ok().flatten());
    if flight.is_some() {
        descriptors::refresh(app, remote, Some(&[plugin.to_owned()]), false, BACKGROUND)?;
    }
    Ok(())
}

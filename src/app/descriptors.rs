//! What the plugins of a server offer: known from the index, or asked.

use super::App;
use super::descriptor_error::DescriptorError;
use super::indexed_commands::in_index;
use super::remote_identity::RemoteIdentity;
use super::user_overlay;
use crate::client::plugin_request::Destination;
use crate::client::{self, ClientError, server_failure, wait_for};
use crate::discovery::descriptor::{self, DescriptorOutcome, DescriptorQuery};
use crate::discovery::overlays;
use crate::error::Failure;
use crate::index::{Described, Names};
use crate::model::surface_change::SurfaceDifference;
use crate::model::{CleanText, Origin, OriginState, PathFamily, ServiceAddress, Source, Via, Warning, Way};
use crate::openapi::{Descriptor, StoredDescriptor};
use crate::resolve::Command;
use crate::runner::PluginApi;
use crate::sys::clock::UnixTime;
use crate::sys::files;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many plugins are asked side by side.
const SIDE_BY_SIDE: usize = 8;
/// A description that is older than this is asked for again, though the plugin's version is the same.
const OLD: Duration = Duration::from_hours(24);
/// A plugin that could not be asked is left alone for this long.
const PAUSE: Duration = Duration::from_mins(1);
/// How long it takes at most to ask all plugins.
const ALL: Duration = Duration::from_mins(1);

/// What the plugin `command` offers. The user has named it: when nothing is known, it is asked, if it must be
/// with the user's token.
pub fn load(
    app: &App,
    remote: &RemoteIdentity,
    names: &Names,
    command: &Command,
) -> Result<PluginApi, Failure> {
    let plugin = command.name().as_str();
    if let Some(known) = user_overlay::find(app, plugin)? {
        return Ok(known);
    }
    match names.described.get(plugin).and_then(|described| in_index(app, plugin, described)) {
        Some(known) => Ok(known),
        None => load_anew(app, remote, names, command),
    }
}

/// The same without what the index has: nothing, or something damaged.
pub fn load_anew(
    app: &App,
    remote: &RemoteIdentity,
    names: &Names,
    command: &Command,
) -> Result<PluginApi, Failure> {
    let plugin = command.name().as_str();
    let version = command.find(|origin| origin.version.as_ref());
    if app.options.offline {
        return match overlays::for_plugin(plugin, version.map(CleanText::as_str)) {
            Some(descriptor) => Ok(api(plugin, descriptor, overlays::PLACE)),
            None => Err(DescriptorError::NotKnownYet(plugin.to_owned()).into()),
        };
    }
    let service = command.find(service_of);
    let is_reachable = match app.via() {
        Via::Server => remote.target.server.is_some(),
        Via::Kubernetes => service.is_some(),
    };
    if !is_reachable {
        return shipped(command).ok_or_else(|| match app.via() {
            Via::Kubernetes => DescriptorError::NeedsServer(plugin.to_owned()).into(),
            Via::Server => of_server(app, remote, &ClientError::NoServer),
        });
    }
    let asked = DescriptorProbe {
        name: plugin,
        service,
        version: version.map(CleanText::as_str),
        path: document_path(command),
        etag: None,
    };
    let found = match ask(app, remote, names, vec![asked], true, ALL) {
        Ok(found) => found,
        // A cluster that cannot be reached says so when a request is made; help needs nobody.
        Err(failure) if app.via() == Via::Kubernetes => return shipped(command).ok_or(failure),
        Err(failure) => return Err(failure),
    };
    match found.into_iter().next() {
        Some((_, DescriptorOutcome::Descriptor { descriptor, place, .. })) => {
            Ok(checked(app, plugin, *descriptor, &place))
        }
        Some((_, DescriptorOutcome::Failed(error))) => Err(failed(app, remote, plugin, &error)),
        Some((_, DescriptorOutcome::Nothing { problems, .. })) => Err(nothing(plugin, &problems)),
        Some((_, DescriptorOutcome::Unchanged)) | None => Err(nothing(plugin, &[])),
    }
}

/// What this program says of a plugin: help needs nobody.
fn shipped(command: &Command) -> Option<PluginApi> {
    let version = command.find(|origin| origin.version.as_ref()).map(CleanText::as_str);
    let plugin = command.name().as_str();
    Some(api(plugin, overlays::for_plugin(plugin, version)?, overlays::PLACE))
}

/// What the index knows of a plugin, without a request.
pub fn known(app: &App, names: &Names, plugin: &str) -> Option<PluginApi> {
    if let Ok(Some(known)) = user_overlay::find(app, plugin) {
        return Some(known);
    }
    in_index(app, plugin, names.described.get(plugin)?)
}

/// As [`known`] for many plugins: the folder of the user's overlays is looked into once.
pub fn known_each<'a>(app: &'a App, names: &'a Names) -> impl Fn(&str) -> Option<PluginApi> + 'a {
    let written = user_overlay::folder(app).and_then(|folder| files::names_in(&folder).ok());
    let written = written.unwrap_or_default();
    move |plugin| {
        let overlay = user_overlay::file_name(plugin);
        if written.iter().any(|name| *name == *overlay) {
            return known(app, names, plugin);
        }
        in_index(app, plugin, names.described.get(plugin)?)
    }
}

/// What a plugin says of itself, without what it may not; what we or the user say of it may name its variables.
fn checked(app: &App, plugin: &str, mut descriptor: Descriptor, place: &str) -> PluginApi {
    if place != overlays::PLACE {
        super::variables::keep_own(app, plugin, &mut descriptor.commands);
    }
    api(plugin, descriptor, place)
}

fn api(plugin: &str, descriptor: Descriptor, place: &str) -> PluginApi {
    PluginApi { name: plugin.to_owned(), descriptor: Box::new(descriptor.into()), place: place.to_owned() }
}

fn nothing(plugin: &str, problems: &[CleanText]) -> Failure {
    DescriptorError::NoDocument { plugin: plugin.to_owned(), problems: problems.to_vec() }.into()
}

/// What the user reads when a plugin cannot be asked: it is the plugin that does not run where the server says so.
fn failed(app: &App, remote: &RemoteIdentity, plugin: &str, error: &ClientError) -> Failure {
    let (plugin, boxed) = (plugin.to_owned(), Box::new(error.clone()));
    match error {
        ClientError::Status { status: 502..=504, message: Some(_), .. } => {
            DescriptorError::Backend { plugin, error: boxed }.into()
        }
        ClientError::Status { status: 502..=504, message: None, .. } => {
            DescriptorError::BackendDown { plugin, error: boxed }.into()
        }
        _ => of_server(app, remote, error),
    }
}

fn of_server(app: &App, remote: &RemoteIdentity, error: &ClientError) -> Failure {
    if app.via() == Via::Kubernetes {
        let server = app.kubernetes_server().unwrap_or_default();
        return server_failure::of_cluster(server.as_str(), error);
    }
    match &remote.target.server {
        Some(server) => server_failure::of_server(server, error),
        None => DescriptorError::NoServer.into(),
    }
}

/// A plugin to ask.
#[derive(Clone, Debug)]
struct DescriptorProbe<'a> {
    name: &'a str,
    /// What its backend is in a cluster.
    service: Option<ServiceAddress>,
    version: Option<&'a str>,
    path: Option<&'a str>,
    etag: Option<&'a str>,
}

fn document_path(command: &Command) -> Option<&str> {
    command.find(|origin| origin.document_path.as_ref()).map(CleanText::as_str)
}

/// How many plugins were asked for their description, and what came of it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    /// So many describe commands.
    pub described: usize,
    /// So many describe none.
    pub nothing: usize,
    /// So many could not be asked.
    pub failed: usize,
}

/// What came of asking plugins for their descriptions.
#[derive(Debug, Default)]
pub struct Descriptions {
    /// How many were asked.
    pub counts: Counts,
    /// What the user should know.
    pub problems: Vec<Warning>,
    /// What has changed of the commands that were known, where the user has asked.
    pub differences: Vec<SurfaceDifference>,
}

/// Asks the plugins of the server what they offer: those whose description is missing, old or of another
/// version, and with `also_failed` those that could not be asked the last time; with `named`, which the user has typed, all of them or this one.
pub fn refresh(
    app: &App,
    remote: &RemoteIdentity,
    named: Option<&[String]>,
    also_failed: bool,
    budget: Duration,
) -> Result<Descriptions, Failure> {
    let store = app.store();
    let names = remote.names(store.as_ref());
    // Only the cluster tells it.
    let paths: BTreeMap<&str, &str> = names
        .origins()
        .filter_map(|origin| Some((origin.name.as_str(), origin.document_path.as_ref()?.as_str())))
        .collect();
    let asked: Vec<DescriptorProbe<'_>> = candidates(app, &names)
        .filter(|origin| match named {
            Some([]) => true,
            Some(wanted) => wanted.iter().any(|name| name == origin.name.as_str()),
            None => is_due(&names, origin) || (also_failed && has_failed(&names, origin)),
        })
        .map(|origin| {
            let described = names.described.get(origin.name.as_str());
            let details = described.and_then(|described| store.as_ref()?.details(described.details?));
            DescriptorProbe {
                name: origin.name.as_str(),
                service: service_of(origin),
                version: origin.version.as_ref().map(CleanText::as_str),
                path: paths.get(origin.name.as_str()).copied(),
                etag: described.and_then(|described| described.etag.as_deref()).filter(|_| details.is_some()),
            }
        })
        .collect();
    let Descriptions { mut counts, mut problems, mut differences } = Descriptions::default();
    if asked.is_empty() {
        return Ok(Descriptions::default());
    }
    for (plugin, found) in ask(app, remote, &names, asked, named.is_some(), budget)? {
        match found {
            DescriptorOutcome::Descriptor { descriptor, place, .. } => {
                counts.described += 1;
                if named.is_some() {
                    differences.extend(changed(app, &names, &plugin, &descriptor));
                    problems.extend(descriptor.problems.iter().map(|problem| {
                        Warning::new(Source::Server, format!("{plugin} ({place}): {problem}"))
                    }));
                }
            }
            DescriptorOutcome::Unchanged => counts.described += 1,
            DescriptorOutcome::Nothing { problems: found, .. } => {
                counts.nothing += 1;
                if named.is_some() {
                    problems.extend(
                        found
                            .iter()
                            .map(|problem| Warning::new(Source::Server, format!("{plugin}: {problem}"))),
                    );
                }
            }
            DescriptorOutcome::Failed(error) => {
                counts.failed += 1;
                problems.push(Warning::new(Source::Server, format!("{plugin}: {error}")));
            }
        }
    }
    Ok(Descriptions { counts, problems, differences })
}

/// What `descriptor` changes of what `names` has known of the commands of `plugin`.
fn changed(app: &App, names: &Names, plugin: &str, descriptor: &Descriptor) -> Option<SurfaceDifference> {
    let before = in_index(app, plugin, names.described.get(plugin)?)?.descriptor.surface(plugin);
    let difference = SurfaceDifference::between(&before, &descriptor.surface(plugin));
    Some(difference).filter(|difference| !difference.changes.is_empty())
}

/// Whether some plugin has to be asked what it offers.
pub fn some_are_due(app: &App, names: &Names) -> bool {
    candidates(app, names).any(|origin| is_due(names, origin))
}

/// Whether `plugin` was never asked what it offers, or says so only to somebody who is signed in and was not asked so.
pub fn is_unasked(names: &Names, plugin: &str) -> bool {
    names.described.get(plugin).is_none_or(|described| {
        described.refused && described.details.is_none() && described.failed.is_none()
    })
}

/// The plugin that `word` means, if it is unasked.
pub fn unasked<'n>(names: &'n Names, word: &str) -> Option<&'n str> {
    let mut plugins = names.sections.values().flat_map(|section| &section.origins);
    let is_it = |origin: &&Origin| {
        origin.name.as_str() == word || origin.aliases.iter().any(|alias| alias.as_str() == word)
    };
    let name = plugins.find(is_it)?.name.as_str();
    is_unasked(names, name).then_some(name)
}

/// The plugins that can be asked at all.
fn candidates<'n>(app: &App, names: &'n Names) -> impl Iterator<Item = &'n Origin> {
    let via = app.via();
    let source = match via {
        Via::Server => Source::Server,
        Via::Kubernetes => Source::Cluster,
    };
    let section = names.sections.get(&source);
    section.into_iter().flat_map(|section| &section.origins).filter(move |origin| {
        let is_reachable = via == Via::Server || service_of(origin).is_some();
        is_reachable
            && origin.way.is_some_and(Way::needs_backend)
            && matches!(origin.state, OriginState::Ready)
    })
}

/// What its backend is in a cluster.
fn service_of(origin: &Origin) -> Option<ServiceAddress> {
    ServiceAddress::from_backend(origin.backend.as_ref()?.as_str())
}

fn has_failed(names: &Names, origin: &Origin) -> bool {
    names.described.get(origin.name.as_str()).is_some_and(|described| described.failed.is_some())
}

fn is_due(names: &Names, origin: &Origin) -> bool {
    names.described.get(origin.name.as_str()).is_none_or(|described| {
        let other = described.version.as_deref() != origin.version.as_ref().map(CleanText::as_str);
        other || UnixTime::now().since(described.asked).is_none_or(|age| age > OLD)
    })
}

/// Asks, and keeps each answer as it comes. What could not be asked keeps what was known of it.
fn ask(
    app: &App,
    remote: &RemoteIdentity,
    names: &Names,
    plugins: Vec<DescriptorProbe<'_>>,
    may_show_token: bool,
    budget: Duration,
) -> Result<Vec<(String, DescriptorOutcome)>, Failure> {
    let endpoint = app.endpoint(&remote.target, app.via());
    let endpoint = endpoint.map_err(|error| of_server(app, remote, &error))?;
    let is_cluster = endpoint.is_cluster();
    let family = family(names);
    let mut all = Vec::new();
    let mut refused = None;
    let work = async {
        let server = match endpoint.open().await {
            Ok(server) => server,
            Err(error) => {
                refused = Some(error);
                return;
            }
        };
        let questions = plugins.into_iter().map(|asked| {
            let server = &server;
            async move {
                let place = match &asked.service {
                    Some(service) if is_cluster => Destination::Service(service),
                    _ => Destination::Plugin { cluster: remote.target.cluster(), plugin: asked.name, family },
                };
                let DescriptorProbe { version, path, etag, .. } = asked.clone();
                let question =
                    DescriptorQuery { place, plugin: asked.name, version, path, etag, may_show_token };
                (
                    asked.name.to_owned(),
                    asked.version.map(str::to_owned),
                    descriptor::find(server, &question).await,
                )
            }
        });
        let mut answers = stream::iter(questions).buffer_unordered(SIDE_BY_SIDE);
        while let Some((plugin, version, found)) = answers.next().await {
            keep(app, remote, &plugin, version, &found);
            all.push((plugin, found));
        }
    };
    // What is done when the time is up stays done.
    let _ = wait_for(client::within(budget, work)).map_err(|error| Failure::of(&error))?;
    refused.map_or(Ok(all), |error| Err(of_server(app, remote, &error)))
}

fn keep(
    app: &App,
    remote: &RemoteIdentity,
    plugin: &str,
    version: Option<String>,
    found: &DescriptorOutcome,
) {
    let Some(store) = app.store() else { return };
    let asked = UnixTime::now();
    let described = match found {
        DescriptorOutcome::Descriptor { descriptor, place, etag, failed } => {
            let Some(StoredDescriptor { head, commands }) = descriptor.to_stored() else { return };
            let Ok(details) = store.keep_details(&head, &commands) else { return };
            Described {
                details: Some(details),
                place: place.clone(),
                etag: etag.clone(),
                version,
                asked: if failed.is_some() { asked_again_soon(asked) } else { asked },
                aliases: descriptor.aliases.clone(),
                refused: false,
                failed: failed.as_ref().map(|error| CleanText::new(&error.to_string()).to_string()),
            }
        }
        DescriptorOutcome::Nothing { refused, .. } => {
            Described { version, asked, refused: *refused, ..Described::default() }
        }
        DescriptorOutcome::Unchanged => {
            let (_, _kept) = store.update(remote.key, |names| {
                if let Some(described) = names.described.get_mut(plugin) {
                    described.asked = asked;
                    described.failed = None;
                    described.version.clone_from(&version);
                }
            });
            return;
        }
        DescriptorOutcome::Failed(error) => {
            let why = CleanText::new(&error.to_string()).to_string();
            let later = asked_again_soon(asked);
            let (_, _kept) = store.update(remote.key, |names| {
                let known = names.described.entry(plugin.to_owned()).or_default();
                (known.asked, known.version, known.failed) = (later, version, Some(why));
            });
            return;
        }
    };
    let (_, _kept) = store.update(remote.key, |names| {
        // To be refused says nothing against what is known.
        let known = names.described.get(plugin).is_some_and(|known| known.details.is_some());
        if !(described.refused && known) {
            names.describe(plugin, described);
        }
    });
}

/// When a plugin was asked, so that it is asked again in a while, and not by every command.
fn asked_again_soon(asked: UnixTime) -> UnixTime {
    asked.before(OLD.saturating_sub(PAUSE))
}

/// The generation of paths that the server has, as far as is known.
pub fn family(names: &Names) -> PathFamily {
    let section = names.sections.get(&Source::Server);
    section.and_then(|section| section.validators.family).unwrap_or(PathFamily::Clustered)
}

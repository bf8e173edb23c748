//! A command as it is shown. The JSON form is an interface; its fields are documented in `README.md`.

use super::App;
use super::install::facts::PackageFacts;
use crate::app::descriptors;
use crate::index::Names;
use crate::model::{
    CleanText, CommandWord, Origin, OriginPlace, OriginState, ServiceAddress, Source, Via, Way,
};
use crate::resolve::{CatalogueEntry, Command};
use crate::runner::{self, container::runtime};
use crate::sys::clock::UnixTime;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// One command as it is shown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandRow {
    /// The canonical name.
    pub name: CleanText,
    /// The plugin's version.
    pub version: Option<CleanText>,
    /// The source that decides how it runs.
    pub source: Source,
    /// How it runs.
    pub way: Option<Way>,
    /// Whether it works.
    pub status: CommandStatus,
    /// Why it does not.
    pub reason: Option<String>,
    /// The command that fixes it.
    pub hint: Option<String>,
    /// One line on what it does.
    pub description: Option<CleanText>,
    /// The human name.
    pub display_name: Option<CleanText>,
    /// Who makes it.
    pub vendor: Option<CleanText>,
    /// Further names.
    pub aliases: Vec<CleanText>,
    /// The host versions that it declares to fit.
    pub compatible_host_versions: Option<CleanText>,
    /// Where its backend is.
    pub backend: Option<CleanText>,
    /// The image of its container.
    pub image: Option<CleanText>,
    /// The file that runs.
    pub path: Option<String>,
    /// Where its package came from, if it was installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageFacts>,
    /// Every source that claims it, the deciding one first.
    pub origins: Vec<OriginRow>,
}

/// One origin as it is shown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OriginRow {
    /// The source.
    pub source: Source,
    /// Where in the source: `bundled`, `plugin folder`, `PATH`, `plugin list` or the API group.
    pub place: &'static str,
    /// The version that this source gives.
    pub version: Option<CleanText>,
    /// When a remote source last answered, as RFC 3339.
    pub answered_at: Option<String>,
}

/// Whether a command works, in the words of the STATUS column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandStatus {
    /// It can run.
    Ready,
    /// Its manifest says that it is switched off.
    Disabled,
    /// It does not fit its host.
    Incompatible,
    /// It offers nothing to run.
    NoCommands,
    /// It runs through an OpenEverest server, and none is configured.
    NeedsServer,
    /// Its backend could not be asked what it offers.
    BackendDown,
    /// It runs in a way that this build cannot.
    Unsupported,
    /// Another has its name.
    Shadowed,
    /// It may not run.
    Invalid,
    /// Its source did not answer: this is what was known before.
    Stale,
}

impl CommandStatus {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Disabled => "disabled",
            Self::Incompatible => "incompatible",
            Self::NoCommands => "no commands",
            Self::NeedsServer => "needs a server",
            Self::BackendDown => "backend down",
            Self::Unsupported => "unsupported",
            Self::Shadowed => "shadowed",
            Self::Invalid => "invalid",
            Self::Stale => "stale",
        }
    }
}

impl fmt::Display for CommandStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Serialize for CommandStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// When each source last answered, which of them are out of date, and what their plugins find to run: through whom they are
/// reached, and whether there is a container runtime.
#[derive(Clone, Debug, Default)]
pub struct SourceFreshness {
    answered: Vec<(Source, UnixTime)>,
    stale: Vec<Source>,
    reach: Reach,
    lacks_runtime: bool,
}

/// Through whom plugins are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// An OpenEverest server.
    #[default]
    Server,
    /// The API server of the cluster.
    Kubernetes,
    /// Nobody.
    Nobody,
}

impl SourceFreshness {
    /// The ages of what `names` holds. A source is out of date when it failed since it answered, or when it
    /// answered longer ago than `policy` allows.
    pub fn from_names(names: &Names, app: &App) -> Self {
        let (now, policy) = (UnixTime::now(), app.policy());
        let has_server = app.target().is_ok_and(|(target, _)| target.server.is_some());
        let reach = match app.via() {
            Via::Kubernetes => Reach::Kubernetes,
            Via::Server if has_server => Reach::Server,
            Via::Server => Reach::Nobody,
        };
        // One that is named is looked for when it is wanted.
        let is_named = || app.container_options().is_ok_and(|options| options.runtime.is_some());
        let has_images = names.origins().any(|origin| origin.image.is_some());
        let lacks_runtime = has_images && !is_named() && runtime::is_missing(&app.environment);
        let mut ages = Self { reach, lacks_runtime, ..Self::default() };
        for (source, section) in names.sections.iter().filter(|(source, _)| source.is_remote()) {
            let Some(answered) = section.answered else { continue };
            ages.answered.push((*source, answered));
            let old = now.since(answered).is_none_or(|age| age > policy.time_to_live);
            if section.failed.is_some() || old {
                ages.stale.push(*source);
            }
        }
        ages
    }

    /// How long ago `source` answered.
    pub fn age(&self, source: Source) -> Option<Duration> {
        UnixTime::now().since(self.answered(source)?)
    }

    fn answered(&self, source: Source) -> Option<UnixTime> {
        self.answered.iter().find(|(of, _)| *of == source).map(|(_, moment)| *moment)
    }

    /// Whether there is a way to the backend of a server plugin.
    fn reaches(&self, command: &Command) -> bool {
        match self.reach {
            Reach::Server => true,
            Reach::Nobody => false,
            Reach::Kubernetes => {
                let backend = command.find(|origin| origin.backend.as_ref());
                backend.is_some_and(|backend| ServiceAddress::from_backend(backend.as_str()).is_some())
            }
        }
    }

    fn is_stale(&self, command: &Command) -> bool {
        command.origins().all(|origin| self.stale.contains(&origin.source))
    }
}

impl CommandRow {
    /// The row of an entry of the catalogue.
    pub fn from_entry(entry: &CatalogueEntry, ages: &SourceFreshness) -> Self {
        let mut row = Self::from_command(&entry.command, ages);
        if let Some(shadow) = &entry.shadowed {
            row.status = CommandStatus::Shadowed;
            row.hint = None;
            row.reason = Some(match &shadow.by {
                Some(by) => format!("by {}: {}", shown_origin(by), shadow.rule),
                None => shadow.rule.to_string(),
            });
        }
        row
    }

    /// The row of a command that has its name.
    pub fn from_command(command: &Command, ages: &SourceFreshness) -> Self {
        let (status, reason, hint) = status(command, ages);
        Self {
            name: command.name().clone(),
            version: command.find(|origin| origin.version.clone()),
            source: command.source(),
            way: command.way(),
            status,
            reason,
            hint,
            description: command.find(|origin| origin.description.clone()),
            display_name: command.find(|origin| origin.display_name.clone()),
            vendor: command.find(|origin| origin.vendor.clone()),
            aliases: command
                .aliases()
                .into_iter()
                .map(|alias: &CommandWord| CleanText::new(alias.as_str()))
                .collect(),
            compatible_host_versions: command.find(|origin| origin.host_versions.clone()),
            backend: command.find(|origin| origin.backend.clone()),
            image: command.find(|origin| origin.image.clone()),
            path: command.find(|origin| origin.path.as_deref().map(shown_path)),
            package: None,
            origins: command.origins().map(|origin| OriginRow::of(origin, ages)).collect(),
        }
    }

    /// The row of an installed command, with where its package came from.
    #[must_use]
    pub fn with_package(self, packages: &BTreeMap<String, PackageFacts>) -> Self {
        let installed = place(OriginPlace::Installed);
        let is_installed = self.origins.first().is_some_and(|origin| origin.place == installed);
        let package = packages.get(self.name.as_str()).filter(|_| is_installed).cloned();
        Self { package, ..self }
    }

    /// The row of a plugin that could run, with what asking it what it offers has come to.
    #[must_use]
    pub fn with_description(self, app: &App, names: &Names) -> Self {
        let is_plugin = self.source == Source::Server;
        let name = self.name.as_str();
        let Some(described) = names.described.get(name).filter(|_| is_plugin) else { return self };
        if self.status != CommandStatus::Ready {
            return self;
        }
        if let Some(why) = &described.failed {
            let (reason, hint) = (Some(why.clone()), Some(format!("everestctl plugin refresh {name}")));
            return Self { status: CommandStatus::BackendDown, reason, hint, ..self };
        }
        if described.refused || descriptors::known(app, names, name).is_some() {
            return self;
        }
        let reason = Some("it publishes no OpenAPI document".to_owned());
        let hint = Some(format!("everestctl plugin api {name} GET /"));
        Self { status: CommandStatus::NoCommands, reason, hint, ..self }
    }
}

impl OriginRow {
    fn of(origin: &Origin, ages: &SourceFreshness) -> Self {
        let answered = ages.answered(origin.source);
        Self {
            source: origin.source,
            place: place(origin.place),
            version: origin.version.clone(),
            answered_at: answered.map(UnixTime::to_rfc3339_seconds),
        }
    }
}

/// What is different from the way through an OpenEverest server.
const THROUGH_KUBERNETES: &str = "through the Kubernetes API server; the backend does not learn who you are";

/// Faults come before age, and age before what this build lacks.
fn status(command: &Command, ages: &SourceFreshness) -> (CommandStatus, Option<String>, Option<String>) {
    let told = |status, reason: &dyn fmt::Display| (status, Some(reason.to_string()), None);
    match command.state() {
        OriginState::Invalid { why, hint } => (CommandStatus::Invalid, Some(why.to_string()), hint.clone()),
        OriginState::NotExecutable => {
            let hint = command.first().path.as_deref().map(|path| format!("chmod +x {}", shown_path(path)));
            (CommandStatus::Invalid, Some("it is not executable".to_owned()), hint)
        }
        OriginState::Disabled => told(CommandStatus::Disabled, &"its manifest says `enabled: false`"),
        OriginState::Incompatible(why) => told(CommandStatus::Incompatible, why),
        OriginState::NoCommands => told(CommandStatus::NoCommands, &"it has no backend and no CLI image"),
        OriginState::Ready if ages.is_stale(command) => {
            told(CommandStatus::Stale, &"not confirmed by its source recently")
        }
        OriginState::Ready if command.way().is_some_and(Way::needs_backend) && !ages.reaches(command) => {
            let why = match ages.reach {
                Reach::Kubernetes => "its backend is not a Service of the Kubernetes cluster",
                Reach::Server | Reach::Nobody => "no OpenEverest server is configured",
            };
            let hint = "everestctl auth login --server URL".to_owned();
            (CommandStatus::NeedsServer, Some(why.to_owned()), Some(hint))
        }
        OriginState::Ready
            if command.way().is_some_and(Way::needs_backend) && ages.reach == Reach::Kubernetes =>
        {
            told(CommandStatus::Ready, &THROUGH_KUBERNETES)
        }
        OriginState::Ready if ages.lacks_runtime && runner::is_container(command) => {
            let why = "there is no podman, docker or nerdctl on PATH";
            let hint = "install podman: https://podman.io/docs/installation";
            (CommandStatus::Unsupported, Some(why.to_owned()), Some(hint.to_owned()))
        }
        OriginState::Ready => (CommandStatus::Ready, None, None),
    }
}

/// The place in words.
pub fn place(place: OriginPlace) -> &'static str {
    match place {
        OriginPlace::Bundled => "bundled",
        OriginPlace::PluginFolder => "plugin folder",
        OriginPlace::Installed => "installed",
        OriginPlace::Path(_) => "PATH",
        OriginPlace::PluginList => "plugin list",
        OriginPlace::ApiGroup(number) => {
            let groups = everestctl_protocol::manifest::API_GROUPS;
            usize::try_from(number).ok().and_then(|number| groups.get(number)).copied().unwrap_or("unknown")
        }
    }
}

/// An origin in a few words: its file, or its source and name.
pub fn shown_origin(origin: &Origin) -> String {
    match &origin.path {
        Some(path) => shown_path(path),
        None => format!("`{}` of the {} ({})", origin.name, origin.source, place(origin.place)),
    }
}

fn shown_path(path: &Path) -> String {
    CleanText::new(&path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_time_is_shown_as_the_last_one_that_is_possible() {
        let origin = Origin::new(CleanText::new("x"), Source::Server, None, OriginPlace::PluginList);
        for moment in [0, 253_402_300_800_000, u64::MAX / 1000, u64::MAX] {
            let ages = SourceFreshness {
                answered: vec![(Source::Server, UnixTime(moment))],
                ..SourceFreshness::default()
            };
            assert!(OriginRow::of(&origin, &ages).answered_at.is_some(), "{moment}");
            assert!(ages.age(Source::Server).is_none() || moment == 0);
        }
    }
}

//! The plugins that the host knows, and what changes among them.

use super::Manifest;
use super::frontend_files::FrontendFiles;
use crate::backends::changed::ChangedPlugins;
use crate::events::{Actor, EventSubject, Events};
use axum::http::HeaderValue;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// A plugin: its manifest, and where its requests go.
#[derive(Clone, Debug)]
pub struct ServedPlugin {
    /// What it declares.
    pub manifest: Manifest,
    /// Where its requests go.
    pub target: ProxyTarget,
    /// What goes out as `Authorization` instead of the caller's own credentials.
    pub credentials: Option<HeaderValue>,
    /// The built files of its frontend, where the host has them itself.
    pub frontend: Option<FrontendFiles>,
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyTarget {
    /// Nowhere: it has no backend.
    None,
    /// To this address.
    Url(http::Uri),
    /// To the command that the host keeps running under the plugin's name.
    Command,
    /// To a listener in this process.
    BuiltIn(SocketAddr),
    /// It cannot be said; this is why.
    Unresolved(String),
}

/// Where plugins come from; a later one comes before an earlier one of the same name.
pub(super) type PluginOrigin = String;

/// All plugins, by the place that they come from.
#[derive(Debug)]
pub struct Registry {
    by_origin: RwLock<BTreeMap<PluginOrigin, BTreeMap<String, Arc<ServedPlugin>>>>,
    events: Arc<Events>,
    changed: Arc<ChangedPlugins>,
}

impl Registry {
    /// Empty; changes are told to `events`, those of a manifest to `changed`.
    pub fn new(events: Arc<Events>, changed: Arc<ChangedPlugins>) -> Self {
        Self { by_origin: RwLock::default(), events, changed }
    }

    /// Replaces everything that comes from `origin`, and tells what changed.
    pub fn replace(&self, origin: &str, plugins: BTreeMap<String, ServedPlugin>) {
        let before = self.all();
        let plugins = plugins.into_iter().map(|(name, plugin)| (name, Arc::new(plugin))).collect();
        self.by_origin.write().unwrap_or_else(PoisonError::into_inner).insert(origin.to_owned(), plugins);
        self.tell(&before, &self.all());
    }

    /// The plugin of this name.
    pub fn find(&self, name: &str) -> Option<Arc<ServedPlugin>> {
        self.all().remove(name)
    }

    /// All plugins, by name.
    pub fn all(&self) -> BTreeMap<String, Arc<ServedPlugin>> {
        let by_origin = self.by_origin.read().unwrap_or_else(PoisonError::into_inner);
        by_origin.values().flatten().map(|(name, plugin)| (name.clone(), Arc::clone(plugin))).collect()
    }

    fn tell(
        &self,
        before: &BTreeMap<String, Arc<ServedPlugin>>,
        after: &BTreeMap<String, Arc<ServedPlugin>>,
    ) {
        let tell = |kind, name: &String| {
            let actor = Actor { kind: "system", id: String::new() };
            self.events.publish(kind, EventSubject { kind: "Plugin", name: name.clone() }, actor);
        };
        for (name, plugin) in after {
            if before.get(name).is_some_and(|before| before.manifest != plugin.manifest) {
                self.changed.add(name);
            }
            match before.get(name).map(|plugin| plugin.manifest.spec.is_enabled()) {
                None => tell("plugin.installed", name),
                Some(false) if plugin.manifest.spec.is_enabled() => tell("plugin.enabled", name),
                Some(true) if !plugin.manifest.spec.is_enabled() => tell("plugin.disabled", name),
                Some(_) => {}
            }
        }
        before
            .keys()
            .filter(|name| !after.contains_key(*name))
            .for_each(|name| tell("plugin.uninstalled", name));
    }
}

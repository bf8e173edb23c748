//! Which plugins are other than they were: their backend has come back after a change, or their manifest is another one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The plugins that have changed.
#[derive(Debug, Default)]
pub struct ChangedPlugins {
    changes: Mutex<Changes>,
    told: Notify,
}

#[derive(Debug, Default)]
struct Changes {
    /// Those that nobody has taken yet.
    names: BTreeSet<String>,
    /// How often each has changed.
    counts: BTreeMap<String, u64>,
}

impl ChangedPlugins {
    /// This one has changed.
    pub fn add(&self, name: &str) {
        let mut changes = self.lock();
        changes.names.insert(name.to_owned());
        *changes.counts.entry(name.to_owned()).or_default() += 1;
        drop(changes);
        self.told.notify_one();
    }

    /// How often this one has changed since the host began.
    pub fn count(&self, name: &str) -> u64 {
        self.lock().counts.get(name).copied().unwrap_or_default()
    }

    /// Those since the last time, as soon as there are any; each once.
    pub async fn next(&self) -> Vec<String> {
        loop {
            let names = std::mem::take(&mut self.lock().names);
            if !names.is_empty() {
                return names.into_iter().collect();
            }
            self.told.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

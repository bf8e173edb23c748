//! `Plugin` resources of a cluster, as they come and go.

use super::manifest::{self, API_GROUPS};
use super::registry::{Plugin, Registry, Target};
use crate::client::cluster::Access;
use crate::client::watch::{Change, watch};
use crate::host::state::Log;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Follows the resources of all API groups until the host ends.
pub fn watch_cluster(access: &Access, registry: &Arc<Registry>, log: &Log) {
    // By API group and name, so that an older group never hides a newer one.
    let known: Arc<Mutex<BTreeMap<(usize, String), Plugin>>> = Arc::default();
    for (number, group) in API_GROUPS.into_iter().enumerate() {
        let (access, registry, log, known) =
            (access.clone(), Arc::clone(registry), Arc::clone(log), Arc::clone(&known));
        tokio::spawn(async move {
            let changed = |change: Change| {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                match change {
                    Change::All(resources) => {
                        known.retain(|(of, _), _| *of != number);
                        known.extend(resources.iter().filter_map(|value| plugin(number, value, &log)));
                    }
                    Change::One(resource) => known.extend(plugin(number, &resource, &log)),
                    Change::Gone(name) => {
                        known.remove(&(number, name));
                    }
                    Change::Trouble(why) => log(&format!("cluster: {group}: {why}")),
                }
                // The newest group is inserted last and so stays.
                let plugins =
                    known.iter().rev().map(|((_, name), plugin)| (name.clone(), plugin.clone())).collect();
                registry.replace("kubernetes", plugins);
            };
            watch(&access, group, changed).await;
        });
    }
}

fn plugin(group: usize, resource: &Value, log: &Log) -> Option<((usize, String), Plugin)> {
    match manifest::read(resource) {
        Ok(manifest) => {
            let target = target(&manifest);
            Some(((group, manifest.name().to_owned()), Plugin { manifest, target, credentials: None }))
        }
        Err(why) => {
            let name = resource["metadata"]["name"].as_str().unwrap_or_default();
            log(&format!("skipped the resource {name}: {why}"));
            None
        }
    }
}

/// Service names resolve inside the cluster only.
fn target(manifest: &manifest::Manifest) -> Target {
    let Some(backend) = &manifest.spec.backend else { return Target::None };
    let url = match (&backend.service_ref, &backend.external_url) {
        (Some(service), _) => {
            format!("http://{}.{}.svc.cluster.local:{}", service.name, service.namespace, service.port)
        }
        (None, Some(url)) => url.clone(),
        (None, None) => return Target::None,
    };
    url.parse().map_or_else(|_| Target::Unresolved(format!("`{url}` is not a valid URL")), Target::Url)
}

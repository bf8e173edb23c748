//! `Plugin` resources of a cluster, as they come and go.

use super::manifest;
use super::registry::{ProxyTarget, Registry, ServedPlugin};
use crate::Log;
use crate::watch::{WatchEvent, connect, watch};
use everestctl::client::kubernetes::KubeconfigAccess;
use everestctl_protocol::manifest::{API_GROUPS, ServiceRef};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Follows the resources of all API groups, over one connection, until the host ends.
pub fn watch_cluster(access: &KubeconfigAccess, registry: &Arc<Registry>, log: &Log) {
    let (access, registry, log) = (access.clone(), Arc::clone(registry), log.clone());
    tokio::spawn(async move {
        let client = connect(&access, |why| log.trouble(&format!("cluster: {why}"))).await;
        // By API group and name, so that an older group never hides a newer one.
        let known: Arc<Mutex<BTreeMap<(usize, String), ServedPlugin>>> = Arc::default();
        for (number, group) in API_GROUPS.into_iter().enumerate() {
            let (client, registry, log, known) =
                (client.clone(), Arc::clone(&registry), log.clone(), Arc::clone(&known));
            tokio::spawn(async move {
                let changed = |change: WatchEvent| {
                    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                    match change {
                        WatchEvent::All(resources) => {
                            known.retain(|(of, _), _| *of != number);
                            known.extend(resources.iter().filter_map(|value| plugin(number, value, &log)));
                        }
                        WatchEvent::One(resource) => known.extend(plugin(number, &resource, &log)),
                        WatchEvent::Gone(name) => {
                            known.remove(&(number, name));
                        }
                        WatchEvent::Trouble(why) => log.trouble(&format!("cluster: {group}: {why}")),
                    }
                    // The newest group is inserted last and so stays.
                    let plugins = known
                        .iter()
                        .rev()
                        .map(|((_, name), plugin)| (name.clone(), plugin.clone()))
                        .collect();
                    registry.replace("kubernetes", plugins);
                };
                watch(client, group, changed).await;
            });
        }
    });
}

fn plugin(group: usize, resource: &Value, log: &Log) -> Option<((usize, String), ServedPlugin)> {
    match manifest::read(resource) {
        Ok(manifest) => {
            let target = target(&manifest);
            Some((
                (group, manifest.name().to_owned()),
                ServedPlugin { manifest, target, credentials: None, frontend: None },
            ))
        }
        Err(why) => {
            let name = resource["metadata"]["name"].as_str().unwrap_or_default();
            log.trouble(&format!("skipped the resource {name}: {why}"));
            None
        }
    }
}

/// Service names resolve inside the cluster only.
fn target(manifest: &manifest::Manifest) -> ProxyTarget {
    let Some(backend) = &manifest.spec.backend else { return ProxyTarget::None };
    let url = match (&backend.service_ref, &backend.external_url) {
        (Some(ServiceRef { name: Some(name), namespace: Some(namespace), port: Some(port) }), _) => {
            format!("http://{name}.{namespace}.svc.cluster.local:{port}")
        }
        (None, Some(url)) => url.clone(),
        _ => return ProxyTarget::None,
    };
    url.parse()
        .map_or_else(|_| ProxyTarget::Unresolved(format!("`{url}` is not a valid URL")), ProxyTarget::Url)
}

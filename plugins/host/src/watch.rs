//! Following the resources of one kind in a Kubernetes cluster.

use everestctl::client::kubernetes::{ClusterClient, KubeconfigAccess};
use everestctl_protocol::manifest::{API_VERSION, KIND, PLURAL};
use futures_util::{StreamExt, TryStreamExt};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::Value;
use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may happen: the server itself ends a watch after five minutes at most.
const SILENCE: Duration = Duration::from_secs(330);
/// The pause between two attempts to connect.
const BETWEEN_CONNECTIONS: Duration = Duration::from_secs(5);

/// What changed.
#[derive(Clone, Debug)]
pub(crate) enum WatchEvent {
    /// These are all there are now.
    All(Vec<Value>),
    /// This one is new or has changed.
    One(Value),
    /// The resource of this name was deleted.
    Gone(String),
    /// The watch does not work at the moment.
    Trouble(String),
}

/// Connects to the cluster, for as many watches as there are: a credential helper runs once for all of them. What
/// goes wrong is told, and tried again.
pub(crate) async fn connect(access: &KubeconfigAccess, mut failed: impl FnMut(String)) -> ClusterClient {
    loop {
        match access.connect_with_silence(CONNECT, SILENCE).await {
            Ok(client) => return client,
            Err(error) => failed(error.to_string()),
        }
        tokio::time::sleep(BETWEEN_CONNECTIONS).await;
    }
}

/// Follows the `Plugin` resources of `group` for ever, through lost connections and restarts of the server.
pub(crate) async fn watch(client: ClusterClient, group: &str, mut changed: impl FnMut(WatchEvent)) {
    let kind = GroupVersionKind::gvk(group, API_VERSION, KIND);
    let api: Api<DynamicObject> =
        Api::all_with(client.into_inner(), &ApiResource::from_gvk_with_plural(&kind, PLURAL));
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff().into_stream());
    let mut all = Vec::new();
    let mut told = String::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => all.clear(),
            Ok(Event::InitApply(object)) => all.extend(value(&object)),
            Ok(Event::InitDone) => {
                told.clear();
                changed(WatchEvent::All(std::mem::take(&mut all)));
            }
            Ok(Event::Apply(object)) => {
                if let Some(value) = value(&object) {
                    changed(WatchEvent::One(value));
                }
            }
            Ok(Event::Delete(object)) => changed(WatchEvent::Gone(object.metadata.name.unwrap_or_default())),
            Err(error) => {
                // A group that is not there is not an error, and the same error is reported once.
                let text = error.to_string();
                if text != told && !is_missing_group(&error) {
                    changed(WatchEvent::Trouble(text.clone()));
                }
                told = text;
            }
        }
    }
}

/// Whether the server does not know the API group at all.
fn is_missing_group(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => status.code == 404,
        _ => false,
    }
}

fn value(object: &DynamicObject) -> Option<Value> {
    serde_json::to_value(object).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;

    fn refused(code: u16, message: &str) -> watcher::Error {
        let status = Status { code, message: message.to_owned(), ..Status::default() };
        watcher::Error::InitialListFailed(kube::Error::Api(Box::new(status)))
    }

    #[test]
    fn a_missing_group_is_told_from_trouble_that_mentions_404() {
        assert!(is_missing_group(&refused(404, "page not found")));
        assert!(!is_missing_group(&refused(500, "node-404 is not ready")));
        assert!(!is_missing_group(&watcher::Error::NoResourceVersion));
    }
}

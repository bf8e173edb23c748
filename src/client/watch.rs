//! Following the resources of one kind in a Kubernetes cluster.

use super::cluster::Access;
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

/// What changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// These are all there are now.
    All(Vec<Value>),
    /// This one is new or has changed.
    One(Value),
    /// The resource of this name was deleted.
    Gone(String),
    /// The watch does not work at the moment.
    Trouble(String),
}

/// Follows the `Plugin` resources of `group` for ever, through lost connections and restarts of the server.
pub async fn watch(access: &Access, group: &str, mut changed: impl FnMut(Change)) {
    let client = loop {
        match access.connect_with_silence(CONNECT, SILENCE).await {
            Ok(client) => break client,
            Err(error) => changed(Change::Trouble(error.to_string())),
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    };
    let kind = GroupVersionKind::gvk(group, "v1alpha1", "Plugin");
    let api: Api<DynamicObject> =
        Api::all_with(client.into_inner(), &ApiResource::from_gvk_with_plural(&kind, "plugins"));
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff().into_stream());
    let mut all = Vec::new();
    let mut told = String::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => all.clear(),
            Ok(Event::InitApply(object)) => all.extend(value(&object)),
            Ok(Event::InitDone) => {
                told.clear();
                changed(Change::All(std::mem::take(&mut all)));
            }
            Ok(Event::Apply(object)) => {
                if let Some(value) = value(&object) {
                    changed(Change::One(value));
                }
            }
            Ok(Event::Delete(object)) => changed(Change::Gone(object.metadata.name.unwrap_or_default())),
            Err(error) => {
                // A group that is not there is not an error, and the same error is reported once.
                let text = error.to_string();
                if text != told && !text.contains("404") {
                    changed(Change::Trouble(text.clone()));
                }
                told = text;
            }
        }
    }
}

fn value(object: &DynamicObject) -> Option<Value> {
    serde_json::to_value(object).ok()
}

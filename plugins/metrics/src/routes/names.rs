//! The names of metrics and labels, and the values of a label: of the caller's namespaces.

use super::{Access, ItemList, MetricsPlugin, Place, Words};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::promql::{GuardedText, NamespaceScope, everything, guarded_selector};
use crate::settings::is_label;
use axum::Json;
use axum::extract::State;
use everestctl_plugin_service::body::short;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// How far back names are looked for.
const BACK: SignedDuration = SignedDuration::from_hours(24);
/// How many names are shown.
const MOST: usize = 10_000;

/// Selects labels.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LabelWords {
    /// Values of this label, instead of the names of all labels
    label: Option<String>,
    /// Only of what this selects, such as `up` or `{job="postgres"}`
    metric: Option<String>,
}

/// A name, or a value.
#[derive(Serialize, ToSchema)]
pub(crate) struct LabelName {
    /// Name of the label, or one of its values
    name: String,
}

/// List labels, or the values of one
#[utoipa::path(get, path = "/api/labels", operation_id = "listLabels", params(LabelWords, Place),
    responses((status = 200, description = "The names", body = ItemList<LabelName>)))]
pub(crate) async fn labels(
    State(plugin): State<MetricsPlugin>,
    caller: CallerToken,
    Words(asked): Words<LabelWords>,
    Words(place): Words<Place>,
) -> Result<Json<ItemList<LabelName>>, ProblemBody> {
    let access = Access::of(&plugin, &caller, place).await?;
    let asked = asked?;
    let selector = selector(asked.metric.as_deref(), &access.scope)?;
    let names = match asked.label.as_deref().filter(|label| !label.is_empty()) {
        Some(label) if is_label(label) => plugin.prometheus.values(label, &selector, back()).await?,
        Some(label) => {
            return Err(ProblemBody::bad(format!("`{}` is not the name of a label", label.escape_debug())));
        }
        None => plugin.prometheus.labels(&selector, back()).await?,
    };
    Ok(Json(ItemList { items: names.into_iter().take(MOST).map(|name| LabelName { name }).collect() }))
}

/// Selects metrics.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MetricWords {
    /// Only of what this selects, such as `{job="postgres"}`
    selector: Option<String>,
}

/// A metric.
#[derive(Serialize, ToSchema)]
pub(crate) struct MetricSummary {
    /// Its name
    name: String,
    /// gauge, counter, histogram, summary or unknown
    #[serde(rename = "type")]
    kind: String,
    /// What it is, as its exporter says
    help: String,
}

/// List metrics
#[utoipa::path(get, path = "/api/metrics", operation_id = "listMetrics", params(MetricWords, Place),
    responses((status = 200, description = "The metrics", body = ItemList<MetricSummary>)))]
pub(crate) async fn metrics(
    State(plugin): State<MetricsPlugin>,
    caller: CallerToken,
    Words(asked): Words<MetricWords>,
    Words(place): Words<Place>,
) -> Result<Json<ItemList<MetricSummary>>, ProblemBody> {
    let access = Access::of(&plugin, &caller, place).await?;
    let asked = asked?;
    let selector = selector(asked.selector.as_deref(), &access.scope)?;
    let names: BTreeSet<String> =
        plugin.prometheus.values("__name__", &selector, back()).await?.into_iter().take(MOST).collect();
    // What is known of metrics is of all namespaces: only of those that the caller sees anyway it is shown.
    let facts = plugin.prometheus.facts().await?;
    let summary = |name: String| {
        let known = facts.get(&name).or_else(|| facts.get(family(&name))).and_then(|list| list.first());
        MetricSummary {
            kind: known.map_or_else(|| "unknown".to_owned(), |known| known.kind.clone()),
            help: known.map(|known| short(&known.help)).unwrap_or_default(),
            name,
        }
    };
    Ok(Json(ItemList { items: names.into_iter().map(summary).collect() }))
}

fn selector(asked: Option<&str>, scope: &NamespaceScope) -> Result<GuardedText, ProblemBody> {
    match asked.filter(|text| !text.trim().is_empty()) {
        Some(text) => Ok(guarded_selector(text, scope)?),
        None => Ok(everything(scope)?),
    }
}

fn back() -> Timestamp {
    let now = Timestamp::now();
    now.checked_sub(BACK).unwrap_or(now)
}

/// The name that the parts of a histogram or summary are described under.
fn family(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

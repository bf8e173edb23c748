//! What is wrong now, of the caller's namespaces.

use super::{Access, ItemList, MetricsPlugin, Place, Words};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::series::SampleValue;
use axum::Json;
use axum::extract::State;
use everestctl_plugin_service::body::short;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Selects alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertFilter {
    /// Only alerts in this state
    #[param(inline)]
    state: Option<AlertState>,
}

/// The state of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AlertState {
    /// It holds.
    Firing,
    /// It holds, but not for long enough.
    Pending,
}

/// An alert.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertSummary {
    /// Name of the alert
    name: String,
    /// firing, or pending while it does not hold for long enough
    state: AlertState,
    /// How bad it is, as its rule says
    severity: String,
    /// The namespace that it is about
    namespace: String,
    /// Since when it holds
    #[schema(format = DateTime)]
    since: Option<String>,
    /// What is wrong, as its rule says
    summary: String,
    /// The value of its expression
    #[schema(value_type = f64)]
    value: SampleValue,
    /// All labels
    labels: BTreeMap<String, String>,
    /// All that its rule says
    annotations: BTreeMap<String, String>,
}

/// List alerts
///
/// Lists what rules of Prometheus find wrong in your namespaces. An alert without a namespace is shown to nobody.
#[utoipa::path(get, path = "/api/alerts", operation_id = "listAlerts", params(AlertFilter, Place),
    responses((status = 200, description = "The alerts", body = ItemList<AlertSummary>)))]
pub(crate) async fn list(
    State(plugin): State<MetricsPlugin>,
    caller: CallerToken,
    Words(filter): Words<AlertFilter>,
    Words(place): Words<Place>,
) -> Result<Json<ItemList<AlertSummary>>, ProblemBody> {
    let access = Access::of(&plugin, &caller, place).await?;
    let filter = filter?;
    let alerts = plugin.prometheus.alerts().await?.into_iter().filter_map(|alert| {
        let namespace =
            alert.labels.get(access.scope.label()).filter(|name| access.scope.contains(name))?.clone();
        let state = match alert.state.as_str() {
            "firing" => AlertState::Firing,
            "pending" => AlertState::Pending,
            _ => return None,
        };
        let label = |name: &str| alert.labels.get(name).cloned().unwrap_or_default();
        let said = ["summary", "message", "description"].iter().find_map(|name| alert.annotations.get(*name));
        Some(AlertSummary {
            name: label("alertname"),
            state,
            severity: label("severity"),
            namespace,
            since: alert.active_at,
            summary: said.map(|text| short(text)).unwrap_or_default(),
            value: SampleValue::read(&alert.value),
            labels: alert.labels,
            annotations: alert.annotations,
        })
    });
    let mut items: Vec<_> =
        alerts.filter(|alert| filter.state.is_none_or(|state| state == alert.state)).collect();
    items.sort_by(|one, other| {
        (one.state, &one.namespace, &one.name).cmp(&(other.state, &other.namespace, &other.name))
    });
    Ok(Json(ItemList { items }))
}

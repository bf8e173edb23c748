//! Databases by what they use.

use super::{Access, ItemList, MetricsPlugin, Place, Words};
use crate::databases::owner;
use crate::everest::{CallerToken, Instance};
use crate::period::now;
use crate::problem::ProblemBody;
use crate::promql::guarded;
use crate::series::SampleValue;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use utoipa::{IntoParams, ToSchema};

/// By what databases are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SortKey {
    /// Cores
    #[default]
    Cpu,
    /// Bytes
    Memory,
    /// Open connections
    Connections,
    /// Seconds behind
    Lag,
    /// Namespace and name
    Name,
}

/// How databases are sorted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopWords {
    /// What the first one has most of
    #[param(inline, default = "cpu")]
    by: Option<SortKey>,
}

/// What a database uses.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatabaseUse {
    /// Name of the instance
    name: String,
    /// Its namespace
    namespace: String,
    /// Cores, of the last five minutes; empty where nothing is known
    #[schema(value_type = Option<f64>)]
    cpu: Option<SampleValue>,
    /// Memory in bytes
    #[schema(value_type = Option<f64>)]
    memory: Option<SampleValue>,
    /// Open connections
    #[schema(value_type = Option<f64>)]
    connections: Option<SampleValue>,
    /// How far the replica that is farthest behind is behind, in seconds
    #[schema(value_type = Option<f64>)]
    replication_lag: Option<SampleValue>,
    /// Provider of the instance
    provider: String,
}

/// Show what databases use
///
/// Lists your databases by CPU, memory, connections and replication lag. What no metric says is empty.
#[utoipa::path(get, path = "/api/top", operation_id = "top", params(TopWords, Place),
    responses((status = 200, description = "The databases", body = ItemList<DatabaseUse>)))]
pub(crate) async fn run(
    State(plugin): State<MetricsPlugin>,
    caller: CallerToken,
    Words(asked): Words<TopWords>,
    Words(place): Words<Place>,
) -> Result<Json<ItemList<DatabaseUse>>, ProblemBody> {
    let access = Access::of(&plugin, &caller, place).await?;
    let asked = asked?;
    let mut instances = Vec::new();
    for namespace in access.scope.names() {
        match plugin.everest.instances(&caller, &plugin.settings.cluster, namespace).await {
            Ok(some) => instances.extend(some),
            // Who may see a namespace need not see what is in it.
            Err(problem) if problem.is_denial() => {}
            Err(problem) => return Err(problem),
        }
    }
    let top = plugin.dashboards.top();
    let top = top.map_err(|error| ProblemBody::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let time = now();
    let of = async |expression: &str, join: fn(f64, f64) -> f64| {
        let guarded = guarded(expression, &access.scope, None, plugin.settings.longest_range)?;
        let answer = plugin.prometheus.at(&guarded, time).await?;
        let mut found = vec![None; instances.len()];
        for series in &answer.series {
            let Some(at) = owner(&series.metric, access.scope.label(), &instances) else { continue };
            let Some((_, value)) = series.value() else { continue };
            let SampleValue(value) = SampleValue::read(value);
            if !value.is_nan() {
                found[at] = Some(found[at].map_or(value, |other| join(other, value)));
            }
        }
        Ok::<_, ProblemBody>(found)
    };
    let add = |one: f64, other: f64| one + other;
    let (cpu, memory, connections, lag) = tokio::try_join!(
        of(&top.cpu, add),
        of(&top.memory, add),
        of(&top.connections, add),
        of(&top.replication_lag, f64::max)
    )?;
    let row = |(at, instance): (usize, &Instance)| DatabaseUse {
        name: instance.name.clone(),
        namespace: instance.namespace.clone(),
        // Thousandths of a core are as exact as anybody looks.
        cpu: cpu[at].map(|cores| SampleValue((cores * 1000.0).round() / 1000.0)),
        memory: memory[at].map(SampleValue),
        connections: connections[at].map(SampleValue),
        replication_lag: lag[at].map(SampleValue),
        provider: instance.provider.clone(),
    };
    let mut items: Vec<DatabaseUse> = instances.iter().enumerate().map(row).collect();
    sort(&mut items, asked.by.unwrap_or_default());
    Ok(Json(ItemList { items }))
}

/// The most first, and what is not known last.
fn sort(items: &mut [DatabaseUse], by: SortKey) {
    let key = |item: &DatabaseUse| match by {
        SortKey::Cpu => item.cpu,
        SortKey::Memory => item.memory,
        SortKey::Connections => item.connections,
        SortKey::Lag => item.replication_lag,
        SortKey::Name => None,
    };
    let number = |item: &DatabaseUse| key(item).map_or(f64::NEG_INFINITY, |SampleValue(value)| value);
    items.sort_by(|one, other| {
        let by_number = number(other).partial_cmp(&number(one)).unwrap_or(Ordering::Equal);
        by_number.then_with(|| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)))
    });
}

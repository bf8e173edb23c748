//! The values of an expression: at one moment, or over time.

use super::{Access, MetricsPlugin, Place, Words};
use crate::everest::CallerToken;
use crate::period::{Period, PeriodWords, moment, now};
use crate::problem::ProblemBody;
use crate::promql::guarded;
use crate::series::{Series, SeriesStyle, series};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How many series are shown where nobody says it, and at most.
const SERIES: usize = 100;
const MOST_SERIES: usize = 1000;
/// The longest unit, in characters.
const LONGEST_UNIT: usize = 32;

/// What is asked.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueryWords {
    /// PromQL, such as `up` or `rate(pg_stat_database_xact_commit[5m])`
    expr: String,
    /// Values over time, from then on: a duration such as 1h, or a time [default: the values of now]
    since: Option<String>,
    /// End of the range: how long ago, or a time [default: now]
    until: Option<String>,
    /// Distance of two values, such as 30s [default: 240 values or fewer]
    step: Option<String>,
    /// Without `since`: the values of this moment [default: now]
    time: Option<String>,
    /// Unit of the values [default: what the names of the metrics say]
    unit: Option<String>,
    /// Show no more series than this
    #[param(default = 100, minimum = 1, maximum = 1000)]
    max_series: Option<usize>,
}

/// The values of an expression.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueryResult {
    /// What the values are: `bytes`, `s`, `%` and others; empty where it is not known
    unit: String,
    /// The moment of the values, or the end of the range
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// The start of the range
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Seconds between two values of a range
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<f64>,
    /// The series
    series: Vec<Series>,
    /// How many series are not shown
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<usize>,
    /// What Prometheus notes
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Query metrics
///
/// Computes an expression of PromQL, of the metrics of the namespaces that you may see: now, or over time with `--since`.
#[utoipa::path(get, path = "/api/query", operation_id = "query", params(QueryWords, Place),
    responses((status = 200, description = "The values", body = QueryResult)))]
pub(crate) async fn run(
    State(plugin): State<MetricsPlugin>,
    caller: CallerToken,
    Words(asked): Words<QueryWords>,
    Words(place): Words<Place>,
) -> Result<Json<QueryResult>, ProblemBody> {
    let access = Access::of(&plugin, &caller, place).await?;
    let asked = asked?;
    let longest = plugin.settings.longest_range;
    let expression = guarded(&asked.expr, &access.scope, None, longest)?;
    let now = now();
    let words = PeriodWords {
        since: asked.since.as_deref(),
        until: asked.until.as_deref(),
        step: asked.step.as_deref(),
    };
    let period = Period::of(words, now, longest)?;
    let unit = match asked.unit {
        Some(unit) if unit.chars().count() > LONGEST_UNIT => {
            return Err(ProblemBody::bad("the unit is too long"));
        }
        Some(unit) => unit,
        None => expression.unit().to_owned(),
    };
    if period.is_some() && asked.time.is_some() {
        return Err(ProblemBody::bad("`time` is for the values of one moment, and `since` for a range"));
    }
    if period.is_some() && expression.is_matrix() {
        return Err(ProblemBody::bad("a range such as `up[5m]` has no value for a moment")
            .hint("use a function such as rate() or max_over_time(), or leave out --since"));
    }
    let (answer, time) = if let Some(period) = &period {
        (plugin.prometheus.over(&expression, period).await?, period.end)
    } else {
        let time = asked.time.as_deref().map_or(Ok(now), |text| moment(text, now))?;
        (plugin.prometheus.at(&expression, time).await?, time)
    };
    let most = asked.max_series.unwrap_or(SERIES).clamp(1, MOST_SERIES);
    // What has no name is called what was asked, as far as a name goes.
    let otherwise: String =
        asked.expr.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
    let (series, more) = series(&answer.series, SeriesStyle { otherwise: &otherwise, legend: &[], most })?;
    Ok(Json(QueryResult {
        unit,
        time,
        since: period.map(|period| period.start),
        step: period.map(|period| period.step.as_secs_f64()),
        series,
        more: Some(more).filter(|more| *more > 0),
        warnings: answer.warnings,
    }))
}

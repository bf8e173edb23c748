//! Dashboards: which there are, and the values of all panels of one.

use super::{Access, ItemList, MetricsPlugin, Place, Words};
use crate::dashboards::{Dashboard, FoundDashboard, Panel, PanelKind};
use crate::everest::CallerToken;
use crate::period::{Period, PeriodWords, now};
use crate::problem::ProblemBody;
use crate::promql::{DashboardVariables, NamespaceScope, guarded};
use crate::series::{Series, SeriesStyle, series};
use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use tokio::task::JoinSet;
use utoipa::{IntoParams, ToSchema};

/// What a dashboard shows where nobody says a range.
const SINCE: &str = "1h";
/// How many panels of one dashboard are asked for at once.
const AT_ONCE: usize = 4;
/// How many series a panel has.
const SERIES: usize = 50;

/// A dashboard in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct DashboardSummary {
    /// Its name
    name: String,
    /// Its title
    title: String,
    /// How many panels it has
    panels: usize,
    /// Whether it can show one database alone
    instance: bool,
    /// The providers whose databases it is of; all, if there is none
    providers: Vec<String>,
    /// The file that it is in; `built-in` for those of the plugin
    source: String,
    /// What is wrong with the file
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What it is for
    description: String,
}

/// List dashboards
#[utoipa::path(get, path = "/api/dashboards", operation_id = "listDashboards", params(Place),
    responses((status = 200, description = "The dashboards", body = ItemList<DashboardSummary>)))]
pub(crate) async fn list(
    State(plugin): State<MetricsPlugin>,
    caller: CallerToken,
    Words(place): Words<Place>,
) -> Result<Json<ItemList<DashboardSummary>>, ProblemBody> {
    let _access = Access::of(&plugin, &caller, place).await?;
    let summary = |(name, found): (String, FoundDashboard)| {
        let source = found.file.unwrap_or_else(|| "built-in".to_owned());
        let empty = DashboardSummary {
            name,
            title: String::new(),
            panels: 0,
            instance: false,
            providers: Vec::new(),
            source,
            problem: None,
            description: String::new(),
        };
        match found.dashboard {
            Ok(dashboard) => DashboardSummary {
                panels: dashboard.panels.len(),
                instance: dashboard.is_of_instance(),
                title: dashboard.title,
                providers: dashboard.providers,
                description: dashboard.description,
                ..empty
            },
            Err(error) => DashboardSummary { problem: Some(error.to_string()), ..empty },
        }
    };
    Ok(Json(ItemList { items: all(&plugin).await?.into_iter().map(summary).collect() }))
}

/// What is asked of a dashboard.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardWords {
    /// Only this database [default: all]
    instance: Option<String>,
    /// From then on: a duration such as 1h, or a time
    #[param(default = "1h")]
    since: Option<String>,
    /// End of the range: how long ago, or a time [default: now]
    until: Option<String>,
    /// Distance of two values, such as 30s [default: 240 values or fewer]
    step: Option<String>,
}

/// A panel of a dashboard.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PanelSummary {
    /// Its title
    title: String,
    /// What its values are
    unit: String,
    /// How it is shown
    kind: PanelKind,
    /// Why it has no values
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// A series of a panel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PanelSeries {
    /// The title of the panel
    panel: String,
    /// What the values are
    unit: String,
    #[serde(flatten)]
    series: Series,
}

/// The values of a dashboard.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardResult {
    /// Title of the dashboard
    title: String,
    /// What it is for
    description: String,
    /// Start of the range
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// End of the range
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Seconds between two values
    step: f64,
    /// The panels
    panels: Vec<PanelSummary>,
    /// The series of all panels
    series: Vec<PanelSeries>,
    /// What is wrong with panels
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// Show a dashboard
///
/// Shows the last values of all panels; with `-o plot`, a chart for each.
#[utoipa::path(get, path = "/api/dashboards/{dashboard}", operation_id = "showDashboard",
    params(("dashboard" = String, Path, description = "Name of the dashboard"), BoardWords, Place),
    responses((status = 200, description = "The values", body = BoardResult)))]
pub(crate) async fn show(
    State(plugin): State<MetricsPlugin>,
    caller: CallerToken,
    Path(name): Path<String>,
    Words(asked): Words<BoardWords>,
    Words(place): Words<Place>,
) -> Result<Json<BoardResult>, ProblemBody> {
    let access = Access::of(&plugin, &caller, place).await?;
    let asked = asked?;
    let found = all(&plugin).await?.remove(&name).ok_or_else(|| {
        ProblemBody::new(StatusCode::NOT_FOUND, format!("no dashboard `{}`", name.escape_debug()))
            .hint("use `metrics dashboards` to list them")
    })?;
    let wrong = |error: crate::dashboards::FileError| {
        ProblemBody::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    };
    let Dashboard { title, description, panels, .. } = found.dashboard.map_err(wrong)?;
    let words = PeriodWords {
        since: Some(asked.since.as_deref().unwrap_or(SINCE)),
        until: asked.until.as_deref(),
        step: asked.step.as_deref(),
    };
    let period = Period::of(words, now(), plugin.settings.longest_range)?;
    let period = period.ok_or_else(|| ProblemBody::bad("the range of time is empty"))?;
    // Of one namespace, the variable is that one; of several, the matcher of all of them does the same.
    let only = access.scope.names().next().filter(|_| access.scope.len() == 1).map(str::to_owned);
    let variables =
        DashboardVariables { namespace: only, instance: asked.instance.filter(|name| !name.is_empty()) };
    let mut result = BoardResult {
        title,
        description,
        since: period.start,
        until: period.end,
        step: period.step.as_secs_f64(),
        panels: Vec::new(),
        series: Vec::new(),
        problems: Vec::new(),
    };
    for some in panels.chunks(AT_ONCE) {
        let mut running = JoinSet::new();
        for (at, panel) in some.iter().enumerate() {
            let (plugin, scope) = (plugin.clone(), access.scope.clone());
            let (panel, variables) = (panel.clone(), variables.clone());
            running.spawn(async move { (at, values(&plugin, &scope, &variables, &panel, period).await) });
        }
        let mut done = running.join_all().await;
        done.sort_by_key(|(at, _)| *at);
        for ((_, values), panel) in done.into_iter().zip(some) {
            let (unit, series, problem) = match values {
                Ok((unit, series)) => (unit, series, None),
                Err(problem) if problem.is_of_server() => return Err(problem),
                Err(problem) => (String::new(), Vec::new(), Some(problem.error().to_owned())),
            };
            result.problems.extend(problem.iter().map(|problem| format!("{}: {problem}", panel.title)));
            let of_panel = |series| PanelSeries { panel: panel.title.clone(), unit: unit.clone(), series };
            result.series.extend(series.into_iter().map(of_panel));
            result.panels.push(PanelSummary { title: panel.title.clone(), unit, kind: panel.kind, problem });
        }
    }
    Ok(Json(result))
}

/// The values of one panel.
async fn values(
    plugin: &MetricsPlugin,
    scope: &NamespaceScope,
    variables: &DashboardVariables,
    panel: &Panel,
    period: Period,
) -> Result<(String, Vec<Series>), ProblemBody> {
    let expression = guarded(&panel.expr, scope, Some(variables), plugin.settings.longest_range)?;
    let answer = match panel.kind {
        PanelKind::Line => plugin.prometheus.over(&expression, &period).await?,
        PanelKind::Bar | PanelKind::Value => plugin.prometheus.at(&expression, period.end).await?,
    };
    let style = SeriesStyle { otherwise: &panel.title, legend: &panel.legend, most: SERIES };
    let (series, _) = series(&answer.series, style)?;
    Ok((panel.unit.clone().unwrap_or_else(|| expression.unit().to_owned()), series))
}

/// Reads the dashboards where files are read.
async fn all(plugin: &MetricsPlugin) -> Result<BTreeMap<String, FoundDashboard>, ProblemBody> {
    let folder = plugin.dashboards.clone();
    let read = tokio::task::spawn_blocking(move || folder.all()).await.map_err(io::Error::other).flatten();
    read.map_err(|error| {
        ProblemBody::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the folder of dashboards cannot be read: {error}"),
        )
    })
}

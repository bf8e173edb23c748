//! The source `cluster`: `Plugin` custom resources, through the Kubernetes API (reference, sections 1.1
//! and 2.1).

use super::{SourceReport, manifest, shorten};
use crate::client::kubernetes::{ClusterClient, ClusterError, HelperError, KubeconfigAccess};
use crate::client::{self, ClientError};
use crate::model::{self, CleanText, Origin, ReportOutcome, Source, Validators, Warning, limits};
use everestctl_protocol::manifest::{API_GROUPS, API_VERSION, PLURAL};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;

/// The size of a page.
const PAGE: usize = 500;

/// Which cluster to ask.
#[derive(Debug)]
pub struct ClusterQuery {
    /// The kubeconfig.
    pub access: KubeconfigAccess,
    /// How long a connection may take, and how long the server may be silent.
    pub timeout: Duration,
}

/// Asks the cluster.
pub fn discover(request: &ClusterQuery) -> SourceReport {
    let (problem, sign_in) = match client::wait_for(ask(request)) {
        Ok(Ok(report)) => return report,
        Ok(Err(error)) => {
            let sign_in = matches!(&error, ClusterError::Helper(_))
                || matches!(&error, ClusterError::Client(error) if error.wants_sign_in());
            (explain(request, &error), sign_in)
        }
        Err(error) => (Warning::new(Source::Cluster, error.to_string()), false),
    };
    SourceReport::failed(problem, Source::Cluster, sign_in)
}

async fn ask(request: &ClusterQuery) -> Result<SourceReport, ClusterError> {
    let client = request.access.connect(request.timeout).await?;
    let mut origins = Vec::new();
    let mut problems = Vec::new();
    let mut readable = 0;
    let mut forbidden = None;
    for (number, group) in (0_u32..).zip(API_GROUPS) {
        // One after another on one connection: a TLS handshake costs more than a list. The groups that the server names
        // (`/apis`) are not asked for: while it starts, it names none of those of custom resources, and says so nowhere.
        match list(&client, number, group).await {
            Ok(found) => {
                readable += 1;
                origins.extend(found.origins);
                problems.extend(found.problems);
            }
            Err(ClusterError::Client(ClientError::Status { status: 404, .. })) => {}
            // Kubernetes says 403 also for a group that does not exist to users who may not list it.
            Err(error @ ClusterError::Client(ClientError::Status { status: 403, .. })) => {
                forbidden = forbidden.or(Some((group, error)));
            }
            // A group that failed makes the whole list doubtful: what is known stays.
            Err(error) => return Err(error),
        }
    }
    match forbidden {
        Some((_, error)) if readable == 0 => return Err(error),
        Some((group, error)) if group == API_GROUPS[0] => problems.push(explain(request, &error)),
        None if readable == 0 => problems.push(no_resources(request)),
        _ => {}
    }
    shorten(&mut problems, Source::Cluster);
    let outcome = ReportOutcome::Complete { origins, validators: Validators::default() };
    Ok(SourceReport { source: Source::Cluster, outcome, problems })
}

#[derive(Default)]
struct ClusterPlugins {
    origins: Vec<Origin>,
    problems: Vec<Warning>,
}

/// Where the API server takes a list from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListConsistency {
    /// What it has at hand, a moment old at most: quick, and at once whatever the size of a page (the newest
    /// servers keep to the pages here too).
    AtHand,
    /// etcd, page by page: a quarter of a second for each.
    Stored,
}

/// All plugins of one API group. What is too much for one answer, or has become too old to go on, is asked
/// for once more, page by page.
async fn list(client: &ClusterClient, number: u32, group: &str) -> Result<ClusterPlugins, ClusterError> {
    match list_once(client, number, group, ListConsistency::AtHand).await {
        Err(ClusterError::Client(ClientError::Status { status: 410, .. } | ClientError::Excess(_))) => {
            list_once(client, number, group, ListConsistency::Stored).await
        }
        answer => answer,
    }
}

async fn list_once(
    client: &ClusterClient,
    number: u32,
    group: &str,
    reading: ListConsistency,
) -> Result<ClusterPlugins, ClusterError> {
    let mut found = ClusterPlugins::default();
    let mut next = String::new();
    let mut items = 0;
    let mut empty = 0;
    loop {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &PAGE.to_string());
        if !next.is_empty() {
            query.append_pair("continue", &next);
        } else if reading == ListConsistency::AtHand {
            query.append_pair("resourceVersion", "0");
        }
        let path = format!("/apis/{group}/{API_VERSION}/{PLURAL}?{}", query.finish());
        let body = client.get(&path).await?;
        let page: ResourcePage<'_> = serde_json::from_slice(&body)
            .map_err(|_| ClientError::Unexpected("a list of Plugin resources"))?;
        items += page.items.len();
        empty = if page.items.is_empty() { empty + 1 } else { 0 };
        // A list that never ends would be as long.
        if items > limits::ENTRIES || empty > limits::EMPTY_PAGES {
            return Err(ClientError::TooMany(limits::ENTRIES).into());
        }
        for item in page.items {
            found.origins.extend(manifest::from_resource(item, number, &mut found.problems));
        }
        match page.metadata.next {
            Some(token) if !token.is_empty() && token != next => next = token,
            _ => return Ok(found),
        }
    }
}

#[derive(Deserialize)]
struct ResourcePage<'a> {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(rename = "continue")]
    next: Option<String>,
}

fn no_resources(request: &ClusterQuery) -> Warning {
    let context = CleanText::new(request.access.context());
    let message = format!("the cluster of kubeconfig context `{context}` has no Plugin resources");
    Warning::new(Source::Cluster, message)
        .hint("is OpenEverest 2 installed in it? use `--source local,server` to skip the cluster")
}

fn explain(request: &ClusterQuery, error: &ClusterError) -> Warning {
    let context = CleanText::new(request.access.context());
    let quoted = model::quoted(context.as_str());
    let server = request.access.server().unwrap_or_default();
    let hint = match error {
        ClusterError::Kubeconfig(_) => Some("run `kubectl config view` to inspect it".to_owned()),
        ClusterError::Helper(HelperError::NotStarted { install: Some(hint), .. }) => Some(hint.to_string()),
        ClusterError::Helper(HelperError::NotStarted { command, .. }) => Some(format!(
            "install `{command}`, or sign in to the cluster in another way"
        )),
        ClusterError::Helper(_) => {
            Some(format!("`kubectl --context {quoted} get plugins` lets the helper prompt you"))
        }
        ClusterError::Client(ClientError::Status { status: 401, .. }) => {
            Some(format!("the credentials of kubeconfig context `{context}` have expired: sign in to the cluster again"))
        }
        ClusterError::Client(ClientError::Status { status: 403, .. }) => Some(
            "ask for a ClusterRole that may `list` the resource `plugins` in the group `extensions.openeverest.io`".to_owned(),
        ),
        ClusterError::Client(error) => error.hint().map(str::to_owned),
    };
    let message = match error {
        ClusterError::Kubeconfig(error) => error.to_string(),
        error => format!("{server} (kubeconfig context `{context}`): {error}"),
    };
    Warning { hint, ..Warning::new(Source::Cluster, message) }
}

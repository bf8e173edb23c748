//! The Prometheus server. It takes guarded expressions only, and passes on what it says no with.
//!
//! It must not know who asks.

use crate::period::{Period, seconds};
use crate::problem::ProblemBody;
use crate::promql::GuardedText;
use crate::settings::PluginSettings;
use crate::tls;
use everestctl_plugin_service::body::{ReadError, read, short};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// The largest response, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;
/// The largest file with a token or certificates.
const LARGEST_FILE: u64 = 1024 * 1024;
/// How much longer a response may take than Prometheus is told to take.
const SLACK: Duration = Duration::from_secs(5);

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct Prometheus {
    client: reqwest::Client,
    url: Url,
    token_file: Option<PathBuf>,
    timeout: Duration,
}

/// The values of an expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct QueryAnswer {
    pub(crate) series: Vec<RawSeries>,
    /// What Prometheus notes beside them.
    pub(crate) warnings: Vec<String>,
}

/// A series as it comes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct RawSeries {
    #[serde(default)]
    pub(crate) metric: BTreeMap<String, String>,
    /// Of an expression at one moment.
    #[serde(default)]
    value: Option<(f64, String)>,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

impl RawSeries {
    /// The one value of a moment.
    pub(crate) fn value(&self) -> Option<(f64, &str)> {
        self.value.as_ref().map(|(time, value)| (*time, value.as_str()))
    }

    /// The values over time.
    pub(crate) fn values(&self) -> impl Iterator<Item = (f64, &str)> {
        self.values.iter().map(|(time, value)| (*time, value.as_str()))
    }

    #[cfg(test)]
    pub(crate) fn of(metric: &[(&str, &str)], value: &str) -> Self {
        let metric = metric.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { metric, value: Some((0.0, value.to_owned())), values: Vec::new() }
    }
}

/// What is known of a metric.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct MetricFacts {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) help: String,
}

/// An alert.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RawAlert {
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(rename = "activeAt", default)]
    pub(crate) active_at: Option<String>,
    #[serde(default)]
    pub(crate) value: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    data: Option<T>,
    #[serde(rename = "errorType", default)]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum ResultData {
    Vector(Vec<RawSeries>),
    Matrix(Vec<RawSeries>),
    Scalar((f64, String)),
    String((f64, String)),
}

#[derive(Deserialize)]
struct AlertList {
    #[serde(default)]
    alerts: Vec<RawAlert>,
}

impl Prometheus {
    pub(crate) fn new(settings: &PluginSettings) -> io::Result<Self> {
        let timeout = settings.timeout + SLACK;
        let mut builder = reqwest::Client::builder()
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(file) = &settings.ca_file {
            let wrong =
                |error: &dyn std::fmt::Display| io::Error::other(format!("PROMETHEUS_CA_FILE: {error}"));
            let certificates = content(file).map_err(|error| wrong(&error))?;
            let certificates =
                reqwest::Certificate::from_pem_bundle(&certificates).map_err(|error| wrong(&error))?;
            if certificates.is_empty() {
                return Err(wrong(&"there is no certificate in it"));
            }
            builder = builder.tls_certs_only(certificates);
        } else if settings.prometheus.scheme() == "http" {
            // Without a certificate store it would not even speak plain http.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self {
            client: builder.build().map_err(io::Error::other)?,
            url: settings.prometheus.clone(),
            token_file: settings.token_file.clone(),
            timeout: settings.timeout,
        })
    }

    /// The values of an expression at one moment.
    pub(crate) async fn at(
        &self,
        expression: &GuardedText,
        time: Timestamp,
    ) -> Result<QueryAnswer, ProblemBody> {
        let timeout = format!("{}s", self.timeout.as_secs());
        let form = [("query", expression.as_str()), ("time", &seconds(time)), ("timeout", &timeout)];
        Ok(query_answer(self.ask(Method::POST, &["query"], &form).await?))
    }

    /// The values of an expression over time.
    pub(crate) async fn over(
        &self,
        expression: &GuardedText,
        period: &Period,
    ) -> Result<QueryAnswer, ProblemBody> {
        let timeout = format!("{}s", self.timeout.as_secs());
        let step = format!("{:.3}", period.step.as_secs_f64());
        let form = [
            ("query", expression.as_str()),
            ("start", &seconds(period.start)),
            ("end", &seconds(period.end)),
            ("step", &step),
            ("timeout", &timeout),
        ];
        Ok(query_answer(self.ask(Method::POST, &["query_range"], &form).await?))
    }

    /// The names of the labels of what a selector selects.
    pub(crate) async fn labels(
        &self,
        selector: &GuardedText,
        since: Timestamp,
    ) -> Result<Vec<String>, ProblemBody> {
        let form = [("match[]", selector.as_str()), ("start", &seconds(since))];
        Ok(self.ask(Method::POST, &["labels"], &form).await?.1)
    }

    /// The values of a label of what a selector selects.
    pub(crate) async fn values(
        &self,
        label: &str,
        selector: &GuardedText,
        since: Timestamp,
    ) -> Result<Vec<String>, ProblemBody> {
        let query = [("match[]", selector.as_str()), ("start", &seconds(since))];
        Ok(self.ask(Method::GET, &["label", label, "values"], &query).await?.1)
    }

    /// What is known of all metrics, of whatever namespace.
    pub(crate) async fn facts(&self) -> Result<BTreeMap<String, Vec<MetricFacts>>, ProblemBody> {
        Ok(self.ask(Method::GET, &["metadata"], &[("limit_per_metric", "1")]).await?.1)
    }

    /// All alerts, of whatever namespace.
    pub(crate) async fn alerts(&self) -> Result<Vec<RawAlert>, ProblemBody> {
        let list: AlertList = self.ask(Method::GET, &["alerts"], &[]).await?.1;
        Ok(list.alerts)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        place: &[&str],
        form: &[(&str, &str)],
    ) -> Result<(Vec<String>, T), ProblemBody> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(place);
        }
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        let request = if method == Method::POST {
            self.client
                .post(url)
                .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
                .body(form)
        } else {
            url.set_query(Some(&form).filter(|form| !form.is_empty()).map(String::as_str));
            self.client.get(url)
        };
        let request = match self.token().await? {
            Some(token) => request.header(AUTHORIZATION, token),
            None => request,
        };
        let gone = |error: reqwest::Error| {
            if error.is_timeout() {
                ProblemBody::new(StatusCode::GATEWAY_TIMEOUT, "Prometheus took too long")
                    .hint("ask for less: a shorter --since, a longer --step, fewer series")
            } else {
                tls::problem(&error).unwrap_or_else(|| ProblemBody::gateway("Prometheus is not reachable"))
            }
        };
        let answer = request.send().await.map_err(gone)?;
        let status = answer.status();
        let body = read(answer, LARGEST).await.map_err(|error| match error {
            ReadError::Lost(error) => gone(error),
            ReadError::TooLarge => too_large(),
        })?;
        let envelope: Result<Envelope<T>, _> = serde_json::from_slice(&body);
        match envelope {
            Ok(Envelope { status, data: Some(data), warnings, .. }) if status == "success" => {
                Ok((warnings, data))
            }
            Ok(envelope) if envelope.status == "error" => Err(refusal(&envelope.error_type, &envelope.error)),
            _ if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN => {
                Err(ProblemBody::gateway(format!("Prometheus does not let the plugin in ({status})")))
            }
            _ if !status.is_success() => Err(ProblemBody::gateway(format!("Prometheus answered {status}"))),
            _ => Err(ProblemBody::gateway("unexpected response from Prometheus")),
        }
    }

    /// The token for Prometheus, as it is in its file now.
    async fn token(&self) -> Result<Option<HeaderValue>, ProblemBody> {
        let Some(file) = self.token_file.clone() else { return Ok(None) };
        let wrong =
            || ProblemBody::gateway("the token for Prometheus cannot be read (PROMETHEUS_TOKEN_FILE)");
        let read = tokio::task::spawn_blocking(move || content(&file)).await;
        let text = read.map_err(|_| wrong())?.map_err(|_| wrong())?;
        let bearer = [b"Bearer ", text.trim_ascii()].concat();
        let mut value = HeaderValue::from_bytes(&bearer).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// A file of the configuration, of a size that one has.
#[expect(
    clippy::disallowed_methods,
    reason = "the plugin has no module of everestctl, and reads no more than this"
)]
pub(crate) fn content(path: &Path) -> io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut content = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST_FILE { Err(io::Error::other("larger than 1 MiB")) } else { Ok(content) }
}

fn query_answer((warnings, data): (Vec<String>, ResultData)) -> QueryAnswer {
    let series = match data {
        ResultData::Vector(series) | ResultData::Matrix(series) => series,
        ResultData::Scalar(value) | ResultData::String(value) => {
            vec![RawSeries { value: Some(value), ..RawSeries::default() }]
        }
    };
    QueryAnswer { series, warnings: warnings.iter().map(|text| short(text)).collect() }
}

pub(crate) fn too_large() -> ProblemBody {
    ProblemBody::new(StatusCode::UNPROCESSABLE_ENTITY, "the result is too large")
        .hint("use a longer --step, a shorter --since, or an aggregation such as `topk(10, …)`")
}

/// What Prometheus says no with.
fn refusal(kind: &str, text: &str) -> ProblemBody {
    let text = short(text);
    match kind {
        "bad_data" => ProblemBody::bad(format!("Prometheus says: {text}")),
        "execution" => ProblemBody::new(StatusCode::UNPROCESSABLE_ENTITY, format!("Prometheus says: {text}")),
        "timeout" | "canceled" => {
            ProblemBody::new(StatusCode::GATEWAY_TIMEOUT, format!("Prometheus says: {text}"))
                .hint("ask for less: a shorter --since, a longer --step, fewer series")
        }
        "not_found" => ProblemBody::new(StatusCode::NOT_FOUND, format!("Prometheus says: {text}")),
        _ => ProblemBody::gateway(format!("Prometheus says: {text}")),
    }
}

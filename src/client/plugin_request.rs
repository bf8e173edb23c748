//! One request to a plugin's backend through the API server's proxy, and its response as it arrives.

use super::answer::{ACCEPTED, ResponseBody};
use super::api_client::{ApiClient, aside, pause};
use super::error_body::{explanation, message};
use super::kubernetes::message_of_status;
use super::link;
use super::network_error::Explanation;
use super::plugin_credential::{self, PluginCredential};
use super::request_body::RequestBody;
use super::target::{Base, MOST_REDIRECTS, Naming, RedirectAction};
use super::wire_log::Redacted;
use super::{ClientError, Token};
use crate::model::{CleanText, PathFamily, ServiceAddress};
use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// The pauses between the tries of a request that may be repeated.
const PAUSES: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(250)).with_max_times(3);

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub enum Destination<'a> {
    /// To a plugin.
    Plugin {
        /// The cluster.
        cluster: &'a str,
        /// The plugin.
        plugin: &'a str,
        /// The generation of paths that the server has.
        family: PathFamily,
    },
    /// To a plugin's backend, which is this Service of a cluster.
    Service(&'a ServiceAddress),
    /// To the server itself, below `/v1`.
    Server,
}

impl Destination<'_> {
    /// Whether what is there is `plugin`, and may get its credentials.
    fn is_of(&self, name: &str) -> bool {
        match self {
            Self::Plugin { plugin, .. } => *plugin == name,
            // The Service is what the plugin's own manifest names.
            Self::Service(_) => true,
            Self::Server => false,
        }
    }
}

/// A request, relative to its place.
#[derive(Clone, Debug)]
pub struct PluginRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path below the place, percent-encoded, with a slash in front.
    pub path: String,
    /// The query, percent-encoded; may be empty.
    pub query: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body with its content type.
    pub body: Option<(String, RequestBody)>,
    /// How long the whole may take; `None` for a stream.
    pub timeout: Option<Duration>,
    /// Whether the user's token goes with it: the proxy forwards it to the backend.
    pub with_token: bool,
    /// The plugin's own credentials that go with it, too.
    pub credentials: Vec<PluginCredential>,
    /// Whether it changes nothing, so that to ask twice does no harm.
    pub safe: bool,
    /// What of it may be shown, where that is not all of it.
    pub shown: Option<Box<DisplayedRequest>>,
}

/// What of a call may be shown: the same, and a word in place of each secret.
#[derive(Clone, Debug, Default)]
pub struct DisplayedRequest {
    /// The path.
    pub path: String,
    /// The query.
    pub query: String,
    /// The headers among which there is a secret, by name.
    pub headers: Vec<(String, String)>,
    /// The body, unless it is as it is: a form's fields tell that themselves.
    pub body: Option<String>,
}

impl PluginRequest {
    /// A `GET`.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A request without a body; its method says whether it changes something.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: None,
            timeout: Some(super::transport::REQUEST),
            with_token: true,
            credentials: Vec::new(),
            safe: matches!(method, "GET" | "HEAD" | "OPTIONS"),
            shown: None,
        }
    }

    /// The path as it may be shown.
    pub fn shown_path(&self) -> &str {
        self.shown.as_ref().map_or(&self.path, |shown| &shown.path)
    }

    /// The query as it may be shown.
    pub fn shown_query(&self) -> &str {
        self.shown.as_ref().map_or(&self.query, |shown| &shown.query)
    }

    /// The headers as they may be shown.
    pub fn shown_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| {
            let known = self.shown.iter().flat_map(|shown| &shown.headers).find(|(other, _)| other == name);
            (name.as_str(), known.map_or(value.as_str(), |(_, value)| value.as_str()))
        })
    }

    /// Whether it could be sent a second time.
    fn can_repeat(&self) -> bool {
        self.body.as_ref().is_none_or(|(_, content)| content.can_repeat())
    }

    /// Whether it may be repeated if its outcome is unknown.
    fn may_repeat(&self) -> bool {
        self.safe && self.can_repeat()
    }
}

/// An answer whose body is still coming.
#[derive(Debug)]
pub struct PluginResponse {
    /// The HTTP status.
    pub status: u16,
    body: ResponseBody,
    /// What was asked in the end, and what that must not lead out of.
    url: Url,
    base: Base,
    /// What was shown to the backend, which may say it again.
    token: Option<Token>,
    credentials: Vec<PluginCredential>,
    /// Whether the API server of a cluster passed it on, or refused to.
    through_kubernetes: bool,
}

impl PluginResponse {
    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.body.head().headers().get(name)?.to_str().ok()
    }

    /// Path and query below the plugin of what the header `Location` names.
    pub fn location(&self) -> Result<Option<(String, String)>, ClientError> {
        self.header("location").map(|place| self.below(place, Naming::Location)).transpose()
    }

    /// The same of the first link with this relation.
    pub fn link(&self, relation: &str) -> Result<Option<(String, String)>, ClientError> {
        let headers = self.body.head().headers().get_all("link");
        let mut headers = headers.iter().filter_map(|header| header.to_str().ok());
        let place = headers.find_map(|header| link::target(header, relation));
        place.map(|place| self.below(place, Naming::Link)).transpose()
    }

    /// The same of a place that its body names.
    pub fn place(&self, place: &str) -> Result<(String, String), ClientError> {
        self.below(place, Naming::Link)
    }

    fn below(&self, place: &str, naming: Naming) -> Result<(String, String), ClientError> {
        match self.base.lead(&self.url, place, naming) {
            // They are put into the next request anew.
            Ok(url) => Ok(self.base.split(&plugin_credential::without_query(&url, &self.credentials))),
            Err(error) => Err(plugin_credential::hidden_in_error(error, &self.credentials)),
        }
    }

    /// Whether the API server of a cluster passed it on, or refused to.
    pub fn is_through_kubernetes(&self) -> bool {
        self.through_kubernetes
    }

    /// All headers that are text, in the order in which they came.
    pub fn headers(&self) -> Vec<(String, String)> {
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        self.body.head().headers().iter().filter_map(text).collect()
    }

    /// The status and what it is called.
    pub fn status_line(&self) -> String {
        let head = self.body.head();
        let status = head.status();
        format!("{:?} {} {}", head.version(), status.as_u16(), status.canonical_reason().unwrap_or_default())
    }

    /// The next piece of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        self.body.chunk().await
    }

    /// Whether what has come is no more than `limit` bytes, and no more than anything honest becomes.
    pub fn check(&self, limit: usize) -> Result<(), ClientError> {
        Ok(self.body.check(limit)?)
    }

    /// The whole body, of at most `limit` bytes.
    pub async fn body(self, limit: usize) -> Result<Vec<u8>, ClientError> {
        self.body.whole(limit).await
    }

    /// The error in a response without success.
    pub async fn refusal(self) -> ClientError {
        let status = self.status;
        let token = self.token.clone();
        let credentials = self.credentials.clone();
        let through_kubernetes = self.through_kubernetes;
        let body = self.body.refusal().await;
        if through_kubernetes && let Some(message) = message_of_status(&body) {
            return ClientError::RefusedByKubernetes { status, message };
        }
        let hidden = |text: &str| {
            let text = token.as_ref().map_or_else(|| text.to_owned(), |token| token.hidden_in(text));
            plugin_credential::hidden_in(&text, &credentials)
        };
        // Before it is cut to what a line may have, and again without what JSON wraps it in.
        let body = hidden(&String::from_utf8_lossy(&body)).into_bytes();
        let message = message(&body).map(|message| CleanText::new(&hidden(message.as_str())));
        let Explanation { detail, hint, body } = explanation(&body);
        let detail = detail.map(|detail| hidden(&detail));
        let hint = hint.map(|hint| CleanText::new(&hidden(hint.as_str())));
        ClientError::Status { status, message, more: Box::new(Explanation { detail, hint, body }) }
    }
}

impl ApiClient {
    /// Makes a request. What may be repeated is, after 429, a lost connection, and 502 to 504 unless the backend
    /// itself says why; what may not is sent once, and comes back as [`ClientError::OutcomeUnknown`] when nobody can
    /// say what became of it.
    pub async fn call(
        &self,
        place: Destination<'_>,
        call: &PluginRequest,
    ) -> Result<PluginResponse, ClientError> {
        let called = self.call_openly(place, call).await;
        called.map_err(|error| plugin_credential::hidden_in_error(error, &call.credentials))
    }

    /// The same; the error may name an address with a credential in it.
    async fn call_openly(
        &self,
        place: Destination<'_>,
        call: &PluginRequest,
    ) -> Result<PluginResponse, ClientError> {
        let base = self.base_of(place);
        let mut url = url_of(&base, call)?;
        let mut call = Cow::Borrowed(call);
        let mut redirects = 0;
        let mut has_acted = false;
        let credentials: Vec<PluginCredential> =
            call.credentials.iter().filter(|credential| place.is_of(&credential.plugin)).cloned().collect();
        let reply = |response: Response, url: &Url, token: Option<Token>| PluginResponse {
            status: response.status().as_u16(),
            body: ResponseBody::new(response),
            url: url.clone(),
            base: base.clone(),
            token,
            credentials: credentials.clone(),
            through_kubernetes: self.is_cluster(),
        };
        let mut token = None;
        if call.with_token
            && let Some(credentials) = self.credentials()
        {
            let credentials = Arc::clone(credentials);
            token = Some(aside(move || credentials.token()).await?);
        }
        let mut pauses = PAUSES.build();
        let mut renewed = false;
        loop {
            let sent = self.send_call(&url, &call, token.as_ref(), &credentials).await;
            let next = match &sent {
                Ok(response) => RedirectAction::from_response(&base, &url, &call.method, response)?,
                Err(_) => RedirectAction::Answer,
            };
            if let RedirectAction::Follow(place) | RedirectAction::See(place) = &next {
                redirects += 1;
                if redirects > MOST_REDIRECTS {
                    return Err(ClientError::Circles);
                }
                url = place.clone();
            }
            match next {
                RedirectAction::Answer => {}
                RedirectAction::Follow(_) => continue,
                RedirectAction::See(_) => {
                    has_acted = true;
                    let call = call.to_mut();
                    "GET".clone_into(&mut call.method);
                    (call.body, call.safe) = (None, true);
                    continue;
                }
            }
            let asked_for = match &sent {
                Ok(response)
                    if response.status() == StatusCode::UNAUTHORIZED && !renewed && call.can_repeat() =>
                {
                    renewed = true;
                    let Some(other) = self.renewed(place, token.as_ref()).await? else {
                        return Ok(reply(sent?, &url, token));
                    };
                    token = Some(other);
                    // The server has refused before the backend saw anything.
                    continue;
                }
                Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => pause(response),
                Ok(response) if matches!(response.status().as_u16(), 502..=504) && !says_why(response) => {
                    pause(response)
                }
                Ok(_) => return Ok(reply(sent?, &url, token)),
                Err(error) if call.may_repeat() && error.may_pass() => None,
                Err(error) if has_acted || (!call.safe && error.may_have_arrived()) => {
                    return Err(ClientError::OutcomeUnknown(Box::new(error.clone())));
                }
                Err(error) => return Err(error.clone()),
            };
            let Some(pause) = pauses.next().filter(|_| call.may_repeat()) else {
                return Ok(reply(sent?, &url, token));
            };
            drop(sent);
            tokio::time::sleep(asked_for.unwrap_or(pause)).await;
        }
    }

    /// Another token after a 401, if it is the server that refused this one and there can be another.
    async fn renewed(
        &self,
        place: Destination<'_>,
        token: Option<&Token>,
    ) -> Result<Option<Token>, ClientError> {
        let credentials = self.credentials().filter(|credentials| credentials.can_renew());
        let Some((refused, credentials)) = token.zip(credentials) else { return Ok(None) };
        // The server's own routes have no backend that could have said it.
        if matches!(place, Destination::Plugin { .. }) && !self.refuses(refused).await {
            return Ok(None);
        }
        let (credentials, refused) = (Arc::clone(credentials), refused.clone());
        aside(move || credentials.renewed(&refused)).await
    }

    fn base_of(&self, place: Destination<'_>) -> Base {
        let segments: &[&str] = match place {
            Destination::Plugin { cluster, plugin, family: PathFamily::Clustered } => {
                &["v1", "clusters", cluster, "plugins", plugin]
            }
            Destination::Plugin { plugin, family: PathFamily::Flat, .. } => &["v1", "plugins", plugin],
            Destination::Service(service) => {
                let segments = service.segments();
                return Base::new(self.address(), &segments.each_ref().map(String::as_str));
            }
            Destination::Server => &["v1"],
        };
        Base::new(self.address(), segments)
    }

    async fn send_call(
        &self,
        url: &Url,
        call: &PluginRequest,
        token: Option<&Token>,
        credentials: &[PluginCredential],
    ) -> Result<Response, ClientError> {
        let _turn = self.pace().turn().await;
        let method = Method::from_bytes(call.method.as_bytes())
            .map_err(|_| ClientError::BadHeader(CleanText::new(&call.method)))?;
        let mut request = self.client().request(method, plugin_credential::in_query(url, credentials));
        let own_cookies =
            call.headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| value.as_str());
        let has_cookies = plugin_credential::has_cookies(credentials);
        for (name, value) in call.headers.iter().filter(|(name, _)| !(has_cookies && name == "cookie")) {
            let bad = || ClientError::BadHeader(CleanText::new(name));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
            let value = HeaderValue::from_str(value).map_err(|_| bad())?;
            request = request.header(header, value);
        }
        for (name, value) in plugin_credential::headers(credentials, own_cookies)? {
            request = request.header(name, value);
        }
        if !call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding")) {
            request = request.header(ACCEPT_ENCODING, ACCEPTED);
        }
        if let Some(header) = token.and_then(|token| token.header_for(url)) {
            request = request.header(AUTHORIZATION, header);
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        if let Some((content_type, body)) = &call.body {
            request = request.header(CONTENT_TYPE, content_type.as_str()).body(body.body());
        }
        let shown_query = plugin_credential::shown_query(call.shown_query(), credentials);
        let told = Redacted {
            path: &call.path,
            shown_path: call.shown_path(),
            shown_query: &shown_query,
            headers: call.shown_headers().collect(),
            credentials,
        };
        self.client().send(request, Some(&told), token).await
    }
}

/// Whether the error is from the backend itself, about what it depends on, and not a sign that it is starting: the
/// proxy's own refusals have no words.
fn says_why(response: &Response) -> bool {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let is_json = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    is_json && header(RETRY_AFTER).is_none()
}

/// Where a call goes, which is below its base.
fn url_of(base: &Base, call: &PluginRequest) -> Result<Url, ClientError> {
    let base = base.url();
    let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
    let bad = || ClientError::BadPath(CleanText::new(call.shown_path()));
    let url = Url::parse(&format!("{base}{}{query}", call.path)).map_err(|_| bad())?;
    // `..` and the like would leave the place: the library resolves them.
    let inside = call.path.starts_with('/') && url.path().starts_with(&format!("{}/", base.path()));
    if inside { Ok(url) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_to_its_own_plugin_only() {
        let plugin = |plugin| Destination::Plugin { cluster: "main", plugin, family: PathFamily::Clustered };
        assert!(plugin("shop").is_of("shop"));
        assert!(!plugin("shop2").is_of("shop") && !plugin("sho").is_of("shop"));
        assert!(!Destination::Server.is_of("shop"));
    }
}

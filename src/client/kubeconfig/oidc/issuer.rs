//! An OpenID Connect issuer: where it renews tokens (OpenID Connect Discovery 1.0), and asking it for new ones (RFC 6749,
//! section 6). What kubectl sends, in the order in which it does (`golang.org/x/oauth2`).
//!
//! The request with the secrets is sent to the endpoint that the issuer names, by https, and follows no redirect.
//!
//! It must not know where tokens are kept.

use super::OidcError;
use crate::client::answer::{ACCEPTED, ResponseBody};
use crate::client::cluster_connector::{self, ClusterRoute, ConnectionPatience};
use crate::client::kubeconfig::bearer::bearer;
use crate::client::kubeconfig::cluster;
use crate::client::kubeconfig::entries::{KubeconfigUser, Named};
use crate::client::no_proxy::Habit;
use crate::client::proxy::ProxySettings;
use crate::client::target::is_redirect;
use crate::client::wire_log::WireLog;
use crate::client::{ClientError, NetworkError, USER_AGENT, address, transport};
use crate::model::{CleanText, limits};
use crate::sys::Environment;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use http::{HeaderValue, header};
use reqwest::{Body, Method, Request, Response, Url};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// How many redirects to the description of an issuer are followed, all on its own server.
const MOST_REDIRECTS: usize = 3;
/// The longest text of an issuer that is shown, in characters.
const LONGEST_TEXT: usize = 300;

/// Why an issuer gave no tokens.
#[derive(Debug, thiserror::Error)]
pub(super) enum IssuerError {
    /// Its address, or that of its endpoint, is not one to send secrets to.
    #[error("{what} `{url}` is not an https URL")]
    NotSecure {
        /// What names it.
        what: &'static str,
        /// The address.
        url: CleanText,
    },
    /// No answer, or not a useful one, from this place.
    #[error("{0}: {1}")]
    At(String, #[source] ClientError),
    /// It says that it is another issuer.
    #[error("{asked} says that it is the issuer {said}")]
    Another {
        /// The one that was asked.
        asked: String,
        /// The one that it says.
        said: CleanText,
    },
    /// It does not say where tokens are renewed.
    #[error("{0} has no token endpoint")]
    NoEndpoint(String),
    /// It does not take the refresh token, or not from this client.
    #[error("{0}")]
    Refused(Refused),
    /// It has renewed something, but not the ID token.
    #[error("{0} returned no ID token")]
    NoIdToken(String),
    /// Its token cannot be sent or stored.
    #[error("{0} returned an unusable token")]
    BadToken(String),
}

/// How an issuer said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{issuer} refused to renew it: {}{}", code.as_ref().map_or_else(|| format!("status {status}"), ToString::to_string), why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
pub(super) struct Refused {
    issuer: String,
    status: u16,
    /// The error code (RFC 6749, section 5.2).
    code: Option<CleanText>,
    why: Option<CleanText>,
}

impl Refused {
    fn is(&self, codes: &[&str]) -> bool {
        self.code.as_ref().is_some_and(|code| codes.contains(&code.as_str()))
    }

    /// Whether the refresh token is the reason.
    pub(super) fn is_of_token(&self) -> bool {
        self.is(&["invalid_grant"])
    }

    /// Whether the client's own name or secret is the reason.
    pub(super) fn is_of_client(&self) -> bool {
        self.is(&["invalid_client", "unauthorized_client"])
    }
}

/// The tokens that it gave.
pub(super) struct RenewedTokens {
    pub(super) id: Zeroizing<String>,
    /// The next one, where it gives a new one each time.
    pub(super) refresh: Option<Zeroizing<String>>,
}

/// How the client says who it is (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum ClientProof {
    Header,
    Body,
}

/// An issuer, as a kubeconfig names it.
pub(super) struct Issuer<'a> {
    user: &'a Named<KubeconfigUser>,
    url: Url,
    client: &'a str,
    secret: &'a str,
    proxies: ProxySettings,
    timeout: Duration,
}

#[derive(Deserialize)]
struct IssuerDescription {
    issuer: Option<String>,
    token_endpoint: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct IssuerAnswer {
    id_token: Option<Zeroizing<String>>,
    refresh_token: Option<Zeroizing<String>>,
    error: Option<String>,
    error_description: Option<String>,
}

impl<'a> Issuer<'a> {
    /// The issuer of `user`.
    pub(super) fn of(
        user: &'a Named<KubeconfigUser>,
        environment: &Environment,
        timeout: Duration,
    ) -> Result<Self, OidcError> {
        let required = |key| setting(user, key).ok_or(OidcError::Missing(key));
        let url = required("idp-issuer-url")?;
        let client = required("client-id")?;
        let secret = setting(user, "client-secret").unwrap_or_default();
        let url = secure("idp-issuer-url", url, None)?;
        let proxies = ProxySettings::from_environment(environment);
        Ok(Self { user, url, client, secret, proxies, timeout })
    }

    /// Asks it where tokens are renewed.
    pub(super) async fn token_endpoint(&self) -> Result<Url, OidcError> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/.well-known/openid-configuration", without_slash(self.url.path())));
        let mut response = self.get(&url).await?;
        for _ in 0..MOST_REDIRECTS {
            let Some(place) = redirect(&response) else { break };
            let next = url.join(&place).ok().filter(|next| next.origin() == self.url.origin());
            url = next.ok_or_else(|| at(&url, ClientError::Redirected(CleanText::new(&place))))?;
            response = self.get(&url).await?;
        }
        if response.status() != http::StatusCode::OK {
            let status = response.status().as_u16();
            let error = ClientError::Status { status, message: None, more: Box::default() };
            return Err(at(&url, error).into());
        }
        let body = self.timed(ResponseBody::new(response).json(limits::SIGN_IN)).await;
        let body = body.map_err(|error| at(&url, error))?;
        let said: IssuerDescription = serde_json::from_slice(&body)
            .map_err(|_| at(&url, ClientError::Unexpected("a description of an issuer")))?;
        let asked = || self.url.to_string();
        match said.issuer {
            Some(said) if without_slash(&said) != without_slash(self.name()) => {
                return Err(IssuerError::Another { asked: asked(), said: CleanText::new(&said) }.into());
            }
            _ => {}
        }
        let endpoint = said.token_endpoint.ok_or_else(|| IssuerError::NoEndpoint(asked()))?;
        Ok(secure("token endpoint", &endpoint, Some(&self.url))?)
    }

    /// Has the tokens renewed at `endpoint`. `refresh` may be used up afterwards, even if the response is lost.
    pub(super) async fn renew(&self, endpoint: &Url, refresh: &str) -> Result<RenewedTokens, IssuerError> {
        // Who has no secret cannot prove anything, and only says who it is.
        let proofs = if self.secret.is_empty() {
            [ClientProof::Body, ClientProof::Header]
        } else {
            [ClientProof::Header, ClientProof::Body]
        };
        match self.renew_as(endpoint, refresh, proofs[0]).await {
            Err(IssuerError::Refused(refused))
                if matches!(refused.status, 400 | 401 | 403) && !refused.is_of_token() =>
            {
                self.renew_as(endpoint, refresh, proofs[1]).await
            }
            answer => answer,
        }
    }

    async fn renew_as(
        &self,
        endpoint: &Url,
        refresh: &str,
        proof: ClientProof,
    ) -> Result<RenewedTokens, IssuerError> {
        let request = self.request(endpoint, refresh, proof);
        let answered = self.timed(async {
            let response = self.send(request).await?;
            if let Some(place) = redirect(&response) {
                return Err(ClientError::Redirected(CleanText::new(&place)));
            }
            let status = response.status();
            let body = ResponseBody::new(response);
            let body =
                if status.is_success() { body.json(limits::SIGN_IN).await? } else { body.refusal().await };
            Ok((status.as_u16(), Zeroizing::new(body)))
        });
        let (status, body) = answered.await.map_err(|error| at(endpoint, error))?;
        self.granted(endpoint, refresh, status, &body)
    }

    /// What the body of a response says.
    fn granted(
        &self,
        endpoint: &Url,
        refresh: &str,
        status: u16,
        body: &[u8],
    ) -> Result<RenewedTokens, IssuerError> {
        let issuer = || endpoint.origin().ascii_serialization();
        let is_success = (200..300).contains(&status);
        let answer: Option<IssuerAnswer> = serde_json::from_slice(body).ok();
        let answer = match answer {
            Some(answer) if is_success && answer.error.is_none() => answer,
            None if is_success => return Err(at(endpoint, ClientError::Unexpected("a token"))),
            None if status >= 500 => {
                let error = ClientError::Status { status, message: None, more: Box::default() };
                return Err(at(endpoint, error));
            }
            answer => {
                let answer = answer.unwrap_or_default();
                let shown = |text: Option<String>| {
                    // Some issuers repeat what they were sent.
                    let text = text?.replace(refresh, "HIDDEN");
                    let text =
                        if self.secret.is_empty() { text } else { text.replace(self.secret, "HIDDEN") };
                    CleanText::non_empty(&text.chars().take(LONGEST_TEXT).collect::<String>())
                };
                let (code, why) = (shown(answer.error), shown(answer.error_description));
                return Err(IssuerError::Refused(Refused { issuer: issuer(), status, code, why }));
            }
        };
        let id = answer.id_token.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| IssuerError::NoIdToken(issuer()))?;
        let refresh = answer.refresh_token.filter(|refresh| !refresh.is_empty());
        let is_usable = |token: &Zeroizing<String>| {
            token.len() <= limits::TOKEN && token.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let all_usable = [Some(&id), refresh.as_ref()].into_iter().flatten().all(is_usable);
        if !all_usable || bearer(&id).is_none() {
            return Err(IssuerError::BadToken(issuer()));
        }
        Ok(RenewedTokens { id, refresh })
    }

    fn request(&self, endpoint: &Url, refresh: &str, proof: ClientProof) -> Request {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", refresh);
        if proof == ClientProof::Body {
            form.append_pair("client_id", self.client);
            if !self.secret.is_empty() {
                form.append_pair("client_secret", self.secret);
            }
        }
        let mut request = Request::new(Method::POST, endpoint.clone());
        *request.body_mut() = Some(Body::from(form.finish()));
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if proof == ClientProof::Header {
            let escaped = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = Zeroizing::new(format!("{}:{}", escaped(self.client), escaped(self.secret)));
            let text = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
            if let Ok(mut value) = HeaderValue::from_str(&text) {
                value.set_sensitive(true);
                headers.insert(header::AUTHORIZATION, value);
            }
        }
        request
    }

    async fn get(&self, url: &Url) -> Result<Response, IssuerError> {
        let answered = self.timed(self.send(Request::new(Method::GET, url.clone()))).await;
        answered.map_err(|error| at(url, error))
    }

    /// `work`, for as long as a request may take.
    async fn timed<T>(&self, work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
        let answered = tokio::time::timeout(transport::REQUEST, work).await;
        answered.map_err(|_| ClientError::Network(NetworkError::TimedOut))?
    }

    async fn send(&self, mut request: Request) -> Result<Response, ClientError> {
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        let route = self.route(request.url())?;
        let patience = ConnectionPatience { connect: self.timeout, silence: Some(transport::REQUEST) };
        let send = cluster_connector::sender(&route, patience)?;
        let told = WireLog::of_request(&request, None, None);
        let request: http::Request<Body> =
            request.try_into().map_err(|error: reqwest::Error| ClientError::no_network(&error))?;
        let answered = send(request).await.map(|response| Response::from(response.map(Body::wrap)));
        told.end(answered.as_ref().ok());
        answered.map_err(|error| cluster_connector::fault(&error, route.proxy.as_ref()))
    }

    /// The way to `url`: through the proxy of the environment, with the certificates that the kubeconfig trusts for the issuer.
    fn route(&self, url: &Url) -> Result<ClusterRoute, ClientError> {
        const DATA: &str = "idp-certificate-authority-data";
        const FILE: &str = "idp-certificate-authority";
        let file = setting(self.user, FILE).map(Path::new);
        let authorities = cluster::authorities(self.user, (DATA, setting(self.user, DATA)), (FILE, file));
        let authorities = authorities.map_err(|error| ClientError::no_network(&error))?;
        let is_plain = url.scheme() == "http";
        let tls = cluster::tls_config(authorities, false, is_plain)?;
        let proxy = self.proxies.proxy_for(url, Habit::Go)?;
        Ok(ClusterRoute { address: url.clone(), proxy, tls, server_name: None })
    }

    /// Its name, as the kubeconfig has it.
    fn name(&self) -> &str {
        setting(self.user, "idp-issuer-url").unwrap_or_default()
    }
}

fn setting<'a>(user: &'a Named<KubeconfigUser>, key: &str) -> Option<&'a str> {
    let provider = user.value.auth_provider.as_ref()?;
    let value = provider.config.get(key)?.as_ref()?.trim();
    (!value.is_empty()).then_some(value)
}

/// An address that secrets may be sent to: https, or on this machine where the `issuer` itself is there.
fn secure(what: &'static str, text: &str, issuer: Option<&Url>) -> Result<Url, IssuerError> {
    let bad = || IssuerError::NotSecure {
        what,
        url: CleanText::new(text.split(['?', '#']).next().unwrap_or_default()),
    };
    let url = Url::parse(text).map_err(|_| bad())?;
    let is_of_this_machine = url.scheme() == "http"
        && address::is_loopback(url.host_str().unwrap_or_default())
        && issuer.is_none_or(|issuer| issuer.scheme() == "http");
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || !(url.scheme() == "https" || is_of_this_machine) {
        return Err(bad());
    }
    Ok(url)
}

/// Where a response leads.
fn redirect(response: &Response) -> Option<String> {
    let place =
        is_redirect(response.status().as_u16()).then(|| response.headers().get(header::LOCATION))??;
    Some(String::from_utf8_lossy(place.as_bytes()).into_owned())
}

fn without_slash(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

fn at(url: &Url, error: ClientError) -> IssuerError {
    let mut place = url.clone();
    place.set_query(None);
    IssuerError::At(place.to_string(), error)
}

#[cfg(test)]
mod tests {
    use super::super::super::entries::AuthProvider;
    use super::*;

    fn user(settings: &[(&str, &str)]) -> Named<KubeconfigUser> {
        let all = [("idp-issuer-url", "https://id.example/realms/a"), ("client-id", "kube~ctl")];
        let config = all
            .iter()
            .chain(settings)
            .map(|(key, value)| ((*key).to_owned(), Some(Zeroizing::new((*value).to_owned()))));
        let provider = AuthProvider { name: Some("oidc".to_owned()), config: config.collect() };
        let value = KubeconfigUser { auth_provider: Some(provider), ..KubeconfigUser::default() };
        Named { name: "u".to_owned(), value, kind: "user", ..Named::default() }
    }

    fn issuer(user: &Named<KubeconfigUser>) -> Result<Issuer<'_>, String> {
        let found = Issuer::of(user, &Environment::default(), Duration::from_secs(1));
        found.map_err(|error| error.to_string())
    }

    fn sent(user: &Named<KubeconfigUser>, proof: ClientProof) -> (Option<String>, String) {
        let request = issuer(user).unwrap().request(&"https://id.example/t".parse().unwrap(), "r/e+f", proof);
        let header =
            request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        let body = request.body().unwrap().as_bytes().unwrap();
        (header, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn the_client_says_who_it_is_in_a_header_or_in_the_body() {
        let form = "grant_type=refresh_token&refresh_token=r%2Fe%2Bf";
        let with_secret = user(&[("client-secret", "p w:%")]);
        let (header, body) = sent(&with_secret, ClientProof::Header);
        let pair = BASE64.decode(header.unwrap().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(pair).unwrap(), "kube%7Ectl:p+w%3A%25");
        assert_eq!(body, form);
        let (header, body) = sent(&with_secret, ClientProof::Body);
        assert_eq!((header, body), (None, format!("{form}&client_id=kube%7Ectl&client_secret=p+w%3A%25")));
        let (header, body) = sent(&user(&[]), ClientProof::Body);
        assert_eq!((header, body), (None, format!("{form}&client_id=kube%7Ectl")));
    }

    #[test]
    fn secrets_go_to_https_or_to_this_machine() {
        let said = |url: &str| issuer(&user(&[("idp-issuer-url", url)])).map(|_| ());
        for good in ["https://id.example", "http://127.0.0.1:8080/x", "http://localhost:1"] {
            assert_eq!(said(good), Ok(()), "{good}");
        }
        for bad in
            ["http://id.example", "id.example", "ftp://id.example", "https://u:p@id.example", "file:///x"]
        {
            assert!(said(bad).unwrap_err().ends_with("is not an https URL"), "{bad}");
        }
        assert_eq!(said("").unwrap_err(), "`idp-issuer-url` is missing");
        let issuer = Url::parse("https://id.example").unwrap();
        assert!(secure("token endpoint", "https://token.example/t", Some(&issuer)).is_ok());
        assert!(secure("token endpoint", "http://127.0.0.1/t", Some(&issuer)).is_err());
    }

    fn answered(status: u16, body: &str) -> Result<(String, Option<String>), String> {
        let user = user(&[("client-secret", "hunter2")]);
        let endpoint = "https://id.example/t".parse().unwrap();
        let granted = issuer(&user).unwrap().granted(&endpoint, "r-4711", status, body.as_bytes());
        let shown = |tokens: RenewedTokens| (tokens.id.to_string(), tokens.refresh.map(|it| it.to_string()));
        granted.map(shown).map_err(|error| error.to_string())
    }

    #[test]
    fn what_an_issuer_says_is_told_without_secrets() {
        assert_eq!(answered(200, r#"{"id_token":"a.b.c"}"#), Ok(("a.b.c".to_owned(), None)));
        let both = r#"{"access_token":"x","id_token":"a.b.c","refresh_token":"r2","expires_in":"300"}"#;
        assert_eq!(answered(200, both), Ok(("a.b.c".to_owned(), Some("r2".to_owned()))));
        for (status, body, said) in [
            (
                400,
                r#"{"error":"invalid_grant","error_description":"r-4711 of hunter2 is not active"}"#,
                "https://id.example refused to renew it: invalid_grant (HIDDEN of HIDDEN is not active)",
            ),
            // Some do so with 200.
            (200, r#"{"error":"invalid_grant"}"#, "https://id.example refused to renew it: invalid_grant"),
            (401, "<html>", "https://id.example refused to renew it: status 401"),
            (503, "<html>", "https://id.example/t: returned 503 (service unavailable)"),
            (200, "<html>", "https://id.example/t: the response is not a token"),
            (200, r#"{"access_token":"x"}"#, "https://id.example returned no ID token"),
            (200, r#"{"id_token":"a b"}"#, "https://id.example returned an unusable token"),
            (
                200,
                r#"{"id_token":"a","refresh_token":"a\nb"}"#,
                "https://id.example returned an unusable token",
            ),
        ] {
            assert_eq!(answered(status, body), Err(said.to_owned()), "{body}");
        }
        let long = format!(r#"{{"id_token":"{}"}}"#, "x".repeat(limits::TOKEN + 1));
        assert!(answered(200, &long).unwrap_err().ends_with("unusable token"));
    }
}

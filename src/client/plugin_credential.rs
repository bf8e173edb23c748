//! A credential of a plugin's own on its way: where it stands in a request to that plugin, and what of it may be seen.
//!
//! It is put into the request when that is sent, not before: what is shown of a request never had it. It must not know where
//! it was kept.

use super::ClientError;
use super::network_error::NetworkError;
use super::token::without;
use crate::model::{CleanText, CredentialPlace};
use crate::sys::process;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::fmt;
use zeroize::Zeroizing;

/// What stands in a query as it is (RFC 3986, 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What stands where a secret is.
const HIDDEN: &str = "HIDDEN";

/// A credential of one plugin. It cannot be printed, and its memory is wiped when it goes.
#[derive(Clone)]
pub struct PluginCredential {
    /// The plugin, to which alone it is sent.
    pub plugin: String,
    /// What the plugin's document calls it.
    pub scheme: String,
    /// The variable that may hold it.
    pub variable: String,
    /// Where it stands in a request.
    pub place: CredentialPlace,
    /// Whether that variable holds it.
    pub is_from_environment: bool,
    /// What it is; `None` when nobody has said it.
    pub value: Option<Zeroizing<String>>,
}

impl PluginCredential {
    fn text(&self) -> Option<&str> {
        self.value.as_ref().map(|value| value.as_str())
    }

    fn header(&self, text: &str) -> Result<HeaderValue, ClientError> {
        let mut value =
            HeaderValue::from_str(text).map_err(|_| ClientError::BadHeader(CleanText::new(&self.scheme)))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for PluginCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PluginCredential({} of {}, {})", self.scheme, self.plugin, self.place)
    }
}

/// `url` with those that stand in a query, each once.
pub(super) fn in_query(url: &Url, credentials: &[PluginCredential]) -> Url {
    let mut url = without_query(url, credentials);
    for credential in credentials {
        let (CredentialPlace::Query(name), Some(value)) = (&credential.place, credential.text()) else {
            continue;
        };
        // From here on, a crash leaves no image of the memory.
        process::leave_no_core();
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let pair = Zeroizing::new(format!("{}={}", encoded(name), encoded(value)));
        let query = match url.query() {
            Some(query) if !query.is_empty() => Zeroizing::new(format!("{query}&{}", pair.as_str())),
            _ => pair,
        };
        url.set_query(Some(&query));
    }
    url
}

/// `url` without those that stand in a query, which a backend may have sent back.
pub(super) fn without_query(url: &Url, credentials: &[PluginCredential]) -> Url {
    let is_one = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().replace('+', " ");
        let name = percent_decode_str(&name).decode_utf8_lossy().into_owned();
        credentials.iter().any(|credential| credential.place == CredentialPlace::Query(name.clone()))
    };
    let Some(query) = url.query().filter(|query| query.split('&').any(|pair| is_one(&pair))) else {
        return url.clone();
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_one(pair)).collect();
    let mut url = url.clone();
    url.set_query(Some(kept.join("&").as_str()).filter(|query| !query.is_empty()));
    url
}

/// The headers that they are. `cookies` are the request's own, which stand in the same header.
pub(super) fn headers(
    credentials: &[PluginCredential],
    cookies: Option<&str>,
) -> Result<Vec<(String, HeaderValue)>, ClientError> {
    let mut headers = Vec::new();
    let mut line = Zeroizing::new(cookies.unwrap_or_default().to_owned());
    let mut of_cookies = None;
    for credential in credentials {
        let Some(value) = credential.text() else { continue };
        process::leave_no_core();
        match &credential.place {
            CredentialPlace::Header(name) => headers.push((name.clone(), credential.header(value)?)),
            CredentialPlace::Cookie(name) => {
                let between = if line.is_empty() { "" } else { "; " };
                line = Zeroizing::new(format!("{}{between}{name}={value}", line.as_str()));
                of_cookies = Some(credential);
            }
            CredentialPlace::Query(_) => {}
        }
    }
    if let Some(credential) = of_cookies {
        headers.push(("cookie".to_owned(), credential.header(&line)?));
    }
    Ok(headers)
}

/// Whether one of them stands in a cookie.
pub(super) fn has_cookies(credentials: &[PluginCredential]) -> bool {
    credentials.iter().any(|credential| matches!(credential.place, CredentialPlace::Cookie(_)))
}

/// The query as it may be shown.
pub(super) fn shown_query(query: &str, credentials: &[PluginCredential]) -> String {
    let names = credentials.iter().filter_map(|credential| match &credential.place {
        CredentialPlace::Query(name) => Some(format!("{}={HIDDEN}", utf8_percent_encode(name, ENCODED))),
        _ => None,
    });
    std::iter::once(query.to_owned())
        .filter(|query| !query.is_empty())
        .chain(names)
        .collect::<Vec<_>>()
        .join("&")
}

/// `text` without any of them, which a backend may have sent back.
pub(super) fn hidden_in(text: &str, credentials: &[PluginCredential]) -> String {
    let mut text = text.to_owned();
    for value in credentials.iter().filter_map(PluginCredential::text) {
        text = without(&text, value);
        let encoded = Zeroizing::new(utf8_percent_encode(value, ENCODED).to_string());
        if encoded.as_str() != value {
            text = without(&text, &encoded);
        }
    }
    text
}

/// The same for what an error says of an address.
pub(super) fn hidden_in_error(error: ClientError, credentials: &[PluginCredential]) -> ClientError {
    let hidden = |text: &CleanText| CleanText::new(&hidden_in(text.as_str(), credentials));
    match error {
        _ if credentials.is_empty() => error,
        ClientError::NotFollowed { naming, place, why } => {
            ClientError::NotFollowed { naming, place: hidden(&place), why }
        }
        ClientError::Network(NetworkError::Other(text)) => {
            ClientError::Network(NetworkError::Other(hidden(&text)))
        }
        ClientError::OutcomeUnknown(cause) => {
            ClientError::OutcomeUnknown(Box::new(hidden_in_error(*cause, credentials)))
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::target::Naming;

    fn credential(place: CredentialPlace, value: &str) -> PluginCredential {
        PluginCredential {
            plugin: "shop".to_owned(),
            scheme: "key".to_owned(),
            variable: "EVERESTCTL_PLUGIN_SHOP_KEY".to_owned(),
            place,
            is_from_environment: false,
            value: Some(Zeroizing::new(value.to_owned())),
        }
    }

    fn query(name: &str, value: &str) -> PluginCredential {
        credential(CredentialPlace::Query(name.to_owned()), value)
    }

    fn cookie(name: &str, value: &str) -> PluginCredential {
        credential(CredentialPlace::Cookie(name.to_owned()), value)
    }

    #[test]
    fn in_a_query_it_stands_once_and_goes_again() {
        let keys = [query("api key", "se&s=ame"), query("k", "x")];
        for (given, bare) in [
            ("https://h.example/a", "https://h.example/a"),
            ("https://h.example/a?b=1&c", "https://h.example/a?b=1&c"),
            ("https://h.example/a?api+key=old&b=1&k&api%20key", "https://h.example/a?b=1"),
        ] {
            let bare_url: Url = bare.parse().unwrap();
            let with = in_query(&given.parse().unwrap(), &keys);
            let sign = if bare.contains('?') { '&' } else { '?' };
            assert_eq!(with.as_str(), format!("{bare}{sign}api%20key=se%26s%3Dame&k=x"));
            assert_eq!(without_query(&with, &keys), bare_url);
        }
        assert_eq!(shown_query("b=1", &keys), "b=1&api%20key=HIDDEN&k=HIDDEN");
        assert_eq!(shown_query("", &[]), "");
    }

    #[test]
    fn cookies_stand_in_one_header_which_nothing_shows() {
        let keys = [cookie("sid", "sesame-4711"), cookie("b", "2")];
        let made = headers(&keys, Some("own=1")).unwrap();
        assert_eq!(made.len(), 1);
        assert_eq!(
            (made[0].0.as_str(), made[0].1.to_str().unwrap()),
            ("cookie", "own=1; sid=sesame-4711; b=2")
        );
        assert!(!format!("{made:?}{keys:?}").contains("sesame"));
        assert_eq!(headers(&[], Some("own=1")).unwrap(), []);
    }

    #[test]
    fn what_a_backend_sends_back_is_not_shown() {
        let keys = [query("k", "sésame-4711")];
        assert_eq!(hidden_in("bad sésame-4711", &keys), "bad HIDDEN");
        assert_eq!(hidden_in("/a?k=s%C3%A9same-4711", &keys), "/a?k=HIDDEN");
        let error = ClientError::NotFollowed {
            naming: Naming::Link,
            place: CleanText::new("https://evil.example/?k=s%C3%A9same-4711"),
            why: "it leads to another server",
        };
        let error = ClientError::OutcomeUnknown(Box::new(error));
        assert!(!hidden_in_error(error, &keys).to_string().contains("4711"));
    }
}

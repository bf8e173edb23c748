//! What a registry wants to see before it answers: a name and a password, or a token for them from the place that it names
//! (RFC 6750 and the distribution project's "Token Authentication").

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::fmt;
use zeroize::Zeroizing;

/// A name and a password for a registry.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryLogin {
    name: String,
    password: Zeroizing<String>,
}

impl RegistryLogin {
    /// What `auth` in a config file of docker or podman says: `name:password` in base64.
    pub fn from_base64(text: &str) -> Option<Self> {
        let decoded = Zeroizing::new(BASE64.decode(text.trim()).ok()?);
        let (name, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self {
            name: name.to_owned(),
            password: Zeroizing::new(password.trim_end_matches('\0').to_owned()),
        })
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        let both = Zeroizing::new(format!("{}:{}", self.name, *self.password));
        secret(&format!("Basic {}", BASE64.encode(both.as_bytes())))
    }
}

impl fmt::Debug for RegistryLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RegistryLogin({}, …)", self.name)
    }
}

/// A header that was accepted.
#[derive(Clone, Debug)]
pub(super) struct AcceptedHeader(pub(super) HeaderValue);

/// What a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token.
    Token {
        /// Where it is given out.
        realm: Url,
        /// For whom.
        service: Option<String>,
    },
}

impl Challenge {
    /// The first challenge in a header `WWW-Authenticate` (RFC 9110, 11.6.1) that can be met.
    pub(super) fn read(header: &str) -> Option<Self> {
        let challenges = http_auth::parse_challenges(header).ok()?;
        challenges.iter().find_map(|challenge| {
            if challenge.scheme.eq_ignore_ascii_case("basic") {
                return Some(Self::Basic);
            }
            let parameter = |wanted: &str| {
                let found = challenge.params.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                found.map(|(_, value)| value.to_unescaped())
            };
            if !challenge.scheme.eq_ignore_ascii_case("bearer") {
                return None;
            }
            let realm = Url::parse(&parameter("realm")?).ok()?;
            Some(Self::Token { realm, service: parameter("service") })
        })
    }
}

/// The header for the token in an answer.
pub(super) fn token(answer: &[u8]) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        access_token: Option<String>,
    }
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let token = Zeroizing::new(answer.token.or(answer.access_token)?);
    secret(&format!("Bearer {}", *token))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let read =
            Challenge::read(r#"Bearer realm="https://auth.example/token",service="reg",scope="a:b,c""#);
        let realm = Url::parse("https://auth.example/token").unwrap();
        assert_eq!(read, Some(Challenge::Token { realm, service: Some("reg".to_owned()) }));
        assert_eq!(Challenge::read(r#"basic realm="x""#), Some(Challenge::Basic));
        assert_eq!(Challenge::read(r#"Negotiate, Basic realm="x""#), Some(Challenge::Basic));
        for none in ["", "Negotiate", "Bearer service=\"x\"", "Bearer realm=\"not a url\"", "\"\""] {
            assert_eq!(Challenge::read(none), None, "{none}");
        }
    }

    #[test]
    fn a_login_is_never_shown() {
        let login = RegistryLogin::from_base64(&BASE64.encode("ada:pass:word")).unwrap();
        assert_eq!(format!("{login:?}"), "RegistryLogin(ada, …)");
        let header = login.header().unwrap();
        assert!(
            header.is_sensitive()
                && header.to_str().unwrap() == format!("Basic {}", BASE64.encode("ada:pass:word"))
        );
        assert!(
            RegistryLogin::from_base64("?").is_none()
                && RegistryLogin::from_base64(&BASE64.encode("x")).is_none()
        );
        assert_eq!(token(br#"{"access_token":"t"}"#).unwrap().to_str().unwrap(), "Bearer t");
        assert!(token(b"{}").is_none() && token(b"[").is_none());
    }
}

//! Who calls, where what there is has to be shared: a user of the server, however often that user signs in.
//!
//! It decides nothing but that. What a user may do, the server says.

use crate::everest::{CallerToken, Everest};
use serde::Deserialize;

/// The issuer of the server's own tokens, and what stands between a user and the kind of the token there.
const OURS: (&str, char) = ("everest", ':');

/// A user of the server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// By name, as this issuer has it.
    Named { issuer: String, name: String },
    /// The user is not known, only the token.
    Unnamed(CallerToken),
}

/// What a token says of its owner.
#[derive(Deserialize)]
struct SubjectClaims {
    #[serde(default)]
    iss: String,
    sub: String,
}

impl Subject {
    /// The owner of a token that the server has just accepted. So what is in it is true: it is signed, and the server
    /// has seen to that. Headers that name the caller are not used: they cannot be verified here.
    pub(crate) async fn from_caller(everest: &Everest, caller: &CallerToken, cluster: &str) -> Self {
        if let Some(subject) = Self::of_claims(caller) {
            return subject;
        }
        match everest.user(caller, cluster).await {
            Ok(name) if !name.is_empty() => Self::Named { issuer: OURS.0.to_owned(), name },
            _ => Self::Unnamed(caller.clone()),
        }
    }

    fn of_claims(caller: &CallerToken) -> Option<Self> {
        let SubjectClaims { iss: issuer, sub } = caller.claims()?;
        // `dana:login` and `dana:apiKey` are one user; the subject of another issuer is whatever that one likes.
        let name = if issuer == OURS.0 { sub.split(OURS.1).next().unwrap_or_default() } else { &sub };
        (!name.is_empty()).then(|| Self::Named { issuer: issuer.clone(), name: name.to_owned() })
    }

    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self::Named { issuer: String::new(), name: name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    fn of(claims: &str) -> Option<(String, String)> {
        let token = format!("Bearer e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(claims));
        match Subject::of_claims(&CallerToken::from_header(&token))? {
            Subject::Named { issuer, name } => Some((issuer, name)),
            Subject::Unnamed(_) => None,
        }
    }

    #[test]
    fn every_token_of_a_user_is_of_that_user() {
        let dana = Some(("everest".to_owned(), "dana".to_owned()));
        for claims in [
            r#"{"iss": "everest", "sub": "dana:login", "jti": "1"}"#,
            r#"{"iss": "everest", "sub": "dana:apiKey", "jti": "2", "exp": 7}"#,
            r#"{"iss": "everest", "sub": "dana"}"#,
        ] {
            assert_eq!(of(claims), dana, "{claims}");
        }
        // Two issuers may have a user of one name, and a colon in it.
        for (claims, issuer, name) in [
            (r#"{"iss": "https://idp", "sub": "dana"}"#, "https://idp", "dana"),
            (r#"{"iss": "https://idp", "sub": "oidc:dana"}"#, "https://idp", "oidc:dana"),
            (r#"{"sub": "system:x"}"#, "", "system:x"),
        ] {
            assert_eq!(of(claims), Some((issuer.to_owned(), name.to_owned())), "{claims}");
        }
    }

    #[test]
    fn a_token_that_names_nobody_names_nobody() {
        for claims in [
            r#"{"iss": "everest"}"#,
            r#"{"sub": ""}"#,
            r#"{"iss": "everest", "sub": ":login"}"#,
            r#"{"sub": 7}"#,
            "[]",
            "x",
            "",
        ] {
            assert_eq!(of(claims), None, "{claims}");
        }
        for token in ["Bearer opaque", "Bearer a.b", "Bearer a.e30.c.d", "Bearer ..", "Bearer "] {
            assert!(Subject::of_claims(&CallerToken::from_header(token)).is_none(), "{token}");
        }
    }
}

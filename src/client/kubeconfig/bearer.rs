//! A bearer token as a header, and when it ends.

use crate::sys::clock::UnixTime;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use http::HeaderValue;
use std::time::Duration;
use zeroize::Zeroizing;

/// What is wrong with a value that cannot be sent, as the rest of a sentence.
pub(super) const NOT_A_HEADER: &str = "contains characters that are not allowed in a header";

/// The token without the white space around it; `None` when it cannot be in a header.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    let token = token.trim();
    let text = Zeroizing::new(format!("Bearer {token}"));
    let mut value = HeaderValue::from_str(&text).ok().filter(|_| !token.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

/// When a token ends (RFC 7519), if it says so.
pub(super) fn expires(token: &str) -> Option<UnixTime> {
    let payload = token.split('.').nth(1)?;
    let payload = Zeroizing::new(BASE64_URL.decode(payload.trim_end_matches('=')).ok()?);
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    let seconds = claims.get("exp")?.as_f64()?.max(0.0);
    Duration::try_from_secs_f64(seconds).ok().map(|age| UnixTime::default().after(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("h.{}.s", BASE64_URL.encode(claims))
    }

    #[test]
    fn a_token_ends_when_it_says_so() {
        for (claims, milliseconds) in [
            (r#"{"exp":1700000000}"#, Some(1_700_000_000_000)),
            (r#"{"exp":1.7e9,"iat":1}"#, Some(1_700_000_000_000)),
            (r#"{"exp":1700000000.5}"#, Some(1_700_000_000_500)),
            (r#"{"exp":-5}"#, Some(0)),
            (r#"{"exp":"soon"}"#, None),
            (r#"{"exp":null}"#, None),
            (r#"{"exp":1e300}"#, None),
            ("{}", None),
            ("[]", None),
            ("nonsense", None),
        ] {
            assert_eq!(expires(&token(claims)), milliseconds.map(UnixTime), "{claims}");
        }
        for opaque in ["", ".", "a.b", "a.%%.c", "a..c", "opaque"] {
            assert_eq!(expires(opaque), None, "{opaque}");
        }
        // Some programs pad what they encode.
        assert_eq!(expires("h.eyJleHAiOjF9.s"), expires("h.eyJleHAiOjF9==.s"));
        assert_eq!(expires("h.eyJleHAiOjF9.s"), Some(UnixTime(1000)));
    }
}

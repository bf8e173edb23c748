//! What a browser lets the page do: the headers of upstream, on the page and its files. A bundle that works here works there.
//!
//! It must not know what is in an answer.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// The hash of an empty text: into an empty `<style>` Emotion writes its rules by script.
const EMPTY_STYLE: &str = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
/// What no plugin needs. Upstream's list is longer.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), \
     gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
     publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// Adds them.
pub(super) fn add(headers: &mut HeaderMap, nonce: &str) {
    if let Ok(policy) = HeaderValue::from_str(&policy(nonce)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store, max-age=0"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; font-src 'self' data:; img-src 'self' data:; script-src 'self' 'nonce-{nonce}'; \
         style-src 'self' 'nonce-{nonce}' {EMPTY_STYLE}; form-action 'self'; base-uri 'self'; object-src 'none'; \
         frame-ancestors 'none'; connect-src 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_upstreams() {
        let mut headers = HeaderMap::new();
        add(&mut headers, "abc");
        assert_eq!(
            headers[CONTENT_SECURITY_POLICY],
            "default-src 'self'; font-src 'self' data:; img-src 'self' data:; script-src 'self' 'nonce-abc'; \
             style-src 'self' 'nonce-abc' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; \
             form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; connect-src 'self'"
        );
        assert_eq!(headers["cross-origin-embedder-policy"], "require-corp");
        assert_eq!(headers[CACHE_CONTROL], "no-store, max-age=0");
    }
}

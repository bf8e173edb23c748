//! Which headers a document may not set: those that say who asks, where a request goes and how it is carried.
//!
//! It must not know what a header is sent with.

/// Headers that are ours, the connection's or a proxy's.
const OURS: &[&str] = &[
    "accept",
    "accept-encoding",
    "alt-used",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "from",
    "front-end-https",
    "host",
    "http2-settings",
    "impersonate-user",
    "keep-alive",
    "max-forwards",
    "origin",
    "referer",
    "remote-addr",
    "remote-user",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "user-agent",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-remote-user",
    "x-remote-group",
    "x-rewrite-url",
    "x-user",
    "x-username",
];

/// Families of them.
const FAMILIES: &[&str] = &[
    "access-control-",
    "cf-",
    "impersonate-",
    "proxy-",
    "sec-",
    "x-auth-request-",
    "x-authenticated-",
    "x-envoy-",
    "x-everest-",
    "x-forwarded",
    "x-original-",
    "x-real-",
    "x-remote-",
];

/// Whether the header `name` is not for a document to set, in whatever spelling: servers and what they run on take
/// `X_Everest_User` and `X.Everest.User` for the same.
pub(super) fn is_reserved(name: &str) -> bool {
    let fold = |character: char| {
        if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' }
    };
    let folded: String = name.trim().chars().map(fold).collect();
    let folded = folded.trim_matches('-');
    OURS.contains(&folded) || FAMILIES.iter().any(|family| folded.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_a_header_of_ours_is_a_documents() {
        for name in [
            "Host",
            "HOST",
            "host ",
            "Authorization",
            "X-Everest-User",
            "x_everest_user",
            "X.Everest.User",
            "X-Forwarded-Host",
            "Proxy-Connection",
            "TE",
            "Trailer",
            "Sec-WebSocket-Key",
            "X_HTTP_Method_Override",
            "_Host",
            "Transfer_Encoding",
            "X-Original-URL",
            "Forwarded",
            "keep-alive",
            "Content.Length",
            "Cookie",
        ] {
            assert!(is_reserved(name), "{name}");
        }
        for name in [
            "X-Key",
            "X-Trace",
            "X-Request-ID",
            "If-Match",
            "Last-Event-ID",
            "Prefer",
            "Idempotency-Key",
            "Range",
        ] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}

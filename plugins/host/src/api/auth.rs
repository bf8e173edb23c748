//! Signing in, refreshing, revoking, and who calls.

use super::{empty, message, too_many};
use crate::Host;
use crate::accounts::{Claims, IssuedTokens, Refused};
use crate::events::{Actor, EventSubject, LOGIN_FAILED};
use crate::places::{Busy, ConnectionPlace};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;

const REFRESH_COOKIE: &str = "everest_refresh_token";

/// The caller, authenticated by an access token.
pub(super) struct Caller {
    pub(super) claims: Claims,
}

impl Caller {
    pub(super) fn user(&self) -> &str {
        self.claims.user()
    }

    /// The caller with these headers. A missing header and a bad token differ, as in upstream's library. From here on
    /// the connection is known to be this user's.
    #[expect(clippy::result_large_err, reason = "it goes out as it is, once for each request")]
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions, host: &Host) -> Result<Self, Response> {
        let missing = || message(StatusCode::BAD_REQUEST, "missing or malformed jwt");
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
        let token = value.strip_prefix("Bearer ").ok_or_else(missing)?;
        let caller = match host.accounts.check(token) {
            Ok(claims) => Self { claims },
            Err(true) => return Err(message(StatusCode::UNAUTHORIZED, "Invalid token")),
            Err(false) => return Err(message(StatusCode::UNAUTHORIZED, "invalid or expired jwt")),
        };
        if place(extensions).is_some_and(|place| place.belongs_to(caller.user()).is_err()) {
            return Err(too_many("too many concurrent requests of this user"));
        }
        Ok(caller)
    }
}

/// The place of the connection that a request came on.
pub(super) fn place(extensions: &Extensions) -> Option<&ConnectionPlace> {
    extensions.get::<Arc<Busy>>().map(|busy| busy.place())
}

impl FromRequestParts<Arc<Host>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, Response> {
        Self::of(&parts.headers, &parts.extensions, host)
    }
}

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: String,
    username: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
    refresh_token_delivery: Option<String>,
}

/// `POST /v1/auth/token`: the password grant and the refresh grant.
pub(super) async fn token(
    State(host): State<Arc<Host>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Json<TokenRequest>, JsonRejection>,
) -> Response {
    let Ok(Json(request)) = body else { return message(StatusCode::BAD_REQUEST, "invalid request body") };
    let granted = match request.grant_type.as_str() {
        "password" => {
            let (Some(user), Some(password)) = (request.username, request.password) else {
                return message(StatusCode::BAD_REQUEST, "username and password are required");
            };
            let granted = host.accounts.sign_in(&user, &password, from.ip()).await;
            // What was not tried is nothing that has happened.
            match &granted {
                Ok(_) => tell(&host, "user.login", &user),
                Err(Refused::Credentials) => tell(&host, LOGIN_FAILED, &user),
                Err(_) => {}
            }
            granted
        }
        "refresh_token" => match request.refresh_token.or_else(|| cookie(&headers)) {
            Some(token) => {
                let granted = host.accounts.refresh(&token);
                (host.log)(match &granted {
                    Ok(_) => "renewed a session",
                    Err(_) => "refused to renew a session: its token is unknown, used or expired",
                });
                granted
            }
            None => return message(StatusCode::BAD_REQUEST, "refresh_token is required"),
        },
        _ => return message(StatusCode::BAD_REQUEST, "unsupported grant_type"),
    };
    match granted {
        Ok(granted) => answer(&granted, request.refresh_token_delivery.as_deref() == Some("cookie")),
        Err(Refused::Credentials) => {
            message(StatusCode::UNAUTHORIZED, "Incorrect username or password provided")
        }
        Err(Refused::RefreshToken) => message(StatusCode::UNAUTHORIZED, "Invalid refresh token"),
        Err(Refused::TooMany) => too_many("Too many login attempts"),
        Err(Refused::Failed) => message(StatusCode::INTERNAL_SERVER_ERROR, "Failed to issue tokens"),
    }
}

fn answer(granted: &IssuedTokens, by_cookie: bool) -> Response {
    let mut body = json!({
        "access_token": granted.access,
        "token_type": "Bearer",
        "expires_in": granted.expires_in.as_secs(),
    });
    if by_cookie {
        let cookie =
            format!("{REFRESH_COOKIE}={}; Path=/v1/auth; HttpOnly; SameSite=Strict", granted.refresh);
        return ([(SET_COOKIE, cookie)], Json(body)).into_response();
    }
    body["refresh_token"] = granted.refresh.clone().into();
    Json(body).into_response()
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == REFRESH_COOKIE).map(|(_, value)| value.to_owned())
}

#[derive(Deserialize)]
pub(super) struct Revocation {
    token: Option<String>,
}

/// `POST /v1/auth/revoke`: 204 whatever it is. An access token in the header is blocked too.
pub(super) async fn revoke(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Result<Json<Revocation>, JsonRejection>,
) -> Response {
    // A form of any page may send other types, and the cookie with them.
    if headers.contains_key(CONTENT_TYPE) && matches!(body, Err(JsonRejection::MissingJsonContentType(_))) {
        return message(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
    }
    let token = body.ok().and_then(|Json(body)| body.token).or_else(|| cookie(&headers));
    if let Some(user) = token.and_then(|token| host.accounts.revoke(&token)) {
        tell(&host, "user.logout", &user);
    }
    if let Ok(caller) = Caller::of(&headers, &extensions, &host) {
        host.accounts.block(&caller.claims);
    }
    empty(StatusCode::NO_CONTENT)
}

fn tell(host: &Host, happened: &'static str, user: &str) {
    let actor = Actor { kind: "user", id: user.to_owned() };
    host.events.publish(happened, EventSubject { kind: "User", name: user.to_owned() }, actor);
}

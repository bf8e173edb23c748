//! Signing in, refreshing, revoking.

use super::caller::Caller;
use super::{empty, message, too_many};
use crate::Host;
use crate::accounts::{IssuedTokens, Refused};
use crate::events::{Actor, EventSubject, LOGIN_FAILED};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;

const REFRESH_COOKIE: &str = "everest_refresh_token";

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
                host.log.event(match &granted {
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
    let caller = Caller::of(&headers, &extensions, &host);
    if caller.as_ref().is_ok_and(|caller| caller.plugin().is_some()) {
        return message(StatusCode::FORBIDDEN, "a plugin cannot sign its caller out");
    }
    let token = body.ok().and_then(|Json(body)| body.token).or_else(|| cookie(&headers));
    if let Some(user) = token.and_then(|token| host.accounts.revoke(&token)) {
        tell(&host, "user.logout", &user);
    }
    if let Some(claims) = caller.as_ref().ok().and_then(Caller::session) {
        host.accounts.block(claims);
    }
    empty(StatusCode::NO_CONTENT)
}

fn tell(host: &Host, happened: &'static str, user: &str) {
    let actor = Actor { kind: "user", id: user.to_owned() };
    host.events.publish(happened, EventSubject { kind: "User", name: user.to_owned() }, actor);
}

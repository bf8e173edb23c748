//! The routes of a server by which a session begins, goes on and ends (reference, section 3.1).

use super::failure::network;
use super::server::{bounded, message, pause, what_it_is};
use super::{Address, ClientError, Transport, transport, wait_for};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// What a sign-in or a renewal gives.
pub struct Granted {
    /// The access token.
    pub access: Zeroizing<String>,
    /// What gets the next one; a server before 2.0.0-dev.3 gives none.
    pub refresh: Option<Zeroizing<String>>,
    /// How long the access token holds.
    pub expires_in: Duration,
}

impl std::fmt::Debug for Granted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Granted(hidden)")
    }
}

/// How long the tokens of the older route hold.
const OLDER_LIFETIME: Duration = Duration::from_hours(24);
/// What upstream gives when it does not say.
const USUAL_LIFETIME: Duration = Duration::from_mins(15);
/// How long a token can hold: more is a mistake of the server.
const LONGEST_LIFETIME: u64 = 365 * 24 * 3600;

#[derive(Deserialize)]
struct Answer {
    access_token: Option<Zeroizing<String>>,
    refresh_token: Option<Zeroizing<String>>,
    expires_in: Option<u64>,
    /// The answer of the older route.
    token: Option<Zeroizing<String>>,
}

/// Signs in with a password; on servers before 2.0.0-dev.3 through the older route.
pub fn with_password(
    address: &Address,
    transport: &Transport,
    user: &str,
    password: &Zeroizing<String>,
) -> Result<Granted, ClientError> {
    blocking(async {
        let client = transport.client(address)?;
        let body = json!({"grant_type": "password", "username": user, "password": password.as_str()});
        match ask(&client, address, &["v1", "auth", "token"], body).await {
            Err(ClientError::Status { status: 404 | 405, .. }) => {
                let body = json!({"username": user, "password": password.as_str()});
                ask(&client, address, &["v1", "session"], body).await
            }
            answer => answer,
        }
    })
}

/// Renews a session. `refresh` is dead afterwards, whatever becomes of the answer.
pub fn renew(
    address: &Address,
    transport: &Transport,
    refresh: &Zeroizing<String>,
) -> Result<Granted, ClientError> {
    blocking(async {
        let client = transport.client(address)?;
        let body = json!({"grant_type": "refresh_token", "refresh_token": refresh.as_str()});
        ask(&client, address, &["v1", "auth", "token"], body).await
    })
}

/// Ends a session on the server.
pub fn revoke(
    address: &Address,
    transport: &Transport,
    refresh: &Zeroizing<String>,
) -> Result<(), ClientError> {
    blocking(async {
        let client = transport.client(address)?;
        let body = json!({"token": refresh.as_str()});
        let response = post(&client, address, &["v1", "auth", "revoke"], &body).await?;
        wipe(body);
        let status = response.status();
        if status.is_success() { Ok(()) } else { Err(refusal(status, &bounded(response).await?)) }
    })
}

fn blocking<T>(work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    wait_for(work).unwrap_or_else(|error| Err(ClientError::no_network(&error)))
}

async fn ask(client: &Client, address: &Address, path: &[&str], body: Value) -> Result<Granted, ClientError> {
    let mut response = post(client, address, path, &body).await?;
    // Nothing has happened there yet.
    if response.status() == StatusCode::TOO_MANY_REQUESTS
        && let Some(pause) = pause(&response)
    {
        tokio::time::sleep(pause).await;
        response = post(client, address, path, &body).await?;
    }
    wipe(body);
    let status = response.status();
    let body = Zeroizing::new(bounded(response).await?);
    if !status.is_success() {
        return Err(refusal(status, &body));
    }
    let answer: Answer =
        serde_json::from_slice(&body).map_err(|_| ClientError::NotJson(what_it_is(&body)))?;
    let older = answer.token.is_some();
    let access = answer.access_token.or(answer.token).filter(|token| !token.is_empty());
    let lifetime = answer.expires_in.map(|seconds| Duration::from_secs(seconds.min(LONGEST_LIFETIME)));
    Ok(Granted {
        access: access.ok_or(ClientError::Unexpected("a token"))?,
        refresh: answer.refresh_token.filter(|token| !token.is_empty()),
        expires_in: lifetime.unwrap_or(if older { OLDER_LIFETIME } else { USUAL_LIFETIME }),
    })
}

async fn post(
    client: &Client,
    address: &Address,
    path: &[&str],
    body: &Value,
) -> Result<Response, ClientError> {
    let request = client
        .post(address.below(path))
        .header(reqwest::header::CONTENT_TYPE, "application/json")
        .timeout(transport::REQUEST)
        .body(body.to_string());
    request.send().await.map_err(|error| network(&error))
}

/// Nothing of a password or a token stays in memory longer than it has to.
fn wipe(body: Value) {
    if let Value::Object(fields) = body {
        for (_, value) in fields {
            if let Value::String(mut text) = value {
                text.zeroize();
            }
        }
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> ClientError {
    ClientError::Status { status: status.as_u16(), message: message(body), more: Box::default() }
}

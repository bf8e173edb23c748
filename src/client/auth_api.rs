//! The routes that create, renew and revoke a session (reference, section 3.1).

use super::answer::{ACCEPTED, ResponseBody};
use super::api_client::{pause, what_it_is};
use super::error_body::message;
use super::http_client::HttpClient;
use super::target::{Naming, is_redirect};
use super::{Address, ClientError, Transport, transport, wait_for};
use crate::model::{CleanText, limits};
use crate::sys::process;
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// What a sign-in or a renewal gives.
pub struct GrantedTokens {
    /// The access token.
    pub access: Zeroizing<String>,
    /// What gets the next one; a server before 2.0.0-dev.3 gives none.
    pub refresh: Option<Zeroizing<String>>,
    /// How long the access token holds.
    pub expires_in: Duration,
}

impl std::fmt::Debug for GrantedTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Granted(hidden)")
    }
}

/// How long the tokens of the older route hold.
const OLDER_LIFETIME: Duration = Duration::from_hours(24);
/// What upstream gives when it does not say.
const USUAL_LIFETIME: Duration = Duration::from_mins(15);
/// How long a token can hold: more is a mistake of the server.
const LONGEST_LIFETIME: f64 = 365.0 * 24.0 * 3600.0;

#[derive(Deserialize)]
struct TokenResponse {
    access_token: Option<Zeroizing<String>>,
    refresh_token: Option<Zeroizing<String>>,
    expires_in: Option<Value>,
    /// The answer of the older route.
    token: Option<Zeroizing<String>>,
}

/// Signs in with a password; on servers before 2.0.0-dev.3 through the older route.
pub fn with_password(
    address: &Address,
    transport: &Transport,
    user: &str,
    password: &Zeroizing<String>,
) -> Result<GrantedTokens, ClientError> {
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

/// Renews a session. `refresh` is used up afterwards, even if the response is lost.
pub fn renew(
    address: &Address,
    transport: &Transport,
    refresh: &Zeroizing<String>,
) -> Result<GrantedTokens, ClientError> {
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
        if response.status().is_success() { Ok(()) } else { Err(refusal(response).await) }
    })
}

fn blocking<T>(work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    wait_for(work)?
}

async fn ask(
    client: &HttpClient,
    address: &Address,
    path: &[&str],
    body: Value,
) -> Result<GrantedTokens, ClientError> {
    let mut response = post(client, address, path, &body).await?;
    // Nothing has happened there yet.
    if response.status() == StatusCode::TOO_MANY_REQUESTS
        && let Some(pause) = pause(&response)
    {
        tokio::time::sleep(pause).await;
        response = post(client, address, path, &body).await?;
    }
    wipe(body);
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    granted(&Zeroizing::new(ResponseBody::new(response).json(limits::SIGN_IN).await?))
}

/// What an answer grants. It goes into headers, and into the file that all servers share: what would spoil either is
/// no token.
fn granted(body: &[u8]) -> Result<GrantedTokens, ClientError> {
    let answer: TokenResponse = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            ClientError::Unexpected("a token")
        } else {
            ClientError::NotJson(what_it_is(body))
        }
    })?;
    let older = answer.token.is_some();
    let access = answer.access_token.or(answer.token).filter(|token| !token.is_empty());
    let access = access.ok_or(ClientError::Unexpected("a token"))?;
    let refresh = answer.refresh_token.filter(|token| !token.is_empty());
    for token in [Some(&access), refresh.as_ref()].into_iter().flatten() {
        if token.len() > limits::TOKEN {
            return Err(ClientError::BadGrant("it is longer than 16 KiB"));
        }
        if token.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(ClientError::BadGrant("it contains characters that are not allowed in a header"));
        }
    }
    let usual = if older { OLDER_LIFETIME } else { USUAL_LIFETIME };
    let expires_in = match answer.expires_in {
        None | Some(Value::Null) => usual,
        Some(seconds) => {
            lifetime(&seconds).ok_or(ClientError::Unexpected("a token with its lifetime in seconds"))?
        }
    };
    Ok(GrantedTokens { access, refresh, expires_in })
}

/// The time that a token holds, which some servers write as a text, and never more than it can be.
fn lifetime(seconds: &Value) -> Option<Duration> {
    let seconds = match seconds {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST_LIFETIME)))
}

async fn post(
    client: &HttpClient,
    address: &Address,
    path: &[&str],
    body: &Value,
) -> Result<Response, ClientError> {
    process::leave_no_core();
    let request = client
        .request(Method::POST, address.below(path))
        .header(reqwest::header::CONTENT_TYPE, "application/json")
        .header(reqwest::header::ACCEPT_ENCODING, ACCEPTED)
        .timeout(transport::REQUEST)
        .body(body.to_string());
    client.send(request, None, None).await
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

/// The error in a response without a token. A redirect is not followed with a password.
async fn refusal(response: Response) -> ClientError {
    let status = response.status().as_u16();
    let place = response.headers().get(reqwest::header::LOCATION).filter(|_| is_redirect(status));
    if let Some(place) = place {
        let place = CleanText::new(&String::from_utf8_lossy(place.as_bytes()));
        let why = "requests with a password or token are not redirected";
        return ClientError::NotFollowed { naming: Naming::Redirect(status), place, why };
    }
    let body = ResponseBody::new(response).refusal().await;
    ClientError::Status { status, message: message(&body), more: Box::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<(String, Option<String>, u64), ClientError> {
        let granted = granted(body.to_string().as_bytes())?;
        let refresh = granted.refresh.map(|refresh| refresh.to_string());
        Ok((granted.access.to_string(), refresh, granted.expires_in.as_secs()))
    }

    #[test]
    fn what_no_header_and_no_file_can_hold_is_no_token() {
        let good =
            read(&json!({"access_token": "a.b-c", "refresh_token": "r", "expires_in": 900, "more": [[1]]}));
        assert_eq!(good, Ok(("a.b-c".to_owned(), Some("r".to_owned()), 900)));
        let long = "a".repeat(limits::TOKEN + 1);
        for wrong in [&*long, "a b", "a\r\nx: y", "\0", "\u{1b}[2J", "é", "x\nusers:\n- name: evil"] {
            for field in ["access_token", "refresh_token"] {
                let mut answer = json!({"access_token": "a", "refresh_token": "r"});
                answer[field] = wrong.into();
                assert!(matches!(read(&answer), Err(ClientError::BadGrant(_))), "{field} {wrong:.20}");
            }
        }
        for wrong in [
            json!({"access_token": 1}),
            json!({"access_token": ["a"]}),
            json!({"access_token": ""}),
            json!({}),
            json!([]),
        ] {
            assert_eq!(read(&wrong), Err(ClientError::Unexpected("a token")), "{wrong}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_refused_and_a_long_one_cut() {
        let of = |expires: Value| {
            read(&json!({"token": "a", "expires_in": expires})).map(|(_, _, seconds)| seconds)
        };
        let year = 365 * 24 * 3600;
        for (given, expected) in [
            (json!(0), 0),
            (json!(1.9), 1),
            (json!("900"), 900),
            (json!(null), 24 * 3600),
            (json!(1e300), year),
            (json!(u64::MAX), year),
            (json!("1e999"), year),
            (json!(i64::MAX), year),
        ] {
            assert_eq!(of(given.clone()), Ok(expected), "{given}");
        }
        for wrong in [
            json!(-1),
            json!(-1e300),
            json!("soon"),
            json!("NaN"),
            json!("-inf"),
            json!(true),
            json!([900]),
            json!({}),
        ] {
            assert!(matches!(of(wrong.clone()), Err(ClientError::Unexpected(_))), "{wrong}");
        }
    }
}

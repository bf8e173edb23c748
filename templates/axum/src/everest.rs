//! Who calls. The OpenEverest API says it: a header alone could be anybody's.

use crate::service::Problem;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::time::Duration;

/// The OpenEverest API.
#[derive(Clone)]
pub struct Everest {
    client: reqwest::Client,
    address: String,
}

#[derive(Deserialize)]
struct Context {
    user: String,
}

impl Everest {
    /// The API at this address.
    pub fn new(address: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        Ok(Self { client, address: address.trim_end_matches('/').to_owned() })
    }

    /// The user who sends these headers.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<String, Problem> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = || text("authorization")?.strip_prefix("Bearer ");
        let token = text("x-everest-user").or_else(bearer);
        let token = token.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "missing auth token"))?;
        let unreachable = |_| Problem::new(StatusCode::BAD_GATEWAY, "the OpenEverest API is not reachable");
        let address = format!("{}/v1/clusters/main/plugin-context", self.address);
        let answer = self.client.get(address).bearer_auth(token).send().await.map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => Ok(answer.json::<Context>().await.map_err(unreachable)?.user),
            code @ (401 | 403) => {
                let status = StatusCode::from_u16(code).unwrap_or(StatusCode::UNAUTHORIZED);
                Err(Problem::new(status, "the OpenEverest API refuses the token"))
            }
            code => {
                Err(Problem::new(StatusCode::BAD_GATEWAY, format!("the OpenEverest API answered {code}")))
            }
        }
    }
}

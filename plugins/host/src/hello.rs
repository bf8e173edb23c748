//! The plugin that is always there: its backend is in this binary, and it shows each thing that a plugin can
//! do once.

use super::plugins::{Manifest, ProxyTarget, ServedPlugin, read};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// The plugin's name.
pub const NAME: &str = "hello";
/// The most jobs that are remembered; the oldest goes first.
const MOST_JOBS: usize = 1000;

type Jobs = Arc<Mutex<BTreeMap<u64, HelloJob>>>;

struct HelloJob {
    started: Instant,
    lasts: Duration,
}

/// Starts the backend on its own port and gives the plugin.
pub async fn start() -> io::Result<ServedPlugin> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let service = axum::serve(listener, router());
    tokio::spawn(async move { service.await });
    let manifest = manifest().map_err(io::Error::other)?;
    Ok(ServedPlugin { manifest, target: ProxyTarget::BuiltIn(address), credentials: None, frontend: None })
}

fn manifest() -> Result<Manifest, String> {
    read(&json!({
        "apiVersion": "extensions.openeverest.io/v1alpha1",
        "kind": "Plugin",
        "metadata": {"name": NAME},
        "spec": {
            "displayName": "Hello",
            "description": "Demo plugin: greets, counts and runs jobs",
            "version": env!("CARGO_PKG_VERSION"),
            "vendor": "everestctl",
            "backend": {"serviceRef": {"namespace": "everest-system", "name": NAME, "port": 8080}},
        },
    }))
}

fn router() -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/openapi.json", get(|| async { Json(openapi()) }))
        .route("/api/greet/{name}", get(greet))
        .route(
            "/api/languages",
            get(|| async {
                Json(json!([{"code": "en", "greeting": "Hello"}, {"code": "de", "greeting": "Hallo"}]))
            }),
        )
        .route("/api/jobs", get(jobs).post(start_job))
        .route("/api/jobs/{id}", get(job))
        .route("/api/ticks", get(ticks))
        .route("/api/echo", post(|body: Body| async { body }))
        .with_state(Jobs::default())
}

#[derive(Deserialize)]
struct Language {
    language: Option<String>,
}

async fn greet(Path(name): Path<String>, Query(Language { language }): Query<Language>) -> Response {
    let greeting = match language.as_deref() {
        None | Some("en") => "Hello",
        Some("de") => "Hallo",
        Some(other) => return failure(StatusCode::BAD_REQUEST, &format!("no greeting in {other}")),
    };
    Json(json!({"message": format!("{greeting}, {name}!")})).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewJob {
    seconds: u64,
}

async fn start_job(State(jobs): State<Jobs>, Json(NewJob { seconds }): Json<NewJob>) -> Response {
    if !(1..=3600).contains(&seconds) {
        return failure(StatusCode::BAD_REQUEST, "seconds must be 1..3600");
    }
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    let id = jobs.keys().next_back().map_or(1, |last| last + 1);
    jobs.insert(id, HelloJob { started: Instant::now(), lasts: Duration::from_secs(seconds) });
    while jobs.len() > MOST_JOBS {
        jobs.pop_first();
    }
    (StatusCode::ACCEPTED, Json(json!({"id": id.to_string(), "status": "running"}))).into_response()
}

async fn jobs(State(jobs): State<Jobs>) -> Json<Value> {
    let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({"jobs": jobs.iter().map(|(id, job)| job.shown(*id)).collect::<Vec<_>>()}))
}

async fn job(State(jobs): State<Jobs>, Path(id): Path<u64>) -> Response {
    let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    match jobs.get(&id) {
        Some(job) => Json(job.shown(id)).into_response(),
        None => failure(StatusCode::NOT_FOUND, "no such job"),
    }
}

impl HelloJob {
    fn shown(&self, id: u64) -> Value {
        let elapsed = self.started.elapsed();
        let done = elapsed >= self.lasts;
        let percent = if done { 100 } else { elapsed.as_millis() * 100 / self.lasts.as_millis().max(1) };
        json!({"id": id.to_string(), "status": if done { "succeeded" } else { "running" }, "percent": percent})
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ticks {
    #[serde(default = "ten")]
    count: u64,
    #[serde(default = "second")]
    interval_ms: u64,
}

fn ten() -> u64 {
    10
}

fn second() -> u64 {
    1000
}

/// A stream of numbered events.
async fn ticks(Query(Ticks { count, interval_ms }): Query<Ticks>) -> Response {
    let frames = stream::unfold(1_u64, move |number| async move {
        if number > count {
            return None;
        }
        if number > 1 {
            tokio::time::sleep(Duration::from_millis(interval_ms)).await;
        }
        let frame = format!("id: {number}\nevent: tick\ndata: {{\"number\":{number}}}\n\n");
        Some((Ok::<_, io::Error>(frame), number + 1))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames)).into_response()
}

fn failure(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({"error": text}))).into_response()
}

/// What the backend offers, for clients that make commands of it.
fn openapi() -> Value {
    let named = |name: &str, place: &str, schema: Value| json!({"name": name, "in": place, "required": place == "path", "schema": schema});
    let answer = |schema: Value| json!({"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}});
    let text = || json!({"type": "string"});
    let job = json!({"type": "object", "properties": {"id": {"type": "string"}, "status": {"type": "string",
        "enum": ["running", "succeeded"]}, "percent": {"type": "integer"}}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Hello", "version": env!("CARGO_PKG_VERSION"), "description": "Demo plugin: greets, counts and runs jobs."},
        "paths": {
            "/api/greet/{name}": {"get": {
                "operationId": "greet", "summary": "Print a greeting", "x-cli-name": "greet",
                "parameters": [named("name", "path", text()),
                    named("language", "query", json!({"type": "string", "enum": ["en", "de"], "default": "en"}))],
                "responses": answer(json!({"type": "object", "properties": {"message": {"type": "string"}}})),
            }},
            "/api/languages": {"get": {
                "operationId": "languages", "summary": "List the languages", "x-cli-name": "languages",
                "responses": answer(json!({"type": "array", "items": {"type": "object",
                    "properties": {"code": {"type": "string"}, "greeting": {"type": "string"}}}})),
            }},
            "/api/jobs": {
                "get": {"operationId": "listJobs", "summary": "List the jobs",
                    "responses": answer(json!({"type": "object", "properties": {"jobs": {"type": "array", "items": job.clone()}}}))},
                "post": {"operationId": "createJob", "summary": "Start a job",
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object",
                        "required": ["seconds"], "properties": {"seconds": {"type": "integer", "minimum": 1, "maximum": 3600}}}}}},
                    "x-cli-wait": {"id": "/id", "poll": "getJob", "status": "/status", "success": ["succeeded"],
                        "interval": "1s", "progress": "/percent"},
                    "x-cli-examples": ["jobs create --seconds 3 --wait"],
                    "responses": {"202": {"description": "Accepted", "content": {"application/json": {"schema": job.clone()}}}}},
            },
            "/api/jobs/{id}": {"get": {
                "operationId": "getJob", "summary": "Show a job",
                "parameters": [named("id", "path", text())], "responses": answer(job),
            }},
            "/api/ticks": {"get": {
                "operationId": "ticks", "summary": "Count in a stream of events",
                "parameters": [named("count", "query", json!({"type": "integer", "default": 10})),
                    named("intervalMs", "query", json!({"type": "integer", "default": 1000}))],
                "responses": {"200": {"description": "OK", "content": {"text/event-stream": {"schema": text()}}}},
            }},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_manifest_obeys_the_rules() {
        assert_eq!(manifest().unwrap().name(), NAME);
    }
}

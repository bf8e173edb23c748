//! The routes. Their types are the OpenAPI document, and that is what makes commands of them.
//!
//! Notes are kept in memory, by user: put a database of your own in their place.

use crate::everest::Everest;
use crate::{events, exports};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{broadcast, watch};
use utoipa::{IntoParams, OpenApi, ToSchema};

/// What to type when a note is not there.
const LIST: &str = "everestctl <<name>> notes list";

/// How many notes a stream may be behind.
const BEHIND: usize = 64;

/// What the routes share.
pub struct Shared {
    everest: Everest,
    pub notes: Mutex<HashMap<String, Vec<Note>>>,
    /// By user and identifier.
    pub exports: Mutex<HashMap<(String, String), exports::Export>>,
    /// Tells of each new note, with its user.
    pub written: broadcast::Sender<(String, Note)>,
    /// Tells when the service ends.
    pub stopping: watch::Receiver<bool>,
    last: AtomicU64,
}

impl Shared {
    /// An identifier that nothing else has.
    pub fn new_id(&self, kind: &str) -> String {
        format!("{kind}{}", self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// What went wrong, as everestctl shows it: what happened, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    #[serde(skip)]
    status: StatusCode,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), hint: None }
    }

    /// The same with what to do.
    pub fn hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

/// The user who calls.
pub struct Caller(pub String);

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        shared.everest.caller(&parts.headers).await.map(Self)
    }
}

#[derive(Deserialize, ToSchema)]
struct NewNote {
    /// What to remember
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Note {
    /// Its identifier
    pub id: String,
    /// What to remember
    pub text: String,
    /// When it was written, in seconds since 1970
    #[schema(minimum = 0)]
    created: u64,
}

#[derive(Serialize, ToSchema)]
struct Notes {
    items: Vec<Note>,
    /// Where the next page starts
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Who {
    /// The user who calls
    user: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// How many on a page
    #[param(minimum = 1, maximum = 100, default = 50)]
    #[serde(default = "usual")]
    limit: usize,
    /// Where the page starts
    after: Option<String>,
}

const fn usual() -> usize {
    50
}

#[derive(OpenApi)]
#[openapi(
    info(title = "<<title>>", description = "Keep notes"),
    paths(
        whoami,
        list_notes,
        create_note,
        get_note,
        delete_note,
        events::watch_notes,
        exports::start_export,
        exports::get_export
    )
)]
struct Document;

/// The routes of the service. Streams that somebody follows end when it is `stopping`.
pub fn routes(everest: Everest, stopping: watch::Receiver<bool>) -> Router {
    let shared = Shared {
        everest,
        notes: Mutex::default(),
        exports: Mutex::default(),
        written: broadcast::channel(BEHIND).0,
        stopping,
        last: AtomicU64::new(0),
    };
    Router::new()
        .route("/healthz", get(|| async { Json(json!({})) }))
        .route("/openapi.json", get(|| async { Json(document()) }))
<% if ui %>
        .route("/main.js", get(bundle))
<% endif %>
        .route("/api/whoami", get(whoami))
        .route("/api/notes", get(list_notes).post(create_note))
        .route("/api/notes/{id}", get(get_note).delete(delete_note))
        .route("/api/events", get(events::watch_notes))
        .route("/api/exports", post(exports::start_export))
        .route("/api/exports/{id}", get(exports::get_export))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not found") })
        .with_state(Arc::new(shared))
}

/// The document of utoipa, with the keys that make good commands of its operations.
fn document() -> Value {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    let keys = [
        (
            "/paths/~1api~1notes/get",
            json!({
                "x-cli-examples": ["notes list", "notes list --all -o json"],
                "x-cli-columns": { "rows": "/items", "columns": ["id", "text"] },
                "x-cli-paginate": { "cursor": "/next", "parameter": "after", "size": "limit" },
            }),
        ),
        (
            "/paths/~1api~1notes/post",
            json!({ "x-cli-examples": ["notes create --text 'Upgrade shop on Friday'"] }),
        ),
        (
            "/paths/~1api~1events/get",
            json!({
                "x-cli-name": "notes watch",
                "x-cli-examples": ["notes watch", "notes watch -f"],
                "x-cli-columns": { "columns": ["id", "text"] },
                "x-cli-follow": { "parameter": "follow" },
            }),
        ),
        (
            "/paths/~1api~1exports/post",
            json!({
                "x-cli-examples": ["exports create --wait"],
                "x-cli-wait": {
                    "id": "/id", "poll": "getExport", "status": "/status", "success": ["succeeded"],
                    "failure": ["failed"], "message": "/error", "interval": "1s",
                },
            }),
        ),
        ("/paths/~1api~1notes~1{id}/delete", json!({ "x-cli-confirm": "delete the note {id}?" })),
        ("/paths/~1api~1notes~1{id}/get/parameters/0", ids()),
        ("/paths/~1api~1notes~1{id}/delete/parameters/0", ids()),
    ];
    for (place, keys) in keys {
        if let (Some(Value::Object(found)), Value::Object(keys)) = (document.pointer_mut(place), keys) {
            found.extend(keys);
        }
    }
    document
}

/// Where TAB finds the values of `id`.
fn ids() -> Value {
    json!({ "x-cli-complete": { "operation": "listNotes", "values": "/items/*/id", "describe": "/items/*/text" } })
}
<% if ui %>

async fn bundle() -> Response {
    match tokio::fs::read("ui/dist/main.js").await {
        Ok(bundle) => ([(axum::http::header::CONTENT_TYPE, "text/javascript")], bundle).into_response(),
        Err(_) => Problem::new(StatusCode::NOT_FOUND, "the frontend is not built").into_response(),
    }
}
<% endif %>

/// Show who calls
#[utoipa::path(get, path = "/api/whoami", operation_id = "whoami", tag = "whoami",
    responses((status = 200, body = Who), (status = 401, body = Problem), (status = "default", body = Problem)))]
async fn whoami(Caller(user): Caller) -> Json<Who> {
    Json(Who { user })
}

/// List notes
#[utoipa::path(get, path = "/api/notes", operation_id = "listNotes", tag = "notes", params(Page),
    responses((status = 200, body = Notes), (status = 401, body = Problem), (status = "default", body = Problem)))]
async fn list_notes(
    State(shared): State<Arc<Shared>>,
    Caller(user): Caller,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Notes>, Problem> {
    let Query(page) = page?;
    if !(1..=100).contains(&page.limit) {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "limit: must be 1 to 100"));
    }
    let notes = shared.notes.lock().unwrap_or_else(PoisonError::into_inner);
    let mine = notes.get(&user).map(Vec::as_slice).unwrap_or_default();
    let start = match &page.after {
        None => 0,
        Some(after) => match mine.iter().position(|note| note.id == *after) {
            Some(at) => at + 1,
            None => {
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "after: there is no such note");
                return Err(problem.hint("start at the first page again"));
            }
        },
    };
    let end = mine.len().min(start + page.limit);
    let items = mine[start..end].to_vec();
    let next = if end < mine.len() { items.last().map(|note| note.id.clone()) } else { None };
    Ok(Json(Notes { items, next }))
}

/// Write a note
#[utoipa::path(post, path = "/api/notes", operation_id = "createNote", tag = "notes", request_body = NewNote,
    responses((status = 201, body = Note), (status = 401, body = Problem), (status = "default", body = Problem)))]
async fn create_note(
    State(shared): State<Arc<Shared>>,
    Caller(user): Caller,
    note: Result<Json<NewNote>, JsonRejection>,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let Json(NewNote { text }) = note?;
    if text.is_empty() || text.len() > 10_000 {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "text: must have 1 to 10,000 characters"));
    }
    let id = shared.new_id("n");
    let created = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let note = Note { id, text, created };
    let mut notes = shared.notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.entry(user.clone()).or_default().push(note.clone());
    // It is no failure that nobody listens.
    let _ = shared.written.send((user, note.clone()));
    Ok((StatusCode::CREATED, Json(note)))
}

/// Show a note
#[utoipa::path(get, path = "/api/notes/{id}", operation_id = "getNote", tag = "notes",
    params(("id" = String, Path, description = "The note")),
    responses((status = 200, body = Note), (status = 401, body = Problem), (status = "default", body = Problem)))]
async fn get_note(
    State(shared): State<Arc<Shared>>,
    Caller(user): Caller,
    Path(id): Path<String>,
) -> Result<Json<Note>, Problem> {
    let notes = shared.notes.lock().unwrap_or_else(PoisonError::into_inner);
    let found = notes.get(&user).and_then(|mine| mine.iter().find(|note| note.id == id));
    found.cloned().map(Json).ok_or_else(|| missing(&id))
}

/// Delete a note
#[utoipa::path(delete, path = "/api/notes/{id}", operation_id = "deleteNote", tag = "notes",
    params(("id" = String, Path, description = "The note")),
    responses((status = 204), (status = 401, body = Problem), (status = "default", body = Problem)))]
async fn delete_note(
    State(shared): State<Arc<Shared>>,
    Caller(user): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut notes = shared.notes.lock().unwrap_or_else(PoisonError::into_inner);
    let mine = notes.entry(user).or_default();
    let at = mine.iter().position(|note| note.id == id).ok_or_else(|| missing(&id))?;
    mine.remove(at);
    Ok(StatusCode::NO_CONTENT)
}

fn missing(id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("no note {id}")).hint(LIST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::{Request, header};
    use http_body_util::BodyExt as _;
    use std::time::Duration;
    use tokio::net::TcpListener;
    use tower::ServiceExt as _;

    /// An OpenEverest API for which a token is the name of its user.
    async fn everest() -> Everest {
        let context = |headers: axum::http::HeaderMap| async move {
            let bearer = headers["authorization"].to_str().unwrap().replace("Bearer ", "");
            Json(json!({ "user": bearer }))
        };
        let routes = Router::new().route("/v1/clusters/main/plugin-context", get(context));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Everest::new(&address).unwrap()
    }

    /// The service, and what keeps it from ending.
    async fn service() -> (Router, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        (routes(everest().await, stopping), stop)
    }

    async fn ask(routes: &Router, user: &str, request: &str, body: Option<Value>) -> (u16, Value) {
        let (method, path) = request.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        if !user.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {user}"));
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
        let answer = routes.clone().oneshot(request.unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    #[tokio::test]
    async fn a_note_from_its_beginning_to_its_end() {
        let (routes, _stop) = service().await;
        let (status, made) = ask(&routes, "dana", "POST /api/notes", Some(json!({"text": "a"}))).await;
        assert_eq!(status, 201);
        let place = format!("/api/notes/{}", made["id"].as_str().unwrap());
        assert_eq!(ask(&routes, "dana", &format!("GET {place}"), None).await, (200, made.clone()));
        let (_, listed) = ask(&routes, "dana", "GET /api/notes", None).await;
        assert_eq!(listed["items"], json!([made]));
        // Nobody else sees it.
        assert_eq!(ask(&routes, "eve", &format!("DELETE {place}"), None).await.0, 404);
        assert_eq!(ask(&routes, "dana", &format!("DELETE {place}"), None).await.0, 204);
        let (status, gone) = ask(&routes, "dana", &format!("GET {place}"), None).await;
        assert_eq!((status, &gone["hint"]), (404, &json!(LIST)));
    }

    #[tokio::test]
    async fn pages_are_whole() {
        let (routes, _stop) = service().await;
        for text in ["a", "b", "c", "d", "e"] {
            ask(&routes, "dana", "POST /api/notes", Some(json!({ "text": text }))).await;
        }
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let (_, page) = ask(&routes, "dana", &format!("GET /api/notes?limit=2{after}"), None).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|note| note["text"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    }

    /// The status of a stream, the ids of the events that come within a moment, and the stream.
    async fn events(routes: &Router, query: &str, last: Option<&str>) -> (u16, Vec<String>, Body) {
        let mut request = Request::builder().uri(format!("/api/events{query}"));
        request = request.header(header::AUTHORIZATION, "Bearer dana");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (status, mut body) = (answer.status().as_u16(), answer.into_body());
        (status, ids(&mut body).await, body)
    }

    async fn ids(body: &mut Body) -> Vec<String> {
        let mut found = Vec::new();
        let moment = Duration::from_millis(200);
        while let Ok(frame) = tokio::time::timeout(moment, body.frame()).await {
            let Some(frame) = frame else {
                found.push("end".to_owned());
                break;
            };
            let data = frame.unwrap().into_data().unwrap();
            let lines = std::str::from_utf8(&data).unwrap().lines();
            found.extend(lines.filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned));
        }
        found
    }

    #[tokio::test]
    async fn a_stream_goes_on_behind_its_last_event() {
        let (routes, stop) = service().await;
        for text in ["a", "b"] {
            ask(&routes, "dana", "POST /api/notes", Some(json!({ "text": text }))).await;
        }
        let (_, seen, _) = events(&routes, "", None).await;
        assert_eq!(seen, ["n1", "n2", "end"]);
        let (_, seen, mut body) = events(&routes, "?follow=true", Some("n1")).await;
        assert_eq!(seen, ["n2"]);
        ask(&routes, "eve", "POST /api/notes", Some(json!({ "text": "of somebody else" }))).await;
        ask(&routes, "dana", "POST /api/notes", Some(json!({ "text": "c" }))).await;
        assert_eq!(ids(&mut body).await, ["n4"]);
        // It does not keep the service from ending.
        stop.send(true).unwrap();
        assert_eq!(ids(&mut body).await, ["end"]);
        assert_eq!(events(&routes, "", Some("none")).await.0, 410);
    }

    #[tokio::test]
    async fn an_export_comes_to_its_end() {
        let (routes, _stop) = service().await;
        for (text, expected) in [("error", "there are no notes"), ("text", "a\n")] {
            let (status, started) = ask(&routes, "dana", "POST /api/exports", None).await;
            assert_eq!((status, &started["status"]), (202, &json!("running")));
            let place = format!("GET /api/exports/{}", started["id"].as_str().unwrap());
            assert_eq!(ask(&routes, "eve", &place, None).await.0, 404);
            let end = loop {
                let (_, shown) = ask(&routes, "dana", &place, None).await;
                if shown["status"] != "running" {
                    break shown;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            assert_eq!(end[text], expected);
            ask(&routes, "dana", "POST /api/notes", Some(json!({ "text": "a" }))).await;
        }
    }

    #[tokio::test]
    async fn strangers_and_wrong_requests_are_refused() {
        let (routes, _stop) = service().await;
        assert_eq!(ask(&routes, "", "GET /api/notes", None).await.0, 401);
        assert_eq!(ask(&routes, "", "GET /api/events", None).await.0, 401);
        assert_eq!(ask(&routes, "dana", "GET /api/exports/e1", None).await.0, 404);
        assert_eq!(ask(&routes, "dana", "POST /api/notes", Some(json!({"text": ""}))).await.0, 422);
        assert_eq!(ask(&routes, "dana", "GET /api/notes?limit=0", None).await.0, 422);
        assert_eq!(ask(&routes, "", "GET /healthz", None).await.0, 200);
        let away = super::routes(Everest::new("http://127.0.0.1:9").unwrap(), watch::channel(false).1);
        assert_eq!(ask(&away, "dana", "GET /api/notes", None).await.0, 502);
    }

    #[test]
    fn the_document_makes_good_commands() {
        let document = document();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["paths"]["/api/notes"]["get"]["x-cli-paginate"]["parameter"], "after");
        for method in ["get", "delete"] {
            let parameter = &document["paths"]["/api/notes/{id}"][method]["parameters"][0];
            assert_eq!(parameter["x-cli-complete"]["operation"], "listNotes");
        }
    }
}

//! A job: all notes of a user as one text. It goes on after the request that starts it is answered.

use crate::service::{Caller, Problem, Shared};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Export {
    /// Its identifier
    id: String,
    /// How far it is
    status: ExportStatus,
    /// All notes
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Why it failed
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ExportStatus {
    Running,
    Succeeded,
    Failed,
}

/// Export all notes as text
#[utoipa::path(post, path = "/api/exports", operation_id = "startExport", tag = "exports",
    responses((status = 202, body = Export), (status = 401, body = Problem), (status = "default", body = Problem)))]
pub async fn start_export(
    State(shared): State<Arc<Shared>>,
    Caller(user): Caller,
) -> (StatusCode, Json<Export>) {
    let export = Export { id: shared.new_id("e"), status: ExportStatus::Running, text: None, error: None };
    let key = (user, export.id.clone());
    shared.exports.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), export.clone());
    tokio::spawn(async move {
        // Yours takes its time.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (user, id) = key;
        let notes = shared.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let text: String =
            notes.get(&user).into_iter().flatten().map(|note| note.text.clone() + "\n").collect();
        let mut export = Export { id: id.clone(), status: ExportStatus::Succeeded, text: None, error: None };
        if text.is_empty() {
            (export.status, export.error) = (ExportStatus::Failed, Some("there are no notes".to_owned()));
        } else {
            export.text = Some(text);
        }
        shared.exports.lock().unwrap_or_else(PoisonError::into_inner).insert((user, id), export);
    });
    (StatusCode::ACCEPTED, Json(export))
}

/// Show an export
#[utoipa::path(get, path = "/api/exports/{id}", operation_id = "getExport", tag = "exports",
    params(("id" = String, Path, description = "The export")),
    responses((status = 200, body = Export), (status = 401, body = Problem), (status = "default", body = Problem)))]
pub async fn get_export(
    State(shared): State<Arc<Shared>>,
    Caller(user): Caller,
    Path(id): Path<String>,
) -> Result<Json<Export>, Problem> {
    let exports = shared.exports.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (user, id);
    exports.get(&key).cloned().map(Json).ok_or_else(|| {
        let problem = Problem::new(StatusCode::NOT_FOUND, format!("no export {}", key.1));
        problem.hint("everestctl <<name>> exports create")
    })
}

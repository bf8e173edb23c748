//! A realistic utoipa service's document, as utoipa makes it: `cargo run > ../../utoipa.json`.
#![allow(dead_code)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, OpenApi, ToSchema};

/// A task.
#[derive(Serialize, Deserialize, ToSchema)]
struct Todo {
    /// Its number.
    #[schema(read_only)]
    id: i32,
    /// What is to be done.
    #[schema(example = "Buy milk", min_length = 1)]
    value: String,
    done: bool,
    priority: Priority,
    due: Option<String>,
    labels: BTreeMap<String, String>,
    #[schema(format = DateTime)]
    created_at: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Priority {
    Low,
    Normal,
    High,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Target {
    S3 { bucket: String, region: Option<String> },
    File { path: String },
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BackupRequest {
    target: Target,
    compression_level: Option<u8>,
}

#[derive(Serialize, Deserialize, ToSchema)]
struct Failure {
    message: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only tasks with this text.
    value: Option<String>,
    done: Option<bool>,
    priority: Option<Priority>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

/// List the tasks.
///
/// All of them, or those that the query asks for.
#[utoipa::path(get, path = "/todos", tag = "todo", params(Filter), responses((status = 200, description = "The tasks", body = [Todo])))]
fn list_todos() {}

/// Create a task.
#[utoipa::path(post, path = "/todos", tag = "todo", request_body = Todo, responses((status = 201, body = Todo), (status = 409, body = Failure)))]
fn create_todo() {}

/// Get one task.
#[utoipa::path(get, path = "/todos/{id}", tag = "todo", params(("id" = i32, Path, description = "The number of the task")), responses((status = 200, body = Todo), (status = 404, body = Failure)))]
fn get_todo_by_id() {}

/// Mark a task as done.
#[utoipa::path(put, path = "/todos/{id}", tag = "todo", params(("id" = i32, Path)), responses((status = 200)))]
fn mark_done() {}

/// Delete a task.
#[utoipa::path(delete, path = "/todos/{id}", tag = "todo", params(("id" = i32, Path)), responses((status = 204)), security(("api_key" = [])))]
fn delete_todo() {}

/// Follow what happens.
#[utoipa::path(get, path = "/events", responses((status = 200, content_type = "text/event-stream", body = String)))]
fn events() {}

/// Back the tasks up.
#[utoipa::path(post, path = "/backups", request_body = BackupRequest, responses((status = 202)))]
fn start_backup() {}

/// Fetch an attachment.
#[utoipa::path(get, path = "/todos/{id}/attachment", params(("id" = i32, Path)), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)))]
fn attachment() {}

#[derive(OpenApi)]
#[openapi(
    info(title = "Todo", description = "A list of things to do"),
    paths(list_todos, create_todo, get_todo_by_id, mark_done, delete_todo, events, start_backup, attachment)
)]
struct Document;

fn main() {
    println!("{}", Document::openapi().to_pretty_json().expect("a document"));
}

//! The stream of notes. The id of an event is that of its note: who was cut off names it in `Last-Event-ID`, and goes on behind it.

use crate::service::{Caller, Note, Problem, Shared};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use std::sync::{Arc, PoisonError};
use tokio::sync::{broadcast, watch};
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Watch {
    /// Wait for new notes
    #[param(default = false)]
    #[serde(default)]
    follow: bool,
}

/// Show notes as they are written
#[utoipa::path(get, path = "/api/events", operation_id = "watchNotes", tag = "notes", params(Watch),
    responses((status = 200, description = "An event for each note", body = Note, content_type = "text/event-stream"),
        (status = 401, body = Problem), (status = "default", body = Problem)))]
pub async fn watch_notes(
    State(shared): State<Arc<Shared>>,
    Caller(user): Caller,
    headers: HeaderMap,
    watch: Result<Query<Watch>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, Problem> {
    let Query(Watch { follow }) = watch?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let following = Following::new(&shared, user, last, follow)?;
    let events = stream::unfold(following, |mut following| async move {
        let note = following.next().await?;
        Some((Event::default().id(note.id.clone()).event("note").json_data(note), following))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Somebody who reads the stream.
struct Following {
    user: String,
    past: std::vec::IntoIter<Note>,
    follow: bool,
    written: broadcast::Receiver<(String, Note)>,
    stopping: watch::Receiver<bool>,
}

impl Following {
    fn new(shared: &Shared, user: String, last: Option<&str>, follow: bool) -> Result<Self, Problem> {
        // Nothing is written between what is past and what is new.
        let notes = shared.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = notes.get(&user).map(Vec::as_slice).unwrap_or_default();
        let start = match last {
            None => 0,
            Some(last) => mine
                .iter()
                .position(|note| note.id == last)
                .map(|at| at + 1)
                .ok_or_else(|| Problem::new(StatusCode::GONE, "Last-Event-ID: there is no such note"))?,
        };
        let past = mine[start..].to_vec().into_iter();
        Ok(Self {
            past,
            follow,
            written: shared.written.subscribe(),
            stopping: shared.stopping.clone(),
            user,
        })
    }

    /// The next note; nothing when the service ends, or when the reader is too far behind and has to come again.
    async fn next(&mut self) -> Option<Note> {
        if let Some(note) = self.past.next() {
            return Some(note);
        }
        while self.follow {
            let written = tokio::select! {
                written = self.written.recv() => written,
                _ = self.stopping.changed() => return None,
            };
            let (user, note) = written.ok()?;
            if user == self.user {
                return Some(note);
            }
        }
        None
    }
}

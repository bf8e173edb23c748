//! `GET /v1/events`: what happened and what happens, as a stream (reference, section 4).

use super::auth::{Caller, place};
use super::{message, too_many};
use crate::host::Host;
use crate::host::events::{CONNECTED, Event, HEARTBEAT};
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{Extensions, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Filter {
    types: Option<String>,
    namespaces: Option<String>,
    since: Option<String>,
}

pub(super) async fn stream(
    caller: Caller,
    State(host): State<Arc<Host>>,
    extensions: Extensions,
    Query(filter): Query<Filter>,
) -> Response {
    if place(&extensions).is_some_and(|place| place.follows(caller.user()).is_err()) {
        return too_many("too many event streams of this user");
    }
    let Ok((missed, live)) = host.events.follow(filter.since.as_deref()) else {
        return message(
            StatusCode::GONE,
            "the cursor is no longer valid: list again and reconnect without it",
        );
    };
    // A follower that is too far behind is disconnected: the stream just ends.
    let live = stream::unfold(live, |mut live| async move {
        match tokio::time::timeout(HEARTBEAT, live.recv()).await {
            Ok(Ok(event)) => Some((Some(event), live)),
            Ok(Err(_)) => None,
            Err(_) => Some((None, live)),
        }
    });
    let frames = stream::iter(missed.into_iter().map(Some)).chain(live).filter_map(move |event| {
        let frame = match event {
            Some(event) => filter.allows(&event).then(|| event.frame()),
            None => Some(": alive\n\n".to_owned()),
        };
        std::future::ready(frame)
    });
    let frames =
        stream::once(std::future::ready(CONNECTED.to_owned())).chain(frames).map(Ok::<_, Infallible>);
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(frames)).into_response()
}

impl Filter {
    fn allows(&self, event: &Event) -> bool {
        let named = |list: &Option<String>, value: &str| {
            list.as_deref()
                .filter(|list| !list.is_empty())
                .is_none_or(|list| list.split(',').any(|item| item.trim() == value))
        };
        named(&self.types, event.kind)
            && named(&self.namespaces, event.namespace.as_deref().unwrap_or_default())
    }
}

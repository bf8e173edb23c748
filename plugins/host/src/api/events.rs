//! `GET /v1/events`: what happened and what happens, as a stream (reference, section 4).

use super::caller::{Caller, place};
use super::{message, too_many};
use crate::Host;
use crate::events::{HEARTBEAT, HostEvent};
use axum::extract::{Query, State};
use axum::http::{Extensions, StatusCode};
use axum::response::sse::{self, KeepAlive, Sse};
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
    if let Err(refusal) = caller.needs("events", "read") {
        return refusal;
    }
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
    let live = stream::unfold(live, |mut live| async move { Some((live.recv().await.ok()?, live)) });
    let events = stream::iter(missed).chain(live);
    let frames =
        events.filter_map(move |event| std::future::ready(filter.allows(&event).then(|| frame(&event))));
    let connected = stream::once(std::future::ready(sse::Event::default().comment("connected")));
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    Sse::new(connected.chain(frames).map(Ok::<_, Infallible>)).keep_alive(alive).into_response()
}

fn frame(event: &HostEvent) -> sse::Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    sse::Event::default().id(event.cursor()).event(event.kind).data(data)
}

impl Filter {
    fn allows(&self, event: &HostEvent) -> bool {
        let named = |list: &Option<String>, value: &str| {
            list.as_deref()
                .filter(|list| !list.is_empty())
                .is_none_or(|list| list.split(',').any(|item| item.trim() == value))
        };
        named(&self.types, event.kind)
            && named(&self.namespaces, event.namespace.as_deref().unwrap_or_default())
    }
}

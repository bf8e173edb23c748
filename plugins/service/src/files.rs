//! Files that are a part of the program: the page of a plugin, its OpenAPI document. They are the same for everybody, and as new as
//! the program.

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Answers a GET with `content`, or that it is still what the caller has.
pub fn file<S: Clone + Send + Sync + 'static>(
    content: impl Into<Bytes>,
    media: &'static str,
) -> MethodRouter<S> {
    let content = content.into();
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let tag = format!("\"{:x}\"", hasher.finish());
    get(async move |asked: HeaderMap| answer(content, media, &tag, &asked))
}

fn answer(content: Bytes, media: &'static str, tag: &str, asked: &HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_str(tag).map(|tag| (ETAG, tag)));
    // A browser that has it asks whether there is a newer one, so that a page and its backend belong together.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    (headers, content).into_response()
}

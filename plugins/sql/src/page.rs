//! The plugin's page: what was built from `ui`, which is part of this program, so that building it needs no Node.
//!
//! It must not know what the page does.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

const BUNDLE: &[u8] = include_bytes!("../ui/dist/main.js");
const LICENSES: &[u8] = include_bytes!("../ui/dist/licenses.txt");

/// The bundle, and the licenses of what it contains. Everybody gets them, as the bundle of every plugin.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/main.js", file(BUNDLE, "text/javascript; charset=utf-8"))
        .route("/licenses.txt", file(LICENSES, "text/plain; charset=utf-8"))
}

fn file<S: Clone + Send + Sync + 'static>(
    content: &'static [u8],
    media: &'static str,
) -> axum::routing::MethodRouter<S> {
    let tag = tag_of(content);
    get(async move |headers: HeaderMap| answer(content, media, &tag, &headers))
}

/// What names these bytes, and no others.
fn tag_of(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("\"{:x}\"", hasher.finish())
}

fn answer(content: &'static [u8], media: &'static str, tag: &str, asked: &HeaderMap) -> Response {
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

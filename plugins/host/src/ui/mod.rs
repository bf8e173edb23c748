//! The web shell: a page in front of the API that shows the bundles of plugins as OpenEverest shows them (design,
//! section 13).
//!
//! * `assets`: what was built from `plugins/host/ui`, which is part of this program;
//! * `page`: the page with what differs from one request to the next;
//! * `headers`: what a browser lets the page do.
//!
//! It must not know plugins or callers: the page asks the API for them as any other client.

mod assets;
mod headers;
mod page;

use super::settings::{Compat, HostSettings};
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Response, StatusCode};

/// Where the files of the page are.
const STATIC: &str = "/static/";

/// The answer to a GET of `path`: a file, or the page, which finds by itself what an address of its own means. There is none
/// for a file that does not exist.
pub(crate) fn answer(path: &str, settings: &HostSettings, nonce: &str) -> Option<Response<Body>> {
    let (media, body) = if path.starts_with(STATIC) {
        let asset = assets::find(path)?;
        (asset.media, Body::from(asset.content))
    } else {
        let compat = match settings.compat {
            Compat::Spec => "spec",
            Compat::Upstream => "upstream",
        };
        ("text/html; charset=utf-8", Body::from(page::render(nonce, &settings.version, compat)?))
    };
    let mut response =
        Response::builder().status(StatusCode::OK).header(CONTENT_TYPE, media).body(body).ok()?;
    headers::add(response.headers_mut(), nonce);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn settings(compat: Compat) -> HostSettings {
        HostSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            plugins: Vec::new(),
            policy: None,
            instances: None,
            compat,
            state: None,
            access_lifetime: Duration::ZERO,
            refresh_lifetime: Duration::ZERO,
            connections: 1,
            namespaces: Vec::new(),
            allowed_hosts: Vec::new(),
            ui: true,
            version: "2.1.0".to_owned(),
        }
    }

    #[test]
    fn every_address_is_the_page_and_only_files_can_be_missing() {
        for path in ["/", "/databases", "/plugins/sql/history", "/favicon.ico"] {
            let response = answer(path, &settings(Compat::Spec), "abc").unwrap();
            assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        }
        let shell = answer("/static/shell.js", &settings(Compat::Spec), "abc").unwrap();
        assert_eq!(shell.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert!(answer("/static/none.js", &settings(Compat::Spec), "abc").is_none());
        assert!(answer("/static/../page.html", &settings(Compat::Spec), "abc").is_none());
    }
}

//! The page, with what differs from one request to the next: the nonce, the version that plugins are told, and how the
//! host behaves.
//!
//! It must not know what the page does.

use super::assets;

/// The page as it was built.
const PAGE: &str = "/page.html";

/// The page for one request. There is none if it was not built.
pub(super) fn render(nonce: &str, version: &str, compat: &str) -> Option<String> {
    let page = std::str::from_utf8(assets::find(PAGE)?.content).ok()?;
    Some(
        page.replace("{{CSP_NONCE}}", &attribute(nonce))
            .replace("{{EVEREST_VERSION}}", &attribute(version))
            .replace("{{COMPAT}}", &attribute(compat)),
    )
}

/// `text` as the value of an attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_what_the_contract_names() {
        let page = render("n0nce", "2.1.0", "spec").unwrap();
        for expected in [
            r#"<meta name="csp-nonce" content="n0nce""#,
            r#"<meta name="everest-version" content="2.1.0""#,
            r#"<script type="importmap" nonce="n0nce">"#,
            r#""react": "/static/plugin-runtime/react.js""#,
            r#""react-dom": "/static/plugin-runtime/react-dom.js""#,
            r#""react/jsx-runtime": "/static/plugin-runtime/react-jsx-runtime.js""#,
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        assert!(!page.contains("{{"));
        let (map, module) = (page.find("importmap").unwrap(), page.find(r#"type="module""#).unwrap());
        assert!(map < module, "the import map comes before any module");
    }

    #[test]
    fn what_goes_in_stays_an_attribute() {
        let page = render("x", r#""><script>alert(1)</script>"#, "spec").unwrap();
        assert!(!page.contains("<script>alert"));
    }
}

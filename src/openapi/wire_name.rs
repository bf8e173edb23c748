//! Which names a parameter or a credential can have where it is sent.
//!
//! It must not know what is sent. Which headers are not for a document to set is in [`super::header`].

use super::limits;
use crate::model::CleanText;

/// Why nothing can be sent under this name in `place`, a word of OpenAPI's `in`, if nothing can.
pub(super) fn fault(name: &str, place: &str) -> Option<String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let shown = CleanText::new(name);
    let is_token = !name.is_empty() && name.bytes().all(is_token);
    match place {
        _ if name.len() > limits::NAME => Some("the name of a parameter is too long".to_owned()),
        "query" if name.is_empty() => Some("the name of a parameter is empty".to_owned()),
        "header" if !is_token => Some(format!("`{shown}` is not the name of a header")),
        "cookie" if !is_token => Some(format!("`{shown}` is not the name of a cookie")),
        // They are the server's own.
        "cookie" if name.to_ascii_lowercase().starts_with("everest") => {
            Some(format!("the cookie `{shown}` is not for a document to set"))
        }
        _ => None,
    }
}

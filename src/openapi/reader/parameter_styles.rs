//! How a parameter is written: `style` and `explode`, or the content type that it has.
//!
//! It must not know what a value may be.

use super::reference::{DocumentReader, Spoilt};
use crate::model::CleanText;
use crate::openapi::{Encoding, Style};
use serde_json::{Map, Value};

impl<'a> DocumentReader<'a> {
    /// How a list or an object stands in a query, or in the field of a form (`encoding`).
    pub(super) fn style(&self, name: &str, parameter: &'a Map<String, Value>) -> Style {
        if parameter.contains_key("content") {
            return if is_json(parameter) { Style::Json } else { Style::Repeated };
        }
        let style = parameter.get("style").and_then(Value::as_str).unwrap_or("form");
        let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(style == "form");
        match (style, explode) {
            ("deepObject", _) => Style::Deep,
            ("form" | "spaceDelimited" | "pipeDelimited", true) => Style::Repeated,
            ("form", false) => Style::Commas,
            ("spaceDelimited", false) => Style::Spaces,
            ("pipeDelimited", false) => Style::Pipes,
            // Made of the `collectionFormat` of Swagger 2.0.
            ("tabDelimited", false) => Style::Tabs,
            _ => {
                self.remark(format!(
                    "`{}` has the unknown style `{}`",
                    CleanText::new(name),
                    CleanText::new(style)
                ));
                Style::Repeated
            }
        }
    }

    /// The same for a cookie.
    pub(super) fn cookie_style(&self, name: &str, parameter: &Map<String, Value>) -> Encoding {
        let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(true);
        match parameter.get("style").and_then(Value::as_str) {
            _ if parameter.contains_key("content") => simple(parameter),
            None | Some("form" | "cookie") if explode => Encoding::Styled(Style::Repeated),
            None | Some("form" | "cookie") => Encoding::Styled(Style::Commas),
            Some(style) => {
                let (name, style) = (CleanText::new(name), CleanText::new(style));
                self.remark(format!("`{name}` has the style `{style}`, which no cookie has"));
                Encoding::Styled(Style::Repeated)
            }
        }
    }
}

/// The same for a path.
pub(super) fn in_path(name: &str, parameter: &Map<String, Value>) -> Result<Encoding, Spoilt> {
    let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(false);
    Ok(match parameter.get("style").and_then(Value::as_str) {
        _ if parameter.contains_key("content") => simple(parameter),
        None | Some("simple") => simple(parameter),
        Some("label") => Encoding::Label { explode },
        Some("matrix") => Encoding::Matrix { explode },
        Some(style) => {
            let (name, style) = (CleanText::new(name), CleanText::new(style));
            return Err(Spoilt(format!("`{name}` has the style `{style}`, which no path has")));
        }
    })
}

/// How a list or an object stands in a path or a header.
pub(super) fn simple(parameter: &Map<String, Value>) -> Encoding {
    match parameter.get("explode").and_then(Value::as_bool) {
        _ if is_json(parameter) => Encoding::Styled(Style::Json),
        Some(true) => Encoding::Pairs,
        _ => Encoding::Usual,
    }
}

/// The content type of a parameter that has one.
pub(super) fn media_type(parameter: &Map<String, Value>) -> Option<&str> {
    let (kind, _) = parameter.get("content")?.as_object()?.iter().next()?;
    Some(kind.split(';').next().unwrap_or_default().trim())
}

/// Whether a parameter is written in JSON.
pub(super) fn is_json(parameter: &Map<String, Value>) -> bool {
    media_type(parameter).is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.ends_with("/json") || kind.ends_with("+json") || kind == "*/*"
    })
}

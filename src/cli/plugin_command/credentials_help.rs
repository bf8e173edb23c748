//! What help says of the credentials of the plugin's own that a command requires: which, where they are sent, and how they
//! are given. Never what they are.

use crate::openapi::{ApiCommand, SchemeKind, SecurityScheme, credential_variable, named_by};
use crate::runner::proxy::credential_source::how_to_store;

/// The lines for `command` of the plugin with this name, which was typed in this way; none where it requires nothing.
pub(super) fn lines(
    command: &ApiCommand,
    schemes: &[SecurityScheme],
    name: &str,
    typed: &str,
) -> Vec<String> {
    let required: Vec<&SecurityScheme> = named_by(command, schemes).collect();
    if required.is_empty() {
        return Vec::new();
    }
    let is_optional = command.security.iter().any(Vec::is_empty);
    let mut lines = vec![if is_optional { "Credentials (optional):" } else { "Credentials:" }.to_owned()];
    for scheme in required {
        let description = scheme.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        match &scheme.kind {
            SchemeKind::Key(place) => {
                lines.push(format!("  {}, in {place}{description}", scheme.name));
                let variable = credential_variable(name, &scheme.name);
                let store = how_to_store(typed, scheme.name.as_str(), schemes);
                lines.push(format!("    {store}, or {variable}"));
            }
            SchemeKind::Session | SchemeKind::Other(_) => {
                lines.push(format!("  {}{description}", scheme.name));
                lines.push("    It cannot be sent: the header carries your session's token".to_owned());
            }
        }
    }
    let sets = command.security.iter().filter(|set| !set.is_empty());
    let sets: Vec<String> =
        sets.map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" with ")).collect();
    if sets.len() > 1 {
        lines.push(format!("  One of these is enough: {}", sets.join("; ")));
    }
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn help_says_which_credentials_and_how_to_give_them() {
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"},
            "security": [{"apiKey": []}, {"tenant": [], "login": []}],
            "paths": {"/a": {"get": {"responses": {}}}, "/b": {"get": {"security": [], "responses": {}}}},
            "components": {"securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "From the *settings*.\nAsk Dana."},
                "tenant": {"type": "apiKey", "in": "query", "name": "tenant"},
                "login": {"type": "http", "scheme": "bearer"}}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let of = |at: usize| lines(&descriptor.commands[at], &descriptor.schemes, "my-shop", "ms").join("\n");
        assert_eq!(
            of(0),
            "Credentials:\n  apiKey, in header `X-API-Key`: From the settings. Ask Dana.\n    \
             everestctl auth plugin ms --scheme apiKey, or EVERESTCTL_PLUGIN_MY_SHOP_APIKEY\n  tenant, in query parameter `tenant`\n    \
             everestctl auth plugin ms --scheme tenant, or EVERESTCTL_PLUGIN_MY_SHOP_TENANT\n  One of these is enough: apiKey; tenant\n"
        );
        assert_eq!(of(1), "");
    }
}

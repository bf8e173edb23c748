//! The commands that edit: one for each thing that can be read and be changed at the same route.
//!
//! It must not know how a thing is edited.

use super::{ApiCommand, ArgumentPlace, BodyKind, Method, ResponseKind, limits};
use crate::model::{CleanText, CommandWord};

/// The commands `… edit` that `commands` make possible. One that a document declares itself stands first.
pub(super) fn added(commands: &[ApiCommand]) -> Vec<ApiCommand> {
    let Ok(word) = CommandWord::new("edit") else { return Vec::new() };
    let mut added: Vec<ApiCommand> = Vec::new();
    for get in commands.iter().filter(|command| is_read(command)) {
        let changing = commands.iter().filter(|command| command.route == get.route && is_change(command));
        // What sends only the difference leaves alone what others change meanwhile.
        let Some(update) = changing.min_by_key(|command| command.method != Method::Patch) else { continue };
        let words = get.words.with_last(word.clone());
        let is_taken = |other: &ApiCommand| {
            other.all_words().any(|taken| taken.as_slice().starts_with(words.as_slice()))
        };
        if get.words.as_slice().len() < 2 || commands.iter().chain(&added).any(is_taken) {
            continue;
        }
        added.push(edit(get, update, words));
    }
    added.truncate(limits::COMMANDS.saturating_sub(commands.len()));
    added
}

fn edit(get: &ApiCommand, update: &ApiCommand, words: super::Words) -> ApiCommand {
    let mut command = ApiCommand {
        summary: CleanText::new(&format!(
            "Edit what `{}` shows, in an editor or by flags, and send the change",
            get.words
        )),
        words,
        aliases: Vec::new(),
        former: None,
        other_words: Vec::new(),
        hidden: get.hidden || update.hidden,
        description: None,
        examples: Vec::new(),
        operation: None,
        confirm: None,
        confirm_when: None,
        wait: None,
        edits: Some(get.words.clone()),
        ..update.clone()
    };
    // What is not said stays as it is.
    for argument in &mut command.arguments {
        if matches!(argument.place, ArgumentPlace::Body(_)) {
            (argument.required, argument.default) = (false, None);
        }
    }
    if let Some(body) = &mut command.body {
        body.required = false;
    }
    command
}

fn is_read(command: &ApiCommand) -> bool {
    let answer = &command.answer;
    command.method == Method::Get
        && command.edits.is_none()
        && !command.attaches
        && answer.kind == ResponseKind::Json
        && answer.rows.is_none()
        && !answer.by_name
        && command.follow.is_none()
}

fn is_change(command: &ApiCommand) -> bool {
    let is_object = |body: &super::DeclaredBody| {
        body.kind == BodyKind::Json && body.object && !body.content_type.as_str().contains("json-patch")
    };
    matches!(command.method, Method::Put | Method::Patch) && command.body.as_ref().is_some_and(is_object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_can_be_read_and_changed_can_be_edited() {
        let object = json!({"content": {"application/json": {"schema": {"type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}}}}}});
        let get = json!({"responses": {"200": object}});
        let change = json!({"requestBody": object, "responses": {}});
        let list = json!({"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}}});
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {
            "/things": {"get": list, "put": change},
            "/things/{id}": {"get": get, "put": change, "patch": change},
            "/settings": {"get": get, "put": change},
            "/only/{id}": {"get": get},
            "/taken/{id}": {"get": get, "put": {"x-cli-name": "taken edit", "requestBody": object, "responses": {}}},
        }});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let added = added(&descriptor.commands);
        let words: Vec<String> =
            added.iter().map(|command| format!("{} {}", command.method, command.words)).collect();
        assert_eq!(words, ["PATCH things edit", "PUT settings edit"]);
        assert_eq!(added[0].edits.as_ref().unwrap().to_string(), "things get");
        assert!(
            added[0].arguments.iter().any(|argument| argument.name.as_str() == "name" && !argument.required)
        );
    }
}

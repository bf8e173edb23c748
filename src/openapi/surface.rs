//! The commands of a document as those see them who use them: what a change of the document is compared by.

use super::argument::{Argument, Range, Repeat, ValueKind};
use super::{ApiCommand, Descriptor, LazyDescriptor};
use crate::model::CleanText;
use crate::model::command_surface::{CommandSurface, SurfaceArgument, SurfaceCommand, SurfaceTerm};
use serde_json::Value;
use std::collections::BTreeMap;

impl Descriptor {
    /// What it shows of the plugin called `name`.
    pub fn surface(&self, name: &str) -> CommandSurface {
        surface(name, self, self.commands.iter())
    }
}

impl LazyDescriptor {
    /// The same, for which each command is read.
    pub fn surface(&self, name: &str) -> CommandSurface {
        surface(name, &self.about, self.commands())
    }
}

fn surface<'c>(
    name: &str,
    about: &Descriptor,
    commands: impl Iterator<Item = &'c ApiCommand>,
) -> CommandSurface {
    let mut surface = CommandSurface {
        name: CleanText::new(name),
        version: about.version.clone(),
        commands: commands.map(|command| (command.words.to_string(), of_command(command))).collect(),
        terms: BTreeMap::new(),
    };
    for alias in &about.aliases {
        surface.add(SurfaceTerm::Alias, alias.as_str());
    }
    surface
}

fn of_command(command: &ApiCommand) -> SurfaceCommand {
    SurfaceCommand {
        aliases: command.aliases.iter().chain(&command.former).map(ToString::to_string).collect(),
        arguments: command.arguments.iter().filter(|it| it.is_typed()).map(of_argument).collect(),
        columns: command.answer.columns.iter().map(|column| column.header.clone()).collect(),
        body: command.body.as_ref().map(|body| body.required),
        asks: command.confirm.is_some() && command.confirm_when.is_none(),
        is_deprecated: command.deprecated,
        is_hidden: command.hidden,
    }
}

fn of_argument(argument: &Argument) -> SurfaceArgument {
    let flags = argument.aliases.iter().map(|name| format!("--{name}"));
    let file = argument.file.as_ref().map(|file| format!("--{}", file.name));
    let (kind, [least, most], choices) = kind(&argument.kind);
    SurfaceArgument {
        typed: argument.shown(),
        aliases: flags.chain(argument.short.map(|letter| format!("-{letter}"))).chain(file).collect(),
        kind,
        least,
        most,
        choices,
        is_required: argument.is_required(),
        repeats: argument.repeat != Repeat::Once,
        default: argument.default.as_ref().map(plain),
        is_positional: argument.is_positional(),
        is_deprecated: argument.deprecated,
    }
}

/// A kind of values: its word, its bounds, the only values there are.
fn kind(kind: &ValueKind) -> (&'static str, [Option<CleanText>; 2], Vec<CleanText>) {
    let bounds = |range: &Range| {
        [&range.least, &range.most]
            .map(|bound| bound.as_ref().map(|bound| CleanText::new(&bound.to_string())))
    };
    let none = [None, None];
    match kind {
        ValueKind::Text | ValueKind::Content => ("text", none, Vec::new()),
        ValueKind::Length { least, most } => {
            let least = (*least > 0).then(|| CleanText::new(&least.to_string()));
            ("text", [least, most.map(|most| CleanText::new(&most.to_string()))], Vec::new())
        }
        ValueKind::Integer(range) => ("integer", bounds(range), Vec::new()),
        ValueKind::Number(range) => ("number", bounds(range), Vec::new()),
        ValueKind::Boolean => ("boolean", none, Vec::new()),
        ValueKind::Choice(values) => ("text", none, values.iter().map(plain).collect()),
        ValueKind::DateTime => ("date-time", none, Vec::new()),
        ValueKind::Date => ("date", none, Vec::new()),
        ValueKind::Json => ("json", none, Vec::new()),
        ValueKind::JsonList => ("list", none, Vec::new()),
        ValueKind::Any => ("any value", none, Vec::new()),
        ValueKind::Base64 => ("base64", none, Vec::new()),
        ValueKind::Base64Url => ("base64url", none, Vec::new()),
        ValueKind::Union { .. } => ("object", none, Vec::new()),
        ValueKind::File => ("file", none, Vec::new()),
    }
}

fn plain(value: &Value) -> CleanText {
    match value {
        Value::String(text) => CleanText::new(text),
        other => CleanText::new(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::surface_change::{ChangeClass, SurfaceDifference};
    use crate::openapi;

    fn before() -> String {
        let row = serde_json::json!({"type": "object", "properties": {"id": {"type": "string"}, "total": {"type": "number"}}});
        let rows = serde_json::json!({"application/json": {"schema": {"type": "array", "items": row}}});
        serde_json::json!({"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": {
            "/orders": {"get": {"operationId": "listOrders", "summary": "List orders", "parameters": [
                {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100, "default": 10}},
                {"name": "state", "in": "query", "schema": {"enum": ["open", "closed"]}}],
                "responses": {"200": {"description": "OK", "content": rows}}}},
            "/orders/{id}": {"delete": {"operationId": "deleteOrder", "summary": "Delete an order", "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "responses": {"204": {"description": "gone"}}}}}})
        .to_string()
    }

    #[test]
    fn a_change_of_a_document_is_told_by_what_people_type_and_read() {
        let after = before()
            .replace(r#""maximum":100,"default":10"#, r#""maximum":50"#)
            .replace(r#"["open","closed"]"#, r#"["open","closed","lost"]"#)
            .replace(r#""total":"#, r#""sum":"#)
            .replace(r#""delete":{"operationId":"deleteOrder""#, r#""put":{"operationId":"replaceOrder""#);
        let read = |text: &str| openapi::read(text.as_bytes()).unwrap().surface("shop");
        let difference = SurfaceDifference::between(&read(&before()), &read(&after));
        let breaking = difference.changes.iter().filter(|change| change.class == ChangeClass::Breaking);
        let breaking: Vec<String> =
            breaking.map(|change| format!("{}: {}", change.subject, change.what)).collect();
        assert_eq!(breaking.len(), 4, "{breaking:#?}");
        for expected in
            ["delete: the command is gone", "--limit: at most 50 now", "no column TOTAL", "default is none"]
        {
            assert!(breaking.iter().any(|line| line.contains(expected)), "{expected}: {breaking:#?}");
        }
        let all: Vec<_> = difference.changes.iter().map(|change| change.what.as_str()).collect();
        assert!(all.contains(&"takes `lost`, too") && all.contains(&"new command"), "{all:#?}");
    }
}

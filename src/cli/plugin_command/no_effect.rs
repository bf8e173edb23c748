//! Options that would do nothing for a command are refused before anything is sent, never ignored.
//!
//! It must not know how anything is sent or shown.

use super::clap_tree;
use super::show::OutputOptions;
use super::{is_set, matches_one};
use crate::cli::output::{NO_HEADERS_IN_MARKDOWN, NO_HEADERS_IN_VERTICAL, NO_SARIF, OutputFormat};
use crate::error::{Failure, exit};
use crate::openapi::{ApiCommand, ArgumentForm, FilledFlag, ResponseKind};
use crate::ops::App;
use crate::runner::proxy::PluginConnection;
use crate::runner::proxy::invocation::refused;
use clap::ArgMatches;
use everestctl_rows::records::RecordFormat;

/// Refuses what was typed and would change nothing.
pub(super) fn refuse_what_has_no_effect(
    plugin: &PluginConnection,
    app: &App,
    command: &ApiCommand,
    matches: &ArgMatches,
    wishes: &OutputOptions,
) -> Result<(), Failure> {
    let typed = TypedOptions {
        output: app.options.output(),
        form: OutputFormat::from_options(&app.options),
        namespace: app.options.wishes.namespace.is_some(),
        has_filter: wishes.jq.is_some(),
        has_columns: wishes.columns.is_some(),
        no_headers: wishes.no_headers,
        keeps_rows: wishes.filter.is_some(),
        is_log: wishes.is_log,
        watches: clap_tree::can_be_watched(command) && matches.contains_id(clap_tree::WATCH),
        saves: matches_one(matches, clap_tree::OUTPUT_FILE).is_some(),
        follows: is_set(matches, clap_tree::FOLLOW),
        waits: is_set(matches, clap_tree::WAIT),
        counts: is_set(matches, clap_tree::ALL) || matches_one(matches, clap_tree::LIMIT).is_some(),
    };
    typed.fault(command).map_or(Ok(()), |why| Err(refused(plugin, command, &why)))
}

/// The same for what this program asks a server by itself, and shows as it shows the answer of a plugin.
pub(crate) fn refuse_combinations(app: &App, wishes: &OutputOptions) -> Result<(), Failure> {
    let typed = TypedOptions {
        output: app.options.output(),
        form: OutputFormat::from_options(&app.options),
        namespace: false,
        has_filter: wishes.jq.is_some(),
        has_columns: wishes.columns.is_some(),
        no_headers: wishes.no_headers,
        keeps_rows: wishes.filter.is_some(),
        is_log: false,
        watches: false,
        saves: false,
        follows: false,
        waits: false,
        counts: false,
    };
    let fault = typed.without_end().or_else(|| typed.beside_each_other());
    fault.map_or(Ok(()), |why| Err(Failure::new(exit::USAGE, why)))
}

/// What was typed beside the arguments of a command.
#[derive(Clone, Copy, Debug)]
struct TypedOptions<'a> {
    output: Option<&'a str>,
    form: OutputFormat,
    namespace: bool,
    has_filter: bool,
    has_columns: bool,
    no_headers: bool,
    keeps_rows: bool,
    is_log: bool,
    watches: bool,
    saves: bool,
    follows: bool,
    waits: bool,
    counts: bool,
}

impl TypedOptions<'_> {
    /// What has no effect, and why.
    fn fault(&self, command: &ApiCommand) -> Option<String> {
        self.of_namespace(command)
            .or_else(|| self.beside_each_other())
            .or_else(|| self.beside_the_response(command))
    }

    /// The namespace of a command that takes none: it would find more than was asked for.
    fn of_namespace(&self, command: &ApiCommand) -> Option<String> {
        let is_it = |form: &ArgumentForm| *form == ArgumentForm::Filled(FilledFlag::Namespace);
        let takes = command.arguments.iter().any(|argument| is_it(&argument.form)) || command.attaches;
        (self.namespace && !takes).then(|| "--namespace has no effect: this command takes none".to_owned())
    }

    /// Options of which one leaves the other without effect.
    fn beside_each_other(&self) -> Option<String> {
        let output = self.output.unwrap_or_default();
        if output == "sarif" {
            return Some(NO_SARIF.to_owned());
        }
        let is_table = self.form.is_table() || matches!(self.form, OutputFormat::Records(_));
        let table_flag = match self {
            Self { has_columns: true, .. } => Some("--columns"),
            Self { no_headers: true, .. } => Some("--no-headers"),
            _ => None,
        };
        if self.no_headers && self.form == OutputFormat::Vertical {
            return Some(NO_HEADERS_IN_VERTICAL.to_owned());
        }
        if self.no_headers && self.form == OutputFormat::Records(RecordFormat::Markdown) {
            return Some(NO_HEADERS_IN_MARKDOWN.to_owned());
        }
        if self.keeps_rows && self.form == OutputFormat::Raw {
            return Some("--filter does not apply to -o raw, which is the response as it came".to_owned());
        }
        if self.follows
            && let Some(why) = self.without_end()
        {
            return Some(why);
        }
        if self.watches {
            let has_picture = self.form.is_table()
                || matches!(self.form, OutputFormat::Plot | OutputFormat::Json | OutputFormat::JsonLines);
            if !has_picture {
                return Some(format!(
                    "--watch shows tables, plots and JSON lines and cannot be combined with -o {output}"
                ));
            }
            if self.counts {
                return Some(
                    "--watch asks for one page and cannot be combined with --limit or --all".to_owned(),
                );
            }
        }
        if self.is_log && self.form != OutputFormat::Plot {
            return Some("--log has no effect: it is for -o plot".to_owned());
        }
        if let Some(flag) = table_flag {
            if !is_table {
                return Some(format!("{flag} is for tables and cannot be combined with -o {output}"));
            }
            if self.has_filter {
                return Some(format!("{flag} is for tables and cannot be combined with --jq"));
            }
        }
        if self.has_filter && !matches!(output, "" | "json" | "jsonl") {
            return Some(format!("--jq prints JSON and texts and cannot be combined with -o {output}"));
        }
        if self.saves {
            let other = match self {
                Self { follows: true, .. } => Some("--follow"),
                Self { waits: true, .. } => Some("--wait"),
                Self { counts: true, .. } => Some("--limit or --all"),
                _ if !matches!(output, "" | "raw" | "plot") => Some("-o"),
                _ => None,
            };
            return other.map(|other| {
                format!("--output-file writes the unchanged response and cannot be combined with {other}")
            });
        }
        (self.waits && self.form == OutputFormat::Raw)
            .then(|| "-o raw has no effect: with --wait there is no single response".to_owned())
    }

    /// What a stream cannot be shown as.
    fn without_end(&self) -> Option<String> {
        let form = match self.form {
            OutputFormat::Records(RecordFormat::Html) => "html",
            OutputFormat::Plot => "plot",
            _ => return None,
        };
        Some(format!("-o {form} does not apply to a stream: it has no end"))
    }

    /// What the response cannot be shown as, where the document says what it is.
    fn beside_the_response(&self, command: &ApiCommand) -> Option<String> {
        let answer = &command.answer;
        // A stream has another form.
        let can_stream = answer.stream.is_some() || command.follow.is_some();
        let is_wanted = |flag: &str, is_typed: bool| is_typed.then(|| flag.to_owned());
        let columns = || is_wanted("--columns", self.has_columns);
        let headers = || is_wanted("--no-headers", self.no_headers);
        let rows = || is_wanted("--filter", self.keeps_rows);
        let is_stream = matches!(answer.kind, ResponseKind::EventStream | ResponseKind::JsonLines);
        if is_stream && let Some(why) = self.without_end() {
            return Some(why);
        }
        let what = match answer.kind {
            ResponseKind::Text if !can_stream => {
                let media = answer.accept.as_str().split(';').next().unwrap_or_default().trim();
                // The text of a log is a text of JSON; rows in another form are no rows of JSON.
                let is_prose = matches!(media, "" | "text/plain" | "text/html" | "text/markdown");
                let is_data =
                    matches!(self.form, OutputFormat::Json | OutputFormat::JsonLines | OutputFormat::Yaml);
                let form = || {
                    let output = self.output.unwrap_or_default();
                    (matches!(
                        self.form,
                        OutputFormat::Name | OutputFormat::Wide | OutputFormat::Vertical | OutputFormat::Plot
                    ) || (is_data && !is_prose))
                        .then(|| format!("-o {output}"))
                };
                let kind = if is_prose { "text".to_owned() } else { media.to_owned() };
                columns().or_else(headers).or_else(rows).or_else(form).map(|flag| (flag, kind))
            }
            ResponseKind::Binary if !can_stream => {
                columns().or_else(headers).or_else(rows).map(|flag| (flag, "a file".to_owned()))
            }
            ResponseKind::Empty => columns()
                .or_else(headers)
                .or_else(rows)
                .or_else(|| is_wanted("--jq", self.has_filter))
                .map(|flag| (flag, "empty".to_owned())),
            ResponseKind::Json if !can_stream && answer.is_one_object() => {
                let rows = || rows().map(|flag| (flag, "one object, which has no rows".to_owned()));
                let headers = headers().map(|flag| (flag, "one object, which has no header row".to_owned()));
                headers.or_else(rows)
            }
            _ => None,
        };
        what.map(|(flag, kind)| format!("{flag} has no effect: the response of this command is {kind}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn command(responses: &Value, more: &Value) -> ApiCommand {
        let mut operation = json!({"responses": {"200": {"content": responses}}});
        operation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": operation}}});
        crate::openapi::read(document.to_string().as_bytes()).unwrap().commands.remove(0)
    }

    fn typed(output: &'static str) -> TypedOptions<'static> {
        let options = crate::ops::Options { output: Some(output.to_owned()), ..Default::default() };
        TypedOptions {
            output: Some(output).filter(|output| !output.is_empty()),
            form: OutputFormat::from_options(&options),
            namespace: false,
            has_filter: false,
            has_columns: false,
            no_headers: false,
            keeps_rows: false,
            is_log: false,
            watches: false,
            saves: false,
            follows: false,
            waits: false,
            counts: false,
        }
    }

    #[test]
    fn what_would_do_nothing_is_named() {
        let list = command(
            &json!({"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}),
            &json!({}),
        );
        let plain = typed("");
        assert_eq!(plain.fault(&list), None);
        let says = |typed: TypedOptions<'_>, command: &ApiCommand, part: &str| {
            let fault = typed.fault(command).unwrap_or_default();
            assert!(fault.contains(part), "{typed:?}: {fault}");
        };
        for output in ["json", "yaml", "jsonl", "raw", "name"] {
            says(TypedOptions { has_columns: true, ..typed(output) }, &list, "--columns is for tables");
            says(TypedOptions { no_headers: true, ..typed(output) }, &list, "--no-headers is for tables");
        }
        says(TypedOptions { keeps_rows: true, ..typed("raw") }, &list, "--filter does not apply to -o raw");
        says(TypedOptions { follows: true, ..typed("html") }, &list, "no end");
        says(TypedOptions { no_headers: true, ..typed("markdown") }, &list, "header row");
        says(TypedOptions { has_columns: true, has_filter: true, ..plain }, &list, "--jq");
        says(TypedOptions { has_filter: true, ..typed("yaml") }, &list, "-o yaml");
        assert_eq!(TypedOptions { has_filter: true, ..typed("json") }.fault(&list), None);
        let saves = TypedOptions { saves: true, ..plain };
        says(TypedOptions { follows: true, ..saves }, &list, "--follow");
        says(TypedOptions { waits: true, ..saves }, &list, "--wait");
        says(TypedOptions { counts: true, ..saves }, &list, "--all");
        says(TypedOptions { saves: true, ..typed("json") }, &list, "-o");
        assert_eq!(TypedOptions { saves: true, ..typed("raw") }.fault(&list), None);
        says(TypedOptions { namespace: true, ..plain }, &list, "takes none");
        let spaced = command(
            &json!({}),
            &json!({"parameters": [{"name": "namespace", "in": "query", "schema": {"type": "string"}}]}),
        );
        assert_eq!(TypedOptions { namespace: true, ..plain }.fault(&spaced), None);
    }

    #[test]
    fn what_the_response_cannot_be_is_refused() {
        let of = |kind: &str, schema: Value| command(&json!({kind: {"schema": schema}}), &json!({}));
        let (csv, log) =
            (of("text/csv", json!({"type": "string"})), of("text/plain", json!({"type": "string"})));
        for output in ["json", "yaml", "jsonl", "name", "wide"] {
            let fault = typed(output).fault(&csv).unwrap_or_default();
            assert!(fault.contains(&format!("-o {output} has no effect")), "{output}: {fault}");
        }
        assert_eq!(typed("json").fault(&log), None);
        assert_eq!(typed("raw").fault(&csv), None);
        for command in [&csv, &log] {
            assert!(TypedOptions { has_columns: true, ..typed("") }.fault(command).is_some());
            assert!(TypedOptions { no_headers: true, ..typed("") }.fault(command).is_some());
        }
        let object =
            of("application/json", json!({"type": "object", "properties": {"id": {"type": "string"}}}));
        assert!(TypedOptions { no_headers: true, ..typed("") }.fault(&object).is_some());
        assert_eq!(TypedOptions { has_columns: true, ..typed("") }.fault(&object), None);
        assert!(TypedOptions { keeps_rows: true, ..typed("") }.fault(&object).is_some());
    }
}

//! `everestctl plugin new`.

use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::new_plugin::{self, License, NewPluginRequest, Pipeline, Template};
use crate::term::Streams;
use crate::term::prompt::{self, PromptError};
use clap::ValueHint;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Start a plugin from a template: code, tests, package or chart
///
/// The folder is made whole or not at all, and nothing that is there is overwritten. On a terminal, what is not given is asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  everestctl plugin new greet --template shell\n  \
                  everestctl plugin new slow-query --template fastapi --chart --ui --ci github\n  \
                  everestctl plugin new --list")]
pub struct PluginNewArgs {
    /// Name of the plugin, which becomes its command
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    name: Option<String>,
    /// What it is started from
    #[arg(short, long, value_parser = template(), conflicts_with = "list")]
    template: Option<Template>,
    /// Folder to make [default: NAME]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "list")]
    dir: Option<PathBuf>,
    /// Add a frontend for the web pages of OpenEverest (React, MUI, Vite)
    #[arg(long, conflicts_with = "list")]
    ui: bool,
    /// Add a Helm chart
    #[arg(long, conflicts_with = "list")]
    chart: bool,
    /// Add a pipeline that tests, packs, signs and publishes
    #[arg(long, value_name = "SERVICE", value_parser = pipeline(), conflicts_with = "list")]
    ci: Option<Pipeline>,
    /// License of the plugin
    #[arg(long, value_parser = license(), conflicts_with = "list")]
    license: Option<License>,
    /// For `rust`: folder of the crate everestctl-plugin, or its git repository
    #[arg(long, value_name = "DIR|URL", value_hint = ValueHint::DirPath, conflicts_with = "list")]
    sdk: Option<String>,
    /// List the templates
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    shown: ListOptions,
}

fn template() -> impl TypedValueParser<Value = Template> {
    PossibleValuesParser::new(
        Template::ALL.map(|template| PossibleValue::new(template.as_str()).help(template.summary())),
    )
    .try_map(|word| Template::from_word(&word).ok_or("unknown template"))
}

fn pipeline() -> impl TypedValueParser<Value = Pipeline> {
    PossibleValuesParser::new(Pipeline::ALL.map(Pipeline::as_str))
        .try_map(|word| Pipeline::from_word(&word).ok_or("unknown service"))
}

fn license() -> impl TypedValueParser<Value = License> {
    PossibleValuesParser::new(License::ALL.map(License::as_str))
        .try_map(|word| License::from_word(&word).ok_or("unknown license"))
}

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginNewArgs) -> CommandResult {
    let Some(name) = args.name else { return list(streams, app, &args.shown) };
    let template = match args.template {
        Some(template) => template,
        None => ask_for_template(streams)?,
    };
    let sdk = match args.sdk {
        None if template.needs_sdk() && streams.can_ask() => {
            Some(answer(streams, "Folder or git repository of the crate everestctl-plugin")?)
        }
        sdk => sdk,
    };
    // Who names the template on the command line has said what they want; who was asked for it is asked for the rest.
    let is_asked = args.template.is_none();
    let wish = |streams: &mut Streams, given: bool, question: &str| {
        if given || !is_asked || !template.is_server() {
            return Ok(given);
        }
        prompt::confirm(streams, question).map_err(|_| stopped())
    };
    let chart = wish(streams, args.chart, "Add a Helm chart?")?;
    let ui = wish(streams, args.ui, "Add a frontend?")?;
    let license = match args.license {
        Some(license) => license,
        None if is_asked => {
            choose(streams, "License", &License::ALL.map(License::as_str), License::from_word)?
        }
        None => License::Apache,
    };
    let pipeline = match args.ci {
        Some(pipeline) => pipeline,
        None if is_asked => choose(streams, "CI", &Pipeline::ALL.map(Pipeline::as_str), Pipeline::from_word)?,
        None => Pipeline::None,
    };
    let request = NewPluginRequest { name, template, folder: args.dir, ui, chart, pipeline, license, sdk };
    let report = new_plugin::make(app, &request)?;
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &report)?;
        return Ok(exit::SUCCESS);
    }
    let folder = CleanText::new(&report.folder.to_string_lossy());
    if form == OutputFormat::Name {
        write(streams, &format!("{folder}\n"))?;
        return Ok(exit::SUCCESS);
    }
    let count = report.files.len();
    streams.remark(&format!("made {folder} from the template `{}` ({count} files)", report.template));
    let widest = report.next.iter().map(|step| step.command.len()).max().unwrap_or_default();
    let mut lines = String::from("next:\n");
    for step in &report.next {
        let command = CleanText::new(&step.command).to_string();
        let line = if step.does.is_empty() {
            format!("  {command}")
        } else {
            format!("  {command:widest$}  # {}", step.does)
        };
        let _ = writeln!(lines, "{line}");
    }
    write(streams, &lines)?;
    Ok(exit::SUCCESS)
}

fn list(streams: &mut Streams, app: &App, shown: &ListOptions) -> CommandResult {
    let report = new_plugin::templates();
    let rows = report.items.iter().map(|row| [row.name, row.kind, row.summary].map(str::to_owned).to_vec());
    let list = OwnList {
        rows: rows.collect(),
        report: &report,
        headers: &["NAME", "KIND", "DESCRIPTION"],
        narrow: 3,
        flexible: &[2],
        name: 0,
    };
    list.show(streams, app, shown)?;
    Ok(exit::SUCCESS)
}

/// Asks which template; without a terminal, the failure lists them.
fn ask_for_template(streams: &mut Streams) -> Result<Template, Failure> {
    let mut lines = String::new();
    for template in Template::ALL {
        let _ = writeln!(lines, "  {:8} {}", template.as_str(), template.summary());
    }
    if !streams.can_ask() {
        let names = Template::ALL.map(Template::as_str).join(", ");
        return Err(Failure::new(exit::USAGE, "no template was given")
            .hint(format!("--template takes one of: {names}"))
            .hint("everestctl plugin new --list says what they are"));
    }
    streams.message(&lines);
    choose(streams, "Template", &Template::ALL.map(Template::as_str), Template::from_word)
}

/// Asks until the answer is one of `words`.
fn choose<T>(
    streams: &mut Streams,
    question: &str,
    words: &[&str],
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Failure> {
    let question = format!("{question} ({})", words.join(", "));
    loop {
        let typed = answer(streams, &question)?;
        let typed = typed.trim();
        if let Some(read) = read(typed) {
            return Ok(read);
        }
        streams.message(&format!("`{}` is not one of them\n", CleanText::new(typed)));
    }
}

fn answer(streams: &mut Streams, question: &str) -> Result<String, Failure> {
    prompt::text(streams, question).map_err(|error| match error {
        PromptError::NoTerminal | PromptError::Ended => stopped(),
    })
}

fn stopped() -> Failure {
    Failure::new(exit::FAILURE, "nothing was made")
}

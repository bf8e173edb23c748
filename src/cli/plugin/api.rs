//! `everestctl plugin api`: any request to a plugin's backend, described or not, or to the server itself, as `gh api` does it.

use crate::cli::completer::Completer;
use crate::cli::output::OutputFormat;
use crate::cli::plugin_command::renderer::Renderer;
use crate::cli::plugin_command::show::OutputOptions;
use crate::cli::user_file::{TypedValue, UserFile};
use crate::cli::{CommandResult, words, write};
use crate::error::{Failure, exit};
use crate::ops::{App, plugin_api};
use crate::runner::proxy::api::{self, ApiField, ApiOutput, ApiRequest};
use crate::term::Streams;

/// Send a request to a plugin's backend
///
/// The path is inside the plugin, for example /api/runs?limit=5. With fields the method is POST; for a GET they
/// are added to the query. With --server the request goes to the OpenEverest API itself: no name is typed, and the path
/// begins with /v1/.
#[derive(Debug, clap::Args)]
pub struct PluginApiArgs {
    /// Name of the plugin
    #[arg(add = Completer::Commands)]
    name: String,
    /// HTTP method (optional) [default: GET, or POST with a body]
    #[arg(value_name = "METHOD", add = Completer::Methods, required_unless_present = "server")]
    first: Option<String>,
    /// Path inside the plugin
    #[arg(add = Completer::Paths)]
    path: Option<String>,
    /// Send the request to the OpenEverest API itself, for example plugin api --server /v1/version
    #[arg(long)]
    server: bool,
    /// Add a string field
    #[arg(short = 'f', long, value_name = "KEY=VALUE")]
    raw_field: Vec<String>,
    /// Add a field: JSON if it parses, else a string, or @FILE
    #[arg(short = 'F', long, value_name = "KEY=VALUE")]
    field: Vec<String>,
    /// Add a header
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// Request body: a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["field", "raw_field"])]
    input: Option<String>,
    /// Filter the response with a jq expression
    #[arg(long, value_name = "EXPRESSION")]
    jq: Option<String>,
    /// Fetch further pages by following links
    #[arg(long)]
    paginate: bool,
    /// Also print status and headers
    #[arg(short, long)]
    include: bool,
    /// Print the request as a curl command and do not send it
    #[arg(long)]
    dry_run: bool,
}

/// Refuses what was typed and would change nothing.
fn refuse_what_has_no_effect(app: &App, args: &PluginApiArgs) -> Result<(), Failure> {
    let why = match app.options.output() {
        _ if app.options.wishes.namespace.is_some() => {
            "--namespace has no effect: put the namespace into the path or a field".to_owned()
        }
        None | Some("json") => return Ok(()),
        Some("raw") if args.jq.is_none() => return Ok(()),
        Some(output) => format!("-o {output} has no effect: the response is printed as it comes, or by --jq"),
    };
    Err(Failure::new(exit::USAGE, why).hint("everestctl plugin api --help"))
}

pub(super) fn run(streams: &mut Streams, app: &App, mut args: PluginApiArgs) -> CommandResult {
    refuse_what_has_no_effect(app, &args)?;
    let plugin = if args.server {
        args = without_name(args)?;
        plugin_api::open_server(app)?
    } else {
        let mut words = words(std::slice::from_ref(&args.name))?;
        let Some(name) = words.pop() else { return Err(Failure::new(exit::USAGE, "missing plugin name")) };
        plugin_api::open(app, &name, &mut |problem| streams.problem(&problem))?
    };
    let dry_run = args.dry_run;
    let wishes = OutputOptions { jq: args.jq.clone(), ..OutputOptions::default() };
    let request = request(app, args);
    if dry_run {
        write(streams, &format!("{}\n", api::as_curl(&plugin, &request)?))?;
        return Ok(exit::SUCCESS);
    }
    api::send(&plugin, &request, &mut Renderer::new(streams, app, None, &wishes))?;
    Ok(exit::SUCCESS)
}

/// The arguments of `--server`, where the method or the path stands in the place of the name.
fn without_name(args: PluginApiArgs) -> Result<PluginApiArgs, Failure> {
    if args.path.is_some() {
        return Err(Failure::new(exit::USAGE, "--server takes no name of a plugin")
            .hint("everestctl plugin api --server [METHOD] PATH"));
    }
    let below = |path: &str| plugin_api::below_server(path);
    let (first, path) = match args.first {
        Some(path) => (args.name.clone(), Some(below(&path)?)),
        None => (below(&args.name)?, None),
    };
    Ok(PluginApiArgs { first: Some(first), path, ..args })
}

/// The request that the arguments describe.
fn request(app: &App, args: PluginApiArgs) -> ApiRequest<UserFile> {
    let PluginApiArgs { first, path, raw_field, field, header, input, jq, paginate, include, .. } = args;
    ApiRequest {
        first: first.unwrap_or_default(),
        path,
        raw_field,
        field: field.into_iter().map(|text| ApiField { file: file_in(&text), text }).collect(),
        header,
        input: input.map(|file| UserFile::of_flag(&file)),
        paginate,
        include,
        output: match jq {
            Some(_) => ApiOutput::Filtered,
            None if OutputFormat::from_options(&app.options) == OutputFormat::Raw => ApiOutput::Bytes,
            None => ApiOutput::Text,
        },
    }
}

/// The file that a field `KEY=@FILE` names.
fn file_in(field: &str) -> Option<UserFile> {
    let (_, value) = field.split_once('=')?;
    match TypedValue::from(value) {
        TypedValue::File(file) if value.starts_with('@') => Some(file),
        _ => None,
    }
}

//! `everestctl plugin api`: any request to a plugin's backend, described or not, as `gh api` does it.

use crate::cli::completer::Completer;
use crate::cli::output::Form;
use crate::cli::plugin_command::renderer::Renderer;
use crate::cli::plugin_command::show::Wishes;
use crate::cli::user_file::{Typed, UserFile};
use crate::cli::{Ending, words, write};
use crate::error::{Failure, exit};
use crate::ops::{World, plugin_api};
use crate::runner::proxy::api::{self, ApiField, ApiOutput, ApiRequest};
use crate::term::Streams;

/// Send a request to a plugin's backend
///
/// The path is below the plugin, as in /api/runs?limit=5. With fields the method is POST, or they go into the
/// query of a GET.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name of the plugin
    #[arg(add = Completer::Commands)]
    name: String,
    /// The method [default: GET, or POST with a body]; may be left out
    #[arg(value_name = "METHOD")]
    first: String,
    /// The path
    path: Option<String>,
    /// A field, whose value is a text
    #[arg(short = 'f', long, value_name = "KEY=VALUE")]
    raw_field: Vec<String>,
    /// A field, whose value is JSON where it looks like it, or @FILE
    #[arg(short = 'F', long, value_name = "KEY=VALUE")]
    field: Vec<String>,
    /// A header
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The body: a file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["field", "raw_field"])]
    input: Option<String>,
    /// Show what this expression of jq makes of the answer
    #[arg(long, value_name = "EXPRESSION")]
    jq: Option<String>,
    /// Follow the links to further pages
    #[arg(long)]
    paginate: bool,
    /// Show the status and the headers, too
    #[arg(short, long)]
    include: bool,
    /// Show the request as a line of curl, and send nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(streams: &mut Streams, world: &World, args: Args) -> Ending {
    let mut words = words(std::slice::from_ref(&args.name))?;
    let Some(name) = words.pop() else { return Err(Failure::new(exit::USAGE, "a name is needed")) };
    let plugin = plugin_api::open(world, &name, &mut |problem| streams.problem(&problem))?;
    let dry_run = args.dry_run;
    let wishes = Wishes { jq: args.jq.clone(), ..Wishes::default() };
    let request = request(world, args);
    if dry_run {
        write(streams, &format!("{}\n", api::as_curl(&plugin, &request)?))?;
        return Ok(exit::SUCCESS);
    }
    api::send(&plugin, &request, &mut Renderer::new(streams, world, None, &wishes))?;
    Ok(exit::SUCCESS)
}

/// The request that the arguments describe.
fn request(world: &World, args: Args) -> ApiRequest<UserFile> {
    let Args { first, path, raw_field, field, header, input, jq, paginate, include, .. } = args;
    ApiRequest {
        first,
        path,
        raw_field,
        field: field.into_iter().map(|text| ApiField { file: file_in(&text), text }).collect(),
        header,
        input: input.map(|file| UserFile::of_flag(&file)),
        paginate,
        include,
        output: match jq {
            Some(_) => ApiOutput::Filtered,
            None if Form::of(&world.options) == Form::Raw => ApiOutput::Bytes,
            None => ApiOutput::Text,
        },
    }
}

/// The file that a field `KEY=@FILE` names.
fn file_in(field: &str) -> Option<UserFile> {
    let (_, value) = field.split_once('=')?;
    match Typed::from(value) {
        Typed::File(file) if value.starts_with('@') => Some(file),
        _ => None,
    }
}

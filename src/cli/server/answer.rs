//! Sending a request, and what is done with the answer as it comes: shown, passed on, saved.

use super::matches_one;
use super::show::{self, Wishes};
use crate::cli::output::Form;
use crate::cli::{Ending, write_bytes, write_clean};
use crate::client::call::Call;
use crate::error::{Failure, exit};
use crate::model::{Problem, quoted};
use crate::openapi::{AnswerKind, Command};
use crate::ops::World;
use crate::ops::proxy::{Event, Plugin};
use crate::sys::files::Download;
use crate::term::Streams;
use clap::ArgMatches;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// Whether what comes may never end.
pub(super) fn is_stream(command: &Command, matches: &ArgMatches) -> bool {
    let follows = command.follow.as_ref().is_some_and(|follow| {
        follow
            .argument
            .as_ref()
            .is_none_or(|name| matches_one(matches, name.as_str()).is_some_and(|value| value == "true"))
    });
    follows
        || matches!(
            command.answer.kind,
            AnswerKind::EventStream | AnswerKind::JsonLines | AnswerKind::Text | AnswerKind::Binary
        )
}

/// Sends the request and shows what comes, as it comes where it can.
#[expect(clippy::too_many_arguments, reason = "each of them is said by the user in its own way")]
pub(super) fn answer(
    streams: &mut Streams,
    world: &World,
    plugin: &Plugin,
    command: &Command,
    call: &Call,
    wishes: &Wishes,
    selected: Option<&str>,
    output_file: Option<&Path>,
) -> Ending {
    let form = Form::of(&world.options);
    let mut how = How::Collect;
    let mut body = Vec::new();
    let mut download = match output_file {
        Some(path) if path != Path::new("-") => {
            Some(Download::begin(path).map_err(|error| unwritable(path, &error))?)
        }
        _ => None,
    };
    let mut kind = String::new();
    let mut warnings = Vec::new();
    plugin.send(world, call, false, &mut |event| {
        match event {
            Event::Head(reply) => {
                kind = reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
                // Bytes are what was asked for: a pipe gets them, a terminal does not.
                let is_expected = matches!(command.answer.kind, AnswerKind::Binary | AnswerKind::Any);
                let raw = form == Form::Raw || output_file == Some(Path::new("-"));
                how = if download.is_some() {
                    How::Save
                } else if raw {
                    How::PassOn
                } else {
                    match how_to_show(command, &kind, wishes) {
                        How::Refuse if is_expected && !streams.is_terminal() => How::PassOn,
                        how => how,
                    }
                };
                if how == How::Refuse {
                    return Err(Failure::new(
                        exit::USAGE,
                        "the answer is something for a file, not for a terminal",
                    )
                    .hint("`--output-file FILE` saves it; `--output-file -` writes it to standard output"));
                }
                warnings = command.answer.warnings(|name| reply.header(name), None);
            }
            Event::Chunk(chunk) => match (how, &mut download) {
                (How::Save, Some(download)) => {
                    let path = output_file.unwrap_or(Path::new(""));
                    download.write(chunk).map_err(|error| unwritable(path, &error))?;
                }
                (How::PassOn, _) => write_bytes(streams, chunk)?,
                (How::Clean, _) => write_clean(streams, chunk)?,
                _ => {
                    if body.len() + chunk.len() > show::LARGEST {
                        return Err(Failure::new(
                            exit::FAILURE,
                            "the answer is larger than 64 MiB, which no table holds",
                        )
                        .hint("`-o raw` passes it on, `--output-file FILE` saves it"));
                    }
                    body.extend_from_slice(chunk);
                }
            },
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let ending = match (how, download) {
        (How::Save, Some(download)) => {
            let path = output_file.unwrap_or(Path::new(""));
            let size = download.finish().map_err(|error| unwritable(path, &error))?;
            streams.remark(&format!("{} bytes saved to {}", size, quoted(&path.to_string_lossy())));
            Ok(())
        }
        (How::Collect, _) if body.trim_ascii().is_empty() => {
            streams.remark("done");
            Ok(())
        }
        (How::Collect, _) => shown(streams, world, command, wishes, selected, &kind, &body),
        _ => Ok(()),
    };
    let value = if command.answer.warnings.is_empty() || body.is_empty() {
        None
    } else {
        serde_json::from_slice(&body).ok()
    };
    warnings.extend(command.answer.warnings(|_| None, value.as_ref()));
    for warning in warnings {
        streams.problem(&Problem::general(warning.to_string()));
    }
    ending.map(|()| exit::SUCCESS)
}

fn shown(
    streams: &mut Streams,
    world: &World,
    command: &Command,
    wishes: &Wishes,
    selected: Option<&str>,
    kind: &str,
    body: &[u8],
) -> Result<(), Failure> {
    if kind.starts_with("text/html") && wishes.jq.is_none() {
        return Err(Failure::new(exit::FAILURE, "the answer is an HTML page, not JSON")
            .hint("is the plugin's backend behind a login page? `-o raw` shows it"));
    }
    show::json(streams, world, command, wishes, selected, body)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let mut failure = Failure::new(
        exit::FAILURE,
        format!("the file {} cannot be written", quoted(&path.to_string_lossy())),
    );
    failure.causes.push(error.to_string());
    failure
}

/// What is done with the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It is shown when it is whole.
    Collect,
    /// It goes to standard output, byte for byte, as it comes.
    PassOn,
    /// As it comes, without what a terminal would act on.
    Clean,
    /// It goes into a file.
    Save,
    /// It is nothing for a terminal.
    Refuse,
}

/// By what the answer says it is, and where it says nothing by what the descriptor says.
fn how_to_show(command: &Command, kind: &str, wishes: &Wishes) -> How {
    let media = kind.split(';').next().unwrap_or_default().trim();
    let is_json = media.ends_with("/json") || media.ends_with("+json");
    if wishes.jq.is_some() || is_json {
        return How::Collect;
    }
    match (media, command.answer.kind) {
        ("text/html", _) => How::Collect,
        (media, _) if media.starts_with("text/") || media.contains("ndjson") || media.contains("jsonl") => {
            How::Clean
        }
        ("", AnswerKind::Text | AnswerKind::EventStream | AnswerKind::JsonLines) => How::Clean,
        ("", AnswerKind::Binary) => How::Refuse,
        ("", _) => How::Collect,
        _ => How::Refuse,
    }
}

/// A whole answer, with what its head says.
pub(super) struct Collected {
    pub(super) body: Vec<u8>,
    pub(super) location: Option<String>,
    pub(super) link: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

/// Sends a request and reads the whole answer.
pub(super) fn collect(plugin: &Plugin, world: &World, call: &Call) -> Result<Collected, Failure> {
    let mut collected = Collected { body: Vec::new(), location: None, link: None, retry_after: None };
    plugin.send(world, call, false, &mut |event| {
        match event {
            Event::Head(reply) => {
                collected.location = reply.header("location").map(str::to_owned);
                collected.link = reply.header("link").map(str::to_owned);
                let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse().ok());
                collected.retry_after = seconds.map(Duration::from_secs);
            }
            Event::Chunk(chunk) if collected.body.len() + chunk.len() > show::LARGEST => {
                return Err(Failure::new(exit::FAILURE, "the answer is larger than 64 MiB"));
            }
            Event::Chunk(chunk) => collected.body.extend_from_slice(chunk),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(collected)
}

//! `everestctl plugin apply`.

use super::server_plugin::{Consent, WaitArgs, agree, changes, concluded, in_lines, watched};
use crate::cli::CommandResult;
use crate::error::{Failure, exit};
use crate::ops::{App, apply};
use crate::term::Streams;
use clap::ValueHint;
use std::path::{Path, PathBuf};

/// The largest manifest that is read from standard input, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Apply the manifests of a plugin to the cluster
///
/// Server-side apply with the field manager `everestctl`: the cluster says what would change before it is asked for it.
/// The manifests must have one Plugin resource.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin apply -f plugin.yaml --dry-run\n  kustomize build . | everestctl plugin apply -f - --yes"
)]
pub struct PluginApplyArgs {
    /// File with manifests, or - for standard input
    #[arg(short, long, required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    filename: Vec<PathBuf>,
    /// Take over fields that someone else manages
    #[arg(long)]
    force_conflicts: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    /// Show what would change and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginApplyArgs) -> CommandResult {
    let mut input = String::new();
    let is_input = |path: &Path| path == Path::new("-");
    if args.filename.iter().any(|path| is_input(path)) {
        streams.read_input(LARGEST, &mut input).map_err(|error| {
            Failure::new(exit::FAILURE, format!("could not read standard input: {error}"))
        })?;
    }
    let files: Vec<(&Path, Option<&str>)> =
        args.filename.iter().map(|path| (path.as_path(), is_input(path).then_some(input.as_str()))).collect();
    let namespace = app.options.wishes.namespace.as_deref();
    let plan = apply::plan(app, &files, namespace, args.force_conflicts)?;
    let name = &plan.brings.name;
    if plan.changes.is_empty() {
        streams.remark(&format!("`{name}` is unchanged"));
        return Ok(exit::SUCCESS);
    }
    let mut lines = vec![name.clone()];
    lines.extend(changes(&plan.changes));
    lines.extend((plan.unchanged > 0).then(|| format!("  unchanged: {}", plan.unchanged)));
    let text = in_lines(&lines);
    let consent = Consent { yes: args.yes, is_dry_run: args.dry_run };
    agree(streams, app, &plan, &text, &format!("apply `{name}`?"), consent, "nothing changed")?;
    if args.dry_run {
        return Ok(exit::SUCCESS);
    }
    let outcome = watched(streams, |tell| apply::carry_out(app, &plan, args.wait.waiting(), tell))?;
    streams.remark(&format!("applied `{name}`"));
    concluded(streams, name, &outcome);
    Ok(exit::SUCCESS)
}

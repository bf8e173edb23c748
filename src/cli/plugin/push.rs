//! `everestctl plugin push`.

use super::sign;
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::push;
use crate::term::Streams;
use clap::ValueHint;
use std::path::PathBuf;

/// Push a packed plugin to an OCI registry
///
/// Prints the reference with the digest, by which just this is installed. Who pushes is known from `podman login` or `docker
/// login`. A tag that is of something else stays, unless --force is given.
///
/// The chart of a server plugin is pushed as `helm push` does it, so that helm can pull it: the reference ends with its name.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin push greet-1.2.0.tar.gz oci://ghcr.io/example/greet\n  \
                  everestctl plugin push greet-1.2.0.tar.gz oci://ghcr.io/example/greet:latest --force --key cosign.key\n  \
                  everestctl plugin push memo-0.1.0.tgz oci://ghcr.io/example/charts/memo\n  \
                  everestctl plugin install oci://ghcr.io/example/greet --key cosign.pub"
)]
pub struct PluginPushArgs {
    /// Archive of `plugin pack`
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Where to; without a tag, its version is the tag
    #[arg(value_name = "oci://HOST/NAME[:TAG]", value_hint = ValueHint::Other)]
    reference: String,
    /// Sign it there with this private key, as `cosign sign --key` does
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: Option<PathBuf>,
    /// Move a tag that is of something else
    #[arg(long)]
    force: bool,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginPushArgs) -> CommandResult {
    let key = args.key.as_deref().map(|path| sign::opened(streams, app, path)).transpose()?;
    let report = push::push(app, &args.file, &args.reference, key.as_ref(), args.force)?;
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &report)?;
    } else {
        write(streams, &format!("{}\n", report.exact))?;
    }
    let _ = streams.flush();
    let signed = if report.signature.is_some() { ", signed" } else { "" };
    streams.remark(&format!("pushed `{}` {} to {}{signed}", report.name, report.version, report.reference));
    if let Some(path) = &report.unused_signature {
        streams.hint(&format!(
            "{path} is of the file: a registry keeps a signature of the digest (--key, or `everestctl plugin sign {}`)",
            report.exact
        ));
    }
    Ok(exit::SUCCESS)
}

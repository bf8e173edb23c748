//! `everestctl plugin sign`.

use crate::cli::CommandResult;
use crate::cli::output::{OutputFormat, structured};
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::sign::{self, OpenKey, PASSWORD};
use crate::term::Streams;
use crate::term::prompt::{self, PromptError};
use clap::ValueHint;
use std::path::{Path, PathBuf};

/// Sign a package with a private key of cosign
///
/// The signature of an archive is written beside it (FILE.sig), that of a package in a registry is kept there, both as `cosign
/// sign-blob` and `cosign sign` do with a key. `plugin install --key` and policies verify them.
///
/// The password of an encrypted key is taken from `COSIGN_PASSWORD`, or asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  everestctl plugin sign greet-1.2.0.tar.gz --key cosign.key\n  \
                  everestctl plugin sign oci://ghcr.io/example/greet:1.2.0 --key cosign.key\n  \
                  everestctl plugin install ./greet-1.2.0.tar.gz --key cosign.pub")]
pub struct PluginSignArgs {
    /// Archive, or a package in a registry with its tag or digest
    #[arg(value_name = "FILE|oci://REFERENCE", value_hint = ValueHint::FilePath)]
    subject: String,
    /// Private key: of `cosign generate-key-pair`, or ECDSA on P-256 in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: PathBuf,
    /// Replace a signature of another key or of other content
    #[arg(long)]
    force: bool,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginSignArgs) -> CommandResult {
    let key = opened(streams, app, &args.key)?;
    let report = sign::sign(app, &args.subject, &key, args.force)?;
    if let form @ (OutputFormat::Json | OutputFormat::Yaml) = OutputFormat::for_own_report(&app.options) {
        structured(streams, form, &report)?;
    }
    let (subject, signature) = (CleanText::new(&report.subject), CleanText::new(&report.signature));
    streams.remark(&format!("signed {subject} ({signature})"));
    Ok(exit::SUCCESS)
}

/// The private key in a file, whose password is asked for where nobody has said it.
pub(super) fn opened(streams: &mut Streams, app: &App, path: &Path) -> Result<OpenKey, Failure> {
    let key = sign::key(path)?;
    let password = if key.wants_password(app) {
        let question = format!("Password of {}", CleanText::new(&path.to_string_lossy()));
        Some(prompt::secret(streams, &question).map_err(|error| match error {
            PromptError::NoTerminal => {
                let message = format!("the key needs {PASSWORD}: no terminal to prompt on");
                Failure::new(exit::USAGE, message).hint(format!("set {PASSWORD}"))
            }
            PromptError::Ended => Failure::new(exit::INTERRUPTED, "nothing entered; nothing signed"),
        })?)
    } else {
        None
    };
    key.open(app, password)
}

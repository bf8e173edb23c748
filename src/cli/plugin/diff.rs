//! `everestctl plugin diff`, and how a difference is shown wherever there is one.

use crate::cli::completer::Completer;
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::{Failure, exit};
use crate::model::surface_change::{ChangeClass, SurfaceDifference};
use crate::ops::{App, diff};
use crate::term::Streams;
use clap::ValueHint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::fmt::Write as _;

/// The most changes of one class that are shown one by one.
const MOST: usize = 100;

/// Show what changes for users between two versions of a plugin
///
/// Commands, flags, values, defaults, required arguments, columns, permissions, credentials, images: each change is
/// breaking (a line that worked may fail), to review (it may do more, or runs something else), or compatible.
///
/// A version is a package or a chart (folder, archive, https://, oci://), a manifest or an OpenAPI document (file), or the
/// name of an installed plugin, NAME@GENERATION for one of an earlier generation. Without NEW, an installed package is
/// compared with what is at its source.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin diff greet\n  everestctl plugin diff greet@3 greet\n  \
                  everestctl plugin diff old.openapi.yaml new.openapi.yaml --deny breaking\n  \
                  everestctl plugin diff inspector ./inspector/openapi.yaml -o json"
)]
pub struct PluginDiffArgs {
    /// Version before
    #[arg(value_name = "OLD", add = Completer::InstalledAnywhere, value_hint = ValueHint::AnyPath)]
    before: String,
    /// Version after
    #[arg(value_name = "NEW", add = Completer::InstalledAnywhere, value_hint = ValueHint::AnyPath)]
    after: Option<String>,
    #[command(flatten)]
    deny: DenyArgs,
}

/// Which changes are not wanted.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct DenyArgs {
    /// Fail if there are changes of this class or a worse one
    #[arg(long, value_name = "CLASS", value_parser = class())]
    pub(super) deny: Option<ChangeClass>,
}

fn class() -> impl TypedValueParser<Value = ChangeClass> {
    PossibleValuesParser::new([ChangeClass::Breaking, ChangeClass::Review].map(ChangeClass::as_str))
        .try_map(|word| ChangeClass::from_word(&word).ok_or("unknown class"))
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginDiffArgs) -> CommandResult {
    let difference = diff::diff(app, &args.before, args.after.as_deref())?;
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &difference)?;
    } else if difference.changes.is_empty() {
        streams.remark("nothing changes for users");
    } else {
        write(streams, &described(&difference, ""))?;
    }
    let _ = streams.flush();
    args.deny.check(&difference)?;
    Ok(exit::SUCCESS)
}

impl DenyArgs {
    /// Fails if the difference has what is not wanted.
    pub(super) fn check(self, difference: &SurfaceDifference) -> Result<(), Failure> {
        Ok(diff::check(difference, self.deny)?)
    }
}

/// A difference in lines, each after `indent`; the heading says how many changes of each class there are.
pub(super) fn described(difference: &SurfaceDifference, indent: &str) -> String {
    let counts = ChangeClass::ALL.map(|class| (class, difference.count(class)));
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(class, count)| format!("{count} {}", class.as_str())).collect();
    let versions = match (&difference.from, &difference.to) {
        (Some(from), Some(to)) if from != to => format!("{from} to {to}: "),
        _ => String::new(),
    };
    let name = Some(difference.name.as_str()).filter(|name| !name.is_empty()).map(|name| format!("{name} "));
    let mut lines = format!("{indent}{}{versions}{}\n", name.unwrap_or_default(), counts.join(", "));
    for class in ChangeClass::ALL {
        let of_class = || difference.changes.iter().filter(move |change| change.class == class);
        if of_class().next().is_some() {
            let _ = writeln!(lines, "{indent}  {}", class.as_str());
        }
        for change in of_class().take(MOST) {
            let _ = writeln!(lines, "{indent}    {}: {}", change.subject, change.what);
        }
        if let Some(more) = of_class().count().checked_sub(MOST).filter(|more| *more > 0) {
            let _ = writeln!(lines, "{indent}    and {more} more");
        }
    }
    lines
}

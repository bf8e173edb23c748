//! `everestctl doctor`.

use super::CommandResult;
use super::list_output::{ListOptions, OwnList};
use crate::error::exit;
use crate::model::Warning;
use crate::ops::App;
use crate::ops::doctor::{CheckStatus, DoctorCheck, examine};
use crate::term::Streams;

/// Check this installation, the server and the session
///
/// Looks at everything that everestctl needs and prints a line for each, with a command that fixes what is wrong. It
/// changes nothing. Exits with 1 if something does not work; warnings do not count.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    shown: ListOptions,
}

const HEADERS: [&str; 4] = ["CHECK", "STATUS", "DETAIL", "REMEDY"];

/// Runs it.
pub fn run(streams: &mut Streams, app: &App, args: &DoctorArgs) -> CommandResult {
    let mut report = examine(app);
    report.items.push(terminal(streams, app));
    let cells = |check: &DoctorCheck| {
        vec![
            check.check.to_owned(),
            check.status.as_str().to_owned(),
            check.detail.clone(),
            check.remedy.clone().unwrap_or_default(),
        ]
    };
    let rows = report.items.iter().map(cells).collect();
    // A remedy is there to be pasted: it is in no column, which could be cut.
    let list = OwnList { report: &report, headers: &HEADERS, rows, narrow: 3, flexible: &[2], name: 0 };
    if list.show(streams, app, &args.shown)?.is_table() {
        let _ = streams.flush();
        for check in report.items.iter().filter(|check| check.status != CheckStatus::Ok) {
            let problem = Warning::general(format!("{}: {}", check.check, check.detail));
            let remedy = check.remedy.iter().cloned();
            streams.problem(&remedy.fold(problem, Warning::hint));
        }
    }
    let has_failed = report.items.iter().any(|check| check.status == CheckStatus::Failed);
    Ok(if has_failed { exit::FAILURE } else { exit::SUCCESS })
}

fn terminal(streams: &Streams, app: &App) -> DoctorCheck {
    const CHECK: &str = "terminal";
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| app.environment.text(name));
    let is_utf8 = locale.is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    if !is_utf8 {
        return DoctorCheck::warning(CHECK, "the locale is not UTF-8", "export LC_ALL=C.UTF-8");
    }
    let width = streams.width().map_or_else(|| "no terminal".to_owned(), |width| format!("{width} columns"));
    let color = if streams.out_color() { ", color" } else { ", no color" };
    DoctorCheck::ok(CHECK, format!("{width}{color}, UTF-8"))
}

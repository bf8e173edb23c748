//! The commands: what is asked for is done elsewhere, and shown here.

use crate::arguments::{
    AcceptArguments, Arguments, BaselineCommand, Command, Form, RulesArguments, ScanArguments,
};
use crate::baseline::{Baseline, Entry};
use crate::catalogue::{self, RULES, Rule};
use crate::{report, scan};
use everestctl_plugin::clap::ValueEnum as _;
use everestctl_plugin::output::{Format, Output};
use everestctl_plugin::{Error, Host, Plugin};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

/// The plugin.
pub(crate) struct Compliance;

impl Plugin for Compliance {
    type Arguments = Arguments;

    const VENDOR: Option<&'static str> = Some("everestctl");

    fn run(arguments: Arguments, host: &mut Host) -> Result<(), Error> {
        match arguments.command {
            Command::Scan(arguments) => show_scan(&arguments, host),
            Command::Rules(arguments) => show_rules(&arguments, host),
            Command::Explain { rule } => explain(&rule, host),
            Command::Baseline(command) => baseline(command, host),
        }
    }
}

fn show_scan(arguments: &ScanArguments, host: &mut Host) -> Result<(), Error> {
    let form = form(arguments.output, host)?;
    let (report, remarks) = scan::run(arguments, host)?;
    match form {
        Form::Table if report.findings.is_empty() => {}
        Form::Table => host.show(&Output::fixed(Format::Table), &report::rows(&report))?,
        Form::Json => host.line(pretty(&report::json(&report))?)?,
        Form::Sarif => host.line(pretty(&report::sarif(&report))?)?,
        Form::Html => host.write(report::html(&report))?,
        Form::Junit => host.write(report::junit(&report))?,
    }
    for remark in remarks {
        host.warn(remark);
    }
    for unchecked in &report.unchecked {
        host.warn(format_args!("not checked: {}: {}", unchecked.place, unchecked.why));
    }
    if form == Form::Table {
        host.say(&format!("{}\n", report.summary()));
    }
    let missing = report.unchecked.iter().filter(|unchecked| unchecked.whole).count();
    if missing > 0 {
        // Silence about what was not seen would pass for a good result.
        return Err(Error::new(format!("{missing} of what was asked for could not be checked")));
    }
    if report.fails() { Err(Error::Exit(1)) } else { Ok(()) }
}

/// The form that is asked for: behind the name, else before it.
fn form(asked: Option<Form>, host: &Host) -> Result<Form, Error> {
    match (asked, host.context().output.as_deref()) {
        (Some(form), _) => Ok(form),
        (None, None | Some("wide")) => Ok(Form::Table),
        (None, Some(word)) => Form::from_str(word, true).map_err(|_| {
            Error::usage(format!("this command has no output format `{word}`"))
                .hint("use table, json, sarif, html or junit")
        }),
    }
}

fn pretty(value: &serde_json::Value) -> Result<String, Error> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Error::new("could not write the report").because(error))
}

/// A rule in a list.
#[derive(Serialize)]
struct RuleRow {
    rule: &'static str,
    severity: &'static str,
    profile: &'static str,
    title: &'static str,
}

fn show_rules(arguments: &RulesArguments, host: &mut Host) -> Result<(), Error> {
    let wanted = |rule: &&&Rule| arguments.profile.is_empty() || arguments.profile.contains(&rule.profile);
    let row = |rule: &&Rule| RuleRow {
        rule: rule.id,
        severity: rule.severity.word(),
        profile: rule.profile.word(),
        title: rule.title,
    };
    let rows: Vec<RuleRow> = RULES.iter().filter(wanted).map(row).collect();
    host.show(&arguments.output, &rows)
}

/// The rule with this id, or an error with those that are named alike.
fn known(id: &str) -> Result<&'static Rule, Error> {
    catalogue::find(id).ok_or_else(|| {
        let shown = crate::finding::harmless(id);
        let mut error = Error::usage(format!("no such rule: {shown}"));
        let start = id.split('-').next().unwrap_or_default();
        let alike: Vec<&str> = RULES
            .iter()
            .map(|rule| rule.id)
            .filter(|other| !id.is_empty() && (other.contains(id) || id.contains(*other)))
            .collect();
        if let [one] = alike.as_slice() {
            error = error.hint(format!("did you mean `{one}`?"));
        } else if RULES.iter().any(|rule| rule.id.split('-').next() == Some(start)) {
            error =
                error.hint(format!("`compliance rules -o name` shows all of them, those of `{start}-` too"));
        }
        error.hint("everestctl compliance rules")
    })
}

fn explain(id: &str, host: &mut Host) -> Result<(), Error> {
    let rule = known(id)?;
    host.line(format_args!("{}: {}", rule.id, rule.title))?;
    host.line(format_args!("severity {}, profile {}\n", rule.severity.word(), rule.profile.word()))?;
    host.line(format_args!("Why:  {}", rule.why))?;
    host.line(format_args!("Mend: {}", rule.mend))
}

/// An entry of a baseline in a list.
#[derive(Serialize)]
struct EntryRow {
    rule: String,
    #[serde(rename = "where")]
    place: String,
    subject: String,
    count: u32,
    until: String,
    state: &'static str,
    reason: String,
}

fn baseline(command: BaselineCommand, host: &mut Host) -> Result<(), Error> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    match command {
        BaselineCommand::List { baseline, output } => {
            let row = |entry: Entry| EntryRow {
                state: if entry.until < today { "expired" } else { "accepted" },
                rule: entry.rule,
                place: entry.place,
                subject: entry.subject,
                count: entry.count,
                until: entry.until.to_string(),
                reason: entry.reason,
            };
            let rows: Vec<EntryRow> = Baseline::read(&baseline)?.accepted.into_iter().map(row).collect();
            host.show(&output, &rows)
        }
        BaselineCommand::Accept(arguments) => {
            if arguments.until < today {
                return Err(Error::usage(format!("{} is over", arguments.until))
                    .hint("use a day to come with --until"));
            }
            accept(arguments, host)
        }
        BaselineCommand::Remove { rule, place, subject, baseline } => {
            let mut all = Baseline::read(&baseline)?;
            let before = all.accepted.len();
            let is_meant = |entry: &Entry| {
                entry.rule == rule
                    && entry.place == place
                    && subject.as_ref().is_none_or(|subject| entry.subject == *subject)
            };
            all.accepted.retain(|entry| !is_meant(entry));
            let removed = before - all.accepted.len();
            if removed == 0 {
                return Err(Error::new("the baseline has no such entry")
                    .hint(format!("everestctl compliance baseline list --baseline {}", baseline.display())));
            }
            all.write(&baseline)?;
            host.say(&format!("removed {removed} from {}\n", baseline.display()));
            Ok(())
        }
    }
}

fn accept(arguments: AcceptArguments, host: &mut Host) -> Result<(), Error> {
    let rule = known(&arguments.rule)?.id.to_owned();
    let AcceptArguments { place, subject, count, reason, until, baseline, .. } = arguments;
    if reason.trim().is_empty() || count == 0 {
        return Err(Error::usage("an accepted finding needs a reason, and a count of 1 at least"));
    }
    let entry = Entry { rule, place, subject, reason, until, count };
    let mut all = Baseline::read_or_new(&baseline)?;
    let is_same = |other: &Entry| {
        other.rule == entry.rule && other.place == entry.place && other.subject == entry.subject
    };
    all.accepted.retain(|other| !is_same(other));
    all.accepted.push(entry);
    all.write(&baseline)?;
    host.say(&format!("accepted until {until}, in {}\n", baseline.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use everestctl_plugin::protocol::manifest;
    use everestctl_plugin::protocol::package::PackageManifest;
    use everestctl_plugin::protocol::sidecar::Sidecar;
    use everestctl_plugin::testing::Run;

    #[test]
    fn the_package_says_what_the_program_says() {
        let package: PackageManifest =
            serde_yaml::from_str(include_str!("../everestctl-plugin.yaml")).unwrap();
        let program: Sidecar = everestctl_plugin::metadata::of::<Compliance>();
        assert_eq!(package.words, program.words, "everestctl-compliance --everestctl-metadata prints them");
        assert_eq!((Some(package.version), package.summary), (program.version, program.summary.clone()));
        let resource: manifest::Plugin = serde_yaml::from_str(include_str!("../manifest.yaml")).unwrap();
        assert_eq!(resource.name(), Some(package.name.as_str()));
        assert_eq!(resource.spec.and_then(|spec| spec.description), program.summary);
    }

    #[test]
    fn nobody_is_asked_where_nothing_can_be() {
        let ran = Run::of::<Compliance>(["scan", "--all"]).with("EVERESTCTL_OFFLINE", "1").end();
        assert_eq!(
            (ran.code, ran.err.starts_with("error: instances cannot be read offline\n")),
            (1, true),
            "{ran:?}"
        );
        let ran = Run::of::<Compliance>(["scan", "--all"]).end();
        assert_eq!(
            (ran.code, ran.err.starts_with("error: no OpenEverest server is known\n")),
            (4, true),
            "{ran:?}"
        );
        let ran = Run::of::<Compliance>(["scan", "--all"]).with("EVEREST_HOST", "http://localhost").end();
        assert_eq!((ran.code, ran.err.starts_with("error: not signed in\n")), (4, true), "{ran:?}");
    }

    #[test]
    fn its_own_manifest_and_package_are_clean() {
        let root = env!("CARGO_MANIFEST_DIR");
        let ran =
            Run::of::<Compliance>(["scan", "--fail-on", "info", "--files", &format!("{root}/manifest.yaml")])
                .end();
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    }
}

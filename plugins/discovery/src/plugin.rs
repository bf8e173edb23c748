//! The commands: what is asked for is done elsewhere, kept, and shown here.

use crate::arguments::{
    Arguments, AwsArguments, Command, DiffArguments, ENGINES, ExportArguments, ExportFormat, FilterArguments,
    HostArguments, ListArguments, MysqlArguments, PostgresArguments, ScanCommand,
};
use crate::database::{Database, Source};
use crate::export::{self, Passwords};
use crate::inventory::{self, Filter, Seen};
use crate::probe::{self, Login};
use crate::rows::{self, Row, Whole, WideRow};
use crate::scan::Scan;
use crate::store::Store;
use crate::{aws, difference, hosts};
use everestctl_plugin::output::{Format, Output};
use everestctl_plugin::protocol::sidecar::Completion;
use everestctl_plugin::{Context, Error, Host, Plugin};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

/// The plugin.
pub(crate) struct Discovery;

impl Plugin for Discovery {
    type Arguments = Arguments;

    const VENDOR: Option<&'static str> = Some("everestctl");
    /// Names of databases are in no file that everestctl reads.
    const COMPLETION: Completion = Completion::Cobra;

    fn complete(argument: &str, context: &Context) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match argument {
            "region" => return words(aws::KNOWN_REGIONS),
            "engine" => return words(ENGINES),
            "name" => {}
            _ => return Vec::new(),
        }
        let kept = Store::of(context).and_then(|store| store.read()).unwrap_or_default();
        let all = inventory::current(&kept.scans, &Filter::default());
        let mut called: BTreeMap<&str, u32> = BTreeMap::new();
        for seen in &all {
            *called.entry(&seen.database.name).or_default() += 1;
        }
        let word = |seen: &Seen<'_>| {
            let Database { name, id, .. } = seen.database;
            if called.get(name.as_str()) == Some(&1) { name.clone() } else { id.clone() }
        };
        all.iter().map(word).collect()
    }

    fn run(arguments: Arguments, host: &mut Host) -> Result<(), Error> {
        match arguments.command {
            Command::Scan(command) => scan(command, host),
            Command::List(arguments) => list(&arguments, host),
            Command::Show { name, output } => show(&name, &output, host),
            Command::Export(arguments) => export(arguments, host),
            Command::Diff(arguments) => diff(&arguments, host),
        }
    }
}

/// What waits for answers.
pub(crate) fn runtime() -> Result<Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new("could not start").because(error))
}

fn scan(command: ScanCommand, host: &mut Host) -> Result<(), Error> {
    if host.context().offline {
        return Err(Error::new("nothing can be scanned offline")
            .hint("leave --offline out; `discovery list` shows what is known"));
    }
    // Before anybody is asked: a scan that cannot be kept is not made.
    let store = Store::of(host.context())?;
    let (scan, looked, output) = match command {
        ScanCommand::AwsRds(arguments) => (scan_aws(&arguments, host)?, None, arguments.output),
        ScanCommand::Postgres(arguments) => {
            let login = login(&arguments)?;
            let (scan, counts) = scan_hosts(Source::Postgres, &arguments.hosts, arguments.port, login, host)?;
            (scan, Some(counts), arguments.output)
        }
        ScanCommand::Mysql(MysqlArguments { hosts, port, output }) => {
            let (scan, counts) = scan_hosts(Source::Mysql, &hosts, port, None, host)?;
            (scan, Some(counts), output)
        }
    };
    store.save(&scan)?;
    let found: Vec<Seen<'_>> = scan.databases.iter().map(|database| Seen { database, at: scan.at }).collect();
    show_all(&found, &output, host)?;
    report(&scan, looked, host)
}

fn scan_aws(arguments: &AwsArguments, host: &mut Host) -> Result<Scan, Error> {
    let regions = if arguments.all_regions {
        aws::Regions::All
    } else if arguments.region.is_empty() {
        aws::Regions::Own
    } else {
        let mut names = arguments.region.clone();
        names.sort();
        names.dedup();
        aws::Regions::Named(names)
    };
    let runtime = runtime()?;
    let told = |done: usize, all: usize| host.progress("looking into regions", done as u64, Some(all as u64));
    let scanned = runtime.block_on(aws::scan(&regions, arguments.profile.as_deref(), told));
    // What somebody else is slow with must not hold this process.
    runtime.shutdown_background();
    let (scan, remark) = scanned?;
    if let Some(remark) = remark {
        host.warn(remark);
    }
    Ok(scan)
}

fn scan_hosts(
    source: Source,
    arguments: &HostArguments,
    port: u16,
    login: Option<Login>,
    host: &mut Host,
) -> Result<(Scan, probe::Counts), Error> {
    let most = usize::try_from(arguments.max_hosts).unwrap_or(hosts::MOST);
    let targets = hosts::targets(&arguments.hosts, port, most)?;
    let all = targets.len() as u64;
    let manner = probe::ProbeManner {
        source,
        patience: Duration::from_secs(arguments.timeout.into()),
        at_once: arguments.parallel.into(),
        login,
    };
    let runtime = runtime()?;
    let told = |done: usize| host.progress("looking at hosts", done as u64, Some(all));
    let scanned = runtime.block_on(probe::scan(targets, &manner, told));
    // A name that the DNS thinks about for long is nobody's business any more.
    runtime.shutdown_background();
    Ok(scanned)
}

/// The variable that libpq reads, too.
const PASSWORD: &str = "PGPASSWORD";
/// The largest file of a password, in bytes.
const LARGEST: u64 = 64 * 1024;

#[expect(
    clippy::disallowed_methods,
    reason = "a secret that is in no field of the context, and goes nowhere else"
)]
fn login(arguments: &PostgresArguments) -> Result<Option<Login>, Error> {
    let Some(user) = arguments.user.clone() else { return Ok(None) };
    let password = match &arguments.password_file {
        Some(path) => Some(password_of(path)?),
        None => std::env::var(PASSWORD).ok().map(Zeroizing::new),
    };
    let password = password.filter(|password| !password.is_empty());
    Ok(Some(Login { user, password, database: arguments.database.clone() }))
}

/// The first line of a file.
#[expect(clippy::disallowed_methods, reason = "a file that the user names, with a limit")]
fn password_of(path: &Path) -> Result<Zeroizing<String>, Error> {
    let mut text = Zeroizing::new(String::new());
    let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    read.map_err(|error| {
        Error::new(format!("could not read the password of {}", path.display())).because(error)
    })?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// Says what a scan has looked at, and what it could not.
fn report(scan: &Scan, looked: Option<probe::Counts>, host: &mut Host) -> Result<(), Error> {
    /// So many hosts are named one by one.
    const NAMED: usize = 20;
    for problem in scan.problems.iter().take(NAMED) {
        host.warn(format_args!("{}: {}", problem.place, problem.message));
    }
    if let Some(more) = scan.problems.len().checked_sub(NAMED).filter(|more| *more > 0) {
        host.warn(format_args!("and {more} more"));
    }
    let databases = counted(scan.databases.len(), "database", "databases");
    if let Some(looked) = looked {
        let hosts = counted(looked.found + looked.other + looked.silent, "host", "hosts");
        host.say(&format!(
            "found {databases}; looked at {hosts}: {} answered, {} spoke something else, {} were silent\n",
            looked.found, looked.other, looked.silent
        ));
        return Ok(());
    }
    host.say(&format!("found {databases} in {}\n", counted(scan.places.len(), "region", "regions")));
    let missing = scan.problems.len();
    if missing == 0 {
        return Ok(());
    }
    // Silence about what was not seen would pass for a good result.
    let mut error = Error::new(format!(
        "{missing} of {} could not be looked into",
        counted(scan.places.len() + missing, "region", "regions")
    ));
    let mut hints: Vec<&str> = scan.problems.iter().filter_map(|problem| problem.hint.as_deref()).collect();
    hints.sort_unstable();
    hints.dedup();
    for hint in hints {
        error = error.hint(hint);
    }
    Err(error)
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Shows databases in the form that the user wants: few columns for people, everything for programs.
fn show_all(all: &[Seen<'_>], output: &Output, host: &mut Host) -> Result<(), Error> {
    let today = rows::today();
    match host.format(output)? {
        Format::Table | Format::Name | Format::Markdown | Format::Html => {
            let rows: Vec<Row> = all.iter().map(|seen| Row::new(seen, today)).collect();
            host.show(output, &rows)
        }
        Format::Wide | Format::Vertical | Format::Csv | Format::Tsv => {
            let rows: Vec<WideRow> = all.iter().map(WideRow::new).collect();
            host.show(output, &rows)
        }
        Format::Json | Format::Jsonl | Format::Yaml => {
            let rows: Vec<Whole<'_>> = all.iter().map(Whole::new).collect();
            host.show(output, &rows)
        }
    }
}

/// What is kept; what cannot be read is said.
fn kept(host: &mut Host) -> Result<Vec<Scan>, Error> {
    let kept = Store::of(host.context())?.read()?;
    for remark in &kept.remarks {
        host.warn(remark);
    }
    Ok(kept.scans)
}

fn filter(arguments: &FilterArguments) -> Filter {
    Filter {
        sources: arguments.source.clone(),
        engines: arguments.engine.clone(),
        regions: arguments.region.clone(),
    }
}

fn list(arguments: &ListArguments, host: &mut Host) -> Result<(), Error> {
    let scans = kept(host)?;
    let all = inventory::current(&scans, &filter(&arguments.filter));
    show_all(&all, &arguments.output, host)?;
    if scans.is_empty() {
        host.say("nothing has been scanned yet: everestctl discovery scan --help\n");
    } else if all.is_empty() {
        host.say("no such database has been found\n");
    }
    Ok(())
}

fn show(name: &str, output: &Output, host: &mut Host) -> Result<(), Error> {
    let scans = kept(host)?;
    let all = inventory::current(&scans, &Filter::default());
    let seen = inventory::find(&all, name)?;
    match host.format(output)? {
        Format::Table | Format::Wide => host.write(rows::lines(&seen, rows::today())),
        Format::Json => host.line(pretty(&Whole::new(&seen))?),
        _ => show_all(&[seen], output, host),
    }
}

fn pretty(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Error::new("could not write the result").because(error))
}

fn export(arguments: ExportArguments, host: &mut Host) -> Result<(), Error> {
    let scans = kept(host)?;
    let all = inventory::current(&scans, &filter(&arguments.filter));
    if all.is_empty() {
        return Err(Error::new("there is nothing to export").hint("everestctl discovery list"));
    }
    match arguments.format {
        ExportFormat::Csv => show_all(&all, &Output::fixed(Format::Csv), host),
        ExportFormat::Json => show_all(&all, &Output::fixed(Format::Json), host),
        ExportFormat::Instances => {
            if arguments.secrets_to.is_some() && host.context().offline {
                return Err(Error::new("passwords cannot be fetched offline")
                    .hint("leave --offline or --secrets-to out"));
            }
            let passwords = Passwords {
                variable: arguments.password_env,
                file: arguments.password_file.map(|path| std::path::absolute(&path).unwrap_or(path)),
                folder: arguments.secrets_to,
                secrets: arguments.secret.into_iter().collect(),
                profile: arguments.profile,
            };
            let manner = export::ExportManner {
                namespace: arguments.namespace,
                username: arguments.username,
                database: arguments.database,
                passwords,
            };
            let written = export::instances(&all, &manner)?;
            host.write(export::yaml(&written.file)?)?;
            for remark in written.remarks {
                host.warn(remark);
            }
            Ok(())
        }
    }
}

fn diff(arguments: &DiffArguments, host: &mut Host) -> Result<(), Error> {
    let scans = kept(host)?;
    let difference = difference::of(&scans, arguments.source)?;
    match host.format(&arguments.output)? {
        Format::Table => host.write(rows::patch(&difference))?,
        Format::Json => host.line(pretty(&difference)?)?,
        Format::Jsonl | Format::Yaml => host.show(&arguments.output, &difference.changes)?,
        _ => host.show(&arguments.output, &rows::changes(&difference))?,
    }
    let first = difference.first.len();
    if first > 0 {
        host.warn(format_args!(
            "{first} of {} places were not looked at before; what is there counts as added",
            first + difference.compared
        ));
    }
    if difference.changes.is_empty() {
        host.say("no differences\n");
    } else if arguments.exit_code {
        return Err(Error::Exit(1));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Kind;
    use everestctl_plugin::protocol::package::PackageManifest;
    use everestctl_plugin::protocol::sidecar::Sidecar;
    use everestctl_plugin::testing::{Ran, Run};

    /// A run with a home of its own.
    fn run(home: &Path, line: &str) -> Ran {
        let home = home.display().to_string();
        Run::of::<Discovery>(line.split_whitespace()).with("EVERESTCTL_HOME", &home).end()
    }

    #[test]
    fn the_package_says_what_the_program_says() {
        let package: PackageManifest =
            serde_yaml::from_str(include_str!("../everestctl-plugin.yaml")).unwrap();
        let program: Sidecar = everestctl_plugin::metadata::of::<Discovery>();
        assert_eq!((package.completion, package.words.len()), (program.completion, 0));
        assert_eq!((Some(package.version), package.summary), (program.version, program.summary));
    }

    #[test]
    fn tab_offers_names_regions_and_engines() {
        let home = tempfile::tempdir().unwrap();
        let moved = ("EVERESTCTL_HOME".to_owned(), home.path().display().to_string());
        let context = Context::from_variables([moved]);
        assert!(Discovery::complete("name", &context).is_empty());
        let of = |place: &str, name: &str| {
            Database::new(Source::AwsRds, place.to_owned(), Kind::Instance, name, "mysql")
        };
        let databases = vec![of("eu", "shop"), of("eu", "orders"), of("us", "orders")];
        let scan = Scan::now(Source::AwsRds, vec!["eu".to_owned(), "us".to_owned()], databases, Vec::new());
        Store::of(&context).unwrap().save(&scan).unwrap();
        let names = Discovery::complete("name", &context);
        assert_eq!(names, ["eu/instance/orders", "shop", "us/instance/orders"]);
        assert!(Discovery::complete("region", &context).contains(&"eu-central-1".to_owned()));
        assert!(Discovery::complete("engine", &context).contains(&"aurora-mysql".to_owned()));
        assert!(Discovery::complete("profile", &context).is_empty());
    }

    #[test]
    fn nothing_is_known_before_a_scan() {
        let home = tempfile::tempdir().unwrap();
        let ran = run(home.path(), "list");
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
        assert!(ran.err.starts_with("nothing has been scanned yet"), "{ran:?}");
        for (line, says) in [
            ("show shop", "error: no database `shop` has been found\nhint: everestctl discovery list\n"),
            ("export", "error: there is nothing to export\n"),
            ("diff", "error: there is no scan yet\n"),
        ] {
            let ran = run(home.path(), line);
            assert_eq!((ran.code, ran.err.starts_with(says)), (1, true), "{ran:?}");
        }
        assert_eq!(run(home.path(), "list -o json").out, "[]\n");
        let ran = Run::of::<Discovery>(["list"]).end();
        assert!(ran.code == 1 && ran.err.contains("there is no folder to keep scans in"), "{ran:?}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anybody_is_asked() {
        let home = tempfile::tempdir().unwrap();
        for line in [
            "scan aws-rds --region EU --profile x",
            "scan aws-rds --region eu-west-1 --all-regions",
            "scan postgres",
            "scan postgres --hosts 10.0.0.0/8",
            "scan postgres --hosts 10.0.0.0/19",
            "scan mysql --hosts 10.0.0.1/24",
            "scan mysql --hosts ::1 --port 0",
            "export --secret shop",
        ] {
            let ran = run(home.path(), line);
            assert_eq!(ran.code, 2, "{line}: {ran:?}");
        }
        let home = home.path().display().to_string();
        let offline = Run::of::<Discovery>(["scan", "mysql", "--hosts", "::1"])
            .with("EVERESTCTL_HOME", &home)
            .with("EVERESTCTL_OFFLINE", "1")
            .end();
        assert!(
            offline.code == 1 && offline.err.starts_with("error: nothing can be scanned offline\n"),
            "{offline:?}"
        );
    }
}

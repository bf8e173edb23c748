//! A scan: what there is to look at is read, and each rule of the chosen profiles is asked.

use crate::arguments::ScanArguments;
use crate::baseline::Baseline;
use crate::catalogue::Profile;
use crate::document::{Document, documents};
use crate::everest::{Everest, Instance};
use crate::finding::{Finding, Unchecked};
use crate::report::Report;
use crate::{credentials, files, instance, permissions, postgres, resources};
use everestctl_plugin::clap::ValueEnum as _;
use everestctl_plugin::{Error, Host};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use tokio::runtime::{Builder, Runtime};

/// The labels that are needed where nobody says which.
const LABELS: [&str; 2] = ["owner", "environment"];

/// What a scan is about.
struct Scan {
    profiles: Vec<Profile>,
    labels: Vec<String>,
    /// The database of each instance, where one is named.
    database: Option<String>,
    now: Timestamp,
    findings: Vec<Finding>,
    unchecked: Vec<Unchecked>,
}

/// Looks at everything that is asked for. The remarks are about the baseline.
pub(crate) fn run(arguments: &ScanArguments, host: &mut Host) -> Result<(Report, Vec<String>), Error> {
    let baseline = arguments.baseline.as_deref().map(Baseline::read).transpose()?.unwrap_or_default();
    let wanted = wanted(arguments, host)?;
    let profiles = if arguments.profile.is_empty() {
        Profile::value_variants().to_vec()
    } else {
        let all = Profile::value_variants().iter().copied();
        all.filter(|profile| arguments.profile.contains(profile)).collect()
    };
    let labels = if arguments.require_label.is_empty() {
        LABELS.map(str::to_owned).to_vec()
    } else {
        arguments.require_label.clone()
    };
    let now = Timestamp::now();
    let database = arguments.database.clone().or_else(|| host.context().database.clone());
    let mut scan = Scan { profiles, labels, database, now, findings: Vec::new(), unchecked: Vec::new() };
    let instances = match wanted {
        Wanted::None => Vec::new(),
        wanted => scan.instances(&wanted, host)?,
    };
    let files = scan.files(&arguments.files);
    let today = now.to_zoned(TimeZone::UTC).date();
    scan.findings.retain(|finding| scan.profiles.contains(&finding.rule.profile));
    scan.findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            (std::cmp::Reverse(finding.rule.severity), finding.place.clone(), finding.rule.id)
        };
        key(one).cmp(&key(other))
    });
    let split = baseline.split(scan.findings, today);
    let report = Report {
        day: today.to_string(),
        profiles: scan.profiles,
        instances,
        files,
        findings: split.open,
        accepted: split.accepted,
        unchecked: scan.unchecked,
        fail_on: arguments.fail_on,
    };
    Ok((report, split.remarks))
}

/// Which instances are meant.
enum Wanted {
    None,
    All,
    Named(Vec<String>),
}

fn wanted(arguments: &ScanArguments, host: &Host) -> Result<Wanted, Error> {
    if arguments.all {
        return Ok(Wanted::All);
    }
    if !arguments.instance.is_empty() {
        return Ok(Wanted::Named(arguments.instance.clone()));
    }
    if !arguments.files.is_empty() {
        return Ok(Wanted::None);
    }
    host.context().instance.clone().map(|name| Wanted::Named(vec![name])).ok_or_else(|| {
        Error::usage("nothing to look at")
            .hint("use --instance NAME or --all for database instances")
            .hint("use --files PATH for manifests, charts and other files")
    })
}

impl Scan {
    fn asks(&self, profile: Profile) -> bool {
        self.profiles.contains(&profile)
    }

    /// Looks at instances; gives which.
    fn instances(&mut self, wanted: &Wanted, host: &mut Host) -> Result<Vec<String>, Error> {
        let namespace = host.context().namespace.clone();
        let mut everest = Everest::of(host)?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::new("could not start").because(error))?;
        let instances = find(&mut everest, namespace, wanted)?;
        let count = instances.len() as u64;
        for (done, instance) in (0..).zip(&instances) {
            everest.progress(&format!("looking at {}", instance.name), done, count);
            self.instance(&mut everest, &runtime, instance);
        }
        everest.progress("", count, count);
        Ok(instances.iter().map(Instance::place).collect())
    }

    fn instance(&mut self, everest: &mut Everest<'_>, runtime: &Runtime, instance: &Instance) {
        self.findings.extend(instance::judge_tags(instance, &self.labels));
        self.findings.extend(instance::judge_services(instance));
        self.findings.extend(instance::judge_values(instance));
        if self.asks(Profile::Backups) {
            match everest.backups(instance) {
                Ok(backups) => self.findings.extend(instance::judge_backups(instance, &backups, self.now)),
                Err(error) if error.is_missing() => {
                    self.part(instance, "backup-missing: the server has no list of backups");
                }
                Err(error) => self.part(instance, &format!("backup-missing: {error}")),
            }
        }
        if [Profile::CisPostgres, Profile::Exposure, Profile::Backups]
            .iter()
            .any(|profile| self.asks(*profile))
        {
            self.database(everest, runtime, instance);
        }
    }

    /// What the address and the database of an instance say.
    fn database(&mut self, everest: &mut Everest<'_>, runtime: &Runtime, instance: &Instance) {
        let place = instance.place();
        let access = match everest.connection(instance) {
            Ok(access) => access,
            Err(error) => return self.unchecked.push(Unchecked::whole(&place, &error.to_string())),
        };
        self.findings.extend(instance::judge_address(instance, &access));
        if !self.asks(Profile::CisPostgres) && !self.asks(Profile::Backups) {
            return;
        }
        if !access.is_postgresql() {
            return self.part(instance, &format!("cis-postgres: it is {}", access.engine));
        }
        let read = match access.target(self.database.as_deref()) {
            Ok(target) => {
                runtime.block_on(postgres::read(&target, &place)).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok((facts, unchecked)) => {
                let today = self.now.to_zoned(TimeZone::UTC).date();
                self.findings.extend(postgres::judge(&place, &facts, today));
                self.findings.extend(postgres::judge_backups(&place, &facts));
                if self.asks(Profile::CisPostgres) {
                    self.unchecked.extend(unchecked);
                }
            }
            Err(why) => self.unchecked.push(Unchecked::whole(&place, &why)),
        }
    }

    fn part(&mut self, instance: &Instance, why: &str) {
        self.unchecked.push(Unchecked::part(&instance.place(), why));
    }

    /// Looks at files; gives how many.
    fn files(&mut self, named: &[PathBuf]) -> usize {
        let (files, unchecked) = files::read(named);
        self.unchecked.extend(unchecked);
        if self.asks(Profile::Credentials) {
            self.findings.extend(files.iter().flat_map(|file| credentials::scan(&file.path, &file.text)));
        }
        let mut all: Vec<Document<'_>> = Vec::new();
        for file in &files {
            let (documents, unread) = documents(file);
            all.extend(documents);
            self.unchecked.extend(unread);
        }
        self.findings.extend(all.iter().flat_map(|document| resources::judge(document, &self.labels)));
        self.findings.extend(permissions::judge(&all));
        files.len()
    }
}

/// The instances that are meant. One that is named and not there is an error.
fn find(
    everest: &mut Everest<'_>,
    namespace: Option<String>,
    wanted: &Wanted,
) -> Result<Vec<Instance>, Error> {
    let namespaces = match namespace {
        Some(namespace) => vec![namespace],
        None => everest.namespaces()?,
    };
    let mut all = Vec::new();
    for namespace in &namespaces {
        all.extend(everest.instances(namespace)?);
    }
    let Wanted::Named(names) = wanted else { return Ok(all) };
    let mut found: Vec<Instance> = Vec::new();
    for name in names {
        let is_meant = |instance: &&Instance| instance.name == *name || instance.place() == *name;
        let meant: Vec<&Instance> = all.iter().filter(is_meant).collect();
        match meant.as_slice() {
            [one] => found.push((*one).clone()),
            [] => {
                let shown = crate::finding::harmless(name);
                return Err(Error::new(format!("instance `{shown}` not found"))
                    .hint("use --all to look at all instances that you may see"));
            }
            several => {
                let places: Vec<String> = several.iter().map(|instance| instance.place()).collect();
                return Err(Error::usage(format!("instance `{name}` exists in several namespaces"))
                    .hint(format!("use --instance {}", places.join(" or --instance "))));
            }
        }
    }
    found.sort_by_key(Instance::place);
    found.dedup_by_key(|instance| instance.place());
    Ok(found)
}

//! What has been found, for other programs. `instances` is the file that a development host reads, behind which the SQL explorer and
//! everything else reaches these databases.
//!
//! No password is in any of them: an instance names a variable or a file that has it.

use crate::aws::{self, Credentials};
use crate::database::{Database, Encryption, Protocol};
use crate::inventory::Seen;
use everestctl_plugin::{Error, text};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Where the passwords are, or get to.
#[derive(Debug, Default)]
pub(crate) struct Passwords {
    /// A variable that the host finds in its environment.
    pub(crate) variable: Option<String>,
    /// A file that has the one of all.
    pub(crate) file: Option<PathBuf>,
    /// A folder for those that are in Secrets Manager.
    pub(crate) folder: Option<PathBuf>,
    /// The secrets of databases of which AWS does not name one: names and ARNs.
    pub(crate) secrets: BTreeMap<String, String>,
    /// With which AWS profile they are read.
    pub(crate) profile: Option<String>,
}

/// How instances are written.
#[derive(Debug, Default)]
pub(crate) struct ExportManner {
    pub(crate) namespace: String,
    pub(crate) username: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) passwords: Passwords,
}

/// The file of a development host.
#[derive(Serialize)]
pub(crate) struct InstancesFile {
    instances: Vec<Instance>,
}

/// One entry of it: the keys are those of the host.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    name: String,
    namespace: String,
    #[serde(rename = "type")]
    engine: &'static str,
    provider: String,
    host: String,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    labels: BTreeMap<String, String>,
}

/// What is written, and what there is to say about it.
pub(crate) struct Exported {
    pub(crate) file: InstancesFile,
    pub(crate) remarks: Vec<String>,
}

/// The instances of those that somebody can connect to.
pub(crate) fn instances(all: &[Seen<'_>], manner: &ExportManner) -> Result<Exported, Error> {
    let mut names = BTreeSet::new();
    let (mut instances, mut remarks, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
    for seen in all {
        let database = seen.database;
        // What it is reached by is the address of its cluster.
        if database.cluster.is_some() {
            continue;
        }
        match instance(database, manner, &mut names) {
            Ok(instance) => {
                if let Some(secret) = secret(database, manner) {
                    wanted.push((instances.len(), secret, database.region.clone()));
                }
                instances.push(instance);
            }
            Err(why) => remarks.push(format!("left out: {}: {why}", database.id)),
        }
    }
    if let Some(folder) = &manner.passwords.folder {
        fill(&mut instances, &wanted, folder, manner)?;
    }
    let mut unknown = manner.passwords.secrets.keys();
    if let Some(name) = unknown.find(|name| !all.iter().any(|seen| is_called(seen.database, name))) {
        let shown = text::one_line(name, 120);
        return Err(Error::usage(format!("no database `{shown}` is exported, which --secret names"))
            .hint("everestctl discovery list"));
    }
    let without =
        instances.iter().filter(|one| one.password_file.is_none() && one.password_env.is_none()).count();
    if without > 0 {
        remarks.push(format!(
            "{without} of {} have no password: use --password-env, --password-file or --secrets-to",
            instances.len()
        ));
    }
    Ok(Exported { file: InstancesFile { instances }, remarks })
}

fn is_called(database: &Database, name: &str) -> bool {
    database.name == name || database.id == name
}

/// The secret of a database: the one that the user names, else the one that AWS does.
fn secret(database: &Database, manner: &ExportManner) -> Option<String> {
    let named = manner.passwords.secrets.iter().find(|(name, _)| is_called(database, name));
    named.map(|(_, secret)| secret.clone()).or_else(|| database.secret.clone())
}

fn instance(
    database: &Database,
    manner: &ExportManner,
    names: &mut BTreeSet<String>,
) -> Result<Instance, &'static str> {
    let engine = match database.protocol() {
        Some(Protocol::PostgreSql) => "postgresql",
        Some(Protocol::MySql) => "mysql",
        None => return Err("the host knows no such engine"),
    };
    let (Some(host), Some(port)) = (database.host.clone(), database.port) else {
        return Err("it has no address (yet)");
    };
    // The database that each has, also where none was made with it.
    let usual = (engine == "postgresql").then(|| "postgres".to_owned());
    let name = manner.database.clone().or_else(|| database.dbname.clone()).or(usual);
    let mut labels =
        BTreeMap::from([("discovery.everestctl.io/source".to_owned(), database.source.word().to_owned())]);
    if let Some(region) = database.region.as_deref().filter(|region| is_label_value(region)) {
        labels.insert("discovery.everestctl.io/region".to_owned(), region.to_owned());
    }
    let of_tags = database.tags.iter().filter(|(key, value)| is_label(key) && is_label_value(value));
    labels.extend(of_tags.map(|(key, value)| (key.clone(), value.clone())));
    Ok(Instance {
        name: unused(&database.name, names),
        namespace: manner.namespace.clone(),
        engine,
        provider: format!("{}-{engine}", database.source.word()),
        uri: (database.tls == Some(Encryption::Offered)).then(|| uri(engine, &host, port, name.as_deref())),
        host,
        port,
        database: name,
        username: manner.username.clone().or_else(|| database.username.clone()),
        password_file: manner.passwords.file.as_deref().map(|path| path.display().to_string()),
        password_env: manner.passwords.variable.clone(),
        labels,
    })
}

/// The address, for what no field says: that the connection has to be encrypted.
fn uri(engine: &str, host: &str, port: u16, database: Option<&str>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let path = database.filter(plain).unwrap_or_default();
    let parameter = if engine == "postgresql" { "sslmode=require" } else { "ssl-mode=REQUIRED" };
    format!("{engine}://{host}:{port}/{path}?{parameter}")
}

/// A name of a resource (a DNS label) that is like this one and not taken.
fn unused(name: &str, names: &mut BTreeSet<String>) -> String {
    let plain = |one: char| if one.is_ascii_lowercase() || one.is_ascii_digit() { one } else { '-' };
    let made: String = name.to_ascii_lowercase().chars().map(plain).take(56).collect();
    let made = made.trim_matches('-');
    let made = if made.is_empty() { "database" } else { made };
    let with_number = (2_u32..).map(|number| format!("{made}-{number}"));
    let free = std::iter::once(made.to_owned()).chain(with_number).find(|name| !names.contains(name));
    let free = free.unwrap_or_default();
    names.insert(free.clone());
    free
}

/// Whether Kubernetes would take it as the value of a label.
fn is_label_value(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && is_edge(bytes.first())
        && is_edge(bytes.last())
}

/// Whether it is a label's name without a prefix.
fn is_label(text: &str) -> bool {
    !text.is_empty() && is_label_value(text)
}

/// Fetches the passwords into files of the user alone, and names these.
fn fill(
    instances: &mut [Instance],
    wanted: &[(usize, String, Option<String>)],
    folder: &Path,
    manner: &ExportManner,
) -> Result<(), Error> {
    let secrets: Vec<_> = wanted.iter().map(|(_, secret, region)| (secret.clone(), region.clone())).collect();
    if secrets.is_empty() {
        return Err(
            Error::new("AWS names no secret of these databases").hint("name them: --secret DATABASE=ARN")
        );
    }
    let runtime = crate::plugin::runtime()?;
    let fetched = runtime.block_on(aws::fetch_secret(&secrets, manner.passwords.profile.as_deref()))?;
    let failed = |error: io::Error| {
        Error::new(format!("could not write a password into {}", folder.display())).because(error)
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    // A path that depends on nothing: who reads the instances stands elsewhere.
    let folder = std::path::absolute(folder).map_err(failed)?;
    for ((index, ..), Credentials { username, password }) in wanted.iter().zip(fetched) {
        let instance = &mut instances[*index];
        let path = folder.join(format!("{}.password", instance.name));
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            file.write_all(password.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(failed)?;
        instance.password_file = Some(path.display().to_string());
        instance.password_env = None;
        if manner.username.is_none() {
            instance.username = username.or(instance.username.take());
        }
    }
    Ok(())
}

/// As YAML, with what the reader has to know.
pub(crate) fn yaml(file: &InstancesFile) -> Result<String, Error> {
    let text = serde_yaml::to_string(file)
        .map_err(|error| Error::new("could not write the instances").because(error))?;
    Ok(format!("# Found by everestctl discovery. For everestctl host run --instances FILE.\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Kind, Source};
    use jiff::Timestamp;

    fn database(name: &str, engine: &str) -> Database {
        let mut database =
            Database::new(Source::AwsRds, "aws-rds/1/eu".to_owned(), Kind::Instance, name, engine);
        (database.host, database.port) = (Some("shop.example.com".to_owned()), Some(5432));
        database.tls = Some(Encryption::Offered);
        database
    }

    fn written(all: &[Database], manner: &ExportManner) -> (String, Vec<String>) {
        let seen: Vec<Seen<'_>> =
            all.iter().map(|database| Seen { database, at: Timestamp::UNIX_EPOCH }).collect();
        let written = instances(&seen, manner).unwrap();
        (yaml(&written.file).unwrap(), written.remarks)
    }

    #[test]
    fn instances_have_names_addresses_and_no_password() {
        let mut member = database("orders-1", "aurora-postgresql");
        member.cluster = Some("orders".to_owned());
        let mut nowhere = database("making", "postgres");
        nowhere.host = None;
        let tagged = database("Shop_1", "postgres")
            .tagged([("owner", "dana"), ("a b", "c"), ("note", "a b")].into_iter());
        let all = [tagged, database("shop-1", "mysql"), database("big", "oracle-ee"), member, nowhere];
        let passwords = Passwords { variable: Some("SHOP_PASSWORD".to_owned()), ..Passwords::default() };
        let manner = ExportManner { namespace: "prod".to_owned(), passwords, ..ExportManner::default() };
        let (text, remarks) = written(&all, &manner);
        for line in [
            "name: shop-1\n",
            "name: shop-1-2\n",
            "namespace: prod\n",
            "type: postgresql\n",
            "provider: aws-rds-postgresql\n",
            "passwordEnv: SHOP_PASSWORD\n",
            "postgresql://shop.example.com:5432/postgres?sslmode=require",
            "owner: dana\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(!text.contains("a b") && !text.contains("orders"), "{text}");
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        assert!(remarks.iter().all(|remark| remark.starts_with("left out: ")), "{remarks:?}");
    }

    #[test]
    fn a_name_is_a_label_and_used_once() {
        let mut names = BTreeSet::new();
        let mut unused = |name: &str| super::unused(name, &mut names);
        assert_eq!(unused("10.0.0.7:5432"), "10-0-0-7-5432");
        assert_eq!((unused("é"), unused("--")), ("database".to_owned(), "database-2".to_owned()));
        assert_eq!(unused(&"x".repeat(100)).len(), 56);
        assert_eq!(unused("[::1]:5432"), "1--5432");
    }

    #[test]
    fn who_has_no_password_is_told() {
        let (text, remarks) = written(&[database("shop", "postgres")], &ExportManner::default());
        assert!(!text.contains("password"), "{text}");
        assert!(remarks[0].starts_with("1 of 1 have no password"), "{remarks:?}");
    }
}

//! A database, as a scan has found it. What is not known is absent.

use everestctl_plugin::{clap, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most that is kept of a text from outside, in characters.
const LONGEST: usize = 256;
/// The most tags that are kept of one database; AWS allows 50.
const MOST_TAGS: usize = 64;

/// Where databases are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// Amazon RDS and Aurora
    AwsRds,
    /// Hosts, asked as PostgreSQL
    Postgres,
    /// Hosts, asked as MySQL or MariaDB
    Mysql,
}

impl Source {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::AwsRds => "aws-rds",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }
}

/// What one entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A server that stands alone, or is part of a cluster.
    Instance,
    /// Several instances with one address.
    Cluster,
    /// Something that answered on a port.
    Server,
}

/// Whether a server encrypts its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encryption {
    /// It can.
    Offered,
    /// It cannot.
    None,
}

/// A database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Database {
    /// Its whole name, which nothing else has: `ACCOUNT/REGION/KIND/NAME` or `HOST:PORT`, behind the source.
    pub(crate) id: String,
    pub(crate) source: Source,
    /// What a scan looks at as a whole: a region of an account, or a host with its port.
    pub(crate) place: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// As its source calls it: `postgres`, `aurora-mysql`, `mariadb`.
    pub(crate) engine: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    /// The kind of machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) storage_gib: Option<u32>,
    /// Whether what it stores is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encrypted: Option<bool>,
    /// Whether its connections can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<Encryption>,
    /// How it lets users in, as far as it says without a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authentication: Option<String>,
    /// Whether it has a public address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) public: Option<bool>,
    /// For how many days backups are kept; 0 is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) backup_days: Option<u32>,
    /// Whether it stands in several zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) multi_az: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_protection: Option<bool>,
    /// The cluster that an instance is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<String>,
    /// The instances of a cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    /// The database that was made with it.
    #[serde(default, rename = "database", skip_serializing_if = "Option::is_none")]
    pub(crate) dbname: Option<String>,
    /// Where its password is, as AWS names the place; never the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
    /// The end of standard support, where the source itself says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) support_until: Option<jiff::civil::Date>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Database {
    /// One of which no more is known than this.
    pub(crate) fn new(source: Source, place: String, kind: Kind, name: &str, engine: &str) -> Self {
        let name = clean(name);
        let id = match kind {
            Kind::Server => place.clone(),
            Kind::Instance => format!("{place}/instance/{name}"),
            Kind::Cluster => format!("{place}/cluster/{name}"),
        };
        Self {
            id,
            source,
            place,
            name,
            kind,
            engine: clean(engine),
            version: None,
            host: None,
            port: None,
            region: None,
            arn: None,
            status: None,
            class: None,
            storage_gib: None,
            encrypted: None,
            tls: None,
            authentication: None,
            public: None,
            backup_days: None,
            multi_az: None,
            deletion_protection: None,
            cluster: None,
            members: Vec::new(),
            created: None,
            username: None,
            dbname: None,
            secret: None,
            tags: BTreeMap::new(),
            support_until: None,
            note: None,
        }
    }

    /// With these tags, made harmless.
    #[must_use]
    pub(crate) fn tagged<'a>(mut self, tags: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        self.tags = tags.take(MOST_TAGS).map(|(key, value)| (clean(key), clean(value))).collect();
        self
    }

    /// What its clients speak.
    pub(crate) fn protocol(&self) -> Option<Protocol> {
        let engine = self.engine.as_str();
        if engine.contains("postgres") {
            Some(Protocol::PostgreSql)
        } else if engine.contains("mysql") || engine == "mariadb" || engine == "aurora" {
            Some(Protocol::MySql)
        } else {
            None
        }
    }
}

/// What clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    PostgreSql,
    MySql,
}

/// A text from outside, as it is kept: one harmless line that is not too long.
pub(crate) fn clean(outside: &str) -> String {
    text::one_line(outside, LONGEST)
}

//! What is known of a PostgreSQL. What could not be asked is not there, which is not the same as empty.

use std::collections::BTreeMap;

/// All of it. Nothing here is a secret: of passwords it is known how they are stored, of `pg_hba.conf` no option.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The settings that rules ask for, as far as the user may see them.
    pub(crate) settings: BTreeMap<String, String>,
    /// Whether our own connection is encrypted; nothing for a socket of the machine.
    pub(crate) encrypted: Option<bool>,
    /// The lines of `pg_hba.conf`.
    pub(crate) access: Option<Vec<AccessLine>>,
    pub(crate) roles: Vec<Role>,
    /// Roles whose password is stored as MD5.
    pub(crate) md5_roles: Option<Vec<String>>,
    /// Schemas in which everybody may create.
    pub(crate) open_schemas: Vec<String>,
    /// Tables that everybody may change.
    pub(crate) open_tables: Vec<String>,
    /// Functions that run as a superuser with the caller's path.
    pub(crate) definers: Vec<String>,
    pub(crate) extensions: Vec<String>,
}

/// A line of `pg_hba.conf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccessLine {
    pub(crate) number: String,
    /// `local`, `host`, `hostssl` and others.
    pub(crate) kind: String,
    pub(crate) databases: String,
    pub(crate) users: String,
    pub(crate) address: String,
    pub(crate) netmask: String,
    pub(crate) method: String,
    /// The server cannot read it.
    pub(crate) broken: bool,
}

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// The one that `initdb` has made.
    pub(crate) first: bool,
    pub(crate) superuser: bool,
    pub(crate) login: bool,
    /// CREATEROLE, REPLICATION, BYPASSRLS.
    pub(crate) attributes: Vec<&'static str>,
}

impl Facts {
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }
}

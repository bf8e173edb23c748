//! Every rule: what it looks for, how bad that is, why, and how to mend it.

use crate::finding::Severity;
use everestctl_plugin::clap;
use serde::Serialize;

/// A group of rules that is asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Profile {
    /// Settings, roles and rights of a PostgreSQL, after the CIS benchmark
    CisPostgres,
    /// Names and labels of instances and plugins
    Tags,
    /// What can be reached from outside
    Exposure,
    /// Secrets in files
    Credentials,
    /// Copies of the data
    Backups,
    /// What plugins may do
    Permissions,
}

impl Profile {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::CisPostgres => "cis-postgres",
            Self::Tags => "tags",
            Self::Exposure => "exposure",
            Self::Credentials => "credentials",
            Self::Backups => "backups",
            Self::Permissions => "permissions",
        }
    }
}

/// One rule. Its id never changes: it stands in baselines and in other people's programs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) profile: Profile,
    pub(crate) severity: Severity,
    /// What is wrong, in one line.
    pub(crate) title: &'static str,
    pub(crate) why: &'static str,
    pub(crate) mend: &'static str,
}

/// The rule with this id.
pub(crate) fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

macro_rules! rules {
    ($($name:ident = $id:literal $profile:ident $severity:ident $title:literal $why:literal $mend:literal;)*) => {
        $(pub(crate) static $name: Rule = Rule {
            id: $id, profile: Profile::$profile, severity: Severity::$severity, title: $title, why: $why, mend: $mend,
        };)*
        /// All of them, by profile.
        pub(crate) static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    PG_TLS_OFF = "pg-tls-off" CisPostgres High
        "connections over the network are not encrypted"
        "With `ssl = off`, passwords and data can be read by everybody on the way."
        "Give the server a certificate and set `ssl = on`.";
    PG_TLS_OLD = "pg-tls-old" CisPostgres Medium
        "old versions of TLS are accepted"
        "TLS 1.0 and 1.1 have known weaknesses and are no longer allowed by most standards (RFC 8996)."
        "Set `ssl_min_protocol_version = 'TLSv1.2'`.";
    PG_PLAIN_SESSION = "pg-plain-session" CisPostgres High
        "the address of the instance leads to a connection that is not encrypted"
        "Applications that use the same address send the password's proof and all data in the clear."
        "Turn TLS on in the server, and put `sslmode=require` or `verify-full` into the address.";
    PG_HBA_TRUST = "pg-hba-trust" CisPostgres Critical
        "somebody gets in over the network without a password"
        "`trust` lets everybody in who reaches the port, as any user that the line names."
        "Use `scram-sha-256` or `cert` in this line of pg_hba.conf, then reload.";
    PG_HBA_TRUST_LOCAL = "pg-hba-trust-local" CisPostgres High
        "everybody on the machine gets in without a password"
        "`trust` on the server's own socket gives every process there every role that the line names."
        "Use `peer` or `scram-sha-256` in this line of pg_hba.conf, then reload.";
    PG_HBA_CLEAR_PASSWORD = "pg-hba-clear-password" CisPostgres High
        "passwords are sent as they are"
        "`password`, `ldap`, `pam` and `radius` send the password itself; without TLS everybody on the way reads it."
        "Use `scram-sha-256`, or `hostssl` for this line of pg_hba.conf, then reload.";
    PG_HBA_MD5 = "pg-hba-md5" CisPostgres Medium
        "passwords are checked by MD5"
        "What MD5 stores is as good as the password, and is quickly guessed."
        "Use `scram-sha-256` in this line of pg_hba.conf, after all passwords have been set anew.";
    PG_HBA_IDENT = "pg-hba-ident" CisPostgres High
        "the client's machine says who somebody is"
        "`ident` believes the machine that connects: whoever controls it is every user."
        "Use `scram-sha-256` or `cert` in this line of pg_hba.conf, then reload.";
    PG_HBA_PLAIN = "pg-hba-plain" CisPostgres Medium
        "other machines may connect without TLS"
        "`host` and `hostnossl` allow connections that everybody on the way can read and change."
        "Write `hostssl` in this line of pg_hba.conf, then reload.";
    PG_HBA_ANYBODY = "pg-hba-anybody" CisPostgres Medium
        "every address may connect as every role to every database"
        "Nothing is left between the network and a guessed password."
        "Name the networks, databases and roles that need it, in lines of their own.";
    PG_HBA_UNREADABLE = "pg-hba-unreadable" CisPostgres Medium
        "pg_hba.conf has a line that the server cannot read"
        "A server that reads the file anew keeps the old rules, and one that restarts does not start."
        "See `select line_number, error from pg_hba_file_rules where error is not null`.";
    PG_PASSWORD_HASHING = "pg-password-hashing" CisPostgres High
        "new passwords are stored as MD5"
        "Whoever gets a copy of the catalog can sign in with what stands there."
        "Set `password_encryption = 'scram-sha-256'`.";
    PG_MD5_PASSWORD = "pg-md5-password" CisPostgres High
        "a role's password is stored as MD5"
        "Whoever gets a copy of the catalog can sign in with what stands there."
        "Set the password anew with `password_encryption = 'scram-sha-256'`.";
    PG_SUPERUSER = "pg-superuser" CisPostgres Medium
        "a further role is a superuser"
        "A superuser reads everything, passes every check, and runs programs on the server."
        "`ALTER ROLE … NOSUPERUSER`, and grant what the role needs.";
    PG_POWERFUL_ROLE = "pg-powerful-role" CisPostgres Low
        "a role that signs in may more than read and write"
        "CREATEROLE, REPLICATION and BYPASSRLS lead around the rights on tables."
        "Take the attribute away, or give it to a role that nobody signs in with.";
    PG_PUBLIC_CREATE = "pg-public-create" CisPostgres High
        "everybody may create objects in a schema"
        "A function or table that somebody puts there can take the place of one that others mean (CVE-2018-1058)."
        "`REVOKE CREATE ON SCHEMA … FROM PUBLIC`.";
    PG_PUBLIC_WRITE = "pg-public-write" CisPostgres Medium
        "everybody may change a table"
        "A right of PUBLIC is one of every role, those of the future included."
        "`REVOKE … ON TABLE … FROM PUBLIC`, and grant it to the roles that need it.";
    PG_DEFINER = "pg-definer" CisPostgres High
        "a function runs as a superuser and finds names where its caller says"
        "A SECURITY DEFINER function without a `search_path` of its own can be made to run the caller's code."
        "`ALTER FUNCTION … SET search_path = pg_catalog, pg_temp`.";
    PG_EXTENSION = "pg-extension" CisPostgres Medium
        "an extension leads out of the database"
        "Untrusted languages and the like read files, start programs or reach other servers."
        "`DROP EXTENSION …` where it is not used; else grant its functions to those who need them.";
    PG_NO_AUDIT = "pg-no-audit" CisPostgres Low
        "there is no audit log"
        "Without pgaudit the log does not say who has read or changed which object."
        "Add `pgaudit` to `shared_preload_libraries` and set `pgaudit.log`.";
    PG_LOG_CONNECTIONS = "pg-log-connections" CisPostgres Low
        "connections are not logged"
        "Attempts to guess a password leave no trace, and nobody can tell who was there."
        "Set `log_connections = on` and `log_disconnections = on`.";
    PG_LOG_STATEMENT = "pg-log-statement" CisPostgres Low
        "changes of the schema are not logged"
        "`log_statement = none` leaves no trace of a role or table that was changed."
        "Set `log_statement = 'ddl'`.";
    PG_LOG_PREFIX = "pg-log-prefix" CisPostgres Low
        "lines of the log do not say who and when"
        "Without time, user and database a line can be held against nothing else."
        "Set `log_line_prefix = '%m [%p] %u@%d %h '`.";
    PG_CHECKSUMS = "pg-checksums" CisPostgres Low
        "pages have no checksums"
        "What a disk changes is not noticed, and goes into the backups."
        "Stop the server and run `pg_checksums --enable`.";
    PG_END_OF_SUPPORT = "pg-end-of-support" CisPostgres High
        "this version of PostgreSQL gets no more security updates"
        "Known holes stay open: https://www.postgresql.org/support/versioning/"
        "Upgrade to a supported major version.";

    TAG_MISSING = "tag-missing" Tags Low
        "a label is missing"
        "Without an owner and an environment nobody knows whom to ask, or which rules count."
        "Add the label to `metadata.labels`; `--require-label` says which ones are needed.";
    TAG_NAME = "tag-name" Tags Medium
        "the name of a plugin cannot be a command"
        "everestctl shows it and cannot run it: a command is `[a-z][a-z0-9-]*`, of 63 characters at most."
        "Rename the resource.";
    TAG_VERSION = "tag-version" Tags Low
        "a plugin does not say its version"
        "Nobody can tell which build runs, and a change of its commands goes unnoticed."
        "Set `spec.version`.";

    EXPOSED_SERVICE = "exposed-service" Exposure High
        "a service is open to the network outside of the cluster"
        "A load balancer without `loadBalancerSourceRanges` is reached by everybody who reaches its address."
        "Use `ClusterIP`, or list the networks in `loadBalancerSourceRanges`.";
    EXPOSED_NODE_PORT = "exposed-node-port" Exposure Medium
        "a service is open on every node"
        "A node port is reached by everybody who reaches a node, whatever the load balancer allows."
        "Use `ClusterIP`, and an ingress or a load balancer with source ranges.";
    EXPOSED_HOST_NETWORK = "exposed-host-network" Exposure High
        "a pod uses the network of its node"
        "It listens on the node's addresses, and network policies do not hold it."
        "Remove `hostNetwork` and `hostPort`; use a Service.";
    EXPOSED_PLAIN_INGRESS = "exposed-plain-ingress" Exposure Medium
        "an ingress has no TLS"
        "Tokens and data are sent in the clear."
        "Add `spec.tls` with a certificate.";
    EXPOSED_PLAIN_BACKEND = "exposed-plain-backend" Exposure High
        "a plugin's backend is asked without TLS"
        "The server passes the user's token on to `externalUrl`; with http everybody on the way can use it."
        "Use https in `spec.backend.externalUrl`.";
    EXPOSED_EXTERNAL_BACKEND = "exposed-external-backend" Exposure Low
        "a plugin's backend is outside of the cluster"
        "Tokens of users leave the cluster with each request."
        "Run the backend in the cluster and use `serviceRef`, or make sure whose host it is.";
    EXPOSED_DATABASE = "exposed-database" Exposure Medium
        "the database has a public address"
        "Everybody on the internet can try passwords, and every hole of the server is open to them."
        "Give the instance an address of the cluster or of a private network.";
    EXPOSED_PLAIN_ADDRESS = "exposed-plain-address" Exposure High
        "the address of the instance turns TLS off"
        "`sslmode=disable` in the address makes every client that uses it speak in the clear."
        "Set `sslmode=verify-full` or `require` in the address of the instance.";

    SECRET_PRIVATE_KEY = "secret-private-key" Credentials Critical
        "a private key stands in a file"
        "Whoever reads the file, or its history, is whom the key says."
        "Replace the key, keep the new one in a secret store, and name it there.";
    SECRET_KNOWN_FORMAT = "secret-known-format" Credentials Critical
        "a credential of a known service stands in a file"
        "Whoever reads the file, or its history, can use it: such tokens are looked for by programs within minutes."
        "Revoke it with the service, make a new one, and keep it in a secret store.";
    SECRET_IN_ADDRESS = "secret-in-address" Credentials High
        "an address has a password in it"
        "Addresses end up in logs, in lists of processes and in error messages."
        "Change the password, and give it by a variable, a secret or a password file.";
    SECRET_VALUE = "secret-value" Credentials High
        "a password or key is written out"
        "Whoever reads the file, or its history, knows it."
        "Change it, and refer to it: `secretKeyRef`, a variable, a password file.";
    SECRET_MANIFEST = "secret-manifest" Credentials High
        "a Secret is written out with its values"
        "base64 hides nothing: whoever reads the manifest knows the values."
        "Use a sealed or external secret, or create it outside of the repository.";
    SECRET_ENTROPY = "secret-entropy" Credentials Medium
        "a text looks as random as a key"
        "It may be a credential in a format that has no mark of its own."
        "If it is one, change it and refer to it; else accept it with `compliance baseline accept`.";

    BACKUP_MISSING = "backup-missing" Backups High
        "there is no backup that succeeded"
        "What is deleted by mistake, by an error or by somebody who wants to is gone."
        "`everestctl backup create --instance NAME`, and a schedule.";
    BACKUP_OLD = "backup-old" Backups Medium
        "the last backup that succeeded is older than a week"
        "Everything since then is lost with the instance."
        "See why the schedule does not run: `everestctl backup list`.";
    BACKUP_NO_ARCHIVE = "backup-no-archive" Backups Low
        "changes between two backups are not archived"
        "With `archive_mode = off` nothing but the last backup can be restored, no moment after it."
        "Turn on `archive_mode` with an `archive_command`, or point-in-time recovery of the provider.";

    PERMISSION_WILDCARD = "permission-wildcard" Permissions High
        "a plugin may do everything"
        "A permission with `*` covers what the plugin does not need, and what later versions of OpenEverest add."
        "Name the verbs and resources that the backend asks for.";
    PERMISSION_WITHOUT_BACKEND = "permission-without-backend" Permissions Medium
        "a plugin has permissions and no backend that could use them"
        "Permissions are given to the backend; this one would get them without a new question to anybody."
        "Remove `spec.permissions`.";
    PERMISSION_UNUSED = "permission-unused" Permissions Low
        "a plugin asks for more than its chart uses"
        "The chart has roles for its service account, and none of them touches this resource."
        "Remove the permission, or add the role that uses it.";
    PERMISSION_BESIDE = "permission-beside" Permissions High
        "a chart takes more than the plugin asks for"
        "Users agree to `spec.permissions`; the roles of the chart give its service account more in the cluster."
        "Remove the rule from the role, or declare the resource in `spec.permissions`.";
    ROLE_WILDCARD = "role-wildcard" Permissions High
        "a role of a chart may do everything"
        "`*` in a role covers every verb or resource of the cluster, those of the future included."
        "Name the verbs, groups and resources.";
    ROLE_ADMIN = "role-admin" Permissions Critical
        "a chart makes its service account an administrator of the cluster"
        "Whoever gets into one pod owns the cluster."
        "Bind a role that names what is needed.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_and_says_enough() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
        for rule in RULES {
            assert!(
                rule.id
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            );
            assert!(
                !rule.title.ends_with('.') && rule.title.starts_with(char::is_lowercase)
                    || rule.title.starts_with("pg_"),
                "{}",
                rule.id
            );
            assert!(rule.why.len() > 20 && rule.mend.len() > 10, "{}", rule.id);
            assert_eq!(find(rule.id), Some(*rule));
        }
    }
}

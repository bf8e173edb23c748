//! What the rules say to what is known of a PostgreSQL. Pure: each is a function of the facts.

use super::facts::{AccessLine, Facts};
use crate::catalogue::{self as rule, Rule};
use crate::finding::{Finding, Place};
use jiff::civil::Date;
use std::net::IpAddr;

/// Untrusted languages, and what reads files or reaches other servers.
const LEADS_OUT: &[&str] = &[
    "plpython3u",
    "plpython2u",
    "plpythonu",
    "plperlu",
    "pltclu",
    "file_fdw",
    "dblink",
    "adminpack",
    "pg_execute_server_program",
    "lo",
];
/// The last day of each major version (<https://www.postgresql.org/support/versioning/>).
const SUPPORT: &[(u32, [i16; 3])] = &[
    (12, [2024, 11, 21]),
    (13, [2025, 11, 13]),
    (14, [2026, 11, 12]),
    (15, [2027, 11, 11]),
    (16, [2028, 11, 9]),
    (17, [2029, 11, 8]),
    (18, [2030, 11, 14]),
];

/// Notes findings of one instance.
struct InstanceNotes<'n> {
    place: &'n str,
    findings: Vec<Finding>,
}

impl InstanceNotes<'_> {
    fn add(&mut self, rule: &'static Rule, subject: &str, evidence: &str) {
        let place = Place::Instance(self.place.to_owned());
        self.findings.push(Finding::new(rule, place, subject, evidence));
    }
}

/// Everything that the profile `cis-postgres` has to say.
pub(crate) fn judge(place: &str, facts: &Facts, today: Date) -> Vec<Finding> {
    let mut notes = InstanceNotes { place, findings: Vec::new() };
    encryption(&mut notes, facts);
    for line in facts.access.iter().flatten() {
        access(&mut notes, line);
    }
    passwords(&mut notes, facts);
    roles(&mut notes, facts);
    rights(&mut notes, facts);
    logging(&mut notes, facts);
    keeping(&mut notes, facts, today);
    notes.findings
}

/// What the profile `backups` has to say to the server itself.
pub(crate) fn judge_backups(place: &str, facts: &Facts) -> Vec<Finding> {
    let mut notes = InstanceNotes { place, findings: Vec::new() };
    if facts.setting("archive_mode") == Some("off") {
        notes.add(&rule::BACKUP_NO_ARCHIVE, "archive_mode", "archive_mode = off");
    }
    notes.findings
}

fn encryption(notes: &mut InstanceNotes<'_>, facts: &Facts) {
    // What listens at a socket of the machine only sends nothing over a network.
    let on_network = facts.setting("listen_addresses") != Some("");
    if facts.setting("ssl") == Some("off") && on_network {
        notes.add(&rule::PG_TLS_OFF, "ssl", "ssl = off");
    }
    if let Some(version) = facts.setting("ssl_min_protocol_version")
        && matches!(version, "" | "TLSv1" | "TLSv1.1")
    {
        notes.add(
            &rule::PG_TLS_OLD,
            "ssl_min_protocol_version",
            &format!("ssl_min_protocol_version = '{version}'"),
        );
    }
    if facts.encrypted == Some(false) {
        notes.add(&rule::PG_PLAIN_SESSION, "connection", "pg_stat_ssl.ssl = false for this connection");
    }
}

fn access(notes: &mut InstanceNotes<'_>, line: &AccessLine) {
    let subject = format!("line {}", line.number);
    if line.broken {
        return notes.add(&rule::PG_HBA_UNREADABLE, &subject, "the server cannot read the line");
    }
    let local = line.kind == "local";
    let encrypted = line.kind == "hostssl" || line.kind == "hostgssenc";
    let away = !local && !is_this_machine(line);
    let evidence = [&line.kind, &line.databases, &line.users, &line.address, &line.method]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let mut add = |rule| notes.add(rule, &subject, &evidence);
    match line.method.as_str() {
        "trust" if away => add(&rule::PG_HBA_TRUST),
        "trust" => add(&rule::PG_HBA_TRUST_LOCAL),
        "ident" if !local => add(&rule::PG_HBA_IDENT),
        "password" | "ldap" | "pam" | "bsd" | "radius" if away && !encrypted => {
            add(&rule::PG_HBA_CLEAR_PASSWORD);
        }
        "md5" => add(&rule::PG_HBA_MD5),
        _ => {}
    }
    if line.method == "reject" || !away {
        return;
    }
    if !encrypted {
        add(&rule::PG_HBA_PLAIN);
    }
    let everybody = |list: &str| list.split(',').any(|name| name == "all");
    if everybody(&line.databases) && everybody(&line.users) && is_everywhere(line) {
        add(&rule::PG_HBA_ANYBODY);
    }
}

fn is_this_machine(line: &AccessLine) -> bool {
    let alone =
        matches!(line.netmask.as_str(), "255.255.255.255" | "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    let address = line.address.parse::<IpAddr>();
    line.address == "samehost"
        || address.is_ok_and(|address| {
            address.is_loopback() && (alone || address.is_ipv4() && line.netmask.starts_with("255."))
        })
}

fn is_everywhere(line: &AccessLine) -> bool {
    let open = matches!(line.netmask.as_str(), "0.0.0.0" | "::");
    line.address == "all" || (matches!(line.address.as_str(), "0.0.0.0" | "::") && open)
}

fn passwords(notes: &mut InstanceNotes<'_>, facts: &Facts) {
    if let Some(how @ ("md5" | "on" | "off")) = facts.setting("password_encryption") {
        notes.add(&rule::PG_PASSWORD_HASHING, "password_encryption", &format!("password_encryption = {how}"));
    }
    for role in facts.md5_roles.iter().flatten() {
        notes.add(&rule::PG_MD5_PASSWORD, role, &format!("the password of the role {role} is stored as MD5"));
    }
}

fn roles(notes: &mut InstanceNotes<'_>, facts: &Facts) {
    for role in &facts.roles {
        if role.superuser && !role.first {
            notes.add(&rule::PG_SUPERUSER, &role.name, &format!("the role {} is a superuser", role.name));
        } else if !role.superuser && role.login && !role.attributes.is_empty() {
            let evidence = format!("the role {} has {}", role.name, role.attributes.join(", "));
            notes.add(&rule::PG_POWERFUL_ROLE, &role.name, &evidence);
        }
    }
}

fn rights(notes: &mut InstanceNotes<'_>, facts: &Facts) {
    for schema in &facts.open_schemas {
        notes.add(&rule::PG_PUBLIC_CREATE, schema, &format!("PUBLIC has CREATE on the schema {schema}"));
    }
    for table in &facts.open_tables {
        notes.add(&rule::PG_PUBLIC_WRITE, table, &format!("PUBLIC may change the table {table}"));
    }
    for function in &facts.definers {
        notes.add(
            &rule::PG_DEFINER,
            function,
            &format!("{function} is SECURITY DEFINER without a search_path"),
        );
    }
    for extension in facts.extensions.iter().filter(|name| LEADS_OUT.contains(&name.as_str())) {
        notes.add(&rule::PG_EXTENSION, extension, &format!("the extension {extension} is installed"));
    }
}

fn logging(notes: &mut InstanceNotes<'_>, facts: &Facts) {
    for name in ["log_connections", "log_disconnections"] {
        // PostgreSQL 18 has a list of what is logged; an empty one is nothing.
        if let Some(value @ ("off" | "")) = facts.setting(name) {
            notes.add(&rule::PG_LOG_CONNECTIONS, name, &format!("{name} = '{value}'"));
        }
    }
    if facts.setting("log_statement") == Some("none") {
        notes.add(&rule::PG_LOG_STATEMENT, "log_statement", "log_statement = none");
    }
    if let Some(prefix) = facts.setting("log_line_prefix") {
        // Lines in JSON or CSV have everything anyway.
        let whole =
            facts.setting("log_destination").is_some_and(|to| to.contains("csv") || to.contains("json"));
        let says = |wanted: &[&str]| wanted.iter().any(|escape| prefix.contains(escape));
        let who = says(&["%u"]) && says(&["%d"]);
        if !(whole || who && says(&["%m", "%t", "%n"])) {
            notes.add(&rule::PG_LOG_PREFIX, "log_line_prefix", &format!("log_line_prefix = '{prefix}'"));
        }
    }
    if let Some(libraries) = facts.setting("shared_preload_libraries")
        && !libraries.contains("pgaudit")
    {
        notes.add(
            &rule::PG_NO_AUDIT,
            "shared_preload_libraries",
            &format!("shared_preload_libraries = '{libraries}'"),
        );
    }
}

fn keeping(notes: &mut InstanceNotes<'_>, facts: &Facts, today: Date) {
    if facts.setting("data_checksums") == Some("off") {
        notes.add(&rule::PG_CHECKSUMS, "data_checksums", "data_checksums = off");
    }
    let version = facts.setting("server_version_num").and_then(|number| number.parse::<u32>().ok());
    let Some(major) = version.map(|number| number / 10_000) else { return };
    let last = SUPPORT.iter().find(|(known, _)| *known == major).map(|(_, last)| last);
    let over = match last {
        Some([year, month, day]) => {
            [today.year(), today.month().into(), today.day().into()] > [*year, *month, *day]
        }
        None => SUPPORT.iter().all(|(known, _)| major < *known),
    };
    if over {
        notes.add(&rule::PG_END_OF_SUPPORT, "version", &format!("PostgreSQL {major}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::Role;
    use super::*;
    use proptest::prelude::*;

    const TODAY: Date = Date::constant(2026, 11, 28);

    fn found(facts: &Facts) -> Vec<&'static str> {
        judge("prod/shop", facts, TODAY).iter().map(|finding| finding.rule.id).collect()
    }

    fn set(pairs: &[(&str, &str)]) -> Facts {
        let settings = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Facts { settings, ..Facts::default() }
    }

    #[test]
    fn settings_are_judged_and_what_is_not_known_is_not() {
        assert_eq!(found(&Facts::default()), [""; 0]);
        for (name, bad, good, id) in [
            ("ssl", "off", "on", "pg-tls-off"),
            ("ssl_min_protocol_version", "TLSv1.1", "TLSv1.3", "pg-tls-old"),
            ("password_encryption", "md5", "scram-sha-256", "pg-password-hashing"),
            ("log_connections", "off", "on", "pg-log-connections"),
            ("log_connections", "", "authentication", "pg-log-connections"),
            ("log_statement", "none", "ddl", "pg-log-statement"),
            ("log_line_prefix", "%p", "%m %u@%d", "pg-log-prefix"),
            ("shared_preload_libraries", "auto_explain", "pgaudit", "pg-no-audit"),
            ("data_checksums", "off", "on", "pg-checksums"),
            ("server_version_num", "140005", "170001", "pg-end-of-support"),
            ("server_version_num", "90624", "190000", "pg-end-of-support"),
        ] {
            assert_eq!(found(&set(&[(name, bad)])), [id], "{name} = {bad}");
            assert_eq!(found(&set(&[(name, good)])), [""; 0], "{name} = {good}");
        }
        assert_eq!(found(&set(&[("ssl", "off"), ("listen_addresses", "")])), [""; 0]);
        assert_eq!(found(&Facts { encrypted: Some(false), ..Facts::default() }), ["pg-plain-session"]);
    }

    #[test]
    fn each_line_of_pg_hba_is_judged_by_who_comes_how() {
        let everywhere = ("0.0.0.0", "0.0.0.0");
        let loopback = ("127.0.0.1", "255.255.255.255");
        let network = ("10.0.0.0", "255.0.0.0");
        for (kind, (address, netmask), method, expected) in [
            ("local", ("", ""), "peer", &[][..]),
            ("local", ("", ""), "trust", &["pg-hba-trust-local"]),
            ("host", loopback, "trust", &["pg-hba-trust-local"]),
            ("host", loopback, "scram-sha-256", &[]),
            ("host", ("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "md5", &["pg-hba-md5"]),
            ("host", network, "trust", &["pg-hba-trust", "pg-hba-plain"]),
            ("host", network, "password", &["pg-hba-clear-password", "pg-hba-plain"]),
            ("hostssl", network, "password", &[]),
            ("hostssl", network, "scram-sha-256", &[]),
            ("hostssl", everywhere, "scram-sha-256", &["pg-hba-anybody"]),
            ("hostssl", ("all", ""), "cert", &["pg-hba-anybody"]),
            ("host", network, "ident", &["pg-hba-ident", "pg-hba-plain"]),
            ("host", everywhere, "reject", &[]),
        ] {
            let text = str::to_owned;
            let line = AccessLine {
                number: text("7"),
                kind: text(kind),
                databases: text("all"),
                users: text("all"),
                address: text(address),
                netmask: text(netmask),
                method: text(method),
                broken: false,
            };
            let facts = Facts { access: Some(vec![line.clone()]), ..Facts::default() };
            assert_eq!(found(&facts), expected, "{line:?}");
        }
    }

    #[test]
    fn roles_and_rights_are_found_one_by_one() {
        let role = |name: &str, superuser, first| Role {
            name: name.to_owned(),
            superuser,
            first,
            login: true,
            ..Role::default()
        };
        let facts = Facts {
            roles: vec![
                role("postgres", true, true),
                role("eve", true, false),
                Role { attributes: vec!["CREATEROLE"], ..role("dana", false, false) },
            ],
            md5_roles: Some(vec!["old".to_owned()]),
            open_schemas: vec!["public".to_owned()],
            open_tables: vec!["public.notes".to_owned()],
            definers: vec!["public.up".to_owned()],
            extensions: vec!["plpgsql".to_owned(), "file_fdw".to_owned()],
            ..Facts::default()
        };
        let all = judge("prod/shop", &facts, TODAY);
        let subjects: Vec<_> =
            all.iter().map(|finding| (finding.rule.id, finding.subject.as_str())).collect();
        assert_eq!(
            subjects,
            [
                ("pg-md5-password", "old"),
                ("pg-superuser", "eve"),
                ("pg-powerful-role", "dana"),
                ("pg-public-create", "public"),
                ("pg-public-write", "public.notes"),
                ("pg-definer", "public.up"),
                ("pg-extension", "file_fdw"),
            ]
        );
        assert_eq!(judge_backups("p", &set(&[("archive_mode", "off")])).len(), 1);
    }

    proptest! {
        #[test]
        fn any_answer_of_a_server_is_judged(
            name in any::<String>(), kind in any::<String>(), address in any::<String>(), method in any::<String>(),
        ) {
            let line = AccessLine { kind, address, method, ..AccessLine::default() };
            let mut facts = set(&[("server_version_num", &name), ("log_line_prefix", &name)]);
            facts.access = Some(vec![line]);
            facts.open_schemas = vec![name];
            for finding in judge("x", &facts, TODAY) {
                prop_assert!(!finding.evidence.contains(char::is_control));
            }
        }
    }
}

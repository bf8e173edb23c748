//! Databases and differences as rows of a table.

use crate::database::{Database, Encryption};
use crate::difference::{Difference, What};
use crate::inventory::Seen;
use crate::support;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;

/// A database in a list, for people.
#[derive(Serialize)]
pub(crate) struct Row {
    name: String,
    engine: String,
    version: Option<String>,
    #[serde(rename = "where")]
    place: String,
    status: Option<String>,
    end_of_support: Option<String>,
}

/// The same with everything that fits a cell; also for CSV.
#[derive(Serialize)]
pub(crate) struct WideRow {
    name: String,
    engine: String,
    version: Option<String>,
    kind: &'static str,
    #[serde(rename = "where")]
    place: String,
    status: Option<String>,
    end_of_support: Option<Date>,
    host: Option<String>,
    port: Option<u16>,
    class: Option<String>,
    storage_gib: Option<u32>,
    encrypted: Option<bool>,
    tls: Option<&'static str>,
    authentication: Option<String>,
    public: Option<bool>,
    backup_days: Option<u32>,
    multi_az: Option<bool>,
    deletion_protection: Option<bool>,
    cluster: Option<String>,
    tags: String,
    seen: String,
    id: String,
}

/// A database whole, for programs: with what follows from it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Whole<'s> {
    #[serde(flatten)]
    database: &'s Database,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_of_support: Option<Date>,
    seen: Timestamp,
}

/// Today, as the dates of support have it.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

impl Row {
    pub(crate) fn new(seen: &Seen<'_>, today: Date) -> Self {
        let database = seen.database;
        let end = support::until(database)
            .map(|day| if day < today { format!("{day} (over)") } else { day.to_string() });
        Self {
            name: database.name.clone(),
            engine: database.engine.clone(),
            version: database.version.clone(),
            place: place(database),
            status: database.status.clone().or_else(|| database.authentication.clone()),
            end_of_support: end,
        }
    }
}

impl WideRow {
    pub(crate) fn new(seen: &Seen<'_>) -> Self {
        let database = seen.database;
        let tags = database.tags.iter().map(|(key, value)| format!("{key}={value}"));
        Self {
            name: database.name.clone(),
            engine: database.engine.clone(),
            version: database.version.clone(),
            kind: match database.kind {
                crate::database::Kind::Instance => "instance",
                crate::database::Kind::Cluster => "cluster",
                crate::database::Kind::Server => "server",
            },
            place: place(database),
            status: database.status.clone(),
            end_of_support: support::until(database),
            host: database.host.clone(),
            port: database.port,
            class: database.class.clone(),
            storage_gib: database.storage_gib,
            encrypted: database.encrypted,
            tls: database.tls.map(|tls| match tls {
                Encryption::Offered => "offered",
                Encryption::None => "none",
            }),
            authentication: database.authentication.clone(),
            public: database.public,
            backup_days: database.backup_days,
            multi_az: database.multi_az,
            deletion_protection: database.deletion_protection,
            cluster: database.cluster.clone(),
            tags: tags.collect::<Vec<_>>().join(","),
            seen: seen.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            id: database.id.clone(),
        }
    }
}

impl<'s> Whole<'s> {
    pub(crate) fn new(seen: &Seen<'s>) -> Self {
        Self { database: seen.database, end_of_support: support::until(seen.database), seen: seen.at }
    }
}

/// Where it is, short: the region, or the source of a host.
fn place(database: &Database) -> String {
    database.region.clone().unwrap_or_else(|| database.source.word().to_owned())
}

/// One database as lines for people: what is known, by name.
pub(crate) fn lines(seen: &Seen<'_>, today: Date) -> String {
    let Ok(Value::Object(object)) = serde_json::to_value(Whole::new(seen)) else { return String::new() };
    let shown = object.iter().filter(|(key, _)| !["supportUntil"].contains(&key.as_str()));
    let mut lines = String::new();
    for (key, value) in shown {
        let mut text = cell(value);
        if key == "endOfSupport" && support::until(seen.database).is_some_and(|day| day < today) {
            text.push_str(" (over)");
        }
        let _ = writeln!(lines, "{:<21}{text}", format!("{}:", words(key)));
    }
    lines
}

/// `storageGib` as `storage gib`.
fn words(key: &str) -> String {
    key.chars()
        .flat_map(|one| one.is_uppercase().then_some(' ').into_iter().chain(one.to_lowercase()))
        .collect()
}

/// A value on one line.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "unknown".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(object) => {
            object.iter().map(|(key, value)| format!("{key}={}", cell(value))).collect::<Vec<_>>().join(", ")
        }
        Value::Number(number) => number.to_string(),
    }
}

/// A change in a table: one row for each property, so that every cell has one value.
#[derive(Serialize)]
pub(crate) struct ChangeRow {
    change: What,
    id: String,
    field: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

pub(crate) fn changes(difference: &Difference) -> Vec<ChangeRow> {
    let mut rows = Vec::new();
    for change in &difference.changes {
        let row = |field: Option<String>, before, after| ChangeRow {
            change: change.what,
            id: change.id.clone(),
            field,
            before,
            after,
        };
        if change.fields.is_empty() {
            rows.push(row(None, None, None));
        }
        for field in &change.fields {
            rows.push(row(Some(field.name.clone()), Some(cell(&field.before)), Some(cell(&field.after))));
        }
    }
    rows
}

/// A difference as people read it.
pub(crate) fn patch(difference: &Difference) -> String {
    let mut text = String::new();
    for change in &difference.changes {
        let _ = writeln!(text, "{} {} ({})", change.what.sign(), change.id, change.engine);
        for field in &change.fields {
            let (before, after) = (cell(&field.before), cell(&field.after));
            let _ = writeln!(text, "    {}: {before} -> {after}", words(&field.name));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Kind, Source};

    #[test]
    fn one_database_is_lines_of_what_is_known() {
        let mut database =
            Database::new(Source::AwsRds, "aws-rds/1/eu".to_owned(), Kind::Instance, "shop", "postgres");
        database.version = Some("12.3".to_owned());
        (database.storage_gib, database.public) = (Some(20), Some(true));
        let database = database.tagged([("owner", "dana"), ("team", "x")].into_iter());
        let seen = Seen { database: &database, at: Timestamp::UNIX_EPOCH };
        let text = lines(&seen, jiff::civil::date(2026, 1, 1));
        for line in [
            "storage gib:         20\n",
            "public:              yes\n",
            "tags:                owner=dana, team=x\n",
            "end of support:      2025-02-28 (over)\n",
            "seen:                1970-01-01T00:00:00Z\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        assert!(!text.contains("multi"), "{text}");
    }
}

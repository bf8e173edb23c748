//! What the last scan has found otherwise than the one before, place by place: what could not be looked at is no difference.

use crate::database::{Database, Source};
use crate::scan::Scan;
use everestctl_plugin::Error;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What changes by itself, and is no property of the database.
const RESTLESS: &[&str] = &["status", "supportUntil", "note"];

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Difference {
    pub(crate) source: Source,
    pub(crate) at: Timestamp,
    pub(crate) changes: Vec<Change>,
    /// How many places were compared with an earlier scan.
    pub(crate) compared: usize,
    /// The places that no earlier scan has looked at. What is there is added.
    pub(crate) first: Vec<String>,
}

/// A database that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    #[serde(rename = "change")]
    pub(crate) what: What,
    pub(crate) id: String,
    pub(crate) engine: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    Added,
    Removed,
    Changed,
}

impl What {
    pub(crate) const fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => '~',
        }
    }
}

/// A property that is different; `null` is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Field {
    #[serde(rename = "field")]
    pub(crate) name: String,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

/// Compares the last scan, or the last one of `source`, with what was known before. `scans` come oldest first.
pub(crate) fn of(scans: &[Scan], source: Option<Source>) -> Result<Difference, Error> {
    let is_meant = |scan: &&Scan| source.is_none_or(|source| scan.source == source);
    let at = scans.iter().rposition(|scan| is_meant(&scan));
    let Some((at, last)) = at.map(|at| (at, &scans[at])) else {
        return Err(Error::new("there is no scan yet").hint("everestctl discovery scan --help"));
    };
    // The last earlier scan of each place.
    let places =
        scans[..at].iter().flat_map(|scan| scan.places.iter().map(move |place| (place.as_str(), scan)));
    let earlier: BTreeMap<&str, &Scan> = places.collect();
    let (again, first): (Vec<&String>, Vec<&String>) =
        last.places.iter().partition(|place| earlier.contains_key(place.as_str()));
    let (compared, first) = (again.len(), first.into_iter().cloned().collect());
    let again: BTreeSet<&str> = again.into_iter().map(String::as_str).collect();
    let is_of = |scan: &Scan, database: &&Database| {
        let place = database.place.as_str();
        again.contains(place) && earlier.get(place).is_some_and(|last| std::ptr::eq(*last, scan))
    };
    let known = scans[..at]
        .iter()
        .flat_map(|scan| scan.databases.iter().filter(move |database| is_of(scan, database)));
    let mut before: BTreeMap<&str, &Database> =
        known.map(|database| (database.id.as_str(), database)).collect();
    if compared == 0 {
        return Err(Error::new("there is no earlier scan to compare the last one with")
            .hint("scan the same regions or hosts again"));
    }
    let mut changes = Vec::new();
    for database in &last.databases {
        match before.remove(database.id.as_str()) {
            None => changes.push(change(What::Added, database, Vec::new())),
            Some(earlier) => {
                let fields = fields(earlier, database);
                if !fields.is_empty() {
                    changes.push(change(What::Changed, database, fields));
                }
            }
        }
    }
    changes.extend(before.into_values().map(|database| change(What::Removed, database, Vec::new())));
    changes.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(Difference { source: last.source, at: last.at, changes, compared, first })
}

fn change(what: What, database: &Database, fields: Vec<Field>) -> Change {
    Change { what, id: database.id.clone(), engine: database.engine.clone(), fields }
}

/// The properties that differ, in the order in which a database has them.
fn fields(before: &Database, after: &Database) -> Vec<Field> {
    let object = |database: &Database| match serde_json::to_value(database) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    let (before, after) = (object(before), object(after));
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let keys = after.keys().chain(gone).filter(|key| !RESTLESS.contains(&key.as_str()));
    let value = |object: &Map<String, Value>, key: &str| object.get(key).cloned().unwrap_or(Value::Null);
    keys.map(|key| Field { name: key.clone(), before: value(&before, key), after: value(&after, key) })
        .filter(|field| field.before != field.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Kind;

    fn database(place: &str, name: &str, version: &str) -> Database {
        let mut database = Database::new(Source::AwsRds, place.to_owned(), Kind::Instance, name, "postgres");
        database.version = Some(version.to_owned());
        database
    }

    fn scan(places: &[&str], databases: &[(&str, &str, &str)]) -> Scan {
        let databases =
            databases.iter().map(|(place, name, version)| database(place, name, version)).collect();
        Scan::now(
            Source::AwsRds,
            places.iter().map(|place| (*place).to_owned()).collect(),
            databases,
            Vec::new(),
        )
    }

    fn shown(scans: &[Scan]) -> Vec<String> {
        let difference = of(scans, None).unwrap();
        difference.changes.iter().map(|change| format!("{} {}", change.what.sign(), change.id)).collect()
    }

    #[test]
    fn places_are_compared_with_their_own_last_scan() {
        let first =
            scan(&["eu", "us"], &[("eu", "shop", "15.1"), ("eu", "gone", "15.1"), ("us", "orders", "16.1")]);
        // A region fails: what is there has not gone.
        let second = scan(&["eu"], &[("eu", "shop", "15.2"), ("eu", "new", "17.1")]);
        let both = [first.clone(), second.clone()];
        assert_eq!(shown(&both), ["- eu/instance/gone", "+ eu/instance/new", "~ eu/instance/shop"]);
        let fields = of(&both, None).unwrap().changes.remove(2).fields;
        assert_eq!(
            fields,
            [Field { name: "version".to_owned(), before: "15.1".into(), after: "15.2".into() }]
        );
        // The next one compares each region with the scan that has looked at it.
        let third = scan(
            &["eu", "us", "ap"],
            &[("eu", "shop", "15.2"), ("eu", "new", "17.1"), ("us", "orders", "16.2")],
        );
        let all = [first, second, third];
        assert_eq!(shown(&all), ["~ us/instance/orders"]);
        assert_eq!(of(&all, None).unwrap().first, ["ap"]);
    }

    #[test]
    fn without_two_scans_there_is_no_difference() {
        assert!(of(&[], None).is_err());
        let one = scan(&["eu"], &[]);
        assert!(of(std::slice::from_ref(&one), None).is_err());
        assert!(of(&[one.clone(), one.clone()], Some(Source::Mysql)).is_err());
        assert!(shown(&[one.clone(), one]).is_empty());
    }

    #[test]
    fn what_changes_by_itself_is_no_difference() {
        let (mut before, mut after) = (database("eu", "shop", "1"), database("eu", "shop", "1"));
        (before.status, after.status) = (Some("available".to_owned()), Some("backing-up".to_owned()));
        assert!(fields(&before, &after).is_empty());
        before.public = Some(false);
        assert_eq!(
            fields(&before, &after),
            [Field { name: "public".to_owned(), before: false.into(), after: Value::Null }]
        );
    }
}

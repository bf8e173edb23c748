//! What is known now: of each place, what the last scan of it has found.

use crate::database::Database;
use crate::scan::Scan;
use everestctl_plugin::{Error, text};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A database, and when it was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'s> {
    pub(crate) database: &'s Database,
    pub(crate) at: Timestamp,
}

/// Which ones are meant; everything where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) sources: Vec<crate::database::Source>,
    pub(crate) engines: Vec<String>,
    pub(crate) regions: Vec<String>,
}

impl Filter {
    pub(crate) fn takes(&self, database: &Database) -> bool {
        let region = database.region.as_ref();
        (self.sources.is_empty() || self.sources.contains(&database.source))
            && (self.engines.is_empty() || self.engines.contains(&database.engine))
            && (self.regions.is_empty() || region.is_some_and(|region| self.regions.contains(region)))
    }
}

/// All databases of `scans`, which come oldest first, in the order of their ids.
pub(crate) fn current<'s>(scans: &'s [Scan], filter: &Filter) -> Vec<Seen<'s>> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for scan in scans.iter().rev() {
        let fresh: BTreeSet<&str> =
            scan.places.iter().map(String::as_str).filter(|place| !seen.contains(place)).collect();
        let of_fresh = scan.databases.iter().filter(|database| fresh.contains(database.place.as_str()));
        found.extend(of_fresh.map(|database| Seen { database, at: scan.at }));
        seen.extend(fresh);
    }
    found.retain(|one| filter.takes(one.database));
    found.sort_by(|one, other| one.database.id.cmp(&other.database.id));
    found
}

/// The one of this name or id.
pub(crate) fn find<'s>(all: &[Seen<'s>], name: &str) -> Result<Seen<'s>, Error> {
    let is_meant = |one: &&Seen<'_>| one.database.name == name || one.database.id == name;
    let meant: Vec<&Seen<'s>> = all.iter().filter(is_meant).collect();
    let shown = text::one_line(name, 120);
    match meant.as_slice() {
        [one] => Ok(**one),
        [] => {
            let error = Error::new(format!("no database `{shown}` has been found"));
            let part = |one: &&Seen<'_>| !name.is_empty() && one.database.id.contains(name);
            Err(match all.iter().filter(part).map(|one| &one.database.id).next() {
                Some(id) => error.hint(format!("did you mean {id}?")),
                None => error.hint("everestctl discovery list"),
            })
        }
        several => {
            let error = Error::usage(format!("several databases are called `{shown}`"));
            Err(several.iter().take(10).fold(error, |error, one| {
                error.hint(format!("everestctl discovery show {}", one.database.id))
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Kind, Source};

    fn database(place: &str, name: &str) -> Database {
        Database::new(Source::AwsRds, place.to_owned(), Kind::Instance, name, "postgres")
    }

    fn scan(places: &[&str], databases: &[(&str, &str)]) -> Scan {
        let databases = databases.iter().map(|(place, name)| database(place, name)).collect();
        Scan::now(
            Source::AwsRds,
            places.iter().map(|place| (*place).to_owned()).collect(),
            databases,
            Vec::new(),
        )
    }

    #[test]
    fn of_each_place_the_last_scan_counts() {
        let scans = [
            scan(&["eu", "us"], &[("eu", "old"), ("us", "orders")]),
            // The other region could not be looked at.
            scan(&["eu"], &[("eu", "shop")]),
        ];
        let all = current(&scans, &Filter::default());
        let names: Vec<&str> = all.iter().map(|one| one.database.name.as_str()).collect();
        assert_eq!(names, ["shop", "orders"]);
        assert!(
            current(&scans, &Filter { engines: vec!["mysql".to_owned()], ..Filter::default() }).is_empty()
        );
        assert_eq!(find(&all, "eu/instance/shop").unwrap().database.name, "shop");
        let missing = format!("{:?}", find(&all, "sho").unwrap_err());
        assert!(missing.contains("did you mean eu/instance/shop?"), "{missing}");
        let scans = [scan(&["eu", "us"], &[("eu", "shop"), ("us", "shop")])];
        let several = format!("{:?}", find(&current(&scans, &Filter::default()), "shop").unwrap_err());
        assert!(several.contains("show us/instance/shop"), "{several}");
    }
}

//! Until when a version of an engine gets fixes.
//!
//! For RDS and Aurora, AWS says it itself (`DescribeDBMajorEngineVersions`), and a scan keeps what it says. For everything else, and
//! where AWS was not to be asked, there are the tables below. AWS mends some versions for longer than those who make them.

use crate::database::{Database, Source};
use jiff::civil::{Date, date};

/// Engine, major version, last day with fixes. Of 2026-11, from <https://www.postgresql.org/support/versioning/>,
/// <https://www.mysql.com/support/> (premier and extended support of the community's versions) and
/// <https://mariadb.org/about/#maintenance-policy>.
const TABLE: &[(&str, &str, Date)] = &[
    ("postgres", "9.6", date(2021, 11, 11)),
    ("postgres", "10", date(2022, 11, 10)),
    ("postgres", "11", date(2023, 11, 9)),
    ("postgres", "12", date(2024, 11, 21)),
    ("postgres", "13", date(2025, 11, 13)),
    ("postgres", "14", date(2026, 11, 12)),
    ("postgres", "15", date(2027, 11, 11)),
    ("postgres", "16", date(2028, 11, 9)),
    ("postgres", "17", date(2029, 11, 8)),
    ("postgres", "18", date(2030, 11, 14)),
    ("mysql", "5.6", date(2021, 2, 5)),
    ("mysql", "5.7", date(2023, 10, 31)),
    ("mysql", "8.0", date(2026, 4, 30)),
    ("mysql", "8.4", date(2032, 4, 30)),
    ("mariadb", "10.4", date(2024, 6, 18)),
    ("mariadb", "10.5", date(2025, 6, 24)),
    ("mariadb", "10.6", date(2026, 7, 6)),
    ("mariadb", "10.11", date(2028, 2, 16)),
    ("mariadb", "11.4", date(2029, 5, 29)),
    ("mariadb", "11.8", date(2028, 6, 4)),
];

/// The same for RDS and Aurora: the end of standard support. Of 2026-11, from the release calendars in the user guides of Amazon RDS
/// and Amazon Aurora.
const AT_AWS: &[(&str, &str, Date)] = &[
    ("postgres", "11", date(2024, 2, 29)),
    ("postgres", "12", date(2025, 2, 28)),
    ("postgres", "13", date(2026, 2, 28)),
    ("postgres", "14", date(2027, 2, 28)),
    ("postgres", "15", date(2028, 2, 29)),
    ("postgres", "16", date(2029, 2, 28)),
    ("postgres", "17", date(2030, 2, 28)),
    ("mysql", "5.7", date(2024, 2, 29)),
    ("mysql", "8.0", date(2026, 7, 31)),
    ("mysql", "8.4", date(2029, 7, 31)),
    ("aurora-mysql", "5.7", date(2024, 10, 31)),
    ("aurora-mysql", "8.0", date(2028, 4, 30)),
];

/// The last day on which the version of a database gets fixes, if that is known.
pub(crate) fn until(database: &Database) -> Option<Date> {
    if database.support_until.is_some() {
        return database.support_until;
    }
    let version = database.version.as_deref()?;
    let engine = match database.engine.as_str() {
        "postgresql" | "aurora-postgresql" => "postgres",
        other => other,
    };
    let table = if database.source == Source::AwsRds { AT_AWS } else { TABLE };
    let fits = |(name, major, _): &&(&str, &str, Date)| *name == engine && is_of(version, major);
    table.iter().find(fits).map(|(_, _, until)| *until)
}

/// Whether a version belongs to a major one: `14.5` to `14`, and not `140` or `1.4`.
pub(crate) fn is_of(version: &str, major: &str) -> bool {
    !major.is_empty()
        && version
            .strip_prefix(major)
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Kind;

    #[test]
    fn a_version_has_the_date_of_its_major_one() {
        let of = |source, engine: &str, version: &str| {
            let mut database = Database::new(source, "p".to_owned(), Kind::Instance, "shop", engine);
            database.version = Some(version.to_owned());
            until(&database)
        };
        let (aws, host) = (Source::AwsRds, Source::Postgres);
        assert_eq!(of(host, "postgresql", "14.19"), Some(date(2026, 11, 12)));
        assert_eq!(of(aws, "aurora-postgresql", "14.19"), Some(date(2027, 2, 28)));
        assert_eq!(of(host, "postgresql", "9.6.24"), Some(date(2021, 11, 11)));
        assert_eq!(of(host, "postgresql", "1.4"), None);
        assert_eq!(of(host, "mariadb", "10.11.19-MariaDB-0+deb12u1"), Some(date(2028, 2, 16)));
        assert_eq!(of(host, "mariadb", "10.1.48"), None);
        assert_eq!(of(aws, "aurora-mysql", "8.0.mysql_aurora.3.08.0"), Some(date(2028, 4, 30)));
        assert_eq!(
            (of(aws, "mysql", "8.0.40"), of(aws, "oracle-se2", "19")),
            (Some(date(2026, 7, 31)), None)
        );
        let mut said = Database::new(aws, "p".to_owned(), Kind::Instance, "shop", "postgres");
        (said.version, said.support_until) = (Some("14.1".to_owned()), Some(date(2027, 3, 31)));
        assert_eq!(until(&said), Some(date(2027, 3, 31)));
    }
}

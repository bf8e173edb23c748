//! What AWS says of a database, as one of ours.

use crate::database::{Database, Encryption, Kind, Source, clean};
use crate::support;
use aws_sdk_rds::primitives::DateTime;
use aws_sdk_rds::types::{DbCluster, DbInstance, DbMajorEngineVersion, Endpoint, LifecycleSupportName, Tag};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Until when AWS mends which version.
#[derive(Debug, Default)]
pub(super) struct Lifecycles(Vec<(String, String, Date)>);

impl Lifecycles {
    pub(super) fn add(&mut self, version: &DbMajorEngineVersion) {
        let (Some(engine), Some(major)) = (version.engine(), version.major_engine_version()) else { return };
        let standard = version.supported_engine_lifecycles().iter().find(|lifecycle| {
            lifecycle.lifecycle_support_name() == Some(&LifecycleSupportName::OpenSourceRdsStandardSupport)
        });
        if let Some(day) = standard.and_then(|lifecycle| day(lifecycle.lifecycle_support_end_date()?)) {
            self.0.push((engine.to_owned(), major.to_owned(), day));
        }
    }

    /// The end of standard support of a database, if AWS has said it.
    pub(super) fn until(&self, database: &Database) -> Option<Date> {
        let version = database.version.as_deref()?;
        let fits = |(engine, major, _): &&(String, String, Date)| {
            *engine == database.engine && support::is_of(version, major)
        };
        self.0.iter().find(fits).map(|(_, _, day)| *day)
    }
}

fn day(time: &DateTime) -> Option<Date> {
    let time = Timestamp::from_second(time.secs()).ok()?;
    Some(time.to_zoned(TimeZone::UTC).date())
}

fn created(time: Option<&DateTime>) -> Option<String> {
    // Less than a second is noise.
    Timestamp::from_second(time?.secs()).ok().map(|time| time.to_string())
}

fn text(outside: Option<&str>) -> Option<String> {
    outside.map(clean).filter(|text| !text.is_empty())
}

/// A number that is never negative in an answer that makes sense.
fn number<T: TryFrom<i32>>(outside: Option<i32>) -> Option<T> {
    T::try_from(outside?).ok()
}

fn tagged(database: Database, tags: &[Tag]) -> Database {
    database.tagged(tags.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default()))))
}

pub(super) fn instance(from: &DbInstance, place: &str, region: &str) -> Database {
    let name = from.db_instance_identifier().unwrap_or_default();
    let engine = from.engine().unwrap_or_default();
    let mut to = Database::new(Source::AwsRds, place.to_owned(), Kind::Instance, name, engine);
    let endpoint = from.endpoint();
    to.version = text(from.engine_version());
    to.host = text(endpoint.and_then(|endpoint| endpoint.address()));
    to.port = number(endpoint.and_then(Endpoint::port));
    to.region = Some(clean(region));
    to.arn = text(from.db_instance_arn());
    to.status = text(from.db_instance_status());
    to.class = text(from.db_instance_class());
    to.storage_gib = number(from.allocated_storage());
    to.encrypted = from.storage_encrypted();
    // All engines of RDS can.
    to.tls = Some(Encryption::Offered);
    to.public = from.publicly_accessible();
    to.backup_days = number(from.backup_retention_period());
    to.multi_az = from.multi_az();
    to.deletion_protection = from.deletion_protection();
    to.cluster = text(from.db_cluster_identifier());
    to.created = created(from.instance_create_time());
    to.username = text(from.master_username());
    to.dbname = text(from.db_name());
    to.secret = text(from.master_user_secret().and_then(|secret| secret.secret_arn()));
    tagged(to, from.tag_list())
}

pub(super) fn cluster(from: &DbCluster, place: &str, region: &str) -> Database {
    let name = from.db_cluster_identifier().unwrap_or_default();
    let engine = from.engine().unwrap_or_default();
    let mut to = Database::new(Source::AwsRds, place.to_owned(), Kind::Cluster, name, engine);
    to.version = text(from.engine_version());
    to.host = text(from.endpoint());
    to.port = number(from.port());
    to.region = Some(clean(region));
    to.arn = text(from.db_cluster_arn());
    to.status = text(from.status());
    to.class = text(from.db_cluster_instance_class());
    to.storage_gib = number(from.allocated_storage());
    to.encrypted = from.storage_encrypted();
    to.tls = Some(Encryption::Offered);
    to.public = from.publicly_accessible();
    to.backup_days = number(from.backup_retention_period());
    to.multi_az = from.multi_az();
    to.deletion_protection = from.deletion_protection();
    to.members =
        from.db_cluster_members().iter().filter_map(|member| text(member.db_instance_identifier())).collect();
    to.members.sort();
    to.created = created(from.cluster_create_time());
    to.username = text(from.master_username());
    to.dbname = text(from.database_name());
    to.secret = text(from.master_user_secret().and_then(|secret| secret.secret_arn()));
    tagged(to, from.tag_list())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rds::types::{DbClusterMember, MasterUserSecret, SupportedEngineLifecycle};

    #[test]
    fn an_instance_is_what_aws_says_and_harmless() {
        let from = DbInstance::builder()
            .db_instance_identifier("shop")
            .engine("postgres")
            .engine_version("16.4")
            .endpoint(Endpoint::builder().address("shop.x.rds.amazonaws.com").port(5432).build())
            .allocated_storage(-1)
            .publicly_accessible(true)
            .backup_retention_period(7)
            .master_user_secret(MasterUserSecret::builder().secret_arn("arn:aws:secretsmanager:x").build())
            .tag_list(Tag::builder().key("owner").value("a\u{1b}[31mb").build())
            .tag_list(Tag::builder().value("nameless").build())
            .build();
        let to = instance(&from, "aws-rds/1/eu-west-1", "eu-west-1");
        assert_eq!(to.id, "aws-rds/1/eu-west-1/instance/shop");
        assert_eq!((to.host.as_deref(), to.port), (Some("shop.x.rds.amazonaws.com"), Some(5432)));
        assert_eq!((to.storage_gib, to.public, to.backup_days), (None, Some(true), Some(7)));
        assert_eq!(to.tags.into_iter().collect::<Vec<_>>(), [("owner".to_owned(), "a [31mb".to_owned())]);
        assert_eq!(to.secret.as_deref(), Some("arn:aws:secretsmanager:x"));
    }

    #[test]
    fn a_cluster_has_members_and_an_end() {
        let member = |name: &str| DbClusterMember::builder().db_instance_identifier(name).build();
        let from = DbCluster::builder()
            .db_cluster_identifier("orders")
            .engine("aurora-postgresql")
            .engine_version("15.4")
            .db_cluster_members(member("orders-2"))
            .db_cluster_members(member("orders-1"))
            .build();
        let mut to = cluster(&from, "aws-rds/1/eu-west-1", "eu-west-1");
        assert_eq!(
            (to.id.as_str(), to.members.join(" ")),
            ("aws-rds/1/eu-west-1/cluster/orders", "orders-1 orders-2".to_owned())
        );
        let lifecycle = SupportedEngineLifecycle::builder()
            .lifecycle_support_name(LifecycleSupportName::OpenSourceRdsStandardSupport)
            .lifecycle_support_start_date(DateTime::from_secs(0))
            .lifecycle_support_end_date(DateTime::from_secs(1_835_395_199))
            .build();
        let mut lifecycles = Lifecycles::default();
        lifecycles.add(
            &DbMajorEngineVersion::builder()
                .engine("aurora-postgresql")
                .major_engine_version("15")
                .supported_engine_lifecycles(lifecycle)
                .build(),
        );
        assert_eq!(lifecycles.until(&to), Some(jiff::civil::date(2028, 2, 28)));
        to.version = Some("150.1".to_owned());
        assert_eq!(lifecycles.until(&to), None);
    }
}

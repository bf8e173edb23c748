//! Amazon RDS and Aurora: every instance and cluster of the regions that are asked for, as the user's own credentials may see them.
//!
//! Regions are asked side by side. One that fails is told, and loses nobody else's databases.

mod convert;
mod failure;
mod regions;
mod secrets;

pub(crate) use regions::KNOWN as KNOWN_REGIONS;
pub(crate) use secrets::{Credentials, fetch as fetch_secret};

use crate::database::{Database, Source, clean};
use crate::scan::{Problem, Scan};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use convert::Lifecycles;
use everestctl_plugin::Error;
use failure::Trouble;
use futures_util::{StreamExt as _, stream};
use std::time::Duration;

/// How many regions are asked at once.
const AT_ONCE: usize = 8;
/// How many databases are taken of one region.
const MOST: usize = 20_000;
/// How many come with one answer: the most that AWS gives.
const PAGE: i32 = 100;
/// How often a request is sent until it succeeds; AWS throttles by account.
const TRIES: u32 = 6;
/// Where lists that are the same everywhere are asked for, if the user has no region.
const USUAL_REGION: &str = "us-east-1";
/// Once, and with all tries.
const LONGEST_TRY: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_mins(2);

/// Which regions are meant.
pub(crate) enum Regions {
    /// That of the user's configuration.
    Own,
    Named(Vec<String>),
    All,
}

/// What the user's files and variables say, with this profile.
async fn configuration(profile: Option<&str>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(LONGEST_TRY)
        .operation_timeout(LONGEST)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .timeout_config(timeouts);
    if let Ok(name) = AppName::new("everestctl-discovery") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}

/// The same for another region.
fn in_region(configuration: &SdkConfig, region: &str) -> SdkConfig {
    configuration.to_builder().region(Region::new(region.to_owned())).build()
}

/// The same for what can be done without: it must not hold up the rest.
fn hurried(configuration: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(10));
    let retries = RetryConfig::standard().with_max_attempts(2);
    configuration.to_builder().retry_config(retries).timeout_config(timeouts.build()).build()
}

/// Makes sure that there are credentials, and that AWS knows them; gives the account.
async fn account(configuration: &SdkConfig, profile: Option<&str>) -> Result<String, Error> {
    let provider = configuration.credentials_provider();
    let provider = provider.ok_or_else(|| failure::no_credentials(profile))?;
    provider.provide_credentials().await.map_err(|error| failure::of_credentials(&error, profile))?;
    let asked = aws_sdk_sts::Client::new(configuration).get_caller_identity().send().await;
    let identity =
        asked.map_err(|error| Trouble::of(&error).into_error("AWS did not say who you are", profile))?;
    Ok(clean(identity.account().unwrap_or("unknown")))
}

/// Looks at these regions; `told` hears how many have been, and of how many. With what else there is to say.
pub(crate) async fn scan(
    asked: &Regions,
    profile: Option<&str>,
    mut told: impl FnMut(usize, usize),
) -> Result<(Scan, Option<String>), Error> {
    let own = configuration(profile).await;
    let home = own.region().map(|region| region.as_ref().to_owned());
    let base = in_region(&own, home.as_deref().unwrap_or(USUAL_REGION));
    let names = match (asked, home) {
        (Regions::Named(names), _) => names.clone(),
        (Regions::Own, Some(home)) => vec![home],
        (Regions::Own, None) => {
            return Err(Error::usage("no region is known")
                .hint("use --region REGION, --all-regions, or set AWS_REGION"));
        }
        (Regions::All, _) => Vec::new(),
    };
    // Credentials are looked at where a region that was named is: those of another partition are unknown elsewhere.
    let first = names.first().map_or_else(|| base.clone(), |name| in_region(&own, name));
    let account = account(&first, profile).await?;
    let (names, remark) = if names.is_empty() { regions::every(&first).await } else { (names, None) };
    let lifecycles = lifecycles(&first).await;

    let count = names.len();
    let requests = names.into_iter().map(|name| {
        let configuration = in_region(&own, &name);
        let place = format!("{}/{account}/{name}", Source::AwsRds.word());
        let lifecycles = &lifecycles;
        async move {
            let found = of_region(&configuration, &place, &name, lifecycles).await;
            (name, place, found)
        }
    });
    let mut answers = stream::iter(requests).buffer_unordered(AT_ONCE);
    let (mut places, mut databases, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = 0;
    while let Some((name, place, found)) = answers.next().await {
        match found {
            Ok(found) => {
                places.push(place);
                databases.extend(found);
            }
            // Among all regions are those that an account has to be let into first.
            Err(trouble) if matches!(asked, Regions::All) && trouble.is_disabled_region() => {}
            Err(trouble) => problems.push(Problem {
                place: clean(&name),
                message: trouble.to_string(),
                hint: trouble.hint(profile),
            }),
        }
        done += 1;
        told(done, count);
    }
    Ok((Scan::now(Source::AwsRds, places, databases, problems), remark))
}

/// Until when AWS mends which version. Who may not ask that learns it from a table.
async fn lifecycles(configuration: &SdkConfig) -> Lifecycles {
    let client = aws_sdk_rds::Client::new(&hurried(configuration));
    let mut pages = client.describe_db_major_engine_versions().max_records(PAGE).into_paginator().send();
    let mut lifecycles = Lifecycles::default();
    while let Some(Ok(page)) = pages.next().await {
        for version in page.db_major_engine_versions() {
            lifecycles.add(version);
        }
    }
    lifecycles
}

/// All clusters and instances of a region, page by page to the end.
async fn of_region(
    configuration: &SdkConfig,
    place: &str,
    region: &str,
    lifecycles: &Lifecycles,
) -> Result<Vec<Database>, Trouble> {
    let client = aws_sdk_rds::Client::new(configuration);
    let mut found = Vec::new();
    let mut pages = client.describe_db_instances().max_records(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Trouble::of(&error))?;
        found.extend(page.db_instances().iter().map(|instance| convert::instance(instance, place, region)));
        enough(&found)?;
    }
    let mut pages = client.describe_db_clusters().max_records(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Trouble::of(&error))?;
        found.extend(page.db_clusters().iter().map(|cluster| convert::cluster(cluster, place, region)));
        enough(&found)?;
    }
    for database in &mut found {
        database.support_until = lifecycles.until(database);
    }
    Ok(found)
}

fn enough(found: &[Database]) -> Result<(), Trouble> {
    if found.len() > MOST { Err(Trouble::TooMany(MOST)) } else { Ok(()) }
}

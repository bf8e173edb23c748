//! Which regions there are.

use super::failure::Trouble;
use super::{PAGE, hurried};
use crate::database::clean;
use aws_config::SdkConfig;

/// The regions of 2026-11, from the AWS documentation ("AWS Regions"): for TAB, and where AWS does not say it itself.
pub(crate) const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The region of a configuration, and those that RDS has beside it; with what there is to say if AWS has not said it.
pub(super) async fn every(configuration: &SdkConfig) -> (Vec<String>, Option<String>) {
    let home = configuration.region().map(|region| clean(region.as_ref())).unwrap_or_default();
    match beside(configuration).await {
        Ok(mut names) => {
            names.push(home);
            names.sort();
            names.dedup();
            (names, None)
        }
        Err(trouble) => {
            let of_partition = KNOWN.iter().filter(|name| partition(name) == partition(&home));
            let remark =
                format!("AWS did not say which regions there are ({trouble}): looked into those of 2026-11");
            (of_partition.map(|name| (*name).to_owned()).collect(), Some(remark))
        }
    }
}

async fn beside(configuration: &SdkConfig) -> Result<Vec<String>, Trouble> {
    let client = aws_sdk_rds::Client::new(&hurried(configuration));
    let mut pages = client.describe_source_regions().max_records(PAGE).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Trouble::of(&error))?;
        names.extend(page.source_regions().iter().filter_map(|region| region.region_name()).map(clean));
    }
    Ok(names)
}

/// Regions of one partition know the same accounts.
fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "China",
        region if region.starts_with("us-gov-") => "GovCloud",
        _ => "",
    }
}

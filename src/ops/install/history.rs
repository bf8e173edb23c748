//! `plugin history`: the sets of installed packages, now and before.

use super::Place;
use crate::error::Failure;
use crate::model::{CleanText, Warning};
use crate::ops::App;
use crate::sys::clock::UnixTime;
use serde::Serialize;
use std::collections::BTreeMap;

/// One generation, as it is shown. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct HistoryRow {
    /// Its number.
    pub generation: u64,
    /// Whether it is the active one.
    pub current: bool,
    /// When it was made (RFC 3339).
    pub made: String,
    /// What was done.
    pub reason: String,
    /// The packages in it, with their versions.
    pub packages: BTreeMap<String, String>,
}

/// All generations, the newest first, and those that cannot be read.
pub fn history(app: &App) -> Result<(Vec<HistoryRow>, Vec<Warning>), Failure> {
    let place = Place::of(app)?;
    // A damaged one may be the active one.
    let current = place.generations.current().map_or(0, |generation| generation.number);
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for number in place.generations.numbers().into_iter().rev() {
        match place.generations.read(number) {
            Ok(generation) => rows.push(HistoryRow {
                generation: number,
                current: number == current,
                made: UnixTime(generation.made).to_rfc3339_seconds(),
                reason: CleanText::new(&generation.reason).to_string(),
                packages: generation
                    .packages
                    .into_iter()
                    .map(|(name, package)| (name, CleanText::new(&package.version).to_string()))
                    .collect(),
            }),
            Err(error) => problems.push(Warning::general(error.to_string())),
        }
    }
    Ok((rows, problems))
}

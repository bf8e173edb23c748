//! What a document says of the points in an answer (`x-cli-plot`).
//!
//! It must not know how they are drawn.

use super::Pointer;
use crate::model::CleanText;
use serde::{Deserialize, Serialize};

/// Where the points of an answer are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredPlot {
    /// Where the list of series is, or the object of them by name; the rows of the answer where nobody says it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub series: Option<Pointer>,
    /// The moment of a point, below a series: `/points/*/t` for a list of points in it, `/t` where it is the point itself.
    /// Without one, each series is a bar.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<Pointer>,
    /// The values of a point, each a line of its own.
    pub values: Vec<Pointer>,
    /// The value of a series without points: where none has any, each is a bar.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bar: Option<Pointer>,
    /// What the values are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<PlotUnit>,
    /// What puts a series into a chart of its own, below it: those with the same text share one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chart: Option<Pointer>,
    /// What names a series, below it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<Pointer>,
}

/// What values are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlotUnit {
    /// Always this.
    Always(CleanText),
    /// What the answer has there.
    At(Pointer),
}

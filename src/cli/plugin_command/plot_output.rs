//! `-o plot`: the points of an answer as a picture, in the terminal or in a file.
//!
//! It must not know how points are found, nor how they are drawn.

use crate::cli::output::OutputFormat;
use crate::cli::write;
use crate::error::{Failure, exit};
use crate::model::{CleanText, quoted};
use crate::openapi::{self, AnswerChart, AnswerPoints, ApiCommand, NoPoints, PointSeries, PointsKind};
use crate::ops::App;
use crate::sys::output::OutputFile;
use crate::term::Streams;
use crate::term::plot::{BarPlot, Line, LinePlot, Plot, PlotSize};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// The size of a picture that no terminal shows.
const SIZE: PlotSize = PlotSize { width: 100, height: 24 };

/// A file for a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlotFile {
    path: PathBuf,
    format: PlotFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlotFormat {
    Svg,
    Png,
}

/// The file that `--output-file` names for the picture; none where it is for the response.
pub(super) fn file(app: &App, typed: Option<&String>) -> Result<Option<PlotFile>, Failure> {
    let is_plot = OutputFormat::from_options(&app.options) == OutputFormat::Plot;
    let Some(typed) = typed.filter(|_| is_plot) else { return Ok(None) };
    let path = PathBuf::from(typed);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let format = match extension.to_ascii_lowercase().as_str() {
        "svg" => PlotFormat::Svg,
        "png" => PlotFormat::Png,
        _ => {
            let failure = Failure::new(exit::USAGE, "-o plot writes SVG and PNG only");
            let svg = quoted(&path.with_extension("svg").to_string_lossy());
            return Err(failure.hint(format!("use --output-file {svg}")));
        }
    };
    Ok(Some(PlotFile { path, format }))
}

/// Where a picture goes, and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlotPlace<'a> {
    /// The file, if it does not go to standard output.
    pub(super) file: Option<&'a PlotFile>,
    /// Whether the axis of the values is logarithmic.
    pub(super) is_log: bool,
    /// What to say where there is nothing.
    pub(super) nothing: &'a str,
}

/// Shows the points of an answer.
pub(super) fn show(
    streams: &mut Streams,
    command: &ApiCommand,
    place: PlotPlace<'_>,
    value: &Value,
) -> Result<(), Failure> {
    let charts = match openapi::charts(command, value) {
        Ok(charts) => charts,
        Err(NoPoints::Empty) => {
            streams.remark(place.nothing);
            return Ok(());
        }
        Err(why) => {
            let failure = Failure::new(exit::FAILURE, why.to_string());
            return Err(failure.hint("-o json shows the response"));
        }
    };
    let plot = picture_of(charts, place.is_log);
    if let Some(file) = place.file {
        save(file, &plot)?;
        streams.remark(&format!("saved the plot to {}", quoted(&file.path.to_string_lossy())));
        return Ok(());
    }
    let height = streams.height().map_or(SIZE.height, |height| height.saturating_sub(2));
    let size = PlotSize { width: streams.width().unwrap_or(SIZE.width), height };
    let text = plot.text(size, streams.out_color());
    write(streams, &text)
}

/// One picture, or several below each other.
fn picture_of(mut charts: Vec<AnswerChart>, is_log: bool) -> Plot {
    match charts.len() {
        1 if charts[0].title.as_str().is_empty() => plot_of(charts.remove(0).points, is_log),
        _ => {
            let titled = |chart: AnswerChart| (chart.title.to_string(), plot_of(chart.points, is_log));
            Plot::Board(charts.into_iter().map(titled).collect())
        }
    }
}

fn plot_of(points: AnswerPoints, is_log: bool) -> Plot {
    let unit = points.unit.to_string();
    match points.kind {
        PointsKind::Series(series) => {
            let line = |PointSeries { name, points }| Line { name: name.to_string(), points };
            Plot::Lines(LinePlot { unit, lines: series.into_iter().map(line).collect(), is_log })
        }
        PointsKind::Categories(categories) => {
            let bar = |(name, value): (CleanText, f64)| (name.to_string(), value);
            Plot::Bars(BarPlot { unit, bars: categories.into_iter().map(bar).collect(), is_log })
        }
    }
}

fn save(file: &PlotFile, plot: &Plot) -> Result<(), Failure> {
    let bytes = match file.format {
        PlotFormat::Svg => plot.svg().into_bytes(),
        PlotFormat::Png => plot.png().map_err(|error| {
            let svg = quoted(&file.path.with_extension("svg").to_string_lossy());
            Failure::new(exit::FAILURE, error.to_string()).hint(format!("use --output-file {svg}"))
        })?,
    };
    write_whole(&file.path, &bytes).map_err(|error| {
        let shown = quoted(&file.path.to_string_lossy());
        Failure::new(exit::FAILURE, format!("could not write {shown}: {error}"))
    })
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OutputFile::begin(path)?;
    file.write(bytes)?;
    file.finish().map(drop)
}

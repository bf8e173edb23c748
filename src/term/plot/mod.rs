//! Numbers as pictures: lines over time and bars, in a terminal, and as SVG or PNG.
//!
//! * `scale`: which numbers and moments stand at an axis, and where;
//! * `canvas`: dots of a terminal, eight in each character;
//! * `lines` and `bars`: the pictures as text; `board`: several on one screen;
//! * `scene`: what is in a picture for a file; `svg` and `raster`: the two formats of it.
//!
//! Arranged here, and by no crate: it is a page each, and the crates for it bring an event loop or the fonts of the system.
//! Nothing here knows where numbers come from.

mod bars;
mod board;
mod canvas;
mod lines;
mod raster;
mod scale;
mod scene;
mod svg;

pub use raster::PngError;

use anstyle::{AnsiColor, Style};
use scene::Scene;

/// Lines over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinePlot {
    /// What the values are, in one word.
    pub unit: String,
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether the axis of the values is logarithmic.
    pub is_log: bool,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Seconds since 1970, and the value; none is a gap.
    pub points: Vec<(f64, Option<f64>)>,
}

/// A bar for each category.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarPlot {
    /// What the values are, in one word.
    pub unit: String,
    /// Names and values.
    pub bars: Vec<(String, f64)>,
    /// Whether the lengths are logarithmic.
    pub is_log: bool,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Plot {
    /// Lines over time.
    Lines(LinePlot),
    /// Bars.
    Bars(BarPlot),
    /// Several with their titles, on one screen.
    Board(Vec<(String, Plot)>),
}

/// The room for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlotSize {
    /// How many columns.
    pub width: usize,
    /// How many lines.
    pub height: usize,
}

/// So many lines are drawn; more cannot be told apart.
const MOST_LINES: usize = 12;

/// No picture is larger.
const LARGEST: usize = 1000;

impl Plot {
    /// The picture as lines of text.
    pub fn text(&self, size: PlotSize, color: bool) -> String {
        let size = PlotSize { width: size.width.clamp(20, LARGEST), height: size.height.clamp(6, LARGEST) };
        match self {
            Self::Lines(plot) => lines::text(plot, size, color),
            Self::Bars(plot) => bars::text(plot, size, color),
            Self::Board(plots) => board::text(plots, size, color),
        }
    }

    /// The picture as SVG.
    pub fn svg(&self) -> String {
        svg::of(&Scene::of(self))
    }

    /// The picture as PNG, with two pixels for one of the SVG.
    pub fn png(&self) -> Result<Vec<u8>, PngError> {
        raster::of(&Scene::of(self))
    }
}

/// The colours of lines in a terminal.
const COLORS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Green,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// What tells lines apart where there are no colours, or where a colour comes again.
const MARKS: [char; MOST_LINES] = ['*', '+', 'x', 'o', '#', '@', '%', '&', '=', '~', 'v', '^'];

fn painted(text: &str, number: usize, color: bool) -> String {
    let style: Style = COLORS[number % COLORS.len()].on_default();
    if color { format!("{}{text}{}", style.render(), style.render_reset()) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    fn number() -> impl Strategy<Value = Option<f64>> {
        prop_oneof![Just(None), any::<f64>().prop_map(Some), (-10.0..10.0).prop_map(Some)]
    }

    proptest! {
        #[test]
        fn whatever_the_numbers_are_the_picture_fits(
            points in proptest::collection::vec((prop_oneof![any::<f64>(), 1.7e9..1.8e9], number()), 0..60),
            name in "\\PC{0,12}", is_log in any::<bool>(), width in 0usize..220, height in 0usize..60,
        ) {
            let lines = vec![Line { name: name.clone(), points: points.clone() }, Line { name, points: points.clone() }];
            let plot = Plot::Lines(LinePlot { unit: "bytes".to_owned(), lines, is_log });
            let text = plot.text(PlotSize { width, height }, false);
            for line in text.lines() {
                prop_assert!(line.width() <= width.max(20), "{} > {width}: {line:?}", line.width());
            }
            prop_assert!(text.lines().count() <= height.max(6), "{text}");
            prop_assert!(!plot.svg().contains("NaN") && !plot.svg().contains("inf"));
            let bars = points.iter().filter_map(|(_, value)| Some(("b".to_owned(), (*value)?))).collect();
            let plot = Plot::Bars(BarPlot { unit: String::new(), bars, is_log });
            for line in plot.text(PlotSize { width, height }, false).lines() {
                prop_assert!(line.width() <= width.max(20), "{line:?}");
            }
            prop_assert!(!plot.svg().contains("NaN") && !plot.svg().contains("inf"));
        }
    }
}

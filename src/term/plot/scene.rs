//! What is in a picture for a file, and where: lines, dots, bars and texts in colour, whoever draws them.
//!
//! It must not know in which format they are written.

use super::lines::PlacedLines;
use super::{BarPlot, LinePlot, Plot, bars};
use crate::term::table::shortened;
use std::fmt;

/// How wide every picture is.
pub(super) const WIDTH: f64 = 900.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const CANVAS: f64 = 320.0;
const ROW: f64 = 20.0;

/// Colours that people who confuse red and green can tell apart (Okabe and Ito), with dashes for those that come again.
const COLORS: [Rgb; 7] = [
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x56, 0xb4, 0xe9),
    TEXT_COLOR,
];
/// The colour of texts.
pub(super) const TEXT_COLOR: Rgb = Rgb(0, 0, 0);
const AXIS: Rgb = Rgb(0x66, 0x66, 0x66);
const GRID: Rgb = Rgb(0xdd, 0xdd, 0xdd);
const LIGHT_GRID: Rgb = Rgb(0xee, 0xee, 0xee);

/// A colour, which is shown as in CSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

impl fmt::Display for Rgb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Which part of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) color: Rgb,
    pub(super) width: f64,
    pub(super) is_dashed: bool,
}

/// One thing in a picture; places are from the left and from the top.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SceneShape {
    /// A line of text on its base line.
    Text { at: (f64, f64), anchor: Anchor, text: String },
    /// A line through all points.
    Line { points: Vec<(f64, f64)>, stroke: Stroke },
    /// A point alone.
    Dot { at: (f64, f64), color: Rgb },
    /// A rectangle, from its upper left corner on.
    Bar { at: (f64, f64), size: (f64, f64), color: Rgb },
}

/// A picture on a white ground.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scene {
    pub(super) height: f64,
    pub(super) shapes: Vec<SceneShape>,
}

impl Scene {
    pub(super) fn of(plot: &Plot) -> Self {
        match plot {
            Plot::Lines(plot) => Self::of_lines(plot),
            Plot::Bars(plot) => Self::of_bars(plot),
            Plot::Board(plots) => Self::of_board(plots),
        }
    }

    fn of_lines(plot: &LinePlot) -> Self {
        let placed = PlacedLines::new(plot);
        let bottom = TOP + CANVAS;
        let mut scene = Self { height: bottom + 60.0 + row_of(placed.lines.len()), shapes: Vec::new() };
        scene.unit(&plot.unit, plot.is_log);
        let (right, width) = (WIDTH - RIGHT, WIDTH - RIGHT - LEFT);
        for (value, label) in placed.values.ticks(8, &plot.unit) {
            let Some(place) = placed.values.position(value) else { continue };
            let y = bottom - place * CANVAS;
            scene.thin(vec![(LEFT, y), (right, y)], GRID);
            scene.text((LEFT - 8.0, y + 4.0), Anchor::End, &label);
        }
        for (moment, label) in placed.time.ticks(9) {
            let Some(place) = placed.time.position(moment) else { continue };
            let x = LEFT + place * width;
            scene.thin(vec![(x, TOP), (x, bottom)], LIGHT_GRID);
            scene.text((x, bottom + 18.0), Anchor::Middle, &label);
        }
        scene.thin(vec![(LEFT, TOP), (LEFT, bottom), (right, bottom)], AXIS);
        scene.text((right, bottom + 38.0), Anchor::End, &placed.time.span());
        for (number, pieces) in placed.lines.iter().enumerate() {
            let (color, is_dashed) = (COLORS[number % COLORS.len()], number >= COLORS.len());
            for piece in pieces {
                let points: Vec<(f64, f64)> =
                    thinned(piece).iter().map(|(x, y)| (LEFT + x * width, bottom - y * CANVAS)).collect();
                scene.shapes.push(match points[..] {
                    [at] => SceneShape::Dot { at, color },
                    _ => SceneShape::Line { points, stroke: Stroke { color, width: 1.5, is_dashed } },
                });
            }
            let y = bottom + 50.0 + row_of(number);
            let stroke = Stroke { color, width: 3.0, is_dashed };
            scene.shapes.push(SceneShape::Line { points: vec![(LEFT, y), (LEFT + 24.0, y)], stroke });
            let name = plot.lines.get(number).map_or("", |line| line.name.as_str());
            scene.text((LEFT + 32.0, y + 4.0), Anchor::Start, name);
        }
        scene
    }

    fn of_bars(plot: &BarPlot) -> Self {
        let mut scene = Self { height: TOP + row_of(plot.bars.len()) + 20.0, shapes: Vec::new() };
        scene.unit(&plot.unit, plot.is_log);
        let left = LEFT * 2.5;
        for (number, ((name, value), length)) in plot.bars.iter().zip(bars::lengths(plot)).enumerate() {
            let (y, length) = (TOP + row_of(number), length * (WIDTH - left - 100.0));
            let color = if *value < 0.0 { COLORS[1] } else { COLORS[0] };
            scene.text((left - 8.0, y + 13.0), Anchor::End, &shortened(name, 28));
            scene.shapes.push(SceneShape::Bar { at: (left, y + 2.0), size: (length, 14.0), color });
            let number = bars::shown(*value, &plot.unit);
            scene.text((left + length + 6.0, y + 13.0), Anchor::Start, &number);
        }
        scene
    }

    /// Several pictures below each other, each with its title.
    fn of_board(plots: &[(String, Plot)]) -> Self {
        let mut scene = Self::default();
        for (title, plot) in plots {
            scene.text((LEFT, scene.height + 20.0), Anchor::Start, title);
            let picture = Self::of(plot);
            let top = scene.height + 24.0;
            scene.shapes.extend(picture.shapes.into_iter().map(|shape| shape.lower_by(top)));
            scene.height = top + picture.height + 16.0;
        }
        scene
    }

    fn unit(&mut self, unit: &str, is_log: bool) {
        let text = if is_log { format!("{unit} (log)") } else { unit.to_owned() };
        self.text((LEFT, 22.0), Anchor::Start, text.trim());
    }

    fn text(&mut self, at: (f64, f64), anchor: Anchor, text: &str) {
        self.shapes.push(SceneShape::Text { at, anchor, text: text.replace('\n', " ") });
    }

    fn thin(&mut self, points: Vec<(f64, f64)>, color: Rgb) {
        self.shapes.push(SceneShape::Line { points, stroke: Stroke { color, width: 1.0, is_dashed: false } });
    }
}

impl SceneShape {
    fn lower_by(mut self, distance: f64) -> Self {
        match &mut self {
            Self::Text { at, .. } | Self::Dot { at, .. } | Self::Bar { at, .. } => at.1 += distance,
            Self::Line { points, .. } => points.iter_mut().for_each(|point| point.1 += distance),
        }
        self
    }
}

fn row_of(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX)) * ROW
}

/// The points that can be seen: of those that are less than a pixel apart the first, the lowest, the highest and the last.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const COLUMNS: f64 = 1000.0;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for column in points.chunk_by(|first, second| {
        (first.0 * COLUMNS).floor().total_cmp(&(second.0 * COLUMNS).floor()).is_eq()
    }) {
        if column.len() <= 4 {
            kept.extend(column);
            continue;
        }
        let by_value = |first: &&(f64, f64), second: &&(f64, f64)| first.1.total_cmp(&second.1);
        let ends =
            [column.first(), column.iter().min_by(by_value), column.iter().max_by(by_value), column.last()];
        kept.extend(ends.into_iter().flatten());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pictures_of_a_board_are_below_each_other() {
        let bars = BarPlot { bars: vec![("a".to_owned(), 2.0)], ..BarPlot::default() };
        let board = [("One".to_owned(), Plot::Bars(bars.clone())), ("Two".to_owned(), Plot::Bars(bars))];
        let scene = Scene::of(&Plot::Board(board.to_vec()));
        let tops = scene.shapes.iter().filter_map(|shape| match shape {
            SceneShape::Bar { at, .. } => Some(at.1),
            _ => None,
        });
        assert_eq!(tops.collect::<Vec<_>>(), [66.0, 186.0]);
        assert!((scene.height - 240.0).abs() < 0.1, "{}", scene.height);
    }
}

//! Lines over time as text: axes, lines, and below them the legend with the last, the least and the most of each.

use super::canvas::Canvas;
use super::scale::{Scale, TimeScale};
use super::{Line, LinePlot, MARKS, MOST_LINES, PlotSize, painted};
use crate::term::table::shortened;
use unicode_width::UnicodeWidthStr as _;

/// The lines of one plot in their places: what cannot be drawn is a gap.
pub(super) struct PlacedLines {
    pub(super) values: Scale,
    pub(super) time: TimeScale,
    /// Of each line its pieces, from 0 to 1.
    pub(super) lines: Vec<Vec<Vec<(f64, f64)>>>,
}

impl PlacedLines {
    pub(super) fn new(plot: &LinePlot) -> Self {
        let lines = &plot.lines[..plot.lines.len().min(MOST_LINES)];
        let points = || lines.iter().flat_map(|line| &line.points);
        let values = Scale::of(points().filter_map(|(_, value)| *value), plot.is_log);
        let time = TimeScale::of(points().filter(|(_, value)| value.is_some()).map(|(moment, _)| *moment));
        let lines = lines.iter().map(|line| pieces(line, &values, &time)).collect();
        Self { values, time, lines }
    }
}

/// The pieces of a line between its gaps: where there is no value, and where the points are much further apart than usual.
fn pieces(line: &Line, values: &Scale, time: &TimeScale) -> Vec<Vec<(f64, f64)>> {
    let mut points = line.points.clone();
    points.sort_by(|(first, _), (second, _)| first.total_cmp(second));
    let mut distances: Vec<f64> =
        points.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|step| *step > 0.0).collect();
    distances.sort_by(f64::total_cmp);
    let usual = distances.get(distances.len() / 2).copied().unwrap_or(f64::INFINITY);
    let (mut pieces, mut piece, mut before) = (Vec::new(), Vec::new(), None::<f64>);
    for (moment, value) in points {
        let place = value.and_then(|value| Some((time.position(moment)?, values.position(value)?)));
        let is_far = before.is_some_and(|before| moment - before > usual * 3.0);
        if (place.is_none() || is_far) && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.extend(place);
        before = Some(moment);
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

pub(super) fn text(plot: &LinePlot, size: PlotSize, color: bool) -> String {
    let placed = PlacedLines::new(plot);
    let legend = legend(plot, &placed.values, size, color);
    // The axis of time, its labels and its span, and what the values are.
    let height = size.height.saturating_sub(4 + legend.len()).max(1);
    let ticks = placed.values.ticks((height / 3).clamp(2, 12), &plot.unit);
    let margin = ticks.iter().map(|(_, label)| label.width()).max().unwrap_or(0).min(size.width / 2);
    let width = size.width.saturating_sub(margin + 2).max(1);
    let mut canvas = Canvas::new(width, height);
    let mut marks = vec![None; width * height];
    let is_marked = !color && placed.lines.len() > 1;
    for (number, pieces) in placed.lines.iter().enumerate() {
        for piece in pieces {
            let dots: Vec<_> = piece.iter().map(|(x, y)| canvas.dot(*x, *y)).collect();
            for pair in dots.windows(2) {
                canvas.line(pair[0], pair[1], number);
            }
            if let [only] = dots[..] {
                canvas.line(only, only, number);
            }
        }
        if is_marked {
            // Dots of two lines are alike without colour: each character says whose they are.
            let drawn = (0..height).flat_map(|row| canvas.row(row)).enumerate();
            for (at, _) in drawn.filter(|(_, cell)| cell.is_some_and(|(_, by)| by == number)) {
                marks[at] = Some(MARKS[number]);
            }
        }
    }
    let mut text = String::new();
    let unit = if plot.is_log { format!("{} (log)", plot.unit) } else { plot.unit.clone() };
    if !unit.is_empty() {
        text.extend([shortened(unit.trim(), size.width).as_str(), "\n"]);
    }
    let at_row = |row: usize| {
        let tick = ticks.iter().rev().find(|(value, _)| {
            let place = placed.values.position(*value).map(|place| canvas.dot(0.0, place).1 / 4);
            place.and_then(|place| usize::try_from(place).ok()) == Some(row)
        });
        tick.map(|(_, label)| shortened(label, margin))
    };
    for row in 0..height {
        let label = at_row(row);
        let axis = if label.is_some() { '┤' } else { '│' };
        let label = label.unwrap_or_default();
        let mut line = format!("{}{label}{axis}", " ".repeat(margin - label.width()));
        for (column, cell) in canvas.row(row).enumerate() {
            match (cell, marks[row * width + column]) {
                (Some((_, by)), Some(mark)) => line.push_str(&painted(&mark.to_string(), by, color)),
                (Some((dots, by)), None) => line.push_str(&painted(&dots.to_string(), by, color)),
                (None, _) => line.push(' '),
            }
        }
        text.extend([line.trim_end(), "\n"]);
    }
    text.push_str(&time_axis(&placed.time, margin, width));
    let span = format!("{}{}", " ".repeat(margin + 1), placed.time.span());
    text.extend([shortened(&span, size.width).as_str(), "\n"]);
    text + &legend.concat()
}

/// The axis of time with its labels.
fn time_axis(time: &TimeScale, margin: usize, width: usize) -> String {
    let mut axis = vec!['─'; width];
    let mut labels = " ".repeat(margin + 1);
    for (moment, label) in time.ticks(width / 10) {
        let Some(place) = time.position(moment) else { continue };
        let at = Canvas::new(width, 1).dot(place, 0.0).0 / 2;
        let Ok(at) = usize::try_from(at) else { continue };
        // A label is below its tick, and not over the one before it.
        let start = margin + 1 + at.saturating_sub(label.width() / 2);
        let is_free = labels.width() < start + usize::from(labels.trim().is_empty());
        if is_free && start + label.width() <= margin + 1 + width {
            labels.push_str(&" ".repeat(start - labels.width()));
            labels.push_str(&label);
            if let Some(axis) = axis.get_mut(at) {
                *axis = '┬';
            }
        }
    }
    let axis: String = axis.into_iter().collect();
    format!("{}└{axis}\n{}\n", " ".repeat(margin), labels.trim_end())
}

/// A line for each of the lines, as far as there is room.
fn legend(plot: &LinePlot, values: &Scale, size: PlotSize, color: bool) -> Vec<String> {
    let room = size.height.saturating_sub(5).min(size.height / 3).max(1);
    let shown = plot.lines.len().min(MOST_LINES);
    let shown = if plot.lines.len() > room { shown.min(room.saturating_sub(1)) } else { shown };
    let facts = |line: &Line| {
        let known = || line.points.iter().filter_map(|(_, value)| *value).filter(|value| value.is_finite());
        let (least, most) =
            (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
        match known().next_back() {
            Some(last) => {
                let [last, least, most] = [last, least, most].map(|value| values.shown(value, &plot.unit));
                format!("last {last}  min {least}  max {most}")
            }
            None => "no values".to_owned(),
        }
    };
    let widest = plot.lines.iter().take(shown).map(|line| line.name.width()).max().unwrap_or(0);
    let widest = widest.min(size.width.saturating_sub(40).max(12));
    let row = |(number, line): (usize, &Line)| {
        let mark = match (color, plot.lines.len()) {
            (false, 2..) => MARKS[number],
            _ => '━',
        };
        let name = shortened(&line.name, widest);
        let padding = " ".repeat(widest.saturating_sub(name.width()));
        let words = shortened(&format!("{name}{padding}  {}", facts(line)), size.width.saturating_sub(2));
        format!("{} {}\n", painted(&mark.to_string(), number, color), words.trim())
    };
    let mut rows: Vec<String> = plot.lines.iter().take(shown).enumerate().map(row).collect();
    if plot.lines.len() > shown {
        let drawn = plot.lines.len().min(MOST_LINES);
        let more = format!("{} lines, {drawn} of them drawn, {shown} of them named", plot.lines.len());
        rows.push(format!("{}\n", shortened(&more, size.width)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, values: &[Option<f64>]) -> Line {
        let points =
            values.iter().zip(0..).map(|(value, at)| (1_772_452_800.0 + f64::from(at) * 60.0, *value));
        Line { name: name.to_owned(), points: points.collect() }
    }

    fn drawn(lines: Vec<Line>) -> String {
        let plot = LinePlot { unit: "bytes".to_owned(), lines, is_log: false };
        text(&plot, PlotSize { width: 40, height: 12 }, false)
    }

    #[test]
    fn a_line_rises_between_its_axes() {
        let rising: Vec<_> = (0..60).map(|at| Some(f64::from(at) * 100.0)).collect();
        let text = drawn(vec![line("shop", &rising)]);
        assert!(text.starts_with("bytes\n") && text.contains("2026-03-02 12:00:00 – 12:59:00 UTC"), "{text}");
        assert!(text.contains("━ shop  last 5.762Ki  min 0  max 5.762Ki"), "{text}");
        assert!(text.contains("12:30"), "{text}");
        assert_eq!(text.lines().count(), 12, "{text}");
    }

    #[test]
    fn two_lines_differ_without_colour_and_a_gap_stays_empty() {
        let values = |value: f64| vec![Some(value); 10];
        let text = drawn(vec![line("a", &values(1.0)), line("b", &values(3.0))]);
        assert!(text.contains("**********") && text.contains("++++++++++"), "{text}");
        let gap = [vec![Some(1.0); 5], vec![None; 10], vec![Some(1.0); 5]].concat();
        let text = drawn(vec![line("a", &gap), line("b", &values(3.0))]);
        assert!(text.contains("**     "), "{text}");
    }

    #[test]
    fn odd_points_are_drawn_too() {
        for odd in [
            vec![],
            vec![Some(1.0)],
            vec![None],
            vec![Some(f64::NAN), Some(f64::INFINITY)],
            vec![Some(-1e308), Some(1e308)],
        ] {
            assert!(drawn(vec![line("odd", &odd)]).contains("odd"));
        }
        let mut back = line("back", &[Some(1.0), Some(2.0), Some(3.0)]);
        let forth = drawn(vec![back.clone()]);
        back.points.reverse();
        let canvas = |text: &str| text.lines().take(10).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(canvas(&drawn(vec![back])), canvas(&forth));
        let many = (0..100_000).map(|at| Some(f64::from(at % 100))).collect::<Vec<_>>();
        assert!(drawn(vec![line("many", &many)]).contains("max 99"));
        assert!(drawn(vec![line("größe 数据", &[Some(1.0)])]).contains("größe 数据"));
    }
}

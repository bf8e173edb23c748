//! The same pictures as SVG, for reports: no script, no font of its own, nothing from elsewhere.

use super::bars;
use super::lines::PlacedLines;
use super::{BarPlot, LinePlot, Plot};
use crate::term::markup::html_text;
use std::fmt::Write as _;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const CANVAS: f64 = 320.0;
const ROW: f64 = 20.0;

/// Colours that people who confuse red and green can tell apart (Okabe and Ito), with dashes for those that come again.
const COLORS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

fn text_of(text: &str) -> String {
    let mut escaped = String::new();
    html_text(&mut escaped, &text.replace('\n', " "));
    escaped
}

fn begin(height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    )
}

fn words(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>", text_of(text));
}

fn unit(svg: &mut String, unit: &str, is_log: bool) {
    let text = if is_log { format!("{unit} (log)") } else { unit.to_owned() };
    words(svg, (LEFT, 22.0), "start", text.trim());
}

fn row_of(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX)) * ROW
}

pub(super) fn of_lines(plot: &LinePlot) -> String {
    let placed = PlacedLines::new(plot);
    let bottom = TOP + CANVAS;
    let mut svg = begin(bottom + 60.0 + row_of(placed.lines.len()));
    unit(&mut svg, &plot.unit, plot.is_log);
    let (right, width) = (WIDTH - RIGHT, WIDTH - RIGHT - LEFT);
    for (value, label) in placed.values.ticks(8, &plot.unit) {
        let Some(place) = placed.values.position(value) else { continue };
        let y = bottom - place * CANVAS;
        let _ = writeln!(svg, "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>");
        words(&mut svg, (LEFT - 8.0, y + 4.0), "end", &label);
    }
    for (moment, label) in placed.time.ticks(9) {
        let Some(place) = placed.time.position(moment) else { continue };
        let x = LEFT + place * width;
        let _ = writeln!(svg, "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#eee\"/>");
        words(&mut svg, (x, bottom + 18.0), "middle", &label);
    }
    let _ = writeln!(svg, "<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" fill=\"none\" stroke=\"#666\"/>");
    words(&mut svg, (right, bottom + 38.0), "end", &placed.time.span());
    for (number, pieces) in placed.lines.iter().enumerate() {
        let color = COLORS[number % COLORS.len()];
        let dashes = if number < COLORS.len() { "" } else { " stroke-dasharray=\"6 3\"" };
        for piece in pieces {
            let points: Vec<(f64, f64)> =
                thinned(piece).iter().map(|(x, y)| (LEFT + x * width, bottom - y * CANVAS)).collect();
            if let [(x, y)] = points[..] {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{color}\"/>");
                continue;
            }
            let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let points = points.join(" ");
            let _ = writeln!(
                svg,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"{dashes}/>"
            );
        }
        let y = bottom + 50.0 + row_of(number);
        let _ =
            writeln!(svg, "<path d=\"M{LEFT} {y:.1}h24\" stroke=\"{color}\" stroke-width=\"3\"{dashes}/>");
        let name = plot.lines.get(number).map_or("", |line| line.name.as_str());
        words(&mut svg, (LEFT + 32.0, y + 4.0), "start", name);
    }
    svg + "</svg>\n"
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

pub(super) fn of_bars(plot: &BarPlot) -> String {
    let mut svg = begin(TOP + row_of(plot.bars.len()) + 20.0);
    unit(&mut svg, &plot.unit, plot.is_log);
    let left = LEFT * 2.5;
    for (number, ((name, value), length)) in plot.bars.iter().zip(bars::lengths(plot)).enumerate() {
        let (y, length) = (TOP + row_of(number), length * (WIDTH - left - 100.0));
        let color = if *value < 0.0 { COLORS[1] } else { COLORS[0] };
        words(&mut svg, (left - 8.0, y + 13.0), "end", &crate::term::table::shortened(name, 28));
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"14\" fill=\"{color}\"/>",
            y + 2.0
        );
        words(&mut svg, (left + length + 6.0, y + 13.0), "start", &bars::shown(*value, &plot.unit));
    }
    svg + "</svg>\n"
}

/// Several pictures below each other, each a picture within the whole.
pub(super) fn of_board(plots: &[(String, Plot)]) -> String {
    let mut inner = String::new();
    let mut height = 0.0;
    for (title, plot) in plots {
        words(&mut inner, (LEFT, height + 20.0), "start", title);
        height += 24.0;
        let picture = plot.svg();
        // Its own height is in its first line, which is ours.
        let own =
            picture.split("height=\"").nth(1).and_then(|rest| rest.split('"').next()?.parse::<f64>().ok());
        let _ = writeln!(inner, "<g transform=\"translate(0 {height})\">\n{}</g>", picture.trim_end());
        height += own.unwrap_or_default() + 16.0;
    }
    begin(height) + &inner + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::plot::Line;

    #[test]
    fn a_name_is_no_markup_and_many_points_are_few() {
        let points = (0..100_000).map(|at| (1.7e9 + f64::from(at), Some(f64::from(at % 7)))).collect();
        let lines = vec![Line { name: "<script>&".to_owned(), points }];
        let svg = of_lines(&LinePlot { unit: "\"x\"".to_owned(), lines, is_log: false });
        assert!(svg.contains("&lt;script&gt;&amp;") && svg.contains("&quot;x&quot;"), "{}", &svg[..900]);
        assert!(svg.len() < 100_000 && svg.ends_with("</svg>\n"), "{}", svg.len());
        let bars = BarPlot { bars: vec![("a&b".to_owned(), 2.0)], ..BarPlot::default() };
        let board =
            of_board(&[("<One>".to_owned(), Plot::Bars(bars.clone())), ("Two".to_owned(), Plot::Bars(bars))]);
        assert!(board.contains("&lt;One&gt;") && board.matches("<svg ").count() == 3, "{board}");
        assert!(board.contains("height=\"240\""), "{board}");
        let svg = of_bars(&BarPlot { bars: vec![("a&b".to_owned(), 2.0)], ..BarPlot::default() });
        assert!(svg.contains("a&amp;b") && svg.contains(">2</text>"), "{svg}");
    }
}

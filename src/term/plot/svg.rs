//! A picture as SVG, for reports: no script, no font of its own, nothing from elsewhere.

use super::scene::{Anchor, Scene, SceneShape, Stroke, WIDTH};
use everestctl_rows::markup::html_text;
use std::fmt::Write as _;

pub(super) fn of(scene: &Scene) -> String {
    let height = scene.height;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for shape in &scene.shapes {
        let _ = match shape {
            SceneShape::Text { at: (x, y), anchor, text } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
                    escaped(text)
                )
            }
            SceneShape::Line { points, stroke: Stroke { color, width, is_dashed } } => {
                let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
                let points = points.join(" ");
                let dashes = if *is_dashed { " stroke-dasharray=\"6 3\"" } else { "" };
                writeln!(
                    svg,
                    "<polyline points=\"{points}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"{dashes}/>"
                )
            }
            SceneShape::Dot { at: (x, y), color } => {
                writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{color}\"/>")
            }
            SceneShape::Bar { at: (x, y), size: (width, height), color } => writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{color}\"/>"
            ),
        };
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    html_text(&mut escaped, text);
    escaped
}

#[cfg(test)]
mod tests {
    use crate::term::plot::{BarPlot, Line, LinePlot, Plot};

    #[test]
    fn a_name_is_no_markup_and_many_points_are_few() {
        let points = (0..100_000).map(|at| (1.7e9 + f64::from(at), Some(f64::from(at % 7)))).collect();
        let lines = vec![Line { name: "<script>&".to_owned(), points }];
        let svg = Plot::Lines(LinePlot { unit: "\"x\"".to_owned(), lines, is_log: false }).svg();
        assert!(svg.contains("&lt;script&gt;&amp;") && svg.contains("&quot;x&quot;"), "{}", &svg[..900]);
        assert!(svg.len() < 100_000 && svg.ends_with("</svg>\n"), "{}", svg.len());
        let bars = Plot::Bars(BarPlot { bars: vec![("a&b".to_owned(), 2.0)], ..BarPlot::default() });
        let svg = bars.svg();
        assert!(svg.contains("a&amp;b") && svg.contains(">2</text>"), "{svg}");
        let board = Plot::Board(vec![("<One>".to_owned(), bars)]).svg();
        assert!(board.contains("&lt;One&gt;") && board.contains("height=\"120\""), "{board}");
    }
}

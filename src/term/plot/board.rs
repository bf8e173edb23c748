//! Several pictures on one screen: side by side where there is room for two, below each other else.
//!
//! It must not know what is in them.

use super::{Plot, PlotSize};
use crate::term::table::shortened;
use unicode_width::UnicodeWidthStr as _;

/// What a picture needs to say anything.
const NARROWEST: usize = 50;
const LOWEST: usize = 10;
/// What stands between two of them.
const GAP: usize = 3;

pub(super) fn text(plots: &[(String, Plot)], size: PlotSize, color: bool) -> String {
    let columns = if plots.len() > 1 && size.width >= 2 * NARROWEST + GAP { 2 } else { 1 };
    let width = (size.width - GAP * (columns - 1)) / columns;
    let rows = plots.len().div_ceil(columns).max(1);
    // A title above each, and an empty line below.
    let height = (size.height / rows).saturating_sub(2).clamp(LOWEST, 24);
    let mut text = String::new();
    for (number, row) in plots.chunks(columns).enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let cells: Vec<Vec<(String, usize)>> =
            row.iter().map(|(title, plot)| cell(title, plot, PlotSize { width, height }, color)).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut shown = String::new();
            let mut filled = 0;
            for (column, cell) in cells.iter().enumerate() {
                let Some((text, text_width)) = cell.get(line) else { continue };
                let begin = column * (width + GAP);
                shown.push_str(&" ".repeat(begin.saturating_sub(filled)));
                shown.push_str(text);
                filled = begin.max(filled) + text_width;
            }
            text.extend([shown.trim_end(), "\n"]);
        }
    }
    text
}

/// The lines of a picture, each with its width: without colours it has the same lines.
fn cell(title: &str, plot: &Plot, size: PlotSize, color: bool) -> Vec<(String, usize)> {
    let plain = plot.text(size, false);
    let title = shortened(title, size.width);
    let title_width = title.width();
    let widths = plain.lines().map(str::width);
    let painted = if color { plot.text(size, true) } else { plain.clone() };
    let bold = if color { format!("{}{title}{}", BOLD.render(), BOLD.render_reset()) } else { title };
    let lines = painted.lines().map(str::to_owned).zip(widths);
    std::iter::once((bold, title_width)).chain(lines).collect()
}

const BOLD: anstyle::Style = anstyle::Style::new().bold();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::plot::BarPlot;

    fn board(count: usize) -> Vec<(String, Plot)> {
        let bars = vec![("a".to_owned(), 1.0), ("b".to_owned(), 2.0)];
        let plot = || Plot::Bars(BarPlot { bars: bars.clone(), ..BarPlot::default() });
        (0..count).map(|at| (format!("Panel {at}"), plot())).collect()
    }

    #[test]
    fn two_stand_side_by_side_where_there_is_room() {
        let wide = text(&board(3), PlotSize { width: 120, height: 40 }, false);
        assert!(wide.starts_with("Panel 0") && wide.lines().next().unwrap().ends_with("Panel 1"), "{wide}");
        assert!(wide.lines().all(|line| line.width() <= 120), "{wide}");
        let narrow = text(&board(3), PlotSize { width: 80, height: 40 }, false);
        assert_eq!(narrow.lines().filter(|line| line.starts_with("Panel")).count(), 3, "{narrow}");
        let painted = text(&board(2), PlotSize { width: 120, height: 40 }, true);
        let places = |text: &str, of: &str| text.lines().position(|line| line.contains(of));
        assert_eq!(places(&painted, "Panel 1"), places(&wide, "Panel 1"));
    }
}

//! Bars as text: a name, a bar, a number in each line.

use super::scale::{Scale, number};
use super::{BarPlot, PlotSize, painted};
use crate::term::table::shortened;
use unicode_width::UnicodeWidthStr as _;

/// How long each bar is, from 0 to 1: from zero on, or on a logarithmic axis from its begin.
pub(super) fn lengths(plot: &BarPlot) -> Vec<f64> {
    let values = plot.bars.iter().map(|(_, value)| *value);
    if plot.is_log {
        let scale = Scale::of(values.clone().map(f64::abs), true);
        return values.map(|value| scale.position(value.abs()).unwrap_or(0.0).max(0.01)).collect();
    }
    let largest = values.clone().map(f64::abs).filter(|value| value.is_finite()).fold(0.0, f64::max);
    let length = |value: f64| (value.abs() / largest).clamp(0.0, 1.0);
    values.map(|value| Some(length(value)).filter(|length| length.is_finite()).unwrap_or(0.0)).collect()
}

/// The number at a bar.
pub(super) fn shown(value: f64, unit: &str) -> String {
    number(value, value.abs() / 1000.0, unit)
}

pub(super) fn text(plot: &BarPlot, size: PlotSize, color: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let mut text = String::new();
    let unit = if plot.is_log { format!("{} (log)", plot.unit) } else { plot.unit.clone() };
    if !unit.is_empty() {
        text.extend([shortened(unit.trim(), size.width).as_str(), "\n"]);
    }
    let numbers: Vec<String> = plot.bars.iter().map(|(_, value)| shown(*value, &plot.unit)).collect();
    let of_numbers = numbers.iter().map(|number| number.width()).max().unwrap_or(0);
    let names = plot.bars.iter().map(|(name, _)| name.width()).max().unwrap_or(0).min(size.width / 3);
    let room = size.width.saturating_sub(names + of_numbers + 4);
    for (((name, value), number), length) in plot.bars.iter().zip(&numbers).zip(lengths(plot)) {
        let name = shortened(name, names);
        let eighths = f64::from(u32::try_from(room * 8).unwrap_or(0)) * length;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and the width"
        )]
        let eighths = eighths.round() as usize;
        let bar = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
        // What is below zero has another colour, and a minus at its number.
        let bar = painted(&bar, if *value < 0.0 { 5 } else { 0 }, color && !bar.is_empty());
        let padding = " ".repeat(names - name.width());
        let line = format!("{name}{padding}  {bar} {number}");
        text.extend([line.trim_end(), "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_bar_has_all_the_room() {
        let bars = vec![("read".to_owned(), 100.0), ("größe".to_owned(), -50.0), ("none".to_owned(), 0.0)];
        let plot = BarPlot { unit: "tps".to_owned(), bars, is_log: false };
        let text = text(&plot, PlotSize { width: 23, height: 20 }, false);
        assert_eq!(text, "tps\nread   ███████████ 100\ngröße  █████▌ -50\nnone    0\n");
    }
}

//! A list of values as a row of small bars, for a column of a table (`format: spark`).
//!
//! It must not know where the values come from.

/// One bar of a row of small ones for each of at most `width` parts of `values`: `▁▃▇`. What is not known is a gap.
pub(super) fn spark(values: &[Option<f64>], width: usize) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let parts = values.len().min(width).max(1);
    let known = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let part = |at: usize| {
        let part = &values[at * values.len() / parts..(at + 1) * values.len() / parts];
        let known = part.iter().flatten().filter(|value| value.is_finite());
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), value| (sum + value / 2.0, count + 1.0));
        if count == 0.0 {
            return ' ';
        }
        // Halves, since the difference of two numbers may be too large for one.
        let share = (sum / count - low / 2.0) / (high / 2.0 - low / 2.0);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 };
        LEVELS
            .iter()
            .rev()
            .zip((0..8).rev())
            .find(|(_, level)| share * 8.0 >= f64::from(*level))
            .map_or(LEVELS[0], |(bar, _)| *bar)
    };
    if values.is_empty() { String::new() } else { (0..parts).map(part).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_small_bars_shows_the_course() {
        let of = |values: &[f64]| spark(&values.iter().map(|value| Some(*value)).collect::<Vec<_>>(), 8);
        assert_eq!(of(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), "▁▂▃▄▅▆▇█");
        assert_eq!(of(&[5.0, 5.0]), "▅▅");
        assert_eq!(of(&[]), "");
        assert_eq!(spark(&[Some(1.0), None, Some(f64::NAN), Some(2.0)], 8), "▁  █");
        assert_eq!(spark(&[Some(f64::MAX), Some(f64::MIN)].repeat(1000), 10).chars().count(), 10);
    }
}

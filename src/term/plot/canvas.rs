//! A canvas of a terminal: two by four dots in each character (braille), each character with the line that drew there last.
//!
//! It must not know what is drawn.

/// A canvas.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    /// The dots of each character, and who drew them.
    cells: Vec<(u8, usize)>,
}

impl Canvas {
    /// So many characters.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![(0, 0); width * height] }
    }

    /// The dots of a place, which is from 0 to 1 to the right and upwards.
    pub(super) fn dot(&self, x: f64, y: f64) -> (i64, i64) {
        let at = |share: f64, dots: usize| {
            let last = f64::from(u32::try_from(dots.saturating_sub(1)).unwrap_or(u32::MAX));
            // It is between 0 and the last dot.
            #[expect(clippy::cast_possible_truncation, reason = "a place on the canvas is small")]
            let dot = (share.clamp(0.0, 1.0) * last).round() as i64;
            dot
        };
        (at(x, self.width * 2), at(1.0 - y, self.height * 4))
    }

    /// A straight line (Bresenham).
    pub(super) fn line(&mut self, from: (i64, i64), to: (i64, i64), by: usize) {
        let (dx, dy) = ((to.0 - from.0).abs(), -(to.1 - from.1).abs());
        let (sx, sy) = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
        let ((mut x, mut y), mut error) = (from, dx + dy);
        loop {
            self.set(x, y, by);
            if (x, y) == to {
                return;
            }
            let double = 2 * error;
            if double >= dy {
                error += dy;
                x += sx;
            }
            if double <= dx {
                error += dx;
                y += sy;
            }
        }
    }

    fn set(&mut self, x: i64, y: i64, by: usize) {
        const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x / 2 < self.width
            && let Some(cell) = self.cells.get_mut(y / 4 * self.width + x / 2)
        {
            *cell = (cell.0 | DOTS[y % 4][x % 2], by);
        }
    }

    /// The characters of a row: dots and who drew them; `None` where nothing is.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = Option<(char, usize)>> {
        let cells = self.cells.iter().skip(row * self.width).take(self.width);
        cells.map(|(dots, by)| {
            (*dots > 0).then(|| (char::from_u32(0x2800 + u32::from(*dots)).unwrap_or('.'), *by))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let mut canvas = Canvas::new(3, 2);
        let (from, to) = (canvas.dot(0.0, 0.0), canvas.dot(1.0, 1.0));
        canvas.line(from, to, 0);
        let drawn = |row| canvas.row(row).map(|cell| cell.is_some()).collect::<Vec<_>>();
        assert_eq!((drawn(0), drawn(1)), (vec![false, true, true], vec![true, true, false]));
        assert_eq!(canvas.row(0).last().flatten().map(|(_, by)| by), Some(0));
    }
}

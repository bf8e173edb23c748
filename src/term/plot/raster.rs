//! A picture as PNG, for what shows no SVG: the same on every machine, with a font that is part of the program.
//!
//! Two pixels stand where the picture has one, and the file says so: documents show it in the size of the SVG.

use super::scene::{Anchor, Rgb, Scene, SceneShape, Stroke, TEXT_COLOR, WIDTH};
use ::png::{BitDepth, ColorType, Compression, Encoder, EncodingError, PixelDimensions, Unit};
use thiserror::Error;
use ttf_parser::{Face, OutlineBuilder};
use zeno::{Cap, Command, Fill, Join, Mask, PathBuilder as _, Style, Vector};

const SCALE: f64 = 2.0;
const FONT_SIZE: f64 = 12.0 * SCALE;
/// 96 pixels in an inch, twice.
const PIXELS_PER_METER: u32 = 7559;

/// No picture is higher: it is in memory as a whole.
const HIGHEST: f64 = 8000.0;

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum PngError {
    /// Nobody could look at it, and it would take a lot of memory.
    #[error("the picture is too high for PNG")]
    TooHigh,
    /// It could not be packed.
    #[error("could not make the PNG: {0}")]
    Encoding(#[from] EncodingError),
}

pub(super) fn of(scene: &Scene) -> Result<Vec<u8>, PngError> {
    if scene.height > HIGHEST {
        return Err(PngError::TooHigh);
    }
    let mut raster = Raster::new(pixels(WIDTH), pixels(scene.height));
    // A font that cannot be read would be a broken program; a picture without texts still shows its lines.
    let font = Font::embedded();
    for shape in &scene.shapes {
        raster.draw(shape, font.as_ref());
    }
    raster.encoded()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a picture has its limits")]
fn pixels(length: f64) -> u32 {
    (length * SCALE).ceil().max(1.0) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a picture, with more digits than it needs")]
fn single(number: f64) -> f32 {
    number as f32
}

fn point((x, y): (f64, f64)) -> Vector {
    Vector::new(single(x * SCALE), single(y * SCALE))
}

/// Pixels in three bytes each.
struct Raster {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

impl Raster {
    fn new(width: u32, height: u32) -> Self {
        let count = usize::try_from(u64::from(width) * u64::from(height) * 3).unwrap_or(0);
        Self { width, height, bytes: vec![0xff; count] }
    }

    fn draw(&mut self, shape: &SceneShape, font: Option<&Font>) {
        match shape {
            SceneShape::Text { at, anchor, text } => {
                if let Some(font) = font {
                    let outline = font.outline(text, *at, *anchor);
                    self.paint(&outline, Fill::NonZero, TEXT_COLOR);
                }
            }
            SceneShape::Line { points, stroke } => self.line(points, *stroke),
            SceneShape::Dot { at, color } => {
                let mut path = Vec::new();
                path.add_circle(point(*at), single(3.0 * SCALE));
                self.paint(&path, Fill::NonZero, *color);
            }
            SceneShape::Bar { at, size, color } => {
                let mut path = Vec::new();
                path.add_rect(point(*at), single(size.0 * SCALE), single(size.1 * SCALE));
                self.paint(&path, Fill::NonZero, *color);
            }
        }
    }

    fn line(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        let mut path = Vec::new();
        for (number, place) in points.iter().enumerate() {
            let place = point(*place);
            if number == 0 {
                path.move_to(place)
            } else {
                path.line_to(place)
            };
        }
        let dashes = [6.0, 3.0].map(|length| single(length * SCALE));
        let mut style = zeno::Stroke::new(single(stroke.width * SCALE));
        style.join(Join::Bevel).cap(Cap::Butt);
        if stroke.is_dashed {
            style.dash(&dashes, 0.0);
        }
        self.paint(&path, style, stroke.color);
    }

    /// Lays a colour on the pixels of a path, as much as it covers of each.
    fn paint<'a>(&mut self, path: &[Command], style: impl Into<Style<'a>>, color: Rgb) {
        if path.is_empty() {
            return;
        }
        let (mask, placement) = Mask::new(path).style(style).render();
        let Ok(columns) = usize::try_from(placement.width) else { return };
        if columns == 0 {
            return;
        }
        for (row, covered) in (i64::from(placement.top)..).zip(mask.chunks_exact(columns)) {
            for (column, covered) in (i64::from(placement.left)..).zip(covered) {
                self.blend(column, row, color, *covered);
            }
        }
    }

    fn blend(&mut self, column: i64, row: i64, color: Rgb, covered: u8) {
        let is_inside =
            (0..i64::from(self.width)).contains(&column) && (0..i64::from(self.height)).contains(&row);
        let Ok(at) = usize::try_from((row * i64::from(self.width) + column) * 3) else { return };
        let Some(pixel) = self.bytes.get_mut(at..at + 3).filter(|_| is_inside && covered > 0) else { return };
        for (below, above) in pixel.iter_mut().zip([color.0, color.1, color.2]) {
            let mixed = u16::from(above) * u16::from(covered) + u16::from(*below) * u16::from(255 - covered);
            *below = u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX);
        }
    }

    fn encoded(&self) -> Result<Vec<u8>, PngError> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::High);
        let density = PixelDimensions { xppu: PIXELS_PER_METER, yppu: PIXELS_PER_METER, unit: Unit::Meter };
        encoder.set_pixel_dims(Some(density));
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.bytes)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// The font of all texts.
struct Font {
    face: Face<'static>,
    /// Pixels in a unit of the font.
    scale: f64,
}

impl Font {
    /// `DejaVu` Sans: Latin, Greek, Cyrillic and more; a character that it lacks is a box.
    fn embedded() -> Option<Self> {
        let face = Face::parse(dejavu::sans::regular(), 0).ok()?;
        let scale = FONT_SIZE / f64::from(face.units_per_em());
        Some(Self { face, scale })
    }

    /// A line of text as one path.
    fn outline(&self, text: &str, at: (f64, f64), anchor: Anchor) -> Vec<Command> {
        let glyphs: Vec<_> = text
            .chars()
            .map(|character| self.face.glyph_index(character).unwrap_or_default())
            .map(|glyph| (glyph, f64::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) * self.scale))
            .collect();
        let width: f64 = glyphs.iter().map(|(_, advance)| advance).sum();
        let begin = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let mut outline =
            Outline { path: Vec::new(), x: at.0 * SCALE - begin, y: at.1 * SCALE, scale: self.scale };
        for (glyph, advance) in glyphs {
            if outline.x > WIDTH * SCALE {
                break;
            }
            self.face.outline_glyph(glyph, &mut outline);
            outline.x += advance;
        }
        outline.path
    }
}

/// The path of the glyphs so far, and where the next one begins.
struct Outline {
    path: Vec<Command>,
    x: f64,
    y: f64,
    scale: f64,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> Vector {
        Vector::new(single(self.x + f64::from(x) * self.scale), single(self.y - f64::from(y) * self.scale))
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.path.move_to(to);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.path.line_to(to);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (control, to) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(control, to);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, to) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.curve_to(first, second, to);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::plot::{BarPlot, Plot};

    /// The pixels of a PNG, and how many there are in a row.
    fn decoded(bytes: &[u8]) -> (Vec<u8>, usize) {
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        (pixels, usize::try_from(reader.info().width).unwrap())
    }

    fn pixel(pixels: &(Vec<u8>, usize), (x, y): (usize, usize)) -> &[u8] {
        &pixels.0[(y * pixels.1 + x) * 3..][..3]
    }

    #[test]
    fn shapes_are_where_the_scene_has_them_at_twice_the_size() {
        let stroke = Stroke { color: Rgb(1, 2, 3), width: 1.0, is_dashed: false };
        let shapes = vec![
            SceneShape::Bar { at: (10.0, 10.0), size: (5.0, 5.0), color: Rgb(9, 8, 7) },
            SceneShape::Line { points: vec![(20.0, 5.0), (40.0, 5.0)], stroke },
            SceneShape::Dot { at: (60.0, 20.0), color: Rgb(200, 0, 0) },
        ];
        let pixels = decoded(&of(&Scene { height: 30.0, shapes }).unwrap());
        assert_eq!((pixels.0.len(), pixels.1), (1800 * 60 * 3, 1800));
        assert_eq!([pixel(&pixels, (19, 22)), pixel(&pixels, (20, 22))], [[255, 255, 255], [9, 8, 7]]);
        assert_eq!([pixel(&pixels, (60, 9)), pixel(&pixels, (60, 10))], [[1, 2, 3], [1, 2, 3]]);
        assert_eq!([pixel(&pixels, (60, 8)), pixel(&pixels, (120, 40))], [[255, 255, 255], [200, 0, 0]]);
    }

    #[test]
    fn texts_end_and_begin_where_they_have_to() {
        let font = Font::embedded().unwrap();
        let edges = |anchor| {
            let path = font.outline("Größe Ж 数", (100.0, 20.0), anchor);
            let (_, placement) = Mask::new(&path[..]).render();
            (placement.left, placement.left + i32::try_from(placement.width).unwrap())
        };
        let (start, end) = (edges(Anchor::Start), edges(Anchor::End));
        assert!((200..204).contains(&start.0) && (190..=200).contains(&end.1), "{start:?} {end:?}");
        assert!((start.1 - start.0) > 90, "{start:?}");
        assert!(font.outline(&"m".repeat(1_000_000), (0.0, 0.0), Anchor::Start).len() < 10_000);
    }

    #[test]
    fn what_is_too_high_is_refused() {
        let bars = |count: usize| {
            Plot::Bars(BarPlot { bars: vec![("a".to_owned(), 2.0); count], ..BarPlot::default() }).png()
        };
        assert!(bars(0).is_ok());
        assert!(matches!(bars(10_000), Err(PngError::TooHigh)));
    }
}

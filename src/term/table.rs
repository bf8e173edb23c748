//! Rows in columns, as kubectl has them: no lines, upper-case headers, two spaces between columns.

use anstyle::Style;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::style::Style as Lines;
use tabled::settings::{Alignment, Padding};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Rows of cells, and how they may be shown.
#[derive(Debug, Default)]
pub struct Table<'a> {
    /// The headers, if there are any.
    pub headers: Option<&'a [&'a str]>,
    /// The cells, as many in each row.
    pub rows: Vec<Vec<String>>,
    /// The columns that may be cut where there is no room, the widest first. The others never are.
    pub flexible: &'a [usize],
    /// The columns whose cells stand at the right.
    pub right: &'a [usize],
    /// An empty cell stays empty; otherwise `-` is in it.
    pub keeps_blanks: bool,
    /// How it is coloured, where it is.
    pub color: Option<TableColor>,
}

/// Colour of a table: the headings are bold.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableColor {
    /// A column whose cells have a style of their own.
    pub column: Option<usize>,
    /// The style of what is in such a cell.
    pub style: Option<fn(&str) -> Option<Style>>,
}

/// No column is cut to less.
pub const NARROWEST: usize = 12;
/// How many characters a table has at most, as long as each cell has its [`FAIR`] share: a cell is as wide as the
/// widest one of its column.
const ROOM: usize = 32 * 1024 * 1024;
/// What a cell may have in any case, in characters.
const FAIR: usize = 500;
/// Between two columns.
pub const GAP: usize = 2;

impl Table<'_> {
    /// The text of the table, in lines of at most `width` as far as the flexible columns allow it.
    pub fn render(mut self, width: Option<usize>) -> String {
        for cell in self.rows.iter_mut().flatten().filter(|cell| cell.is_empty() && !self.keeps_blanks) {
            "-".clone_into(cell);
        }
        self.bound();
        if let Some(width) = width {
            self.cut(width);
        }
        let paint = self.color.map(|color| Paint::new(color, &self));
        let mut builder = Builder::new();
        if let Some(headers) = self.headers {
            builder.push_record(headers.iter().copied());
        }
        self.rows.into_iter().for_each(|row| builder.push_record(row));
        let mut table = builder.build();
        table.with(Lines::empty()).with(Padding::new(0, GAP, 0, 0));
        for column in self.right {
            table.modify(Columns::one(*column), Alignment::right());
        }
        let mut text = String::new();
        for (number, line) in table.to_string().lines().enumerate() {
            let line = line.trim_end();
            match &paint {
                Some(paint) => paint.line(&mut text, number, line),
                None => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }

    /// Cuts what would make the table too large for memory.
    fn bound(&mut self) {
        let cells: usize = self.rows.iter().map(Vec::len).sum();
        let room = (ROOM / cells.max(1)).max(FAIR);
        for cell in self.rows.iter_mut().flatten().filter(|cell| cell.len() > room) {
            *cell = shortened(cell, room);
        }
    }

    /// How wide each column is.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> =
            self.headers.unwrap_or_default().iter().map(|header| header.width()).collect();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(cell.width());
            }
        }
        widths
    }

    /// Cuts the flexible columns, the widest first, until a line fits.
    fn cut(&mut self, width: usize) {
        let widths = self.widths();
        let gaps = GAP * widths.len().saturating_sub(1);
        let header = |column: usize| {
            self.headers.and_then(|headers| headers.get(column)).map_or(0, |header| header.width())
        };
        let is_flexible = |column: &usize| self.flexible.contains(column);
        // With no flexible column wider than `level`.
        let at = |level: usize, column: usize| match widths.get(column) {
            Some(natural) if is_flexible(&column) => (*natural).min(level.max(NARROWEST).max(header(column))),
            natural => natural.copied().unwrap_or_default(),
        };
        let whole = |level: usize| (0..widths.len()).map(|column| at(level, column)).sum::<usize>() + gaps;
        let widest = widths.iter().copied().max().unwrap_or_default();
        let level = (0..=widest).rev().find(|level| whole(*level) <= width).unwrap_or(0);
        let rooms: Vec<(usize, usize)> =
            self.flexible.iter().map(|column| (*column, at(level, *column))).collect();
        for (column, room) in rooms {
            for cell in self.rows.iter_mut().filter_map(|row| row.get_mut(column)) {
                *cell = shortened(cell, room);
            }
        }
    }
}

/// Colour for the lines of a table that is laid out.
struct Paint {
    has_headers: bool,
    /// Where the cells with a style of their own start, and what is in them.
    cells: Option<(usize, Vec<(String, Style)>)>,
    rows: Vec<Option<usize>>,
}

impl Paint {
    fn new(color: TableColor, table: &Table<'_>) -> Self {
        let mut cells = Vec::new();
        let mut rows = Vec::new();
        let column = color.column.filter(|column| !table.right.contains(column));
        if let (Some(column), Some(style)) = (column, color.style) {
            for row in &table.rows {
                let found = row.get(column).and_then(|cell| Some((cell.clone(), style(cell)?)));
                rows.push(found.map(|found| {
                    cells.push(found);
                    cells.len() - 1
                }));
            }
        }
        let start = column.map(|column| table.widths().iter().take(column).map(|width| width + GAP).sum());
        Self { has_headers: table.headers.is_some(), cells: start.map(|start| (start, cells)), rows }
    }

    fn line(&self, text: &mut String, number: usize, line: &str) {
        const HEADER: Style = Style::new().bold();
        let painted = |text: &mut String, style: Style, part: &str| {
            text.extend([&style.render().to_string(), part, &style.render_reset().to_string()]);
        };
        if self.has_headers && number == 0 {
            return painted(text, HEADER, line);
        }
        let row = number - usize::from(self.has_headers);
        let cell = self.rows.get(row).copied().flatten();
        let found = cell.and_then(|cell| {
            let (start, cells) = self.cells.as_ref()?;
            let (word, style) = cells.get(cell)?;
            let at = byte_at(line, *start)?;
            line[at..].starts_with(word.as_str()).then_some((at, word, *style))
        });
        match found {
            Some((at, word, style)) => {
                text.push_str(&line[..at]);
                painted(text, style, word);
                text.push_str(&line[at + word.len()..]);
            }
            None => text.push_str(line),
        }
    }
}

/// Where column `wanted` of `line` starts, in bytes.
fn byte_at(line: &str, wanted: usize) -> Option<usize> {
    let mut width = 0;
    for (at, character) in line.char_indices() {
        if width == wanted {
            return Some(at);
        }
        width += character.width().unwrap_or(0);
    }
    None
}

/// How many columns `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `width` columns, with `…` where something is missing.
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= width
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table<'a>(headers: Option<&'a [&'a str]>) -> Table<'a> {
        let rows = vec![
            vec![
                "bench".to_owned(),
                String::new(),
                "Run and inspect benchmarks for all databases".to_owned(),
            ],
            vec!["größe".to_owned(), "1.0".to_owned(), "数据".to_owned()],
        ];
        Table { headers, rows, flexible: &[2], right: &[1], ..Table::default() }
    }

    #[test]
    fn columns_line_up_and_nothing_trails() {
        assert_eq!(
            table(Some(&["NAME", "VERSION", "DESCRIPTION"])).render(None),
            "NAME   VERSION  DESCRIPTION\n\
             bench        -  Run and inspect benchmarks for all databases\n\
             größe      1.0  数据\n"
        );
    }

    #[test]
    fn a_blank_can_stay_and_a_long_cell_is_cut_only_where_many_stand_beside_it() {
        let long = "x".repeat(100_000);
        let rows = |count: usize| {
            let rows = (0..count).map(|_| vec![long.clone(), String::new(), "end".to_owned()]).collect();
            Table { rows, keeps_blanks: true, ..Table::default() }.render(None)
        };
        assert_eq!(rows(1), format!("{long}    end\n"));
        let many = rows(5_000);
        assert!(many.lines().count() == 5_000 && many.len() < 2 * ROOM && many.contains('…'));
    }

    #[test]
    fn headings_are_bold_and_a_state_has_the_color_of_its_word() {
        let style: fn(&str) -> Option<Style> =
            |word| (word == "ready").then(|| anstyle::AnsiColor::Green.on_default());
        let color = Some(TableColor { column: Some(1), style: Some(style) });
        let rows = [["数", "ready", "x"], ["b", "other", ""]];
        let rows = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        let text =
            Table { headers: Some(&["N", "STATE", "T"]), rows, color, ..Table::default() }.render(None);
        let expected = "\u{1b}[1mN   STATE  T\u{1b}[0m\n数  \u{1b}[32mready\u{1b}[0m  x\nb   other  -\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_widest_column_is_cut_first() {
        let row = ["name", "timestamp with time zone", "nextval('orders_id_seq'::regclass)"];
        let rows = || vec![row.iter().map(|cell| (*cell).to_owned()).collect()];
        let shown = |width| Table { rows: rows(), flexible: &[1, 2], ..Table::default() }.render(Some(width));
        assert_eq!(shown(60), "name  timestamp with time zone  nextval('orders_id_seq'::re…\n");
        assert_eq!(shown(40), "name  timestamp with …  nextval('orders…\n");
    }

    #[test]
    fn a_narrow_terminal_cuts_what_may_be_cut_and_never_a_name() {
        let text = table(None).render(Some(40));
        assert_eq!(text, "bench    -  Run and inspect benchmarks …\ngröße  1.0  数据\n");
        let text = table(None).render(Some(5));
        assert_eq!(text, "bench    -  Run and ins…\ngröße  1.0  数据\n");
    }
}

//! Rows in columns, as kubectl has them: no lines, upper-case headers, two spaces between columns.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Rows of cells, and how they may be shown.
#[derive(Debug, Default)]
pub struct Table<'a> {
    /// The headers, if there are any.
    pub headers: Option<&'a [&'a str]>,
    /// The cells, as many in each row.
    pub rows: Vec<Vec<String>>,
    /// The columns that may be cut where there is no room, the first one first. The others never are.
    pub flexible: &'a [usize],
    /// The columns whose cells stand at the right.
    pub right: &'a [usize],
    /// An empty cell stays empty; otherwise `-` is in it.
    pub keeps_blanks: bool,
}

/// No column is cut to less.
const NARROWEST: usize = 12;
/// How many characters a table has at most, as long as each cell has its [`FAIR`] share: a cell is as wide as the
/// widest one of its column.
const ROOM: usize = 32 * 1024 * 1024;
/// What a cell may have in any case, in characters.
const FAIR: usize = 500;
/// Between two columns.
const GAP: usize = 2;

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
        let mut builder = Builder::new();
        if let Some(headers) = self.headers {
            builder.push_record(headers.iter().copied());
        }
        self.rows.into_iter().for_each(|row| builder.push_record(row));
        let mut table = builder.build();
        table.with(Style::empty()).with(Padding::new(0, GAP, 0, 0));
        for column in self.right {
            table.modify(Columns::one(*column), Alignment::right());
        }
        let mut text = String::new();
        for line in table.to_string().lines() {
            text.push_str(line.trim_end());
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

    /// Cuts the flexible columns, one after the other, until a line fits.
    fn cut(&mut self, width: usize) {
        let mut widths: Vec<usize> =
            self.headers.unwrap_or_default().iter().map(|header| header.width()).collect();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(cell.width());
            }
        }
        let whole = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let mut excess = whole.saturating_sub(width);
        for column in self.flexible {
            let Some(natural) = widths.get(*column).copied() else { continue };
            let header =
                self.headers.and_then(|headers| headers.get(*column)).map_or(0, |header| header.width());
            let room = natural.saturating_sub(excess).max(NARROWEST.max(header).min(natural));
            excess -= natural - room;
            for cell in self.rows.iter_mut().filter_map(|row| row.get_mut(*column)) {
                *cell = shortened(cell, room);
            }
        }
    }
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
        Table { headers, rows, flexible: &[2], right: &[1], keeps_blanks: false }
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
    fn a_narrow_terminal_cuts_what_may_be_cut_and_never_a_name() {
        let text = table(None).render(Some(40));
        assert_eq!(text, "bench    -  Run and inspect benchmarks …\ngröße  1.0  数据\n");
        let text = table(None).render(Some(5));
        assert_eq!(text, "bench    -  Run and ins…\ngröße  1.0  数据\n");
    }
}

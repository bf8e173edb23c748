//! Rows in columns, as kubectl has them: no lines, upper-case headers, two spaces between columns.

use tabled::builder::Builder;
use tabled::settings::peaker::Priority;
use tabled::settings::{Padding, Style, Width};

/// The narrowest table that is still cut to the width of the terminal.
const NARROWEST: usize = 40;

/// A table of `rows` below `headers`; without headers when there are none. With a `width`, the widest
/// cells are cut until every line fits.
pub fn render(
    headers: Option<&[&str]>,
    rows: impl IntoIterator<Item = Vec<String>>,
    width: Option<usize>,
) -> String {
    let mut builder = Builder::new();
    let mut columns = 0;
    if let Some(headers) = headers {
        builder.push_record(headers.iter().copied());
    }
    for row in rows {
        columns = columns.max(row.len());
        builder.push_record(row.into_iter().map(|cell| if cell.is_empty() { "-".to_owned() } else { cell }));
    }
    let mut table = builder.build();
    table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
    if let Some(width) = width {
        // The two spaces behind the last column need no room.
        table.with(Width::truncate(width.max(NARROWEST) + 2).suffix("…").priority(Priority::max(true)));
    }
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec![
                "bench".to_owned(),
                String::new(),
                "Run and inspect benchmarks for all databases".to_owned(),
            ],
            vec!["größe".to_owned(), "1.0".to_owned(), "数据".to_owned()],
        ]
    }

    #[test]
    fn columns_line_up_and_nothing_trails() {
        assert_eq!(
            render(Some(&["NAME", "VERSION", "DESCRIPTION"]), rows(), None),
            "NAME   VERSION  DESCRIPTION\n\
             bench  -        Run and inspect benchmarks for all databases\n\
             größe  1.0      数据\n"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        let text = render(None, rows(), Some(40));
        assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 40), "{text}");
        assert!(text.contains("bench  -    Run and inspect"), "{text}");
        assert!(text.contains('…'));
    }
}

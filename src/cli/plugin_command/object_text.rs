//! One object as text: names and values in two columns, what is nested indented below its name.
//!
//! It must not know where the parts come from.

use super::rows_text::rendered as table;
use crate::model::CleanText;
use crate::openapi::ObjectPart;
use crate::term::table::{Table, TableColor};

/// What one step deeper is further to the right.
const STEP: usize = 2;

/// The text of `parts`, as wide as the terminal.
pub(super) fn rendered(
    parts: &[ObjectPart],
    shows_headers: bool,
    width: Option<usize>,
    color: impl Fn(&[CleanText]) -> Option<TableColor>,
) -> String {
    let mut text = String::new();
    let mut rest = parts;
    while let Some(part) = rest.first() {
        match part {
            ObjectPart::Line { depth, .. } => {
                let is_beside = |part: &&ObjectPart| matches!(part, ObjectPart::Line { depth: other, .. } if other == depth);
                let count = rest.iter().take_while(is_beside).count();
                let (lines, behind) = rest.split_at(count);
                rest = behind;
                push(&mut text, &pairs(lines, room(width, *depth)), *depth);
            }
            ObjectPart::Title { depth, name } => {
                rest = &rest[1..];
                push(&mut text, &format!("{name}:\n"), *depth);
            }
            ObjectPart::Table { depth, headers, rows } => {
                rest = &rest[1..];
                let lines = table(headers, rows, shows_headers, &[], room(width, *depth), color(headers));
                push(&mut text, &lines, *depth);
            }
        }
    }
    text
}

fn room(width: Option<usize>, depth: usize) -> Option<usize> {
    width.map(|width| width.saturating_sub(depth * STEP))
}

/// Names and values in two columns.
fn pairs(lines: &[ObjectPart], width: Option<usize>) -> String {
    let row = |part: &ObjectPart| match part {
        ObjectPart::Line { name, cell, .. } => Some(vec![name.to_string(), cell.text.to_string()]),
        _ => None,
    };
    Table { rows: lines.iter().filter_map(row).collect(), flexible: &[1], ..Table::default() }.render(width)
}

fn push(text: &mut String, lines: &str, depth: usize) {
    for line in lines.lines() {
        text.extend([&" ".repeat(depth * STEP), line, "\n"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::Cell;

    #[test]
    fn what_is_nested_stands_below_its_name() {
        let line = |depth, name: &str, value: &str| ObjectPart::Line {
            depth,
            name: CleanText::new(name),
            cell: Cell { text: CleanText::new(value), right: false },
        };
        let title = |depth, name: &str| ObjectPart::Title { depth, name: CleanText::new(name) };
        let rows = vec![vec![Cell { text: CleanText::new("eth0"), right: false }]];
        let parts = [
            line(0, "id", "7"),
            line(0, "description", "a long text about it"),
            title(0, "type"),
            line(1, "name", "cx11"),
            title(1, "nets"),
            ObjectPart::Table { depth: 2, headers: vec![CleanText::new("NAME")], rows },
            line(0, "last", ""),
        ];
        assert_eq!(
            rendered(&parts, true, Some(29), |_| None),
            "id           7\ndescription  a long text abo…\ntype:\n  name  cx11\n  nets:\n    NAME\n    eth0\nlast  -\n"
        );
    }
}

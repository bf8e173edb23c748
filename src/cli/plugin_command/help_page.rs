//! The help of a plugin's commands: what stands before the usage and what after it, and the list of the commands below a
//! word, a line each, of which one long name does not double the others.
//!
//! It must not know how an argument is typed.

use crate::openapi::HelpSection;
use crate::term::table::shortened;
use std::borrow::Cow;

/// What help has to know of where it is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HelpLayout {
    /// The columns of the terminal; `None` where there is none, and nothing is cut.
    pub(crate) width: Option<usize>,
}

/// How much a tree says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TreeDetail {
    /// It says which request a command makes.
    pub(crate) verbose: bool,
    /// It is for what was typed alone: what is beside it is left out.
    pub(crate) only_typed: bool,
    /// It is shown as help.
    pub(crate) layout: Option<HelpLayout>,
}

/// One line of a list of commands.
pub(super) struct HelpItem<'a> {
    pub(super) name: &'a str,
    pub(super) summary: String,
    pub(super) aliases: Vec<&'a str>,
}

/// More lines of prose stand after the usage.
const LINES: usize = 8;
/// The width that lines of prose are counted by.
const PROSE_WIDTH: usize = 100;

/// A description as what stands before the usage, and what after everything: whole paragraphs, the first of them in any
/// case.
pub(super) fn split(text: &str) -> (Cow<'_, str>, &str) {
    let lines = |part: &str| {
        part.lines().map(|line| 1 + line.chars().count().saturating_sub(1) / PROSE_WIDTH).sum::<usize>()
    };
    let mut end = 0;
    let mut used = 0;
    for part in text.split_inclusive("\n\n") {
        used += lines(part.trim_end()) + 1;
        // The first goes in however long it is, and nothing that would make it longer.
        if end > 0 && used > LINES {
            break;
        }
        end += part.len();
    }
    let (before, after) = text.split_at(end);
    (Cow::Borrowed(before.trim_end()), after.trim())
}

/// `items` by the sections of the document, each in its own order; those that are in none come first.
pub(super) fn in_sections<'a>(
    items: Vec<HelpItem<'a>>,
    sections: &'a [HelpSection],
) -> Vec<(&'a str, Vec<HelpItem<'a>>)> {
    let titles = std::iter::once("Commands").chain(sections.iter().map(|section| section.title.as_str()));
    let mut lists: Vec<(&str, Vec<HelpItem<'_>>)> = titles.map(|title| (title, Vec::new())).collect();
    let has = |section: &HelpSection, name: &str| section.words.iter().any(|word| word.as_str() == name);
    for item in items {
        let at = sections.iter().position(|section| has(section, item.name)).map_or(0, |at| at + 1);
        if let Some((_, list)) = lists.get_mut(at) {
            list.push(item);
        }
    }
    lists.retain(|(_, list)| !list.is_empty());
    lists
}

const INDENT: &str = "  ";
/// A longer name has a line of its own.
const LONGEST: usize = 28;
/// No summary is cut to less.
const NARROWEST: usize = 12;

/// The list of `items`.
pub(super) fn list(items: &[HelpItem<'_>], layout: HelpLayout) -> String {
    // Names are ASCII, so that a letter is a column.
    let fits = |item: &&HelpItem<'_>| item.name.len() <= LONGEST;
    let column = items.iter().filter(fits).map(|item| item.name.len()).max().unwrap_or_default();
    let left = 2 * INDENT.len() + column;
    let mut text = String::new();
    for item in items {
        let HelpItem { name, summary, aliases } = item;
        let summary = match aliases.as_slice() {
            [] => Cow::Borrowed(summary.trim()),
            aliases => Cow::Owned(format!("{summary} [aliases: {}]", aliases.join(", ")).trim().to_owned()),
        };
        text.extend([INDENT, name]);
        if !summary.is_empty() {
            let room = layout.width.map(|width| width.saturating_sub(left).max(NARROWEST));
            let summary = room.map_or_else(|| summary.to_string(), |room| shortened(&summary, room));
            let gap = match column.checked_sub(name.len()) {
                Some(more) => " ".repeat(more + INDENT.len()),
                None => format!("\n{}", " ".repeat(left)),
            };
            text.extend([&gap, summary.as_str()]);
        }
        text.push('\n');
    }
    text
}

/// What a group says of itself where there is no text for it: the commands below it. `own` is what it does itself.
pub(super) fn of_children(own: Option<&str>, children: &[&str]) -> String {
    /// More of them say nothing.
    const MOST: usize = 12;
    let mut names = children.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if children.len() > MOST {
        names.push_str(", …");
    }
    match own.map(|own| own.trim_end_matches('.')) {
        None | Some("") => names,
        Some(own) if names.is_empty() => own.to_owned(),
        Some(own) => format!("{own}; also: {names}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CleanText;

    #[test]
    fn one_long_name_makes_one_more_line() {
        let long = "a-very-long-name-of-a-command-that-nobody-would-type-ever";
        let item = |name, summary: &str| HelpItem { name, summary: summary.to_owned(), aliases: Vec::new() };
        let mut items = vec![item("get", "Show one"), item("list", ""), item(long, "Long")];
        items[0].aliases.push("view");
        let text = list(&items, HelpLayout { width: None });
        assert_eq!(text, format!("  get   Show one [aliases: view]\n  list\n  {long}\n        Long\n"));
        let narrow = list(&[item("get", &"word ".repeat(50))], HelpLayout { width: Some(40) });
        assert!(narrow.lines().count() == 1 && narrow.trim_end().chars().count() <= 40, "{narrow}");
    }

    #[test]
    fn what_is_in_no_section_comes_first() {
        let item = |name| HelpItem { name, summary: String::new(), aliases: Vec::new() };
        let section = |title: &str, words: &[&str]| HelpSection {
            title: CleanText::new(title),
            words: words.iter().map(|word| CleanText::new(word)).collect(),
        };
        let sections = [section("Billing", &["invoices", "gone"]), section("Empty", &["x"])];
        let lists = in_sections(vec![item("invoices"), item("status")], &sections);
        let shown: Vec<(&str, Vec<&str>)> = lists
            .iter()
            .map(|(title, items)| (*title, items.iter().map(|item| item.name).collect()))
            .collect();
        assert_eq!(shown, [("Commands", vec!["status"]), ("Billing", vec!["invoices"])]);
    }

    #[test]
    fn a_long_description_stands_behind_the_usage() {
        assert_eq!(split("Short.\n\nAnd more."), (Cow::Borrowed("Short.\n\nAnd more."), ""));
        let paragraphs: Vec<String> = (0..9).map(|number| format!("Paragraph {number}.")).collect();
        let text = paragraphs.join("\n\n");
        let (before, after) = split(&text);
        assert!(before.ends_with("Paragraph 3.") && after.starts_with("Paragraph 4."), "{before}");
        let long = "word ".repeat(400);
        assert_eq!(split(&format!("{long}\n\nEnd")).1, "End");
    }

    #[test]
    fn a_group_is_described_by_what_is_below_it() {
        assert_eq!(of_children(None, &["get", "list"]), "get, list");
        assert_eq!(of_children(Some("List accounts."), &["keys"]), "List accounts; also: keys");
        assert!(of_children(None, &["x"; 40]).ends_with(", x, …"));
    }
}

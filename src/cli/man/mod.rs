//! Manual pages in roff: of the built-in commands, which lie in `man/`, and of the commands that plugins bring, which
//! are made when they are shown.
//!
//! It must not know how a page is shown.

mod of_program;
mod parts;

use super::program::CommandLine;
use crate::model::{CleanText, Command};
use crate::ops::install::facts;
use crate::resolve;
use clap_mangen::roff::{Roff, bold, italic, roman};

/// A page by its name (`everestctl-plugin-list`), without its section.
#[derive(Debug)]
pub struct ManPage {
    /// Name of the page.
    pub name: String,
    /// Section of the manual.
    pub section: u8,
    /// Source of the page, in roff.
    pub roff: String,
    /// Whether the command is from a plugin, which may have installed a better page of this name.
    pub is_foreign: bool,
}

/// The pages of bundled plugins, made from the commands of their programs.
const BUNDLED: [(&str, &str); 4] = [
    ("everestctl-host", include_str!("../../../man/everestctl-host.1")),
    ("everestctl-host-exec", include_str!("../../../man/everestctl-host-exec.1")),
    ("everestctl-host-lint-bundle", include_str!("../../../man/everestctl-host-lint-bundle.1")),
    ("everestctl-host-run", include_str!("../../../man/everestctl-host-run.1")),
];
/// The pages that are written by hand.
const BY_HAND: [(&str, &str); 2] = [
    ("everestctl-openapi", include_str!("../../../man/everestctl-openapi.7")),
    ("everestctl-plugins", include_str!("../../../man/everestctl-plugins.7")),
];
const SOURCE: &str = concat!("everestctl ", env!("CARGO_PKG_VERSION"));
const MANUAL: &str = "Everestctl Manual";

impl ManPage {
    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }
}

/// The page of this name that was written by hand.
pub fn by_hand(name: &str) -> Option<ManPage> {
    let (name, roff) = BY_HAND.iter().find(|(other, _)| *other == name)?;
    Some(ManPage { name: (*name).to_owned(), section: 7, roff: (*roff).to_owned(), is_foreign: false })
}

/// The page of a bundled plugin, or of the command below it with these words.
pub fn of_bundled(words: &[&str]) -> Option<ManPage> {
    let (name, roff) = BUNDLED.iter().find(|(name, _)| *name == format!("everestctl-{}", words.join("-")))?;
    Some(ManPage { name: (*name).to_owned(), section: 1, roff: (*roff).to_owned(), is_foreign: false })
}

/// The page that an installed package has brought.
pub fn of_package(command: &Command) -> Option<ManPage> {
    let roff = facts::man_page(command)?;
    let name = format!("everestctl-{}", command.name());
    Some(ManPage { name, section: 1, roff, is_foreign: false })
}

/// The pages of all commands below a tree.
pub fn all_below(tree: clap::Command) -> Vec<ManPage> {
    let mut pages = Vec::new();
    below(&built(tree), &mut pages);
    pages
}

/// The pages of the built-in commands.
pub fn built_in(program: &CommandLine) -> Vec<ManPage> {
    let mut pages = vec![of_program(program)];
    below(&built(program.tree().clone()), &mut pages);
    pages
}

fn of_program(program: &CommandLine) -> ManPage {
    page(
        &built(program.with_global_options()),
        &of_program::sections(),
        &[("everestctl-plugins", 7), ("everestctl-openapi", 7)],
    )
}

fn built(mut tree: clap::Command) -> clap::Command {
    tree.build();
    tree
}

fn below(tree: &clap::Command, pages: &mut Vec<ManPage>) {
    for command in tree.get_subcommands().filter(|command| !command.is_hide_set()) {
        pages.push(of_tree(command, &[("everestctl", 1)]));
        below(command, pages);
    }
}

/// The page of the built-in command with these words.
pub fn for_built_in(program: &CommandLine, words: &[&str]) -> Option<ManPage> {
    if words.is_empty() {
        return Some(of_program(program));
    }
    let tree = built(program.tree().clone());
    let command = words.iter().try_fold(&tree, |tree, word| tree.find_subcommand(word))?;
    Some(of_tree(command, &[("everestctl", 1)]))
}

/// The page of the commands that a plugin of the server describes, or of the one below it with these words.
pub fn for_server_command(tree: clap::Command, words: &[&str]) -> Option<ManPage> {
    let name = format!("everestctl-{}", tree.get_name());
    let tree = built(tree.display_name(name));
    let command = words.iter().try_fold(&tree, |tree, word| tree.find_subcommand(word))?;
    Some(of_tree(command, &[("everestctl", 1), ("everestctl-openapi", 7)]))
}

fn of_tree(command: &clap::Command, see_also: &[(&str, u8)]) -> ManPage {
    page(command, "", see_also)
}

/// A page with further sections, in roff, before the references.
fn page(command: &clap::Command, further: &str, see_also: &[(&str, u8)]) -> ManPage {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut roff = title(&name);
    roff.push_str(&parts::of(command));
    let after = command.get_after_long_help().or(command.get_after_help());
    roff.push_str(&notes(&after.map(ToString::to_string).unwrap_or_default()));
    roff.push_str(further);
    roff.push_str(&references(see_also));
    // Every part starts with it; once is enough.
    let roff = format!("{APOSTROPHE}{}", roff.replace(APOSTROPHE, ""));
    ManPage { name, section: 1, roff, is_foreign: false }
}

/// The line of the title, without a date, which would differ from build to build.
fn title(name: &str) -> String {
    // It stands on both sides of the name of the manual, in a line of 80 columns.
    let manual = if name.len() <= 24 { MANUAL } else { "\"\"" };
    Roff::new().control("TH", [name.to_uppercase().as_str(), "1", "\"\"", SOURCE, manual]).to_roff()
}

/// What is at the end of a help text: examples as they are typed, everything else as text.
fn notes(text: &str) -> String {
    let mut roff = Roff::new();
    let (examples, texts): (Vec<&str>, Vec<&str>) = text
        .split("\n\n")
        .filter(|part| !part.trim().is_empty())
        .partition(|part| part.starts_with(EXAMPLES));
    for examples in examples {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        examples.lines().skip(1).for_each(|line| {
            roff.text([roman(line.trim())]);
        });
        roff.control("fi", []);
    }
    for (at, text) in texts.iter().enumerate() {
        if at == 0 {
            roff.control("SH", ["NOTES"])
        } else {
            roff.control("PP", [])
        };
        if let Some((title, lines)) = block(text) {
            roff.text([roman(title)]);
            roff.control("nf", []);
            lines.lines().for_each(|line| {
                roff.text([roman(line)]);
            });
            roff.control("fi", []);
            continue;
        }
        roff.text([roman(text.split_whitespace().collect::<Vec<_>>().join(" "))]);
    }
    roff.render()
}

/// A title and lines below it that stay as they are.
fn block(text: &str) -> Option<(&str, &str)> {
    let (title, lines) = text.split_once('\n')?;
    (title.ends_with(':') && lines.lines().all(|line| line.starts_with("  "))).then_some((title, lines))
}

/// How a straight apostrophe is made, whatever formats the page.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
/// The line above the examples in a help text.
const EXAMPLES: &str = "Examples:";

fn references(pages: &[(&str, u8)]) -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let mut line = Vec::new();
    for (at, (name, section)) in pages.iter().enumerate() {
        if at > 0 {
            line.push(roman(", "));
        }
        line.extend([bold(*name), roman(format!("({section})"))]);
    }
    roff.text(line);
    roff.to_roff()
}

/// The page of a local command, from what its sidecar says: the executable is not asked.
pub fn for_local_command(command: &resolve::Command) -> ManPage {
    let name = command.name().as_str();
    let origin = command.first();
    let text = |line: &Option<CleanText>| line.as_ref().map(CleanText::to_string);
    let summary = text(&origin.description).unwrap_or_else(|| "a local plugin of everestctl".to_owned());
    let path = origin
        .path
        .as_ref()
        .map(|path| CleanText::new(&path.to_string_lossy()).to_string())
        .unwrap_or_default();
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("everestctl-{name} - {summary}"))]);
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold(format!("everestctl {name}")), roman(" ["), italic("ARGUMENTS"), roman("]...")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([
        bold(name),
        roman(" is an executable on this machine. Arguments after its name are passed to it unchanged, and its exit code is the exit code of everestctl."),
    ]);
    roff.control("PP", []);
    roff.text([bold(format!("everestctl help {name}")), roman(" runs it with --help.")]);
    for (label, value) in [("VERSION", text(&origin.version)), ("AUTHORS", text(&origin.vendor))] {
        if let Some(value) = value {
            roff.control("SH", [label]);
            roff.text([roman(value)]);
        }
    }
    roff.control("SH", ["FILES"]);
    roff.text([italic(path)]);
    let see_also = references(&[("everestctl", 1), ("everestctl-plugins", 7)]);
    let name = format!("everestctl-{name}");
    let roff = format!("{}{}{see_also}", title(&name), roff.to_roff());
    let roff = format!("{APOSTROPHE}{}", roff.replace(APOSTROPHE, ""));
    ManPage { name, section: 1, roff, is_foreign: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Origin, OriginPlace, Source, Way};

    #[test]
    fn every_built_in_command_has_a_page_of_its_own() {
        let pages = built_in(&CommandLine::new(crate::cli::root::PARTS));
        let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        for name in [
            "everestctl",
            "everestctl-plugin",
            "everestctl-plugin-list",
            "everestctl-auth-login",
            "everestctl-help",
        ] {
            assert!(names.contains(&name), "{names:?}");
        }
        assert!(
            pages
                .iter()
                .all(|page| page.roff.contains(".SH SYNOPSIS") && page.roff.contains(".SH \"SEE ALSO\""))
        );
        let list = pages.iter().find(|page| page.name == "everestctl-plugin-list").unwrap();
        assert!(!list.roff.contains("kubeconfig") && pages[0].roff.contains("kubeconfig"));
    }

    /// `SNAPSHOTS=overwrite cargo test --workspace the_pages_in_the_folder` writes them anew.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "it reads the repository, not the user's files")]
    fn the_pages_in_the_folder_are_those_of_this_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
        let pages = built_in(&CommandLine::new(crate::cli::root::PARTS));
        for page in &pages {
            let file = snapbox::Data::read_from(&folder.join(page.file_name()), None);
            snapbox::assert_data_eq!(page.roff.clone(), file.raw());
        }
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut there: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
        there.retain(|name| name.ends_with(".1"));
        let bundled = BUNDLED.iter().map(|(name, _)| format!("{name}.1"));
        let mut made: Vec<String> = pages.iter().map(ManPage::file_name).chain(bundled).collect();
        there.sort();
        made.sort();
        assert_eq!(there, made);
    }

    #[test]
    fn what_a_sidecar_says_is_no_roff() {
        let mut origin =
            Origin::new(CleanText::new("report"), Source::Local, Some(Way::Exec), OriginPlace::PluginFolder);
        origin.description = Some(CleanText::new(".so /etc/passwd \\n(.x 'quoted'"));
        origin.vendor = Some(CleanText::new("'de evil"));
        let page = for_local_command(&resolve::Command::new(origin));
        for line in page.roff.lines() {
            let is_request = line.starts_with('.') || line.starts_with('\'');
            let known = [".TH", ".SH", ".PP", ".ie", ".el"].iter().any(|request| line.starts_with(request));
            assert!(!is_request || known, "{line}");
        }
    }
}

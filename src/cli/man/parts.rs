//! The parts of a page that are made from the tree of a command.
//!
//! The synopsis is clap's line of usage, as `--help` shows it, and what is typed without a flag has a section of its own
//! before the options. It must not know which command it is.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Name, synopsis, description, arguments, options and commands below it.
pub(super) fn of(command: &clap::Command) -> String {
    let mut roff = rendered(command, Man::render_name_section);
    roff.push_str(&synopsis(command));
    roff.push_str(&rendered(command, Man::render_description_section));
    if command.get_positionals().any(|argument| !argument.is_hide_set()) {
        let named = command.clone().mut_args(|argument| {
            let hidden = !argument.is_positional() || argument.is_hide_set();
            argument.hide(hidden)
        });
        let arguments = rendered(&named, Man::render_options_section);
        roff.push_str(&arguments.replacen(".SH OPTIONS", ".SH ARGUMENTS", 1));
    }
    let options = command.clone().mut_args(|argument| {
        let hidden = argument.is_positional() || argument.is_hide_set();
        argument.hide(hidden)
    });
    roff.push_str(&rendered(&options, Man::render_options_section));
    if command.has_subcommands() {
        roff.push_str(&rendered(command, Man::render_subcommands_section));
    }
    roff
}

fn rendered(
    command: &clap::Command,
    section: impl Fn(&Man, &mut dyn std::io::Write) -> std::io::Result<()>,
) -> String {
    let mut bytes = Vec::new();
    // Nothing is written but memory.
    let _ = section(&Man::new(command.clone()), &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn synopsis(command: &clap::Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    let lines = usage.trim_start_matches("Usage:").lines().map(str::trim).filter(|line| !line.is_empty());
    for (at, line) in lines.enumerate() {
        if at > 0 {
            roff.control("br", []);
        }
        match line.strip_prefix(name) {
            Some(rest) => roff.text([bold(name), roman(rest)]),
            None => roff.text([roman(line)]),
        };
    }
    roff.to_roff()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command};

    #[test]
    fn arguments_stand_before_the_options_and_values_have_names() {
        let mut tree = Command::new("x").about("It").args([
            Arg::new("name").value_name("NAME").required(true).help("Who"),
            Arg::new("server").long("server").value_name("URL").help("Where").required(true),
        ]);
        tree.build();
        let roff = of(&tree);
        let at = |text: &str| roff.find(text).unwrap_or_else(|| panic!("{text} in {roff}"));
        assert!(at(".SH ARGUMENTS") < at("Who") && at("Who") < at(".SH OPTIONS"), "{roff}");
        assert!(at(".SH OPTIONS") < at("Where"), "{roff}");
        assert!(roff.contains("\\fBx\\fR \\-\\-server <URL> <NAME>"), "{roff}");
    }
}

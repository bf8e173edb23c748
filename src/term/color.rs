//! Whether to use colour: the flag, then `NO_COLOR`, then `CLICOLOR_FORCE` and `FORCE_COLOR`, then
//! `CLICOLOR=0` and `TERM=dumb`, then whether a terminal shows it (no-color.org, bixense.com/clicolors).

use crate::sys::Environment;

/// Who gets colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorWish {
    /// Every reader.
    Always,
    /// Nobody.
    Never,
    /// Terminals.
    OnTerminals,
}

/// What `flag`, the value of `--color`, and the environment say.
pub fn wish(flag: Option<bool>, environment: &Environment) -> ColorWish {
    let off = |name: &str| environment.text(name) == Some("0");
    let forces = |name: &str| environment.os(name).is_some() && !off(name);
    match flag {
        Some(true) => ColorWish::Always,
        Some(false) => ColorWish::Never,
        None if environment.os("NO_COLOR").is_some() => ColorWish::Never,
        None if ["CLICOLOR_FORCE", "FORCE_COLOR"].into_iter().any(forces) => ColorWish::Always,
        None if off("CLICOLOR") || environment.text("TERM") == Some("dumb") => ColorWish::Never,
        None => ColorWish::OnTerminals,
    }
}

#[cfg(test)]
mod tests {
    use super::ColorWish;

    #[test]
    fn who_decides() {
        let wanted = |flag, variables: &[(&str, &str)], terminal| match super::wish(
            flag,
            &variables.iter().copied().collect(),
        ) {
            ColorWish::Always => true,
            ColorWish::Never => false,
            ColorWish::OnTerminals => terminal,
        };
        assert!(wanted(None, &[], true));
        assert!(!wanted(None, &[], false));
        assert!(wanted(Some(true), &[("NO_COLOR", "1")], false));
        assert!(!wanted(None, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(wanted(None, &[("FORCE_COLOR", "1")], false));
        assert!(!wanted(None, &[("TERM", "dumb")], true));
        assert!(!wanted(None, &[("CLICOLOR", "0")], true));
        assert!(wanted(None, &[("NO_COLOR", "")], true));
    }
}

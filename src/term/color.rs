//! Whether to use colour: the flag, then `NO_COLOR`, then `CLICOLOR_FORCE` and `FORCE_COLOR`, then
//! `CLICOLOR=0` and `TERM=dumb`, then whether a terminal shows it (no-color.org, bixense.com/clicolors).

use crate::sys::Environment;

/// Whether a stream gets colour. `flag` is what `--color` says: always, never, or nothing.
pub fn wanted(flag: Option<bool>, environment: &Environment, is_terminal: bool) -> bool {
    let off = |name: &str| environment.text(name) == Some("0");
    if let Some(decided) = flag {
        return decided;
    }
    if environment.os("NO_COLOR").is_some() {
        return false;
    }
    if ["CLICOLOR_FORCE", "FORCE_COLOR"].into_iter().any(|name| environment.os(name).is_some() && !off(name))
    {
        return true;
    }
    is_terminal && !off("CLICOLOR") && environment.text("TERM") != Some("dumb")
}

#[cfg(test)]
mod tests {
    #[test]
    fn who_decides() {
        let wanted = |flag, variables: &[(&str, &str)], terminal| {
            super::wanted(flag, &variables.iter().copied().collect(), terminal)
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

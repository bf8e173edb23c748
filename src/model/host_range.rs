//! Whether a plugin's `compatibleHostVersions` allows the version of its host.
//!
//! The grammar is the one of upstream's UI, the only place that checks it today (reference, section 11):
//! comparators `^ ~ >= <= > < =` with a full x.y.z, a space for "and", `||` for "or". A comparator in any
//! other form is not understood and passes; a development build of the host skips the check; a pre-release
//! suffix of the host does not count.

use semver::{Comparator, Op, Prerelease, Version};

/// Whether `host` is in `range`. What is not understood is allowed.
pub fn allows(range: &str, host: &str) -> bool {
    let Some(host) = release(host) else { return true };
    range.split("||").any(|alternative| alternative.split_whitespace().all(|term| meets(term, &host)))
}

/// The host's version without suffixes; `None` when it is a development build or no version.
fn release(text: &str) -> Option<Version> {
    let mut version = Version::parse(text.trim().trim_start_matches('v')).ok()?;
    version.pre = Prerelease::EMPTY;
    let development = (version.major, version.minor, version.patch) == (0, 0, 0);
    (!development).then_some(version)
}

fn meets(term: &str, host: &Version) -> bool {
    let digits = term.trim_start_matches(['^', '~', '>', '<', '=', 'v']);
    if Version::parse(digits).is_err() {
        return true;
    }
    let operator = &term[..term.len() - digits.len()];
    // A bare version means that version, as in npm; Cargo's grammar would read it as `^`.
    let operator = match operator.trim_end_matches('v') {
        "" => "=",
        other => other,
    };
    let Ok(mut comparator) = Comparator::parse(&format!("{operator}{digits}")) else { return true };
    if comparator.op != Op::Exact {
        comparator.pre = Prerelease::EMPTY;
    }
    comparator.matches(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_the_reference() {
        for (range, host, expected) in [
            (">=2.0.0 <3.0.0", "2.4.1", true),
            (">=2.0.0 <3.0.0", "3.0.0", false),
            ("^2.1.0", "2.9.0", true),
            ("^2.1.0", "2.0.9", false),
            ("~2.1.0", "2.2.0", false),
            ("2.1.0", "2.1.1", false),
            ("=2.1.0", "2.1.0", true),
            ("<2.0.0 || >=4.0.0", "4.1.0", true),
            ("<2.0.0 || >=4.0.0", "3.0.0", false),
            ("v2.0.0", "2.0.0", true),
            (">=v2.0.0", "1.0.0", false),
        ] {
            assert_eq!(allows(range, host), expected, "{range} with {host}");
        }
    }

    #[test]
    fn what_is_not_understood_passes() {
        for range in ["", ">=19", "newer than the old one", ">>2.0.0"] {
            assert!(allows(range, "1.0.0"), "{range}");
        }
    }

    #[test]
    fn development_hosts_are_not_checked_and_their_suffixes_do_not_count() {
        assert!(allows(">=9.0.0", "dev"));
        assert!(allows(">=9.0.0", "0.0.0"));
        assert!(allows(">=2.0.0", "2.0.0-dev.4"));
        assert!(allows(">=2.0.0", "v2.0.0-dev.4"));
    }
}

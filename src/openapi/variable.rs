//! Which variable of the environment a plugin's document may name with `x-cli-env`.
//!
//! A document must not read what it likes from the user's environment and send it away. It must not know the
//! environment.

/// What everestctl itself, the Go CLI and a session are told by.
const OURS: &[&str] = &[
    "EVEREST_ACCESS_TOKEN",
    "EVEREST_API_URL",
    "EVEREST_CLUSTER",
    "EVEREST_CONFIG",
    "EVEREST_CONTEXT",
    "EVEREST_HOST",
    "EVEREST_NAMESPACE",
    "EVEREST_PASSWORD",
    "EVEREST_REFRESH",
    "EVEREST_REFRESH_TOKEN",
    "EVEREST_SERVER",
    "EVEREST_SESSION",
    "EVEREST_TOKEN",
    "EVEREST_USER",
    "EVEREST_USERNAME",
];

/// Whether a document may name it at all: `EVEREST_…`, but no variable of a session, nor a name that starts like one.
pub(super) fn can_be_named(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let rest = name.strip_prefix("EVEREST_").unwrap_or_default();
    let is_ours = |ours: &str| {
        name.strip_prefix(ours).is_some_and(|behind| behind.is_empty() || behind.starts_with('_'))
    };
    !rest.is_empty() && rest.len() <= 100 && rest.bytes().all(plain) && !OURS.iter().any(|ours| is_ours(ours))
}

/// Whether it is the variable of `plugin` and of no other: `EVEREST_<PLUGIN>_<WORD>`, `_` for each `-` of the name. In
/// the last word is no `_`, so that `EVEREST_PERF_DB_PASSWORD` is the variable of `perf-db` and never of `perf`.
/// What holds a token is only the user's to give away.
pub fn is_variable_of(name: &str, plugin: &str) -> bool {
    let own = format!("EVEREST_{}", plugin.to_ascii_uppercase().replace('-', "_"));
    can_be_named(name)
        && name
            .rsplit_once('_')
            .is_some_and(|(before, word)| before == own && !word.is_empty() && !word.contains("TOKEN"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_variable_carries_the_name_of_its_plugin() {
        assert!(is_variable_of("EVEREST_PERF_PASSWORD", "perf"));
        assert!(is_variable_of("EVEREST_PERF_DB_PASSWORD", "perf-db"));
        for (name, plugin) in [
            ("EVEREST_PERF_DB_PASSWORD", "perf"),
            ("EVEREST_PERF_DB_PASSWORD", "evil"),
            ("EVEREST_PERF_TOKEN", "perf"),
            ("EVEREST_PERF_", "perf"),
            ("EVEREST_PERF", "perf"),
            ("EVEREST__PERF_X", "perf"),
            ("EVEREST_PERFX_Y", "perf"),
            ("PERF_PASSWORD", "perf"),
            // A plugin may be called like what a session lives on.
            ("EVEREST_REFRESH_TOKEN", "refresh"),
            ("EVEREST_TOKEN_OLD", "token"),
            ("EVEREST_PASSWORD_FILE", "password"),
            ("EVEREST_HOST_URL", "host"),
            ("EVERESTCTL_PERF_X", "perf"),
            ("EVEREST_perf_x", "perf"),
            ("AWS_SECRET_ACCESS_KEY", "aws"),
        ] {
            assert!(!is_variable_of(name, plugin), "{name} {plugin}");
        }
    }

    proptest! {
        #[test]
        fn no_variable_is_that_of_two_plugins(one in "[a-z][a-z-]{0,6}", other in "[a-z][a-z-]{0,6}", word in "[A-Z_]{1,8}") {
            let name = format!("EVEREST_{}_{word}", one.to_uppercase().replace('-', "_"));
            prop_assert!(one == other || !(is_variable_of(&name, &one) && is_variable_of(&name, &other)));
        }
    }
}

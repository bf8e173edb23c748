//! What a manifest's `spec.permissions` mean for the API: what the plugin may do there in its callers' names.
//!
//! It must not know what the callers themselves may do.

use everestctl_protocol::manifest::Permission;
use everestctl_protocol::policy::matches;

/// A resource of the API, and the verb that is meant whatever is declared.
type Meant = (&'static str, Option<&'static str>);

/// Other names of the specification's, with what of the API they stand for.
const ALIASES: &[(&str, &[Meant])] = &[
    // An instance names its provider.
    ("database-clusters", &[("instances", None), ("providers", None)]),
    ("database-cluster-connection-details", &[("instances", Some("read-connection"))]),
];

/// Whether one of `permissions` covers `action` on `resource`. A wildcard means what it means in a policy.
pub(crate) fn covers(permissions: &[Permission], resource: &str, action: &str) -> bool {
    permissions.iter().any(|permission| {
        let (Some(verb), Some(declared)) = (permission.verb.as_deref(), permission.resource.as_deref())
        else {
            return false;
        };
        match ALIASES.iter().find(|(name, _)| *name == declared) {
            Some((_, meant)) => meant.iter().any(|(name, instead)| {
                // Only who may read the details gets them: another verb of theirs means nothing here.
                let is_meant = instead.is_none() || matches("read", verb);
                is_meant && *name == resource && matches(action, instead.unwrap_or(verb))
            }),
            None => matches(resource, declared) && matches(action, verb),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(verb: &str, resource: &str) -> Permission {
        Permission { verb: Some(verb.to_owned()), resource: Some(resource.to_owned()) }
    }

    #[test]
    fn the_names_of_the_specification_mean_those_of_the_api() {
        for (verb, declared, resource, action, expected) in [
            ("read", "database-clusters", "instances", "read", true),
            ("read", "database-clusters", "providers", "read", true),
            ("read", "database-clusters", "instances", "read-connection", false),
            ("read", "database-clusters", "instances", "update", false),
            ("update", "database-clusters", "instances", "update", true),
            ("read", "database-cluster-connection-details", "instances", "read-connection", true),
            ("read", "database-cluster-connection-details", "instances", "read", false),
            ("update", "database-cluster-connection-details", "instances", "read-connection", false),
            ("read", "instances", "instances", "read", true),
            ("read", "instances", "instances", "read-connection", false),
            ("read-connection", "instances", "instances", "read-connection", true),
            ("*", "instances", "instances", "read-connection", true),
            ("*", "*", "plugins", "read", true),
            ("read", "namespaces", "instances", "read", false),
        ] {
            let declares = [permission(verb, declared)];
            assert_eq!(
                covers(&declares, resource, action),
                expected,
                "{verb} {declared}: {action} {resource}"
            );
        }
        assert!(!covers(&[], "instances", "read"));
        assert!(!covers(&[Permission::default()], "instances", "read"));
    }
}

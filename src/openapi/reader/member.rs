//! A member of an object of the document by its name. Nearly all objects are schemas with a handful of members, which are
//! asked for two dozen names: to compare these with each other costs a tenth of hashing them.
//!
//! It must not know what the members mean.

use serde_json::{Map, Value};

/// Larger objects are asked by hash.
const SMALL: usize = 12;

/// The member `name`.
pub(super) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if members.len() > SMALL {
        return members.get(name);
    }
    members.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_objects_have_the_same_members() {
        for size in [0, 1, SMALL, SMALL + 1, 100] {
            let members: Map<String, Value> = (0..size).map(|at| (format!("m{at}"), at.into())).collect();
            for at in 0..=size {
                let name = format!("m{at}");
                assert_eq!(member(&members, &name), members.get(&name), "{name} of {size}");
            }
        }
    }
}

//! Which database a series is of: the instance of OpenEverest whose name its labels have.
//!
//! What is of no instance that the caller may see is of nobody.

use crate::everest::Instance;
use std::collections::BTreeMap;

/// The labels that name an instance, or something of it (`shop-0`, `shop-pgbouncer`, `shop.a.svc:9187`), the surest first.
const LABELS: &[&str] = &[
    "app_kubernetes_io_instance",
    "label_app_kubernetes_io_instance",
    "cnpg_io_cluster",
    "cluster",
    "pod",
    "service",
    "instance",
];

/// The instance that a series of `namespace` is of. Of `shop` and `shop-eu`, `shop-eu-0` is of the longer one.
pub(crate) fn owner(
    labels: &BTreeMap<String, String>,
    namespace: &str,
    instances: &[Instance],
) -> Option<usize> {
    let namespace = labels.get(namespace)?;
    LABELS.iter().filter_map(|label| labels.get(*label)).find_map(|value| {
        let fits = instances.iter().enumerate().filter(|(_, instance)| {
            instance.namespace == *namespace && !instance.name.is_empty() && is_part(value, &instance.name)
        });
        fits.max_by_key(|(_, instance)| instance.name.len()).map(|(at, _)| at)
    })
}

fn is_part(value: &str, name: &str) -> bool {
    value.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_of_the_instance_that_they_name() {
        let instance = |namespace: &str, name: &str| Instance {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            provider: String::new(),
        };
        let instances = [instance("a", "shop"), instance("a", "shop-eu"), instance("b", "shop")];
        let of = |labels: &[(&str, &str)]| {
            let labels =
                labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            owner(&labels, "namespace", &instances)
        };
        assert_eq!(of(&[("namespace", "a"), ("pod", "shop-0")]), Some(0));
        assert_eq!(of(&[("namespace", "a"), ("pod", "shop-eu-0")]), Some(1));
        assert_eq!(of(&[("namespace", "b"), ("instance", "shop.b.svc:9187")]), Some(2));
        assert_eq!(of(&[("namespace", "a"), ("cluster", "shop"), ("pod", "shop-eu-0")]), Some(0));
        for none in [
            &[("namespace", "c"), ("pod", "shop-0")][..],
            &[("pod", "shop-0")],
            &[("namespace", "a"), ("pod", "shopping-0")],
            &[("namespace", "a")],
        ] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }
}

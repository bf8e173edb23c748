//! An address that a backend names though it does not know where it is reached. Pure.

/// No address of a page is longer, in bytes.
const LONGEST: usize = 4096;

/// The query of `target` where it leads to `path` on some server: a backend that does not know where it is reached
/// names its own address.
pub(super) fn query_of_same_route(target: &str, path: &str) -> Option<String> {
    if target.len() > LONGEST || target.chars().any(|it| it.is_control() || it.is_whitespace()) {
        return None;
    }
    let (place, query) = target.split_once('?')?;
    let place =
        place.split_once("://").map_or(Some(place), |(_, rest)| rest.find('/').map(|at| &rest[at..]))?;
    let query = query.split('#').next().unwrap_or_default();
    place.ends_with(path).then(|| query.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_address_of_the_same_route_keeps_its_query() {
        let query = |target: &str| query_of_same_route(target, "/api/things");
        assert_eq!(query("http://backend:8080/api/things?page=2#x").as_deref(), Some("page=2"));
        assert_eq!(query("https://x.example/base/api/things?a=b&c=d").as_deref(), Some("a=b&c=d"));
        for none in [
            "http://backend/other?page=2",
            "http://backend/api/things",
            "http://backend/api/things/5?x=1",
            "http://backend?page=2",
            "http://b/my-api/things-api/thing?x",
            "http://b/api/things?a b",
        ] {
            assert_eq!(query(none), None, "{none}");
        }
    }
}

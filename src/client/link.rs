//! The header `Link` (RFC 8288): where an answer says that its relations are.

/// The target of the first link with this relation, when it is a path of the same server.
pub fn path_of<'a>(header: &'a str, relation: &str) -> Option<&'a str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let has_it = parameters.split(';').any(|parameter| {
            let relations = parameter.trim().strip_prefix("rel=").map(|value| value.trim_matches('"'));
            relations.is_some_and(|relations| relations.split(' ').any(|other| other == relation))
        });
        (has_it && target.starts_with('/') && !target.starts_with("//")).then_some(target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_found_and_one_that_leads_elsewhere_is_not() {
        let found = |header| path_of(header, "service-desc");
        assert_eq!(found("</api.json>; rel=\"service-desc\""), Some("/api.json"));
        assert_eq!(
            found("</x>; rel=next, </o.yaml>; type=\"a\"; rel=\"describedby service-desc\""),
            Some("/o.yaml")
        );
        assert_eq!(found("<https://evil.example/x>; rel=service-desc"), None);
        assert_eq!(found("<//evil.example/x>; rel=service-desc"), None);
        assert_eq!(found("nonsense"), None);
    }
}

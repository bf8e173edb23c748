//! The header `Link` (RFC 8288): where an answer says that its relations are.

/// More links than any answer has.
const MOST: usize = 100;

/// The target of the first link with this relation, as it is written.
pub fn target<'a>(header: &'a str, relation: &str) -> Option<&'a str> {
    let mut rest = header;
    for _ in 0..MOST {
        let (_, behind) = rest.split_once('<')?;
        let (target, behind) = behind.split_once('>')?;
        // A comma in a target or in a quoted parameter separates nothing.
        let mut is_quoted = false;
        let end = behind.find(|it| {
            is_quoted ^= it == '"';
            it == ',' && !is_quoted
        });
        let (parameters, next) = behind.split_at(end.unwrap_or(behind.len()));
        let has_it = parameters.split(';').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel")
                && relations.any(|other| other.eq_ignore_ascii_case(relation))
        });
        if has_it {
            return Some(target.trim());
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_found_among_others() {
        let found = |header| target(header, "service-desc");
        assert_eq!(found("</api.json>; rel=\"service-desc\""), Some("/api.json"));
        assert_eq!(
            found("</x>; rel=next, </o.yaml>; type=\"a, b; <c>\"; rel=\"describedby service-desc\""),
            Some("/o.yaml")
        );
        assert_eq!(found("</a?x=1,2>; Rel = Service-Desc"), Some("/a?x=1,2"));
        assert_eq!(found("<https://evil.example/x>; rel=service-desc"), Some("https://evil.example/x"));
        for none in ["nonsense", "<", "</a", "</a>; rel=\"", "</a>", "</a>; title=\"rel=service-desc\""] {
            assert_eq!(found(none), None, "{none}");
        }
        assert_eq!(found(&"</a>; rel=next,".repeat(1000)), None);
    }
}

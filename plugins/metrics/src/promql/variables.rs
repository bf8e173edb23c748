//! The variables of a dashboard. They stand in the values of matchers and nowhere else, and are filled in in the tree: what is
//! put there is a value, whatever it contains.

use super::Refusal;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::VectorSelector;
use promql_parser::parser::token::{T_EQL_REGEX, T_NEQ_REGEX};

const NAMESPACE: &str = "$namespace";
const INSTANCE: &str = "$instance";

/// The variables, each with its value if there is one. A matcher with one that has none is left out: it chooses nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct DashboardVariables {
    /// `$namespace`
    pub(crate) namespace: Option<String>,
    /// `$instance`
    pub(crate) instance: Option<String>,
}

impl DashboardVariables {
    /// Fills in a selector.
    pub(super) fn fill(&self, selector: &mut VectorSelector) -> Result<(), Refusal> {
        let matchers = std::mem::take(&mut selector.matchers.matchers);
        let filled = matchers.into_iter().map(|matcher| self.filled(matcher));
        selector.matchers.matchers = filled.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn filled(&self, matcher: Matcher) -> Result<Option<Matcher>, Refusal> {
        let names = [(NAMESPACE, &self.namespace), (INSTANCE, &self.instance)];
        let mut value = String::new();
        let mut rest = matcher.value.as_str();
        let mut is_changed = false;
        let is_pattern = matches!(matcher.op, MatchOp::Re(_) | MatchOp::NotRe(_));
        // From left to right, so that a value is not looked at again.
        while let Some(at) = rest.find('$') {
            let (before, after) = rest.split_at(at);
            value.push_str(before);
            let Some((name, known)) = names.iter().find(|(name, _)| is_variable(after, name)) else {
                value.push('$');
                rest = &after[1..];
                continue;
            };
            let Some(known) = known else { return Ok(None) };
            value.push_str(&if is_pattern { regex::escape(known) } else { known.clone() });
            rest = &after[name.len()..];
            is_changed = true;
        }
        if !is_changed {
            return Ok(Some(matcher));
        }
        value.push_str(rest);
        let made = match matcher.op {
            MatchOp::Re(_) => Matcher::new_matcher(T_EQL_REGEX, matcher.name, value),
            MatchOp::NotRe(_) => Matcher::new_matcher(T_NEQ_REGEX, matcher.name, value),
            op => Ok(Matcher::new(op, &matcher.name, &value)),
        };
        made.map(Some).map_err(Refusal::Syntax)
    }
}

/// Whether an expression is of one database, where one is said.
pub(crate) fn names_instance(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| is_variable(&text[at..], INSTANCE))
}

/// Whether `text` begins with the variable, and not with a longer word.
fn is_variable(text: &str, name: &str) -> bool {
    text.strip_prefix(name)
        .is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_'))
}

#[cfg(test)]
mod tests {
    use super::super::{NamespaceScope, guarded};
    use super::*;
    use std::time::Duration;

    fn of(text: &str, instance: Option<&str>) -> String {
        let scope = NamespaceScope::new("namespace", ["a".to_owned()]).unwrap();
        let variables =
            DashboardVariables { namespace: Some("a".to_owned()), instance: instance.map(str::to_owned) };
        guarded(text, &scope, Some(&variables), Duration::from_hours(1)).unwrap().as_str().to_owned()
    }

    #[test]
    fn values_are_values() {
        let text = r#"x{namespace="$namespace", pod=~"$instance-.*"}"#;
        assert_eq!(of(text, Some("shop")), r#"x{namespace="a",namespace=~"a",pod=~"shop-.*"}"#);
        let tricky = r#""} or x{namespace="b"#;
        let expected = r#"x{namespace="a",namespace=~"a",pod=~"\"\\} or x\\{namespace=\"b-.*"}"#;
        assert_eq!(of(text, Some(tricky)), expected);
        // A value is not looked at again, and a pattern is escaped.
        assert_eq!(
            of(r#"x{pod=~"$instance"}"#, Some("$namespace.")),
            r#"x{namespace=~"a",pod=~"\\$namespace\\."}"#
        );
        assert_eq!(of(r#"x{pod="$instance"}"#, Some("a.b")), r#"x{namespace=~"a",pod="a.b"}"#);
    }

    #[test]
    fn what_names_an_instance_is_seen() {
        assert!(names_instance(r#"a{b="$namespace"} / c{pod=~"$instance(-.+)?"}"#));
        assert!(!names_instance(r#"a{b="$namespace", c="$instances", d="instance"}"#));
    }

    #[test]
    fn without_a_value_nothing_is_chosen() {
        assert_eq!(of(r#"x{pod=~"$instance-.*", job="y"}"#, None), r#"x{job="y",namespace=~"a"}"#);
        assert_eq!(of(r#"x{pod=~"$instances|a$"}"#, None), r#"x{namespace=~"a",pod=~"$instances|a$"}"#);
    }
}

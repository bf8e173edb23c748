//! PromQL within what the caller may see: an expression is read by a real parser, each selector in it gets a matcher for the
//! caller's namespaces, and what is sent is written from the tree, never from the text.
//!
//! A [`GuardedText`] is the only thing that the Prometheus client takes, and only this module makes one. What it cannot read,
//! or cannot write so that it reads the same again, is refused.
//!
//! * `scope`: the namespaces of a caller as a matcher;
//! * `tokens`: what the parser cannot bear, refused before it sees it;
//! * `tree`: every selector of an expression, and what is refused in one;
//! * `variables`: `$namespace` and `$instance` in the matchers of a dashboard;
//! * `unit`: what the values of an expression are, by the names in it.

mod scope;
mod tokens;
mod tree;
mod unit;
mod variables;

#[cfg(test)]
mod expressions;

pub(crate) use scope::{NamespaceScope, ScopeError};
pub(crate) use variables::{DashboardVariables, names_instance};

use promql_parser::label::METRIC_NAME;
use promql_parser::parser::{self, Expr, VectorSelector, value::ValueType};
use std::thread;
use std::time::Duration;

/// The longest expression, in bytes.
pub(crate) const LONGEST: usize = 8 * 1024;
/// The longest one with its matchers: each selector names every namespace of the caller.
const LONGEST_GUARDED: usize = 1024 * 1024;
/// The parser, and what is done to a tree, calls itself for each level: no more than one for each byte.
const STACK: usize = 128 * 1024 * 1024;

/// An expression that is not sent to Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is empty.
    #[error("the expression is empty")]
    Empty,
    /// It is too long to be read.
    #[error("the expression is longer than {LONGEST} bytes")]
    TooLong,
    /// With the caller's namespaces in each selector, it is too long to be sent.
    #[error("the expression has too many selectors for {0} namespaces: choose one with -n")]
    TooManySelectors(usize),
    /// It is not PromQL.
    #[error("invalid PromQL: {0}")]
    Syntax(String),
    /// It nests too deep.
    #[error("the expression is nested more than {} levels deep", tree::DEEPEST)]
    TooDeep,
    /// A range, or the time of all subqueries together, is too long.
    #[error("{0}")]
    TooMuch(String),
    /// It is PromQL, and cannot be limited to namespaces.
    #[error("{0} cannot be limited to your namespaces, and is refused")]
    Unlimited(String),
    /// What a selector is expected to be.
    #[error("expected a selector such as up{{job=\"postgres\"}}")]
    NoSelector,
    /// The system gave no thread to read it.
    #[error("the expression could not be read")]
    NotRead,
}

/// An expression, or a selector, in which every selector is limited to the caller's namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuardedText {
    text: String,
    unit: &'static str,
    is_matrix: bool,
}

impl GuardedText {
    /// What Prometheus gets.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// What its values are, as far as the names in it say so.
    pub(crate) fn unit(&self) -> &'static str {
        self.unit
    }

    /// Whether it selects ranges, which have a value for no single moment.
    pub(crate) fn is_matrix(&self) -> bool {
        self.is_matrix
    }
}

/// `text` with every selector limited to `scope`, and `variables` filled in. No range in it is longer than `longest`.
pub(crate) fn guarded(
    text: &str,
    scope: &NamespaceScope,
    variables: Option<&DashboardVariables>,
    longest: Duration,
) -> Result<GuardedText, Refusal> {
    deeply(text, || {
        let mut expression = read(text)?;
        tree::check(&expression, longest)?;
        if let Some(variables) = variables {
            tree::each_selector(&mut expression, &mut |selector| variables.fill(selector))?;
        }
        limit(expression, scope)
    })
}

/// The same for a selector alone, as `match[]` takes it.
pub(crate) fn guarded_selector(text: &str, scope: &NamespaceScope) -> Result<GuardedText, Refusal> {
    deeply(text, || match read(text)? {
        Expr::VectorSelector(selector) if selector.at.is_none() && selector.offset.is_none() => {
            limit(Expr::VectorSelector(selector), scope)
        }
        _ => Err(Refusal::NoSelector),
    })
}

/// Everything that the caller may see, as a selector.
pub(crate) fn everything(scope: &NamespaceScope) -> Result<GuardedText, Refusal> {
    limit(Expr::VectorSelector(VectorSelector::default()), scope)
}

/// Whether `text` is an expression that a dashboard may have.
pub(crate) fn check(text: &str, longest: Duration) -> Result<(), Refusal> {
    deeply(text, || tree::check(&read(text)?, longest))
}

/// Writes an expression with the matcher of `scope` in each selector, and reads it again: what comes must be the tree that was
/// meant, with the matcher everywhere. So a mistake of the writer is an error, and no way around.
fn limit(mut expression: Expr, scope: &NamespaceScope) -> Result<GuardedText, Refusal> {
    let matcher = scope.matcher().map_err(|_| Refusal::Unlimited("a name".to_owned()))?;
    let mut selectors = 0;
    tree::each_selector(&mut expression, &mut |selector| {
        selectors += 1;
        plain_name(selector)?;
        selector.matchers.matchers.push(matcher.clone());
        // As they are written, so that the trees can be compared.
        selector.matchers.matchers.sort_by_cached_key(ToString::to_string);
        Ok(())
    })?;
    if selectors * matcher.value.len() > LONGEST_GUARDED {
        return Err(Refusal::TooManySelectors(scope.len()));
    }
    let text = expression.to_string();
    let changed = || Refusal::Unlimited("this expression".to_owned());
    tokens::check(&text)?;
    let mut again = parser::parse(&text).map_err(|_| changed())?;
    if again != expression {
        return Err(changed());
    }
    let mut limited = 0;
    tree::each_selector(&mut again, &mut |selector| {
        limited += usize::from(selector.matchers.matchers.contains(&matcher));
        Ok(())
    })?;
    if limited != selectors {
        return Err(changed());
    }
    let is_matrix = again.value_type() == ValueType::Matrix;
    Ok(GuardedText { unit: unit::of(&again), text, is_matrix })
}

/// A name in front of the braces is written there as it is: any but a plain one becomes a matcher.
fn plain_name(selector: &mut VectorSelector) -> Result<(), Refusal> {
    let is_plain = |name: &str| {
        let mut letters = name.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '_' | ':'))
            && letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':'))
    };
    if let Some(name) = selector.name.take_if(|name| !is_plain(name)) {
        let matcher = promql_parser::label::Matcher::new_metric_name_matcher(name);
        selector.matchers.matchers.push(matcher.map_err(Refusal::Syntax)?);
    }
    let is_label = |name: &str| name != METRIC_NAME && !name.contains(':') && is_plain(name);
    match selector
        .matchers
        .matchers
        .iter()
        .find(|matcher| matcher.name != METRIC_NAME && !is_label(&matcher.name))
    {
        Some(matcher) => Err(Refusal::Unlimited(format!("the label name {:?}", matcher.name))),
        None => Ok(()),
    }
}

fn read(text: &str) -> Result<Expr, Refusal> {
    tokens::check(text)?;
    parser::parse(text).map_err(Refusal::Syntax)
}

/// Runs `work` where it can go as deep as `text` is long.
fn deeply<T: Send>(text: &str, work: impl FnOnce() -> Result<T, Refusal> + Send) -> Result<T, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if text.len() > LONGEST {
        return Err(Refusal::TooLong);
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.map_err(|_| Refusal::NotRead)?.join().map_err(|_| Refusal::NotRead)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: Duration = Duration::from_hours(365 * 24);

    fn within(names: &[&str]) -> NamespaceScope {
        NamespaceScope::new("namespace", names.iter().map(|name| (*name).to_owned())).unwrap()
    }

    fn of(text: &str) -> Result<String, Refusal> {
        guarded(text, &within(&["a"]), None, YEAR).map(|guarded| guarded.text)
    }

    #[test]
    fn each_selector_gets_the_matcher() {
        for (text, expected) in [
            ("up", r#"up{namespace=~"a"}"#),
            (r#"{__name__=~".+"}"#, r#"{__name__=~".+",namespace=~"a"}"#),
            // A matcher of the caller's own stays, and ours is beside it.
            (r#"up{namespace="b"}"#, r#"up{namespace="b",namespace=~"a"}"#),
            (r#"up{namespace=~"a|b"}"#, r#"up{namespace=~"a",namespace=~"a|b"}"#),
            ("rate(x[5m] offset 1h)", r#"rate(x{namespace=~"a"}[5m] offset 1h)"#),
            (
                "x @ 1700000000 or y @ end()",
                r#"x{namespace=~"a"} @ 1700000000.000 or y{namespace=~"a"} @ end()"#,
            ),
            ("max_over_time(rate(x[1m])[1h:5m])", r#"max_over_time(rate(x{namespace=~"a"}[1m])[1h:5m])"#),
            // What stands beside the vector of an aggregation.
            ("topk(scalar(y), x)", r#"topk(scalar(y{namespace=~"a"}), x{namespace=~"a"})"#),
            ("quantile(scalar(y), x)", r#"quantile(scalar(y{namespace=~"a"}), x{namespace=~"a"})"#),
            (
                "x # or y{namespace=\"b\"}\n/ on (pod) group_left (role) z",
                r#"x{namespace=~"a"} / on (pod) group_left (role) z{namespace=~"a"}"#,
            ),
            (
                r#"label_replace(x, "namespace", "b", "", "")"#,
                r#"label_replace(x{namespace=~"a"}, "namespace", "b", "", "")"#,
            ),
            ("absent(x)", r#"absent(x{namespace=~"a"})"#),
            ("-x ^ 2 > bool 1", r#"-x{namespace=~"a"} ^ 2 > bool 1"#),
            (r#"{"odd.name", job="x"}"#, r#"{__name__="odd.name",job="x",namespace=~"a"}"#),
            // Words of the language are names, too.
            ("sum{} + max{}", r#"sum{namespace=~"a"} + max{namespace=~"a"}"#),
            ("vector(1)", "vector(1)"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nothing_is_smuggled_past_the_writer() {
        for text in [
            r#"{"up} or up{namespace=\"b\""}"#,
            r#"{"up\"} or {\"up"}"#,
            r#"up{job="\"} or up{namespace=\"b"}"#,
            "up{job=`\"} or up{namespace=\"b`}",
            r#"up{job="x\\"} or up"#,
        ] {
            let Ok(guarded) = of(text) else { continue };
            let mut again = parser::parse(&guarded).unwrap();
            let matcher = within(&["a"]).matcher().unwrap();
            tree::each_selector(&mut again, &mut |selector| {
                assert!(selector.matchers.matchers.contains(&matcher), "{text}: {guarded}");
                Ok(())
            })
            .unwrap();
        }
    }

    #[test]
    fn what_cannot_be_limited_is_refused() {
        for (text, word) in [
            ("", "empty"),
            ("  \n", "empty"),
            ("up{", "invalid PromQL"),
            ("up up", "invalid PromQL"),
            ("unheard_of(up)", "invalid PromQL"),
            // Alternatives are no PromQL of Prometheus.
            (r#"up{a="1" or b="2"}"#, "alternatives"),
            // It reads target_info by itself.
            ("info(up)", "info()"),
            (r#"up{"odd.label"="x"}"#, "odd.label"),
            ("rate(x[3y])", "longer than"),
            ("max_over_time(max_over_time(x[1d:1s])[30d:1s])", "too many"),
            ("up @ -5", "this expression"),
        ] {
            let error = of(text).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
        assert_eq!(of(&"x".repeat(LONGEST + 1)), Err(Refusal::TooLong));
    }

    #[test]
    fn what_would_break_the_parser_is_refused() {
        for text in [
            "x[1e30]",
            "x[1e30:5m]",
            "x[5m:1e30]",
            "x offset 1e30",
            "x offset -1e30",
            "x[0]",
            "x[99999999999y]",
        ] {
            assert!(of(text).is_err(), "{text}");
        }
        let deep =
            |open: &str, close: &str, levels| format!("{}x{}", open.repeat(levels), close.repeat(levels));
        for text in [
            deep("(", ")", 4000),
            deep("-", "", 8000),
            "x+".repeat(4000) + "x",
            "x^".repeat(4000) + "x",
            deep("abs(", ")", 1500),
            format!("x{{a=\"{}\"}}", "\\n".repeat(4000)),
            "#\n".repeat(4000) + "x",
        ] {
            assert!(
                matches!(of(&text), Err(Refusal::TooDeep | Refusal::TooMuch(_)) | Ok(_)),
                "{}",
                &text[..9]
            );
        }
        assert_eq!(of(&deep("(", ")", 4000)), Err(Refusal::TooDeep));
    }

    #[test]
    fn a_selector_alone() {
        let of = |text: &str| guarded_selector(text, &within(&["a"])).map(|guarded| guarded.text);
        assert_eq!(of("up").unwrap(), r#"up{namespace=~"a"}"#);
        for text in ["up or up", "rate(up[5m])", "up[5m]", "up offset 5m", "1", "(up)"] {
            assert_eq!(of(text), Err(Refusal::NoSelector), "{text}");
        }
        assert_eq!(everything(&within(&["a", "b"])).unwrap().text, r#"{namespace=~"a|b"}"#);
    }
}

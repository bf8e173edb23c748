//! For any expression: what is sent has our matcher in every selector, and means otherwise what was written.

use super::{NamespaceScope, Refusal, guarded, tree};
use promql_parser::label::Matcher;
use promql_parser::parser::{self, Expr};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use std::time::Duration;

const LONGEST: Duration = Duration::from_hours(30 * 24);

fn scope() -> NamespaceScope {
    NamespaceScope::new("namespace", ["a.1", "b|c", ".*"].map(str::to_owned)).unwrap()
}

fn quoted() -> impl Strategy<Value = String> {
    let text = r#"[a-z"'`\\{}()|.$ \n\té#,=~]{0,9}"#;
    text.prop_flat_map(|text| {
        let double = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
        let single = format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"));
        // Nothing is escaped between these.
        let raw = format!("`{}`", text.replace(['`', '\\'], ""));
        select(vec![double, single, raw])
    })
}

fn pattern() -> impl Strategy<Value = String> {
    select(vec![r#"".+""#, r#"".*""#, r#""a|b""#, r"'(x|y)\\.z'", r"`a\.b{2,3}`", r#""[^\"]+""#])
        .prop_map(str::to_owned)
}

fn matcher() -> impl Strategy<Value = String> {
    let label = select(vec!["job", "namespace", "pod", "offset", "le", "by"]);
    prop_oneof![
        (label.clone(), select(vec!["=", "!="]), quoted())
            .prop_map(|(name, op, value)| format!("{name}{op}{value}")),
        (label, select(vec!["=~", "!~"]), pattern())
            .prop_map(|(name, op, value)| format!("{name} {op} {value}")),
    ]
}

fn selector() -> impl Strategy<Value = String> {
    let name = select(vec!["up", "x_bytes", "job:x:rate5m", "sum", "offset", "group"]);
    let braces = prop::collection::vec(matcher(), 0..4).prop_map(|list| list.join(", ")).boxed();
    prop_oneof![
        select(vec!["up", "x_bytes", "job:x:rate5m"]).prop_map(str::to_owned),
        (name, braces.clone()).prop_map(|(name, braces)| format!("{name}{{{braces}}}")),
        braces.prop_map(|braces| format!("{{__name__=~\".+\",{braces}}}").replace(",}", "}")),
        Just(r#"{"odd.name"}"#.to_owned()),
    ]
}

fn shift() -> impl Strategy<Value = &'static str> {
    select(vec!["", " offset 5m", " offset -1h30m", " @ 1700000000.5", " @ start()", " @ end() offset 1d"])
}

fn matrix(depth: u32) -> BoxedStrategy<String> {
    let range = select(vec!["[5m]", "[1h30m]", "[1d]", "[90s]"]);
    let plain =
        (selector(), range, shift()).prop_map(|(selector, range, shift)| format!("{selector}{range}{shift}"));
    if depth == 0 {
        return plain.boxed();
    }
    let sub = (vector(depth - 1), select(vec!["[1h:]", "[30m:1m]"]), shift())
        .prop_map(|(vector, range, shift)| format!("({vector}){range}{shift}"));
    prop_oneof![plain, sub].boxed()
}

fn scalar(depth: u32) -> BoxedStrategy<String> {
    let number = select(vec!["1", "-0.5", "1e3", "0x1F", "Inf", "NaN", "5m", "time()", "pi()"])
        .prop_map(str::to_owned);
    if depth == 0 {
        return number.boxed();
    }
    prop_oneof![number, vector(depth - 1).prop_map(|vector| format!("scalar({vector})"))].boxed()
}

fn vector(depth: u32) -> BoxedStrategy<String> {
    let plain = (selector(), shift()).prop_map(|(selector, shift)| format!("{selector}{shift}"));
    if depth == 0 {
        return plain.boxed();
    }
    let below = || vector(depth - 1);
    let grouping = || select(vec!["", " by (pod)", " without (job, le)", " by ()"]);
    let binary = select(vec![
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "atan2",
        "== bool",
        ">",
        "<= bool",
        "and",
        "or",
        "unless",
        "and on (pod)",
        "+ on (pod)",
        "* on (job, pod) group_left",
        "/ ignoring (le) group_right (job)",
        "or ignoring (pod)",
        "> bool on ()",
    ]);
    let over = select(vec!["rate", "increase", "max_over_time", "absent_over_time", "last_over_time"]);
    let of = select(vec!["abs", "absent", "-", "(", "sort", "timestamp", "histogram_quantile"]);
    prop_oneof![
        plain,
        (below(), binary, below())
            .prop_map(|(left, op, right)| format!("{left} {op} {right} # comment {{}}\n")),
        (select(vec!["sum", "avg", "group", "stddev"]), grouping(), below())
            .prop_map(|(op, by, vector)| format!("{op}{by} ({vector})")),
        (select(vec!["topk", "bottomk", "quantile"]), scalar(depth - 1), below(), grouping())
            .prop_map(|(op, beside, vector, by)| format!("{op}({beside}, {vector}){by}")),
        (quoted(), below()).prop_map(|(label, vector)| format!("count_values({label}, {vector})")),
        (over, matrix(depth - 1)).prop_map(|(function, matrix)| format!("{function}({matrix})")),
        (of, below()).prop_map(|(function, vector)| match function {
            "-" => format!("-({vector})"),
            "(" => format!("({vector})"),
            "histogram_quantile" => format!("histogram_quantile(0.9, {vector})"),
            _ => format!("{function}({vector})"),
        }),
        (below(), quoted(), quoted()).prop_map(|(vector, to, from)| format!(
            "label_replace({vector}, \"pod\", {to}, \"job\", {from})"
        )),
        scalar(depth - 1).prop_map(|scalar| format!("vector({scalar})")),
    ]
    .boxed()
}

/// How many selectors a tree has, all of which have our matcher; and the tree without it.
fn limited(guarded: &str, matcher: &Matcher) -> (usize, Expr) {
    let mut tree = parser::parse(guarded).unwrap();
    let mut count = 0;
    tree::each_selector(&mut tree, &mut |selector| {
        let matchers = &mut selector.matchers.matchers;
        let ours = matchers.iter().position(|one| one == matcher).expect("no selector without our matcher");
        matchers.remove(ours);
        assert!(selector.matchers.or_matchers.is_empty());
        count += 1;
        Ok(())
    })
    .unwrap();
    (count, tree)
}

/// The tree as we would write it: the order of matchers means nothing, and a name is a matcher, too.
fn in_order(mut tree: Expr) -> (usize, Expr) {
    let mut count = 0;
    tree::each_selector(&mut tree, &mut |selector| {
        if let Some(name) = selector.name.take() {
            selector.matchers.matchers.push(Matcher::new_metric_name_matcher(name).unwrap());
        }
        selector.matchers.matchers.sort_by_cached_key(ToString::to_string);
        count += 1;
        Ok(())
    })
    .unwrap();
    (count, tree)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_selector_is_limited_and_the_meaning_stays(text in vector(3)) {
        let Ok(before) = parser::parse(&text) else {
            // The parser is stricter than the generator, in types and in patterns.
            return Ok(());
        };
        let guarded = match guarded(&text, &scope(), None, LONGEST) {
            Ok(guarded) => guarded,
            Err(Refusal::TooMuch(_) | Refusal::TooManySelectors(_)) => return Ok(()),
            // What Prometheus would not understand: an empty list of labels that has to be written.
            Err(Refusal::Unlimited(why)) if why.starts_with("this expression") => return Ok(()),
            Err(other) => panic!("{text}: {other}"),
        };
        let matcher = scope().matcher().unwrap();
        let (selectors, after) = limited(guarded.as_str(), &matcher);
        let (expected, before) = in_order(before);
        prop_assert_eq!(selectors, expected);
        prop_assert_eq!(in_order(after).1, before, "{} became {}", text, guarded.as_str());
    }

    #[test]
    fn no_text_passes_unlimited_or_breaks_the_reader(text in r#"([a-z]{1,3}|sum|rate|topk|offset|or|by|on|\$|@|[(){}\[\]:,=~!<>+*/^-]|"|'|`|\\|#|\n| |5m|1e30|[0-9]|é){0,24}"#) {
        if let Ok(guarded) = guarded(&text, &scope(), None, LONGEST) {
            let matcher = scope().matcher().unwrap();
            let (selectors, _) = limited(guarded.as_str(), &matcher);
            let before = parser::parse(&text).unwrap();
            prop_assert_eq!(selectors, in_order(before).0);
        }
    }
}

#[test]
fn the_generator_makes_expressions() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = vector(3);
    let mut taken = 0;
    for _ in 0..300 {
        let text = strategy.new_tree(&mut runner).unwrap().current();
        taken += usize::from(guarded(&text, &scope(), None, LONGEST).is_ok());
    }
    assert!(taken > 150, "only {taken} of 300 are taken");
}

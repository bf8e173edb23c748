//! Every selector of an expression, wherever it stands, and what is refused in one.
//!
//! The parser's own walk leaves out what stands beside the vector of an aggregation (`topk(scalar(…), …)`); this one must not.

use super::Refusal;
use promql_parser::parser::{
    AggregateExpr, BinModifier, BinaryExpr, Call, Expr, LabelModifier, MatrixSelector, SubqueryExpr,
    VectorSelector,
};
use std::time::Duration;

/// How many levels an expression may have: no one writes more, and what is done to it calls itself for each.
pub(super) const DEEPEST: usize = 200;

/// How many moments the subqueries of an expression may have together, for one moment of the whole.
const MOST_MOMENTS: u128 = 100_000;
/// What Prometheus takes for the step of a subquery that says none, at least.
const SHORTEST_STEP: Duration = Duration::from_secs(1);

/// Functions that read nothing but their arguments. `info()` is none: it reads `target_info` by itself. What is new to
/// PromQL is not known here, and is refused until somebody has looked at it.
const FUNCTIONS: &[&str] = &[
    "abs",
    "absent",
    "absent_over_time",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "avg_over_time",
    "ceil",
    "changes",
    "clamp",
    "clamp_max",
    "clamp_min",
    "cos",
    "cosh",
    "count_over_time",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "deg",
    "delta",
    "deriv",
    "double_exponential_smoothing",
    "exp",
    "first_over_time",
    "floor",
    "histogram_avg",
    "histogram_count",
    "histogram_fraction",
    "histogram_quantile",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
    "holt_winters",
    "hour",
    "idelta",
    "increase",
    "irate",
    "label_join",
    "label_replace",
    "last_over_time",
    "ln",
    "log10",
    "log2",
    "mad_over_time",
    "max_over_time",
    "min_over_time",
    "minute",
    "month",
    "pi",
    "predict_linear",
    "present_over_time",
    "quantile_over_time",
    "rad",
    "rate",
    "resets",
    "round",
    "scalar",
    "sgn",
    "sin",
    "sinh",
    "sort",
    "sort_by_label",
    "sort_by_label_desc",
    "sort_desc",
    "sqrt",
    "stddev_over_time",
    "stdvar_over_time",
    "sum_over_time",
    "tan",
    "tanh",
    "time",
    "timestamp",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "vector",
    "year",
];

/// Calls `see` for every selector.
pub(super) fn each_selector(
    expression: &mut Expr,
    see: &mut dyn FnMut(&mut VectorSelector) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    match expression {
        Expr::Aggregate(AggregateExpr { expr, param, op: _, modifier: _ }) => {
            if let Some(param) = param {
                each_selector(param, see)?;
            }
            each_selector(expr, see)
        }
        Expr::Unary(unary) => each_selector(&mut unary.expr, see),
        Expr::Binary(BinaryExpr { lhs, rhs, op: _, modifier: _ }) => {
            each_selector(lhs, see)?;
            each_selector(rhs, see)
        }
        Expr::Paren(paren) => each_selector(&mut paren.expr, see),
        Expr::Subquery(subquery) => each_selector(&mut subquery.expr, see),
        Expr::Call(Call { args, func: _ }) => {
            args.args.iter_mut().try_for_each(|one| each_selector(one, see))
        }
        Expr::VectorSelector(selector) => see(selector),
        Expr::MatrixSelector(MatrixSelector { vs, range: _ }) => see(vs),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Ok(()),
        Expr::Extension(_) => Err(Refusal::Unlimited("an extension of PromQL".to_owned())),
    }
}

/// Refuses what cannot be limited to namespaces, and what asks for too much.
pub(super) fn check(expression: &Expr, longest: Duration) -> Result<(), Refusal> {
    Check { longest }.expression(expression, 0, 1)
}

struct Check {
    longest: Duration,
}

impl Check {
    fn expression(&self, expression: &Expr, depth: usize, moments: u128) -> Result<(), Refusal> {
        if depth > DEEPEST {
            return Err(Refusal::TooDeep);
        }
        let below = |one: &Expr| self.expression(one, depth + 1, moments);
        match expression {
            Expr::Aggregate(AggregateExpr { expr, param, modifier, op: _ }) => {
                labels(modifier.as_ref())?;
                param.as_deref().map_or(Ok(()), below)?;
                below(expr)
            }
            Expr::Unary(unary) => below(&unary.expr),
            Expr::Binary(BinaryExpr { lhs, rhs, modifier, op: _ }) => {
                modifier.as_ref().map_or(Ok(()), matching)?;
                below(lhs)?;
                below(rhs)
            }
            Expr::Paren(paren) => below(&paren.expr),
            Expr::Subquery(subquery) => {
                let moments = self.subquery(subquery, moments)?;
                self.expression(&subquery.expr, depth + 1, moments)
            }
            Expr::Call(Call { func, args }) => {
                if !FUNCTIONS.contains(&func.name) {
                    return Err(Refusal::Unlimited(format!("{}()", func.name)));
                }
                args.args.iter().try_for_each(|one| below(one))
            }
            Expr::VectorSelector(selector) => alternatives(selector),
            Expr::MatrixSelector(MatrixSelector { vs, range }) => {
                self.range(*range)?;
                alternatives(vs)
            }
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Ok(()),
            Expr::Extension(_) => Err(Refusal::Unlimited("an extension of PromQL".to_owned())),
        }
    }

    fn range(&self, range: Duration) -> Result<(), Refusal> {
        if range.is_zero() || range > self.longest {
            let days = self.longest.as_secs() / (24 * 3600);
            return Err(Refusal::TooMuch(format!("a range is empty, or longer than {days} days")));
        }
        Ok(())
    }

    /// For how many moments what is below the subquery is computed.
    fn subquery(&self, subquery: &SubqueryExpr, moments: u128) -> Result<u128, Refusal> {
        self.range(subquery.range)?;
        let step = subquery.step.unwrap_or(Duration::from_secs(15)).max(Duration::from_millis(1));
        if step < SHORTEST_STEP {
            return Err(Refusal::TooMuch("the step of a subquery is shorter than 1s".to_owned()));
        }
        let all = moments.saturating_mul(subquery.range.as_millis() / step.as_millis() + 1);
        if all > MOST_MOMENTS {
            return Err(Refusal::TooMuch(format!(
                "the subqueries have too many steps (more than {MOST_MOMENTS}): choose a longer step"
            )));
        }
        Ok(all)
    }
}

/// `{a="1" or b="2"}` is of another database; Prometheus knows no such thing.
fn alternatives(selector: &VectorSelector) -> Result<(), Refusal> {
    if selector.matchers.or_matchers.is_empty() {
        return Ok(());
    }
    Err(Refusal::Unlimited("a selector with alternatives (`or` within braces)".to_owned()))
}

fn matching(modifier: &BinModifier) -> Result<(), Refusal> {
    labels(modifier.matching.as_ref())?;
    modifier.card.labels().map_or(Ok(()), |labels| names(&labels.labels))
}

fn labels(modifier: Option<&LabelModifier>) -> Result<(), Refusal> {
    modifier.map_or(Ok(()), |modifier| names(&modifier.labels().labels))
}

fn names(labels: &[String]) -> Result<(), Refusal> {
    let is_plain = |name: &String| {
        let mut letters = name.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    match labels.iter().find(|name| !is_plain(name)) {
        Some(name) => Err(Refusal::Unlimited(format!("the label name {name:?}"))),
        None => Ok(()),
    }
}

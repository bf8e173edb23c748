//! What the values of an expression are, as far as the names of its metrics say so: Prometheus' own rules for names end them
//! with the unit.

use promql_parser::label::{METRIC_NAME, MatchOp};
use promql_parser::parser::token::{T_AVG, T_BOTTOMK, T_MAX, T_MIN, T_QUANTILE, T_SUM, T_TOPK};
use promql_parser::parser::{Expr, VectorSelector};

/// A unit, or nothing where it is not known.
pub(super) fn of(expression: &Expr) -> &'static str {
    match expression {
        Expr::Paren(paren) => of(&paren.expr),
        Expr::Unary(unary) => of(&unary.expr),
        Expr::Subquery(subquery) => of(&subquery.expr),
        Expr::Aggregate(aggregate)
            if matches!(
                aggregate.op.id(),
                T_AVG | T_BOTTOMK | T_MAX | T_MIN | T_QUANTILE | T_SUM | T_TOPK
            ) =>
        {
            of(&aggregate.expr)
        }
        Expr::Call(call) => {
            let inner = call.args.args.iter().map(|argument| of(argument)).find(|unit| !unit.is_empty());
            match call.func.name {
                "rate" | "irate" | "deriv" => per_second(inner.unwrap_or_default()),
                "abs" | "delta" | "idelta" | "increase" | "sort" | "sort_desc" | "clamp_min"
                | "clamp_max" | "clamp" | "avg_over_time" | "max_over_time" | "min_over_time"
                | "last_over_time" | "first_over_time" | "sum_over_time" | "quantile_over_time"
                | "label_replace" | "label_join" => inner.unwrap_or_default(),
                _ => "",
            }
        }
        Expr::VectorSelector(selector) => of_name(selector),
        Expr::MatrixSelector(matrix) => of_name(&matrix.vs),
        _ => "",
    }
}

fn of_name(selector: &VectorSelector) -> &'static str {
    let equal = selector.matchers.matchers.iter();
    let named = equal.filter(|matcher| matcher.name == METRIC_NAME && matcher.op == MatchOp::Equal);
    let name = selector.name.as_deref().or_else(|| named.map(|matcher| matcher.value.as_str()).next());
    let name = name.unwrap_or_default();
    let name = ["_total", "_sum", "_max", "_min", "_created"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    match name.rsplit('_').next().unwrap_or_default() {
        "bytes" => "bytes",
        "seconds" => "s",
        "milliseconds" => "ms",
        "percent" => "%",
        "celsius" => "°C",
        _ => "",
    }
}

/// Seconds per second are a share of one, such as a core.
fn per_second(unit: &'static str) -> &'static str {
    match unit {
        "bytes" => "bytes/s",
        "" => "/s",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_in_names() {
        let unit = |text: &str| of(&promql_parser::parser::parse(text).unwrap());
        for (text, expected) in [
            ("process_resident_memory_bytes", "bytes"),
            ("sum by (pod) (rate(container_network_receive_bytes_total[5m]))", "bytes/s"),
            ("rate(node_cpu_seconds_total[5m])", ""),
            ("rate(http_requests_total[5m])", "/s"),
            ("max_over_time(pg_replication_lag_seconds[1h])", "s"),
            ("count(x_bytes)", ""),
            ("x_bytes / y_bytes", ""),
            (r#"{__name__="a_bytes"}"#, "bytes"),
            ("1", ""),
        ] {
            assert_eq!(unit(text), expected, "{text}");
        }
    }
}

//! What the parser of PromQL cannot bear: durations as numbers that are too large for a duration, which would end the process.
//!
//! It must not know what an expression means.

use super::Refusal;
use lrpar::{Lexeme as _, Lexer as _, NonStreamingLexer as _};
use promql_parser::parser::lexer;
use promql_parser::parser::token::{T_ADD, T_COLON, T_LEFT_BRACKET, T_NUMBER, T_OFFSET, T_SUB};
use promql_parser::util::parse_str_radix;

/// A hundred years, in seconds.
const LONGEST: f64 = 100.0 * 365.0 * 24.0 * 3600.0;

/// Refuses what the parser must not see. What it would refuse itself, it may.
pub(super) fn check(text: &str) -> Result<(), Refusal> {
    let lexer = lexer(text).map_err(Refusal::Syntax)?;
    let mut before = [None, None];
    for lexeme in lexer.iter() {
        let Ok(lexeme) = lexeme else { continue };
        let id = lexeme.tok_id();
        let is_duration = matches!(
            before,
            [_, Some(T_LEFT_BRACKET | T_COLON | T_OFFSET)] | [Some(T_OFFSET), Some(T_ADD | T_SUB)]
        );
        if id == T_NUMBER && is_duration {
            let number = parse_str_radix(lexer.span_str(lexeme.span())).unwrap_or(f64::NAN);
            if !(0.0..=LONGEST).contains(&number) {
                return Err(Refusal::TooMuch("a duration is longer than 100 years".to_owned()));
            }
        }
        before = [before[1], Some(id)];
    }
    Ok(())
}

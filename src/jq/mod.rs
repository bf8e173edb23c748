//! L2: `--jq`, in the language of jq, by jaq. Pure: it gets JSON and gives lines.
//!
//! `formats` has what jq knows and the library does not. Nothing here knows where the JSON comes from or who reads the
//! lines.

mod formats;

use crate::model::CleanText;
use crate::model::limits::{self, Excess};
use jaq_core::compile::{self, Filter};
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::native::{Fun, bome, v};
use jaq_core::{Compiler, Ctx, Native, Vars, data, unwrap_valr};
use jaq_json::{Val, read, write};
use std::fmt;

/// Why an expression gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JqError {
    /// The expression is not valid.
    #[error("invalid jq expression `{expression}`: {why}")]
    Syntax {
        /// The expression.
        expression: CleanText,
        /// What is wrong with it, and where.
        why: CleanText,
    },
    /// It names something that there is not.
    #[error("invalid jq expression `{expression}`: unknown {what}")]
    Unknown {
        /// The expression.
        expression: CleanText,
        /// What kind of thing, and its name: function `f/1`.
        what: CleanText,
    },
    /// The input is not JSON.
    #[error("--jq needs a JSON response")]
    NotJson,
    /// What it is used on is more than is read.
    #[error("the response is {0}")]
    TooMuch(Excess),
    /// What it gives is more than can be shown.
    #[error("a result of --jq is {0}")]
    GivesTooMuch(Excess),
    /// It does not fit the JSON.
    #[error("--jq: {0}")]
    Failed(CleanText),
}

/// One result of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JqResult {
    /// A text, as it is.
    Text(String),
    /// Anything else, as compact JSON.
    Json(String),
}

/// Uses `expression` on `json`, and gives each result to `each`, which says whether to go on.
pub fn run(expression: &str, json: &[u8], mut each: impl FnMut(JqResult) -> bool) -> Result<(), JqError> {
    let filter = compiled(expression)?;
    let input = parsed(json)?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    for result in filter.id.run((context, input)).map(unwrap_valr) {
        let value = result.map_err(|error| JqError::Failed(CleanText::new(&error.to_string())))?;
        if !is_shallow(&value, limits::DEPTH) {
            // Taking it apart would take as much of the stack as writing it.
            std::mem::forget(value);
            return Err(JqError::GivesTooMuch(Excess::Depth));
        }
        if !each(result_of(&value)) {
            break;
        }
    }
    Ok(())
}

/// The program of an expression.
type Program = Filter<Native<data::JustLut<Val>>>;

fn compiled(expression: &str) -> Result<Program, JqError> {
    let definitions =
        jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(formats::definitions());
    let functions =
        jaq_core::funs().chain(jaq_std::funs()).chain(json_functions()).chain(formats::functions());
    let arena = Arena::default();
    let program = File { code: expression, path: () };
    let modules =
        Loader::new(definitions).load(&arena, program).map_err(|errors| malformed(expression, errors))?;
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| unknown(expression, errors))
}

/// An expression that says of each row whether it stays: as `select` has it, where a result is neither false nor null.
pub struct RowFilter {
    expression: CleanText,
    program: Program,
}

impl fmt::Debug for RowFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RowFilter").field(&self.expression).finish()
    }
}

impl RowFilter {
    /// The filter of an expression.
    pub fn new(expression: &str) -> Result<Self, JqError> {
        Ok(Self { expression: CleanText::new(expression), program: compiled(expression)? })
    }

    /// The expression.
    pub fn expression(&self) -> &CleanText {
        &self.expression
    }

    /// Whether a row stays.
    pub fn keeps(&self, row: &[u8]) -> Result<bool, JqError> {
        let input = parsed(row)?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.program.lut, Vars::new([]));
        for result in self.program.id.run((context, input)).map(unwrap_valr) {
            let value = result.map_err(|error| JqError::Failed(CleanText::new(&error.to_string())))?;
            let is_true = !matches!(value, Val::Null | Val::Bool(false));
            // Taking it apart takes as much of the stack as it is deep.
            std::mem::forget(value);
            if is_true {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Where an expression stops making sense.
fn malformed(expression: &str, errors: load::Errors<&str, ()>) -> JqError {
    let found = errors.into_iter().find_map(|(_, error)| match error {
        load::Error::Lex(errors) => {
            errors.first().map(|(expected, found)| (expected.as_str().to_owned(), *found))
        }
        load::Error::Parse(errors) => {
            errors.first().map(|(expected, found)| (expected.as_str().to_owned(), *found))
        }
        load::Error::Io(errors) => errors.into_iter().next().map(|(name, _)| ("no module".to_owned(), name)),
    });
    let why = match found {
        Some((expected, "")) => format!("expected {expected} at its end"),
        Some((expected, found)) => {
            let found: String = found.chars().take(20).collect();
            format!("expected {expected} at `{found}`")
        }
        None => "it cannot be read".to_owned(),
    };
    JqError::Syntax { expression: CleanText::new(expression), why: CleanText::new(&why) }
}

/// What an expression names that there is not.
fn unknown(expression: &str, errors: compile::Errors<&str, ()>) -> JqError {
    let names: Vec<String> = errors
        .into_iter()
        .flat_map(|(_, errors)| errors)
        .map(|(name, what)| match what {
            compile::Undefined::Filter(0) => format!("function `{name}`"),
            compile::Undefined::Filter(arguments) => format!("function `{name}/{arguments}`"),
            other => format!("{} `{name}`", other.as_str()),
        })
        .collect();
    let what = CleanText::new(&names.join(", "));
    JqError::Unknown { expression: CleanText::new(expression), what }
}

/// `json` with line ends and indents; its numbers stay digit for digit.
pub fn indented(json: &[u8]) -> Result<String, JqError> {
    let form = write::Pp { indent: Some("  ".to_owned()), sep_space: true, ..write::Pp::default() };
    Ok(written(&parsed(json)?, &form) + "\n")
}

/// `json` in one line; its numbers stay digit for digit.
pub fn compact(json: &[u8]) -> Result<String, JqError> {
    Ok(written(&parsed(json)?, &write::Pp::default()))
}

/// The functions about JSON, where a text of an answer is measured as the answer itself is.
fn json_functions() -> impl Iterator<Item = Fun<data::JustLut<Val>>> {
    let ours: Fun<data::JustLut<Val>> = jaq_core::native::run(("fromjson", v(0), |(_, input)| {
        let value = match &input {
            Val::TStr(text) | Val::BStr(text) => limits::check(text)
                .map_err(|excess| format!("fromjson: the text is {excess}"))
                .and_then(|()| {
                    read::parse_many(text)
                        .collect::<Result<Vec<_>, _>>()
                        .map_err(|error| format!("fromjson: {error}"))
                }),
            _ => Err("fromjson: not a string".to_owned()),
        };
        match value {
            Ok(values) => Box::new(values.into_iter().map(Ok)),
            Err(error) => bome(Err(jaq_core::Error::str(error))),
        }
    }));
    jaq_json::funs().filter(|(name, ..)| *name != "fromjson").chain([ours])
}

/// Whether it nests no deeper than `depth`.
fn is_shallow(value: &Val, depth: usize) -> bool {
    match (value, depth.checked_sub(1)) {
        (Val::Arr(items), Some(depth)) => items.iter().all(|item| is_shallow(item, depth)),
        (Val::Obj(members), Some(depth)) => {
            members.iter().all(|(name, member)| is_shallow(name, depth) && is_shallow(member, depth))
        }
        (Val::Arr(_) | Val::Obj(_), None) => false,
        _ => true,
    }
}

fn parsed(json: &[u8]) -> Result<Val, JqError> {
    limits::check(json).map_err(JqError::TooMuch)?;
    read::parse_single(json).map_err(|_| JqError::NotJson)
}

fn written(value: &Val, form: &write::Pp) -> String {
    let mut text = Vec::new();
    // Writing into memory does not fail.
    let _ = write::write(&mut text, form, 0, value);
    String::from_utf8_lossy(&text).into_owned()
}

fn result_of(value: &Val) -> JqResult {
    match value {
        Val::TStr(text) => JqResult::Text(String::from_utf8_lossy(text).into_owned()),
        value => JqResult::Json(written(value, &write::Pp::default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(expression: &str, json: &str) -> Result<Vec<String>, JqError> {
        let mut results = Vec::new();
        run(expression, json.as_bytes(), |result| {
            results.push(match result {
                JqResult::Text(text) | JqResult::Json(text) => text,
            });
            results.len() < 3
        })?;
        Ok(results)
    }

    #[test]
    fn texts_are_bare_and_the_rest_is_json() {
        let json = r#"{"items":[{"name":"a","n":1.50},{"name":"b"}]}"#;
        assert_eq!(all(".items[].name", json).unwrap(), ["a", "b"]);
        assert_eq!(all(".items[1]", json).unwrap(), [r#"{"name":"b"}"#]);
        assert_eq!(all(".items | length", json).unwrap(), ["2"]);
        // An endless one is read until the user interrupts.
        assert_eq!(all("repeat(1)", "null").unwrap().len(), 3);
    }

    #[test]
    fn every_format_of_jq_is_known() {
        let row = r#"["a \"b\", c", 1.50, null, true, "t\ta\\b\n", "<&'"]"#;
        for (format, expected) in [
            ("@csv", "\"a \"\"b\"\", c\",1.50,,true,\"t\ta\\b\n\",\"<&'\""),
            ("@tsv", "a \"b\", c\t1.50\t\ttrue\tt\\ta\\\\b\\n\t<&'"),
            (".[5] | @html", "&lt;&amp;&#39;"),
            (".[5] | @uri", "%3C%26%27"),
            (".[5] | @sh", "'<&'\\'''"),
            (".[5] | @base64", "PCYn"),
            (".[5] | @base64 | @base64d", "<&'"),
            (".[5] | @base32", "HQTCO==="),
            (".[5] | @base32 | @base32d", "<&'"),
            (".[1] | @json", "1.50"),
            (".[1] | @text", "1.50"),
            (r#"@csv "row: \([.[1], .[5]])""#, "row: 1.50,\"<&'\""),
            ("[\"\"] | @csv", "\"\""),
            ("[\"\"] | @tsv", ""),
            ("[] | @csv", ""),
        ] {
            assert_eq!(all(format, row).unwrap(), [expected], "{format}");
        }
        for wrong in ["[[1]] | @csv", "{} | @tsv", "1 | @csv"] {
            assert!(matches!(all(wrong, "null"), Err(JqError::Failed(_))), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |expression: &str| all(expression, "{}").unwrap_err().to_string();
        assert_eq!(said(".items["), "invalid jq expression `.items[`: expected closing bracket at its end");
        assert_eq!(said(".a | | .b"), "invalid jq expression `.a | | .b`: expected term at `|`");
        assert_eq!(said("nope(1)"), "invalid jq expression `nope(1)`: unknown function `nope/1`");
        assert_eq!(
            said("[@nope, $x]"),
            "invalid jq expression `[@nope, $x]`: unknown function `@nope`, variable `$x`"
        );
        assert_eq!(all(".", "<html>"), Err(JqError::NotJson));
        assert_eq!(all("fromjson", r#""[1] 2""#).unwrap(), ["[1]", "2"]);
        assert!(matches!(all("fromjson", r#""[1""#), Err(JqError::Failed(_))));
        assert!(matches!(all("fromjson", "1"), Err(JqError::Failed(_))));
        assert!(matches!(all(".a.b", r#"{"a":1}"#), Err(JqError::Failed(_))));
    }

    #[test]
    fn a_row_stays_where_the_expression_is_true_of_it() {
        let keeps = |expression: &str, row: &str| RowFilter::new(expression)?.keeps(row.as_bytes());
        for (expression, row, expected) in [
            (".n > 1", r#"{"n": 2}"#, true),
            (".n > 1", r#"{"n": 1}"#, false),
            (".name", r#"{"name": ""}"#, true),
            (".name", "{}", false),
            ("empty", "{}", false),
            ("false, true", "{}", true),
            ("true, error", "{}", true),
            (".n == 12345678901234567890123 # exact", r#"{"n": 12345678901234567890123}"#, true),
        ] {
            assert_eq!(keeps(expression, row), Ok(expected), "{expression} {row}");
        }
        assert!(matches!(keeps(".n >", "{}"), Err(JqError::Syntax { .. })));
        assert!(matches!(keeps(".a.b", r#"{"a": 1}"#), Err(JqError::Failed(_))));
        assert!(matches!(keeps("reduce range(2000) as $n (0; [.])", "0"), Ok(true)));
    }

    #[test]
    fn what_nests_deep_is_refused_and_takes_no_stack() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let small = std::thread::Builder::new().stack_size(4 * 1024 * 1024);
        let tried = small.spawn(move || {
            assert_eq!(all(".", &deep(limits::DEPTH)).unwrap(), [deep(limits::DEPTH)]);
            assert!(indented(deep(limits::DEPTH).as_bytes()).is_ok());
            for depth in [limits::DEPTH + 1, 50_000, 3_000_000] {
                let json = deep(depth);
                let too_deep = JqError::TooMuch(Excess::Depth);
                assert_eq!(all(".", &json), Err(too_deep.clone()));
                assert_eq!(indented(json.as_bytes()), Err(too_deep.clone()));
                assert_eq!(compact(json.as_bytes()), Err(too_deep));
                let text = format!("{{\"a\": \"{json}\"}}");
                assert!(matches!(all(".a | fromjson", &text), Err(JqError::Failed(_))));
            }
            let grown = all("reduce range(2000) as $n (0; [.])", "0");
            assert_eq!(grown, Err(JqError::GivesTooMuch(Excess::Depth)));
            let objects = all("reduce range(2000) as $n (0; {a: .})", "0");
            assert_eq!(objects, Err(JqError::GivesTooMuch(Excess::Depth)));
        });
        tried.unwrap().join().unwrap();
    }
}

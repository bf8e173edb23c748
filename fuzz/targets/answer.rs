//! What a server answers to a command, as it is measured, shown as a table, filtered and printed. The first byte
//! chooses what is done with the rest.
#![no_main]

use everestctl::model::limits;
use everestctl::{jq, openapi};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

/// Expressions that take an answer apart in different ways.
const EXPRESSIONS: [&str; 4] = [".", ".. | scalars", "to_entries", "map(.name? // .)"];

/// A command whose document says nothing of its answers, so that their form is guessed.
fn command() -> &'static openapi::ApiCommand {
    static COMMAND: OnceLock<openapi::ApiCommand> = OnceLock::new();
    COMMAND.get_or_init(|| {
        let document = r#"{"openapi": "3.1.0", "paths": {"/things": {"get": {"responses": {"200": {"description": "",
            "content": {"application/json": {}}}}}}}}"#;
        openapi::read(document.as_bytes()).expect("it is one").commands.remove(0)
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, answer)) = data.split_first() else { return };
    if limits::check(answer).is_err() {
        return;
    }
    match choice % 4 {
        0 => drop(jq::indented(answer)),
        1 => drop(jq::compact(answer)),
        2 => {
            let mut left = 1000;
            let expression = EXPRESSIONS[usize::from(choice / 4) % EXPRESSIONS.len()];
            let _ = jq::run(expression, answer, |_| {
                left -= 1;
                left > 0
            });
        }
        _ => {
            if let Ok(value) = openapi::read_answer(answer) {
                let command = command();
                let _ = openapi::names(command, &value);
                let _ = openapi::rows(command, &value);
                let _ = openapi::raw_rows(command, &value, answer);
            }
        }
    }
});

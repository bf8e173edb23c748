//! Public OpenAPI documents, and what is made of them: a table in README.md. `tests/documents/fetch` fetches them; without it nothing is
//! tested, and that is said. With `SNAPSHOTS=overwrite` the table is written, without it compared.
//!
//! It has no harness: each document is read by a process of its own (`--measure FILE`), so that its memory can be told.

#![allow(clippy::disallowed_methods, reason = "a test reads files and starts itself")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod measure;
mod names;
mod table;

use measure::Facts;
use names::{ExpectedName, Sample};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

const NAME: &str = "public_documents_become_commands";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, file] if flag == "--measure" => {
            let typed = std::io::read_to_string(std::io::stdin()).unwrap();
            println!("{}", measure::of(Path::new(file), &typed));
            ExitCode::SUCCESS
        }
        arguments if arguments.iter().any(|argument| argument == "--list") => {
            println!("{NAME}: test");
            ExitCode::SUCCESS
        }
        arguments if is_wanted(arguments) => run(),
        _ => ExitCode::SUCCESS,
    }
}

/// Whether the filters of `cargo test` mean this test; the value of a flag is not a filter.
fn is_wanted(arguments: &[String]) -> bool {
    let mut is_value = false;
    let mut filters = Vec::new();
    for argument in arguments {
        let takes_value = matches!(argument.as_str(), "--test-threads" | "--skip" | "--format" | "--color");
        if !is_value && !argument.starts_with('-') {
            filters.push(argument);
        }
        is_value = takes_value;
    }
    filters.is_empty() || filters.iter().any(|filter| NAME.contains(filter.as_str()))
}

fn run() -> ExitCode {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = Vec::new();
    for line in lines(&here.join("tests/documents/sources.tsv")) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, _, file] = fields.as_slice() else { panic!("{line}") };
        let end = file.rsplit('.').next().unwrap_or_default();
        let path = here.join(format!("target/documents/{name}.{end}"));
        documents.push(((*name).to_owned(), path));
    }
    let missing = documents.iter().filter(|(_, path)| !path.exists()).count();
    if missing > 0 {
        let required = std::env::var("EVERESTCTL_TESTS_REQUIRE").unwrap_or_default();
        let why =
            format!("{missing} of {} documents are not there: run tests/documents/fetch", documents.len());
        let _ = writeln!(std::io::stderr(), "skipped: {NAME}: {why}");
        return ExitCode::from(u8::from(required.split(',').any(|name| name.trim() == "documents")));
    }
    let expected = |file: &str| names::expected(&lines(&here.join("tests/documents").join(file)));
    let (compared, held_out) = (expected("names.tsv"), expected("names-held-out.tsv"));
    let typed = || compared.iter().chain(&held_out);
    let facts: Vec<Facts> = documents.iter().map(|(name, path)| measured(name, path, typed())).collect();
    let scores = [
        Sample { title: "names.tsv", scores: names::scores(&facts, &compared) },
        Sample { title: "names-held-out.tsv", scores: names::scores(&facts, &held_out) },
    ];
    let mut wrong = faults(&facts);
    wrong.extend(table::check_or_write(&here.join("tests/documents/README.md"), &facts, &scores));
    for line in &wrong {
        println!("{line}");
    }
    let (passed, failed) = if wrong.is_empty() { (1, 0) } else { (0, 1) };
    println!("{passed} passed, {failed} failed");
    ExitCode::from(failed)
}

/// What must never be.
fn faults(facts: &[Facts]) -> Vec<String> {
    let mut wrong = Vec::new();
    for document in facts {
        if let Some(why) = &document.unloaded {
            wrong.push(format!("{}: not loaded: {why}", document.name));
        }
        for lost in &document.lost {
            wrong.push(format!("{}: lost: {lost}", document.name));
        }
    }
    wrong
}

/// The lines of a list, without its comments.
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

fn measured<'n>(name: &str, path: &Path, typed: impl Iterator<Item = &'n ExpectedName>) -> Facts {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.arg("--measure").arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let typed: String = typed.filter_map(|expected| expected.typed(name)).collect();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Facts::new(name, &serde_json::from_slice(&output.stdout).unwrap())
}

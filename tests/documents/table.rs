//! The tables in README.md, from a run.
//!
//! It must not know how anything was measured.

use crate::measure::Facts;
use crate::names::{Sample, Score};
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str =
    "<!-- written by a run: SNAPSHOTS=overwrite cargo test --workspace public_documents -->\n";
const END: &str = "<!-- end of what a run has written -->\n";

/// Writes the tables into the page, or says what in them is not as in the page, but for time and memory.
pub(crate) fn check_or_write(page: &Path, facts: &[Facts], samples: &[Sample]) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (old, after) = rest.split_once(END).unwrap();
    let new = tables(facts, samples);
    if std::env::var("SNAPSHOTS").as_deref() == Ok("overwrite") {
        std::fs::write(page, format!("{before}{BEGIN}{new}{END}{after}")).unwrap();
        return Vec::new();
    }
    let (old, new): (Vec<String>, Vec<String>) =
        (old.lines().map(lasting).collect(), new.lines().map(lasting).collect());
    let changed = |line: &&String, in_other: &[String]| !in_other.contains(*line);
    let gone = old.iter().filter(|line| changed(line, &new)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| changed(line, &old)).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

/// A line without what differs from run to run: the third and the fourth column of the first table.
fn lasting(line: &str) -> String {
    let mut cells: Vec<&str> = line.split('|').collect();
    if cells.len() > 12 {
        cells.drain(3..5);
    }
    cells.join("|")
}

fn tables(facts: &[Facts], samples: &[Sample]) -> String {
    let mut text = String::from(
        "\n| document | MB | time | peak | index | operations | commands | lost | told | top level | one word | > 3 words | lists | no rows | bodies | checked |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mega = |bytes: u64| format!("{}.{}", bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    for document in facts {
        let Facts { name, bytes, milliseconds, peak, index, operations, commands, lost, .. } = document;
        let loaded =
            document.unloaded.as_ref().map_or_else(|| commands.to_string(), |_| "**not loaded**".to_owned());
        let _ = writeln!(
            text,
            "| {name} | {} | {}.{:02} s | {}M | {} KB | {operations} | {loaded} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            mega(*bytes),
            milliseconds / 1000,
            milliseconds % 1000 / 10,
            peak / 1024,
            index / 1000,
            lost.len(),
            document.problems,
            document.top,
            document.one_word,
            document.long,
            document.lists,
            document.without_rows.len(),
            document.bodies,
            document.checked,
        );
    }
    let sum = |of: fn(&Facts) -> u64| facts.iter().map(of).sum::<u64>();
    let _ = writeln!(
        text,
        "\n{} documents, {} operations, {} commands, {} lost; {} entries at the top, {} commands of one word; {} lists, {} of them without rows; {} bodies of JSON, {} of them checked to their whole depth.\n",
        facts.len(),
        sum(|facts| facts.operations),
        sum(|facts| facts.commands),
        sum(|facts| facts.lost.len() as u64),
        sum(|facts| facts.top),
        sum(|facts| facts.one_word),
        sum(|facts| facts.lists),
        sum(|facts| facts.without_rows.len() as u64),
        sum(|facts| facts.bodies),
        sum(|facts| facts.checked),
    );
    text.push_str("The lists without rows:\n\n");
    for Facts { name, without_rows, .. } in facts.iter().filter(|facts| !facts.without_rows.is_empty()) {
        let lists: Vec<String> = without_rows.iter().map(|words| format!("`{words}`")).collect();
        let _ = writeln!(text, "* {name}: {}", lists.join(", "));
    }
    for sample in samples {
        names(&mut text, sample);
    }
    text.push('\n');
    text
}

/// The table of one list of names.
fn names(text: &mut String, Sample { title, scores }: &Sample) {
    let _ = writeln!(
        text,
        "\n`{title}`:\n\n| document | names | noun and verb | with synonyms | and a like noun | typed |\n|---|---|---|---|---|---|"
    );
    let percent = |part: usize, all: usize| format!("{} %", (part * 200 / all.max(1)).div_ceil(2));
    let mut line = |name: &str, of: &dyn Fn(fn(&Score) -> usize) -> usize| {
        let all = of(|score| score.all);
        let parts = [
            of(|score| score.same),
            of(|score| score.synonyms),
            of(|score| score.like),
            of(|score| score.runs),
        ];
        let [same, synonyms, like, runs] = parts.map(|part| percent(part, all));
        let _ = writeln!(text, "| {name} | {all} | {same} | {synonyms} | {like} | {runs} |");
    };
    for score in scores {
        line(&score.document, &|of| of(score));
    }
    line("all", &|of| scores.iter().map(of).sum());
    text.push_str("\nThe names that are others, theirs → ours:\n\n");
    for Score { document, others, .. } in scores {
        let others: Vec<String> =
            others.iter().map(|(theirs, ours)| format!("`{theirs}` → `{ours}`")).collect();
        let _ = writeln!(
            text,
            "* {document}: {}",
            if others.is_empty() { "none".to_owned() } else { others.join(", ") }
        );
    }
}

//! YAML and JSON in files, as values. Templates of a chart are read without helm: what a template would put in is not known,
//! and not judged.

use crate::files::TextFile;
use crate::finding::{Place, Unchecked};
use serde_json::Value;

/// What stands where a template would put something in.
pub(crate) const FILLED_IN: &str = "TEMPLATE";

/// One document of a file.
#[derive(Debug)]
pub(crate) struct Document<'f> {
    pub(crate) path: &'f str,
    /// The lines of the document, and the number of the first one.
    lines: Vec<&'f str>,
    first: usize,
    pub(crate) value: Value,
    pub(crate) is_template: bool,
}

impl Document<'_> {
    /// Where a text stands first in the document; its start, if it does not.
    pub(crate) fn place(&self, text: &str) -> Place {
        let at = self.lines.iter().position(|line| line.contains(text)).unwrap_or_default();
        Place::File { path: self.path.to_owned(), line: self.first + at }
    }

    pub(crate) fn kind(&self) -> &str {
        self.value["kind"].as_str().unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap_or_default()
    }
}

/// The documents of a file, and whether some of it could not be read; none for files that are neither YAML nor JSON.
pub(crate) fn documents(file: &TextFile) -> (Vec<Document<'_>>, Option<Unchecked>) {
    let is = |end: &str| file.path.ends_with(end);
    let (is_json, is_yaml) = (is(".json"), is(".yaml") || is(".yml"));
    if !is_json && !is_yaml {
        return (Vec::new(), None);
    }
    let lines: Vec<&str> = file.text.trim_start_matches('\u{feff}').lines().collect();
    let mut documents = Vec::new();
    let mut unread = None;
    let mut first = 0;
    let ends =
        lines.iter().enumerate().filter(|(_, line)| is_yaml && is_separator(line)).map(|(index, _)| index);
    for end in ends.chain([lines.len()]).collect::<Vec<_>>() {
        let piece = &lines[first..end];
        let text = piece.join("\n");
        let is_template = is_yaml && text.contains("{{");
        let text = if is_template { filled_in(&text) } else { text };
        match value(&text, is_json) {
            Some(value @ (Value::Object(_) | Value::Array(_))) => {
                documents.push(Document {
                    path: &file.path,
                    lines: piece.to_vec(),
                    first: first + 1,
                    value,
                    is_template,
                });
            }
            Some(_) => {}
            None => {
                let why = format!(
                    "the document at line {} cannot be read: only secrets were looked for",
                    first + 1
                );
                unread.get_or_insert(Unchecked::part(&file.path, &why));
            }
        }
        first = (end + 1).min(lines.len());
    }
    (documents, unread)
}

fn is_separator(line: &str) -> bool {
    line == "---" || line.starts_with("--- ")
}

fn value(text: &str, is_json: bool) -> Option<Value> {
    if text.trim().is_empty() {
        return Some(Value::Null);
    }
    if is_json {
        return serde_json::from_str(text).ok();
    }
    let options = serde_yaml::options! { with_snippet: false, strict_booleans: true };
    serde_yaml::from_str_with_options(text, options).ok()
}

/// A template with a mark for each action. Lines stay where they are.
fn filled_in(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let mut kept = String::new();
        let mut rest = line;
        loop {
            if inside {
                let Some(end) = rest.find("}}") else { break };
                inside = false;
                rest = &rest[end + 2..];
            }
            let Some(start) = rest.find("{{") else {
                kept.push_str(rest);
                break;
            };
            kept.push_str(&rest[..start]);
            kept.push_str(FILLED_IN);
            inside = true;
            rest = &rest[start + 2..];
        }
        // An action alone in its line is a condition, a loop, or lines that others have written.
        if kept.trim().replace(FILLED_IN, "").trim().is_empty() {
            kept.clear();
        }
        filled.push_str(&kept);
        filled.push('\n');
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn documents_know_their_lines() {
        let file = file("a.yaml", "kind: A\n---\n# why\nkind: B\nspec:\n  type: x\n---\nkind: [\n");
        let (documents, unread) = documents(&file);
        let kinds: Vec<&str> = documents.iter().map(Document::kind).collect();
        assert_eq!(kinds, ["A", "B"]);
        assert_eq!(documents[1].place("type: x").to_string(), "a.yaml:6");
        assert_eq!(documents[1].place("nothing").to_string(), "a.yaml:3");
        assert!(unread.unwrap().why.contains("line 8"));
    }

    #[test]
    fn a_template_is_read_without_what_it_puts_in() {
        let text = "{{- if .Values.on }}\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-x\n  labels:\n    {{- include \"l\" . | nindent 4 }}\n\
                    spec:\n  type: LoadBalancer\n{{- end }}\n";
        let file = file("t.yaml", text);
        let (documents, unread) = documents(&file);
        assert_eq!((documents.len(), unread), (1, None));
        assert_eq!((documents[0].name(), documents[0].is_template), ("TEMPLATE-x", true));
        assert_eq!(documents[0].place("LoadBalancer").to_string(), "t.yaml:8");
    }

    #[test]
    fn a_document_that_is_made_to_fill_the_memory_is_left_out() {
        let bomb = (1..40).fold(String::new(), |text, index| {
            text + &format!("a{index}: &a{index} [*a{0}, *a{0}, *a{0}, *a{0}]\n", index - 1)
        });
        for text in [
            format!("a0: &a0 [x, x]\n{bomb}"),
            "[".repeat(100_000),
            "{a: ".repeat(100_000),
            "- ".repeat(100_000),
        ] {
            let file = file("a.yaml", &text);
            let (documents, unread) = documents(&file);
            assert!(documents.is_empty() && unread.is_some(), "{}", &text[..40]);
        }
        let file = file("a.json", &"[".repeat(100_000));
        assert!(documents(&file).1.is_some());
    }

    proptest! {
        #[test]
        fn any_text_is_a_document_or_is_not(text in "(kind|: |\n|---\n|\\{\\{|\\}\\}|- |\\[|\\]|\"|x|é|&a|\\*a){0,60}") {
            documents(&file("a.yaml", &text));
            documents(&file("a.json", &text));
        }
    }
}

//! What people type in other programs, and the line that does the same here: kubectl's templates and flags.
//!
//! Pure: it must not know which command was typed.

/// The line for a value of `-o` that is a template of kubectl; `None` for anything else.
pub(super) fn of_output(value: &str) -> Option<String> {
    let (kind, template) = value.split_once('=').unwrap_or((value, ""));
    let example = |text: &str| Some(text.to_owned());
    match kind {
        "custom-columns" => match columns(template) {
            Some(columns) => Some(format!("--columns '{columns}'")),
            None => example("--columns NAME=.path,…"),
        },
        "jsonpath" | "jsonpath-as-json" => match jq_of(template, '{', '}') {
            Some(program) => Some(format!("--jq '{program}'")),
            None => example("--jq EXPRESSION, for example --jq '.items[].name'"),
        },
        "go-template" | "template" => match jq_of_go(template) {
            Some(program) => Some(format!("--jq '{program}'")),
            None => example("--jq EXPRESSION, for example --jq '.items[].name'"),
        },
        "jsonpath-file" | "go-template-file" | "templatefile" | "custom-columns-file" => {
            example("--jq EXPRESSION or --columns COLUMNS")
        }
        "text" | "plain" => example("-o table"),
        "md" => example("-o markdown"),
        "ndjson" => example("-o jsonl"),
        _ => None,
    }
}

/// What to type instead of a flag that other programs have; `follows` says whether the command can follow a stream.
pub(super) fn of_flag(flag: &str, follows: bool) -> Option<&'static str> {
    Some(match flag.split('=').next().unwrap_or(flag) {
        "-w" | "--watch" if follows => "use -f to keep printing what is new",
        "-w" | "--watch" => "only commands of plugins that read JSON have it; use: watch -n 2 everestctl …",
        "-l" | "--selector" | "--field-selector" => {
            "filter the rows with --filter, for example --filter '.name == \"shop\"'"
        }
        "--filter" => "filter with --jq, for example --jq '.items[] | select(.name == \"shop\")'",
        "--chunk-size" => "use --limit N for N rows, or --all for all of them",
        "--template" => "use --jq EXPRESSION, for example --jq '.items[].name'",
        "--format" => "use -o FORMAT, or --jq EXPRESSION",
        "--no-trunc" => "use -o wide, or -o csv for every column",
        "--password" => "use --password-stdin, so that the password is in no history",
        _ => return None,
    })
}

/// `NAME:.path,…` as `NAME=.path,…`.
fn columns(template: &str) -> Option<String> {
    let column = |column: &str| {
        let (name, path) = column.split_once(':')?;
        let path = path.trim_matches(['{', '}']);
        let is_plain = !path.contains(['[', '(', '\'']) && !name.is_empty();
        is_plain.then(|| format!("{name}=.{}", path.trim_start_matches('.')))
    };
    let columns: Option<Vec<String>> = template.split(',').map(column).collect();
    columns.map(|columns| columns.join(","))
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum TemplatePiece {
    Text(String),
    Value(String),
    Range(String),
    End,
}

/// The jq program for a `JSONPath` template; `None` for what is not translated.
fn jq_of(template: &str, open: char, close: char) -> Option<String> {
    if !template.contains(open) {
        return path(template.trim());
    }
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once(open) {
        let (inside, after) = split_unquoted(behind, close)?;
        push_text(&mut pieces, before);
        match inside.trim() {
            "end" => pieces.push(TemplatePiece::End),
            inside => match (inside.strip_prefix("range "), literal(inside)) {
                (Some(list), _) => pieces.push(TemplatePiece::Range(path(list.trim())?)),
                (None, Some(text)) => push_text(&mut pieces, &text),
                (None, None) => pieces.push(TemplatePiece::Value(path(inside)?)),
            },
        }
        rest = after;
    }
    push_text(&mut pieces, rest);
    program(pieces)
}

/// The same for a template of Go.
fn jq_of_go(template: &str) -> Option<String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (inside, after) = behind.split_once("}}")?;
        push_text(&mut pieces, before);
        match inside.trim().trim_matches('-').trim() {
            "end" => pieces.push(TemplatePiece::End),
            inside => match (inside.strip_prefix("range "), literal(inside)) {
                (Some(list), _) => pieces.push(TemplatePiece::Range(format!("{}[]", path(list.trim())?))),
                (None, Some(text)) => push_text(&mut pieces, &text),
                (None, None) if inside.contains(' ') => return None,
                (None, None) => pieces.push(TemplatePiece::Value(path(inside)?)),
            },
        }
        rest = after;
    }
    push_text(&mut pieces, rest);
    program(pieces)
}

/// One program for all pieces: values joined in a text, for each item of a range.
fn program(pieces: Vec<TemplatePiece>) -> Option<String> {
    let mut pieces = pieces;
    let range = match pieces.first() {
        Some(TemplatePiece::Range(_)) => {
            if pieces.pop()? != TemplatePiece::End {
                return None;
            }
            match pieces.remove(0) {
                TemplatePiece::Range(list) => Some(list),
                _ => None,
            }
        }
        _ => None,
    };
    // jq ends each line itself.
    if matches!(pieces.last(), Some(TemplatePiece::Text(text)) if text == "\n") {
        pieces.pop();
    }
    let body = match pieces.as_slice() {
        [TemplatePiece::Value(path)] => path.clone(),
        pieces => {
            let mut text = String::from("\"");
            for piece in pieces {
                match piece {
                    TemplatePiece::Text(part) => {
                        text.push_str(serde_json::to_string(part).ok()?.trim_matches('"'));
                    }
                    TemplatePiece::Value(path) => text.extend(["\\(", path, ")"]),
                    TemplatePiece::Range(_) | TemplatePiece::End => return None,
                }
            }
            text + "\""
        }
    };
    let program = match range {
        Some(list) if body.starts_with('.') => format!("{list}{body}"),
        Some(list) => format!("{list} | {body}"),
        None => body,
    };
    // It stands between single quotes in a shell.
    (!program.contains('\'')).then_some(program)
}

fn push_text(pieces: &mut Vec<TemplatePiece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(TemplatePiece::Text(before)) => before.push_str(text),
        _ => pieces.push(TemplatePiece::Text(text.to_owned())),
    }
}

/// What is between quotes.
fn literal(text: &str) -> Option<String> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(inside.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\""))
}

/// At the first `end` that no quote hides.
fn split_unquoted(text: &str, end: char) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match quote {
            Some(open) if character == open => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == end => return Some((&text[..at], &text[at + end.len_utf8()..])),
            _ => {}
        }
    }
    None
}

/// A path of `JSONPath` or Go as one of jq.
fn path(text: &str) -> Option<String> {
    let text = text.strip_prefix(['$', '@']).unwrap_or(text);
    if text.contains("..") {
        return None;
    }
    let mut path = String::new();
    let mut rest = text.strip_prefix('.').unwrap_or(text);
    if rest.is_empty() {
        return Some(".".to_owned());
    }
    path.push('.');
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('[') {
            let (inside, after) = split_unquoted(behind, ']')?;
            path.push_str(&subscript(inside)?);
            rest = after;
            continue;
        }
        let end = rest.find('[').unwrap_or(rest.len());
        let (names, after) = rest.split_at(end);
        if !names.chars().all(|character| character.is_ascii_alphanumeric() || "._-".contains(character)) {
            return None;
        }
        for name in names.split('.').filter(|name| !name.is_empty()) {
            if !path.ends_with('.') {
                path.push('.');
            }
            let is_plain = !name.contains('-') && !name.starts_with(|first: char| first.is_ascii_digit());
            if is_plain { path.push_str(name) } else { path.extend(["\"", name, "\""]) }
        }
        rest = after;
    }
    Some(path.trim_end_matches(" | ").to_owned())
}

fn subscript(inside: &str) -> Option<String> {
    if inside == "*" {
        return Some("[]".to_owned());
    }
    if let Some(name) = inside.strip_prefix('\'').and_then(|inside| inside.strip_suffix('\'')) {
        return Some(format!("[\"{name}\"]"));
    }
    if inside.parse::<i64>().is_ok() {
        return Some(format!("[{inside}]"));
    }
    let condition = inside.strip_prefix("?(")?.strip_suffix(')')?;
    let (left, operator, right) = ["==", "!=", ">=", "<=", ">", "<"].into_iter().find_map(|operator| {
        let (left, right) = condition.split_once(operator)?;
        Some((left.trim(), operator, right.trim()))
    })?;
    let left = path(left.strip_prefix('@')?)?;
    Some(format!("[] | select({left} {operator} {}) | ", right.replace('\'', "\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_kubectl_become_lines_of_ours() {
        for (typed, expected) in [
            ("jsonpath={.items[*].name}", "--jq '.items[].name'"),
            ("jsonpath={.items[*].metadata.name}", "--jq '.items[].metadata.name'"),
            ("jsonpath={$.items[0]['name']}", "--jq '.items[0][\"name\"]'"),
            ("jsonpath={.status.k8s-version}", "--jq '.status.\"k8s-version\"'"),
            ("jsonpath='{.name}'", "--jq EXPRESSION, for example --jq '.items[].name'"),
            (
                r#"jsonpath={range .items[*]}{.name}{"\t"}{.status}{"\n"}{end}"#,
                r#"--jq '.items[] | "\(.name)\t\(.status)"'"#,
            ),
            (r#"jsonpath={range .items[*]}{.name}{"\n"}{end}"#, "--jq '.items[].name'"),
            (
                r#"jsonpath={.items[?(@.state=="ready")].name}"#,
                r#"--jq '.items[] | select(.state == "ready") | .name'"#,
            ),
            (r#"go-template={{range .items}}{{.name}}{{"\n"}}{{end}}"#, "--jq '.items[].name'"),
            ("go-template={{.name}} is {{.state}}", r#"--jq '"\(.name) is \(.state)"'"#),
            ("custom-columns=NAME:.metadata.name,AGE:.age", "--columns 'NAME=.metadata.name,AGE=.age'"),
            ("custom-columns", "--columns NAME=.path,…"),
            ("jsonpath={..name}", "--jq EXPRESSION, for example --jq '.items[].name'"),
        ] {
            assert_eq!(of_output(typed).as_deref(), Some(expected), "{typed}");
        }
        assert_eq!(of_output("jsno"), None);
    }
}

//! What a `Plugin` resource with an image says of its arguments, in two annotations: how they are completed, and the words.
//! Pure.

use crate::model::DeclaredWords;
use std::collections::BTreeMap;

/// How TAB is answered: `none`, `words` (as without it, by the other annotation alone) or `cobra` (by the container itself,
/// with the words where it does not answer).
const COMPLETION: &str = "everestctl.openeverest.io/completion";
/// The words: YAML or JSON, as `words` in the sidecar of a local plugin.
const WORDS: &str = "everestctl.openeverest.io/words";
/// The longest text of words, in bytes.
const LARGEST: usize = 32 * 1024;

/// What the annotations of a resource say; `None` where they say nothing.
pub(super) fn from_annotations(
    annotations: &BTreeMap<String, String>,
) -> Result<Option<DeclaredWords>, String> {
    let text = annotations.get(WORDS).map_or("", String::as_str);
    let has_completer = match (annotations.get(COMPLETION).map(String::as_str), text) {
        (Some("none"), _) | (None, "") => return Ok(None),
        (Some("cobra"), _) => true,
        (Some("words") | None, _) => false,
        (Some(_), _) => return Err(format!("annotation {COMPLETION}: expected none, words or cobra")),
    };
    if text.len() > LARGEST {
        return Err(format!("annotation {WORDS}: it is larger than {} KiB", LARGEST / 1024));
    }
    let lines: BTreeMap<String, Option<String>> = if text.trim().is_empty() {
        BTreeMap::new()
    } else {
        crate::yaml::explained(text.as_bytes()).map_err(|error| format!("annotation {WORDS}: {error}"))?
    };
    let words = DeclaredWords::new(lines.into_iter(), has_completer);
    words.map(Some).map_err(|why| format!("annotation {WORDS}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(completion: Option<&str>, words: Option<&str>) -> Result<Option<DeclaredWords>, String> {
        let both = [(COMPLETION, completion), (WORDS, words)].into_iter();
        from_annotations(&both.filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned()))).collect())
    }

    #[test]
    fn words_are_yaml_or_json() {
        for text in ["run: Start it\nrun --fast: null", r#"{"run": "Start it", "run --fast": null}"#] {
            let words = read(None, Some(text)).unwrap().unwrap();
            let lines: Vec<_> =
                words.lines.iter().map(|(line, text)| (line.as_str(), text.as_str())).collect();
            assert_eq!((lines, words.has_completer), (vec![("run", "Start it"), ("run --fast", "")], false));
        }
    }

    #[test]
    fn the_container_is_asked_only_where_the_author_says_so() {
        assert_eq!(read(None, None), Ok(None));
        assert_eq!(read(Some("none"), Some("run: null")), Ok(None));
        assert!(!read(Some("words"), None).unwrap().unwrap().has_completer);
        let asked = read(Some("cobra"), Some("run: null")).unwrap().unwrap();
        assert!(asked.has_completer && asked.lines.len() == 1);
    }

    #[test]
    fn what_is_wrong_is_said_of_its_annotation() {
        for (completion, words, expected) in [
            (Some("clap"), None, "completion: expected none, words or cobra"),
            (None, Some("[a]"), "openeverest.io/words: "),
            (None, Some("a: [b]"), "openeverest.io/words: "),
        ] {
            let error = read(completion, words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let large = format!("a: {}", "x".repeat(LARGEST));
        assert!(read(None, Some(&large)).unwrap_err().ends_with("it is larger than 32 KiB"));
    }
}

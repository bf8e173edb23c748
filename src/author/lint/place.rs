//! The line of a key in a YAML or JSON text, for what was found after the text was read. Pure.

/// The line on which the last of `keys` stands, each inside the one before it; where one is missing, the line of the one before.
/// A number is the entry of a list.
pub fn line(text: &str, keys: &[&str]) -> Option<u64> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut at, mut found) = (0, None);
    let mut above: Option<usize> = None;
    for key in keys {
        let inside = |line: &&str| above.is_none_or(|above| indent(line) > above || line.trim().is_empty());
        let next = if let Ok(number) = key.parse::<usize>() {
            let mut entries =
                lines.iter().enumerate().skip(at).filter(|(_, line)| line.trim_start().starts_with("- "));
            entries.nth(number).map(|(place, _)| place)
        } else {
            // The rest of the same line may have it: `{key: …}`.
            let on_this_line = found.is_some_and(|_| at > 0 && has_key(lines[at - 1], key));
            if on_this_line {
                Some(at - 1)
            } else {
                let below = lines.iter().enumerate().skip(at).take_while(|(_, line)| inside(line));
                below.filter(|(_, line)| has_key(line, key)).map(|(place, _)| place).next()
            }
        };
        let Some(place) = next else { break };
        above = Some(indent(lines[place]));
        (at, found) = (place + 1, Some(place));
    }
    found.map(|place| place as u64 + 1)
}

fn indent(line: &str) -> usize {
    let dashed = line.trim_start_matches(' ');
    line.len() - dashed.len()
}

/// Whether `key:` stands in a line, quoted or not, at its start or after a sign of a mapping.
fn has_key(line: &str, key: &str) -> bool {
    let written = [format!("{key}:"), format!("\"{key}\":"), format!("'{key}':"), format!("\"{key}\" :")];
    written.iter().any(|written| {
        line.match_indices(written.as_str()).any(|(place, _)| {
            let before = line[..place].trim_end().chars().next_back();
            before.is_none_or(|before| matches!(before, '{' | ',' | '-'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_line_of_a_key_is_found_in_either_style() {
        let text = "name: x\nspec:\n  cli:\n    image: a\n  backend:\n    serviceRef: {name: s, port: 0}\n  points:\n  - type: a\n  - type: b\n    path: c\n";
        for (keys, expected) in [
            (&["name"][..], Some(1)),
            (&["spec", "cli", "image"], Some(4)),
            (&["spec", "backend", "serviceRef", "port"], Some(6)),
            (&["spec", "backend", "none"], Some(5)),
            (&["spec", "points", "1", "path"], Some(10)),
            (&["none"], None),
        ] {
            assert_eq!(line(text, keys), expected, "{keys:?}");
        }
        let json = "{\n  \"paths\": {\n    \"/jobs\": {\n      \"get\": {}\n    }\n  }\n}\n";
        assert_eq!(line(json, &["paths", "/jobs", "get"]), Some(4));
    }

    proptest! {
        #[test]
        fn any_text_has_lines(text in "[a-z:{} \"\n-]{0,80}", keys in prop::collection::vec("[a-z0-9]{1,2}", 0..4)) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            if let Some(found) = line(&text, &keys) {
                prop_assert!(found >= 1 && found <= text.lines().count() as u64);
            }
        }
    }
}

//! `camelCase`, `snake_case` and whatever else → `kebab-case`, and `WORDS` for a heading. It must not know what a name is for.

/// `text` in kebab-case: `tailLines` is `tail-lines`, `podIPs` is `pod-ips`, `HTTPStatus` is `http-status`. What is
/// neither letter nor digit separates. Letters beyond a to z stay, so that the caller sees that it is not a word.
pub fn kebab(text: &str) -> String {
    if text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-')
    {
        return plain_kebab(text);
    }
    any_kebab(text)
}

/// The heading of a column that shows the property `name`: its words in capitals, or the name where there are none.
pub fn heading(name: &str) -> String {
    let words = kebab(name).replace('-', " ").to_uppercase();
    if words.is_empty() { name.to_owned() } else { words }
}

fn any_kebab(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut kebab = String::with_capacity(text.len() + 4);
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            separate(&mut kebab);
            continue;
        }
        if is_capital(character) && begins_word(&characters, at) {
            separate(&mut kebab);
        }
        kebab.extend(character.to_lowercase().filter(|lower| lower.is_alphanumeric()));
    }
    kebab.truncate(kebab.trim_end_matches('-').len());
    kebab
}

/// The same of small letters, digits and dashes, as most names are.
fn plain_kebab(text: &str) -> String {
    let mut kebab = String::with_capacity(text.len());
    for word in text.split(['_', '-']).filter(|word| !word.is_empty()) {
        if !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push_str(word);
    }
    kebab
}

fn separate(kebab: &mut String) {
    if !kebab.is_empty() && !kebab.ends_with('-') {
        kebab.push('-');
    }
}

/// Whether it has a small form: there are capitals, of formulas for instance, that have none and stay what they are.
fn is_capital(character: char) -> bool {
    character.is_uppercase() && character.to_lowercase().ne([character])
}

/// Whether the capital at `at` starts a word: after a small letter or a digit, or as the last capital of a row
/// before a small letter. The plural of an abbreviation (`IDs`) is not a word of its own.
fn begins_word(characters: &[char], at: usize) -> bool {
    let character = |at: usize| characters.get(at).copied().unwrap_or(' ');
    let before = at.checked_sub(1).map_or(' ', character);
    if !is_capital(before) {
        return true;
    }
    let plural = character(at + 1) == 's' && !character(at + 2).is_lowercase();
    character(at + 1).is_lowercase() && !plural
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_as_people_write_them() {
        for (name, expected) in [
            ("tailLines", "tail-lines"),
            ("k8sCluster", "k8s-cluster"),
            ("beforeID", "before-id"),
            ("podIPs", "pod-ips"),
            ("podIPsNow", "pod-ips-now"),
            ("HTTPStatus", "http-status"),
            ("read_item", "read-item"),
            ("Read Item", "read-item"),
            ("X-Request-ID", "x-request-id"),
            ("already-kebab", "already-kebab"),
            ("__init__", "init"),
            ("filter[status]", "filter-status"),
            ("a.b", "a-b"),
            ("$schema", "schema"),
            ("größeÄndern", "größe-ändern"),
            ("Ȩ𝗔", "ȩ𝗔"),
            ("", ""),
        ] {
            assert_eq!(kebab(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn plain_names_are_no_exception(text in "[a-z0-9_-]{0,12}") {
            prop_assert_eq!(plain_kebab(&text), any_kebab(&text));
        }

        #[test]
        fn kebab_case_stays_as_it_is(text in ".{0,30}") {
            let once = kebab(&text);
            prop_assert_eq!(kebab(&once), once.clone());
            prop_assert!(!once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
        }
    }
}

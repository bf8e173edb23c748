//! Secrets in any text: known formats, values of keys that say what they are, and texts that look random.
//!
//! What is found is never shown, not even a part of it: a finding says where it is, and what kind of thing.

use crate::catalogue::{self as rule, Rule};
use crate::finding::{Finding, Place};
use std::collections::HashMap;

/// The longest value that is looked into, in bytes.
const LONGEST_VALUE: usize = 1024;
/// The longest token of a service.
const LONGEST_TOKEN: usize = 4096;
/// The longest name of a key.
const LONGEST_KEY: usize = 80;
/// So many findings of one file are enough to know that it is full of them.
const MOST: usize = 500;
/// So often a mark in one line is looked at: who writes more of them wants to keep us busy.
const MOST_MARKS: usize = 1000;
/// From so many characters on, a text can look random.
const LONG: usize = 24;
/// Bits of information in each character, from which on it does.
const RANDOM: f64 = 4.1;

/// What follows the mark of a format.
#[derive(Clone, Copy)]
enum Alphabet {
    Capitals,
    Hex,
    Letters,
    /// Letters, digits, `-` and `_`.
    Words,
    /// The same and dots.
    Dotted,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Letters => byte.is_ascii_alphanumeric(),
            Self::Words => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
        }
    }
}

/// Whose it is, its mark, what follows, and how much of that there is at least.
const FORMATS: &[(&str, &str, Alphabet, usize)] = &[
    ("AWS access key", "AKIA", Alphabet::Capitals, 16),
    ("AWS access key", "ASIA", Alphabet::Capitals, 16),
    ("GitHub token", "ghp_", Alphabet::Letters, 36),
    ("GitHub token", "gho_", Alphabet::Letters, 36),
    ("GitHub token", "ghu_", Alphabet::Letters, 36),
    ("GitHub token", "ghs_", Alphabet::Letters, 36),
    ("GitHub token", "ghr_", Alphabet::Letters, 36),
    ("GitHub token", "github_pat_", Alphabet::Words, 40),
    ("GitLab token", "glpat-", Alphabet::Words, 20),
    ("GitLab token", "gldt-", Alphabet::Words, 20),
    ("Slack token", "xoxb-", Alphabet::Words, 20),
    ("Slack token", "xoxp-", Alphabet::Words, 20),
    ("Slack token", "xapp-", Alphabet::Words, 20),
    ("Slack webhook", "hooks.slack.com/services/T", Alphabet::Letters, 6),
    ("Stripe key", "sk_live_", Alphabet::Letters, 16),
    ("Stripe key", "rk_live_", Alphabet::Letters, 16),
    ("Google API key", "AIza", Alphabet::Words, 35),
    ("Google OAuth secret", "GOCSPX-", Alphabet::Words, 20),
    ("SendGrid key", "SG.", Alphabet::Dotted, 40),
    ("npm token", "npm_", Alphabet::Letters, 36),
    ("PyPI token", "pypi-AgE", Alphabet::Words, 40),
    ("crates.io token", "cio", Alphabet::Letters, 32),
    ("Docker Hub token", "dckr_pat_", Alphabet::Words, 20),
    ("DigitalOcean token", "dop_v1_", Alphabet::Hex, 60),
    ("Hugging Face token", "hf_", Alphabet::Letters, 30),
    ("Shopify token", "shpat_", Alphabet::Hex, 32),
    ("Vault token", "hvs.", Alphabet::Words, 24),
    ("Terraform Cloud token", "atlasv1.", Alphabet::Words, 40),
    ("age key", "AGE-SECRET-KEY-1", Alphabet::Capitals, 40),
    ("Anthropic key", "sk-ant-", Alphabet::Words, 30),
    ("OpenAI key", "sk-proj-", Alphabet::Words, 30),
    ("Grafana token", "glsa_", Alphabet::Words, 30),
    ("Azure storage key", "AccountKey=", Alphabet::Letters, 40),
    ("JSON web token", "eyJ", Alphabet::Dotted, 60),
];

/// Ends of names whose values are secrets; `-`, `_`, `.` and capitals do not count.
const SECRET_KEYS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "accountkey",
    "credential",
];
/// Names that end like them and are something else.
const OTHER_KEYS: &[&str] =
    &["pagetoken", "nexttoken", "maxtoken", "continuetoken", "automountserviceaccounttoken", "syncsecret"];
/// Values that stand for what is to be filled in, or say what kind of thing it is.
const PLACEHOLDERS: &[&str] = &[
    "null",
    "nil",
    "none",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "string",
    "str",
    "text",
    "env",
    "vault",
    "file",
    "secret",
    "password",
    "token",
    "required",
    "optional",
    "redacted",
    "hidden",
    "masked",
    "todo",
    "tbd",
    "undefined",
    "example",
    "placeholder",
    "scram-sha-256",
    "md5",
    "bearer",
    "basic",
    "opaque",
];
/// Starts of values that refer to a secret elsewhere.
const REFERENCES: &[&str] = &[
    "$", "<", "{{", "${", "%(", "%{", "*", "!", "enc[", "vault:", "ref+", "arn:", "op://", "env:", "file:",
    "secret:", "/", "./", "~/", "@", "|", ">", "[", "(", "&",
];

/// Which texts have values without quotes: configuration. In source code those are expressions.
const CONFIGURATION: &[&str] = &[
    "yaml",
    "yml",
    "json",
    "env",
    "properties",
    "conf",
    "cnf",
    "cfg",
    "ini",
    "toml",
    "tfvars",
    "tpl",
    "txt",
    "pgpass",
    "",
];
/// Files full of checksums.
const LOCKS: &[&str] = &["lock", "sum", "svg", "map", "sha256", "sha512", "sig", "pem", "crt", "csv"];

/// What a text has of them.
pub(crate) fn scan(path: &str, text: &str) -> Vec<Finding> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    let bare =
        CONFIGURATION.contains(&extension.as_str()) || name.starts_with(".env") || name.contains(".env.");
    let is_lock =
        LOCKS.contains(&extension.as_str()) || name.ends_with("-lock.json") || name.ends_with("-lock.yaml");
    let mut scanner = Scanner { path, bare, is_lock, findings: Vec::new(), in_key: false, named: None };
    for (index, line) in text.lines().enumerate() {
        if scanner.findings.len() >= MOST {
            break;
        }
        scanner.line(index + 1, line);
    }
    scanner.findings
}

/// Whether the value of a key with this name is a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let plain = plain.strip_suffix('s').unwrap_or(&plain);
    SECRET_KEYS.iter().any(|end| plain.ends_with(end)) && !OTHER_KEYS.iter().any(|end| plain.ends_with(end))
}

/// Whether a value is one, and not a reference or something to be filled in.
pub(crate) fn is_written_out(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    value.len() >= 4
        && !PLACEHOLDERS.contains(&lower.as_str())
        && !REFERENCES.iter().any(|start| lower.starts_with(start))
        && !["{{", "${", "}}", "(", "your-", "your_"].iter().any(|part| lower.contains(part))
        && value.bytes().any(|byte| byte != value.as_bytes()[0])
}

struct Scanner<'s> {
    path: &'s str,
    /// Values need no quotes.
    bare: bool,
    is_lock: bool,
    findings: Vec<Finding>,
    /// Inside of a private key.
    in_key: bool,
    /// The name of a variable whose `value:` is to come, as Kubernetes writes them, and the line of the name.
    named: Option<(String, usize)>,
}

impl Scanner<'_> {
    fn line(&mut self, number: usize, line: &str) {
        if self.in_key {
            self.in_key = is_of_key(line);
            if self.in_key || line.contains("-----END") {
                return;
            }
        }
        if let Some(start) = line.find("-----BEGIN ")
            && line[start..].contains("PRIVATE KEY")
        {
            self.in_key = !line.contains("-----END");
            return self.add(&rule::SECRET_PRIVATE_KEY, number, "private key", "a private key in PEM");
        }
        let known = known_formats(line);
        if !known.is_empty() {
            for name in known {
                self.add(&rule::SECRET_KNOWN_FORMAT, number, name, &format!("looks like: {name}"));
            }
            return;
        }
        if has_password_in_address(line) {
            return self.add(&rule::SECRET_IN_ADDRESS, number, "address", "user:HIDDEN@host");
        }
        if self.values(number, line) {
            return;
        }
        if !self.is_lock && looks_random(line) {
            self.add(&rule::SECRET_ENTROPY, number, "random text", "letters and digits that look random");
        }
    }

    /// The values of keys; whether one was a secret.
    fn values(&mut self, number: usize, line: &str) -> bool {
        let mut found = false;
        for (at, separator) in line.char_indices().filter(|(_, one)| matches!(one, ':' | '=')) {
            let Some(key) = key_before(&line[..at]) else { continue };
            let after = start_of(&line[at + 1..]);
            // `a::b`, `a == b`, `a => b`, `https://` and `12:30` are no values.
            if after.starts_with(['=', '>', '~'])
                || separator == ':' && !after.is_empty() && !after.starts_with([' ', '"', '\'', '\t'])
            {
                continue;
            }
            if !matches!(key, "name" | "value") && !is_secret_key(key) {
                continue;
            }
            let Some((value, quoted)) = value_after(after) else { continue };
            if key == "name" && self.bare {
                self.named = is_secret_key(value).then(|| (value.to_owned(), number));
                continue;
            }
            let key = match &self.named {
                Some((name, line)) if key == "value" && number - line <= 2 => name.as_str(),
                _ => key,
            };
            if (quoted || self.bare) && is_secret_key(key) && is_written_out(value) {
                let key = shown_key(key);
                let count = value.chars().count();
                self.add(&rule::SECRET_VALUE, number, &key, &format!("{key} = HIDDEN ({count} characters)"));
                found = true;
            }
        }
        found
    }

    /// Notes a finding, once for each line and subject.
    fn add(&mut self, rule: &'static Rule, line: usize, subject: &str, evidence: &str) {
        let place = Place::File { path: self.path.to_owned(), line };
        let finding = Finding::new(rule, place, subject, evidence);
        let is_same = |last: &Finding| last.place == finding.place && last.subject == finding.subject;
        if self.findings.len() < MOST && !self.findings.last().is_some_and(is_same) {
            self.findings.push(finding);
        }
    }
}

/// Whether a line goes on with a private key. What comes after one that never ends is looked at again.
fn is_of_key(line: &str) -> bool {
    let line = line.trim();
    let is_header = line.is_empty() || line.starts_with("Proc-Type: ") || line.starts_with("DEK-Info: ");
    is_header || line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// The name of a key, unless it has a secret itself.
fn shown_key(key: &str) -> String {
    if known_formats(key).is_empty() && !looks_random(key) { key.to_owned() } else { "HIDDEN".to_owned() }
}

/// The services whose credentials are in a line.
fn known_formats(line: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (service, mark, alphabet, least) in FORMATS {
        let is_one = |(at, _): (usize, &str)| {
            let before = line[..at].bytes().next_back();
            if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return false;
            }
            let rest = line[at + mark.len()..].bytes().take(LONGEST_TOKEN);
            let more: Vec<u8> = rest.take_while(|byte| alphabet.has(*byte)).collect();
            // A token of this kind has three parts.
            let whole = *mark != "eyJ" || more.split(|byte| *byte == b'.').count() == 3;
            more.len() >= *least && whole && is_varied(&more)
        };
        if !found.contains(service) && line.match_indices(mark).take(MOST_MARKS).any(is_one) {
            found.push(*service);
        }
    }
    found
}

/// Not `xxxxxxxx` nor `EXAMPLEEXAMPLE`.
fn is_varied(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    let example = String::from_utf8_lossy(bytes).to_ascii_uppercase().ends_with("EXAMPLE");
    seen.iter().filter(|seen| **seen).count() >= 6 && !example
}

/// `scheme://user:password@host`.
fn has_password_in_address(line: &str) -> bool {
    line.match_indices("://").any(|(at, _)| {
        let scheme = line[..at].bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = &line[at + 3..];
        let end =
            rest.find(|one: char| one.is_whitespace() || "/?#\"'`<>,".contains(one)).unwrap_or(rest.len());
        let Some((user, _)) = rest[..end].rsplit_once('@') else { return false };
        let Some((_, password)) = user.split_once(':') else { return false };
        scheme && is_written_out(password)
    })
}

/// The name before a separator, in quotes or without.
fn key_before(before: &str) -> Option<&str> {
    let before = before.trim_end();
    let before = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let length = before.bytes().rev().take(LONGEST_KEY + 1).take_while(|byte| is_name(byte)).count();
    let key = &before[before.len() - length..];
    (1..=LONGEST_KEY).contains(&length).then_some(key)
}

/// The value after a separator, and whether it stands in quotes.
fn value_after(after: &str) -> Option<(&str, bool)> {
    let after = after.trim_start();
    if let Some(quote) = after.chars().next().filter(|one| matches!(one, '"' | '\'' | '`')) {
        let inside = &after[1..];
        let end = inside.find(quote).unwrap_or(inside.len());
        return Some((&inside[..end], true));
    }
    let end = after.find(|one: char| one.is_whitespace() || ",;}".contains(one)).unwrap_or(after.len());
    (end > 0).then(|| (&after[..end], false))
}

/// So much of a text as a value can have.
fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_VALUE)]
}

/// A text of letters and digits that no word and no path is.
fn looks_random(line: &str) -> bool {
    let is_part = |one: char| !(one.is_ascii_alphanumeric() || "+/=_-".contains(one));
    let mut start = 0;
    for token in line.split(is_part) {
        let before = &line[..start];
        start += token.len() + line[start + token.len()..].chars().next().map_or(0, char::len_utf8);
        let hash = ["sha256-", "sha384-", "sha512-"].iter().any(|mark| token.starts_with(mark))
            || ["sha256:", "sha512:", "sha1:", "sha256=", "integrity\": \""]
                .iter()
                .any(|mark| before.ends_with(mark));
        if (LONG..=LONGEST_VALUE).contains(&token.len())
            && !hash
            && is_mixed(token)
            && entropy(token) >= RANDOM
        {
            return true;
        }
    }
    false
}

/// Capitals, small letters and digits, and no word or path between separators.
fn is_mixed(token: &str) -> bool {
    let count = |is: fn(&u8) -> bool| token.bytes().filter(is).count();
    let separators = count(|byte| b"/_-".contains(byte));
    count(u8::is_ascii_uppercase) >= 3
        && count(u8::is_ascii_lowercase) >= 3
        && count(u8::is_ascii_digit) >= 3
        && separators * 8 <= token.len()
}

/// Shannon's, in bits for each character.
fn entropy(token: &str) -> f64 {
    let mut counts: HashMap<u8, u32> = HashMap::new();
    for byte in token.bytes() {
        *counts.entry(byte).or_default() += 1;
    }
    let all = u32::try_from(token.len()).map_or(f64::MAX, f64::from);
    counts.values().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(path: &str, text: &str) -> Vec<(&'static str, String)> {
        scan(path, text).into_iter().map(|finding| (finding.rule.id, finding.subject)).collect()
    }

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        found(path, text).into_iter().map(|(id, _)| id).collect()
    }

    /// A token with the mark of its service; written in parts, so that nobody takes it for one.
    fn token(mark: &str, length: usize) -> String {
        let letters = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7".chars().cycle();
        format!("{mark}{}", letters.take(length).collect::<String>())
    }

    #[test]
    fn known_formats_are_found_wherever_they_stand() {
        for (service, mark, alphabet, least) in FORMATS.iter().filter(|(_, mark, ..)| *mark != "eyJ") {
            let text = match alphabet {
                Alphabet::Capitals => token(mark, *least).to_uppercase().replace(&mark.to_uppercase(), mark),
                Alphabet::Hex => format!("{mark}{}", "0123456789abcdef".repeat(5)),
                _ => token(mark, *least),
            };
            for line in [text.clone(), format!("key: \"{text}\""), format!("curl -H 'x: {text}' https://x")] {
                let all = found("a.rs", &line);
                assert!(
                    all.contains(&("secret-known-format", (*service).to_owned())),
                    "{service}: {line} {all:?}"
                );
            }
        }
        let jwt = format!("{}.{}.{}", token("eyJ", 30), token("eyJ", 30), token("", 40));
        assert_eq!(rules("a.txt", &format!("authorization = {jwt}")), ["secret-known-format"]);
        assert_eq!(rules("a.txt", "AKIAIOSFODNN7EXAMPLE xoxb-xxxxxxxxxxxxxxxxxxxxxxxx"), [""; 0]);
    }

    #[test]
    fn values_are_judged_by_their_keys() {
        for (path, line, expected) in [
            ("a.yaml", "password: hunter2", "password"),
            ("a.yaml", "  dbPassword: 'hunter2 x'  # why", "dbPassword"),
            ("a.json", r#"{"user": "a", "api_key": "abcd1234"}"#, "api_key"),
            (".env", "export DB_PASSWORD=hunter2", "DB_PASSWORD"),
            ("a.yaml", "{name: x, password: hunter2}", "password"),
            ("a.yaml", "- name: POSTGRES_PASSWORD\n  value: hunter2", "POSTGRES_PASSWORD"),
            ("main.py", "client_secret = 'hunter2'", "client_secret"),
            ("a.properties", "spring.datasource.password=hunter2", "spring.datasource.password"),
        ] {
            assert_eq!(found(path, line), [("secret-value", expected.to_owned())], "{line}");
        }
        for (path, line) in [
            ("a.yaml", "password: ${DB_PASSWORD}"),
            ("a.yaml", "password: {{ .Values.password | quote }}"),
            ("a.yaml", "password: \"\""),
            ("a.yaml", "passwordFile: /run/secrets/db"),
            ("a.yaml", "password: /run/secrets/db"),
            ("a.yaml", "secretName: shop-tls"),
            ("a.yaml", "secretKeyRef: {name: shop, key: password}"),
            ("a.yaml", "token: null"),
            ("a.yaml", "password: ********"),
            ("a.yaml", "- name: POSTGRES_PASSWORD\n  valueFrom:\n    secretKeyRef: {name: shop}"),
            ("main.rs", "let token = next_token;"),
            ("main.rs", "if password == other {"),
            ("a.yaml", "automountServiceAccountToken: false"),
            ("a.json", r#"{"type": "string", "format": "password"}"#),
        ] {
            assert_eq!(found(path, line), [], "{line}");
        }
    }

    #[test]
    fn keys_addresses_and_random_texts() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nq8ZtR3vX9kLm2Wp7Yb5Nc4Hd6Jf1Gs0A\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(rules("a.txt", key), ["secret-private-key"]);
        let endless = "-----BEGIN PRIVATE KEY-----\nMIIEpAIB\npassword: hunter2\n";
        assert_eq!(rules("a.txt", endless), ["secret-private-key", "secret-value"]);
        assert_eq!(rules("a.txt", "-----BEGIN CERTIFICATE-----"), [""; 0]);
        assert_eq!(rules("a.rs", "connect(\"postgres://dana:hunter2@db/x\")"), ["secret-in-address"]);
        assert_eq!(rules("a.rs", "postgres://dana:${PASSWORD}@db/x https://a.b/c:d@e"), [""; 0]);
        assert_eq!(rules("a.yaml", "key: q8ZtR3vX9kLm2Wp7Yb5Nc4Hd6Jf1Gs0A"), ["secret-entropy"]);
        for line in [
            "image: x@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "a_function_with_a_very_long_name_indeed_2",
            "integrity: sha512-q8ZtR3vX9kLm2Wp7Yb5Nc4Hd6Jf1Gs0Aq8ZtR3vX9kLm2Wp7Yb5Nc4==",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ] {
            assert_eq!(rules("a.yaml", line), [""; 0], "{line}");
        }
        assert_eq!(rules("Cargo.lock", "key: q8ZtR3vX9kLm2Wp7Yb5Nc4Hd6Jf1Gs0A"), [""; 0]);
    }

    #[test]
    fn a_file_full_of_them_is_no_reason_to_fill_the_memory() {
        assert_eq!(scan("a.yaml", &"password: hunter2\n".repeat(10_000)).len(), MOST);
        assert_eq!(scan("a.yaml", &":=".repeat(20_000)).len(), 0);
        assert_eq!(scan("a.yaml", &"token=".repeat(5_000)).len(), 1);
        assert_eq!(scan("a.yaml", &"-eyJ".repeat(10_000)).len(), 0);
        assert_eq!(scan("a.yaml", &"AKIA".repeat(20_000)).len(), 0);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>(), path in any::<String>()) {
            scan(&path, &text);
        }

        #[test]
        fn text_of_marks_is_read(text in "(password|AKIA|eyJ|://|@|:|=|\"|'|é|\u{202e}| |\n|name|value|-----BEGIN PRIVATE KEY){0,40}") {
            scan("a.yaml", &text);
        }

        #[test]
        fn a_secret_is_never_in_what_is_found(
            secret in "[A-Za-z0-9!%^_.~-]{8,40}",
            key in "(DB_)?(password|token|API_KEY|client-secret)",
            form in 0..6_usize,
        ) {
            let line = [
                format!("{key}: {secret}"),
                format!("{key} = \"{secret}\""),
                format!("{{\"{key}\": \"{secret}\"}}"),
                format!("- name: {key}\n  value: '{secret}'"),
                format!("postgres://dana:{secret}@db/x"),
                format!("{key}: AKIA{secret}\nx: {secret}\n{secret}_{key}: {secret}"),
            ][form].clone();
            for finding in scan("a.yaml", &line) {
                let shown = format!("{} {} {}", finding.subject, finding.evidence, finding.place);
                prop_assert!(!shown.contains(&secret) || form == 5 && finding.subject.contains(&key), "{shown}");
            }
        }
    }
}

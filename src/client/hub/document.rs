//! Reading a catalog, tolerantly: a bad entry costs itself, a bad field the field. Pure.
//!
//! Whatever helm gets as an argument later is checked here, by what it may be made of, and is left out where it is not.

use super::entry::{ChartVersion, Contributes, ExtensionKind, Gate, HubEntry, Maturity};
use crate::model::limits::{self, Excess};
use crate::model::{CleanText, Warning};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most entries of a catalog.
const MOST_ENTRIES: usize = 10_000;
/// The most members of a list or a map in an entry.
const MOST_MEMBERS: usize = 100;

/// Why a document is not a catalog.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCatalog {
    /// It has more bytes.
    #[error("the catalog is larger than {} MiB", super::LARGEST / 1024 / 1024)]
    TooLarge,
    /// It has too much in it.
    #[error("the catalog is {0}")]
    Excess(#[from] Excess),
    /// It is something else.
    #[error("not a catalog: it is {0}, not JSON")]
    NotJson(&'static str),
    /// It is JSON with another structure.
    #[error("not a catalog: it has no list `extensions`")]
    NoExtensions,
    /// It has more entries.
    #[error("the catalog has more than {MOST_ENTRIES} entries")]
    TooMany,
}

/// A catalog that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogDocument {
    /// What it calls itself.
    pub id: Option<CleanText>,
    /// Its entries, by name; of several with one name each is here.
    pub entries: Vec<HubEntry>,
    /// The names that more than one entry has: none of these can be installed.
    pub doubled: BTreeSet<String>,
    /// What the user should know of it.
    pub problems: Vec<Warning>,
}

/// Reads a catalog.
pub fn read(content: &[u8]) -> Result<CatalogDocument, NoCatalog> {
    if content.len() > super::LARGEST {
        return Err(NoCatalog::TooLarge);
    }
    limits::check(content)?;
    let document: Value = serde_json::from_slice(content)
        .map_err(|_| NoCatalog::NotJson(crate::client::api_client::what_it_is(content)))?;
    let extensions = document.get("extensions").and_then(Value::as_array).ok_or(NoCatalog::NoExtensions)?;
    if extensions.len() > MOST_ENTRIES {
        return Err(NoCatalog::TooMany);
    }
    let mut problems = Vec::new();
    let mut entries: Vec<HubEntry> = Vec::new();
    for (number, value) in extensions.iter().enumerate() {
        match entry(value) {
            Ok(entry) => entries.push(entry),
            Err(why) => problems.push(Warning::general(format!("skipped entry {}: {why}", number + 1))),
        }
    }
    entries.sort_by(|first, second| first.name.cmp(&second.name));
    let names = entries.windows(2).filter(|pair| pair[0].name == pair[1].name);
    let doubled: BTreeSet<String> = names.map(|pair| pair[0].name.clone()).collect();
    problems.extend(doubled.iter().map(|name| {
        Warning::general(format!("`{name}` has more than one entry, and cannot be installed by name"))
    }));
    let more = problems.len().saturating_sub(limits::PROBLEMS);
    problems.truncate(limits::PROBLEMS);
    if more > 0 {
        problems.push(Warning::general(format!("{more} more problems")));
    }
    let id = document.pointer("/metadata/catalogId").and_then(Value::as_str).and_then(CleanText::non_empty);
    Ok(CatalogDocument { id, entries, doubled, problems })
}

fn entry(value: &Value) -> Result<HubEntry, String> {
    let name = value.get("name").and_then(Value::as_str).ok_or("it has no name")?;
    if !is_label(name) {
        return Err(format!("`{}` is not a valid name", CleanText::new(name)));
    }
    let mut faults = Vec::new();
    let clean = |key: &str| value.get(key).and_then(Value::as_str).and_then(CleanText::non_empty);
    let at = |path: &str| value.pointer(path).and_then(Value::as_str);
    let is = |path: &str| value.pointer(path) == Some(&Value::Bool(true));
    let maturity = match at("/maturity") {
        None => Maturity::Alpha,
        Some(word) => Maturity::from_word(word).unwrap_or_else(|| {
            faults.push(CleanText::new(&format!("unknown maturity `{word}`, taken for alpha")));
            Maturity::Alpha
        }),
    };
    let gate = (at("/access").is_some_and(|access| access != "public")
        || value.get("gated").is_some_and(Value::is_object))
    .then(|| Gate {
        contact_url: at("/gated/contactUrl").and_then(CleanText::non_empty),
        instructions: at("/gated/instructions").and_then(CleanText::non_empty),
    });
    let mut usable = |path: &str, what: &str, is_usable: fn(&str) -> bool| {
        let text = at(path).filter(|text| !text.is_empty())?;
        if is_usable(text) {
            return Some(text.to_owned());
        }
        faults.push(CleanText::new(&format!("invalid {what} `{text}`")));
        None
    };
    let release = usable("/install/helm/releaseName", "release name", is_release);
    let namespace = usable("/install/helm/namespace", "namespace", is_label);
    let channels = channels(value.pointer("/artifacts/chart/channels"), &mut faults);
    Ok(HubEntry {
        name: name.to_owned(),
        kind: match at("/type") {
            Some("plugin") => ExtensionKind::Plugin,
            Some("provider") => ExtensionKind::Provider,
            _ => ExtensionKind::Unknown,
        },
        display_name: clean("displayName"),
        description: clean("description"),
        categories: texts(value.get("categories")),
        keywords: texts(value.get("keywords")),
        homepage: clean("homepage"),
        source_repo: clean("sourceRepo"),
        license: clean("license"),
        maintainers: maintainers(value.get("maintainers")),
        maturity,
        is_verified: is("/verified"),
        gate,
        openeverest: at("/compatibility/openeverest").and_then(CleanText::non_empty),
        kubernetes: at("/compatibility/kubernetes").and_then(CleanText::non_empty),
        capabilities: capabilities(value.get("capabilities")),
        contributes: Contributes {
            ui: is("/plugin/contributes/ui"),
            backend: is("/plugin/contributes/backend"),
            cli: is("/plugin/contributes/cli"),
        },
        extension_points: texts(value.pointer("/plugin/extensionPoints")),
        channels,
        default_channel: at("/artifacts/chart/defaultChannel").map(str::to_owned),
        release,
        namespace,
        faults,
    })
}

fn texts(value: Option<&Value>) -> Vec<CleanText> {
    let list = value.and_then(Value::as_array).into_iter().flatten().take(MOST_MEMBERS);
    list.filter_map(scalar).collect()
}

fn scalar(value: &Value) -> Option<CleanText> {
    match value {
        Value::String(text) => CleanText::non_empty(text),
        Value::Bool(_) | Value::Number(_) => Some(CleanText::new(&value.to_string())),
        _ => None,
    }
}

fn maintainers(value: Option<&Value>) -> Vec<CleanText> {
    let list = value.and_then(Value::as_array).into_iter().flatten().take(MOST_MEMBERS);
    let name = |one: &Value| {
        let text = |key| one.get(key).and_then(Value::as_str).and_then(CleanText::non_empty);
        text("name").or_else(|| text("github")).or_else(|| text("email"))
    };
    list.filter_map(name).collect()
}

fn capabilities(value: Option<&Value>) -> BTreeMap<String, Vec<CleanText>> {
    let map = value.and_then(Value::as_object).into_iter().flatten().take(MOST_MEMBERS);
    let pair = |(key, value): (&String, &Value)| {
        let key = CleanText::non_empty(key)?.to_string();
        // What it does not have is not a capability.
        if value == &Value::Bool(false) {
            return None;
        }
        Some((key, if value.is_array() { texts(Some(value)) } else { scalar(value).into_iter().collect() }))
    };
    map.filter_map(pair).collect()
}

fn channels(value: Option<&Value>, faults: &mut Vec<CleanText>) -> BTreeMap<String, ChartVersion> {
    let map = value.and_then(Value::as_object).into_iter().flatten().take(MOST_MEMBERS);
    let mut channels = BTreeMap::new();
    for (name, chart) in map.filter(|(name, _)| is_label(name)) {
        match chart_version(chart) {
            Ok(chart) => drop(channels.insert(name.clone(), chart)),
            Err(why) => faults.push(CleanText::new(&format!("channel `{name}`: {why}"))),
        }
    }
    channels
}

fn chart_version(chart: &Value) -> Result<ChartVersion, String> {
    let text = |key: &str| chart.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let reference = text("ref").ok_or("it has no ref")?;
    if !is_reference(reference) {
        return Err(format!("invalid ref `{reference}`"));
    }
    let (version, digest) = (text("version"), text("digest"));
    if let Some(version) = version.filter(|version| !is_version(version)) {
        return Err(format!("invalid version `{version}`"));
    }
    if let Some(digest) = digest.filter(|digest| !is_digest(digest)) {
        return Err(format!("invalid digest `{digest}`"));
    }
    Ok(ChartVersion {
        reference: reference.to_owned(),
        version: version.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

/// A DNS label (RFC 1123).
pub fn is_label(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// What helm takes for the name of a release.
pub fn is_release(text: &str) -> bool {
    is_label(text) && text.len() <= 53
}

/// A version as charts have it.
pub fn is_version(text: &str) -> bool {
    semver::Version::parse(text.strip_prefix('v').unwrap_or(text)).is_ok()
}

fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:");
    hex.is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn is_reference(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:+~%".contains(&byte);
    let first = text.bytes().next().unwrap_or_default();
    text.len() <= 500 && text.bytes().all(is_plain) && (first.is_ascii_alphanumeric() || first == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(entry: &Value) -> HubEntry {
        let document = read(json!({"extensions": [entry]}).to_string().as_bytes()).unwrap();
        assert_eq!(document.problems, []);
        document.entries.into_iter().next().unwrap()
    }

    #[test]
    fn the_format_of_the_hub() {
        let entry = one(&json!({"name":"slow-query","type":"plugin","displayName":"Slow query report",
            "categories":["observability"],"maintainers":[{"github":"dana"}],"icon":null,"access":"public",
            "maturity":"beta","verified":false,"health":null,
            "compatibility":{"openeverest":">=2.0.0","kubernetes":">=1.28"},
            "capabilities":{"backups.scheduled":true,"backups.pitr":false,"postgresql.versions":["16","17"]},
            "artifacts":{"chart":{"defaultChannel":"stable","channels":{"stable":{
                "ref":"oci://registry.example.net/charts/slow-query","version":"0.4.0",
                "digest":format!("sha256:{}", "0".repeat(64))}}}},
            "install":{"helm":{"releaseName":"slow-query","namespace":"everest-system"}},
            "plugin":{"contributes":{"ui":true,"cli":false,"backend":true},"extensionPoints":["route"]},"provider":null}));
        assert_eq!((entry.kind, entry.maturity), (ExtensionKind::Plugin, Maturity::Beta));
        assert_eq!(entry.contributes.words().collect::<Vec<_>>(), ["ui", "backend"]);
        assert_eq!(
            entry.capabilities.keys().collect::<Vec<_>>(),
            ["backups.scheduled", "postgresql.versions"]
        );
        let (channel, chart) = entry.chart(None).unwrap();
        assert_eq!((channel, chart.version.as_deref()), ("stable", Some("0.4.0")));
        assert_eq!((entry.release.as_deref(), entry.gate), (Some("slow-query"), None));
        assert_eq!(entry.faults, []);
        // Every key but the name may be missing.
        assert_eq!(one(&json!({"name": "x"})).maturity, Maturity::Alpha);
        let gated = one(&json!({"name":"x","access":"gated","gated":{"contactUrl":"https://example.com"}}));
        assert_eq!(gated.gate.unwrap().contact_url.unwrap().as_str(), "https://example.com");
    }

    #[test]
    fn what_helm_must_not_get_is_left_out_and_said() {
        for (reference, version, release) in [
            ("--post-renderer=sh", "1.0.0", "x"),
            ("oci://h/x y", "1.0.0", "x"),
            ("oci://h/x", "--debug", "x"),
            ("oci://h/x", "1.0.0", "--kubeconfig"),
            ("oci://h/x", "1.0.0", "UPPER"),
        ] {
            let entry = one(&json!({"name":"x","artifacts":{"chart":{"channels":{"stable":{"ref":reference,
                "version":version}}}},"install":{"helm":{"releaseName":release}}}));
            assert_eq!(entry.faults.len(), 1, "{entry:?}");
            assert!(entry.chart(None).is_none() || entry.release.is_none(), "{entry:?}");
        }
    }

    #[test]
    fn bad_entries_and_doubled_names_are_said_and_cost_no_others() {
        let list = json!({"extensions":[{"name":"b","description":"a\u{1b}[31mb"},{"name":"../x"},{},7,{"name":"a"},{"name":"b"}]});
        let document = read(list.to_string().as_bytes()).unwrap();
        let names: Vec<&str> = document.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "b"]);
        assert_eq!(document.doubled.iter().collect::<Vec<_>>(), ["b"]);
        assert_eq!(document.problems.len(), 4);
        let described = document.entries.iter().find_map(|entry| entry.description.as_ref());
        assert_eq!(described.unwrap().as_str(), "a[31mb");
    }

    #[test]
    fn what_is_no_catalog() {
        assert_eq!(read(b"<html>"), Err(NoCatalog::NotJson("an HTML page")));
        assert_eq!(read(b"{}"), Err(NoCatalog::NoExtensions));
        assert_eq!(read(&vec![b' '; super::super::LARGEST + 1]), Err(NoCatalog::TooLarge));
        assert_eq!(read("[".repeat(5000).as_bytes()), Err(NoCatalog::Excess(Excess::Depth)));
    }
}

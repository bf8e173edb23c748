//! Reading one `Plugin`: a custom resource or an entry of a server's list. Pure.
//!
//! One whose fields have the wrong type spoils itself only: it is listed under its name, with what is wrong.

use super::overlays;
use crate::model::{CommandWord, InvalidWord, Line, Origin, Place, Problem, Source, State, Way, reserved};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The parts of the custom resource that matter here (reference, section 2.1).
#[derive(Deserialize)]
struct Resource {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// Where a manifest says that the plugin's OpenAPI document is (design, section 6).
const DOCUMENT: &str = "everestctl.openeverest.io/openapi";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    display_name: Option<String>,
    description: Option<String>,
    version: Option<String>,
    vendor: Option<String>,
    compatible_host_versions: Option<String>,
    enabled: Option<bool>,
    backend: Option<Backend>,
    cli: Option<Cli>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Backend {
    service_ref: Option<ServiceRef>,
    external_url: Option<String>,
}

#[derive(Deserialize)]
struct ServiceRef {
    namespace: String,
    name: String,
    port: u16,
}

#[derive(Deserialize)]
struct Cli {
    image: Option<String>,
    subcommand: Option<String>,
    description: Option<String>,
}

/// An entry of a server's list (reference, section 3.3). It does not say what the plugin offers, so that
/// every entry is one behind the proxy.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListEntry {
    name: String,
    display_name: Option<String>,
    description: Option<String>,
    version: Option<String>,
    vendor: Option<String>,
    compatible_host_versions: Option<String>,
}

/// The origin that a custom resource in the API group numbered `group` gives.
pub fn of_resource(json: &RawValue, group: u32, problems: &mut Vec<Problem>) -> Option<Origin> {
    let (source, place) = (Source::Cluster, Place::ApiGroup(group));
    let Resource { metadata, spec } = match read(json) {
        Ok(resource) => resource,
        Err(why) => {
            #[derive(Deserialize)]
            struct Named {
                metadata: Metadata,
            }
            let name = read::<Named>(json).map(|named| named.metadata.name);
            return damaged(name, source, place, &why, problems);
        }
    };
    let mut origin = Origin::new(shown_name(&metadata.name), source, None, place);
    let Cli { image, subcommand, description } =
        spec.cli.unwrap_or(Cli { image: None, subcommand: None, description: None });
    origin.image = clean(image.as_ref());
    let annotations = metadata.annotations.as_ref();
    origin.document_path = annotations
        .and_then(|annotations| annotations.get(DOCUMENT))
        .filter(|path| path.starts_with('/'))
        .and_then(|path| Line::non_empty(path));
    origin.backend = spec.backend.as_ref().and_then(Backend::shown);
    origin.way = match (&origin.image, &spec.backend) {
        (Some(_), _) => Some(Way::Container),
        (None, Some(_)) => Some(Way::Proxy),
        (None, None) => None,
    };
    origin.state = if spec.enabled == Some(false) {
        State::Disabled
    } else if origin.way.is_none() {
        State::NoCommands
    } else {
        State::Ready
    };
    origin.display_name = clean(spec.display_name.as_ref());
    origin.description = clean(description.as_ref()).or_else(|| clean(spec.description.as_ref()));
    origin.version = clean(spec.version.as_ref());
    origin.vendor = clean(spec.vendor.as_ref());
    origin.host_versions = clean(spec.compatible_host_versions.as_ref());
    check_name(&mut origin, &metadata.name);
    let usable = !matches!(origin.state, State::Invalid { .. });
    if let Some(subcommand) = subcommand.filter(|subcommand| usable && *subcommand != metadata.name) {
        match alias(&subcommand) {
            Ok(alias) => origin.aliases.push(alias),
            Err(why) => {
                let (name, subcommand) = (&origin.name, Line::new(&subcommand));
                let message = format!("plugin `{name}` cannot have the subcommand `{subcommand}`: {why}");
                problems.push(Problem::new(source, message).hint(format!("use `everestctl {name}` instead")));
            }
        }
    }
    Some(origin)
}

/// The origin that an entry of a server's list gives.
pub fn of_list_entry(json: &RawValue, problems: &mut Vec<Problem>) -> Option<Origin> {
    let (source, place) = (Source::Server, Place::PluginList);
    let entry: ListEntry = match read(json) {
        Ok(entry) => entry,
        Err(why) => {
            let name = read::<Metadata>(json).map(|named| named.name);
            return damaged(name, source, place, &why, problems);
        }
    };
    let mut origin = Origin::new(shown_name(&entry.name), source, Some(Way::Proxy), place);
    origin.display_name = clean(entry.display_name.as_ref());
    origin.description = clean(entry.description.as_ref());
    origin.version = clean(entry.version.as_ref());
    origin.vendor = clean(entry.vendor.as_ref());
    origin.host_versions = clean(entry.compatible_host_versions.as_ref());
    origin.aliases.extend(overlays::aliases(&entry.name));
    check_name(&mut origin, &entry.name);
    Some(origin)
}

/// Lists what cannot be read under its name, if that at least can be read.
fn damaged(
    name: Result<String, String>,
    source: Source,
    place: Place,
    why: &str,
    problems: &mut Vec<Problem>,
) -> Option<Origin> {
    let Ok(name) = name else {
        problems.push(Problem::new(source, format!("skipped an entry without a valid name: {why}")));
        return None;
    };
    let mut origin = Origin::new(shown_name(&name), source, None, place);
    origin.state = State::Invalid { why: Line::new(why), hint: None };
    Some(origin)
}

/// The name as it is listed. What cannot be seen is written out, so that no name passes for another.
fn shown_name(name: &str) -> Line {
    let clean = Line::new(name);
    if clean.as_str() == name { clean } else { Line::new(&name.escape_default().to_string()) }
}

/// The server allows wider names than a command can have; those are shown, not run.
fn check_name(origin: &mut Origin, name: &str) {
    if let Err(error) = CommandWord::new(name) {
        let why = match error {
            InvalidWord::Empty => "it has no name".to_owned(),
            error => format!("its name is not a valid command name: {error}"),
        };
        origin.state = State::Invalid { why: Line::new(&why), hint: None };
    }
}

fn alias(subcommand: &str) -> Result<CommandWord, String> {
    let word = CommandWord::new(subcommand).map_err(|error| error.to_string())?;
    match reserved::owner(subcommand) {
        Some(_) => Err("the word is reserved".to_owned()),
        None => Ok(word),
    }
}

fn clean(text: Option<&String>) -> Option<Line> {
    text.and_then(|text| Line::non_empty(text))
}

impl Backend {
    fn shown(&self) -> Option<Line> {
        match (&self.service_ref, &self.external_url) {
            (Some(service), _) => {
                Line::non_empty(&format!("{}.{}:{}", service.name, service.namespace, service.port))
            }
            (None, Some(url)) => Line::non_empty(url),
            (None, None) => None,
        }
    }
}

/// Reads `json`; the error names the field and what is wrong with it.
fn read<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, String> {
    let reader = &mut serde_json::Deserializer::from_str(json.get());
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let text = error.inner().to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        format!("{}: {what}", error.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(text: &str) -> (Option<Origin>, Vec<Problem>) {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let mut problems = Vec::new();
        (of_resource(&raw, 0, &mut problems), problems)
    }

    fn state(text: &str) -> State {
        resource(text).0.unwrap().state
    }

    #[test]
    fn what_a_manifest_offers_decides_the_way() {
        let way =
            |spec: &str| resource(&format!(r#"{{"metadata":{{"name":"x"}},"spec":{spec}}}"#)).0.unwrap().way;
        let backend = r#""backend":{"serviceRef":{"namespace":"n","name":"s","port":1}}"#;
        assert_eq!(way(&format!(r"{{{backend}}}")), Some(Way::Proxy));
        assert_eq!(way(&format!(r#"{{{backend},"cli":{{"image":"i"}}}}"#)), Some(Way::Container));
        assert_eq!(way(r#"{"displayName":"X"}"#), None);
    }

    #[test]
    fn a_wrong_type_spoils_the_resource_and_names_the_field() {
        let State::Invalid { why, .. } = state(r#"{"metadata":{"name":"x"},"spec":{"enabled":"yes"}}"#)
        else {
            panic!("not invalid");
        };
        assert_eq!(why.as_str(), r#"spec.enabled: invalid type: string "yes", expected a boolean"#);
    }

    #[test]
    fn a_wide_name_is_shown_and_not_run() {
        for name in ["my.plugin", "9lives", "../../x", "A", ""] {
            let text = format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"backend":{{}}}}}}"#);
            assert!(matches!(state(&text), State::Invalid { .. }), "{name}");
        }
    }

    #[test]
    fn a_reserved_or_unusable_subcommand_is_a_problem_and_no_alias() {
        for subcommand in ["plugin", "backup", "a b", "x\\u001b[31m"] {
            let text = format!(
                r#"{{"metadata":{{"name":"x"}},"spec":{{"cli":{{"image":"i","subcommand":"{subcommand}"}}}}}}"#
            );
            let (origin, problems) = resource(&text);
            assert!(origin.unwrap().aliases.is_empty(), "{subcommand}");
            assert!(problems[0].message.starts_with("plugin `x` cannot have the subcommand"), "{problems:?}");
            assert!(!problems[0].message.contains('\u{1b}'));
        }
    }

    #[test]
    fn an_entry_without_a_name_is_a_problem() {
        let (origin, problems) = resource(r#"{"metadata":{"name":5}}"#);
        assert!(origin.is_none());
        assert!(problems[0].message.contains("metadata.name"), "{problems:?}");
    }
}

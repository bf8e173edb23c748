//! Reading one `Plugin`: a custom resource or an entry of a server's list. Pure.
//!
//! One whose fields have the wrong type spoils itself only: it is listed under its name, with what is wrong.

use super::{declared_words, overlays};
use crate::model::{
    CleanText, CommandWord, InvalidWord, Origin, OriginPlace, OriginState, Source, Warning, Way, reserved,
};
use everestctl_protocol::manifest::{self, Backend, Cli, Metadata, ServiceRef};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The resource, without what is not looked into here.
type PluginResource = manifest::Plugin<IgnoredAny, IgnoredAny>;

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
pub fn from_resource(json: &RawValue, group: u32, problems: &mut Vec<Warning>) -> Option<Origin> {
    let (source, place) = (Source::Cluster, OriginPlace::ApiGroup(group));
    let PluginResource { metadata, spec, .. } = match read(json) {
        Ok(resource) => resource,
        Err(why) => {
            #[derive(Deserialize)]
            struct Named {
                metadata: Option<Metadata>,
            }
            let name = read::<Named>(json).and_then(|named| name_of(named.metadata));
            return damaged(name, source, place, &why, problems);
        }
    };
    let annotations = metadata.as_ref().and_then(|metadata| metadata.annotations.as_ref());
    let document_path = annotations
        .and_then(|annotations| annotations.get(manifest::OPENAPI_ANNOTATION))
        .filter(|path| path.starts_with('/'))
        .and_then(|path| CleanText::non_empty(path));
    let words = annotations.map_or(Ok(None), declared_words::from_annotations);
    let name = match name_of(metadata) {
        Ok(name) => name,
        Err(why) => return damaged(Err(String::new()), source, place, &why, problems),
    };
    let spec = spec.unwrap_or_default();
    let mut origin = Origin::new(shown_name(&name), source, None, place);
    let Cli { image, subcommand, description } = spec.cli.unwrap_or_default();
    origin.image = clean(image.as_ref());
    origin.document_path = document_path;
    origin.backend = spec.backend.as_ref().and_then(shown_backend);
    origin.way = match (&origin.image, &spec.backend) {
        (Some(_), _) => Some(Way::Container),
        (None, Some(_)) => Some(Way::Proxy),
        (None, None) => None,
    };
    match words {
        // What a server describes, its document describes.
        Ok(words) => origin.words = words.map(Box::new).filter(|_| origin.way == Some(Way::Container)),
        Err(why) => {
            let message = format!("plugin `{}`: completion is not available: {why}", origin.name);
            problems.push(Warning::new(source, message));
        }
    }
    origin.state = if spec.enabled == Some(false) {
        OriginState::Disabled
    } else if origin.way.is_none() {
        OriginState::NoCommands
    } else {
        OriginState::Ready
    };
    origin.display_name = clean(spec.display_name.as_ref());
    origin.description = clean(description.as_ref()).or_else(|| clean(spec.description.as_ref()));
    origin.version = clean(spec.version.as_ref());
    origin.vendor = clean(spec.vendor.as_ref());
    origin.host_versions = clean(spec.compatible_host_versions.as_ref());
    check_name(&mut origin, &name);
    let usable = !matches!(origin.state, OriginState::Invalid { .. });
    if let Some(subcommand) = subcommand.filter(|subcommand| usable && *subcommand != name) {
        match alias(&subcommand) {
            Ok(alias) => origin.aliases.push(alias),
            Err(why) => {
                let (name, subcommand) = (&origin.name, CleanText::new(&subcommand));
                let message = format!("plugin `{name}` cannot have the subcommand `{subcommand}`: {why}");
                problems.push(Warning::new(source, message).hint(format!("use `everestctl {name}` instead")));
            }
        }
    }
    Some(origin)
}

/// The origin that an entry of a server's list gives.
pub fn from_list_entry(json: &RawValue, problems: &mut Vec<Warning>) -> Option<Origin> {
    let (source, place) = (Source::Server, OriginPlace::PluginList);
    let entry: ListEntry = match read(json) {
        Ok(entry) => entry,
        Err(why) => {
            let name = read(json).and_then(|named| name_of(Some(named)));
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
    place: OriginPlace,
    why: &str,
    problems: &mut Vec<Warning>,
) -> Option<Origin> {
    let Ok(name) = name else {
        problems.push(Warning::new(source, format!("skipped an entry without a valid name: {why}")));
        return None;
    };
    let mut origin = Origin::new(shown_name(&name), source, None, place);
    origin.state = OriginState::Invalid { why: CleanText::new(why), hint: None };
    Some(origin)
}

/// The name as it is listed. What cannot be seen is written out, so that no name passes for another.
fn shown_name(name: &str) -> CleanText {
    let clean = CleanText::new(name);
    if clean.as_str() == name { clean } else { CleanText::new(&name.escape_default().to_string()) }
}

/// The server allows wider names than a command can have; those are shown, not run.
fn check_name(origin: &mut Origin, name: &str) {
    if let Err(error) = CommandWord::new(name) {
        let why = match error {
            InvalidWord::Empty => "it has no name".to_owned(),
            error => format!("its name is not a valid command name: {error}"),
        };
        origin.state = OriginState::Invalid { why: CleanText::new(&why), hint: None };
    }
}

fn alias(subcommand: &str) -> Result<CommandWord, String> {
    let word = CommandWord::new(subcommand).map_err(|error| error.to_string())?;
    match reserved::owner(subcommand) {
        Some(_) => Err("the word is reserved".to_owned()),
        None => Ok(word),
    }
}

fn clean(text: Option<&String>) -> Option<CleanText> {
    text.and_then(|text| CleanText::non_empty(text))
}

/// The name of a resource or an entry; without one it is nothing.
fn name_of(metadata: Option<Metadata>) -> Result<String, String> {
    metadata.and_then(|metadata| metadata.name).ok_or_else(|| "metadata.name is missing".to_owned())
}

fn shown_backend(backend: &Backend) -> Option<CleanText> {
    match (&backend.service_ref, &backend.external_url) {
        (Some(ServiceRef { name, namespace, port }), _) => {
            CleanText::non_empty(&format!("{}.{}:{}", name.as_ref()?, namespace.as_ref()?, port.as_ref()?))
        }
        (None, Some(url)) => CleanText::non_empty(url),
        (None, None) => None,
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

    fn resource(text: &str) -> (Option<Origin>, Vec<Warning>) {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let mut problems = Vec::new();
        (from_resource(&raw, 0, &mut problems), problems)
    }

    fn state(text: &str) -> OriginState {
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
        let OriginState::Invalid { why, .. } = state(r#"{"metadata":{"name":"x"},"spec":{"enabled":"yes"}}"#)
        else {
            panic!("not invalid");
        };
        assert_eq!(why.as_str(), r#"spec.enabled: invalid type: string "yes", expected a boolean"#);
    }

    #[test]
    fn a_wide_name_is_shown_and_not_run() {
        for name in ["my.plugin", "9lives", "../../x", "A", ""] {
            let text = format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"backend":{{}}}}}}"#);
            assert!(matches!(state(&text), OriginState::Invalid { .. }), "{name}");
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

//! The names as they lie in the file, apart from the nouns of `model`, so that a change of either is seen
//! as what it is: a new [`super::format::VERSION`].

use super::{Names, Section};
use crate::model::{
    CommandWord, FileIdentity, Line, Origin, PathFamily, Place, Source, State, Validators, Way,
};
use crate::sys::clock::Moment;
use rkyv::{Archive, Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct NamesRecord {
    sections: Vec<SectionRecord>,
}

#[derive(Archive, Serialize, Deserialize)]
struct SectionRecord {
    source: u8,
    answered: Option<u64>,
    failed: Option<u64>,
    approved: bool,
    etag: Option<String>,
    flat: Option<bool>,
    watched: Vec<WatchedRecord>,
    origins: Vec<OriginRecord>,
}

#[derive(Archive, Serialize, Deserialize)]
struct WatchedRecord {
    path: Vec<u8>,
    identity: Option<(u64, u64, i64, i64, u64)>,
}

#[derive(Archive, Serialize, Deserialize)]
struct OriginRecord {
    name: String,
    way: Option<u8>,
    state: StateRecord,
    place: (u8, u32),
    aliases: Vec<String>,
    /// Display name, description, version, vendor, host versions, backend, image.
    texts: [Option<String>; 7],
    path: Option<Vec<u8>>,
}

#[derive(Archive, Serialize, Deserialize)]
enum StateRecord {
    Ready,
    Disabled,
    Incompatible(String),
    NoCommands,
    NotExecutable,
    Invalid(String, Option<String>),
}

impl From<&Names> for NamesRecord {
    fn from(names: &Names) -> Self {
        Self {
            sections: names
                .sections
                .iter()
                .map(|(source, section)| section_record(*source, section))
                .collect(),
        }
    }
}

impl NamesRecord {
    /// The names again; `None` when a record is none that this version writes.
    pub(super) fn into_names(self) -> Option<Names> {
        let sections = self.sections.into_iter().map(|record| {
            let source = *Source::ALL.get(usize::from(record.source))?;
            Some((source, section(source, record)?))
        });
        Some(Names { sections: sections.collect::<Option<_>>()? })
    }
}

impl ArchivedNamesRecord {
    /// The names of all commands, read in place.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().flat_map(|section| section.origins.iter()).map(|origin| origin.name.as_str())
    }
}

fn section_record(source: Source, section: &Section) -> SectionRecord {
    let Validators { etag, family, watched } = &section.validators;
    SectionRecord {
        source: number(&Source::ALL, &source),
        answered: section.answered.map(|moment| moment.0),
        failed: section.failed.map(|moment| moment.0),
        approved: section.approved,
        etag: etag.clone(),
        flat: family.map(|family| family == PathFamily::Flat),
        watched: watched
            .iter()
            .map(|(path, identity)| WatchedRecord {
                path: path_bytes(path),
                identity: identity.map(|it| (it.device, it.inode, it.modified, it.changed, it.size)),
            })
            .collect(),
        origins: section.origins.iter().map(origin_record).collect(),
    }
}

fn section(source: Source, record: SectionRecord) -> Option<Section> {
    let watched = record.watched.into_iter().map(|watched| {
        let identity = watched.identity.map(|(device, inode, modified, changed, size)| FileIdentity {
            device,
            inode,
            modified,
            changed,
            size,
        });
        (path_of(watched.path), identity)
    });
    Some(Section {
        answered: record.answered.map(Moment),
        failed: record.failed.map(Moment),
        approved: record.approved,
        validators: Validators {
            etag: record.etag,
            family: record.flat.map(|flat| if flat { PathFamily::Flat } else { PathFamily::Clustered }),
            watched: watched.collect(),
        },
        origins: record.origins.into_iter().map(|record| origin(source, record)).collect::<Option<_>>()?,
    })
}

fn origin_record(origin: &Origin) -> OriginRecord {
    let text = |line: &Option<Line>| line.as_ref().map(Line::to_string);
    OriginRecord {
        name: origin.name.to_string(),
        way: origin.way.map(|way| number(&Way::ALL, &way)),
        state: match &origin.state {
            State::Ready => StateRecord::Ready,
            State::Disabled => StateRecord::Disabled,
            State::Incompatible(why) => StateRecord::Incompatible(why.to_string()),
            State::NoCommands => StateRecord::NoCommands,
            State::NotExecutable => StateRecord::NotExecutable,
            State::Invalid { why, hint } => StateRecord::Invalid(why.to_string(), hint.clone()),
        },
        place: match origin.place {
            Place::PluginFolder => (0, 0),
            Place::Path(number) => (1, number),
            Place::PluginList => (2, 0),
            Place::ApiGroup(number) => (3, number),
        },
        aliases: origin.aliases.iter().map(CommandWord::to_string).collect(),
        texts: [
            text(&origin.display_name),
            text(&origin.description),
            text(&origin.version),
            text(&origin.vendor),
            text(&origin.host_versions),
            text(&origin.backend),
            text(&origin.image),
        ],
        path: origin.path.as_deref().map(path_bytes),
    }
}

/// The origin again. Texts pass the border a second time: a file is outside too.
fn origin(source: Source, record: OriginRecord) -> Option<Origin> {
    let line = |text: Option<String>| text.as_deref().and_then(Line::non_empty);
    let [display_name, description, version, vendor, host_versions, backend, image] = record.texts;
    Some(Origin {
        name: Line::new(&record.name),
        source,
        way: match record.way {
            Some(number) => Some(*Way::ALL.get(usize::from(number))?),
            None => None,
        },
        state: match record.state {
            StateRecord::Ready => State::Ready,
            StateRecord::Disabled => State::Disabled,
            StateRecord::Incompatible(why) => State::Incompatible(Line::new(&why)),
            StateRecord::NoCommands => State::NoCommands,
            StateRecord::NotExecutable => State::NotExecutable,
            StateRecord::Invalid(why, hint) => State::Invalid { why: Line::new(&why), hint },
        },
        place: match record.place {
            (0, _) => Place::PluginFolder,
            (1, number) => Place::Path(number),
            (2, _) => Place::PluginList,
            (3, number) => Place::ApiGroup(number),
            _ => return None,
        },
        aliases: record.aliases.iter().map(|alias| CommandWord::new(alias).ok()).collect::<Option<_>>()?,
        display_name: line(display_name),
        description: line(description),
        version: line(version),
        vendor: line(vendor),
        host_versions: line(host_versions),
        backend: line(backend),
        image: line(image),
        path: record.path.map(path_of),
    })
}

fn number<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter()
        .position(|other| other == one)
        .and_then(|position| u8::try_from(position).ok())
        .unwrap_or(u8::MAX)
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

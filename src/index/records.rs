//! The names as they lie in the file, apart from the nouns of `model`, so that a change of either is seen
//! as what it is: a new [`super::format::VERSION`].

use super::{Described, Names, Section, SectionFailure};
use crate::model::{
    CleanText, CommandWord, DeclaredWords, FileIdentity, Origin, OriginPlace, OriginState, PathFamily,
    Source, Validators, Way,
};
use crate::sys::clock::UnixTime;
use rkyv::option::ArchivedOption;
use rkyv::string::ArchivedString;
use rkyv::{Archive, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a list of names needs of one origin. The texts are as they are in the file: showing one makes a
/// [`CleanText`] of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRecord<'a> {
    /// The name.
    pub name: &'a str,
    /// What it does.
    pub description: Option<&'a str>,
    /// Further names.
    pub aliases: Vec<&'a str>,
    /// How it runs.
    pub way: Option<Way>,
    /// Whether it can run as far as this source knows.
    pub is_ready: bool,
    /// Whether it cannot be a command at all, whatever changes elsewhere.
    pub is_broken: bool,
}

#[derive(Archive, Serialize)]
pub(super) struct NamesRecord {
    sections: Vec<SectionRecord>,
    described: Vec<DescribedRecord>,
}

#[derive(Archive, Serialize)]
struct DescribedRecord {
    plugin: String,
    details: Option<u64>,
    asked: u64,
    refused: bool,
    aliases: Vec<String>,
    /// Place, `ETag`, version, why it could not be asked.
    texts: [Option<String>; 4],
}

#[derive(Archive, Serialize)]
struct SectionRecord {
    source: u8,
    answered: Option<u64>,
    failed: Option<u64>,
    /// Why, and whether signing in would help.
    failure: Option<(String, bool)>,
    approved: bool,
    etag: Option<String>,
    flat: Option<bool>,
    watched: Vec<WatchedRecord>,
    origins: Vec<OriginRecord>,
}

#[derive(Archive, Serialize)]
struct WatchedRecord {
    path: Vec<u8>,
    identity: Option<(u64, u64, i64, i64, u64)>,
}

#[derive(Archive, Serialize)]
struct OriginRecord {
    name: String,
    way: Option<u8>,
    state: StateRecord,
    place: (u8, u32),
    aliases: Vec<String>,
    /// Display name, description, version, vendor, host versions, backend, image, document path.
    texts: [Option<String>; 8],
    words: Option<Box<WordsRecord>>,
    path: Option<Vec<u8>>,
}

#[derive(Archive, Serialize)]
struct WordsRecord {
    lines: Vec<(String, String)>,
    has_completer: bool,
}

#[derive(Archive, Serialize)]
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
            described: names.described.iter().map(described_record).collect(),
        }
    }
}

impl ArchivedNamesRecord {
    /// The names again; `None` when a record is none that this version writes.
    pub(super) fn to_names(&self) -> Option<Names> {
        self.to_names_with(|_| true)
    }

    /// The same with those origins alone that decide what `word` means: all that have a name to which it leads.
    pub(super) fn to_names_for(&self, word: &str) -> Option<Names> {
        let is_called = |entry: &NameRecord<'_>| entry.name == word || entry.aliases.contains(&word);
        let called: BTreeSet<&str> = self.entries().filter(is_called).map(|entry| entry.name).collect();
        self.to_names_with(|origin| called.contains(origin.name.as_str()))
    }

    fn to_names_with(&self, wanted: impl Fn(&ArchivedOriginRecord) -> bool) -> Option<Names> {
        let sections = self.sections.iter().map(|record| {
            let source = *Source::ALL.get(usize::from(record.source))?;
            Some((source, section(source, record, &wanted)?))
        });
        Some(Names {
            sections: sections.collect::<Option<_>>()?,
            described: self.described.iter().map(described).collect::<Option<_>>()?,
        })
    }

    /// What a list of names needs of each origin, read in place.
    pub(super) fn entries(&self) -> impl Iterator<Item = NameRecord<'_>> {
        self.sections.iter().flat_map(|section| section.origins.iter()).map(entry)
    }
}

fn entry(origin: &ArchivedOriginRecord) -> NameRecord<'_> {
    NameRecord {
        name: origin.name.as_str(),
        // The place of the description among the texts.
        description: origin.texts[1].as_ref().map(ArchivedString::as_str),
        aliases: origin.aliases.iter().map(ArchivedString::as_str).collect(),
        way: origin.way.as_ref().and_then(|number| Way::ALL.get(usize::from(*number)).copied()),
        is_ready: matches!(origin.state, ArchivedStateRecord::Ready),
        is_broken: matches!(
            origin.state,
            ArchivedStateRecord::NotExecutable | ArchivedStateRecord::Invalid(..)
        ),
    }
}

fn described_record((plugin, described): (&String, &Described)) -> DescribedRecord {
    DescribedRecord {
        plugin: plugin.clone(),
        details: described.details,
        asked: described.asked.0,
        refused: described.refused,
        aliases: described.aliases.iter().map(ToString::to_string).collect(),
        texts: [
            Some(described.place.clone()),
            described.etag.clone(),
            described.version.clone(),
            described.failed.clone(),
        ],
    }
}

fn described(record: &ArchivedDescribedRecord) -> Option<(String, Described)> {
    let text = |index: usize| record.texts[index].as_ref().map(ToString::to_string);
    let aliases = record.aliases.iter().map(|alias| CommandWord::new(alias).ok());
    let described = Described {
        details: record.details.as_ref().map(|number| number.to_native()),
        place: text(0)?,
        etag: text(1),
        version: text(2),
        asked: UnixTime(record.asked.to_native()),
        aliases: aliases.collect::<Option<_>>()?,
        refused: record.refused,
        failed: text(3),
    };
    Some((record.plugin.to_string(), described))
}

fn section_record(source: Source, section: &Section) -> SectionRecord {
    let Validators { etag, family, watched } = &section.validators;
    SectionRecord {
        source: number(&Source::ALL, &source),
        answered: section.answered.map(|moment| moment.0),
        failed: section.failed.map(|moment| moment.0),
        failure: section.failure.as_ref().map(|failure| (failure.message.clone(), failure.sign_in)),
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

fn section(
    source: Source,
    record: &ArchivedSectionRecord,
    wanted: &impl Fn(&ArchivedOriginRecord) -> bool,
) -> Option<Section> {
    let origins = record.origins.iter().filter(|record| wanted(record));
    let watched = record.watched.iter().map(|watched| {
        let identity = watched.identity.as_ref().map(|identity| FileIdentity {
            device: identity.0.to_native(),
            inode: identity.1.to_native(),
            modified: identity.2.to_native(),
            changed: identity.3.to_native(),
            size: identity.4.to_native(),
        });
        (path_of(&watched.path), identity)
    });
    let family = |flat: &bool| if *flat { PathFamily::Flat } else { PathFamily::Clustered };
    Some(Section {
        answered: record.answered.as_ref().map(|moment| UnixTime(moment.to_native())),
        failed: record.failed.as_ref().map(|moment| UnixTime(moment.to_native())),
        failure: record.failure.as_ref().map(|failure| SectionFailure {
            message: CleanText::new(&failure.0).to_string(),
            sign_in: failure.1,
        }),
        approved: record.approved,
        validators: Validators {
            etag: record.etag.as_ref().map(|etag| etag.as_str().to_owned()),
            family: record.flat.as_ref().map(family),
            watched: watched.collect(),
        },
        origins: origins.map(|record| origin(source, record)).collect::<Option<_>>()?,
    })
}

fn origin_record(origin: &Origin) -> OriginRecord {
    let text = |line: &Option<CleanText>| line.as_ref().map(CleanText::to_string);
    OriginRecord {
        name: origin.name.to_string(),
        way: origin.way.map(|way| number(&Way::ALL, &way)),
        state: match &origin.state {
            OriginState::Ready => StateRecord::Ready,
            OriginState::Disabled => StateRecord::Disabled,
            OriginState::Incompatible(why) => StateRecord::Incompatible(why.to_string()),
            OriginState::NoCommands => StateRecord::NoCommands,
            OriginState::NotExecutable => StateRecord::NotExecutable,
            OriginState::Invalid { why, hint } => StateRecord::Invalid(why.to_string(), hint.clone()),
        },
        place: match origin.place {
            OriginPlace::PluginFolder => (0, 0),
            OriginPlace::Path(number) => (1, number),
            OriginPlace::PluginList => (2, 0),
            OriginPlace::ApiGroup(number) => (3, number),
            OriginPlace::Bundled => (4, 0),
            OriginPlace::Installed => (5, 0),
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
            text(&origin.document_path),
        ],
        words: origin.words.as_deref().map(|words| Box::new(words_record(words))),
        path: origin.path.as_deref().map(path_bytes),
    }
}

fn words_record(words: &DeclaredWords) -> WordsRecord {
    let lines = words.lines.iter().map(|(line, text)| (line.to_string(), text.to_string()));
    WordsRecord { lines: lines.collect(), has_completer: words.has_completer }
}

fn words(record: &ArchivedWordsRecord) -> Option<DeclaredWords> {
    let lines = record.lines.iter().map(|line| (line.0.as_str(), Some(line.1.as_str())));
    DeclaredWords::new(lines, record.has_completer).ok()
}

/// The origin again. Texts pass the border a second time: a file is outside too.
fn origin(source: Source, record: &ArchivedOriginRecord) -> Option<Origin> {
    let [display_name, description, version, vendor, host_versions, backend, image, document_path] =
        record.texts.each_ref().map(|text| text.as_ref().and_then(|text| CleanText::non_empty(text)));
    Some(Origin {
        name: CleanText::new(&record.name),
        source,
        way: match record.way.as_ref() {
            Some(number) => Some(*Way::ALL.get(usize::from(*number))?),
            None => None,
        },
        state: match &record.state {
            ArchivedStateRecord::Ready => OriginState::Ready,
            ArchivedStateRecord::Disabled => OriginState::Disabled,
            ArchivedStateRecord::Incompatible(why) => OriginState::Incompatible(CleanText::new(why)),
            ArchivedStateRecord::NoCommands => OriginState::NoCommands,
            ArchivedStateRecord::NotExecutable => OriginState::NotExecutable,
            ArchivedStateRecord::Invalid(why, hint) => OriginState::Invalid {
                why: CleanText::new(why),
                hint: hint.as_ref().map(|hint| hint.as_str().to_owned()),
            },
        },
        place: match (record.place.0, record.place.1.to_native()) {
            (0, _) => OriginPlace::PluginFolder,
            (1, number) => OriginPlace::Path(number),
            (2, _) => OriginPlace::PluginList,
            (3, number) => OriginPlace::ApiGroup(number),
            (4, _) => OriginPlace::Bundled,
            (5, _) => OriginPlace::Installed,
            _ => return None,
        },
        aliases: record.aliases.iter().map(|alias| CommandWord::new(alias).ok()).collect::<Option<_>>()?,
        display_name,
        description,
        version,
        vendor,
        host_versions,
        backend,
        image,
        document_path,
        words: match &record.words {
            ArchivedOption::Some(record) => Some(Box::new(words(record)?)),
            ArchivedOption::None => None,
        },
        path: record.path.as_ref().map(|path| path_of(path)),
    })
}

fn number<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter()
        .position(|other| other == one)
        .and_then(|position| u8::try_from(position).ok())
        .unwrap_or(u8::MAX)
}

fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(std::ffi::OsString::from_vec(bytes.to_owned()))
}

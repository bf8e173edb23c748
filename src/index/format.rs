//! The bytes of a names file: a header of 32 bytes, then an rkyv archive that is read where it lies.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `EVXNAMES` |
//! | 8–11 | [`VERSION`], little-endian |
//! | 12–15 | zero |
//! | 16–23 | the checksum (XXH3) of the archive |
//! | 24–31 | the checksum of the key that the file is for |
//!
//! Whatever does not fit is not a names file: [`decode`] gives `None` and the caller builds it anew. The
//! checksum finds damage, not malice; against malice the file belongs to the user alone.

use super::Names;
use super::records::{ArchivedNamesRecord, NameRecord, NamesRecord};
use rkyv::rancor::Error;
use rkyv::util::AlignedVec;
use xxhash_rust::xxh3::xxh3_64;

/// The version of this format. A file of any other version is rebuilt.
pub const VERSION: u32 = 6;

const MAGIC: &[u8; 8] = b"EVXNAMES";
const HEADER: usize = 32;

/// The whole content of the file for `key`; `None` when it cannot be made.
pub fn encode(names: &Names, key: u64) -> Option<Vec<u8>> {
    let archive = rkyv::to_bytes::<Error>(&NamesRecord::from(names)).ok()?;
    let mut content = Vec::with_capacity(HEADER + archive.len());
    content.extend_from_slice(MAGIC);
    content.extend_from_slice(&VERSION.to_le_bytes());
    content.extend_from_slice(&[0; 4]);
    content.extend_from_slice(&xxh3_64(&archive).to_le_bytes());
    content.extend_from_slice(&key.to_le_bytes());
    content.extend_from_slice(&archive);
    Some(content)
}

/// The names in `content`, if it is the whole and undamaged file for `key`.
pub fn decode(content: &AlignedVec, key: u64) -> Option<Names> {
    archive(content, key)?.to_names()
}

/// The same with those origins alone that decide what `word` means.
pub fn decode_for(content: &AlignedVec, key: u64, word: &str) -> Option<Names> {
    archive(content, key)?.to_names_for(word)
}

/// Calls `each` with every entry in `content`, without making anything of them; `None` as [`decode`].
pub fn for_each_entry(content: &AlignedVec, key: u64, each: impl FnMut(NameRecord<'_>)) -> Option<()> {
    archive(content, key)?.entries().for_each(each);
    Some(())
}

fn archive(content: &AlignedVec, key: u64) -> Option<&ArchivedNamesRecord> {
    let (header, archive) = content.split_at_checked(HEADER)?;
    let number = |from: usize| Some(u64::from_le_bytes(header.get(from..from + 8)?.try_into().ok()?));
    let version = u32::from_le_bytes(header.get(8..12)?.try_into().ok()?);
    if !header.starts_with(MAGIC)
        || version != VERSION
        || number(24)? != key
        || number(16)? != xxh3_64(archive)
    {
        return None;
    }
    rkyv::access::<ArchivedNamesRecord, Error>(archive).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Described, Section, SectionFailure};
    use crate::model::{
        CleanText, CommandWord, DeclaredWords, FileIdentity, Origin, OriginPlace, OriginState, PathFamily,
        Source, Validators, Way,
    };
    use crate::sys::clock::UnixTime;
    use proptest::prelude::*;
    use std::path::PathBuf;

    fn aligned(content: &[u8]) -> AlignedVec {
        let mut aligned = AlignedVec::new();
        aligned.extend_from_slice(content);
        aligned
    }

    fn sample() -> Names {
        let mut origin = Origin::new(
            CleanText::new("bench"),
            Source::Cluster,
            Some(Way::Container),
            OriginPlace::ApiGroup(1),
        );
        origin.state = OriginState::Invalid { why: CleanText::new("why"), hint: Some("chmod".to_owned()) };
        origin.aliases = vec![CommandWord::new("b").unwrap()];
        origin.description = Some(CleanText::new("Größe"));
        let lines = [("run", Some("Start it"))].into_iter();
        origin.words = Some(Box::new(DeclaredWords::new(lines, true).unwrap()));
        origin.path = Some(PathBuf::from("/p/x"));
        let identity = FileIdentity { device: 1, inode: 2, modified: -3, changed: 4, size: 5 };
        let section = Section {
            answered: Some(UnixTime(7)),
            failed: Some(UnixTime(8)),
            failure: Some(SectionFailure { message: "no".to_owned(), sign_in: true }),
            approved: true,
            validators: Validators {
                etag: Some("\"x\"".to_owned()),
                family: Some(PathFamily::Flat),
                watched: vec![(PathBuf::from("/p"), Some(identity)), (PathBuf::from("/q"), None)],
            },
            origins: vec![origin],
        };
        let described = Described {
            details: Some(6),
            place: "of the backend".to_owned(),
            etag: Some("\"y\"".to_owned()),
            version: Some("1.2.3".to_owned()),
            asked: UnixTime(8),
            aliases: vec![CommandWord::new("c").unwrap()],
            refused: true,
            failed: Some("down".to_owned()),
        };
        Names {
            sections: [(Source::Cluster, section)].into(),
            described: [("bench".to_owned(), described)].into(),
        }
    }

    /// A change of the records without a new [`VERSION`] would have old files read as what they are not. The file of a
    /// new version is made by `SNAPSHOTS=overwrite cargo test --lib the_bytes_of_this_version`; one that is there is
    /// never made anew, and stays in the repository.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a file of the repository")]
    fn the_bytes_of_this_version() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/index/golden");
        let file = folder.join(format!("{VERSION}.names"));
        let content = encode(&sample(), 9).unwrap();
        if !file.exists() && std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
            std::fs::write(&file, &content).unwrap();
        }
        let golden = std::fs::read(&file).unwrap_or_default();
        assert!(
            golden == content,
            "{} has other bytes: the records have changed, so VERSION has to, and then there has to be a file for it: \
             SNAPSHOTS=overwrite cargo test --lib the_bytes_of_this_version",
            file.display()
        );
        for other in std::fs::read_dir(&folder).unwrap().flatten() {
            let content = aligned(&std::fs::read(other.path()).unwrap());
            assert_eq!(decode(&content, 9).is_some(), other.path() == file, "{}", other.path().display());
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let content = encode(&sample(), 9).unwrap();
        assert_eq!(decode(&aligned(&content), 9), Some(sample()));
        let mut words = Vec::new();
        for_each_entry(&aligned(&content), 9, |entry| {
            assert_eq!(
                (entry.description, entry.way, entry.is_ready),
                (Some("Größe"), Some(Way::Container), false)
            );
            words.extend([entry.name.to_owned(), entry.aliases.concat()]);
        })
        .unwrap();
        assert_eq!(words, ["bench", "b"]);
    }

    #[test]
    fn a_word_needs_only_what_has_a_name_that_it_leads_to() {
        let origin = |name: &str, source, alias: Option<&str>| {
            let mut origin =
                Origin::new(CleanText::new(name), source, Some(Way::Proxy), OriginPlace::PluginList);
            origin.aliases = alias.map(|alias| CommandWord::new(alias).unwrap()).into_iter().collect();
            origin
        };
        let section = |origins| Section { origins, ..Section::default() };
        let server =
            [("bench", Some("b")), ("b-side", None)].map(|(name, alias)| origin(name, Source::Server, alias));
        let cluster =
            [("bench", None), ("audit", None)].map(|(name, alias)| origin(name, Source::Cluster, alias));
        let names = Names {
            sections: [(Source::Server, section(server.into())), (Source::Cluster, section(cluster.into()))]
                .into(),
            ..sample()
        };
        let content = aligned(&encode(&names, 9).unwrap());
        let decoded = |word: &str| decode_for(&content, 9, word).unwrap();
        let found =
            |word: &str| decoded(word).origins().map(|origin| origin.name.to_string()).collect::<Vec<_>>();
        assert_eq!(found("b"), ["bench", "bench"]);
        assert_eq!(found("audit"), ["audit"]);
        assert_eq!(found("other"), [""; 0]);
        // When they answered, and what was asked of them, is all there.
        let mut other = decoded("other");
        assert_eq!((other.sections.len(), &other.described), (2, &names.described));
        assert_eq!(other.take_origins().count(), 0);
    }

    #[test]
    fn another_key_an_older_and_a_newer_version_are_no_file() {
        let content = encode(&sample(), 9).unwrap();
        assert_eq!(decode(&aligned(&content), 10), None);
        for version in [0, VERSION + 1] {
            let mut other = content.clone();
            other[8..12].copy_from_slice(&version.to_le_bytes());
            assert_eq!(decode(&aligned(&other), 9), None);
        }
    }

    proptest! {
        #[test]
        fn a_truncated_file_is_no_file(length in 0_usize..400) {
            let content = encode(&sample(), 9).unwrap();
            let length = length.min(content.len() - 1);
            prop_assert_eq!(decode(&aligned(&content[..length]), 9), None);
        }

        #[test]
        fn a_flipped_bit_is_found(position in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let mut content = encode(&sample(), 9).unwrap();
            // The four bytes of padding carry nothing.
            let position = position.index(content.len());
            prop_assume!(!(12..16).contains(&position));
            content[position] ^= 1 << bit;
            prop_assert_eq!(decode(&aligned(&content), 9), None);
        }

        #[test]
        fn an_archive_of_nonsense_under_a_good_checksum_is_no_crash(archive in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut content = encode(&sample(), 9).unwrap();
            content.truncate(HEADER);
            content[16..24].copy_from_slice(&xxh3_64(&archive).to_le_bytes());
            content.extend_from_slice(&archive);
            let _ = decode(&aligned(&content), 9);
        }
    }
}

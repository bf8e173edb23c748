//! What is known of one plugin's commands: its own file, named by what is in it, and opened only when that
//! plugin is run, completed or explained.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `EVXDETLS` |
//! | 8–11 | `VERSION`, little-endian |
//! | 12–15 | how many parts there are |
//! | 16–19 | the length of the head |
//! | 20–23 | zero |
//! | then | for each part its checksum (XXH3) and its length, 12 bytes |
//! | then | the head, then the parts |
//!
//! The table and the head are read whole and their checksum is the file's name; a part is read when it is asked for. So
//! what one command costs does not depend on how many there are. Whatever does not fit gives `None`, and the caller asks
//! the plugin anew. The names file remembers which file belongs to which plugin.
//!
//! It must not know what a head and a part mean.

use super::store::Store;
use crate::model::CommandWord;
use crate::sys::clock::UnixTime;
use crate::sys::files;
use crate::sys::open_file::OpenFile;
use std::io;
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_64;

/// The version of this format. A file of any other version is none. A new form of what is in the head needs a new
/// version, too.
const VERSION: u32 = 6;
const MAGIC: &[u8; 8] = b"EVXDETLS";
const HEADER: usize = 24;
const ENTRY: usize = 12;
/// The largest details file, in bytes: a document of the greatest size has shrunk by then.
const LARGEST: u64 = 16 * 1024 * 1024;
/// The largest table and head, in bytes: more than a description can have.
const LARGEST_HEAD: usize = 4 * 1024 * 1024;

/// What was found when a plugin was asked what it offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// The details file; `None` when the plugin describes nothing.
    pub details: Option<u64>,
    /// Where the description was found, in words; empty when nowhere.
    pub place: String,
    /// The `ETag` of the description.
    pub etag: Option<String>,
    /// The plugin's version at that time.
    pub version: Option<String>,
    /// When that was.
    pub asked: UnixTime,
    /// Further names that the description gives the plugin's command.
    pub aliases: Vec<CommandWord>,
    /// Whether the backend requires a token, and none was sent.
    pub refused: bool,
    /// Why it could not be asked the last time.
    pub failed: Option<String>,
}

/// A details file that is open.
#[derive(Debug)]
pub struct DetailsFile {
    file: OpenFile,
    /// The head, and the table before it.
    start: Vec<u8>,
    parts: usize,
}

impl DetailsFile {
    /// What is read whole.
    pub fn head(&self) -> &[u8] {
        self.start.get(self.parts * ENTRY..).unwrap_or_default()
    }

    /// The part of this number; `None` when it is damaged.
    pub fn part(&self, number: usize) -> Option<Vec<u8>> {
        let (checksum, length) = self.entries().nth(number)?;
        let before: u64 = self.entries().take(number).map(|(_, length)| u64::from(length)).sum();
        let from = HEADER as u64 + self.start.len() as u64 + before;
        let part = self.file.read_at(from, usize::try_from(length).ok()?).ok()?;
        (xxh3_64(&part) == checksum).then_some(part)
    }

    /// The checksum and the length of each part.
    fn entries(&self) -> impl Iterator<Item = (u64, u32)> {
        let (entries, _) = self.start.as_chunks::<ENTRY>();
        entries.iter().take(self.parts).map(|entry| {
            let (checksum, length) = entry.split_at(8);
            (number_of(checksum), u32::try_from(number_of(length)).unwrap_or(u32::MAX))
        })
    }

    /// Reads the start of `file`, whose name says that it has this checksum.
    fn open(file: OpenFile, name: u64) -> Option<Self> {
        let header = file.read_at(0, HEADER).ok()?;
        let number = |from: usize, to: usize| usize::try_from(number_of(header.get(from..to)?)).ok();
        if !header.starts_with(MAGIC) || number(8, 12)? != VERSION as usize {
            return None;
        }
        let (parts, head) = (number(12, 16)?, number(16, 20)?);
        let length = parts.checked_mul(ENTRY)?.checked_add(head).filter(|length| *length <= LARGEST_HEAD)?;
        let start = file.read_at(HEADER as u64, length).ok()?;
        let details = Self { file, start, parts };
        let whole = HEADER as u64
            + length as u64
            + details.entries().map(|(_, length)| u64::from(length)).sum::<u64>();
        (xxh3_64(&details.start) == name && details.file.size() == whole).then_some(details)
    }
}

/// A number of at most eight bytes, little-endian.
fn number_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// The file with this head and these parts, and its name; `None` when it would be too large.
fn encode(head: &[u8], parts: &[Vec<u8>]) -> Option<(u64, Vec<u8>)> {
    let mut start = Vec::with_capacity(parts.len() * ENTRY + head.len());
    for part in parts {
        start.extend_from_slice(&xxh3_64(part).to_le_bytes());
        start.extend_from_slice(&u32::try_from(part.len()).ok()?.to_le_bytes());
    }
    start.extend_from_slice(head);
    let mut content = Vec::new();
    content.extend_from_slice(MAGIC);
    content.extend_from_slice(&VERSION.to_le_bytes());
    content.extend_from_slice(&u32::try_from(parts.len()).ok()?.to_le_bytes());
    content.extend_from_slice(&u32::try_from(head.len()).ok()?.to_le_bytes());
    content.extend_from_slice(&[0; 4]);
    content.extend_from_slice(&start);
    for part in parts {
        content.extend_from_slice(part);
    }
    let fits = start.len() <= LARGEST_HEAD && content.len() as u64 <= LARGEST;
    fits.then(|| (xxh3_64(&start), content))
}

impl Store {
    /// Keeps what is known of a plugin's commands, and gives the name of it.
    pub fn keep_details(&self, head: &[u8], parts: &[Vec<u8>]) -> io::Result<u64> {
        let (number, content) = encode(head, parts).ok_or(io::ErrorKind::FileTooLarge)?;
        self.make_folder()?;
        files::replace(&self.details_file(number), &content)?;
        Ok(number)
    }

    /// What was kept under this name; `None` when it is damaged or not there, and so has to be asked again.
    pub fn details(&self, number: u64) -> Option<DetailsFile> {
        let (file, facts) = OpenFile::open(&self.details_file(number), LARGEST).ok()?;
        facts.is_private().then_some(())?;
        DetailsFile::open(file, number)
    }

    fn details_file(&self, number: u64) -> PathBuf {
        self.folder().join(format!("details-{number:016x}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept() -> (tempfile::TempDir, Store, u64) {
        let folder = files::temporary_folder("details-").unwrap();
        let store = Store::new(folder.path());
        let number = store.keep_details(b"head", &[b"one".to_vec(), Vec::new(), b"three".to_vec()]).unwrap();
        (folder, store, number)
    }

    #[test]
    fn what_was_kept_comes_back_part_by_part() {
        let (_folder, store, number) = kept();
        let details = store.details(number).unwrap();
        assert_eq!(details.head(), b"head");
        let parts: Vec<_> = (0..4).map(|number| details.part(number)).collect();
        assert_eq!(parts, [Some(b"one".to_vec()), Some(Vec::new()), Some(b"three".to_vec()), None]);
        assert!(store.details(number + 1).is_none());
    }

    #[test]
    fn a_damaged_part_harms_no_other() {
        let (_folder, store, number) = kept();
        let mut content = files::read(&store.details_file(number), LARGEST).unwrap();
        *content.last_mut().unwrap() ^= 1;
        files::replace(&store.details_file(number), &content).unwrap();
        let details = store.details(number).unwrap();
        assert_eq!((details.part(0), details.part(2)), (Some(b"one".to_vec()), None));
    }

    /// Other bytes need another [`VERSION`], or old files would be read as what they are not.
    #[test]
    fn the_bytes_of_this_version() {
        let (number, content) = encode(b"head", &[b"part".to_vec()]).unwrap();
        let text: String = content.iter().flat_map(|byte| byte.escape_ascii()).map(char::from).collect();
        let expected = concat!(
            r"EVXDETLS\x06\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00",
            r"\xdbo\x94\x96\x12\xc4\x02\x8d\x04\x00\x00\x00headpart"
        );
        assert_eq!((VERSION, number, text.as_str()), (6, 1_366_327_414_565_779_710, expected));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_cut_off_or_changed_at_the_start_is_no_file(
            length in 0_usize..70, position in 0_usize..64, bit in 0_u8..8, nonsense in prop::collection::vec(any::<u8>(), 0..99)
        ) {
            let (_folder, store, number) = kept();
            let whole = files::read(&store.details_file(number), LARGEST).unwrap();
            let start = HEADER + 3 * ENTRY + "head".len();
            let mut flipped = whole.clone();
            flipped[position.min(start - 1)] ^= 1 << bit;
            // The four bytes of padding carry nothing.
            let is_padding = (20..24).contains(&position);
            let cut = whole[..length.min(whole.len() - 1)].to_vec();
            let of_nonsense = [&whole[..8], &nonsense].concat();
            for (content, is_file) in [(flipped, is_padding), (cut, false), (of_nonsense, false), (nonsense, false)] {
                files::replace(&store.details_file(number), &content).unwrap();
                prop_assert_eq!(store.details(number).is_some(), is_file);
            }
        }
    }
}

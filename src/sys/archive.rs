//! Trees of files as archives: a gzipped tar or a zip that somebody else made is read within limits, and holds nothing but files;
//! what is written has the same bytes for the same files.
//!
//! It must not know what the files are for.

use super::tree::{TreeFile, TreeLimits, is_inside};
use std::io::{self, Cursor, Read};
use std::path::{Component, Path, PathBuf};

/// Why nothing is taken from an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// Its first bytes are those of no archive that is known.
    #[error("it is neither a .tar.gz nor a .zip")]
    Unknown,
    /// It is damaged, or holds what nobody takes out of it.
    #[error("{0}")]
    Refused(String),
}

/// The files in an archive. What it is, its first bytes say: names and types on the way may lie.
pub fn unpack(content: &[u8], limits: TreeLimits) -> Result<Vec<TreeFile>, UnpackError> {
    let unpacked = match content {
        [0x1f, 0x8b, ..] => of_tar(content, limits),
        [b'P', b'K', ..] => of_zip(content, limits),
        _ => return Err(UnpackError::Unknown),
    };
    unpacked.map_err(UnpackError::Refused)
}

/// The files with these paths, which came one by one, by the same rules.
pub fn collect(parts: Vec<(String, Vec<u8>)>, limits: TreeLimits) -> Result<Vec<TreeFile>, UnpackError> {
    let mut unpacking = Unpacking::new(limits);
    for (path, content) in parts {
        unpacking.add(Path::new(&path), 0o644, content.as_slice()).map_err(UnpackError::Refused)?;
    }
    Ok(unpacking.files)
}

/// These files as an archive, each changed `modified` seconds after 1970: the same input gives the same bytes, whoever packs it.
pub fn pack<'f>(files: impl Iterator<Item = &'f TreeFile>, modified: u64) -> io::Result<Vec<u8>> {
    let mut files: Vec<&TreeFile> = files.collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    // Neither a name nor a time is in its header.
    let compressed = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::best());
    let mut archive = tar::Builder::new(compressed);
    for file in files {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(if file.is_executable { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(modified);
        header.set_size(file.content.len() as u64);
        archive.append_data(&mut header, &file.path, file.content.as_slice())?;
    }
    archive.into_inner()?.finish()
}

/// What is being unpacked.
struct Unpacking {
    limits: TreeLimits,
    files: Vec<TreeFile>,
    bytes: u64,
}

impl Unpacking {
    fn new(limits: TreeLimits) -> Self {
        Self { limits, files: Vec::new(), bytes: 0 }
    }

    /// Takes one file, whose `content` is read no further than the limits go.
    fn add(&mut self, path: &Path, mode: u32, content: impl Read) -> Result<(), String> {
        let shown = path.display();
        if !is_inside(path) {
            return Err(format!("`{shown}` is outside of it"));
        }
        if path.components().count() > self.limits.depth || self.files.len() >= self.limits.entries {
            return Err("it has too many files or folders".to_owned());
        }
        if mode & 0o6000 != 0 {
            return Err(format!("`{shown}` would run with another user's rights"));
        }
        if self.files.iter().any(|file| file.path == path) {
            return Err(format!("`{shown}` is in it twice"));
        }
        let left = self.limits.bytes - self.bytes;
        let mut bytes = Vec::new();
        content.take(left + 1).read_to_end(&mut bytes).map_err(|error| format!("`{shown}`: {error}"))?;
        if bytes.len() as u64 > left {
            return Err(format!("it unpacks to more than {} MiB", self.limits.bytes >> 20));
        }
        self.bytes += bytes.len() as u64;
        self.files.push(TreeFile { path: path.to_owned(), content: bytes, is_executable: mode & 0o100 != 0 });
        Ok(())
    }
}

fn of_tar(content: &[u8], limits: TreeLimits) -> Result<Vec<TreeFile>, String> {
    let damaged = |error: io::Error| format!("it is damaged: {error}");
    let mut unpacking = Unpacking::new(limits);
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(content));
    for (count, entry) in archive.entries().map_err(damaged)?.enumerate() {
        let entry = entry.map_err(damaged)?;
        if count > limits.entries * 2 {
            return Err("it has too many files or folders".to_owned());
        }
        let path = entry.path().map_err(damaged)?.into_owned();
        let path: PathBuf = path.components().filter(|part| !matches!(part, Component::CurDir)).collect();
        let mode = entry.header().mode().map_err(damaged)?;
        match entry.header().entry_type() {
            kind if kind.is_dir() => {}
            kind if kind.is_file() => unpacking.add(&path, mode, entry)?,
            tar::EntryType::XGlobalHeader => {}
            _ => return Err(format!("`{}` is neither a file nor a folder", path.display())),
        }
    }
    Ok(unpacking.files)
}

fn of_zip(content: &[u8], limits: TreeLimits) -> Result<Vec<TreeFile>, String> {
    /// What the mode of a symbolic link looks like, beside the permissions.
    const FILE_TYPE: u32 = 0o170_000;
    const REGULAR: u32 = 0o100_000;
    let damaged = |error: zip::result::ZipError| format!("it is damaged: {error}");
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).map_err(damaged)?;
    if archive.len() > limits.entries * 2 {
        return Err("it has too many files or folders".to_owned());
    }
    let mut unpacking = Unpacking::new(limits);
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(damaged)?;
        if entry.is_dir() {
            continue;
        }
        let path = Path::new(entry.name()).to_owned();
        let mode = entry.unix_mode().unwrap_or(0o644);
        if mode & FILE_TYPE != 0 && mode & FILE_TYPE != REGULAR {
            return Err(format!("`{}` is neither a file nor a folder", path.display()));
        }
        unpacking.add(&path, mode, entry)?;
    }
    Ok(unpacking.files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    /// An archive with these entries: a path, a mode, what it is, and what is in it.
    fn tar_with(entries: &[(&str, u32, tar::EntryType, &[u8])]) -> Vec<u8> {
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best()));
        for (path, mode, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            // As it is: the library would refuse what is wanted here.
            header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_mode(*mode);
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            if *kind == tar::EntryType::Symlink {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    const FILE: tar::EntryType = tar::EntryType::Regular;
    const LIMITS: TreeLimits = TreeLimits { entries: 2000, bytes: 512 * 1024 * 1024, depth: 16 };

    #[test]
    fn what_leaves_the_archive_or_is_no_file_is_refused() {
        for (entries, why) in [
            (vec![("../../x", 0o644, FILE, &b"1"[..])], "outside"),
            (vec![("/etc/x", 0o644, FILE, b"1")], "outside"),
            (vec![("a/../../x", 0o644, FILE, b"1")], "outside"),
            (vec![("link", 0o777, tar::EntryType::Symlink, b"")], "neither a file nor a folder"),
            (vec![("hard", 0o777, tar::EntryType::Link, b"")], "neither a file nor a folder"),
            (vec![("device", 0o666, tar::EntryType::Char, b"")], "neither a file nor a folder"),
            (vec![("pipe", 0o666, tar::EntryType::Fifo, b"")], "neither a file nor a folder"),
            (vec![("root", 0o4755, FILE, b"1")], "another user's rights"),
            (vec![("x", 0o644, FILE, b"1"), ("x", 0o644, FILE, b"2")], "twice"),
        ] {
            let error = of_tar(&tar_with(&entries), LIMITS).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
        assert!(of_tar(b"no archive", LIMITS).is_err());
        let whole = tar_with(&[("x", 0o644, FILE, &[7; 4000])]);
        assert!(of_tar(&whole[..whole.len() / 2], LIMITS).is_err());
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let zeroes = vec![0; 8 * 1024 * 1024];
        let names: Vec<String> = (0..70).map(|number| format!("f{number}")).collect();
        let entries: Vec<_> = names.iter().map(|name| (name.as_str(), 0o644, FILE, &zeroes[..])).collect();
        let archive = tar_with(&entries);
        assert!(archive.len() < 1024 * 1024);
        assert!(of_tar(&archive, LIMITS).unwrap_err().contains("more than 512 MiB"));
        let names: Vec<String> = (0..2001).map(|number| format!("f{number}")).collect();
        let entries: Vec<_> = names.iter().map(|name| (name.as_str(), 0o644, FILE, &b""[..])).collect();
        assert!(of_tar(&tar_with(&entries), LIMITS).unwrap_err().contains("too many files"));
    }

    #[test]
    fn a_zip_archive_is_read_by_the_same_rules() {
        let zip = |name: &str, mode: u32| {
            let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default().unix_permissions(mode);
            writer.start_file(name, options).unwrap();
            writer.write_all(b"content").unwrap();
            writer.finish().unwrap().into_inner()
        };
        let files = of_zip(&zip("bin/greet", 0o755), LIMITS).unwrap();
        assert!(files[0].is_executable && files[0].content == b"content");
        assert!(of_zip(&zip("../x", 0o644), LIMITS).unwrap_err().contains("outside"));
        assert!(of_zip(b"no archive", LIMITS).is_err());
    }
}

//! What a package is: its manifest, and the files that a machine needs of it. Pure.

use super::error::InstallError;
use crate::client::checksum::Sha256;
use crate::client::registry::reference::Digest;
use crate::model::{CleanText, CommandWord, Way, file_stems};
use crate::sys::tree::{TreeFile, is_inside};
use crate::yaml;
use everestctl_protocol::package::{FILE, PackageKind, PackageManifest, PlatformFile};
use everestctl_protocol::sidecar::Sidecar;
use everestctl_protocol::version;
use std::fmt::Write as _;
use std::path::Path;

/// A package that was read, fit for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The name of its command.
    pub name: CommandWord,
    /// What it says of itself.
    pub manifest: PackageManifest,
    /// Its files, with the sidecar that was made of the manifest.
    pub files: Vec<TreeFile>,
    /// The one that runs here, as a path inside the package.
    pub file: String,
    /// A line for each file, with its checksum.
    pub listing: String,
}

/// The file that is made of the manifest for everything that reads sidecars.
pub const SIDECAR: &str = "everestctl-sidecar.yaml";

impl Package {
    /// The package that `files`, which came from `place`, are on this machine.
    pub fn from_files(files: Vec<TreeFile>, place: &str) -> Result<Self, InstallError> {
        Self::for_machine(files, place, (std::env::consts::OS, std::env::consts::ARCH))
    }

    /// The same on a machine with this operating system and processor, in the words of Rust.
    pub fn for_machine(
        mut files: Vec<TreeFile>,
        place: &str,
        (system, processor): (&str, &str),
    ) -> Result<Self, InstallError> {
        let invalid = |why: &str| InstallError::InvalidManifest {
            place: CleanText::new(place),
            why: CleanText::new(why),
        };
        let text = files
            .iter()
            .find(|file| file.path == Path::new(FILE))
            .ok_or_else(|| InstallError::NoManifest(CleanText::new(place)))?;
        let manifest: PackageManifest =
            yaml::explained(&text.content).map_err(|error| invalid(&error.to_string()))?;
        let name = CommandWord::new(&manifest.name).map_err(|error| invalid(&format!("name: {error}")))?;
        let Some(here) = manifest.file_for(system, processor).cloned() else {
            let there = manifest.platforms.keys().map(|key| CleanText::new(key).to_string()).collect();
            return Err(InstallError::NoPlatform { name, machine: format!("{system}-{processor}"), there });
        };
        if !is_inside(Path::new(&here.file)) {
            return Err(invalid("a file is outside of the package"));
        }
        let file = files
            .iter()
            .find(|file| file.path == Path::new(&here.file))
            .ok_or_else(|| invalid(&format!("`{}` is not in the package", here.file)))?;
        if here.sha256.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&checksum(&file.content))) {
            return Err(InstallError::WrongChecksum { name, file: CleanText::new(&here.file) });
        }
        if let Some(page) = &manifest.man
            && !(is_inside(Path::new(page)) && files.iter().any(|file| file.path == Path::new(page)))
        {
            return Err(invalid(&format!("man: `{page}` is not in the package")));
        }
        // For every platform, so that a package has one digest wherever it is read.
        for file in &mut files {
            let is_a_program = |platform: &PlatformFile| file.path == Path::new(&platform.file);
            if manifest.platforms.values().any(is_a_program) {
                file.is_executable = manifest.way == PackageKind::Executable;
            }
        }
        let sidecar = yaml_of(&sidecar(&manifest)).map_err(|why| invalid(&why))?;
        files.retain(|file| file.path != Path::new(SIDECAR));
        files.push(TreeFile { path: SIDECAR.into(), content: sidecar, is_executable: false });
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let listing = listing(&files);
        Ok(Self { name, manifest, files, file: here.file, listing })
    }

    /// Fails if it needs what this everestctl or this machine does not have. `is_there` knows the programs.
    pub fn is_met(&self, is_there: impl Fn(&str) -> bool) -> Result<(), InstallError> {
        let requires = &self.manifest.requires;
        let unmet = |why: String, hint: Option<&str>| InstallError::Unmet {
            name: self.name.clone(),
            why: CleanText::new(&why),
            hint: hint.map(str::to_owned),
        };
        version::check(requires.protocol, &requires.features)
            .map_err(|error| unmet(error.to_string(), Some(error.remedy())))?;
        if let Some(wanted) = &requires.everestctl {
            let range = semver::VersionReq::parse(wanted)
                .map_err(|error| unmet(format!("requires.everestctl: {error}"), None))?;
            let mine = semver::Version::parse(env!("CARGO_PKG_VERSION"));
            if !mine.is_ok_and(|mine| range.matches(&mine)) {
                let why = format!("it needs everestctl {wanted}, and this is {}", env!("CARGO_PKG_VERSION"));
                return Err(unmet(why, Some("upgrade everestctl")));
            }
        }
        match requires.programs.iter().find(|program| !is_there(program)) {
            Some(program) => {
                Err(unmet(format!("it needs the program `{program}`, which is not on PATH"), None))
            }
            None => Ok(()),
        }
    }

    /// The checksum of everything: the name of its folder in the store.
    pub fn digest(&self) -> String {
        checksum(self.listing.as_bytes())
    }

    /// The digest of its files as they were, whichever everestctl reads them.
    pub fn content_digest(&self) -> Digest {
        let own = self.listing.lines().filter(|line| !line.ends_with(SIDECAR));
        Digest::of(own.flat_map(|line| [line, "\n"]).collect::<String>().as_bytes())
    }

    /// The names under which its files are found, each with its path inside the package.
    pub fn links(&self) -> Vec<(String, String)> {
        // A dash inside a word is an underscore in the name of a file.
        let stem = self.name.as_str().replace('-', "_");
        debug_assert_eq!(file_stems::canonical(&stem), self.name.as_str());
        let page = self.manifest.man.as_ref().map(|page| (man_page_name(&self.name), page.clone()));
        let mut links = match self.manifest.way {
            PackageKind::Executable => {
                let name = format!("everestctl-{stem}");
                let sidecar = (format!("{name}.yaml"), SIDECAR.to_owned());
                vec![(format!("{name}{}", std::env::consts::EXE_SUFFIX), self.file.clone()), sidecar]
            }
            PackageKind::Library => {
                let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
                vec![(format!("{prefix}everestctl_{stem}{suffix}"), self.file.clone())]
            }
        };
        links.extend(page);
        links
    }
}

impl From<PackageKind> for Way {
    fn from(kind: PackageKind) -> Self {
        match kind {
            PackageKind::Executable => Self::Exec,
            PackageKind::Library => Self::Native,
        }
    }
}

/// The name of the man page of the command `name`.
pub fn man_page_name(name: &impl std::fmt::Display) -> String {
    format!("everestctl-{name}.1")
}

/// A line for each file, with its checksum: what a digest is the checksum of.
fn listing(files: &[TreeFile]) -> String {
    let mut lines = String::new();
    for file in files {
        let mode = if file.is_executable { 'x' } else { '-' };
        let _ = writeln!(lines, "{} {mode} {}", checksum(&file.content), file.path.display());
    }
    lines
}

/// The SHA-256 of `content`, in hexadecimal digits.
pub fn checksum(content: &[u8]) -> String {
    let mut sum = Sha256::default();
    sum.update(content);
    sum.finish()
}

fn sidecar(manifest: &PackageManifest) -> Sidecar {
    Sidecar {
        summary: manifest.summary.clone(),
        version: Some(manifest.version.clone()),
        vendor: manifest.vendor.clone(),
        protocol: manifest.requires.protocol,
        requires: manifest.requires.features.clone(),
        features: Vec::new(),
        credentials: manifest.credentials,
        completion: manifest.completion,
        words: manifest.words.clone(),
    }
}

/// JSON is YAML, too.
fn yaml_of(sidecar: &Sidecar) -> Result<Vec<u8>, String> {
    serde_json::to_vec(sidecar).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &str) -> TreeFile {
        TreeFile { path: path.into(), content: content.into(), is_executable: false }
    }

    fn package(manifest: &str) -> Result<Package, InstallError> {
        Package::from_files(vec![file(FILE, manifest), file("bin/greet", "#!/bin/sh\n")], "/p")
    }

    const GREET: &str =
        "name: greet-all\nversion: 1.2.0\nsummary: Say hello\nplatforms: {any: {file: bin/greet}}\n";

    #[test]
    fn a_package_is_its_manifest_and_the_file_for_this_machine() {
        let package = package(GREET).unwrap();
        assert_eq!((package.name.as_str(), package.file.as_str()), ("greet-all", "bin/greet"));
        let links = package.links();
        assert_eq!(links[0], ("everestctl-greet_all".to_owned(), "bin/greet".to_owned()));
        assert!(package.files.iter().any(|file| file.is_executable && file.path == Path::new("bin/greet")));
        let sidecar = package.files.iter().find(|file| file.path == Path::new(SIDECAR)).unwrap();
        assert!(String::from_utf8_lossy(&sidecar.content).contains("Say hello"));
        // The same files have the same digest, and others another one.
        assert_eq!(package.digest(), super::tests::package(GREET).unwrap().digest());
        assert_ne!(
            package.digest(),
            super::tests::package(&GREET.replace("1.2.0", "1.2.1")).unwrap().digest()
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (change, why) in [
            ("name: Greet", "name: "),
            ("file: ../../etc/passwd", "a file is outside of the package"),
            ("file: /etc/passwd", "a file is outside of the package"),
            ("file: bin/none", "`bin/none` is not in the package"),
            ("any: {file: bin/greet, sha256: 00}", "another checksum"),
            ("plan9-vax: {file: bin/greet}", "it has some for plan9-vax"),
            ("surprise: 1\nplatforms", "surprise"),
        ] {
            let key = change.split(':').next().unwrap();
            let manifest = match key {
                "name" => GREET.replace("name: greet-all", change),
                "file" => GREET.replace("file: bin/greet", change),
                "any" | "plan9-vax" => GREET.replace("any: {file: bin/greet}", change),
                _ => GREET.replace("platforms", change),
            };
            let error = package(&manifest).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
        assert!(matches!(Package::from_files(Vec::new(), "/p"), Err(InstallError::NoManifest(_))));
    }

    #[test]
    fn what_is_needed_and_not_there_is_named() {
        let needs = |requires: &str| {
            let manifest = format!("{GREET}requires: {{{requires}}}\n");
            let met = package(&manifest).unwrap().is_met(|program| program == "sh");
            met.map_err(|error| error.to_string())
        };
        assert_eq!(needs("everestctl: '>=0.1', protocol: 1, features: [api], programs: [sh]"), Ok(()));
        assert!(needs("everestctl: '>=99'").unwrap_err().contains("it needs everestctl >=99"));
        assert!(needs("protocol: 99").unwrap_err().contains("version 99"));
        assert!(needs("features: [telepathy]").unwrap_err().contains("telepathy"));
        assert!(needs("programs: [nosuch]").unwrap_err().contains("`nosuch`, which is not on PATH"));
    }
}

//! The manifest of a package, beside the files that it names: what the installer refuses, and what users miss.

use super::finding::Findings;
use super::place;
use super::rules;
use super::sidecar;
use super::subjects::LARGEST;
use crate::author::pack::{self, PackError};
use crate::install::archive;
use crate::install::error::InstallError;
use crate::install::package::checksum;
use crate::sys::{files, tree};
use crate::yaml;
use everestctl_protocol::package::{ANY_PLATFORM, FILE, PackageManifest};
use everestctl_protocol::sidecar::Completion;
use everestctl_protocol::version;
use std::path::Path;

/// The platforms that everestctl runs on.
const PLATFORMS: &[&str] = &["linux-x86_64", "linux-aarch64", "macos-x86_64", "macos-aarch64", ANY_PLATFORM];

/// What is wrong with the package in `folder`, whose manifest is `text`.
pub fn lint(folder: &Path, text: &str, found: &mut Findings) {
    let Some(manifest) = read(text, found) else { return };
    // Where a build puts the package together in `dist`, its files are there, and this is what it starts from.
    let built = folder.join("dist");
    let is_built = files::read(&built.join(FILE), LARGEST).is_ok_and(|content| content == text.as_bytes());
    let folder = if is_built { built.as_path() } else { folder };
    let mut has_wrong_sum = false;
    for (platform, file) in &manifest.platforms {
        let line = place::line(text, &["platforms", platform, "sha256"]);
        let Some(wanted) = &file.sha256 else { continue };
        let path = Path::new(&file.file);
        let inside = tree::is_inside(path);
        let content = files::read(&folder.join(path), archive::LIMITS.bytes).ok().filter(|_| inside);
        let Some(content) = content else { continue };
        let sum = checksum(&content);
        if !wanted.eq_ignore_ascii_case(&sum) {
            has_wrong_sum = true;
            found.add(rules::PACKAGE_CHECKSUM, line, &format!("`{}` has the checksum {sum}", file.file));
            found.with_fix(wanted, &sum);
        }
    }
    match pack::pack(folder, 0) {
        Err(PackError::Unfit(InstallError::WrongChecksum { .. })) if has_wrong_sum => {}
        Err(error) => {
            let key = match &error {
                PackError::Outside { key, .. }
                | PackError::Absent { key, .. }
                | PackError::NoFile { key, .. } => key.clone(),
                _ => "name".to_owned(),
            };
            let keys: Vec<&str> = key.split('.').collect();
            let mut message = error.to_string();
            if matches!(error, PackError::Absent { .. }) && key.starts_with("platforms") {
                message.push_str(": build it first, or correct the path");
            }
            found.add(rules::PACKAGE_FIT, place::line(text, &keys), &message);
        }
        Ok(_) => {}
    }
}

/// What is wrong with the archive at `path`.
pub fn lint_archive(path: &Path, found: &mut Findings) {
    match pack::read(path) {
        Ok(packed) => {
            let text = yaml::written(&packed.manifest).unwrap_or_default();
            read(&text, found);
        }
        Err(error) => found.add(rules::PACKAGE_FIT, None, &error.to_string()),
    }
}

/// The manifest in `text`, and what is wrong with it whatever lies beside it.
fn read(text: &str, found: &mut Findings) -> Option<PackageManifest> {
    let manifest: PackageManifest = match yaml::explained(text.as_bytes()) {
        Ok(manifest) => manifest,
        Err(misfit) => {
            found.add(rules::PACKAGE_FIT, misfit.place.map(|(line, _)| line), &misfit.to_string());
            return None;
        }
    };
    let at = |keys: &[&str]| place::line(text, keys);
    for platform in manifest.platforms.keys().filter(|platform| !PLATFORMS.contains(&platform.as_str())) {
        let message = format!("everestctl runs on no `{platform}`");
        found.add(rules::PACKAGE_PLATFORM, at(&["platforms", platform]), &message);
    }
    if semver::Version::parse(&manifest.version).is_err() {
        let message = format!("`{}` is not a semantic version", manifest.version);
        found.add(rules::PACKAGE_VERSION, at(&["version"]), &message);
    }
    let is_said = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.trim().is_empty());
    let about = [("summary", &manifest.summary), ("license", &manifest.license)];
    let missing: Vec<&str> =
        about.into_iter().filter(|(_, value)| !is_said(value)).map(|(key, _)| key).collect();
    if !missing.is_empty() {
        found.add(rules::PACKAGE_ABOUT, at(&["name"]), &format!("it has no {}", missing.join(", ")));
    }
    if let Err(error) = version::check(manifest.requires.protocol, &manifest.requires.features) {
        found.add(rules::PACKAGE_REQUIRES, at(&["requires"]), &error.to_string());
    }
    if manifest.requires.everestctl.as_deref().is_some_and(|range| semver::VersionReq::parse(range).is_err())
    {
        let message = "requires.everestctl is not a range of versions";
        found.add(rules::PACKAGE_REQUIRES, at(&["requires", "everestctl"]), message);
    }
    if manifest.completion == Completion::Companion {
        let message = "`completion: companion` wants a second executable, which no package installs";
        found.add(rules::PACKAGE_COMPANION, at(&["completion"]), message);
    }
    sidecar::words(manifest.completion, manifest.words.is_empty(), text, found);
    Some(manifest)
}

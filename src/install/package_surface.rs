//! What a package shows to those who use it: what a new version is compared by. Pure.

use super::package::Package;
use crate::model::command_surface::{CommandSurface, SurfaceArgument, SurfaceTerm};
use crate::model::{CleanText, Way};
use everestctl_protocol::package::PackageManifest;
use everestctl_protocol::sidecar::Credentials;

/// The surface of `package`: the words that it declares, and what it needs and is given.
pub fn of(package: &Package) -> CommandSurface {
    let manifest = &package.manifest;
    let mut surface = CommandSurface {
        name: CleanText::new(&manifest.name),
        version: Some(CleanText::new(&manifest.version)),
        ..CommandSurface::default()
    };
    for line in manifest.words.keys() {
        add_line(&mut surface, line);
    }
    surface.add(SurfaceTerm::Way, Way::from(manifest.way).as_str());
    if manifest.credentials == Credentials::Env {
        surface.add(SurfaceTerm::Credential, "your token, in EVEREST_TOKEN");
    }
    for platform in manifest.platforms.keys() {
        surface.add(SurfaceTerm::Platform, platform);
    }
    for requirement in requirements(manifest) {
        surface.add(SurfaceTerm::Requirement, &requirement);
    }
    surface
}

/// A line as it is typed after the plugin's name: words, then the flag that it is about.
fn add_line(surface: &mut CommandSurface, line: &str) {
    let is_flag = |word: &&str| word.starts_with('-');
    let words: Vec<&str> = line.split_whitespace().take_while(|word| !is_flag(word)).collect();
    let command = surface.commands.entry(CleanText::new(&words.join(" ")).to_string()).or_default();
    for flag in line.split_whitespace().filter(is_flag) {
        let typed = CleanText::new(flag.split('=').next().unwrap_or(flag)).to_string();
        if command.argument(&typed).is_none() {
            command.arguments.push(SurfaceArgument { typed, kind: "text", ..SurfaceArgument::default() });
        }
    }
}

fn requirements(manifest: &PackageManifest) -> Vec<String> {
    let requires = &manifest.requires;
    let mut found = Vec::new();
    found.extend(requires.everestctl.as_ref().map(|range| format!("everestctl {range}")));
    found.extend(requires.protocol.map(|version| format!("plugin protocol {version}")));
    found.extend(requires.features.iter().map(|feature| format!("feature {feature}")));
    found.extend(requires.programs.iter().map(|program| format!("program {program}")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::surface_change::SurfaceDifference;
    use crate::sys::tree::TreeFile;
    use everestctl_protocol::package::FILE;

    fn surface(manifest: &str) -> CommandSurface {
        let file = |path: &str, content: &str| TreeFile {
            path: path.into(),
            content: content.into(),
            is_executable: false,
        };
        of(&Package::from_files(vec![file(FILE, manifest), file("greet", "#!/bin/sh\n")], "/p").unwrap())
    }

    #[test]
    fn a_package_is_compared_by_its_words_and_its_terms() {
        let before = surface(
            "name: greet\nversion: '1'\nplatforms: {any: {file: greet}}\ncompletion: words\n\
             words: {loud: Shout, 'loud --twice': Again, soft: Whisper}\n",
        );
        let after = surface(
            "name: greet\nversion: '2'\nplatforms: {any: {file: greet}}\ncompletion: words\ncredentials: env\n\
             requires: {programs: [jq]}\nwords: {loud: Shout, 'loud --again': Again}\n",
        );
        let difference = SurfaceDifference::between(&before, &after);
        let lines: Vec<_> = difference
            .changes
            .iter()
            .map(|change| format!("{} {}: {}", change.class.as_str(), change.subject, change.what))
            .collect();
        assert_eq!(
            lines,
            [
                "breaking loud --twice: the flag is gone",
                "breaking requirement: program jq (new)",
                "breaking soft: the command is gone",
                "review credential: your token, in EVEREST_TOKEN (new)",
                "compatible loud --again: new flag",
            ]
        );
    }
}

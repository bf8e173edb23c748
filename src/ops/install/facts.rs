//! Where an installed package came from, for `plugin list`, `which` and `info`.

use super::Place;
use crate::install::generations::InstalledPackage;
use crate::install::package;
use crate::model::{CleanText, Command, OriginPlace, harmless_lines};
use crate::ops::App;
use crate::sys::files;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where an installed package came from. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageFacts {
    /// Its version.
    pub version: CleanText,
    /// Where it came from.
    pub source: CleanText,
    /// The digest of what came from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<CleanText>,
    /// Who has signed it, if that was verified: the fingerprint of a key, or an identity and its issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<CleanText>,
    /// Whether upgrades of everything leave it alone.
    pub pinned: bool,
}

impl From<InstalledPackage> for PackageFacts {
    fn from(package: InstalledPackage) -> Self {
        let clean = |text: Option<String>| text.as_deref().and_then(CleanText::non_empty);
        Self {
            version: CleanText::new(&package.version),
            source: CleanText::new(&package.source),
            digest: clean(package.origin),
            signer: clean(package.signer),
            pinned: package.is_pinned,
        }
    }
}

/// Those of all installed packages, by the names of their commands. What cannot be read, `plugin history` tells.
pub fn all(app: &App) -> BTreeMap<String, PackageFacts> {
    let current = Place::of(app).and_then(|place| place.generations.current()).unwrap_or_default();
    current.packages.into_iter().map(|(name, package)| (name, package.into())).collect()
}

/// The page that the package of an installed command has brought, in roff.
pub fn man_page(command: &Command) -> Option<String> {
    const LARGEST: u64 = 1024 * 1024;
    let origin = command.first();
    let path = origin.path.as_ref().filter(|_| origin.place == OriginPlace::Installed)?;
    // Beside the command, under the name that `man` looks for.
    let page = path.with_file_name(package::man_page_name(&origin.name));
    let page = files::read(&page, LARGEST).ok()?;
    Some(harmless_lines(&String::from_utf8_lossy(&page)))
}

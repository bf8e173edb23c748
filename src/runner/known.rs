//! What a plugin offers, as far as that is known. It must not know who asked it.

use crate::openapi::LazyDescriptor;

/// The commands of one plugin, and where they are described.
#[derive(Debug)]
pub struct PluginApi {
    /// The plugin's own name, whatever was typed.
    pub name: String,
    /// What it offers.
    pub descriptor: Box<LazyDescriptor>,
    /// Where that is written, in words.
    pub place: String,
}

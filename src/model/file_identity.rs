//! What tells one state of a file from another.

use serde::{Deserialize, Serialize};

/// Device, inode, times and size of a file. Together they say whether it is still the file it was: a change
/// of content shows in the times or the size, a replacement in the inode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
    /// The time of the last change of content, in nanoseconds since 1970.
    pub modified: i64,
    /// The time of the last change of content or mode, in nanoseconds since 1970.
    pub changed: i64,
    /// The size in bytes.
    pub size: u64,
}

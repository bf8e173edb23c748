//! L3: the index: what is remembered of the commands of a context, so that no server has to be queried.
//!
//! A *names* file holds, for each source, what it said last and when: one file for each identity of the
//! remote sources and one for each set of local folders (design, section 5). It is a hint for help,
//! completion, suggestions and server commands, never where an executable's path comes from.
//!
//! * [`names`]: what a file says, and what a new answer changes in it;
//! * [`mod@format`]: the bytes: version, checksum, an archive that is read in place;
//! * [`store`]: the files: atomic, private, rebuilt at any doubt;
//! * [`details`]: what is known of one plugin's commands, a file for each;
//! * [`file_notes`]: what was found out about a file of this machine;
//! * [`newer_packages`]: which installed packages have something newer at their sources;
//! * [`Image`]: what a container runtime said of an image;
//! * [`value_cache`]: values for TAB that the server returned recently;
//! * [`freshness`]: whether what is known still holds, and whether a source may be asked again.
//!
//! This engine must not know how a source is asked (`discovery`) or who gets a name (`resolve`).

pub mod details;
pub mod file_notes;
pub mod format;
pub mod freshness;
mod images;
pub mod names;
pub mod newer_packages;
mod records;
pub mod store;
pub mod value_cache;

pub use details::Described;
pub use freshness::{Freshness, FreshnessPolicy};
pub use images::Image;
pub use names::{Names, RefreshReason, Section, SectionFailure};
pub use records::NameRecord;
pub use store::{Key, Store};

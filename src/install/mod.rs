//! L3: what is installed: packages of local plugins, in generations that can be gone back to.
//!
//! * [`package`]: what a package is and what makes it unfit; pure;
//! * [`package_surface`]: what it shows to its users; pure;
//! * [`source`]: where one comes from, as the user writes it; pure;
//! * [`fetch`]: getting it from there;
//! * [`bundle`]: packages and more in one file, for where no server is;
//! * [`archive`]: reading one from a folder or an archive, within limits;
//! * [`store`]: the immutable content, by its digest;
//! * [`generations`]: which packages are active, now and before;
//! * [`man_pages`]: where `man` finds theirs;
//! * [`lockfile`]: the set that a repository wants;
//! * [`signature`]: the signatures that one has: `envelope` reads one of their forms;
//! * [`signer`]: who has to have signed one, and who has;
//! * [`policy`]: what may be installed and run;
//! * [`error`]: why something cannot be installed.
//!
//! ```text
//! <data>/store/sha256/DIGEST/…    the files of a package, and their checksums
//! <data>/generations/N/           links to the active files, and what they are of
//! <data>/current → generations/N  where the resolver looks
//! ```
//!
//! A change makes a new generation beside the old one and then turns `current`, so that a kill at any moment leaves the old set or the
//! new one. It must not know who asks, or how a command is found.

pub mod archive;
pub mod bundle;
mod envelope;
pub mod error;
pub mod fetch;
pub mod generations;
pub mod lockfile;
pub mod man_pages;
pub mod package;
pub mod package_surface;
pub mod policy;
pub mod signature;
pub mod signer;
pub mod source;
pub mod store;

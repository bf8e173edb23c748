//! L0: the nouns of everestctl, without I/O.
//!
//! * [`Source`], [`Way`]: where a command comes from and how it runs;
//! * [`Origin`]: one source's claim to a command, with its [`OriginState`]; [`Command`]: all that agree on it;
//! * [`Via`]: through whom a server's plugin is reached; [`ServiceAddress`]: the Service that its backend is;
//! * [`SourceReport`]: what one source answered;
//! * [`Warning`]: something the user should know that stops nothing else;
//! * [`CleanText`]: text from outside, made harmless at the border;
//! * [`CredentialPlace`]: where a credential of a plugin's own stands in a request;
//! * [`DeclaredWords`]: what a plugin says beforehand of its arguments;
//! * [`Message`]: one message of a stream;
//! * [`command_surface`], [`surface_change`]: what a plugin shows to its users, and what a new version changes of it;
//! * [`reserved`]: the words that no plugin can take; [`bundled`]: the plugins that ship with everestctl;
//! * [`file_stems`]: which file names a command path can have;
//! * [`host_range`]: whether a plugin fits the version of its host;
//! * [`limits`]: what an answer may be at most;
//! * [`below`]: whether a path stays below its start.
//!
//! Nothing here knows a file, a socket, a terminal or an argument parser.

pub mod below;
pub mod bundled;
mod clean_text;
mod command;
pub mod command_surface;
mod credential_place;
mod declared_words;
mod decoding;
mod file_identity;
pub mod file_stems;
mod hex;
pub mod host_range;
pub mod limits;
mod message;
mod origin;
mod report;
pub mod reserved;
mod service;
mod source;
pub mod surface_change;
mod warning;

pub use clean_text::{CleanText, harmless, harmless_lines, quoted};
pub use command::Command;
pub use credential_place::CredentialPlace;
pub use declared_words::DeclaredWords;
pub use everestctl_protocol::{CommandWord, InvalidWord};
pub use file_identity::FileIdentity;
pub use hex::hex;
pub use message::Message;
pub use origin::{Origin, OriginPlace, OriginState};
pub use report::{PathFamily, ReportOutcome, SourceReport, Validators};
pub use service::ServiceAddress;
pub use source::{Source, Via, Way};
pub use warning::Warning;

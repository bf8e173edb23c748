//! L1: the operating system. The only layer that touches files, processes, locks, the clock and the
//! environment; everything above asks it, so that everything above can be tested without it.
//!
//! * [`environment`]: the variables, read once;
//! * [`folders`]: where everestctl keeps its files;
//! * [`files`]: bounded reads, atomic writes, facts about files; [`open_file`]: parts of one;
//! * [`owners`]: who the user is, and which group is the user's own;
//! * [`acl`]: who may write beside those that a mode names;
//! * [`archive`]: trees of files as archives;
//! * [`trace`]: what happens on the wire, for `-vv`;
//! * [`tree`]: trees of files, written whole;
//! * [`trust`]: whether another user decides what is at a path;
//! * [`output`]: the file that a user names for writing;
//! * [`lock`]: advisory locks that end with the process, and kubectl's, which do not;
//! * [`late_warnings`]: what is to be told of when the command has ended;
//! * [`exec`]: becoming another program;
//! * [`process`]: starting one in the background, for its output, or to read what this one writes;
//! * [`program`]: a program to start, and the rules for each;
//! * [`stage`]: how a program finds its streams, its terminal and its folder when it is tried; [`trial`]: what is seen of it then;
//! * [`supervision`]: a child that stands in for this process;
//! * [`terminal`]: what becomes of keys that nobody reads yet;
//! * [`signals`]: work that Ctrl-C must not cut in two, and work that ends by itself when it comes;
//! * [`interruptible`]: writing that ends with Ctrl-C although nobody reads;
//! * [`clock`]: what time it is.
//!
//! Nothing here knows what a plugin, a server or a context is.
#![expect(clippy::disallowed_methods, reason = "this layer is what the others have instead")]

pub mod acl;
pub mod archive;
pub mod clock;
pub mod environment;
pub mod exec;
pub mod files;
pub mod folders;
pub mod interruptible;
pub mod late_warnings;
pub mod lock;
pub mod open_file;
pub mod output;
pub mod owners;
pub mod process;
pub mod program;
pub mod signals;
pub mod stage;
pub mod supervision;
pub mod terminal;
pub mod trace;
pub mod tree;
pub mod trial;
pub mod trust;

pub use environment::Environment;
pub use files::FileFacts;
pub use folders::Folders;

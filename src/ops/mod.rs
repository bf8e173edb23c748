//! L4: one use case in each file. An op takes a [`App`], asks the engines, and gives a report; it never
//! prints and knows no argument parser.
//!
//! * [`run_command`]: run what the user typed;
//! * [`plugin_run`]: run one command that the user names, from the source that the user names;
//! * [`list`], [`which`], [`info`]: what there is, who has a name, what is known of it;
//! * [`alias`]: the user's own names for commands, [`alias_expansion`]: what they become; [`help_overview`]: what help lists;
//! * [`auth`]: signing in and out, who the user is;
//! * [`plugin_credentials`]: the credentials that plugins require beside the session, [`credential_error`]: why one
//!   cannot be stored;
//! * [`doctor`]: what is wrong with this installation;
//! * [`contexts`]: the contexts of the config file, [`context_error`]: why one cannot be used;
//! * [`refresh`]: query the sources again, when the user asks for it or in the background;
//! * [`install`]: the set of installed packages; [`policy`]: what may be in it, and run;
//! * [`export`], [`import`]: plugins in one file, for machines that reach no server;
//! * [`diff`]: what tells one version of a plugin from another, for who uses it;
//! * [`lint`]: what is wrong with a plugin; [`pack`], [`sign`], [`push`]: what an author does with a package;
//! * [`catalogs`], [`hub`]: what can be installed on a server, and where that is looked for;
//! * [`hub_install`], [`chart_source`]: plugins of a server, installed and upgraded with helm: by the name in a catalog, or from where
//!   their chart is; [`chart_plan`]: what both do; [`server_release`], [`apply`]: rolled back and removed, applied from manifests;
//!   [`server_plugins`]: what all of these share, [`server_error`]: why one of them fails;
//! * [`new_plugin`]: a plugin from a template; [`plugin_dev`]: the plugin of a folder, tried while it is written;
//! * [`plugin_test`]: how a plugin behaves;
//! * [`plugin_api`]: any request to a plugin's backend; [`events`]: what happens on the server;
//! * [`native_child`]: what a native library may ask for;
//! * [`plugin_command`]: a command that a plugin declares;
//! * [`complete`]: what TAB knows; [`completion_values`]: those that only the server knows.
//!
//! What a run knows, and how it learns more, is in [`crate::app`]. What ops share beside that:
//!
//! * [`App`]: the environment, the folders and the global options of this run;
//! * `index_fill`: what the first TAB and the first help wait for;
//! * [`command_error`]: why a word that is known runs no command; [`not_found`]: what the user may have meant;
//! * [`command_row`]: a command as it is shown.

pub mod alias;
pub mod alias_expansion;
pub mod apply;
pub mod auth;
pub mod catalogs;
pub mod chart_plan;
pub mod chart_source;
pub mod command_error;
pub mod command_row;
pub mod complete;
pub mod completion_values;
pub mod context_error;
pub mod contexts;
pub mod credential_error;
pub mod diff;
pub mod doctor;
pub mod events;
pub mod export;
pub mod help_overview;
pub mod hub;
pub mod hub_install;
pub mod import;
mod index_fill;
pub mod info;
pub mod install;
pub mod lint;
pub mod list;
pub mod native_child;
pub mod new_plugin;
pub mod not_found;
mod not_found_error;
pub mod pack;
pub mod plugin_api;
pub mod plugin_command;
pub mod plugin_credentials;
pub mod plugin_dev;
pub mod plugin_run;
pub mod plugin_test;
pub mod policy;
pub mod push;
pub mod refresh;
pub mod run_command;
pub mod server_error;
pub mod server_plugins;
pub mod server_release;
pub mod sign;
pub mod which;
mod words_below;

pub use crate::app::{App, Options, duration};

//! A plugin of everestctl that audits database instances, manifests and charts. This page is the map.
//!
//! What there is to look at is read first, then judged by rules that are pure, then shown:
//!
//! * `arguments`: the command line; `plugin`: the commands;
//! * `catalogue`: every rule, with what it is for and how to mend what it finds;
//! * `finding`: what a rule has found, and where;
//! * `everest`: the OpenEverest API, asked as the user who calls; `instance`: what it says of an instance, judged;
//! * `connection`: where an instance's database is, and as whom;
//! * `postgres`: what is read from a real PostgreSQL, and what the rules say to it;
//! * `files`: the files that the user names; `document`: YAML and JSON in them;
//! * `credentials`: secrets in any text, none of which is ever shown; `resources`: objects of Kubernetes, judged;
//!   `permissions`: what a plugin may do, and what its chart takes;
//! * `scan`: all of that together; `baseline`: findings that somebody has accepted;
//! * `report`: one file for each form of the result.
//!
//! Nothing here knows how the plugin runs, as an executable or in a container: the SDK does.

mod arguments;
mod baseline;
mod catalogue;
mod connection;
mod credentials;
mod document;
mod everest;
mod files;
mod finding;
mod instance;
mod permissions;
mod plugin;
mod postgres;
mod report;
mod resources;
mod scan;

everestctl_plugin::executable!(plugin::Compliance);

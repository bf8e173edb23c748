//! A PostgreSQL: what is read from it, and what the rules say to that.
//!
//! * `facts`: what is known of one;
//! * `reader`: reading it from a server;
//! * `rules`: judging it, without a server.

mod facts;
mod reader;
mod rules;

pub(crate) use reader::read;
pub(crate) use rules::{judge, judge_backups};

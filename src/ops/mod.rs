//! L4: one use case in each file. An op takes a [`World`], asks the engines, and gives a report; it never
//! prints and knows no argument parser.
//!
//! * [`dispatch`]: run what the user typed;
//! * [`run`]: run one command that the user names, from the source that the user names;
//! * [`list`], [`which`], [`info`]: what there is, who has a name, what is known of it;
//! * [`alias`]: the user's own names for commands; [`overview`]: what help lists;
//! * [`auth`]: signing in and out, who the user is;
//! * [`contexts`]: the contexts of the config file;
//! * [`refresh`]: query the sources again, when the user asks for it or in the background;
//! * [`request`]: what was typed as a request, with bodies from files;
//! * [`proxy`]: a request to a plugin's backend, and what comes back; [`trouble`]: why it does not;
//! * [`follow`]: a stream of messages, through lost connections;
//! * [`job`]: what was started, and how to look at it;
//! * [`wait`]: until what was started has finished;
//! * [`transfer`]: large bodies in both directions;
//! * [`complete`]: what TAB knows; [`values`]: those that only the server knows;
//! * [`begin`]: becoming the plugin that was found.
//!
//! What a run knows, and how it learns more, is in [`crate::app`]. What ops share beside that:
//!
//! * [`World`]: the environment, the folders and the global options of this run;
//! * [`unknown`]: what the user may have meant;
//! * [`row`]: a command as it is shown.

pub mod alias;
pub mod auth;
pub mod begin;
pub mod complete;
pub mod contexts;
pub mod dispatch;
pub mod follow;
pub mod info;
pub mod job;
pub mod list;
pub mod overview;
pub mod proxy;
pub mod refresh;
pub mod request;
pub mod row;
pub mod run;
pub mod transfer;
pub mod trouble;
pub mod unknown;
pub mod values;

pub mod wait;
pub mod which;

pub use crate::app::{Options, World, duration};

//! L2: the terminal. What is shown to people and what is handed to pipes; used by `cli` only.
//!
//! * [`Streams`]: standard output and error, and what is known of them;
//! * [`color`]: whether to use colour, and who decides;
//! * [`table`]: rows in columns;
//! * [`pager`]: long text through the user's pager;
//! * [`progress`]: how far something is;
//! * [`prompt`]: prompts on a terminal.
//!
//! Nothing here knows what is shown.

pub mod color;
pub mod pager;
pub mod progress;
pub mod prompt;
mod streams;
pub mod table;

pub use streams::{Streams, WriteError};

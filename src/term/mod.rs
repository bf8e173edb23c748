//! L2: the terminal. What is shown to people and what is handed to pipes; used by `cli` only.
//!
//! * [`Streams`]: standard output and error, and what is known of them;
//! * [`color`]: whether to use colour, and who decides;
//! * [`separated`]: the same rows for programs: CSV and TSV;
//! * [`table`]: rows in columns; [`vertical`]: rows one below the other;
//! * [`line_editor`]: what somebody types at a prompt of a shell;
//! * [`pager`]: long text through the user's pager;
//! * [`progress`]: how far something is;
//! * [`wire`]: the lines of `-vv`;
//! * [`prompt`]: prompts on a terminal.
//!
//! Nothing here knows what is shown.

pub mod color;
pub mod json_color;
pub mod line_editor;
pub mod pager;
pub mod progress;
pub mod prompt;
pub mod separated;
mod streams;
pub mod table;
pub mod vertical;
pub mod wire;

pub use streams::{Buffers, Streams, WriteError};

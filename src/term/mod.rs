//! L2: the terminal. What is shown to people and what is handed to pipes; used by `cli` only.
//!
//! * [`Streams`]: standard output and error, and what is known of them;
//! * [`color`]: whether to use colour, and who decides;
//! * [`screen`]: a text that is drawn in place;
//! * [`table`]: rows in columns (the crate `everestctl-rows` has their other forms);
//! * [`line_editor`]: what somebody types at a prompt of a shell;
//! * [`plot`]: numbers as pictures, in a terminal, and as SVG or PNG;
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
pub mod plot;
pub mod progress;
pub mod prompt;
pub mod screen;
mod streams;
pub mod table;
pub mod wire;

pub use streams::{Buffers, Streams, WriteError};

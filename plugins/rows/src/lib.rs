//! Rows as everestctl and the plugins of its SDK write them, byte for byte the same. It must not know where rows come from.
//!
//! * [`records`]: for programs and documents: CSV, TSV, Markdown and HTML; [`markup`]: values in the latter two;
//! * [`vertical`]: for people, one value in a line;
//! * [`case`]: the words of a name, and the heading of a column.

pub mod case;
pub mod markup;
pub mod records;
pub mod vertical;

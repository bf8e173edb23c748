//! An answer → rows, lines or one text for a person. It must not know widths, colours or terminals, and it changes
//! nothing of what `-o json` shows.

mod cell;
mod guess;
mod moment;
mod object;
mod point_place;
mod points;
mod reading;
mod records;
mod row_filter;
mod series;
mod spark;
mod table;
mod view;

pub use cell::{Cell, RecordValue};
pub use object::ObjectPart;
pub use points::{AnswerChart, AnswerPoints, NoPoints, PointSeries, PointsKind, charts};
pub use reading::{JsonAnswer, Unread, read_answer};
pub use records::records;
pub use row_filter::kept_rows;
pub use table::{ColumnSet, ResponseRow, ResponseTable, UnknownColumn};
pub use view::{BelowRows, ResponseView, field, names, place, raw_rows, rows, select, selector, view};

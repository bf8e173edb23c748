//! One message of a stream. It must not know how messages stand in it.

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What kind of event it is; empty when nothing says so.
    pub event: String,
    /// What it says.
    pub data: String,
    /// The id of the last event that had one.
    pub id: Option<String>,
}

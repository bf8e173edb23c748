//! Why a download is not what is on the server, or not where the user wants it.

use crate::error::Explain;
use crate::model::quoted;
use std::io;
use std::path::PathBuf;

/// Why a download is not what is on the server, or not where the user wants it.
#[derive(Debug, thiserror::Error)]
pub(super) enum DownloadError {
    /// The file that the user names cannot be written.
    #[error("could not write file {}", quoted(&path.to_string_lossy()))]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// It changed when some of it had been written to standard output already.
    #[error("the file on the server changed during the download; the output is not usable")]
    ChangedAfterOutput,
    /// It changed again and again, so often.
    #[error("the file changed on the server {0} times during the download")]
    ChangedTooOften(u32),
    /// A part is not the one that was asked for.
    #[error("the server sent a different range than requested")]
    OtherRange,
    /// It has another length than announced.
    #[error("the server announced {announced} bytes and sent {sent}")]
    OtherSize {
        /// What was announced.
        announced: u64,
        /// What came.
        sent: u64,
    },
    /// It has another checksum than announced.
    #[error("checksum mismatch")]
    OtherChecksum {
        /// Of what came.
        sum: String,
        /// What was announced.
        announced: String,
    },
}

impl Explain for DownloadError {
    fn causes(&self) -> Vec<String> {
        match self {
            Self::Unwritable { error, .. } => vec![error.to_string()],
            Self::OtherChecksum { sum, announced } => vec![format!("SHA-256 is {sum}, expected {announced}")],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unwritable { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                vec!["use a file in a folder of your own: `--output-file ~/FILE`".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

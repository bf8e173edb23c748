//! What a database notes beside its answers: `NOTICE: table "t" does not exist, skipping`.

use crate::problem::short;
use futures_util::{StreamExt as _, stream};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{AsyncMessage, Connection};

/// The maximum number of notices.
const MOST: usize = 100;
/// None is longer, in characters.
const LONGEST: usize = 300;

/// The notices of one connection.
#[derive(Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Vec<String>>>);

impl Notices {
    /// Those that have come.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that have come since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drives a connection to its end, and keeps what it notes.
    pub(crate) async fn collect<S, T>(self, mut connection: Connection<S, T>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        // The request fails with the error, too.
        while let Some(Ok(message)) = messages.next().await {
            let AsyncMessage::Notice(notice) = message else { continue };
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() < MOST {
                all.push(format!("{}: {}", notice.severity(), short(notice.message(), LONGEST)));
            }
        }
    }
}

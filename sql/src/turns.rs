//! Turns: work that exactly one copy of the server does at a time, each kind by its name.
//!
//! A turn is a session's advisory lock, held on a connection of its own, so that nothing is written to keep it, and
//! Postgres frees it in the moment in which the connection ends, however its holder died. Guarantee: two sessions never
//! hold one turn at once. A holder that hangs and lost its connection unnoticed must be harmless all the same: whatever
//! it writes has to check in its transaction that nobody else went on meanwhile.

use crate::{database::Database, error::SqlError};
use std::{collections::BTreeSet, sync::Mutex};
use tokio_postgres::{Client, NoTls};

/// Makes Postgres notice within half a minute that the holder's machine is gone.
const PROBES: &str =
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

/// A session that takes turns.
pub struct Turns {
    client: Client,
    connection: tokio::task::JoinHandle<()>,
    held: Mutex<BTreeSet<String>>,
}

impl Turns {
    /// Opens the session; no turn is held yet.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn open(db: &Database) -> Result<Self, SqlError> {
        let (client, connection) = db.config().session()?.connect(NoTls).await?;
        let connection = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "the session that holds turns ended; they are free for others");
            }
        });
        let turns = Self { client, connection, held: Mutex::default() };
        turns.client.batch_execute(PROBES).await?;
        Ok(turns)
    }

    /// Whether this session has the turn of that name; takes it if it is free. `false`: somebody else has it.
    ///
    /// # Errors
    /// Any [`SqlError`]; the session is over then, with all its turns: open another.
    pub async fn take(&self, name: &str) -> Result<bool, SqlError> {
        const SQL: &str = "SELECT pg_try_advisory_lock(hashtextextended('dbx turn ' || $1, 0))";
        if self.client.is_closed() {
            return Err(SqlError::ConnectionLost);
        }
        if self.lock().contains(name) {
            return Ok(true);
        }
        let taken: bool = self.client.query_one(SQL, &[&name]).await?.try_get(0)?;
        if taken {
            self.lock().insert(name.to_owned());
        }
        Ok(taken)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Ends the session, and so every turn.
impl Drop for Turns {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

//! When sessions and API keys were last used: gathered, and written together a moment later.
//!
//! Guarantees: a request waits for no such note; however many requests come, this copy of the server writes once per
//! [`GATHER`] at most. What is gathered and not written when the server dies is lost, which the notes, kept to the minute,
//! can bear. Nothing is decided by them but that a session ends unused after many days.

use super::principal::Principal;
use dbx_domain::ids::{ApiKeyId, SessionId};
use dbx_sql::{
    Database, SqlError,
    source::{api_keys, sessions},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long notes are gathered.
const GATHER: Duration = Duration::from_secs(1);

/// The notes of one copy of the server.
#[derive(Default)]
pub(crate) struct UseNotes(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    sessions: BTreeSet<SessionId>,
    keys: BTreeSet<ApiKeyId>,
    /// Somebody is about to write.
    written_soon: bool,
}

impl UseNotes {
    /// Notes that `principal` was used.
    pub(crate) fn add(self: &Arc<Self>, db: &Database, principal: Principal) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match principal {
            Principal::Session { session, .. } => gathered.sessions.insert(session),
            Principal::ApiKey { key, .. } => gathered.keys.insert(key),
        };
        if !std::mem::replace(&mut gathered.written_soon, true) {
            let (notes, db) = (Arc::clone(self), db.clone());
            tokio::spawn(async move {
                tokio::time::sleep(GATHER).await;
                if let Err(error) = notes.write(&db).await {
                    tracing::warn!(%error, "the last use of sessions and API keys could not be noted");
                }
            });
        }
    }

    async fn write(&self, db: &Database) -> Result<(), SqlError> {
        let Gathered { sessions, keys, .. } =
            std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let (sessions, keys): (Vec<_>, Vec<_>) = (sessions.into_iter().collect(), keys.into_iter().collect());
        if !sessions.is_empty() {
            sessions::note_seen(db, &sessions).await?;
        }
        if !keys.is_empty() {
            api_keys::note_use(db, &keys).await?;
        }
        Ok(())
    }
}

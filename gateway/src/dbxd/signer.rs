//! Signs checkpoints from time to time, in one copy of the server.
//!
//! Guarantee: two copies that sign at once make one checkpoint: the second finds the log covered already. Each one's
//! number and hash go to our own log as well, which is kept elsewhere: it tells if checkpoints were cut off later.

use crate::worker::Worker;
use dbx_sql::{
    Database,
    checkpoint::{CheckpointKey, hex, make, statement_hash},
};
use dbx_workflows::care::duty::Duty;
use std::time::Duration;
use tokio::sync::watch;

/// The duty to sign.
const SIGNER: &str = "checkpoints";

/// Who signs, and how often.
pub(crate) struct Signer {
    pub(crate) database: Database,
    pub(crate) key: CheckpointKey,
    pub(crate) every: Duration,
    pub(crate) duty: Duty,
}

impl Signer {
    pub(crate) fn new(database: Database, key: CheckpointKey, every: Duration, worker: &Worker) -> Self {
        let duty = Duty::new(database.clone(), SIGNER, worker.to_string());
        Self { database, key, every, duty }
    }

    /// Works until `stop` turns true; then resigns.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            self.sign().await;
            let pause = tokio::time::sleep(self.every);
            tokio::select! {
                // An error means that nobody can tell us any more: stop as well.
                _ = stop.wait_for(|stop| *stop) => break,
                () = pause => {}
            }
        }
        self.duty.resign().await;
    }

    /// Signs until the log is covered.
    async fn sign(&self) {
        loop {
            match self.duty.take().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return tracing::warn!(%error, "cannot ask for the duty to sign checkpoints"),
            }
            match make(&self.database, &self.key).await {
                Ok(Some(made)) => tracing::info!(
                    number = made.number,
                    events = made.events,
                    hash = hex(&statement_hash(&made.text())),
                    "signed a checkpoint"
                ),
                Ok(None) => return,
                Err(error) => return tracing::warn!(%error, "the log could not be signed; it is tried again"),
            }
        }
    }
}

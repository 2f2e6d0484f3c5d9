//! "Something was appended": signals that make readers look early. They carry no data and may be lost; a reader's
//! periodic scan is the guarantee.
//!
//! In this process a commit signals directly. Other processes hear a NOTIFY, sent from a connection of its own and
//! at most once per [`DEBOUNCE`]: inside the append transaction NOTIFY takes a lock that is global to the cluster and
//! made commits 4.6 to 6.5 times slower.

use crate::{database::Database, error::SqlError};
use futures::StreamExt as _;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, Client, NoTls};

/// Least time between two NOTIFYs of one process.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// Wait before the link connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Sends and hands out wake-ups; clones share one signal.
#[derive(Clone)]
pub struct Wakeups {
    /// Counts signals from anywhere.
    any: Arc<watch::Sender<u64>>,
    /// Counts signals of this process's own commits, which the link passes on.
    own: Arc<watch::Sender<u64>>,
}

impl Wakeups {
    pub(crate) fn new() -> Self {
        Self { any: Arc::new(watch::Sender::new(0)), own: Arc::new(watch::Sender::new(0)) }
    }

    /// Wakes every waiter of this process, and through the link those of others. Called after each commit.
    pub fn signal(&self) {
        self.own.send_modify(|count| *count += 1);
        self.signal_here();
    }

    fn signal_here(&self) {
        self.any.send_modify(|count| *count += 1);
    }

    /// A waiter that misses no signal sent after this call: make it first, then read, then wait.
    pub fn waiter(&self) -> Waiter {
        Waiter(self.any.subscribe())
    }

    /// Starts the task that exchanges wake-ups with other processes. It reconnects for ever and ends when the
    /// returned link is dropped.
    pub fn link(database: &Database) -> WakeupLink {
        let database = database.clone();
        WakeupLink(tokio::spawn(async move {
            loop {
                if let Err(error) = run_link(&database).await {
                    tracing::warn!(%error, "wake-ups from other processes are interrupted, scans go on");
                }
                // What was missed meanwhile is found by looking.
                database.wakeups().signal_here();
                tokio::time::sleep(RECONNECT).await;
            }
        }))
    }
}

/// Waits for the next signal.
pub struct Waiter(watch::Receiver<u64>);

impl Waiter {
    /// Returns at the next signal since the last return, or after `at_most`.
    pub async fn wait_or(&mut self, at_most: Duration) {
        // The sender lives in the database handle; if all are gone, only the time-out is left.
        if let Ok(Err(_)) = tokio::time::timeout(at_most, self.0.changed()).await {
            tokio::time::sleep(at_most).await;
        }
    }
}

/// Keeps the exchange with other processes alive.
pub struct WakeupLink(tokio::task::JoinHandle<()>);

impl Drop for WakeupLink {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs until the connection fails.
async fn run_link(database: &Database) -> Result<(), SqlError> {
    let (client, mut connection) = database.config().session()?.connect(NoTls).await?;
    let wakeups = database.wakeups().clone();
    let mut messages = futures::stream::poll_fn(move |context| connection.poll_message(context));
    let own = wakeups.own.subscribe();
    let listen = async {
        while let Some(message) = messages.next().await {
            // Hearing ourselves costs a look that finds nothing.
            if let AsyncMessage::Notification(_) = message? {
                wakeups.signal_here();
            }
        }
        Err(SqlError::ConnectionLost)
    };
    tokio::select! {
        end = listen => end,
        end = pass_on(&client, own) => end,
    }
}

/// Listens, then passes own signals on.
async fn pass_on(client: &Client, mut own: watch::Receiver<u64>) -> Result<(), SqlError> {
    client.batch_execute("LISTEN dbx_events").await?;
    while own.changed().await.is_ok() {
        client.batch_execute("NOTIFY dbx_events").await?;
        tokio::time::sleep(DEBOUNCE).await;
    }
    Ok(())
}

//! Every copy of the server says that it lives and which master keys it knows, so that no data key is ever wrapped by a
//! master key that another copy could not read.
//!
//! Guarantees: a server does not begin to work beside one that could not read what it wraps, or whose wrapping it could not
//! read; of two that begin at once and do not agree, at least one is refused. A server that was killed counts as living
//! until its lease ends.

use dbx_sql::{
    Database, MasterKeys, SqlError,
    servers::{self, Server},
};
use std::time::Duration;
use tokio::sync::watch;

/// How long a server counts as living after it last said so.
const LEASE: Duration = Duration::from_secs(45);
/// How often it says so.
const EVERY: Duration = Duration::from_secs(15);

/// A server that must not begin to work.
#[derive(Debug, thiserror::Error)]
pub enum RollCallError {
    /// It and another one could not read each other's secrets.
    #[error("the master keys do not agree with those of the servers that run (docs/keys.md):\n- {}", .0.join("\n- "))]
    Disagree(Vec<String>),
    /// The database does not answer.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// This copy's place in the roll.
#[derive(Clone, Debug)]
pub struct RollCall {
    db: Database,
    me: Server,
}

impl RollCall {
    /// Enters the roll, unless the servers in it could not work beside this one.
    ///
    /// # Errors
    /// [`RollCallError`].
    pub async fn enter(db: Database, name: String, keys: &MasterKeys) -> Result<Self, RollCallError> {
        let me = Server { name, wraps_by: keys.current_id().to_owned(), reads_by: keys.ids() };
        // First in, then a look round: of two that come at once, the later one to look sees the other.
        servers::renew(&db, &me, LEASE).await?;
        let disagreements: Vec<_> =
            servers::living(&db).await?.iter().filter_map(|other| disagreement(&me, other)).collect();
        if disagreements.is_empty() {
            return Ok(Self { db, me });
        }
        servers::leave(&db, &me.name).await?;
        Err(RollCallError::Disagree(disagreements))
    }

    /// Stays in the roll until `stop` turns true, and leaves it.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                // An error means that nobody can tell us any more: stop as well.
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(error) = servers::renew(&self.db, &self.me, LEASE).await {
                tracing::warn!(%error, "this server could not say that it lives");
            }
        }
        // If it fails, the lease ends by itself.
        if let Err(error) = servers::leave(&self.db, &self.me.name).await {
            tracing::warn!(%error, "this server could not say that it ends");
        }
    }
}

/// Living servers that could not read what is wrapped by `key`, one sentence each.
///
/// # Errors
/// The database does not answer.
pub async fn strangers_to(db: &Database, key: &str) -> Result<Vec<String>, SqlError> {
    let living = servers::living(db).await?;
    Ok(living.iter().filter(|server| !knows(server, key)).map(|server| stranger(server, key)).collect())
}

fn disagreement(me: &Server, other: &Server) -> Option<String> {
    if !knows(other, &me.wraps_by) {
        return Some(stranger(other, &me.wraps_by));
    }
    (!knows(me, &other.wraps_by)).then(|| {
        let (name, key) = (&other.name, &other.wraps_by);
        format!("server {name} wraps by master key {key}, which this one does not know: add its file to `older_master_key_files`")
    })
}

fn knows(server: &Server, key: &str) -> bool {
    server.reads_by.iter().any(|known| known == key)
}

fn stranger(server: &Server, key: &str) -> String {
    format!(
        "server {} does not know master key {key}: add that key's file to its `older_master_key_files` and restart it first",
        server.name
    )
}

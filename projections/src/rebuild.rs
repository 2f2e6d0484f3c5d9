//! Builds inline read models from the whole log.
//!
//! Beside the living tables: the new ones fill in a schema of their own, page by page along the feed, while the
//! server goes on appending. Then, in one transaction, appends wait, the rest of the log is applied, and the new
//! tables take the old ones' place. Guarantee: the tables that appends find afterwards show every event before, and
//! a failure at any moment leaves the old tables in place; what it leaves in the other schema, the next one drops.
//! Tables of a migration's making stay, and get the new rows.
//!
//! Several models are built in one pass: the log is read and parsed once. The order is the feed's. It is causal, also
//! across streams: whoever decided on what a transaction wrote has a later transaction number (see
//! `dbx_sql::EventStore`).

mod beside;
mod replay;

use crate::model::ReadModel;
pub(crate) use beside::compare;
use dbx_sql::{Database, RebuildError, SqlError, Upcasters};
use deadpool_postgres::Transaction;
use replay::Replay;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The read model.
    pub name: &'static str,
    /// Events of the log that it was built from, those that it does not show included.
    pub events: u64,
}

/// Why a read model was not built.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is none of that name.
    #[error("there is no read model `{name}`; choose one of {known}")]
    Unknown {
        /// What was given.
        name: String,
        /// All names.
        known: String,
    },
    /// It can only be rebuilt while no worker runs.
    #[error(
        "{leases} instance(s) are leased by workers; stop every dbxd, wait for the leases to end, and rebuild {name} then"
    )]
    Busy {
        /// The read model.
        name: &'static str,
        /// Live leases.
        leases: i64,
    },
    /// An event could not be applied.
    #[error("read model {name} cannot be built: {source}")]
    Apply {
        /// The read model.
        name: &'static str,
        /// Which event, and why.
        source: RebuildError,
    },
    /// The exchange with Postgres failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl From<tokio_postgres::Error> for ModelError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error.into())
    }
}

/// Waits for appends under way: statements after it see them, and nothing can come behind them. Taken before any
/// lock on a read model, in the order in which appends take them.
const APPENDS_WAIT: &str = "LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE";

/// Builds `models`, which stand in the order of [`crate::model::ALL`]; the caller has the turn.
pub(crate) async fn build(
    db: &Database,
    models: &[&'static ReadModel],
    upcasters: &Upcasters,
) -> Result<Vec<Rebuilt>, ModelError> {
    match models.is_empty() {
        true => Ok(Vec::new()),
        false => beside::build(db, Replay::new(models.to_vec(), upcasters)).await,
    }
}

/// Notes which version of a read model the database holds from here on.
pub(crate) async fn record(transaction: &Transaction<'_>, name: &str, version: i32) -> Result<(), SqlError> {
    let sql = "INSERT INTO projection_versions (name, version, built_at) VALUES ($1, $2, dbx_now())
               ON CONFLICT (name) DO UPDATE SET version = excluded.version, built_at = excluded.built_at";
    transaction.execute(sql, &[&name, &version]).await?;
    Ok(())
}

/// How many rows of `table` are in one schema and not in the other, columns in `beside_log` left out of account.
pub(crate) async fn differing(
    transaction: &Transaction<'_>,
    table: &str,
    (home, schema): (&str, &str),
    beside_log: &[&str],
) -> Result<u64, SqlError> {
    let sql = format!(
        "WITH living AS (SELECT to_jsonb(t) - $1::text[] AS row FROM {home}.{table} t),
              built AS (SELECT to_jsonb(t) - $1::text[] AS row FROM {schema}.{table} t)
         SELECT (SELECT count(*) FROM (TABLE living EXCEPT ALL TABLE built) l)
              + (SELECT count(*) FROM (TABLE built EXCEPT ALL TABLE living) b)"
    );
    let row = transaction.query_one(&sql, &[&beside_log]).await?;
    Ok(row.try_get::<_, i64>(0)?.cast_unsigned())
}

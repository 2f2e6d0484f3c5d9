//! Which copies of the server live, and which master keys each of them knows.
//!
//! Guarantee: a row outlives its server by the lease at most; what it says of master keys are identifiers.

use crate::{database::Database, error::SqlError};
use std::time::Duration;

/// A copy of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name, unique among all there ever were.
    pub name: String,
    /// Identifier of the master key by which it wraps data keys.
    pub wraps_by: String,
    /// Identifiers of all master keys by which it reads them.
    pub reads_by: Vec<String>,
}

/// Says that a server lives, for as long as `lease`; those that are long gone are forgotten.
///
/// # Errors
/// Any [`SqlError`].
pub async fn renew(db: &Database, server: &Server, lease: Duration) -> Result<(), SqlError> {
    const SQL: &str = "WITH forgotten AS (
            DELETE FROM servers WHERE alive_until < dbx_now() - interval '1 day' AND name <> $1)
        INSERT INTO servers (name, wraps_by, reads_by, alive_until)
        VALUES ($1, $2, $3, dbx_now() + make_interval(secs => $4))
        ON CONFLICT (name) DO UPDATE SET alive_until = EXCLUDED.alive_until";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let Server { name, wraps_by, reads_by } = server;
    client.execute(&statement, &[name, wraps_by, reads_by, &lease.as_secs_f64()]).await?;
    Ok(())
}

/// Says that a server has ended.
///
/// # Errors
/// Any [`SqlError`].
pub async fn leave(db: &Database, name: &str) -> Result<(), SqlError> {
    db.client().await?.execute("DELETE FROM servers WHERE name = $1", &[&name]).await?;
    Ok(())
}

/// The servers that live, by name.
///
/// # Errors
/// Any [`SqlError`].
pub async fn living(db: &Database) -> Result<Vec<Server>, SqlError> {
    const SQL: &str =
        "SELECT name, wraps_by, reads_by FROM servers WHERE alive_until > dbx_now() ORDER BY name";
    let read = |row: &tokio_postgres::Row| {
        Ok(Server { name: row.try_get(0)?, wraps_by: row.try_get(1)?, reads_by: row.try_get(2)? })
    };
    db.client().await?.query(SQL, &[]).await?.iter().map(read).collect()
}

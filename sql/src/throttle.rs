//! Throttles: how often something may fail, such as signing in to one account.
//!
//! Kept in Postgres and not in a process, so that the limit holds over all copies of the server and over a restart:
//! whoever guesses passwords must not get a fresh start with either. The generic cell rate algorithm needs one time
//! per subject. Guarantees: charging is one atomic statement, so attempts at once cannot pass together; what is
//! refused is not charged, so being refused does not prolong the wait.

use crate::{database::Database, error::SqlError};
use std::time::Duration;

/// How much is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// So many at once.
    pub burst: u32,
    /// After that one per so long.
    pub every: Duration,
}

/// Counts one attempt of `subject` against `allowance`. `Some`: refused, and how long to wait.
///
/// # Errors
/// Any [`SqlError`].
pub async fn charge(
    db: &Database,
    subject: &[u8; 32],
    allowance: Allowance,
) -> Result<Option<Duration>, SqlError> {
    const CHARGE: &str = "INSERT INTO throttles (subject, free_at)
         VALUES ($1, dbx_now() + make_interval(secs => $2))
         ON CONFLICT (subject) DO UPDATE
             SET free_at = greatest(throttles.free_at, dbx_now()) + make_interval(secs => $2)
         WHERE throttles.free_at <= dbx_now() + make_interval(secs => $3)";
    const WAIT: &str =
        "SELECT extract(epoch FROM free_at - dbx_now())::float8 - $2 FROM throttles WHERE subject = $1";
    let every = allowance.every.as_secs_f64();
    let slack = every * f64::from(allowance.burst.saturating_sub(1));
    let client = db.client().await?;
    let statement = client.prepare_cached(CHARGE).await?;
    if client.execute(&statement, &[&subject.as_slice(), &every, &slack]).await? == 1 {
        return Ok(None);
    }
    let statement = client.prepare_cached(WAIT).await?;
    let row = client.query_opt(&statement, &[&subject.as_slice(), &slack]).await?;
    let wait: f64 = row.map_or(Ok(0.0), |row| row.try_get(0))?;
    Ok(Some(Duration::from_secs_f64(wait.clamp(1.0, 86_400.0))))
}

/// Takes back what [`charge`] counted: the attempt was no failure.
///
/// # Errors
/// Any [`SqlError`].
pub async fn refund(db: &Database, subject: &[u8; 32], allowance: Allowance) -> Result<(), SqlError> {
    const SQL: &str = "UPDATE throttles SET free_at = free_at - make_interval(secs => $2) WHERE subject = $1";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&subject.as_slice(), &allowance.every.as_secs_f64()]).await?;
    Ok(())
}

/// Forgets what was counted of `subject`.
///
/// # Errors
/// Any [`SqlError`].
pub async fn forget(db: &Database, subject: &[u8; 32]) -> Result<(), SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached("DELETE FROM throttles WHERE subject = $1").await?;
    client.execute(&statement, &[&subject.as_slice()]).await?;
    Ok(())
}

/// Deletes subjects of which nothing counts any more; says how many.
///
/// # Errors
/// Any [`SqlError`].
pub async fn delete_free(db: &Database) -> Result<u64, SqlError> {
    let client = db.client().await?;
    Ok(client.execute("DELETE FROM throttles WHERE free_at <= dbx_now()", &[]).await?)
}

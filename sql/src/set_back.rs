//! What a clock that was set back would put off for as long as it was set.
//!
//! Guarantee: from the next [`mend`] on, no instance is due later than [`PUT_OFF_MAX`] from now, and no lease ends later
//! than its whole length from now. A lease is shortened, not ended: its holder may have a call under way that was
//! permitted before the clock changed.

use crate::{database::Database, error::SqlError, lease::PUT_OFF_MAX};
use std::time::Duration;

/// What was written while we looked may be ahead of us by as much, without any clock having been set back.
pub(crate) const SLACK: Duration = Duration::from_secs(5);

/// Rows that somebody else is changing are left for the next time, so that nobody waits.
const MEND: &str = "WITH ahead AS (
        SELECT instance_id FROM workflow_queue
        WHERE due_at < 'infinity' AND (due_at > dbx_now() + make_interval(secs => $1::float8 + $3::float8)
                                       OR lease_until > dbx_now() + make_interval(secs => $2::float8 + $3::float8))
        FOR UPDATE SKIP LOCKED)
    UPDATE workflow_queue q
    SET due_at = CASE WHEN q.due_at > dbx_now() + make_interval(secs => $1::float8) THEN dbx_now() ELSE q.due_at END,
        lease_until = CASE WHEN q.lease_until > dbx_now() + make_interval(secs => $2::float8)
                           THEN dbx_now() + make_interval(secs => $2::float8) ELSE q.lease_until END
    FROM ahead WHERE q.instance_id = ahead.instance_id";

/// Makes due what is put off too far, and shortens leases to `lease`, which all of them have. Says how many rows it changed.
///
/// Reads every instance with a run that is not parked: for once in some seconds, not for each claim.
///
/// # Errors
/// Any [`SqlError`].
pub async fn mend(db: &Database, lease: Duration) -> Result<u64, SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached(MEND).await?;
    let seconds = [PUT_OFF_MAX, lease, SLACK].map(|duration| duration.as_secs_f64());
    Ok(client.execute(&statement, &[&seconds[0], &seconds[1], &seconds[2]]).await?)
}

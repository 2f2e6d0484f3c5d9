//! Duties: work that one copy of the server does for all of them, such as watching health.
//!
//! Guarantee: at most one holder at a time, as long as each holder renews before its lease ends; one that dies costs
//! one lease. A late holder must be harmless all the same: what it appends is fenced by the expected sequence.
//! A clock that is set back prolongs no lease: whoever asks shortens one that is longer than any can be.

use crate::{database::Database, error::SqlError, set_back::SLACK};
use std::time::Duration;

/// Takes the duty, or renews it. `false`: somebody else has it.
///
/// `holder` names this process among all copies.
///
/// # Errors
/// Any [`SqlError`]; then treat it as somebody else's.
pub async fn take(db: &Database, name: &str, holder: &str, lease: Duration) -> Result<bool, SqlError> {
    const SQL: &str = "INSERT INTO duties (name, holder, lease_until)
                       VALUES ($1, $2, dbx_now() + make_interval(secs => $3))
                       ON CONFLICT (name) DO UPDATE SET lease_until = excluded.lease_until,
                           holder = CASE WHEN duties.lease_until <= dbx_now() THEN excluded.holder ELSE duties.holder END
                       WHERE duties.holder = excluded.holder OR duties.lease_until <= dbx_now()
                          OR duties.lease_until > excluded.lease_until + make_interval(secs => $4)
                       RETURNING holder = $2";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let (lease, slack) = (lease.as_secs_f64(), SLACK.as_secs_f64());
    let taken = client.query_opt(&statement, &[&name, &holder, &lease, &slack]).await?;
    taken.map_or(Ok(false), |row| Ok(row.try_get(0)?))
}

/// Gives the duty back, so that another copy need not wait for the lease to end.
///
/// # Errors
/// Any [`SqlError`]; the lease then runs out by itself.
pub async fn resign(db: &Database, name: &str, holder: &str) -> Result<(), SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached("DELETE FROM duties WHERE name = $1 AND holder = $2").await?;
    client.execute(&statement, &[&name, &holder]).await?;
    Ok(())
}

/// Every duty that is held, with its holder.
///
/// # Errors
/// Any [`SqlError`].
pub async fn held(db: &Database) -> Result<Vec<(String, String)>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT name, holder FROM duties WHERE lease_until > dbx_now() ORDER BY name";
    let rows = client.query(sql, &[]).await?;
    let pair = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter().map(pair).collect()
}

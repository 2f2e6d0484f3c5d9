//! What an operator wants to know of the control database: its server, its roles, and whether work moves on.
//!
//! Guarantee: it only reads.

use crate::{database::Database, error::SqlError};
use std::time::Duration;

/// The oldest server that is supported.
pub const OLDEST_SERVER: i32 = 150_000;

/// The state of the control database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its version for people, such as `17.2`.
    pub server_version: String,
    /// Its version for comparison, such as 170002.
    pub server_number: i32,
    /// As whom we are connected.
    pub role: String,
    /// Whether that role could rewrite history, were it not for the trigger: it owns the log or is a superuser.
    pub may_rewrite: bool,
    /// Runs that have been due for a minute without anybody taking them up.
    pub overdue: u64,
    /// Who looks after the fleet; none if nobody does.
    pub caretaker: Option<String>,
    /// Age of the oldest transaction that writes, in any database of the server: it holds back readers of the feed.
    pub oldest_writer: Option<Duration>,
}

/// The question, for whoever asks it on a connection of another role. `$1` is the duty's name.
pub const SQL: &str = "SELECT
    current_setting('server_version'), current_setting('server_version_num')::int, current_user::text,
    pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'events'::regclass), 'USAGE'),
    (SELECT count(*) FROM workflow_queue
     WHERE due_at < dbx_now() - interval '1 minute' AND coalesce(lease_until <= dbx_now(), true)),
    (SELECT holder FROM duties WHERE name = $1 AND lease_until > dbx_now()),
    (SELECT extract(epoch FROM max(now() - xact_start))::float8 FROM pg_stat_activity
     WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid())";

/// Looks. `duty` is the name of the duty to look after the fleet.
///
/// # Errors
/// Any [`SqlError`].
pub async fn diagnose(db: &Database, duty: &str) -> Result<Diagnosis, SqlError> {
    let client = db.client().await?;
    let row = client.query_one(SQL, &[&duty]).await?;
    let seconds: Option<f64> = row.try_get(6)?;
    Ok(Diagnosis {
        server_version: row.try_get(0)?,
        server_number: row.try_get(1)?,
        role: row.try_get(2)?,
        may_rewrite: row.try_get(3)?,
        overdue: row.try_get::<_, i64>(4)?.cast_unsigned(),
        caretaker: row.try_get(5)?,
        oldest_writer: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    })
}

//! After a logical restore (pg_dump) into another cluster.
//!
//! Stored transaction numbers belong to the old cluster. If they are beyond the new cluster's counter, the feed
//! takes them for transactions that are still to come and hides their events. [`adopt_restored_events`] gives all
//! events the oldest normal transaction number, so that their position orders them, which is a valid feed order.
//! Physical backups (pg_basebackup, snapshots) bring the counter along and need none of this.

use crate::{error::SqlError, feed::Cursor};
use tokio_postgres::Client;

/// The first transaction number that Postgres ever hands out.
const OLDEST_XID: &str = "3";

/// Counts events that the feed would hide: their transaction number is beyond this cluster's counter.
///
/// # Errors
/// Any [`SqlError`].
pub async fn count_hidden_events(client: &Client) -> Result<u64, SqlError> {
    let sql = "SELECT count(*) FROM events WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())";
    let row = client.query_one(sql, &[]).await?;
    Ok(row.try_get::<_, i64>(0)?.cast_unsigned())
}

/// Makes all restored events visible to the feed; says how many there are. Run as owner, with all servers stopped.
///
/// Cursors from before the restore are worthless afterwards: every reader of the feed must start again.
///
/// # Errors
/// Any [`SqlError`]; nothing was changed then.
pub async fn adopt_restored_events(client: &mut Client) -> Result<u64, SqlError> {
    let transaction = client.transaction().await?;
    // The lock keeps appends out while the append-only trigger is off.
    let prepare = "SET LOCAL statement_timeout = 0; LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
                   ALTER TABLE events DISABLE TRIGGER events_append_only";
    transaction.batch_execute(prepare).await?;
    let adopted = transaction.execute("UPDATE events SET xid = $1::text::xid8", &[&OLDEST_XID]).await?;
    transaction.batch_execute("ALTER TABLE events ENABLE ALWAYS TRIGGER events_append_only").await?;
    // The next checkpoint reads the feed from its start; what is covered already it knows by sequence.
    let again = "UPDATE checkpoint_progress SET cursor = $1";
    transaction.execute(again, &[&Cursor::START.to_string()]).await?;
    transaction.commit().await?;
    Ok(adopted)
}

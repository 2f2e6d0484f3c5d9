//! Which webhooks have something to hear: `webhooks` (a source table beside the log) against `activity`.

use crate::columns::{self, Columns};
use dbx_domain::{ids::OrgId, ids::WebhookId, time::Timestamp};
use dbx_sql::{Cursor, Database, SqlError};

/// Webhooks that are enabled, due and behind their org's activity; those that wait longest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn waiting(db: &Database, limit: u32) -> Result<Vec<WebhookId>, SqlError> {
    const SQL: &str = "SELECT w.webhook_id FROM webhooks w
        WHERE w.enabled AND w.due_at <= dbx_now() AND EXISTS (
            SELECT FROM activity a
            WHERE a.org_id = w.org_id AND NOT a.detail AND (a.xid, a.position) > (w.xid, w.position))
        ORDER BY w.due_at, w.webhook_id LIMIT $1";
    let rows = columns::rows(db, SQL, &[&i64::from(limit)]).await?;
    rows.iter().map(|row| Columns(row).word("webhook_id")).collect()
}

/// The place right before the first thing that happened in an org at `time` or later.
///
/// # Errors
/// Any [`SqlError`].
pub async fn place_before(db: &Database, org: OrgId, time: Timestamp) -> Result<Cursor, SqlError> {
    const SQL: &str = "SELECT a.xid, a.position FROM activity a WHERE a.org_id = $1 AND a.recorded_at < $2
                       ORDER BY a.xid DESC, a.position DESC LIMIT 1";
    let row = columns::row(db, SQL, &[&org.to_string(), &time.inner()]).await?;
    row.map_or(Ok(Cursor::START), |row| {
        let columns = Columns(&row);
        Ok(Cursor::at(columns.plain("xid")?, columns.plain("position")?))
    })
}

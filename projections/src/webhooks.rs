//! Which webhooks have something to hear: `webhooks` (a source table beside the log) against `activity`.

use crate::columns::{self, Columns};
use dbx_domain::{ids::OrgId, ids::WebhookId, time::Timestamp};
use dbx_sql::{Cursor, Database, SqlError, source::webhooks};

/// Webhooks that are enabled, due, behind their org's activity and told by nobody just now; those that wait longest first.
/// At most `per_org` of an org are told at once, so that one org's slow receivers leave room for others'.
///
/// # Errors
/// Any [`SqlError`].
pub async fn waiting(db: &Database, limit: u32, per_org: u32) -> Result<Vec<WebhookId>, SqlError> {
    const SQL: &str = "WITH told AS (
            SELECT w.webhook_id, w.org_id FROM webhooks w
            JOIN duties d ON d.name = $3 || w.webhook_id AND d.lease_until > dbx_now()
        ), found AS (
            SELECT w.webhook_id, w.due_at,
                row_number() OVER (PARTITION BY w.org_id ORDER BY w.due_at, w.webhook_id)
                    + (SELECT count(*) FROM told WHERE told.org_id = w.org_id) AS place
            FROM webhooks w
            WHERE w.enabled AND w.due_at <= dbx_now()
              AND w.webhook_id NOT IN (SELECT webhook_id FROM told)
              AND EXISTS (
                SELECT FROM activity a
                WHERE a.org_id = w.org_id AND NOT a.detail AND (a.xid, a.position) > (w.xid, w.position))
        )
        SELECT webhook_id FROM found WHERE place <= $2 ORDER BY due_at, webhook_id LIMIT $1";
    let rows =
        columns::rows(db, SQL, &[&i64::from(limit), &i64::from(per_org), &webhooks::DUTY_PREFIX]).await?;
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

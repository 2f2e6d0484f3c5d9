//! What webhooks have to hear and were told: `webhooks` and `webhook_deliveries` (source tables beside the log) against
//! `activity`.

use crate::{
    columns::{self, Columns},
    page::{Page, PageRequest},
};
use dbx_domain::{ids::OrgId, ids::WebhookId, time::Timestamp};
use dbx_sql::{
    Cursor, Database, SqlError,
    source::webhooks::{DUTY_PREFIX, Delivery},
};
use tokio_postgres::Row;

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
    let rows = columns::rows(db, SQL, &[&i64::from(limit), &i64::from(per_org), &DUTY_PREFIX]).await?;
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

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT message_id, event_type, delivered, attempts, status, excerpt, first_at, last_at
             FROM webhook_deliveries ",
            $rest
        )
    };
}

/// What became of one message to a webhook.
///
/// # Errors
/// Any [`SqlError`].
pub async fn delivery(
    db: &Database,
    webhook: WebhookId,
    message: &str,
) -> Result<Option<Delivery>, SqlError> {
    const SQL: &str = select!("WHERE webhook_id = $1 AND message_id = $2");
    columns::row(db, SQL, &[&webhook.to_string(), &message]).await?.map(|row| read(&row)).transpose()
}

/// What a webhook was told of late, newest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn deliveries(
    db: &Database,
    webhook: WebhookId,
    request: &PageRequest,
) -> Result<Page<Delivery>, SqlError> {
    const SQL: &str = select!(
        "WHERE webhook_id = $1 AND ($2::timestamptz IS NULL OR (first_at, message_id) < ($2, $3))
        ORDER BY first_at DESC, message_id DESC LIMIT $4"
    );
    let rows =
        columns::rows(db, SQL, &[&webhook.to_string(), &request.at(), &request.id(), &request.limit()])
            .await?;
    let found = rows.iter().map(read).collect::<Result<Vec<_>, SqlError>>()?;
    Ok(request.cut(found, |delivery| (delivery.first_at, delivery.message.clone())))
}

fn read(row: &Row) -> Result<Delivery, SqlError> {
    let columns = Columns(row);
    Ok(Delivery {
        message: columns.plain("message_id")?,
        event_type: columns.plain("event_type")?,
        delivered: columns.plain("delivered")?,
        attempts: columns.plain::<i32>("attempts")?.cast_unsigned(),
        status: columns.plain::<Option<i32>>("status")?.and_then(|status| u16::try_from(status).ok()),
        excerpt: columns.plain("excerpt")?,
        first_at: columns.time("first_at")?,
        last_at: columns.time("last_at")?,
    })
}

//! Webhooks: where they are, what they want to hear, and up to where they were told. Addresses may hold secrets of their
//! receivers, so they are beside the log; `Debug` prints only ids.

use crate::{batch::Batch, database::Database, error::SqlError, feed::Cursor, params, xid::Xid};
use dbx_domain::{
    ids::{OrgId, SecretId, WebhookId},
    time::Timestamp,
};
use std::time::Duration;
use tokio_postgres::Row;

/// What the duty (see [`crate::duty`]) to tell a webhook is called, followed by its id: one copy of the server at a time
/// tells it.
pub const DUTY_PREFIX: &str = "webhook/";

/// Deliveries that are kept of each webhook.
const KEPT_DELIVERIES: i64 = 1_000;

/// A webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Which.
    pub id: WebhookId,
    /// Whose.
    pub org: OrgId,
    /// Where it is told.
    pub url: String,
    /// Its owners' word for it.
    pub description: String,
    /// Names of the events that it is told; empty: all.
    pub event_types: Vec<String>,
    /// Under which id its secret is kept.
    pub secret: SecretId,
    /// Whether it is told at all.
    pub enabled: bool,
    /// Why not, if the product decided so.
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Up to where it was told.
    pub cursor: Cursor,
    /// Failures in a row.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<Timestamp>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Webhook({})", self.id)
    }
}

/// What can be changed of a webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSettings {
    /// Where it is told.
    pub url: String,
    /// Its owners' word for it.
    pub description: String,
    /// Names of the events that it is told; empty: all.
    pub event_types: Vec<String>,
}

impl std::fmt::Debug for WebhookSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSettings(…)")
    }
}

/// A change of `webhooks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookWrite {
    /// Adds one, which is told what happens behind the cursor.
    Make(WebhookId, OrgId, SecretId, WebhookSettings, Cursor),
    /// Changes one; another address gets patience of its own.
    Change(WebhookId, WebhookSettings),
    /// Tells it again, at once, where it stopped.
    Enable(WebhookId),
    /// Tells it no longer.
    Disable(WebhookId, Option<String>),
    /// Goes to another place in the feed and tells it from there.
    Rewind(WebhookId, Cursor),
    /// Forgets it and what it was told.
    Delete(WebhookId),
    /// Forgets all of an org.
    DeleteAllOf(OrgId),
}

impl WebhookWrite {
    pub(crate) fn push(self, out: &mut Batch) {
        match self {
            Self::Make(id, org, secret, WebhookSettings { url, description, event_types }, cursor) => out.push(
                "INSERT INTO webhooks (webhook_id, org_id, secret_id, url, description, event_types, xid, position)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                params![
                    id.to_string(),
                    org.to_string(),
                    secret.to_string(),
                    url,
                    description,
                    event_types,
                    cursor.xid(),
                    cursor.position()
                ],
            ),
            Self::Change(id, WebhookSettings { url, description, event_types }) => out.push(
                "UPDATE webhooks SET url = $2, description = $3, event_types = $4, due_at = dbx_now(),
                     failures = CASE WHEN url = $2 THEN failures ELSE 0 END,
                     failing_since = CASE WHEN url = $2 THEN failing_since END
                 WHERE webhook_id = $1",
                params![id.to_string(), url, description, event_types],
            ),
            Self::Enable(id) => out.push(
                "UPDATE webhooks SET enabled = true, disabled_reason = NULL, failures = 0, failing_since = NULL,
                     due_at = dbx_now() WHERE webhook_id = $1",
                params![id.to_string()],
            ),
            Self::Disable(id, reason) => out.push(
                "UPDATE webhooks SET enabled = false, disabled_reason = $2 WHERE webhook_id = $1",
                params![id.to_string(), reason],
            ),
            Self::Rewind(id, cursor) => out.push(
                "UPDATE webhooks SET xid = $2, position = $3, failures = 0, failing_since = NULL, due_at = dbx_now()
                 WHERE webhook_id = $1",
                params![id.to_string(), cursor.xid(), cursor.position()],
            ),
            Self::Delete(id) => {
                out.push("DELETE FROM webhooks WHERE webhook_id = $1", params![id.to_string()]);
            }
            Self::DeleteAllOf(org) => {
                out.push("DELETE FROM webhooks WHERE org_id = $1", params![org.to_string()]);
            }
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT w.webhook_id, w.org_id, w.url, w.description, w.event_types, w.secret_id, w.enabled,
                    w.disabled_reason, w.created_at, w.xid, w.position, w.failures, w.failing_since FROM webhooks w ",
            $rest
        )
    };
}

/// A webhook.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, id: WebhookId) -> Result<Option<Webhook>, SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached(select!("WHERE w.webhook_id = $1")).await?;
    client.query_opt(&statement, &[&id.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// The webhooks of an org, oldest first; there are few.
///
/// # Errors
/// Any [`SqlError`].
pub async fn of_org(db: &Database, org: OrgId) -> Result<Vec<Webhook>, SqlError> {
    let client = db.client().await?;
    let sql = select!("WHERE w.org_id = $1 ORDER BY w.created_at, w.webhook_id");
    let statement = client.prepare_cached(sql).await?;
    client.query(&statement, &[&org.to_string()]).await?.iter().map(read).collect()
}

/// Moves a webhook on from where it was, unless somebody moved it meanwhile; others get their turn before it.
///
/// # Errors
/// Any [`SqlError`].
pub async fn advance(db: &Database, webhook: &Webhook, to: Cursor) -> Result<(), SqlError> {
    const SQL: &str = "UPDATE webhooks SET xid = $4, position = $5, failures = 0, failing_since = NULL,
            due_at = dbx_now()
        WHERE webhook_id = $1 AND xid = $2 AND position = $3";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let (id, from) = (webhook.id.to_string(), webhook.cursor);
    client.execute(&statement, &[&id, &from.xid(), &from.position(), &to.xid(), &to.position()]).await?;
    Ok(())
}

/// Notes a failure; it is tried again after `pause`.
///
/// # Errors
/// Any [`SqlError`].
pub async fn fail(db: &Database, webhook: &Webhook, pause: Duration) -> Result<(), SqlError> {
    const SQL: &str =
        "UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, dbx_now()),
            due_at = dbx_now() + make_interval(secs => $4)
        WHERE webhook_id = $1 AND xid = $2 AND position = $3";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let (id, from) = (webhook.id.to_string(), webhook.cursor);
    client.execute(&statement, &[&id, &from.xid(), &from.position(), &pause.as_secs_f64()]).await?;
    Ok(())
}

/// What a webhook was told, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The message; the same for every attempt.
    pub message: String,
    /// Name of the event.
    pub event_type: String,
    /// Whether it was taken.
    pub delivered: bool,
    /// How often it was sent.
    pub attempts: u32,
    /// Status of the last answer.
    pub status: Option<u16>,
    /// The beginning of the last answer, or why there was none.
    pub excerpt: Option<String>,
    /// When it was sent first.
    pub first_at: Timestamp,
    /// When it was sent last.
    pub last_at: Timestamp,
}

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// The message.
    pub message: String,
    /// Name of the event.
    pub event_type: String,
    /// Whether it was taken.
    pub delivered: bool,
    /// Status of the answer.
    pub status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub excerpt: Option<String>,
}

/// Notes an attempt.
///
/// # Errors
/// Any [`SqlError`].
pub async fn note(db: &Database, webhook: WebhookId, attempted: &Attempted) -> Result<(), SqlError> {
    const NOTE: &str = "INSERT INTO webhook_deliveries
            (webhook_id, message_id, event_type, delivered, attempts, status, excerpt)
        SELECT $1, $2, $3, $4, 1, $5, $6 WHERE EXISTS (SELECT FROM webhooks WHERE webhook_id = $1)
        ON CONFLICT (webhook_id, message_id) DO UPDATE SET delivered = excluded.delivered,
            attempts = webhook_deliveries.attempts + 1, status = excluded.status, excerpt = excluded.excerpt,
            last_at = dbx_now()";
    const PRUNE: &str = "DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND (first_at, message_id) <
        (SELECT first_at, message_id FROM webhook_deliveries WHERE webhook_id = $1
         ORDER BY first_at DESC, message_id DESC OFFSET $2 LIMIT 1)";
    let client = db.client().await?;
    let (id, status) = (webhook.to_string(), attempted.status.map(i32::from));
    let Attempted { message, event_type, delivered, excerpt, .. } = attempted;
    let statement = client.prepare_cached(NOTE).await?;
    client.execute(&statement, &[&id, message, event_type, delivered, &status, excerpt]).await?;
    let statement = client.prepare_cached(PRUNE).await?;
    client.execute(&statement, &[&id, &KEPT_DELIVERIES]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<Webhook, SqlError> {
    Ok(Webhook {
        id: super::read_id(row, 0, "webhooks.webhook_id")?,
        org: super::read_id(row, 1, "webhooks.org_id")?,
        url: row.try_get(2)?,
        description: row.try_get(3)?,
        event_types: row.try_get(4)?,
        secret: super::read_id(row, 5, "webhooks.secret_id")?,
        enabled: row.try_get(6)?,
        disabled_reason: row.try_get(7)?,
        created_at: row.try_get::<_, time::OffsetDateTime>(8)?.into(),
        cursor: Cursor::at(row.try_get::<_, Xid>(9)?, row.try_get(10)?),
        failures: row.try_get::<_, i32>(11)?.cast_unsigned(),
        failing_since: row.try_get::<_, Option<time::OffsetDateTime>>(12)?.map(Timestamp::from),
    })
}

//! Where the request behind an event came from. Personal data, so beside the log and erasable.

use crate::{batch::Batch, database::Database, error::SqlError, params, side_write::EventKey};
use dbx_domain::{ids::AccountId, time::Timestamp};

/// The sender of a request. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whom it says something about; erasing the account erases this.
    pub account: Option<AccountId>,
    /// The client's address.
    pub ip: Option<String>,
    /// The client's name for itself.
    pub user_agent: Option<String>,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Origin(…)")
    }
}

impl Origin {
    pub(crate) fn push(self, events: &[EventKey], out: &mut Batch) {
        if events.is_empty() {
            return;
        }
        let types: Vec<String> = events.iter().map(|event| event.0.clone()).collect();
        let ids: Vec<String> = events.iter().map(|event| event.1.clone()).collect();
        let sequences: Vec<i64> = events.iter().map(|event| event.2).collect();
        out.push(
            "INSERT INTO event_origins (aggregate_type, aggregate_id, sequence, account_id, ip, user_agent)
             SELECT e.t, e.i, e.s, $4::text, $5::text, $6::text
             FROM unnest($1::text[], $2::text[], $3::bigint[]) AS e(t, i, s)",
            params![types, ids, sequences, self.account.map(|id| id.to_string()), self.ip, self.user_agent],
        );
    }
}

/// Something that an account did, and from where.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnAction {
    /// What happened.
    pub event_type: String,
    /// To what: kind of stream.
    pub aggregate_type: String,
    /// To what: its id.
    pub aggregate_id: String,
    /// When.
    pub recorded_at: Timestamp,
    /// The client's address.
    pub ip: Option<String>,
    /// The client's name for itself.
    pub user_agent: Option<String>,
}

/// What an account did, newest first, at most `limit`.
///
/// # Errors
/// Any [`SqlError`].
pub async fn of_account(db: &Database, account: AccountId, limit: u32) -> Result<Vec<OwnAction>, SqlError> {
    const SQL: &str =
        "SELECT e.event_type, e.aggregate_type, e.aggregate_id, e.recorded_at, o.ip, o.user_agent
        FROM event_origins o JOIN events e USING (aggregate_type, aggregate_id, sequence)
        WHERE o.account_id = $1 ORDER BY e.recorded_at DESC, e.position DESC LIMIT $2";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(OwnAction {
            event_type: row.try_get(0)?,
            aggregate_type: row.try_get(1)?,
            aggregate_id: row.try_get(2)?,
            recorded_at: row.try_get::<_, time::OffsetDateTime>(3)?.into(),
            ip: row.try_get(4)?,
            user_agent: row.try_get(5)?,
        })
    };
    client.query(&statement, &[&account.to_string(), &i64::from(limit)]).await?.iter().map(read).collect()
}

/// Where an event came from, unless unknown or erased.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, kind: &str, id: &str, sequence: u64) -> Result<Option<Origin>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT account_id, ip, user_agent FROM event_origins
               WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence = $3";
    let statement = client.prepare_cached(sql).await?;
    let sequence = sequence.cast_signed();
    let Some(row) = client.query_opt(&statement, &[&kind, &id, &sequence]).await? else { return Ok(None) };
    let account = row.try_get::<_, Option<&str>>(0)?.and_then(|id| id.parse().ok());
    Ok(Some(Origin { account, ip: row.try_get(1)?, user_agent: row.try_get(2)? }))
}

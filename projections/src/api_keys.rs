//! API keys: what each may do and until when. Their secrets' hashes are beside the log (`dbx_sql::source::api_keys`).

use crate::{
    columns::{self, Columns},
    model::{self, ReadModel, Rebuild},
    page::{Page, PageRequest},
};
use dbx_domain::{
    account::AccountEvent,
    ids::{AccountId, ApiKeyId, OrgId},
    policy::Role,
    time::Timestamp,
};
use dbx_sql::{Batch, Database, InlineProjection, NewlyRecorded, ProjectionError, SqlError, params};
use std::{collections::BTreeSet, sync::Arc};
use tokio_postgres::Row;

const DDL: &str = "CREATE TABLE api_keys (
    key_id     text PRIMARY KEY,
    account_id text        NOT NULL,
    org_id     text        NOT NULL,
    ceiling    text        NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX api_keys_by_account ON api_keys (account_id, created_at, key_id) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_by_org ON api_keys (org_id, created_at, key_id) WHERE revoked_at IS NULL";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "api_keys",
    version: 1,
    tables: &["api_keys"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(ApiKeys),
};

/// Fills `api_keys`.
#[derive(Clone, Copy, Debug)]
pub struct ApiKeys;

impl InlineProjection for ApiKeys {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let Some(happened) = model::account(event)? else { return Ok(()) };
        let (sql, mut params) = match happened {
            AccountEvent::ApiKeyIssued { key, org, ceiling, expires_at } => (
                "INSERT INTO api_keys (key_id, account_id, org_id, ceiling, expires_at, created_at)
                 VALUES ($1, $2, $3, $4, $5, coalesce($6, dbx_now()))",
                params![
                    key.to_string(),
                    event.aggregate_id.to_owned(),
                    org.to_string(),
                    ceiling.name(),
                    expires_at.map(Timestamp::inner)
                ],
            ),
            AccountEvent::ApiKeyRevoked { key } => (
                "UPDATE api_keys SET revoked_at = coalesce($2, dbx_now()) WHERE key_id = $1",
                params![key.to_string()],
            ),
            _ => return Ok(()),
        };
        params.push(event.recorded_at_param());
        out.push(sql, params);
        Ok(())
    }
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyView {
    /// Its id.
    pub key: ApiKeyId,
    /// Whose.
    pub account: AccountId,
    /// The only org it opens.
    pub org: OrgId,
    /// The most it may do there, whatever its owner may.
    pub ceiling: Role,
    /// When it stops working; never if absent.
    pub expires_at: Option<Timestamp>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKeyView {
    /// Whether it works at `now`, the database's time.
    pub fn works_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT key_id, account_id, org_id, ceiling, expires_at, created_at, revoked_at FROM api_keys ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<ApiKeyView, SqlError> {
    let columns = Columns(row);
    Ok(ApiKeyView {
        key: columns.word("key_id")?,
        account: columns.word("account_id")?,
        org: columns.word("org_id")?,
        ceiling: columns.word("ceiling")?,
        expires_at: columns.maybe_time("expires_at")?,
        created_at: columns.time("created_at")?,
        revoked_at: columns.maybe_time("revoked_at")?,
    })
}

/// The key, revoked or not.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, key: ApiKeyId) -> Result<Option<ApiKeyView>, SqlError> {
    const SQL: &str = select!("WHERE key_id = $1");
    columns::row(db, SQL, &[&key.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// Those of several keys that work now.
///
/// # Errors
/// Any [`SqlError`].
pub async fn working_among(db: &Database, keys: &[ApiKeyId]) -> Result<BTreeSet<ApiKeyId>, SqlError> {
    const SQL: &str = "SELECT key_id FROM api_keys WHERE key_id = ANY($1) AND revoked_at IS NULL
                         AND (expires_at IS NULL OR expires_at > dbx_now())";
    let ids: Vec<String> = keys.iter().map(ToString::to_string).collect();
    columns::rows(db, SQL, &[&ids]).await?.iter().map(|row| Columns(row).word("key_id")).collect()
}

/// An account's keys that are not revoked, newest first; expired ones are among them.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_account(
    db: &Database,
    account: AccountId,
    page: &PageRequest,
) -> Result<Page<ApiKeyView>, SqlError> {
    const SQL: &str = select!(
        "WHERE account_id = $1 AND revoked_at IS NULL
           AND (created_at, key_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
         ORDER BY created_at DESC, key_id DESC LIMIT $4"
    );
    page_of(db, SQL, account.to_string(), page).await
}

/// Everybody's keys to an org that are not revoked, newest first; expired ones are among them.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_org(
    db: &Database,
    org: OrgId,
    page: &PageRequest,
) -> Result<Page<ApiKeyView>, SqlError> {
    const SQL: &str = select!(
        "WHERE org_id = $1 AND revoked_at IS NULL
           AND (created_at, key_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
         ORDER BY created_at DESC, key_id DESC LIMIT $4"
    );
    page_of(db, SQL, org.to_string(), page).await
}

async fn page_of(
    db: &Database,
    sql: &'static str,
    owner: String,
    page: &PageRequest,
) -> Result<Page<ApiKeyView>, SqlError> {
    let rows = columns::rows(db, sql, &[&owner, &page.at(), &page.id(), &page.limit()]).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |item| (item.created_at, item.key.to_string())))
}

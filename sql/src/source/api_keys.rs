//! The verifiable half of API keys: prefix and a hash of the secret. What a key may do is in the account's events.

use crate::{batch::Batch, database::Database, error::SqlError, params};
use dbx_domain::{ids::ApiKeyId, time::Timestamp};

/// Least time between two notes of "last used" for one key, in seconds, so that using a key stays cheap.
pub const LAST_USED_STEP_SECONDS: f64 = 60.0;

/// A key's secret, hashed. `Debug` prints only its id.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret {
    /// Which key.
    pub id: ApiKeyId,
    /// The readable part of the token, by which it is found.
    pub prefix: String,
    /// SHA-256 of the secret part.
    pub secret_hash: [u8; 32],
    /// Its owner's word for it.
    pub name: String,
}

/// What is kept of a key besides its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyNote {
    /// Which key.
    pub id: ApiKeyId,
    /// The readable part of the token.
    pub prefix: String,
    /// Its owner's word for it.
    pub name: String,
    /// Last use, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl std::fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKeySecret({})", self.id)
    }
}

/// A change of `api_key_secrets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiKeyWrite {
    /// Adds a key; keys never change.
    Issue(ApiKeySecret),
    /// Deletes a key: from then on no token is this key.
    Revoke(ApiKeyId),
}

impl ApiKeyWrite {
    pub(crate) fn push(self, out: &mut Batch) {
        match self {
            Self::Issue(ApiKeySecret { id, prefix, secret_hash, name }) => out.push(
                "INSERT INTO api_key_secrets (key_id, prefix, secret_hash, name) VALUES ($1, $2, $3, $4)",
                params![id.to_string(), prefix, secret_hash.to_vec(), name],
            ),
            Self::Revoke(id) => {
                out.push("DELETE FROM api_key_secrets WHERE key_id = $1", params![id.to_string()]);
            }
        }
    }
}

/// Notes that keys are in use, each at most once a minute. A key that somebody else writes to is left out: it is either
/// revoked or noted.
///
/// # Errors
/// Any [`SqlError`].
pub async fn note_use(db: &Database, keys: &[ApiKeyId]) -> Result<(), SqlError> {
    const SQL: &str = "UPDATE api_key_secrets SET last_used_at = dbx_now() WHERE key_id IN (
        SELECT key_id FROM api_key_secrets
        WHERE key_id = ANY($1) AND (last_used_at IS NULL OR last_used_at < dbx_now() - make_interval(secs => $2))
        FOR UPDATE SKIP LOCKED)";
    super::note(db, SQL, keys, LAST_USED_STEP_SECONDS).await
}

/// What is known of several keys, in no particular order; revoked ones are absent.
///
/// # Errors
/// Any [`SqlError`].
pub async fn notes(db: &Database, keys: &[ApiKeyId]) -> Result<Vec<ApiKeyNote>, SqlError> {
    const SQL: &str = "SELECT key_id, prefix, name, last_used_at FROM api_key_secrets WHERE key_id = ANY($1)";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let ids: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let read = |row: &tokio_postgres::Row| {
        Ok(ApiKeyNote {
            id: super::read_id(row, 0, "api_key_secrets.key_id")?,
            prefix: row.try_get(1)?,
            name: row.try_get(2)?,
            last_used_at: row.try_get::<_, Option<time::OffsetDateTime>>(3)?.map(Timestamp::from),
        })
    };
    client.query(&statement, &[&ids]).await?.iter().map(read).collect()
}

//! The verifiable half of API keys: prefix and a hash of the secret. What a key may do is in the account's events.

use crate::{batch::Batch, database::Database, error::SqlError, params};
use dbx_domain::ids::ApiKeyId;

/// A key's secret, hashed. `Debug` prints only its id.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret {
    /// Which key.
    pub id: ApiKeyId,
    /// The readable part of the token, by which it is found.
    pub prefix: String,
    /// SHA-256 of the secret part.
    pub secret_hash: [u8; 32],
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
            Self::Issue(ApiKeySecret { id, prefix, secret_hash }) => out.push(
                "INSERT INTO api_key_secrets (key_id, prefix, secret_hash) VALUES ($1, $2, $3)",
                params![id.to_string(), prefix, secret_hash.to_vec()],
            ),
            Self::Revoke(id) => {
                out.push("DELETE FROM api_key_secrets WHERE key_id = $1", params![id.to_string()]);
            }
        }
    }
}

/// The key with this prefix. The caller compares hashes in constant time.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_by_prefix(db: &Database, prefix: &str) -> Result<Option<ApiKeySecret>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT key_id, prefix, secret_hash FROM api_key_secrets WHERE prefix = $1";
    let statement = client.prepare_cached(sql).await?;
    let Some(row) = client.query_opt(&statement, &[&prefix]).await? else { return Ok(None) };
    let hash: &[u8] = row.try_get(2)?;
    let secret_hash = hash.try_into().map_err(|_| SqlError::Unreadable {
        what: "api_key_secrets.secret_hash".to_owned(),
        why: "it is not 32 bytes".to_owned(),
    })?;
    Ok(Some(ApiKeySecret {
        id: super::read_id(&row, 0, "api_key_secrets.key_id")?,
        prefix: row.try_get(1)?,
        secret_hash,
    }))
}

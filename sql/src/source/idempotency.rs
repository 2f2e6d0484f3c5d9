//! Answers to requests with an `Idempotency-Key`, kept for [`KEPT_HOURS`].
//!
//! The claim is part of the commit that answers the request. A second request with the same key waits on the primary
//! key for the first one's fate and then gets [`crate::CommitError::IdempotencyReplay`], so no state "in flight" is
//! ever stored and a crash leaves no key blocked.

use crate::{batch::Batch, database::Database, error::SqlError, params};

/// How long an answer is replayed, in hours.
pub const KEPT_HOURS: i32 = 24;
/// The violated constraint that means a replay.
pub(crate) const CONSTRAINT: &str = "idempotency_pkey";

/// Scope of a key: the same key of another principal or route is another key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Who asks, e.g. an account id.
    pub principal: String,
    /// Method and route, e.g. `POST /v1/orgs`.
    pub route: String,
    /// What the client sent.
    pub key: String,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// SHA-256 of the request's body; another body under the same key is the client's error.
    pub body_hash: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// Where the answer can be built from again, e.g. a job id.
    pub resource: Option<String>,
    /// The secret that the answer held, from [`crate::Vault::seal_answer`].
    pub sealed: Option<Vec<u8>>,
}

/// Claims a key with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// The key.
    pub key: IdempotencyKey,
    /// The answer.
    pub outcome: Outcome,
}

impl IdempotencyClaim {
    pub(crate) fn push(self, out: &mut Batch) {
        let Self { key: IdempotencyKey { principal, route, key }, outcome } = self;
        out.push(
            "DELETE FROM idempotency WHERE principal = $1 AND route = $2 AND key = $3 AND expires_at <= dbx_now()",
            params![principal.clone(), route.clone(), key.clone()],
        );
        out.push(
            "INSERT INTO idempotency (principal, route, key, body_hash, status, resource, sealed, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, dbx_now() + make_interval(hours => $8))",
            params![
                principal,
                route,
                key,
                outcome.body_hash.to_vec(),
                i32::from(outcome.status),
                outcome.resource,
                outcome.sealed,
                KEPT_HOURS
            ],
        );
    }
}

/// The stored answer of a key, if it was answered and is still kept.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, key: &IdempotencyKey) -> Result<Option<Outcome>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT body_hash, status, resource, sealed FROM idempotency
               WHERE principal = $1 AND route = $2 AND key = $3 AND expires_at > dbx_now()";
    let statement = client.prepare_cached(sql).await?;
    let row = client.query_opt(&statement, &[&key.principal, &key.route, &key.key]).await?;
    let Some(row) = row else { return Ok(None) };
    let unreadable =
        |why: &str| SqlError::Unreadable { what: "an idempotency record".to_owned(), why: why.to_owned() };
    let body_hash: &[u8] = row.try_get(0)?;
    Ok(Some(Outcome {
        body_hash: body_hash.try_into().map_err(|_| unreadable("its body hash is not 32 bytes"))?,
        status: row.try_get::<_, i32>(1)?.try_into().map_err(|_| unreadable("its status is out of range"))?,
        resource: row.try_get(2)?,
        sealed: row.try_get(3)?,
    }))
}

/// Deletes answers that are no longer kept; says how many.
///
/// # Errors
/// Any [`SqlError`].
pub async fn delete_expired(db: &Database) -> Result<u64, SqlError> {
    let client = db.client().await?;
    Ok(client.execute("DELETE FROM idempotency WHERE expires_at <= dbx_now()", &[]).await?)
}

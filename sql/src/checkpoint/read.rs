//! Reading checkpoints, the keys that signed them, and the proof that a scope is part of the newest one.

use super::{
    key::PublicKey,
    merkle::{Hash, Tree},
    progress::hash_at,
    statement::{CoveredHead, Statement, scope_leaf},
};
use crate::{database::Database, error::SqlError};
use dbx_domain::time::Timestamp;
use tokio_postgres::{IsolationLevel, Row};

/// A checkpoint as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What was signed, to the byte.
    pub statement: String,
    /// What it says.
    pub parsed: Statement,
    /// Ed25519 over the bytes of `statement`.
    pub signature: Vec<u8>,
}

/// A published key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The key.
    pub key: PublicKey,
    /// Since when it signs.
    pub added_at: Timestamp,
}

/// That a scope is part of the newest checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The newest checkpoint.
    pub checkpoint: Signed,
    /// The scope's place among the leaves.
    pub index: u64,
    /// From its leaf to the root, see [`super::merkle::root_of_path`].
    pub path: Vec<Hash>,
    /// The heads of its streams, in the order of its tree.
    pub heads: Vec<CoveredHead>,
}

/// Checkpoints below `before` (or all), newest first, at most `limit`.
///
/// # Errors
/// Any [`SqlError`].
pub async fn list(db: &Database, before: Option<u64>, limit: u32) -> Result<Vec<Signed>, SqlError> {
    const SQL: &str = "SELECT statement, signature FROM checkpoints
                       WHERE number < coalesce($1, 9223372036854775807) ORDER BY number DESC LIMIT $2";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let (before, limit) = (before.map(u64::cast_signed), i64::from(limit));
    client.query(&statement, &[&before, &limit]).await?.iter().map(signed).collect()
}

fn signed(row: &Row) -> Result<Signed, SqlError> {
    let statement: String = row.try_get(0)?;
    let unreadable = |error: super::StatementError| SqlError::Unreadable {
        what: "checkpoints.statement".to_owned(),
        why: error.to_string(),
    };
    let parsed = Statement::parse(&statement).map_err(unreadable)?;
    Ok(Signed { statement, parsed, signature: row.try_get(1)? })
}

/// Every key that ever signed, oldest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn keys(db: &Database) -> Result<Vec<Published>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT public_key, added_at FROM checkpoint_keys ORDER BY added_at, key_id";
    let read = |row: &Row| {
        let added_at = Timestamp::from(row.try_get::<_, time::OffsetDateTime>(1)?);
        Ok(Published { key: PublicKey(hash_at(row, 0)?), added_at })
    };
    client.query(sql, &[]).await?.iter().map(read).collect()
}

/// The proof for a scope; none if no checkpoint covers it yet.
///
/// # Errors
/// Any [`SqlError`].
pub async fn prove(db: &Database, scope: &str) -> Result<Option<Proof>, SqlError> {
    const NEWEST: &str = "SELECT statement, signature FROM checkpoints ORDER BY number DESC LIMIT 1";
    const SCOPES: &str = "SELECT c.scope, c.streams, c.root FROM checkpoint_scopes c ORDER BY c.leaf";
    const HEADS: &str = "SELECT s.aggregate_type, s.aggregate_id, s.sequence, s.hash, s.times
                         FROM checkpoint_streams s WHERE s.scope = $1 ORDER BY s.leaf";
    let mut client = db.client().await?;
    // One snapshot: a checkpoint that is made meanwhile must not mix in.
    let reading = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let transaction = reading.start().await?;
    let Some(newest) = transaction.query_opt(NEWEST, &[]).await? else { return Ok(None) };
    let (mut tree, mut index) = (Tree::default(), None);
    for row in transaction.query(SCOPES, &[]).await? {
        let name: &str = row.try_get(0)?;
        if name == scope {
            index = Some(tree.len());
        }
        tree.push(scope_leaf(name, row.try_get::<_, i64>(1)?.cast_unsigned(), &hash_at(&row, 2)?));
    }
    let Some(index) = index else { return Ok(None) };
    let heads = transaction.query(HEADS, &[&scope]).await?.iter().map(head).collect::<Result<_, _>>()?;
    let (path, index) = (tree.path(index), index as u64);
    Ok(Some(Proof { checkpoint: signed(&newest)?, index, path, heads }))
}

fn head(row: &Row) -> Result<CoveredHead, SqlError> {
    Ok(CoveredHead {
        aggregate_type: row.try_get(0)?,
        aggregate_id: row.try_get(1)?,
        sequence: row.try_get::<_, i64>(2)?.cast_unsigned(),
        hash: hash_at(row, 3)?,
        times: hash_at(row, 4)?,
    })
}

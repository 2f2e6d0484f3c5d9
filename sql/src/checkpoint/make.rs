//! Making a checkpoint: what grew, the new root, a signature, all in one transaction.

use super::{
    key::CheckpointKey,
    merkle::Hash,
    progress::{Growth, PROGRESS, progress},
    statement::{Statement, statement_hash},
    trees::{Scope, all_scopes, grown_scopes},
};
use crate::{database::Database, error::SqlError};
use dbx_domain::time::Timestamp;
use std::collections::BTreeMap;
use tokio_postgres::Transaction;

/// Most events that one checkpoint adds, a page of the feed more or less. Bounds memory on a log that was never signed.
pub const MAX_COVERED: u64 = 20_000;

/// Signs what the log holds now; none if nothing was added since the newest checkpoint, or another copy was faster.
///
/// Covers at most [`MAX_COVERED`] events more than the one before: call it until it gives none.
///
/// # Errors
/// Any [`SqlError`]; no checkpoint was made then.
pub async fn make(db: &Database, key: &CheckpointKey) -> Result<Option<Statement>, SqlError> {
    let mut growth = Growth::read(db, MAX_COVERED).await?;
    let mut client = db.client().await?;
    if growth.events == 0 {
        // After a restore the feed is read from its start, over events that are covered.
        if growth.to != growth.from {
            let skip = "UPDATE checkpoint_progress SET cursor = $1 WHERE events = $2";
            client.execute(skip, &[&growth.to.to_string(), &growth.covered.cast_signed()]).await?;
        }
        return Ok(None);
    }
    let transaction = client.transaction().await?;
    let locked = transaction.query_one(&format!("{PROGRESS} FOR UPDATE"), &[]).await?;
    if progress(&locked)?.0 != growth.from {
        return Ok(None);
    }
    let grown = grown_scopes(&transaction, &mut growth).await?;
    let (changed, tree) = all_scopes(&transaction, &grown).await?;
    let (number, previous) = follows(&transaction).await?;
    let statement = Statement {
        number,
        made_at: now(&transaction).await?,
        events: growth.covered + growth.events,
        scopes: tree.len() as u64,
        root: tree.root(),
        previous,
        key_id: key.public().id(),
    };
    write_statement(&transaction, &statement, key).await?;
    write_heads(&transaction, number, &growth).await?;
    write_scopes(&transaction, &changed).await?;
    let moved = "UPDATE checkpoint_progress SET cursor = $1, events = $2";
    let (cursor, events) = (growth.to.to_string(), statement.events.cast_signed());
    transaction.execute(moved, &[&cursor, &events]).await?;
    transaction.commit().await?;
    Ok(Some(statement))
}

/// The next number, and the hash of the newest statement.
async fn follows(transaction: &Transaction<'_>) -> Result<(u64, Option<Hash>), SqlError> {
    let newest = "SELECT number, statement FROM checkpoints ORDER BY number DESC LIMIT 1";
    let Some(row) = transaction.query_opt(newest, &[]).await? else { return Ok((1, None)) };
    Ok((row.try_get::<_, i64>(0)?.cast_unsigned() + 1, Some(statement_hash(row.try_get(1)?))))
}

async fn now(transaction: &Transaction<'_>) -> Result<Timestamp, SqlError> {
    let row = transaction.query_one("SELECT dbx_now()", &[]).await?;
    Ok(Timestamp::from(row.try_get::<_, time::OffsetDateTime>(0)?))
}

async fn write_statement(
    transaction: &Transaction<'_>,
    statement: &Statement,
    key: &CheckpointKey,
) -> Result<(), SqlError> {
    let publish =
        "INSERT INTO checkpoint_keys (key_id, public_key) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING";
    transaction.execute(publish, &[&statement.key_id, &key.public().0.as_slice()]).await?;
    let insert = "INSERT INTO checkpoints (number, statement, key_id, signature) VALUES ($1, $2, $3, $4)";
    let (text, number) = (statement.text(), statement.number.cast_signed());
    let signature = key.sign(&text);
    transaction.execute(insert, &[&number, &text, &statement.key_id, &signature.as_slice()]).await?;
    Ok(())
}

async fn write_heads(transaction: &Transaction<'_>, number: u64, growth: &Growth) -> Result<(), SqlError> {
    const EVIDENCE: &str = "INSERT INTO checkpoint_heads
        (aggregate_type, aggregate_id, sequence, number, scope, hash, times)
        SELECT kind, id, sequence, $1, scope, hash, times
        FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bytea[], $7::bytea[])
             AS grown(kind, id, scope, sequence, hash, times)";
    const NEWEST: &str = "INSERT INTO checkpoint_streams
        (aggregate_type, aggregate_id, scope, leaf, sequence, hash, times)
        SELECT kind, id, scope, leaf, sequence, hash, times
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bigint[])
             AS grown(kind, id, scope, sequence, hash, times, leaf)
        ON CONFLICT (aggregate_type, aggregate_id)
        DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, times = excluded.times";
    let heads = || growth.heads.values();
    let (kinds, ids): (Vec<&str>, Vec<&str>) =
        growth.heads.keys().map(|(kind, id)| (kind.as_str(), id.as_str())).unzip();
    let scopes: Vec<&str> = heads().map(|head| head.scope.as_str()).collect();
    let sequences: Vec<i64> = heads().map(|head| head.sequence.cast_signed()).collect();
    let hashes: Vec<&[u8]> = heads().map(|head| head.hash.as_slice()).collect();
    let times: Vec<&[u8]> = heads().map(|head| head.times.as_slice()).collect();
    let leaves: Vec<i64> = heads().map(|head| place(head.leaf.unwrap_or_default())).collect();
    let number = number.cast_signed();
    transaction.execute(EVIDENCE, &[&number, &kinds, &ids, &scopes, &sequences, &hashes, &times]).await?;
    transaction.execute(NEWEST, &[&kinds, &ids, &scopes, &sequences, &hashes, &times, &leaves]).await?;
    Ok(())
}

async fn write_scopes(
    transaction: &Transaction<'_>,
    changed: &BTreeMap<String, Scope>,
) -> Result<(), SqlError> {
    const SQL: &str = "INSERT INTO checkpoint_scopes (scope, leaf, streams, root)
        SELECT scope, leaf, streams, root
        FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[]) AS grown(scope, leaf, streams, root)
        ON CONFLICT (scope) DO UPDATE SET streams = excluded.streams, root = excluded.root";
    let names: Vec<&str> = changed.keys().map(String::as_str).collect();
    let leaves: Vec<i64> = changed.values().map(|scope| place(scope.leaf)).collect();
    let streams: Vec<i64> = changed.values().map(|scope| scope.streams.cast_signed()).collect();
    let roots: Vec<&[u8]> = changed.values().map(|scope| scope.root.as_slice()).collect();
    transaction.execute(SQL, &[&names, &leaves, &streams, &roots]).await?;
    Ok(())
}

fn place(leaf: usize) -> i64 {
    i64::try_from(leaf).unwrap_or(i64::MAX)
}

//! What a checkpoint says, as the text that is signed, and the texts of the leaves below its root.

use super::{
    key::{bytes_of, hex},
    merkle::{Hash, leaf_hash},
};
use crate::canonical::write_value;
use dbx_domain::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The first word of a statement: what it is, and in which version of the format.
const KIND: &str = "dbx checkpoint 1";

/// What was true of the log when it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Counts from 1, without gaps.
    pub number: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Events that it covers.
    pub events: u64,
    /// Scopes that it covers: the leaves below its root.
    pub scopes: u64,
    /// Root over all scopes.
    pub root: Hash,
    /// SHA-256 of the statement before it; none for the first.
    pub previous: Option<Hash>,
    /// Which key signs it.
    pub key_id: String,
}

/// A text that is no statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the statement of a checkpoint, or of a newer format than this program knows")]
pub struct StatementError;

impl Statement {
    /// The text that is signed: a canonical JSON array.
    pub fn text(&self) -> String {
        let previous = self.previous.map(|hash| hex(&hash));
        canonical(&json!([
            KIND,
            self.number,
            self.made_at.to_string(),
            self.events,
            self.scopes,
            hex(&self.root),
            previous,
            self.key_id
        ]))
    }

    /// Reads a statement's text.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn parse(text: &str) -> Result<Self, StatementError> {
        type Fields = (String, u64, Timestamp, u64, u64, String, Option<String>, String);
        let fields: Fields = serde_json::from_str(text).map_err(|_| StatementError)?;
        let (kind, number, made_at, events, scopes, root, previous, key_id) = fields;
        if kind != KIND {
            return Err(StatementError);
        }
        let hash = |text: String| bytes_of(&text).ok_or(StatementError);
        let (root, previous) = (hash(root)?, previous.map(hash).transpose()?);
        Ok(Self { number, made_at, events, scopes, root, previous, key_id })
    }
}

/// How the next statement names the one with this text.
pub fn statement_hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// The head of a stream as a checkpoint knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredHead {
    /// Kind of stream.
    pub aggregate_type: String,
    /// Which stream.
    pub aggregate_id: String,
    /// Its last event.
    pub sequence: u64,
    /// Chain hash of that event.
    pub hash: Hash,
    /// Chain of the times of all its events, see [`times_after`].
    pub times: Hash,
}

impl CoveredHead {
    /// Its leaf in the tree of its scope.
    pub fn leaf(&self) -> Hash {
        let Self { aggregate_type, aggregate_id, sequence, hash, times } = self;
        leaf_hash(&canonical(&json!([
            "stream",
            aggregate_type,
            aggregate_id,
            sequence,
            hex(hash),
            hex(times)
        ])))
    }
}

/// A scope's leaf below the root of a checkpoint: how many streams it has, and the root over them.
pub fn scope_leaf(scope: &str, streams: u64, root: &Hash) -> Hash {
    leaf_hash(&canonical(&json!(["scope", scope, streams, hex(root)])))
}

/// The chain of times after one more event: `SHA-256(before ‖ microseconds since 1970 in decimal)`. The database sets
/// times after events were hashed, so that their hashes cannot cover them.
pub fn times_after(before: Hash, recorded_at: Timestamp) -> Hash {
    Sha256::new().chain_update(before).chain_update(micros(recorded_at).to_string()).finalize().into()
}

/// Microseconds since 1970.
pub fn micros(at: Timestamp) -> i64 {
    // Postgres's times end long before 64 bits of microseconds do.
    i64::try_from(at.inner().unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

fn canonical(value: &Value) -> String {
    let mut text = String::with_capacity(256);
    write_value(value, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_reads_back() {
        let first = Statement {
            number: 1,
            made_at: Timestamp::EPOCH,
            events: 5,
            scopes: 2,
            root: [7; 32],
            previous: None,
            key_id: "k".to_owned(),
        };
        let next = Statement { previous: Some(statement_hash(&first.text())), number: 2, ..first.clone() };
        for statement in [first, next] {
            assert_eq!(Statement::parse(&statement.text()), Ok(statement));
        }
        for wrong in ["", "[]", "{}", r#"["dbx checkpoint 2",1,"1970-01-01T00:00:00Z",1,1,"00",null,"k"]"#] {
            assert_eq!(Statement::parse(wrong), Err(StatementError), "{wrong}");
        }
    }
}

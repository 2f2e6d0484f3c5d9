//! Shapes of what proves the log.

use poem_openapi::Object;
use time::OffsetDateTime;

/// A signed statement of what the log held at a moment.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Checkpoint {
    /// Counts from 1, without gaps.
    pub(crate) number: u64,
    /// When it was made.
    pub(crate) made_at: OffsetDateTime,
    /// Events that it covers.
    pub(crate) events: u64,
    /// Which key signed it.
    pub(crate) key_id: String,
    /// SHA-256 of the statement; the next one names it.
    pub(crate) hash: String,
    /// Ed25519 over the bytes of the statement.
    pub(crate) signature: String,
    /// What was signed, to the byte.
    pub(crate) statement: String,
}

/// A key that signs checkpoints.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CheckpointKey {
    /// The first 16 hexadecimal digits of its SHA-256.
    pub(crate) key_id: String,
    /// Always `Ed25519`.
    pub(crate) algorithm: String,
    /// Its 32 bytes in hexadecimal digits.
    pub(crate) public_key: String,
    /// Since when it signs.
    pub(crate) added_at: OffsetDateTime,
}

/// Every key that ever signed.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CheckpointKeys {
    /// Oldest first.
    pub(crate) data: Vec<CheckpointKey>,
}

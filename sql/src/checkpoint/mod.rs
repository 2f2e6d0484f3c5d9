//! Signed checkpoints over the log: proof that nobody rewrote history, for whoever trusts the key and not the database.
//!
//! Each stream is chained ([`crate::chain`]). A *checkpoint* is a signed [`Statement`] of the root over all streams'
//! heads at a moment: the streams of a *scope* (an org; or a stream that belongs to none, such as an account's, alone)
//! are the leaves of a tree, and the scopes' roots are the leaves of the tree that is signed. So an org can be
//! verified, with a path to the root, by somebody who sees nothing of other orgs. Statements are chained too.
//!
//! Guarantees: what a checkpoint covers cannot be edited, dropped, reordered, cut off or given another time without
//! [`verify`](verify::verify) or the verification of an [export](export) noticing. What was written after the newest
//! checkpoint is chained but not yet signed. `docs/audit.md` describes the formats.

pub mod export;
mod key;
mod make;
pub mod merkle;
mod progress;
pub mod read;
mod statement;
mod trees;
pub mod verify;

pub use key::{CheckpointKey, CheckpointKeyError, PublicKey, bytes_of, hex};
pub use make::{MAX_COVERED, make};
pub use statement::{
    CoveredHead, Statement, StatementError, micros, scope_leaf, statement_hash, times_after,
};

use crate::event::RecordedEvent;

/// Streams of people: apart from every org, also from the one that is founded in the same commit.
const ACCOUNT: &str = "account";

/// Whose a stream is, by its first event: the org that the event happened in, or else the stream's own.
pub(crate) fn scope_of(first: &RecordedEvent) -> String {
    let org = first.metadata.get("org").and_then(serde_json::Value::as_str);
    let org = org.filter(|_| first.aggregate_type != ACCOUNT);
    org.unwrap_or(&first.aggregate_id).to_owned()
}

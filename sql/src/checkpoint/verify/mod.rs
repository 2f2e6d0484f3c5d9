//! Verifying everything: statements and signatures, the heads below them, and every event of every stream.
//!
//! Guarantees: reads only; memory grows with the number of streams, not of events. What it trusts are the public keys
//! that the caller names, nothing in the database. A finding says where history was changed, as narrowly as what is
//! left tells: to the event, or to the events between two heads that were signed.

mod books;
mod finding;
mod order;
mod statements;
mod stream;
mod streams;

pub use finding::Finding;

use super::key::PublicKey;
use crate::{database::Database, error::SqlError};
use std::collections::BTreeSet;

/// More findings than this are not collected: by then it is clear.
const MAX_FINDINGS: usize = 1_000;

/// What a verification saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Streams that were read.
    pub streams: u64,
    /// Events that were read.
    pub events: u64,
    /// Of those, written after the newest checkpoint: chained, not yet signed.
    pub uncovered: u64,
    /// Of those, written by another program and not yet followed by a hash of ours; each is a finding as well.
    pub unsealed: u64,
    /// Checkpoints that were read.
    pub checkpoints: u64,
    /// The newest checkpoint's number and statement hash; compare them with what you noted elsewhere.
    pub newest: Option<(u64, [u8; 32])>,
    /// What is not as it was written.
    pub findings: Vec<Finding>,
    /// Whether there were more findings than are listed.
    pub more: bool,
}

impl Report {
    /// Whether history is what was written.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn found(&mut self, finding: Finding) {
        match self.findings.len() < MAX_FINDINGS {
            true => self.findings.push(finding),
            false => self.more = true,
        }
    }
}

/// Kind, id and sequence of a covered head.
type HeadKey = (String, String, u64);

/// Which heads are proved by statements that are sound.
#[derive(Debug, Default)]
struct Evidence {
    /// The newest checkpoint whose heads lead to its root.
    sound_to: u64,
    /// Heads that were changed themselves.
    changed: BTreeSet<HeadKey>,
}

/// Verifies everything, trusting statements signed by one of `trusted`.
///
/// # Errors
/// The database cannot be read; what is wrong with its content is in the report.
pub async fn verify(db: &Database, trusted: &[PublicKey]) -> Result<Report, SqlError> {
    let mut report = Report::default();
    let evidence = statements::check(db, trusted, &mut report).await?;
    streams::check(db, &evidence, &mut report).await?;
    Ok(report)
}

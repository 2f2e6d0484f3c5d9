//! What one transaction is asked to do, and what became of it.

use crate::{
    error::SqlError,
    event::{NewEvent, StreamHead},
    metadata::Metadata,
    projection::ProjectionError,
    side_write::SideWrite,
    xid::Xid,
};
use cqrs_es::Aggregate;
use dbx_domain::time::Timestamp;
use std::borrow::Cow;

/// New events for one stream.
#[derive(Clone, Debug)]
pub struct Append {
    /// Kind of stream.
    pub aggregate_type: Cow<'static, str>,
    /// Which stream.
    pub aggregate_id: String,
    /// The head the decision was made on; another writer since then makes the commit a conflict.
    pub head: StreamHead,
    /// The events, in order. Without events the append does nothing.
    pub events: Vec<NewEvent>,
}

impl Append {
    /// Events that `A` decided on at `head`.
    ///
    /// # Errors
    /// When an event's `Serialize` fails.
    pub fn of<A: Aggregate>(
        id: impl Into<String>,
        head: StreamHead,
        events: &[A::Event],
    ) -> Result<Self, serde_json::Error> {
        let events = events.iter().map(NewEvent::of).collect::<Result<_, _>>()?;
        Ok(Self { aggregate_type: Cow::Borrowed(A::TYPE), aggregate_id: id.into(), head, events })
    }
}

/// One transaction: events of any number of streams, the read models that show them, and source tables.
#[derive(Debug)]
pub struct Commit {
    /// Shared by all events.
    pub metadata: Metadata,
    /// In the order in which the feed shall show them.
    pub appends: Vec<Append>,
    /// Changes of source tables beside the log.
    pub writes: Vec<SideWrite>,
}

impl Commit {
    /// A commit that does nothing yet.
    pub const fn new(metadata: Metadata) -> Self {
        Self { metadata, appends: Vec::new(), writes: Vec::new() }
    }

    /// Adds events.
    #[must_use]
    pub fn append(mut self, append: Append) -> Self {
        self.appends.push(append);
        self
    }

    /// Adds a change of a source table.
    #[must_use]
    pub fn write(mut self, write: impl Into<SideWrite>) -> Self {
        self.writes.push(write.into());
        self
    }
}

/// What a commit wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// One per append, in the same order.
    pub appends: Vec<Appended>,
    /// Whether the lease that the commit renews was still held; `None` if it renews none.
    pub lease_held: Option<bool>,
}

/// The events of one append as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The stream's head after the commit; the next append may build on it without a load.
    pub head: StreamHead,
    /// Positions of the events, ascending.
    pub positions: Vec<i64>,
    /// The transaction, the same for all appends; `None` without events.
    pub xid: Option<Xid>,
    /// Time of the transaction, the same for all appends; `None` without events.
    pub recorded_at: Option<Timestamp>,
}

/// Why a commit did not certainly happen. In every case but [`CommitError::OutcomeUnknown`] nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another writer was first: load and decide again.
    #[error("{aggregate_type} {aggregate_id} changed since it was loaded; load it and decide again")]
    Conflict {
        /// Kind of stream.
        aggregate_type: String,
        /// Which stream.
        aggregate_id: String,
    },
    /// A unique constraint other than the stream's order was violated, e.g. `people_email_key`.
    #[error("a value that must be unique is taken already (constraint {constraint})")]
    Duplicate {
        /// Its name; the value is withheld because it may be personal.
        constraint: String,
    },
    /// The idempotency key was claimed before: answer with the stored outcome.
    #[error("this idempotency key was answered before; read its stored outcome")]
    IdempotencyReplay,
    /// Deadlock or time-out between writers: try again from the load.
    #[error("writers were in each other's way; load and decide again: {0}")]
    Contention(#[source] SqlError),
    /// An inline projection refused an event; a fault of the program.
    #[error("projection {projection}: {source}")]
    Projection {
        /// Its name.
        projection: &'static str,
        /// What it refused.
        source: ProjectionError,
    },
    /// Postgres or the driver refused a statement; a fault of the program or of its input.
    #[error("the {part} was refused: {source}")]
    Refused {
        /// Which part of the commit.
        part: String,
        /// Why.
        source: SqlError,
    },
    /// No connection, or it was lost before anything was sent.
    #[error("nothing was written: {0}")]
    Unavailable(#[source] SqlError),
    /// The connection was lost after the commit was sent. Sending it again is safe: if it went through, the expected
    /// sequence or the idempotency key refuses the second one.
    #[error("the connection was lost while committing; look whether it happened before doing it again")]
    OutcomeUnknown,
}

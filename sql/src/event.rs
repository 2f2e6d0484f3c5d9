//! Events as they are written and as they are stored.

use crate::xid::Xid;
use cqrs_es::{DomainEvent, persist::SerializedEvent};
use dbx_domain::time::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

/// SHA-256 of an event's canonical content and of its predecessor's hash.
pub type EventHash = [u8; 32];

/// Where a stream ends; what the next append must build on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// Sequence of the last event; 0 for a stream without events.
    pub sequence: u64,
    /// Chain hash of the last event; `None` for a stream without events.
    pub hash: Option<EventHash>,
}

impl StreamHead {
    /// The head of a stream that has no event yet.
    pub const NEW: Self = Self { sequence: 0, hash: None };
}

/// An event that is about to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Its name, for upcasting and projections.
    pub event_type: String,
    /// Version of its shape.
    pub event_version: String,
    /// The event as JSON.
    pub payload: Value,
}

impl NewEvent {
    /// Serialises a domain event.
    ///
    /// # Errors
    /// When its `Serialize` fails, e.g. for a map with keys that are not strings.
    pub fn of<E: DomainEvent>(event: &E) -> Result<Self, serde_json::Error> {
        Ok(Self {
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload: serde_json::to_value(event)?,
        })
    }
}

/// A row of the log, exactly as stored: not upcast.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedEvent {
    /// Orders the events of one transaction; grows along each stream.
    pub position: i64,
    /// The transaction that wrote it.
    pub xid: Xid,
    /// Kind of stream, e.g. `instance`.
    pub aggregate_type: String,
    /// Which stream.
    pub aggregate_id: String,
    /// Place in the stream, from 1, without gaps.
    pub sequence: u64,
    /// Name of the event.
    pub event_type: String,
    /// Version of its shape.
    pub event_version: String,
    /// The event as JSON.
    pub payload: Value,
    /// Who and why, see [`crate::Metadata::from_json`].
    pub metadata: Value,
    /// Database time of the transaction that wrote it.
    pub recorded_at: Timestamp,
    /// Chain hash; `None` if another program wrote the row.
    pub hash: Option<EventHash>,
}

/// The columns that [`RecordedEvent::from_row`] expects, in its order. Qualified, because an output column named
/// `xid` would capture an unqualified ORDER BY.
#[macro_export]
macro_rules! recorded_columns {
    () => {
        "e.position, e.xid, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version, \
         e.payload, e.metadata, e.recorded_at, e.hash"
    };
}
pub(crate) use recorded_columns;

impl RecordedEvent {
    /// Reads a row of [`recorded_columns`](crate::recorded_columns).
    ///
    /// # Errors
    /// When the row has other columns.
    pub fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            position: row.try_get(0)?,
            xid: row.try_get(1)?,
            aggregate_type: row.try_get(2)?,
            aggregate_id: row.try_get(3)?,
            sequence: row.try_get::<_, i64>(4)?.cast_unsigned(),
            event_type: row.try_get(5)?,
            event_version: row.try_get(6)?,
            payload: row.try_get(7)?,
            metadata: row.try_get(8)?,
            recorded_at: Timestamp::from(row.try_get::<_, time::OffsetDateTime>(9)?),
            hash: hash_column(row, 10)?,
        })
    }

    /// The form that cqrs-es upcasters work on.
    pub fn into_serialized(self) -> SerializedEvent {
        SerializedEvent::new(
            self.aggregate_id,
            usize::try_from(self.sequence).unwrap_or(usize::MAX),
            self.aggregate_type,
            self.event_type,
            self.event_version,
            self.payload,
            self.metadata,
        )
    }
}

/// The hash column: the table's check allows 32 bytes or NULL only, so another length reads as no hash.
pub(crate) fn hash_column(row: &Row, index: usize) -> Result<Option<EventHash>, tokio_postgres::Error> {
    Ok(row.try_get::<_, Option<&[u8]>>(index)?.and_then(|bytes| bytes.try_into().ok()))
}

//! One append of a commit, ready to be sent: its rows, chained, and the head that they leave.

use crate::{
    batch::Statement,
    chain::Link,
    commit::{Append, Appended},
    event::{EventHash, StreamHead},
    json_text::OwnedJson,
    params,
};
use dbx_domain::time::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use tokio_postgres::Row;

const INSERT_ONE: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, metadata, event_type, event_version, payload, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING position, xid, recorded_at";
const INSERT_MANY: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, metadata, event_type, event_version, payload, hash)
    SELECT $1::text, $2::text, $3::bigint + e.nth - 1, $4::jsonb, e.kind, e.version, e.payload, e.hash
    FROM unnest($5::text[], $6::text[], $7::jsonb[], $8::bytea[]) WITH ORDINALITY AS e(kind, version, payload, hash, nth)
    ORDER BY e.nth RETURNING position, xid, recorded_at";

/// A row of `events`, ready to be sent.
pub(crate) struct EventRow {
    pub(crate) stream: Arc<Stream>,
    pub(crate) sequence: i64,
    pub(crate) event_type: String,
    pub(crate) event_version: String,
    pub(crate) payload: OwnedJson,
    pub(crate) hash: EventHash,
}

/// What the rows of one append have in common.
pub(crate) struct Stream {
    pub(crate) aggregate_type: String,
    pub(crate) aggregate_id: String,
    pub(crate) metadata: OwnedJson,
}

impl Stream {
    pub(crate) fn key(&self) -> (&str, &str) {
        (&self.aggregate_type, &self.aggregate_id)
    }
}

/// What one append writes, and the stream's head after it.
pub(crate) struct AppendPlan {
    pub(crate) stream: Arc<Stream>,
    pub(crate) rows: Vec<EventRow>,
    pub(crate) head: StreamHead,
}

impl AppendPlan {
    pub(crate) fn new(append: Append, metadata: &Value, metadata_text: &str) -> Self {
        let hashes = chain(&append, metadata);
        let Append { aggregate_type, aggregate_id, head, events } = append;
        let after = StreamHead {
            sequence: head.sequence + hashes.len() as u64,
            hash: hashes.last().copied().or(head.hash),
        };
        let stream = Arc::new(Stream {
            aggregate_type: aggregate_type.into_owned(),
            aggregate_id,
            metadata: OwnedJson(metadata_text.to_owned()),
        });
        let numbered = (head.sequence.cast_signed() + 1..).zip(events).zip(hashes);
        let rows = numbered.map(|((sequence, event), hash)| EventRow {
            stream: Arc::clone(&stream),
            sequence,
            payload: OwnedJson(event.payload.to_string()),
            event_type: event.event_type,
            event_version: event.event_version,
            hash,
        });
        Self { rows: rows.collect(), stream, head: after }
    }

    /// None without events.
    pub(crate) fn into_statement(self) -> Option<Statement> {
        let Stream { aggregate_type, aggregate_id, metadata } = &*self.stream;
        let first = self.rows.first()?.sequence;
        let mut params = params![aggregate_type.clone(), aggregate_id.clone(), first, metadata.clone()];
        let sql = if self.rows.len() == 1 { INSERT_ONE } else { INSERT_MANY };
        if sql == INSERT_ONE {
            for row in self.rows {
                params.extend(params![row.event_type, row.event_version, row.payload, row.hash.to_vec()]);
            }
        } else {
            let (mut types, mut versions) = (Vec::<String>::new(), Vec::<String>::new());
            let (mut payloads, mut hashes) = (Vec::<OwnedJson>::new(), Vec::<Vec<u8>>::new());
            for row in self.rows {
                types.push(row.event_type);
                versions.push(row.event_version);
                payloads.push(row.payload);
                hashes.push(row.hash.to_vec());
            }
            params.extend(params![types, versions, payloads, hashes]);
        }
        // One append in a statement: each has rows to give back.
        Some(Statement { sql: sql.into(), params, row: Some("events".to_owned()), needs: None, own: true })
    }
}

impl Appended {
    pub(crate) fn nothing(head: StreamHead) -> Self {
        Self { head, positions: Vec::new(), xid: None, recorded_at: None }
    }

    pub(crate) fn record(&mut self, rows: &[Row]) -> Result<(), tokio_postgres::Error> {
        for row in rows {
            self.positions.push(row.try_get(0)?);
            self.xid = Some(row.try_get(1)?);
            self.recorded_at = Some(Timestamp::from(row.try_get::<_, time::OffsetDateTime>(2)?));
        }
        Ok(())
    }
}

/// The chain hash of every event.
fn chain(append: &Append, metadata: &Value) -> Vec<EventHash> {
    let stream = (append.aggregate_type.as_ref(), append.aggregate_id.as_str());
    let mut previous = append.head.hash;
    let numbered = (append.head.sequence + 1..).zip(&append.events);
    let hashes = numbered.map(|(sequence, event)| {
        let hash = Link::of_new(stream, sequence, event, metadata).hash(previous);
        previous = Some(hash);
        hash
    });
    hashes.collect()
}

//! A scope's history as JSON lines that somebody else can verify: the newest checkpoint with the way to its root, the
//! heads that it covers, then every event with its canonical content and hash. `docs/audit.md` describes each line.
//!
//! Guarantee: memory is bounded by the scope's number of streams, not by its events. An export that ends without its
//! last line (`end`) is incomplete.

use super::{
    key::hex,
    read::{Proof, prove},
    statement::micros,
};
use crate::{
    chain::Link,
    database::Database,
    error::SqlError,
    event::RecordedEvent,
    store::{EventStore, MAX_PAGE, StoreError},
};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Version of the format.
const VERSION: u32 = 1;

/// An export under way: call [`Export::next`] until it gives none.
pub struct Export {
    db: Database,
    store: EventStore,
    scope: String,
    /// Streams that were found and not read yet.
    streams: VecDeque<(String, String)>,
    /// The stream last found, behind which the next are looked for.
    last_found: Option<(String, String)>,
    /// The next event of the first of `streams`.
    next_sequence: u64,
    events: u64,
    part: Part,
}

enum Part {
    Opening,
    Events,
    Over,
}

/// Streams that are looked up at once.
const STREAMS_AT_ONCE: i64 = 200;

impl Export {
    /// The export of an org, or of a stream that belongs to none, such as an account's.
    pub fn new(db: Database, scope: impl Into<String>) -> Self {
        Self {
            store: EventStore::new(db.clone(), vec![]),
            db,
            scope: scope.into(),
            streams: VecDeque::new(),
            last_found: None,
            next_sequence: 1,
            events: 0,
            part: Part::Opening,
        }
    }

    /// The next lines, each with its line feed; none after the end.
    ///
    /// # Errors
    /// [`StoreError`]; the export is incomplete then.
    pub async fn next(&mut self) -> Result<Option<String>, StoreError> {
        match self.part {
            Part::Opening => {
                self.part = Part::Events;
                Ok(Some(opening(&self.scope, prove(&self.db, &self.scope).await?.as_ref())))
            }
            Part::Events => self.events().await.map(Some),
            Part::Over => Ok(None),
        }
    }

    async fn events(&mut self) -> Result<String, StoreError> {
        if self.streams.is_empty() {
            self.find_streams().await?;
        }
        let Some((kind, id)) = self.streams.front() else {
            self.part = Part::Over;
            return Ok(line(&json!({"kind": "end", "events": self.events})));
        };
        let page = self.store.read_stream(kind, id, self.next_sequence, MAX_PAGE).await?;
        match page.last() {
            Some(last) if page.len() == MAX_PAGE as usize => self.next_sequence = last.sequence + 1,
            _ => {
                self.streams.pop_front();
                self.next_sequence = 1;
            }
        }
        self.events += page.len() as u64;
        Ok(page.iter().map(event).collect())
    }

    async fn find_streams(&mut self) -> Result<(), StoreError> {
        let found = streams_of(&self.db, &self.scope, self.last_found.as_ref()).await?;
        self.last_found = found.last().cloned().or_else(|| self.last_found.take());
        self.streams.extend(found);
        Ok(())
    }
}

/// The streams of a scope behind `after`, in the order of kind and id, some hundreds at most; none: there are no more.
///
/// # Errors
/// Any [`SqlError`].
pub async fn streams_of(
    db: &Database,
    scope: &str,
    after: Option<&(String, String)>,
) -> Result<Vec<(String, String)>, SqlError> {
    // The partial index on first events, and the stream that is the scope itself.
    const SQL: &str = "SELECT e.aggregate_type, e.aggregate_id FROM events e
            WHERE e.sequence = 1 AND e.metadata ->> 'org' = $1 AND e.aggregate_type <> 'account'
              AND (e.aggregate_type, e.aggregate_id) > ($2, $3)
            UNION SELECT e.aggregate_type, e.aggregate_id FROM events e
            WHERE e.sequence = 1 AND e.aggregate_type IN ('account', 'org') AND e.aggregate_id = $1
              AND (e.aggregate_type, e.aggregate_id) > ($2, $3)
            ORDER BY 1, 2 LIMIT $4";
    let (kind, id) = after.cloned().unwrap_or_default();
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&scope, &kind, &id, &STREAMS_AT_ONCE]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// What stands before the events.
fn opening(scope: &str, proof: Option<&Proof>) -> String {
    let mut lines = line(&json!({"kind": "chain", "version": VERSION, "scope": scope}));
    let Some(Proof { checkpoint, index, path, heads }) = proof else { return lines };
    let path: Vec<String> = path.iter().map(|node| hex(node)).collect();
    lines += &line(&json!({
        "kind": "checkpoint",
        "statement": checkpoint.statement,
        "signature": hex(&checkpoint.signature),
        "index": index,
        "path": path,
    }));
    for head in heads {
        lines += &line(&json!({
            "kind": "head",
            "type": head.aggregate_type,
            "id": head.aggregate_id,
            "sequence": head.sequence,
            "hash": hex(&head.hash),
            "times": hex(&head.times),
        }));
    }
    lines
}

fn event(event: &RecordedEvent) -> String {
    line(&json!({
        "kind": "event",
        "content": Link::of_recorded(event).content(),
        "hash": event.hash.map(|hash| hex(&hash)),
        "recordedAtMicros": micros(event.recorded_at),
    }))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

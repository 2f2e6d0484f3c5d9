//! From a commit to the statements that carry it out, and from their results to its outcome.

use crate::{
    batch::{Batch, Statement},
    chain::Link,
    commit::{Append, Appended, Commit, CommitError, Committed},
    database::Database,
    error::{SqlError, is_contention},
    event::{EventHash, StreamHead},
    fuse::fuse,
    json_text::OwnedJson,
    params, pipeline,
    pipeline::PipelineError,
    projection::{InlineProjection, NewlyRecorded},
    side_write::{EventKey, LEASE, SideWrite},
    source::idempotency,
};
use dbx_domain::time::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use tokio_postgres::Row;

/// The primary key that refuses an append on an old head.
const STREAM_ORDER: &str = "events_pkey";

const INSERT_ONE: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, metadata, event_type, event_version, payload, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING position, xid, recorded_at";
const INSERT_MANY: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, metadata, event_type, event_version, payload, hash)
    SELECT $1::text, $2::text, $3::bigint + e.nth - 1, $4::jsonb, e.kind, e.version, e.payload, e.hash
    FROM unnest($5::text[], $6::text[], $7::jsonb[], $8::bytea[]) WITH ORDINALITY AS e(kind, version, payload, hash, nth)
    ORDER BY e.nth RETURNING position, xid, recorded_at";

/// Which part of the commit a statement belongs to.
enum Part {
    Append(usize),
    Projection(&'static str),
    Side(&'static str),
}

/// Everything that will be sent.
pub(crate) struct CommitPlan {
    statements: Vec<(Statement, Part)>,
    /// Type and id of each append, for the message of a conflict.
    streams: Vec<(String, String)>,
    /// The head of each append's stream after the commit.
    heads: Vec<StreamHead>,
}

impl CommitPlan {
    pub(crate) fn new(
        commit: Commit,
        metadata: Value,
        projections: &[Arc<dyn InlineProjection>],
    ) -> Result<Self, CommitError> {
        let Commit { appends, writes, .. } = commit;
        let mut plan = Self { statements: Vec::new(), streams: Vec::new(), heads: Vec::new() };
        let events = event_keys(&appends);
        let (first, last): (Vec<_>, Vec<_>) = writes.into_iter().partition(SideWrite::comes_first);
        plan.side_writes(first, &events);
        let metadata_text = metadata.to_string();
        let mut shown = Batches::default();
        for append in appends {
            shown.project(&append, &metadata, projections)?;
            plan.append(append, &metadata, &metadata_text);
        }
        for (name, batch) in shown.0 {
            plan.add(batch.into_statements(), || Part::Projection(name));
        }
        plan.side_writes(last, &events);
        Ok(plan)
    }

    fn add(&mut self, statements: Vec<Statement>, part: impl Fn() -> Part) {
        self.statements.extend(statements.into_iter().map(|statement| (statement, part())));
    }

    fn side_writes(&mut self, writes: Vec<SideWrite>, events: &[EventKey]) {
        for write in writes {
            let name = write.part();
            self.add(write.into_statements(events), || Part::Side(name));
        }
    }

    fn append(&mut self, append: Append, metadata: &Value, metadata_text: &str) {
        let hashes = chain(&append, metadata);
        let Append { aggregate_type, aggregate_id, head, events } = append;
        let index = self.streams.len();
        let after = head.sequence + hashes.len() as u64;
        self.heads.push(StreamHead { sequence: after, hash: hashes.last().copied().or(head.hash) });
        self.streams.push((aggregate_type.clone().into_owned(), aggregate_id.clone()));
        if events.is_empty() {
            return;
        }
        let (first, metadata) = (head.sequence.cast_signed() + 1, OwnedJson(metadata_text.to_owned()));
        let mut params = params![aggregate_type.into_owned(), aggregate_id, first, metadata];
        let hashes = hashes.iter().map(|hash| hash.to_vec());
        let sql = if events.len() == 1 { INSERT_ONE } else { INSERT_MANY };
        if let [_] = events.as_slice() {
            for (event, hash) in events.into_iter().zip(hashes) {
                let payload = OwnedJson(event.payload.to_string());
                params.extend(params![event.event_type, event.event_version, payload, hash]);
            }
        } else {
            let payloads: Vec<OwnedJson> = events.iter().map(|e| OwnedJson(e.payload.to_string())).collect();
            let (types, versions): (Vec<String>, Vec<String>) =
                events.into_iter().map(|event| (event.event_type, event.event_version)).unzip();
            params.extend(params![types, versions, payloads, hashes.collect::<Vec<_>>()]);
        }
        // One append in a statement: each has rows to give back.
        let row = Some("events".to_owned());
        self.add(vec![Statement { sql: sql.into(), params, row }], || Part::Append(index));
    }

    /// Sends it all and reads the outcome.
    pub(crate) async fn execute(self, db: &Database) -> Result<Committed, CommitError> {
        let Self { statements, streams, heads } = self;
        let mut appends: Vec<Appended> = heads.into_iter().map(Appended::nothing).collect();
        if statements.is_empty() {
            return Ok(Committed { appends, lease_held: None });
        }
        let (statements, parts): (Vec<_>, Vec<_>) = fuse(statements).into_iter().unzip();
        let client = db.client().await.map_err(CommitError::Unavailable)?;
        let results =
            pipeline::run(&client, statements).await.map_err(|error| explain(error, &parts, &streams))?;
        let mut lease_held = None;
        for (parts, rows) in parts.iter().zip(&results) {
            match &parts[0] {
                // The commit is done: a result that cannot be read must not look as if it were not.
                Part::Append(index) => {
                    appends[*index].record(rows).map_err(|_| CommitError::OutcomeUnknown)?;
                }
                Part::Side(name) if *name == LEASE => lease_held = Some(!rows.is_empty()),
                Part::Side(_) | Part::Projection(_) => {}
            }
        }
        Ok(Committed { appends, lease_held })
    }
}

/// The statements of all projections, per projection and in event order.
#[derive(Default)]
struct Batches(Vec<(&'static str, Batch)>);

impl Batches {
    fn project(
        &mut self,
        append: &Append,
        metadata: &Value,
        projections: &[Arc<dyn InlineProjection>],
    ) -> Result<(), CommitError> {
        let first_of_append = self.0.len();
        for (sequence, event) in (append.head.sequence + 1..).zip(&append.events) {
            let newly = NewlyRecorded {
                aggregate_type: &append.aggregate_type,
                aggregate_id: &append.aggregate_id,
                sequence,
                event_type: &event.event_type,
                event_version: &event.event_version,
                payload: &event.payload,
                metadata,
                recorded_at: None,
            };
            for projection in projections {
                let (name, mut batch) = (projection.name(), Batch::default());
                let refused = |source| CommitError::Projection { projection: name, source };
                projection.apply(&newly, &mut batch).map_err(refused)?;
                if !batch.is_empty() {
                    self.drop_superseded(first_of_append, projection.as_ref());
                    self.0.push((name, batch));
                }
            }
        }
        Ok(())
    }

    /// Drops what the statement that comes next says anew about the same stream.
    fn drop_superseded(&mut self, first_of_append: usize, projection: &dyn InlineProjection) {
        let earlier = self.0.iter_mut().skip(first_of_append).filter(|(name, _)| *name == projection.name());
        for (_, batch) in earlier {
            if batch.all(|sql| projection.is_superseded(sql)) {
                *batch = Batch::default();
            }
        }
    }
}

impl Appended {
    fn nothing(head: StreamHead) -> Self {
        Self { head, positions: Vec::new(), xid: None, recorded_at: None }
    }

    fn record(&mut self, rows: &[Row]) -> Result<(), tokio_postgres::Error> {
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

fn event_keys(appends: &[Append]) -> Vec<EventKey> {
    let keys = appends.iter().flat_map(|append| {
        let first = append.head.sequence.cast_signed() + 1;
        (first..).zip(&append.events).map(|(sequence, _)| {
            (append.aggregate_type.clone().into_owned(), append.aggregate_id.clone(), sequence)
        })
    });
    keys.collect()
}

/// The error in the terms of the commit.
fn explain(error: PipelineError, parts: &[Vec<Part>], streams: &[(String, String)]) -> CommitError {
    let PipelineError::Failed { index, error } = error else { return CommitError::OutcomeUnknown };
    let parts = index.and_then(|index| parts.get(index)).map(Vec::as_slice).unwrap_or_default();
    match (&error, parts.first()) {
        (SqlError::ConnectionLost | SqlError::Unreachable(_), _) => CommitError::Unavailable(error),
        (SqlError::Refused { code, constraint: Some(constraint), .. }, _) if code == "23505" => {
            match (constraint.as_str(), parts.first()) {
                (STREAM_ORDER, Some(Part::Append(index))) => {
                    let (aggregate_type, aggregate_id) = streams[*index].clone();
                    CommitError::Conflict { aggregate_type, aggregate_id }
                }
                (idempotency::CONSTRAINT, _) => CommitError::IdempotencyReplay,
                _ => CommitError::Duplicate { constraint: constraint.clone() },
            }
        }
        (SqlError::Refused { code, .. }, _) if is_contention(code) => CommitError::Contention(error),
        _ => CommitError::Refused { part: described(parts, streams), source: error },
    }
}

fn described(parts: &[Part], streams: &[(String, String)]) -> String {
    let all: Vec<_> = parts.iter().map(|part| describe(Some(part), streams)).collect();
    if all.is_empty() { describe(None, streams) } else { all.join(" with ") }
}

fn describe(part: Option<&Part>, streams: &[(String, String)]) -> String {
    match part {
        Some(Part::Append(index)) => format!("append to {} {}", streams[*index].0, streams[*index].1),
        Some(Part::Projection(name)) => format!("read model {name}"),
        Some(Part::Side(name)) => format!("change of the {name}"),
        None => "transaction".to_owned(),
    }
}

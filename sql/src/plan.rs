//! From a commit to the statements that carry it out, and from their results to its outcome.

use crate::{
    append_plan::{AppendPlan, Stream},
    batch::{Batch, Statement},
    commit::{Append, Appended, Commit, CommitError, Committed},
    database::Database,
    error::{SqlError, is_contention},
    fuse::fuse,
    lease::Renewal,
    pipeline,
    pipeline::{Call, PipelineError},
    projection::{InlineProjection, NewlyRecorded},
    side_write::{EventKey, LEASE, SideWrite},
    source::idempotency,
};
use serde_json::Value;
use std::sync::Arc;

/// The primary key that refuses an append on an old head.
const STREAM_ORDER: &str = "events_pkey";

/// Which part of the commit a statement belongs to.
enum Part {
    Append(usize),
    Projection(&'static str),
    Side(&'static str),
}

/// Everything that will be sent.
pub(crate) struct CommitPlan {
    /// Before the events.
    first: Vec<(Statement, Part)>,
    appends: Vec<AppendPlan>,
    /// After the events.
    then: Vec<(Statement, Part)>,
    /// At the end.
    renewal: Option<Renewal>,
    /// Whether every side write may share a transaction with other commits.
    sociable: bool,
}

impl CommitPlan {
    pub(crate) fn new(
        commit: Commit,
        metadata: Value,
        projections: &[Arc<dyn InlineProjection>],
    ) -> Result<Self, CommitError> {
        let Commit { appends, writes, .. } = commit;
        let sociable = writes.iter().all(SideWrite::is_sociable);
        let mut plan = Self { first: vec![], appends: vec![], then: vec![], renewal: None, sociable };
        let events = event_keys(&appends);
        let metadata_text = metadata.to_string();
        for append in appends {
            plan.then.extend(shown(&append, &metadata, projections)?);
            plan.appends.push(AppendPlan::new(append, &metadata, &metadata_text));
        }
        for write in writes {
            plan.side_write(write, &events);
        }
        Ok(plan)
    }

    /// For tests of what makes groups of plans.
    #[cfg(test)]
    pub(crate) fn follow_with(&mut self, batch: Batch) {
        self.then.extend(batch.into_statements().into_iter().map(|one| (one, Part::Projection("test"))));
    }

    fn side_write(&mut self, write: SideWrite, events: &[EventKey]) {
        let (name, comes_first) = (write.part(), write.comes_first());
        let write = match write {
            SideWrite::RenewLease(renewal) => return self.renewal = Some(renewal),
            write => write,
        };
        let place = if comes_first { &mut self.first } else { &mut self.then };
        place.extend(write.into_statements(events).into_iter().map(|one| (one, Part::Side(name))));
    }

    /// Whether it may share its transaction with commits to other streams.
    pub(crate) fn is_sociable(&self) -> bool {
        self.sociable
    }

    pub(crate) fn appends(&self) -> &[AppendPlan] {
        &self.appends
    }

    pub(crate) fn writes_events(&self) -> bool {
        self.appends.iter().any(|append| !append.rows.is_empty())
    }

    /// Bytes of events, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let rows = self.appends.iter().flat_map(|append| &append.rows);
        rows.map(|row| row.payload.0.len() + row.stream.metadata.0.len()).sum()
    }

    /// Where it stands among others, so that all servers take locks in one order.
    pub(crate) fn place(&self) -> Option<(&str, &str)> {
        self.appends.iter().map(|append| append.stream.key()).min()
    }

    /// Whether the two are to the same stream.
    pub(crate) fn shares_stream(&self, other: &Self) -> bool {
        let theirs = |stream: &Stream| other.appends.iter().any(|append| append.stream.key() == stream.key());
        self.appends.iter().any(|append| theirs(&append.stream))
    }

    /// What follows the events, in order.
    pub(crate) fn then(&self) -> impl Iterator<Item = &Statement> {
        self.then.iter().map(|(statement, _)| statement)
    }

    pub(crate) fn renewal(&self) -> Option<&Renewal> {
        self.renewal.as_ref()
    }

    /// What it came to if it wrote nothing, to be filled by [`Appended::record`].
    pub(crate) fn appended(&self) -> Vec<Appended> {
        self.appends.iter().map(|append| Appended::nothing(append.head)).collect()
    }

    /// Sends it all in a transaction of its own and reads the outcome.
    pub(crate) async fn execute(self, db: &Database) -> Result<Committed, CommitError> {
        let mut appends = self.appended();
        let (statements, streams) = self.into_statements();
        if statements.is_empty() {
            return Ok(Committed { appends, lease_held: None });
        }
        let (statements, parts): (Vec<_>, Vec<_>) = fuse(statements).into_iter().unzip();
        let client = db.client().await.map_err(CommitError::Unavailable)?;
        let calls = statements.iter().map(Call::from).collect();
        let results =
            pipeline::run(&client, calls).await.map_err(|error| explain(error, &parts, &streams))?;
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

    /// Its statements, and the streams that it appends to.
    fn into_statements(self) -> (Vec<(Statement, Part)>, Vec<Arc<Stream>>) {
        let streams = self.appends.iter().map(|append| Arc::clone(&append.stream)).collect();
        let mut statements = self.first;
        for (index, append) in self.appends.into_iter().enumerate() {
            statements.extend(append.into_statement().map(|statement| (statement, Part::Append(index))));
        }
        statements.extend(self.then);
        statements.extend(self.renewal.map(|renewal| (renewal.into_statement(), Part::Side(LEASE))));
        (statements, streams)
    }
}

/// The statements by which the projections show an append, per projection.
fn shown(
    append: &Append,
    metadata: &Value,
    projections: &[Arc<dyn InlineProjection>],
) -> Result<Vec<(Statement, Part)>, CommitError> {
    let numbered = (append.head.sequence + 1..).zip(&append.events);
    let events: Vec<_> = numbered
        .map(|(sequence, event)| NewlyRecorded {
            aggregate_type: &append.aggregate_type,
            aggregate_id: &append.aggregate_id,
            sequence,
            event_type: &event.event_type,
            event_version: &event.event_version,
            payload: &event.payload,
            metadata,
            recorded_at: None,
        })
        .collect();
    let mut shown = Vec::new();
    for projection in projections {
        let (name, mut batch) = (projection.name(), Batch::default());
        let refused = |source| CommitError::Projection { projection: name, source };
        projection.apply_all(&events, &mut batch).map_err(refused)?;
        shown.extend(batch.into_statements().into_iter().map(|one| (one, Part::Projection(name))));
    }
    Ok(shown)
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
fn explain(error: PipelineError, parts: &[Vec<Part>], streams: &[Arc<Stream>]) -> CommitError {
    let PipelineError::Failed { index, error } = error else { return CommitError::OutcomeUnknown };
    let parts = index.and_then(|index| parts.get(index)).map(Vec::as_slice).unwrap_or_default();
    match (&error, parts.first()) {
        (SqlError::ConnectionLost | SqlError::Unreachable(_), _) => CommitError::Unavailable(error),
        (SqlError::Refused { code, constraint: Some(constraint), .. }, _) if code == "23505" => {
            match (constraint.as_str(), parts.first()) {
                (STREAM_ORDER, Some(Part::Append(index))) => {
                    let Stream { aggregate_type, aggregate_id, .. } = &*streams[*index];
                    CommitError::Conflict {
                        aggregate_type: aggregate_type.clone(),
                        aggregate_id: aggregate_id.clone(),
                    }
                }
                (idempotency::CONSTRAINT, _) => CommitError::IdempotencyReplay,
                _ => CommitError::Duplicate { constraint: constraint.clone() },
            }
        }
        (SqlError::Refused { code, .. }, _) if is_contention(code) => CommitError::Contention(error),
        _ => CommitError::Refused { part: described(parts, streams), source: error },
    }
}

fn described(parts: &[Part], streams: &[Arc<Stream>]) -> String {
    let all: Vec<_> = parts.iter().map(|part| describe(Some(part), streams)).collect();
    if all.is_empty() { describe(None, streams) } else { all.join(" with ") }
}

fn describe(part: Option<&Part>, streams: &[Arc<Stream>]) -> String {
    match part {
        Some(Part::Append(index)) => {
            format!("append to {} {}", streams[*index].aggregate_type, streams[*index].aggregate_id)
        }
        Some(Part::Projection(name)) => format!("read model {name}"),
        Some(Part::Side(name)) => format!("change of the {name}"),
        None => "transaction".to_owned(),
    }
}

//! Many commits as one transaction of few statements.
//!
//! The events come first, all in one statement, in the order of the commits and of their appends; with them and behind
//! them the levels of what follows from them ([`levels`]).

use super::{
    levels::{Level, levels},
    texts::Texts,
};
use crate::{
    append_plan::EventRow,
    commit::Committed,
    json_text::OwnedJson,
    lease, pipeline,
    pipeline::{Call, PipelineError},
    plan::CommitPlan,
};
use deadpool_postgres::Object;
use std::collections::HashSet;
use tokio_postgres::{Error, Row, types::ToSql};

/// Rows come back in the order in which they were given.
const INSERT: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, metadata, event_type, event_version, payload, hash)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[], $5::text[], $6::text[], $7::jsonb[],
        $8::bytea[])
    RETURNING position, xid, recorded_at";

/// The events of many commits, by column.
#[derive(Default)]
struct EventColumns<'a> {
    types: Vec<&'a str>,
    ids: Vec<&'a str>,
    sequences: Vec<i64>,
    metadata: Vec<&'a OwnedJson>,
    event_types: Vec<&'a str>,
    versions: Vec<&'a str>,
    payloads: Vec<&'a OwnedJson>,
    hashes: Vec<&'a [u8]>,
}

impl<'a> EventColumns<'a> {
    fn push(&mut self, row: &'a EventRow) {
        self.types.push(&row.stream.aggregate_type);
        self.ids.push(&row.stream.aggregate_id);
        self.sequences.push(row.sequence);
        self.metadata.push(&row.stream.metadata);
        self.event_types.push(&row.event_type);
        self.versions.push(&row.event_version);
        self.payloads.push(&row.payload);
        self.hashes.push(&row.hash);
    }

    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.types,
            &self.ids,
            &self.sequences,
            &self.metadata,
            &self.event_types,
            &self.versions,
            &self.payloads,
            &self.hashes,
        ]
    }
}

/// What stands at the end of a level without events: nothing is to come back.
const NOTHING: &str = "SELECT WHERE false";

/// Carries out `plans` in one transaction; their streams must differ. What each came to, in the same order.
pub(crate) async fn execute(
    client: &Object,
    texts: &Texts,
    plans: &[CommitPlan],
) -> Result<Vec<Committed>, PipelineError> {
    let failed = |error: Error| PipelineError::Failed { index: None, error: error.into() };
    let mut events = EventColumns::default();
    plans
        .iter()
        .flat_map(CommitPlan::appends)
        .flat_map(|append| &append.rows)
        .for_each(|row| events.push(row));
    let mut levels = levels(plans);
    if levels.is_empty() {
        levels.push(Level::default());
    }
    let mut prepared = Vec::with_capacity(levels.len());
    for (number, level) in levels.iter().enumerate() {
        let main = if number == 0 { (INSERT, events.params().len()) } else { (NOTHING, 0) };
        let text = texts.of(client, (number, level), main).await.map_err(failed)?;
        prepared.push((text.columns(level), text, level));
    }
    let renewals: Vec<_> = plans.iter().filter_map(CommitPlan::renewal).collect();
    let renewal = (!renewals.is_empty()).then(|| lease::renewals(&renewals));
    let mut calls = Vec::new();
    for (number, (columns, text, level)) in prepared.iter().enumerate() {
        let main = if number == 0 { events.params() } else { Vec::new() };
        calls.extend(text.calls(level, main, columns));
    }
    calls.extend(renewal.as_ref().map(Call::from));
    let results = pipeline::run(client, calls).await?;
    let held = renewal.and_then(|_| results.last()).map(Vec::as_slice).unwrap_or_default();
    let inserted = results.first().map(Vec::as_slice).unwrap_or_default();
    outcomes(plans, inserted, held).ok_or(PipelineError::OutcomeUnknown)
}

/// The outcome of each commit by the rows that came back. None if they cannot be read: the commits are done, and must
/// not look as if they were not.
fn outcomes(plans: &[CommitPlan], mut inserted: &[Row], held: &[Row]) -> Option<Vec<Committed>> {
    let held: HashSet<&str> = held.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().ok()?;
    let outcomes = plans.iter().map(|plan| {
        let mut appends = plan.appended();
        for (appended, append) in appends.iter_mut().zip(plan.appends()) {
            let (own, rest) = inserted.split_at_checked(append.rows.len())?;
            appended.record(own).ok()?;
            inserted = rest;
        }
        let lease_held = plan.renewal().map(|renewal| held.contains(renewal.instance_id()));
        Some(Committed { appends, lease_held })
    });
    outcomes.collect()
}

//! Many commits as one transaction of few statements.
//!
//! Guarantees: each commit's statements keep their order; a statement stands for several commits only if it promised to
//! write rows of its own streams ([`crate::Batch::push_own`]), and never twice for the same commit.

use super::spread::{Column, spread};
use crate::{
    batch::{Param, Statement},
    commit::Committed,
    json_text::OwnedJson,
    lease, pipeline,
    pipeline::{Call, PipelineError},
    plan::{CommitPlan, EventRow},
};
use deadpool_postgres::Object;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};
use tokio_postgres::{Error, Row, types::ToSql};

/// Rows come back in the order in which they were given.
const INSERT: &str = "INSERT INTO events
    (aggregate_type, aggregate_id, sequence, metadata, event_type, event_version, payload, hash)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[], $5::text[], $6::text[], $7::jsonb[],
        $8::bytea[])
    RETURNING position, xid, recorded_at";

/// Statements by their text over single values, as texts over rows; none if a text cannot be spread.
#[derive(Default)]
pub(crate) struct Texts(Mutex<HashMap<String, Option<Arc<str>>>>);

impl Texts {
    /// Its types are learnt from Postgres when it is seen for the first time.
    async fn over_rows(&self, client: &Object, sql: &str) -> Result<Option<Arc<str>>, Error> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return Ok(known.clone());
        }
        let single = client.prepare_cached(sql).await?;
        let text = spread(sql, single.params()).map(Arc::from);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned(), text.clone());
        Ok(text)
    }
}

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

/// A statement and the values of every commit that has it here.
struct Shared<'a> {
    statement: &'a Statement,
    rows: Vec<&'a [Param]>,
}

/// The statements behind the events, each as early as the order within its commits lets it.
fn share<'a>(plans: impl Iterator<Item = &'a CommitPlan>) -> Vec<Shared<'a>> {
    let mut all: Vec<Shared<'a>> = Vec::new();
    for plan in plans {
        let mut from = 0;
        for statement in plan.then() {
            let same = |shared: &Shared<'_>| statement.own && shared.statement.sql == statement.sql;
            let found = all[from..].iter().position(same).map(|at| from + at);
            let at = found.unwrap_or(from);
            match found {
                Some(at) => all[at].rows.push(&statement.params),
                None => all.insert(at, Shared { statement, rows: vec![&statement.params] }),
            }
            from = at + 1;
        }
    }
    all
}

/// How the rows of one shared statement are sent.
enum Form<'a> {
    /// One after the other.
    Single(&'a Shared<'a>),
    /// As columns of one statement.
    Spread(Arc<str>, Vec<Column<'a>>),
}

impl<'a> Form<'a> {
    async fn of(shared: &'a Shared<'a>, client: &Object, texts: &Texts) -> Result<Self, Error> {
        if shared.rows.len() == 1 {
            return Ok(Self::Single(shared));
        }
        let columns = || (0..shared.statement.params.len()).map(|index| Column { rows: &shared.rows, index });
        let text = texts.over_rows(client, &shared.statement.sql).await?;
        Ok(text.map_or(Self::Single(shared), |text| Self::Spread(text, columns().collect())))
    }

    fn push_calls(&'a self, calls: &mut Vec<Call<'a>>) {
        match self {
            Self::Single(Shared { statement, rows }) => {
                calls.extend(rows.iter().map(|row| Call::new(&statement.sql, row)));
            }
            Self::Spread(sql, columns) => {
                let params = columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
                calls.push(Call { sql, params });
            }
        }
    }
}

/// Carries out `plans` in one transaction; their streams must differ. What each came to, in the same order.
pub(crate) async fn execute(
    client: &Object,
    texts: &Texts,
    plans: &[CommitPlan],
) -> Result<Vec<Committed>, PipelineError> {
    let mut events = EventColumns::default();
    plans.iter().flat_map(CommitPlan::appends).flat_map(|append| &append.rows).for_each(|row| events.push(row));
    let shared = share(plans.iter());
    let mut forms = Vec::with_capacity(shared.len());
    for one in &shared {
        let failed = |error: Error| PipelineError::Failed { index: None, error: error.into() };
        forms.push(Form::of(one, client, texts).await.map_err(failed)?);
    }
    let renewals: Vec<_> = plans.iter().filter_map(CommitPlan::renewal).collect();
    let renewal = (!renewals.is_empty()).then(|| lease::renewals(&renewals));
    let mut calls = vec![Call { sql: INSERT, params: events.params() }];
    forms.iter().for_each(|form| form.push_calls(&mut calls));
    calls.extend(renewal.as_ref().map(Call::from));
    let results = pipeline::run(client, calls).await?;
    let held = renewal.and(results.last()).map(Vec::as_slice).unwrap_or_default();
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

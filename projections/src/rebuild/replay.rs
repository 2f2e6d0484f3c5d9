//! Projections on their way through the log.
//!
//! Guarantee: every model has seen the same events, and those that stand earlier have seen a page before those that
//! stand later, whose statements may read from them.

use super::{APPENDS_WAIT, ModelError, Rebuilt, record};
use crate::model::{ReadModel, Rebuild};
use dbx_sql::{
    Batch, InlineProjection, Loops, ProjectionError, RecordedEvent, SqlError, Upcasters, Xid, statements_of,
};
use deadpool_postgres::Transaction;
use std::{collections::HashMap, sync::Arc};

/// Projections and how far they are.
pub(super) struct Replay<'a> {
    parts: Vec<(&'static ReadModel, Arc<dyn InlineProjection>)>,
    upcasters: &'a Upcasters,
    loops: Loops,
    /// The last event that was applied.
    place: (Xid, i64),
    events: u64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(models: Vec<&'static ReadModel>, upcasters: &'a Upcasters) -> Self {
        let parts = models.into_iter().map(|model| (model, (model.projection)())).collect();
        Self { parts, upcasters, loops: Loops::default(), place: (Xid(0), 0), events: 0 }
    }

    pub(super) fn models(&self) -> impl Iterator<Item = &'static ReadModel> {
        self.parts.iter().map(|(model, _)| *model)
    }

    /// Forgets the models of a kind.
    pub(super) fn leave_out(&mut self, kind: Rebuild) {
        self.parts.retain(|(model, _)| model.rebuild != kind);
    }

    /// Makes appends wait until the transaction ends, and applies all that is left of the log.
    pub(super) async fn rest(&mut self, transaction: &Transaction<'_>) -> Result<(), ModelError> {
        const SQL: &str = concat!(
            "SELECT ",
            dbx_sql::recorded_columns!(),
            " FROM events e
                 WHERE (e.xid, e.position) > ($1, $2) ORDER BY e.xid, e.position LIMIT 1000"
        );
        transaction.batch_execute(APPENDS_WAIT).await?;
        let statement = transaction.prepare(SQL).await?;
        loop {
            let (xid, position) = self.place;
            let rows = transaction.query(&statement, &[&xid, &position]).await?;
            let events = rows.iter().map(RecordedEvent::from_row).collect::<Result<Vec<_>, _>>()?;
            if events.is_empty() {
                return Ok(());
            }
            self.apply(transaction, events).await?;
        }
    }

    /// Applies a page.
    pub(super) async fn apply(
        &mut self,
        transaction: &Transaction<'_>,
        events: Vec<RecordedEvent>,
    ) -> Result<(), ModelError> {
        let events: Vec<RecordedEvent> =
            events.into_iter().map(|event| self.upcasters.current(event)).collect();
        for (model, projection) in &self.parts {
            let refused = |source| ModelError::Apply { name: model.name, source };
            let lanes = lanes(projection.as_ref(), &events).map_err(|error| refused(error.into()))?;
            self.loops.run(transaction, lanes).await.map_err(|error| refused(error.into()))?;
        }
        if let Some(last) = events.last() {
            self.place = (last.xid, last.position);
        }
        self.events += events.len() as u64;
        Ok(())
    }

    /// Notes in the database what the models are now.
    pub(super) async fn record(&self, transaction: &Transaction<'_>) -> Result<Vec<Rebuilt>, SqlError> {
        let mut built = Vec::new();
        for model in self.models() {
            record(transaction, model.name, model.version).await?;
            tracing::info!(projection = model.name, version = model.version, events = self.events, "built");
            built.push(Rebuilt { name: model.name, events: self.events });
        }
        Ok(built)
    }
}

/// A page's statements. Where streams are independent of each other, each has a lane of its own.
fn lanes(projection: &dyn InlineProjection, events: &[RecordedEvent]) -> Result<Vec<Batch>, ProjectionError> {
    if !projection.keeps_streams_apart() {
        let mut lane = Batch::default();
        for event in events {
            statements_of(projection, &[event], &mut lane)?;
        }
        return Ok(vec![lane]);
    }
    stretches(events).iter().map(|stretch| lane(projection, stretch)).collect()
}

fn lane(projection: &dyn InlineProjection, stretch: &[&RecordedEvent]) -> Result<Batch, ProjectionError> {
    let mut lane = Batch::default();
    statements_of(projection, stretch, &mut lane)?;
    Ok(lane)
}

/// The events of each stream.
fn stretches(events: &[RecordedEvent]) -> Vec<Vec<&RecordedEvent>> {
    let (mut stretches, mut known) = (Vec::<Vec<_>>::new(), HashMap::new());
    for event in events {
        let stream = (&*event.aggregate_type, &*event.aggregate_id);
        let stretch = *known.entry(stream).or_insert_with(|| {
            stretches.push(Vec::new());
            stretches.len() - 1
        });
        stretches[stretch].push(event);
    }
    stretches
}

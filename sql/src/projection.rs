//! Inline projections: read models that change in the same transaction as the events they show.
//!
//! A projection gets an event and returns statements. It reads nothing, so the statements can travel with the append
//! in one round trip, and a rebuild can run the same code over history.
//!
//! Time: SQL must use `coalesce($n, dbx_now())` with [`NewlyRecorded::recorded_at_param`], never `now()`. Live, the
//! parameter is NULL and `dbx_now()` is the transaction's time, which is what the event gets as `recorded_at`; in a
//! rebuild it is the stored `recorded_at`. So both give the same rows.

use crate::{
    batch::{Batch, Param},
    error::SqlError,
    event::RecordedEvent,
};
use dbx_domain::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An event on its way into a read model.
#[derive(Clone, Copy, Debug)]
pub struct NewlyRecorded<'a> {
    /// Kind of stream.
    pub aggregate_type: &'a str,
    /// Which stream.
    pub aggregate_id: &'a str,
    /// Place in the stream, from 1.
    pub sequence: u64,
    /// Name of the event.
    pub event_type: &'a str,
    /// Version of its shape; current, since rebuilds upcast first.
    pub event_version: &'a str,
    /// The event as JSON.
    pub payload: &'a Value,
    /// Who and why.
    pub metadata: &'a Value,
    /// `None` while the transaction that records it runs; the stored time in a rebuild.
    pub recorded_at: Option<Timestamp>,
}

impl NewlyRecorded<'_> {
    /// Binds the time of the event, for `coalesce($n, dbx_now())`.
    pub fn recorded_at_param(&self) -> Param {
        Box::new(self.recorded_at.map(Timestamp::inner))
    }

    /// The event in its domain type.
    ///
    /// # Errors
    /// [`ProjectionError`] when the payload is of another shape.
    pub fn parse<E: DeserializeOwned>(&self) -> Result<E, ProjectionError> {
        E::deserialize(self.payload).map_err(|error| self.refuse(error.to_string()))
    }

    /// An error that names this event.
    pub fn refuse(&self, why: impl Into<String>) -> ProjectionError {
        let event = format!("{} {} #{}", self.event_type, self.aggregate_id, self.sequence);
        ProjectionError { event, why: why.into() }
    }
}

/// A projection cannot show an event. The commit is refused: a read model must never skip silently.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot project {event}: {why}")]
pub struct ProjectionError {
    /// Which event.
    pub event: String,
    /// Why.
    pub why: String,
}

/// A read model kept up to date in the append transaction.
pub trait InlineProjection: Send + Sync {
    /// Its name in errors and in `dbxd projections rebuild NAME`.
    fn name(&self) -> &'static str;

    /// Turns an event into statements; events it does not show add none.
    ///
    /// # Errors
    /// [`ProjectionError`] when a payload that it must show cannot be read.
    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError>;

    /// Turns the events of one append into statements that come to the same as [`Self::apply`] one by one, with fewer
    /// statements where the projection knows how.
    ///
    /// # Errors
    /// As [`Self::apply`].
    fn apply_all(&self, events: &[NewlyRecorded<'_>], out: &mut Batch) -> Result<(), ProjectionError> {
        events.iter().try_for_each(|event| self.apply(event, out))
    }

    /// Whether what it shows of one stream needs nothing of what it shows of others. A rebuild then takes the streams of a
    /// page one after the other.
    fn keeps_streams_apart(&self) -> bool {
        true
    }

    /// Turns a stretch of one stream, which any number of appends wrote, into statements that leave the same rows as
    /// [`Self::apply`] one by one: for rebuilds. Unlike in [`Self::apply_all`], a stretch ends anywhere.
    ///
    /// # Errors
    /// As [`Self::apply`].
    fn apply_stretch(&self, events: &[NewlyRecorded<'_>], out: &mut Batch) -> Result<(), ProjectionError> {
        events.iter().try_for_each(|event| self.apply(event, out))
    }
}

/// A stored event could not be applied in a rebuild.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The projection refused it.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// Its statements failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// Adds the statements of a stretch of a stream, whose events must be of their current shape.
///
/// # Errors
/// [`ProjectionError`] when a payload that the projection must show cannot be read.
pub fn statements_of(
    projection: &dyn InlineProjection,
    stretch: &[&RecordedEvent],
    out: &mut Batch,
) -> Result<(), ProjectionError> {
    let newly = stretch.iter().map(|event| NewlyRecorded {
        aggregate_type: &event.aggregate_type,
        aggregate_id: &event.aggregate_id,
        sequence: event.sequence,
        event_type: &event.event_type,
        event_version: &event.event_version,
        payload: &event.payload,
        metadata: &event.metadata,
        recorded_at: Some(event.recorded_at),
    });
    projection.apply_stretch(&newly.collect::<Vec<_>>(), out)
}

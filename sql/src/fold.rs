//! Folding stored events into an aggregate, with a check that none is missing.

use crate::{
    chain::ChainBroken,
    event::{EventHash, StreamHead},
    store::{Loaded, StoreError},
    upcast::Upcasters,
};
use cqrs_es::{Aggregate, persist::SerializedEvent};
use serde_json::Value;

/// An aggregate while its events are applied.
pub(crate) struct Fold<'a, A> {
    id: &'a str,
    upcasters: &'a Upcasters,
    aggregate: A,
    head: StreamHead,
}

impl<'a, A: Aggregate> Fold<'a, A> {
    pub(crate) fn new(id: &'a str, upcasters: &'a Upcasters) -> Self {
        Self { id, upcasters, aggregate: A::default(), head: StreamHead::NEW }
    }

    /// Applies the next event of the stream.
    pub(crate) fn add(
        &mut self,
        sequence: u64,
        event_type: &str,
        event_version: &str,
        payload: &str,
        hash: Option<EventHash>,
    ) -> Result<(), StoreError> {
        if sequence != self.head.sequence + 1 {
            let broken = ChainBroken { sequence: self.head.sequence + 1, why: "the event is missing" };
            return Err(StoreError::Broken {
                aggregate_type: A::TYPE.to_owned(),
                aggregate_id: self.id.to_owned(),
                broken,
            });
        }
        let event =
            self.parse(event_type, event_version, payload).map_err(|error| StoreError::Unreadable {
                aggregate_type: A::TYPE.to_owned(),
                aggregate_id: self.id.to_owned(),
                sequence,
                why: error.to_string(),
            })?;
        self.aggregate.apply(event);
        self.head = StreamHead { sequence, hash };
        Ok(())
    }

    fn parse(
        &self,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<A::Event, serde_json::Error> {
        if !self.upcasters.concern(event_type, event_version) {
            // The common case: text straight into the event, no tree in between.
            return serde_json::from_str(payload);
        }
        let old = SerializedEvent::new(
            self.id.to_owned(),
            usize::try_from(self.head.sequence + 1).unwrap_or(usize::MAX),
            A::TYPE.to_owned(),
            event_type.to_owned(),
            event_version.to_owned(),
            serde_json::from_str(payload)?,
            Value::Null,
        );
        serde_json::from_value(self.upcasters.upcast(old).payload)
    }

    pub(crate) fn finish(self) -> Loaded<A> {
        Loaded { aggregate: self.aggregate, head: self.head }
    }
}

//! Upcasting on read: old event shapes become current ones before anything parses them.
//!
//! The list comes from the domain (`dbx_domain::upcast`), given at start instead of through a trait, because a test or
//! a tool may need another list and this crate's tests bring their own aggregates.

use crate::event::RecordedEvent;
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use std::sync::Arc;

/// Upcasters in the order they run; clones share them.
#[derive(Clone, Default)]
pub struct Upcasters(Arc<Vec<Box<dyn EventUpcaster>>>);

impl Upcasters {
    /// Takes the list that `dbx_domain::upcast::upcasters()` gives.
    pub fn new(list: Vec<Box<dyn EventUpcaster>>) -> Self {
        Self(Arc::new(list))
    }

    /// Whether any upcaster touches this event.
    pub(crate) fn concern(&self, event_type: &str, event_version: &str) -> bool {
        self.0.iter().any(|upcaster| upcaster.can_upcast(event_type, event_version))
    }

    /// A stored event in its current shape.
    pub fn current(&self, event: RecordedEvent) -> RecordedEvent {
        if !self.concern(&event.event_type, &event.event_version) {
            return event;
        }
        let upcast = self.upcast(event.clone().into_serialized());
        RecordedEvent {
            event_type: upcast.event_type,
            event_version: upcast.event_version,
            payload: upcast.payload,
            metadata: upcast.metadata,
            ..event
        }
    }

    /// Runs every upcaster that applies.
    pub fn upcast(&self, event: SerializedEvent) -> SerializedEvent {
        self.0.iter().fold(event, |event, upcaster| {
            if upcaster.can_upcast(&event.event_type, &event.event_version) {
                upcaster.upcast(event)
            } else {
                event
            }
        })
    }
}

impl std::fmt::Debug for Upcasters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upcasters({})", self.0.len())
    }
}

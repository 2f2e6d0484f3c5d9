//! Tamper evidence: each event's hash covers its content and its predecessor's hash.
//!
//! `hash = SHA-256(predecessor's hash, or 32 zero bytes ‖ canonical JSON of
//! [type, id, sequence, event_type, event_version, payload, metadata])`.
//!
//! Rows that another program appended (stock postgres-es) store no hash. They are not left out: wherever the chain
//! needs their hash it is computed from their content, so the next event of ours seals them. Until then a verified
//! stream reports them as unsealed. Time and position are set by the database after hashing and are not covered;
//! the signed checkpoints over all heads bound them from outside.

use crate::{
    canonical::{write_text, write_value},
    event::{EventHash, NewEvent, RecordedEvent},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What a hash covers.
pub(crate) struct Link<'a> {
    pub(crate) aggregate_type: &'a str,
    pub(crate) aggregate_id: &'a str,
    pub(crate) sequence: u64,
    pub(crate) event_type: &'a str,
    pub(crate) event_version: &'a str,
    pub(crate) payload: &'a Value,
    pub(crate) metadata: &'a Value,
}

impl<'a> Link<'a> {
    pub(crate) fn of_new(
        (aggregate_type, aggregate_id): (&'a str, &'a str),
        sequence: u64,
        event: &'a NewEvent,
        metadata: &'a Value,
    ) -> Self {
        let NewEvent { event_type, event_version, payload } = event;
        Self { aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata }
    }

    pub(crate) fn of_recorded(event: &'a RecordedEvent) -> Self {
        Self {
            aggregate_type: &event.aggregate_type,
            aggregate_id: &event.aggregate_id,
            sequence: event.sequence,
            event_type: &event.event_type,
            event_version: &event.event_version,
            payload: &event.payload,
            metadata: &event.metadata,
        }
    }

    /// The hash of this event after `previous`.
    pub(crate) fn hash(&self, previous: Option<EventHash>) -> EventHash {
        hash_content(previous, &self.content())
    }

    /// What is hashed, beside the predecessor's hash: the canonical JSON.
    pub(crate) fn content(&self) -> String {
        let mut text = String::with_capacity(512);
        text.push('[');
        for part in [self.aggregate_type, self.aggregate_id] {
            write_text(part, &mut text);
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{},", self.sequence);
        for part in [self.event_type, self.event_version] {
            write_text(part, &mut text);
            text.push(',');
        }
        write_value(self.payload, &mut text);
        text.push(',');
        write_value(self.metadata, &mut text);
        text.push(']');
        text
    }
}

/// The hash of an event with this content after `previous`.
fn hash_content(previous: Option<EventHash>, content: &str) -> EventHash {
    Sha256::new().chain_update(previous.unwrap_or_default()).chain_update(content).finalize().into()
}

/// A stream whose chain holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Events in the stream.
    pub events: u64,
    /// Events at the end, written by another program, that no hash of ours covers yet.
    pub unsealed: u64,
    /// Chain hash of the last event.
    pub head: Option<EventHash>,
}

/// The first place where a stream is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history is broken at sequence {sequence}: {why}; compare it with a backup")]
pub struct ChainBroken {
    /// Sequence of the event that was edited, or that should be here.
    pub sequence: u64,
    /// What does not fit.
    pub why: &'static str,
}

/// Checks events in stream order, a page at a time.
#[derive(Debug, Default)]
pub(crate) struct Verifier {
    events: u64,
    unsealed: u64,
    head: Option<EventHash>,
}

impl Verifier {
    /// Adds the next event of the stream.
    pub(crate) fn check(&mut self, event: &RecordedEvent) -> Result<(), ChainBroken> {
        let sequence = self.events + 1;
        if event.sequence != sequence {
            return Err(ChainBroken { sequence, why: "the event is missing" });
        }
        let expected = Link::of_recorded(event).hash(self.head);
        match event.hash {
            None => self.unsealed += 1,
            Some(stored) if stored == expected => self.unsealed = 0,
            Some(_) if self.unsealed > 0 => {
                let why = "its hash does not fit the content of it or of the unhashed events right before it";
                return Err(ChainBroken { sequence, why });
            }
            Some(_) => return Err(ChainBroken { sequence, why: "its hash does not fit its content" }),
        }
        self.head = Some(expected);
        self.events = sequence;
        Ok(())
    }

    pub(crate) fn finish(self) -> Verified {
        Verified { events: self.events, unsealed: self.unsealed, head: self.head }
    }
}

//! One stream, event by event: does each follow from the one before, and does it lead to the heads that were signed?

use super::{Report, finding::Finding};
use crate::{
    chain::Link,
    checkpoint::{
        merkle::Hash,
        statement::{CoveredHead, times_after},
    },
    event::RecordedEvent,
};
use dbx_domain::time::Timestamp;
use std::time::Duration;

/// A clock may be set back so far without an event counting as dated back.
const CLOCK_SLACK: Duration = Duration::from_secs(300);
/// How far behind its place an event is looked for when the ones before it may be missing.
const SHIFT_MAX: u64 = 64;

/// A stream while it is read.
#[derive(Debug)]
pub(super) struct StreamCheck {
    kind: String,
    id: String,
    /// Events read so far, with holes counted.
    pub(super) last: u64,
    /// Hash of the last event; none before the first.
    head: Option<Hash>,
    /// Whether `head` is what the next event was chained to; false behind a hole.
    linked: bool,
    times: Hash,
    /// When the last event was recorded.
    recorded_at: Option<Timestamp>,
    /// The last event that a sound head proves.
    proved: u64,
    /// Whether anything was found since.
    troubled: bool,
    /// Events at the end without a hash.
    pub(super) unsealed: u64,
}

impl StreamCheck {
    pub(super) fn new(event: &RecordedEvent) -> Self {
        Self {
            kind: event.aggregate_type.clone(),
            id: event.aggregate_id.clone(),
            last: 0,
            head: None,
            linked: true,
            times: Hash::default(),
            recorded_at: None,
            proved: 0,
            troubled: false,
            unsealed: 0,
        }
    }

    pub(super) fn is_of(&self, event: &RecordedEvent) -> bool {
        self.kind == event.aggregate_type && self.id == event.aggregate_id
    }

    /// Whether anything was found since the last sound head.
    pub(super) const fn is_troubled(&self) -> bool {
        self.troubled
    }

    /// Events since the last sound head.
    pub(super) fn uncovered(&self) -> u64 {
        self.last - self.proved
    }

    /// Reads the next event; `around` are events of the same stream near it.
    pub(super) fn event(&mut self, event: &RecordedEvent, around: &[RecordedEvent], report: &mut Report) {
        if event.sequence > self.last + 1 {
            let (from, to) = (self.last + 1, event.sequence - 1);
            self.found(report, |kind, id| Finding::Dropped { kind, id, from, to });
            (self.linked, self.troubled) = (false, true);
        }
        self.last = event.sequence;
        self.times = times_after(self.times, event.recorded_at);
        let before = self.recorded_at.replace(event.recorded_at);
        if before.is_some_and(|before| event.recorded_at + CLOCK_SLACK < before) {
            let sequence = event.sequence;
            self.found(report, |kind, id| Finding::Backdated { kind, id, sequence });
        }
        self.chain(event, around, report);
    }

    fn chain(&mut self, event: &RecordedEvent, around: &[RecordedEvent], report: &mut Report) {
        let expected = Link::of_recorded(event).hash(self.head);
        let Some(stored) = event.hash else {
            // Of another program: what it would have stored.
            let sequence = event.sequence;
            self.found(report, |kind, id| Finding::Foreign { kind, id, sequence });
            (self.head, self.unsealed) = (Some(expected), self.unsealed + 1);
            return;
        };
        self.unsealed = 0;
        if stored == expected || !self.linked {
            (self.head, self.linked) = (Some(stored), true);
            return;
        }
        let sequence = event.sequence;
        let certain = self.proved + 1 == sequence;
        if let Some((written_as, hash)) = self.belongs_elsewhere(event, stored, around) {
            self.found(report, |kind, id| Finding::Reordered { kind, id, sequence, written_as });
            self.head = Some(hash);
        } else {
            self.found(report, |kind, id| Finding::Edited { kind, id, sequence, certain });
            self.head = Some(stored);
        }
        self.troubled = true;
    }

    /// Where an event that does not fit here was written, if that can be told, and the hash that goes on from here.
    fn belongs_elsewhere(
        &self,
        event: &RecordedEvent,
        stored: Hash,
        around: &[RecordedEvent],
    ) -> Option<(u64, Hash)> {
        // Another event, put into this place, follows from the one before: then this one was written in its place.
        let elsewhere =
            |other: &&RecordedEvent| other.sequence != event.sequence && !is_in_place(other, around);
        let here = around.iter().filter(elsewhere).find_map(|other| {
            let hash = Link { sequence: event.sequence, ..Link::of_recorded(other) }.hash(self.head);
            (other.hash == Some(hash) || stored == hash).then_some((other.sequence, hash))
        });
        // Or this one follows under a later number: those before it were dropped and the gap was closed.
        here.or_else(|| {
            (event.sequence + 1..event.sequence + SHIFT_MAX).find_map(|written_as| {
                let hash = Link { sequence: written_as, ..Link::of_recorded(event) }.hash(self.head);
                (hash == stored).then_some((written_as, hash))
            })
        })
    }

    /// Compares with the head that `checkpoint` proves at the event that was read last.
    pub(super) fn covered(&mut self, proved: &CoveredHead, checkpoint: u64, report: &mut Report) {
        let (from, to) = (self.proved + 1, self.last);
        if self.head != Some(proved.hash) && !self.troubled {
            self.found(report, |kind, id| Finding::Rewritten { kind, id, from, to, checkpoint });
        } else if self.times != proved.times && !self.troubled {
            self.found(report, |kind, id| Finding::TimeChanged { kind, id, from, to, checkpoint });
        }
        // From here on everything is compared with what was proved.
        (self.times, self.proved, self.troubled) = (proved.times, self.last, false);
    }

    /// What a checkpoint proves beyond the end.
    pub(super) fn found(&self, report: &mut Report, finding: impl FnOnce(String, String) -> Finding) {
        report.found(finding(self.kind.clone(), self.id.clone()));
    }
}

/// Whether an event follows from the hash that is stored before it. Events with the same content are many: only one
/// that is out of place itself can have changed places with another.
fn is_in_place(event: &RecordedEvent, around: &[RecordedEvent]) -> bool {
    let before = around.iter().find(|other| other.sequence + 1 == event.sequence);
    let previous = before.and_then(|before| before.hash);
    event.hash == Some(Link::of_recorded(event).hash(previous))
}

//! The order of all events: readers of the feed follow (transaction, position), which no hash of an event covers, since
//! both are known only when it is written.
//!
//! What proves the order: within a stream, places grow with the sequence. Across streams, a checkpoint covers a
//! beginning of the feed, so whatever an earlier checkpoint was the first to cover stands before whatever a later one
//! was. Guarantee: an event that was hidden behind the feed's horizon, or moved across another event of its stream or
//! across a checkpoint, is found. Events of different streams between the same two checkpoints can change places.

use super::{Report, finding::Finding};
use crate::{event::RecordedEvent, xid::Xid};
use std::collections::BTreeMap;

/// The transaction that a restore gives to all events (see [`crate::restore`]); Postgres hands it out to no other.
const OLDEST: Xid = Xid(3);
/// Positions within which events of transactions that ran at the same time are mixed at most.
const MIXED: i64 = 10_000;

/// A place in the feed.
type Place = (Xid, i64);
/// An event, as it is named in a finding.
type Name = (String, String, u64);

/// The events of which a checkpoint is the first to cover, as far as they matter: the first and the last in the feed.
#[derive(Debug)]
struct Span {
    first: (Place, Name),
    last: (Place, Name),
}

/// What is seen of the order while streams are read.
#[derive(Debug)]
pub(super) struct Order {
    /// Transactions from here on have not begun.
    horizon: Xid,
    /// The event before, of the same stream or another.
    last: Option<(Name, Place)>,
    /// By checkpoint.
    spans: BTreeMap<u64, Span>,
    /// Events of the stream being read that no head has covered yet.
    open: Option<Span>,
}

impl Order {
    pub(super) const fn new(horizon: Xid) -> Self {
        Self { horizon, last: None, spans: BTreeMap::new(), open: None }
    }

    /// Hears of the next event of a stream. In a troubled one, in which other findings explain a wrong place, it is not
    /// asked for.
    pub(super) fn event(&mut self, event: &RecordedEvent, troubled: bool, report: &mut Report) {
        let name = (event.aggregate_type.clone(), event.aggregate_id.clone(), event.sequence);
        let place = (event.xid, event.position);
        let before = self.last.take().filter(|((kind, id, _), _)| (kind, id) == (&name.0, &name.1));
        if before.is_none() {
            // Another stream: what was open belongs to no checkpoint.
            self.open = None;
        }
        let why = if troubled {
            self.last = Some((name, place));
            return;
        } else if event.xid >= self.horizon {
            Some("it stands where readers do not look yet")
        } else if before.is_some_and(|(_, before)| place <= before) {
            Some("it does not stand behind the event that it follows")
        } else {
            None
        };
        match why {
            Some(why) => {
                let (kind, id, sequence) = name.clone();
                report.found(Finding::Moved { kind, id, sequence, why });
            }
            // What is known to be in the wrong place says nothing of others.
            None => include(&mut self.open, place, &name),
        }
        self.last = Some((name, place));
    }

    /// Nobody knows which checkpoint was the first to cover what came since the last head.
    pub(super) fn uncertain(&mut self) {
        self.open = None;
    }

    /// A checkpoint is the first to cover everything since the last head.
    pub(super) fn covered(&mut self, checkpoint: u64) {
        let Some(open) = self.open.take() else { return };
        let mut span = self.spans.remove(&checkpoint);
        for (place, name) in [open.first, open.last] {
            include(&mut span, place, &name);
        }
        self.spans.extend(span.map(|span| (checkpoint, span)));
    }

    /// Compares checkpoints with each other.
    pub(super) fn finish(self, report: &mut Report) {
        let mut last: Option<(u64, (Place, Name))> = None;
        for (number, span) in self.spans {
            if let Some((checkpoint, (_, one))) =
                last.as_ref().filter(|(_, (place, _))| is_behind(*place, span.first.0))
            {
                let (one, other) = (named(one), named(&span.first.1));
                report.found(Finding::OrderChanged { one, other, checkpoint: *checkpoint });
            }
            if last.as_ref().is_none_or(|(_, (place, _))| *place < span.last.0) {
                last = Some((number, span.last));
            }
        }
    }
}

/// Whether the first place is wrongly not before the second. A restore gives all events the oldest transaction; then
/// positions order them, among which those of transactions that ran at the same time were mixed.
fn is_behind((xid, position): Place, (other_xid, other): Place) -> bool {
    match xid == OLDEST && other_xid == OLDEST {
        true => position > other.saturating_add(MIXED),
        false => (xid, position) >= (other_xid, other),
    }
}

fn include(span: &mut Option<Span>, place: Place, name: &Name) {
    let event = || (place, name.clone());
    match span {
        None => *span = Some(Span { first: event(), last: event() }),
        Some(span) if place < span.first.0 => span.first = event(),
        Some(span) if place > span.last.0 => span.last = event(),
        Some(_) => {}
    }
}

fn named((kind, id, sequence): &Name) -> String {
    format!("{kind} {id} #{sequence}")
}

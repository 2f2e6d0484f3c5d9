//! From counters to rates: what is remembered of one server between two looks.
//!
//! Guarantees: pure; a counter that began anew gives no rate rather than a wrong one; what was measured less often is
//! repeated until it is measured again.

use super::gauges::ServerCounters;
use std::time::Duration;
use tokio::time::Instant;

/// How old the measure of the disk may become.
const DISK_AGE: Duration = Duration::from_secs(60);

/// What is known of one server.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    last: Option<(Instant, ServerCounters)>,
    disk: Option<(Instant, u64)>,
}

/// What one look gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Transactions per second since the look before; none at the first look and across a restart.
    pub per_second: Option<f64>,
    /// Clients connected.
    pub connections: u32,
}

impl Meter {
    /// When the server was last looked at.
    pub fn looked_at(&self) -> Option<Instant> {
        self.last.as_ref().map(|(at, _)| *at)
    }

    /// Whether the disk should be measured at a look at `now`.
    pub fn wants_disk(&self, now: Instant) -> bool {
        self.disk.is_none_or(|(at, _)| now.duration_since(at) >= DISK_AGE)
    }

    /// Bytes on disk when they were last measured.
    pub fn disk_bytes(&self) -> Option<u64> {
        self.disk.map(|(_, bytes)| bytes)
    }

    /// Notes a look at `now`.
    pub fn look(&mut self, now: Instant, counters: ServerCounters) -> Reading {
        if let Some(bytes) = counters.disk_bytes {
            self.disk = Some((now, bytes));
        }
        let reading = Reading {
            per_second: self.last.as_ref().and_then(|(at, last)| rate(last, &counters, now - *at)),
            connections: counters.connections,
        };
        self.last = Some((now, counters));
        reading
    }
}

fn rate(before: &ServerCounters, after: &ServerCounters, elapsed: Duration) -> Option<f64> {
    if before.era != after.era || elapsed.is_zero() {
        return None;
    }
    // A database that was dropped took its count along.
    let ended = after.transactions.checked_sub(before.transactions)?;
    Some(ended as f64 / elapsed.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(era: &str, transactions: u64, disk_bytes: Option<u64>) -> ServerCounters {
        ServerCounters { era: era.to_owned(), transactions, connections: 2, disk_bytes }
    }

    #[test]
    fn a_rate_needs_two_looks_at_the_same_counter() {
        let (mut meter, start) = (Meter::default(), Instant::now());
        let mut look = |second, era, transactions| {
            meter.look(start + Duration::from_secs(second), counters(era, transactions, None)).per_second
        };
        assert_eq!(look(0, "a", 1_000), None, "the first look");
        assert_eq!(look(10, "a", 1_050), Some(5.0));
        assert_eq!(look(20, "a", 1_050), Some(0.0), "idle");
        assert_eq!(look(30, "b", 2_000), None, "the server was restarted, or its statistics reset");
        assert_eq!(look(40, "b", 1_990), None, "a database was dropped");
        assert_eq!(look(50, "b", 2_000), Some(1.0));
        assert_eq!(look(50, "b", 2_010), None, "twice at the same moment");
    }

    #[test]
    fn the_disk_is_measured_once_a_minute_and_remembered() {
        let (mut meter, start) = (Meter::default(), Instant::now());
        assert!(meter.wants_disk(start) && meter.disk_bytes().is_none());
        meter.look(start, counters("a", 0, Some(7)));
        let later = |seconds| start + Duration::from_secs(seconds);
        assert!(!meter.wants_disk(later(59)) && meter.wants_disk(later(60)));
        meter.look(later(15), counters("a", 0, None));
        assert_eq!(meter.disk_bytes(), Some(7));
    }
}

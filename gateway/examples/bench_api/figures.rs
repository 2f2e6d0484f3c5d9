//! What a round gave.

use std::{fmt, time::Duration};

/// Rate and latencies.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    /// Answers per second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Figures {
    /// Of the times that answers took, over all of `time`.
    pub(crate) fn of(mut took: Vec<Duration>, time: Duration) -> Self {
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        Self { rate: took.len() as f64 / time.as_secs_f64(), p50: at(0.5), p99: at(0.99), max: at(1.0) }
    }

    /// The round in the middle by rate.
    pub(crate) fn median(mut rounds: Vec<Self>) -> Self {
        rounds.sort_unstable_by(|one, other| one.rate.total_cmp(&other.rate));
        rounds[rounds.len() / 2]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
        let (p50, p99, max) = (millis(self.p50), millis(self.p99), millis(self.max));
        write!(f, "{:>8.1}/s  p50 {p50:.2} ms, p99 {p99:.2} ms, max {max:.2} ms", self.rate)
    }
}

pub(crate) fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

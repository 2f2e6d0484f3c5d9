//! The calls to the cluster that an attempt at a step made, for whoever replays it.
//!
//! Guarantees: bounded, in number and in bytes, so that an event stays small whatever an attempt did; no parameters and
//! no bodies of calls, so no secret.

use super::vocabulary::words;
use serde::{Deserialize, Serialize};

/// Most calls that are kept of an attempt. Beyond it those in the middle are left out: how it began and how it ended
/// tells most.
pub const CALLS_MAX: usize = 40;
/// So many of the last calls are kept in any case.
const LAST_KEPT: usize = 12;
/// Bytes of a path; a task's status has the longest.
const PATH_MAX: usize = 240;

words! {
    /// What a call came to.
    CallOutcome {
        /// It was answered as hoped.
        Done = "done",
        /// It was answered with a refusal.
        Refused = "refused",
        /// It was not sent.
        Unsent = "unsent",
        /// It was sent, and its answer never came or could not be read.
        Lost = "lost",
    }
}

/// A call to the cluster; calls alike that follow each other, as when a task is watched, are one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterCall {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Below `/api2/json`, without parameters.
    pub path: String,
    /// When it began, in milliseconds since the attempt did.
    pub after_ms: u64,
    /// How long it took, in milliseconds; of calls alike from the first one's beginning to the last one's end.
    pub took_ms: u64,
    /// What it came to.
    pub outcome: CallOutcome,
    /// HTTP status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many calls alike, if more than one.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

impl ClusterCall {
    fn is_like(&self, other: &Self) -> bool {
        (&self.method, &self.path, self.outcome, self.status)
            == (&other.method, &other.path, other.outcome, other.status)
    }
}

const fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_once(times: &u32) -> bool {
    *times == 1
}

/// The calls of an attempt, in the order in which they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterCalls {
    /// Those that are kept.
    pub made: Vec<ClusterCall>,
    /// How many are left out.
    #[serde(default, skip_serializing_if = "is_none_left_out")]
    pub left_out: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none_left_out(count: &u32) -> bool {
    *count == 0
}

impl ClusterCalls {
    /// Whether there was none.
    pub const fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Takes a call in.
    pub fn add(&mut self, mut call: ClusterCall) {
        if let Some(last) = self.made.last_mut().filter(|last| last.is_like(&call)) {
            last.took_ms = call.after_ms.saturating_add(call.took_ms).saturating_sub(last.after_ms);
            last.times = last.times.saturating_add(call.times);
            return;
        }
        call.path.truncate(call.path.floor_char_boundary(PATH_MAX));
        if self.made.len() == CALLS_MAX {
            let middle = self.made.remove(CALLS_MAX - LAST_KEPT);
            self.left_out = self.left_out.saturating_add(middle.times);
        }
        self.made.push(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str, after_ms: u64) -> ClusterCall {
        ClusterCall {
            method: "GET".to_owned(),
            path: path.to_owned(),
            after_ms,
            took_ms: 5,
            outcome: CallOutcome::Done,
            status: Some(200),
            times: 1,
        }
    }

    #[test]
    fn calls_alike_are_one_and_the_middle_of_many_is_left_out() {
        let mut calls = ClusterCalls::default();
        calls.add(call("/status", 0));
        calls.add(call("/status", 100));
        assert_eq!((calls.made.len(), calls.made[0].times, calls.made[0].took_ms), (1, 2, 105));
        for number in 0..100 {
            calls.add(call(&format!("/{number}"), 200));
        }
        assert_eq!((calls.made.len(), calls.left_out), (CALLS_MAX, 61));
        let paths: Vec<&str> = calls.made.iter().map(|call| call.path.as_str()).collect();
        assert_eq!((paths[0], paths[1], paths[CALLS_MAX - 1]), ("/status", "/0", "/99"));
        calls.add(call(&"ü".repeat(300), 300));
        assert_eq!(calls.made[CALLS_MAX - 1].path.len(), PATH_MAX);
    }
}

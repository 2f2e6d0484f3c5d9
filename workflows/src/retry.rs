//! When a failed attempt is tried again.

use crate::spread::draw;
use dbx_domain::{
    ids::WorkflowId,
    instance::{Failure, FailureClass, StepName},
    time::Timestamp,
};
use dbx_sql::lease::PUT_OFF_MAX;
use std::time::Duration;

/// The first pause.
const BASE: Duration = Duration::from_millis(250);
/// The longest pause. What is put off further was so by a clock that has been set back since, and is due.
pub const CAP: Duration = PUT_OFF_MAX;

/// So many attempts are made at least before patience is over, some minutes of them. The deadline alone is not enough:
/// it may have passed because the clock was set or because no server ran, and then nobody has really tried.
const ATTEMPTS_MIN: u32 = 15;

/// Whether patience is over: the deadline has passed, and not for want of trying.
pub fn is_over(attempts: u32, now: Timestamp, deadline_at: Timestamp) -> bool {
    attempts >= ATTEMPTS_MIN && now >= deadline_at
}

/// When to try again after `failure`; none if it will not pass or patience would be over by then.
pub fn retry_at(
    workflow: WorkflowId,
    step: &StepName,
    attempt: u32,
    failure: &Failure,
    now: Timestamp,
    deadline_at: Timestamp,
) -> Option<Timestamp> {
    let pause = match failure.class {
        FailureClass::Permanent => return None,
        // Looking again is cheap and tells what really happened.
        FailureClass::Unknown => backoff(workflow, step, attempt).min(Duration::from_secs(2)),
        FailureClass::Transient => backoff(workflow, step, attempt),
    };
    Some(now + pause).filter(|at| !is_over(attempt, *at, deadline_at))
}

/// Whether an attempt that was put off until `retry_at` has to wait.
pub fn is_put_off(retry_at: Timestamp, now: Timestamp) -> bool {
    retry_at > now && (retry_at <= now + CAP || crate::planted!(SetBackClock))
}

/// Doubles from [`BASE`] to [`CAP`], then takes half to all of it. The spread is drawn from names instead of a die, so
/// that a simulated history replays. What is on record is a time, and counts as it stands: a history is decided again
/// the same, however its pauses were drawn.
fn backoff(workflow: WorkflowId, step: &StepName, attempt: u32) -> Duration {
    let full = BASE.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(CAP);
    let drawn = draw(&[workflow.uuid().as_bytes(), step.as_str().as_bytes(), &attempt.to_le_bytes()], 1_000);
    let share = f64::from(drawn as u32) / 1_000.0;
    full.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{permanent, transient, unknown};

    fn after(attempt: u32, failure: &Failure, patience: u64) -> Option<Duration> {
        let workflow = WorkflowId::from_uuid(uuid::Uuid::from_u128(1));
        let deadline = Timestamp::EPOCH + Duration::from_secs(patience);
        let step = StepName::new("clone");
        retry_at(workflow, &step, attempt, failure, Timestamp::EPOCH, deadline)
            .map(|at| at.since(Timestamp::EPOCH))
    }

    #[test]
    fn pauses_grow_to_the_cap_and_end_with_patience() {
        let failure = transient("busy", "");
        let (first, tenth) = (after(1, &failure, 600).unwrap(), after(10, &failure, 600).unwrap());
        assert!(first >= BASE / 2 && first <= BASE);
        assert!(tenth >= CAP / 2 && tenth <= CAP);
        assert!(after(40, &failure, 600).is_some());
        assert_eq!(after(ATTEMPTS_MIN, &failure, 1), None);
    }

    #[test]
    fn the_same_attempt_waits_equally_long_in_every_build() {
        let pauses: Vec<_> =
            (1..=4).map(|n| after(n, &transient("busy", ""), 600).unwrap().as_millis()).collect();
        assert_eq!(pauses, [193, 427, 767, 1872]);
    }

    #[test]
    fn what_is_put_off_further_than_anything_can_be_is_due() {
        let now = Timestamp::EPOCH + Duration::from_secs(7_200);
        assert!(!is_put_off(now, now) && is_put_off(now + Duration::from_millis(1), now));
        assert!(is_put_off(now + CAP, now));
        assert!(!is_put_off(now + CAP + Duration::from_micros(1), now), "the clock was set back");
    }

    #[test]
    fn a_deadline_that_passed_without_trying_ends_no_patience() {
        assert!(after(ATTEMPTS_MIN - 1, &transient("busy", ""), 0).is_some());
    }

    #[test]
    fn permanent_failures_are_final_and_unknown_ones_are_looked_into_soon() {
        assert_eq!(after(1, &permanent("x", ""), 600), None);
        assert!(after(20, &unknown("x", ""), 600).unwrap() <= Duration::from_secs(2));
    }
}

//! When to try a call again. Only for calls that may be repeated.

use std::time::Duration;

/// Attempts in all.
const ATTEMPTS: u32 = 5;
/// Pause before the second attempt; doubled before each further one.
const FIRST: Duration = Duration::from_millis(200);
/// Longest pause that a server may ask for before a person rather hears of the problem.
const LONGEST: Duration = Duration::from_secs(10);

/// How an attempt that did not succeed ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With this status, and the seconds that the server asks to wait.
    Answered { status: u16, retry_after: Option<u64> },
    /// Something was sent, and no answer came.
    Lost,
    /// Nothing was sent.
    NotReached,
}

impl Outcome {
    /// Whether the call may have been carried out; a success is none of these outcomes unless it cannot be read.
    pub(super) fn may_be_done(self) -> bool {
        matches!(self, Self::Lost | Self::Answered { status: 200..300 | 500.., .. })
    }

    /// The same, behind an attempt that may have been carried out: a server that is away now is coming back.
    pub(super) fn behind(self, in_doubt: bool) -> Self {
        if in_doubt && self == Self::NotReached { Self::Lost } else { self }
    }
}

/// How long to wait before trying again after attempt number `attempt`, or `None` to give up.
pub(super) fn pause(outcome: Outcome, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let backoff = FIRST * 2_u32.pow(attempt.saturating_sub(1));
    match outcome {
        // Nobody there is worth a message at once, not a silent wait.
        Outcome::NotReached => None,
        Outcome::Lost => Some(backoff),
        Outcome::Answered { status: 429 | 502 | 503 | 504, retry_after } => {
            let asked = retry_after.map(Duration::from_secs).unwrap_or(backoff);
            (asked <= LONGEST).then(|| asked.max(backoff))
        }
        Outcome::Answered { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ATTEMPTS, Outcome, pause};
    use std::time::Duration;

    const UNAVAILABLE: Outcome = Outcome::Answered { status: 503, retry_after: None };

    #[test]
    fn lost_answers_are_asked_for_again_with_growing_pauses_and_an_end() {
        let pauses: Vec<_> = (1..).map_while(|attempt| pause(Outcome::Lost, attempt)).collect();
        assert_eq!(pauses.len() + 1, ATTEMPTS as usize);
        assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(pauses.iter().sum::<Duration>() < Duration::from_secs(10));
    }

    #[test]
    fn the_server_says_how_long_within_reason() {
        let asks = |seconds| Outcome::Answered { status: 429, retry_after: Some(seconds) };
        assert_eq!(pause(asks(2), 1), Some(Duration::from_secs(2)));
        assert_eq!(pause(asks(3600), 1), None);
        assert!(pause(UNAVAILABLE, 1).is_some());
    }

    #[test]
    fn refusals_and_absent_servers_are_told_at_once() {
        for status in [400, 401, 404, 409, 422, 500] {
            assert_eq!(pause(Outcome::Answered { status, retry_after: None }, 1), None);
        }
        assert_eq!(pause(Outcome::NotReached, 1), None);
        assert_eq!(pause(Outcome::NotReached.behind(false), 1), None);
    }

    #[test]
    fn a_server_that_took_something_and_is_gone_is_waited_for() {
        assert!(Outcome::Lost.may_be_done() && UNAVAILABLE.may_be_done());
        assert!(!Outcome::NotReached.may_be_done());
        assert!(pause(Outcome::NotReached.behind(true), 1).is_some());
    }
}

//! Rate limits per address and per token, for all of `/v1`.
//!
//! In the process and not in Postgres: they protect this copy's cores and its pool, must cost nothing, and losing
//! them with a restart does no harm. (Sign-ins are throttled durably besides: `auth::throttle`.)
//!
//! Guarantees: memory is constant, whatever is sent: each subject falls by a keyed hash into one cell of each of
//! [`ROWS`] rows, and counts as over its limit only if all of its cells are, so that a stranger's load is charged to
//! somebody else only if it collides in every row. Within a cell the generic cell rate algorithm needs one number.

use super::problem::Problem;
use poem::http::{HeaderMap, HeaderValue};
use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Rows of cells.
const ROWS: usize = 2;
/// Cells in a row; 1 MiB in all.
const CELLS: usize = 1 << 16;
/// The window of the limits.
const WINDOW: Duration = Duration::from_secs(60);

/// How many requests are let through; zero switches a limit off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests per minute with one session token or API key.
    pub per_token: u32,
    /// Requests per minute from one address (for IPv6 one /64), whatever their tokens.
    pub per_address: u32,
    /// Streams of live activity that one person has open at one copy of the server.
    pub streams_per_account: u32,
    /// Streams of live activity that one org has open at one copy of the server.
    pub streams_per_org: u32,
}

impl Limits {
    /// No limit.
    pub const NONE: Self = Self { per_token: 0, per_address: 0, streams_per_account: 0, streams_per_org: 0 };
}

impl Default for Limits {
    /// Far above what a console, a CLI and a busy pipeline need together, far below what one core can serve.
    fn default() -> Self {
        Self { per_token: 3_000, per_address: 6_000, streams_per_account: 32, streams_per_org: 256 }
    }
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject<'a> {
    /// An address, as [`network_of`] gives it.
    Address(&'a str),
    /// A token in the clear; only a keyed hash of it is looked at, and nothing of it is kept.
    Token(&'a str),
}

impl Subject<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Token(_) => "token",
        }
    }
}

/// Where a subject stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    name: &'static str,
    limit: u32,
    remaining: u64,
    /// Until the whole limit is there again.
    reset: Duration,
    /// Set if the request is refused: until the next one is let through.
    wait: Option<Duration>,
}

/// Counts requests.
pub(crate) struct RateLimiter {
    limits: Limits,
    began: Instant,
    keys: [RandomState; ROWS],
    /// Per cell the time, in nanoseconds since `began`, at which nothing of it counts any more.
    free_at: Mutex<Vec<u64>>,
}

impl RateLimiter {
    pub(crate) fn new(limits: Limits) -> Self {
        let keys = std::array::from_fn(|_| RandomState::new());
        Self { limits, began: Instant::now(), keys, free_at: Mutex::new(vec![0; ROWS * CELLS]) }
    }

    /// Counts a request now. The address comes first: requests over its limit charge no token.
    pub(crate) fn charge<'a>(&self, subjects: impl IntoIterator<Item = Subject<'a>>) -> Vec<Standing> {
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut standings = Vec::with_capacity(2);
        for subject in subjects {
            if let Some(standing) = self.charge_at(subject, now) {
                standings.push(standing);
                if standing.wait.is_some() {
                    break;
                }
            }
        }
        standings
    }

    fn charge_at(&self, subject: Subject<'_>, now: u64) -> Option<Standing> {
        let limit = match subject {
            Subject::Address(_) => self.limits.per_address,
            Subject::Token(_) => self.limits.per_token,
        };
        let window = u64::try_from(WINDOW.as_nanos()).unwrap_or(u64::MAX);
        let every = window.checked_div(limit.into())?;
        let cells = self.cells(&subject);
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let least = cells.iter().map(|cell| free_at[*cell]).min().unwrap_or(0).max(now);
        let passes = least - now + every <= window;
        let after = if passes { least + every } else { least };
        // Cells that others pushed further stay: only the smallest one tells of this subject.
        cells.iter().filter(|_| passes).for_each(|cell| free_at[*cell] = free_at[*cell].max(after));
        let used = after - now;
        Some(Standing {
            name: subject.name(),
            limit,
            remaining: window.saturating_sub(used) / every,
            reset: Duration::from_nanos(used),
            wait: (!passes).then(|| Duration::from_nanos(used + every - window)),
        })
    }

    fn cells(&self, subject: &Subject<'_>) -> [usize; ROWS] {
        std::array::from_fn(|row| {
            // The remainder is below `CELLS`, so it fits.
            let hash = self.keys[row].hash_one(subject) % CELLS as u64;
            row * CELLS + usize::try_from(hash).unwrap_or(0)
        })
    }
}

/// The problem of a refused request.
pub(crate) fn refusal(standings: &[Standing]) -> Option<Problem> {
    let refused = standings.iter().find_map(|standing| Some((standing, standing.wait?)));
    refused.map(|(standing, wait)| {
        let (name, limit) = (standing.name, standing.limit);
        Problem::too_many(&format!("more than {limit} requests per minute came with this {name}"), wait)
    })
}

/// Puts `RateLimit` and `RateLimit-Policy` on an answer (draft-ietf-httpapi-ratelimit-headers-10).
pub(crate) fn set_headers(standings: &[Standing], headers: &mut HeaderMap) {
    if standings.is_empty() {
        return;
    }
    let list = |item: &dyn Fn(&Standing) -> String| standings.iter().map(item).collect::<Vec<_>>().join(", ");
    let seconds = |time: Duration| time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let policy = list(&|s| format!("\"{}\";q={};w={}", s.name, s.limit, WINDOW.as_secs()));
    let state = list(&|s| format!("\"{}\";r={};t={}", s.name, s.remaining, seconds(s.reset)));
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// What one party holds: a whole IPv4 address, or the /64 that an IPv6 customer gets.
pub(crate) fn network_of(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(other) => other.to_canonical().to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn limiter(per_token: u32) -> RateLimiter {
        RateLimiter::new(Limits { per_token, ..Limits::NONE })
    }

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_one_per_interval() {
        let limiter = limiter(3);
        let ask = |now| limiter.charge_at(Subject::Token("a"), now).unwrap();
        assert_eq!([ask(0), ask(0), ask(0)].map(|standing| standing.remaining), [2, 1, 0]);
        assert_eq!(ask(0).wait, Some(Duration::from_secs(20)));
        assert_eq!(ask(19 * SECOND).wait, Some(Duration::from_secs(1)));
        assert_eq!((ask(20 * SECOND).wait, ask(20 * SECOND).wait.is_some()), (None, true));
        assert_eq!(ask(200 * SECOND).remaining, 2);
    }

    #[test]
    fn subjects_do_not_share_and_zero_is_no_limit() {
        let limiter = limiter(1);
        for token in ["a", "b", "c"] {
            assert_eq!(limiter.charge_at(Subject::Token(token), 0).unwrap().wait, None, "{token}");
        }
        assert!(limiter.charge_at(Subject::Address("a"), 0).is_none());
    }

    #[test]
    fn a_crowd_of_strangers_hardly_touches_anybody() {
        let limiter = limiter(60);
        for stranger in 0..20_000 {
            limiter.charge_at(Subject::Token(&stranger.to_string()), 0);
        }
        let standing = limiter.charge_at(Subject::Token("ada"), 0).unwrap();
        assert!(standing.remaining > 50, "{standing:?}");
    }

    #[test]
    fn ipv6_counts_by_64_and_mapped_ipv4_as_ipv4() {
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
        assert_eq!(network_of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network_of("nonsense"), "nonsense");
    }
}

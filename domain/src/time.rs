//! Points in time as events and read models carry them.
//!
//! Guarantee: this module reads no clock. Whoever decides passes the database's time in (`dbx_sql`), so that all
//! copies of the server agree and tests can set it.

use serde::{Deserialize, Serialize};
use std::{fmt, ops::Add, str::FromStr, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A UTC point in time, microseconds precise; RFC 3339 in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

impl Timestamp {
    /// The Unix epoch: a fixed origin for tests and simulations.
    pub const EPOCH: Self = Self(OffsetDateTime::UNIX_EPOCH);

    /// The underlying value, for drivers that bind it.
    pub fn inner(self) -> OffsetDateTime {
        self.0
    }

    /// Time from `earlier` to `self`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0 - earlier.0).unwrap_or(Duration::ZERO)
    }
}

/// Truncates to microseconds, the precision of Postgres, so that a value read back equals the one written.
impl From<OffsetDateTime> for Timestamp {
    fn from(at: OffsetDateTime) -> Self {
        let micros = at.nanosecond() / 1_000 * 1_000;
        Self(at.to_offset(time::UtcOffset::UTC).replace_nanosecond(micros).unwrap_or(at))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates instead of overflowing: a deadline past the calendar's end is simply never reached.
    fn add(self, by: Duration) -> Self {
        let by = time::Duration::try_from(by).unwrap_or(time::Duration::MAX);
        Self::from(self.0.saturating_add(by))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = time::error::Parse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        OffsetDateTime::parse(text, &Rfc3339).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_rfc_3339_and_round_trips() {
        let at: Timestamp = "2026-11-24T05:57:14.123456789+02:00".parse().unwrap();
        let json = serde_json::to_string(&at).unwrap();
        assert_eq!(json, "\"2026-11-24T03:57:14.123456Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
    }

    #[test]
    fn since_never_goes_negative() {
        let later = Timestamp::EPOCH + Duration::from_secs(5);
        assert_eq!(later.since(Timestamp::EPOCH), Duration::from_secs(5));
        assert_eq!(Timestamp::EPOCH.since(later), Duration::ZERO);
    }
}

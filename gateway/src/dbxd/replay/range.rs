//! Points in time as somebody at a terminal writes them.

use dbx_domain::time::Timestamp;
use std::{str::FromStr, time::Duration};

/// A time, or so long ago.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Point {
    Time(Timestamp),
    Ago(Duration),
}

impl Point {
    pub(super) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Time(time) => time,
            // Before the calendar's beginning nothing happened either.
            Self::Ago(ago) => now.inner().checked_sub(time_of(ago)).map_or(Timestamp::EPOCH, Timestamp::from),
        }
    }
}

fn time_of(ago: Duration) -> time::Duration {
    time::Duration::try_from(ago).unwrap_or(time::Duration::MAX)
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(time) = text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok()) {
            return Ok(Self::Time(time));
        }
        let wrong =
            || "write a time such as 2026-11-24T09:00:00Z, a date, or 90m, 2h, 3d for so long ago".to_owned();
        let unit = text.chars().next_back().ok_or_else(wrong)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        let count: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
        count.checked_mul(seconds).map(|seconds| Self::Ago(Duration::from_secs(seconds))).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::Point;
    use dbx_domain::time::Timestamp;
    use std::time::Duration;

    #[test]
    fn times_dates_and_ages_are_understood() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<Point>().map(|point| point.at(now).to_string());
        assert_eq!(at("2026-11-24T09:00:00+01:00"), Ok("2026-11-24T08:00:00Z".to_owned()));
        assert_eq!(at("2026-11-23"), Ok("2026-11-23T00:00:00Z".to_owned()));
        assert_eq!(at("90m"), Ok("2026-11-24T08:30:00Z".to_owned()));
        assert_eq!("9999999999999d".parse::<Point>().map(|point| point.at(now)), Ok(Timestamp::EPOCH));
        assert_eq!("2h".parse(), Ok(Point::Ago(Duration::from_secs(7_200))));
        for wrong in ["", "m", "yesterday", "-2h", "2ü", "99999999999999999999d"] {
            assert!(wrong.parse::<Point>().is_err(), "{wrong}");
        }
    }
}

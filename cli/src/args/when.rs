//! A moment in the past, as people write it: `2026-11-24T10:00:00Z`, `2026-11-24`, `2h-ago`, the number of an event in the
//! history of the thing, or a position in the log.

use std::{fmt, str::FromStr, time::Duration};
use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Most digits of a position; the server's have fewer.
const LONGEST: usize = 64;

/// A moment as the API takes it: RFC 3339, or the digits of an event's number or of a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When(String);

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a time such as 2026-11-24T10:00:00Z, a day such as 2026-11-24, an age such as 2h-ago, the number of an event in \
     its history, or a position"
)]
pub struct WhenError;

impl When {
    /// As the API takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The API's parameter for looking back, if that is asked for.
    #[must_use]
    pub fn query(at: Option<&Self>) -> Vec<(&'static str, String)> {
        at.map(|at| ("at", at.0.clone())).into_iter().collect()
    }

    /// Reads a moment, ages counting back from `now`.
    ///
    /// # Errors
    /// [`WhenError`].
    pub fn read(text: &str, now: OffsetDateTime) -> Result<Self, WhenError> {
        let text = text.trim();
        if let Some(age) = text.strip_suffix("-ago").or_else(|| text.strip_suffix(" ago")) {
            let then = now.checked_sub(age_of(age)?.try_into().map_err(|_| WhenError)?).ok_or(WhenError)?;
            return written(then);
        }
        let is_position =
            !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_position {
            return Ok(Self(text.to_owned()));
        }
        let day = time::macros::format_description!("[year]-[month]-[day]");
        if let Ok(date) = Date::parse(text, day) {
            return written(date.midnight().assume_utc());
        }
        // RFC 3339 allows a blank in the place of the T, which people type.
        written(OffsetDateTime::parse(&text.replacen(' ', "T", 1), &Rfc3339).map_err(|_| WhenError)?)
    }
}

fn written(at: OffsetDateTime) -> Result<When, WhenError> {
    at.to_offset(UtcOffset::UTC).format(&Rfc3339).map(When).map_err(|_| WhenError)
}

fn age_of(text: &str) -> Result<Duration, WhenError> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let found = units.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let (number, seconds) = found.ok_or(WhenError)?;
    let number: u32 = number.parse().map_err(|_| WhenError)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// A moment by the clock: as [`When`], but no event's number and no position, which mean nothing where several
/// histories are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment(When);

/// Why a text is no such moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a time such as 2026-11-24T10:00:00Z, a day such as 2026-11-24, or an age such as 2h-ago")]
pub struct MomentError;

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let is_number = text.trim().bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Err(MomentError) } else { text.parse().map(Self).map_err(|_| MomentError) }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        Self::read(text, OffsetDateTime::now_utc())
    }
}

impl fmt::Display for When {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

//! How long to wait, as people write it: `90s`, `10m`, `1h`.

use std::{fmt, str::FromStr, time::Duration};

/// A span of time, at least a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Duration);

/// Why a text is no span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Not a whole number and a unit.
    #[error("write a whole number and s, m or h, as in 90s, 10m or 1h")]
    Malformed,
    /// Nothing, or longer than any job may take.
    #[error("it must be between 1s and 24h")]
    OutOfRange,
}

const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl Limit {
    /// The span.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let units = [('s', 1), ('m', 60), ('h', 3600)];
        let (number, seconds) = units
            .into_iter()
            .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
            .ok_or(LimitError::Malformed)?;
        let number: u32 = number.parse().map_err(|_| LimitError::Malformed)?;
        let span = Duration::from_secs(u64::from(number) * seconds);
        if span.is_zero() || span > LONGEST {
            return Err(LimitError::OutOfRange);
        }
        Ok(Self(span))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds if seconds % 3600 == 0 => write!(formatter, "{}h", seconds / 3600),
            seconds if seconds % 60 == 0 => write!(formatter, "{}m", seconds / 60),
            seconds => write!(formatter, "{seconds}s"),
        }
    }
}

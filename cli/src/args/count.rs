//! How many items of a list.

use std::{fmt, str::FromStr};

/// From one to ten thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(u32);

/// Why a text is no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number from 1 to 10000")]
pub struct CountError;

impl Count {
    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for Count {
    type Err = CountError;

    fn from_str(text: &str) -> Result<Self, CountError> {
        let number = text.parse().map_err(|_| CountError)?;
        if (1..=10_000).contains(&number) { Ok(Self(number)) } else { Err(CountError) }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

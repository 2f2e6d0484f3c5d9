//! Pages of a list, newest first, by key instead of by offset.
//!
//! Guarantees: no row is shown twice or left out because others came or went between two pages; the cost of a page
//! does not depend on how far into the list it is. A token holds a place in the list and no authority: whoever
//! follows it is checked like everybody else.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use dbx_domain::time::Timestamp;
use std::{fmt, str::FromStr};
use time::OffsetDateTime;

/// Longest id in a token; ours have 30 characters.
const ID_MAX: usize = 64;

/// What was asked for is no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Not 1 to [`PageSize::MAX`].
    #[error("a page has 1 to {max} items, not {given}", max = PageSize::MAX)]
    Size {
        /// What was given.
        given: u32,
    },
    /// A text that no page has given out.
    #[error("this page token is not one that a page gave out; begin again without one")]
    Token,
}

/// Items per page: 1 to [`PageSize::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// The most.
    pub const MAX: u32 = 200;
    /// What a request without a size gets.
    pub const DEFAULT: Self = Self(50);

    /// Checks the size.
    ///
    /// # Errors
    /// [`PageError::Size`].
    pub const fn new(given: u32) -> Result<Self, PageError> {
        match given {
            1..=Self::MAX => Ok(Self(given)),
            _ => Err(PageError::Size { given }),
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Where a page ended. Its text is opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    at: Timestamp,
    id: String,
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.at.inner().unix_timestamp_nanos() / 1_000;
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(format!("{micros}:{}", self.id)))
    }
}

impl FromStr for PageToken {
    type Err = PageError;

    fn from_str(text: &str) -> Result<Self, PageError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| PageError::Token)?;
        let inner = str::from_utf8(&bytes).map_err(|_| PageError::Token)?;
        let (micros, id) = inner.split_once(':').ok_or(PageError::Token)?;
        let micros: i64 = micros.parse().map_err(|_| PageError::Token)?;
        if id.len() > ID_MAX || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(PageError::Token);
        }
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
            .map_err(|_| PageError::Token)?;
        Ok(Self { at: Timestamp::from(at), id: id.to_owned() })
    }
}

/// Which page is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items at most.
    pub size: PageSize,
    /// Behind which place; the first page if absent.
    pub after: Option<PageToken>,
}

impl Default for PageRequest {
    /// The first page of the default size.
    fn default() -> Self {
        Self { size: PageSize::DEFAULT, after: None }
    }
}

impl PageRequest {
    /// The time to bind; NULL on the first page, which SQL reads as infinity.
    pub(crate) fn at(&self) -> Option<OffsetDateTime> {
        self.after.as_ref().map(|token| token.at.inner())
    }

    /// The id to bind.
    pub(crate) fn id(&self) -> Option<&str> {
        self.after.as_ref().map(|token| token.id.as_str())
    }

    /// The limit to bind: one more than the page holds, to know whether another follows.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size.0) + 1
    }

    /// Makes the page from the rows found with [`Self::limit`]; `key` is what they are ordered by.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> (Timestamp, String)) -> Page<T> {
        let size = self.size.0 as usize;
        let more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| more).map(|last| {
            let (at, id) = key(last);
            PageToken { at, id }
        });
        Page { items, next }
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<PageToken>,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn tokens_round_trip_to_the_microsecond() {
        let at = Timestamp::EPOCH + Duration::from_micros(1_790_000_000_123_456);
        let token = PageToken { at, id: "ins_01h2x".into() };
        assert_eq!(token.to_string().parse(), Ok(token));
    }

    #[test]
    fn foreign_tokens_are_refused() {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        for text in [
            "",
            "!",
            &encode("1"),
            &encode("x:ins_1"),
            &encode("1:ins'1"),
            &encode(&format!("{}:a", i64::MAX)),
            &encode(&format!("1:{}", "a".repeat(65))),
        ] {
            assert_eq!(text.parse::<PageToken>(), Err(PageError::Token), "{text}");
        }
    }

    #[test]
    fn sizes_have_bounds() {
        assert_eq!(PageSize::new(0), Err(PageError::Size { given: 0 }));
        assert_eq!(PageSize::new(200).map(PageSize::get), Ok(200));
        assert_eq!(PageSize::new(201), Err(PageError::Size { given: 201 }));
    }
}

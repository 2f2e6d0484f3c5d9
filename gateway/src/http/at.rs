//! `?at=`: a point in the past, as a time (RFC 3339) or a day, as the number of an event in the thing's own history, or as a
//! position that an answer or a stream gave out.
//!
//! Guarantee: the three cannot be confused. A time is no number, and a position has 39 digits, a number at most 18.

use super::{problem::Problem, query};
use dbx_sql::At;
use std::fmt::Display;

/// Longest text that can be right: a position's digits, or a time with an offset.
const LONGEST: usize = 64;
/// Most digits of an event's number.
const VERSION_DIGITS: usize = 18;

/// Reads a point in the past that may be absent.
pub(crate) fn read(given: Option<&str>) -> Result<Option<At>, Problem> {
    given.map(|text| parse(text).ok_or_else(refused)).transpose()
}

fn parse(text: &str) -> Option<At> {
    if text.len() > LONGEST {
        return None;
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.len() {
            ..=VERSION_DIGITS => text.parse().ok().filter(|number| *number > 0).map(At::Version),
            _ => text.parse().ok().map(At::Position),
        };
    }
    // In a query string `+` means a blank, which people forget to escape in `+02:00`.
    let with_plus = || text.rsplit_once(' ').map(|(time, offset)| format!("{time}+{offset}"));
    let time = query::point(text).or_else(|| with_plus()?.parse().ok());
    time.map(At::Time)
}

fn refused() -> Problem {
    refuse(
        "this is neither a point in time (RFC 3339, such as 2026-11-24T09:00:00Z, or a day) nor the number of an event in its \
         history (from 1) nor a position that an answer gave you",
    )
}

/// A point that is not acceptable.
pub(crate) fn refuse(why: impl Display) -> Problem {
    query::refused("at", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_sql::{Cursor, Xid};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            let _ = read(Some(&text));
        }

        #[test]
        fn times_as_they_are_written_come_back(
            (year, month, day) in (0..=9999_i32, 1..=12_u8, 1..=28_u8),
            (hour, minute, second, micros) in (0..24_u8, 0..60_u8, 0..60_u8, 0..1_000_000_u32),
            offset in -23..=23_i8,
            blank in any::<bool>(),
        ) {
            let sign = if offset < 0 { '-' } else if blank { ' ' } else { '+' };
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}{sign}{:02}:00",
                offset.abs()
            );
            let expected = text.replace(' ', "+").parse().ok().map(At::Time);
            prop_assert_eq!(parse(&text), expected);
        }

        #[test]
        fn almost_right_texts_never_panic(text in "[0-9TZtz:+. -]{0,45}") {
            match parse(&text) {
                Some(At::Position(cursor)) => prop_assert_eq!(cursor.to_string(), text),
                Some(At::Time(_)) => prop_assert!(text.contains(':') || text.len() == 10),
                Some(At::Version(number)) => prop_assert_eq!(text.parse(), Ok(number)),
                None => {}
            }
        }

        #[test]
        fn positions_come_back(xid in any::<u64>(), position in 0..=i64::MAX) {
            let cursor = Cursor::at(Xid(xid), position);
            prop_assert_eq!(parse(&cursor.to_string()), Some(At::Position(cursor)));
        }
    }

    #[test]
    fn numbers_count_from_one() {
        assert_eq!(parse("1"), Some(At::Version(1)));
        assert_eq!(parse("999999999999999999"), Some(At::Version(999_999_999_999_999_999)));
        assert_eq!(parse("2026-11-24"), "2026-11-24T00:00:00Z".parse().ok().map(At::Time));
        assert_eq!((parse("0"), parse("1000000000000000000")), (None, None));
    }

    #[test]
    fn a_refusal_names_the_parameter_and_says_what_is_right() {
        assert!(read(Some("yesterday")).is_err_and(|problem| problem.to_string().contains("at")));
        assert_eq!(read(None), Ok(None));
    }
}

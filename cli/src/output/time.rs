//! Times and spans as people read them. Everything is in UTC, so that two people read the same.

use time::{
    OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem,
    format_description::well_known::Rfc3339,
};

/// An RFC 3339 time to the minute, in UTC; as it came if it is none.
#[must_use]
pub fn moment(text: &str) -> String {
    written(text, time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]Z"))
}

/// An RFC 3339 time to the second, in UTC; as it came if it is none.
#[must_use]
pub fn clock(text: &str) -> String {
    written(text, time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z"))
}

fn written(text: &str, format: &[BorrowedFormatItem<'_>]) -> String {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).map(|at| at.to_offset(UtcOffset::UTC));
    parsed.ok().and_then(|at| at.format(format).ok()).unwrap_or_else(|| super::clean(text))
}

/// The time between two RFC 3339 times, such as `0.8s` or `2m05s`; `None` unless both are known.
#[must_use]
pub fn span(from: Option<&str>, to: Option<&str>) -> Option<String> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let seconds = (parse(to?)? - parse(from?)?).as_seconds_f64().max(0.0);
    Some(match seconds {
        seconds if seconds < 59.95 => format!("{seconds:.1}s"),
        seconds => format!("{}m{:02}s", seconds.round() as u64 / 60, seconds.round() as u64 % 60),
    })
}

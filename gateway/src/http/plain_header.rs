//! Headers on which it depends what a request does: each occurs once at most, and is plain text.
//!
//! Guarantee: none of them is ever taken as absent because it cannot be read. An `Idempotency-Key` or `If-Match` that is
//! overlooked makes a second thing, or overwrites what somebody else did.

use super::{code::Code, problem::Problem};
use poem::http::HeaderMap;

/// The names as they are shown.
const WATCHED: [&str; 4] = ["Idempotency-Key", "If-Match", "Last-Event-ID", "Authorization"];

/// Refuses a request with a header that cannot be meant so.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    WATCHED.into_iter().try_for_each(|name| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(refused(name, "it is there more than once; send it once")),
            (Some(value), None) if value.to_str().is_err() => {
                Err(refused(name, "it has other characters than visible ASCII"))
            }
            _ => Ok(()),
        }
    })
}

fn refused(name: &str, message: &str) -> Problem {
    Problem::new(Code::InvalidRequest, format!("the header {name} is not usable; nothing was done"))
        .about(name, message)
}

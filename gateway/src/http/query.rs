//! Values of query parameters that the framework knows nothing of.

use super::problem::{Problem, ProblemField};
use dbx_domain::time::Timestamp;
use dbx_projections::page::PageSize;
use dbx_sql::Cursor;
use std::{fmt::Display, str::FromStr};

/// Reads a parameter that may be absent.
pub(crate) fn read<T: FromStr<Err: Display>>(name: &str, given: Option<&str>) -> Result<Option<T>, Problem> {
    given.map(|text| text.parse().map_err(|error: T::Err| refused(name, error))).transpose()
}

/// Reads a point in time that may be absent.
pub(crate) fn time(name: &str, given: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let message = "this is no point in time; write it as RFC 3339 has it, such as 2026-11-24T09:00:00Z, or as a day, \
                   such as 2026-11-24";
    given.map(|text| point(text).ok_or_else(|| refused(name, message))).transpose()
}

/// A point in time: as RFC 3339 has it, or a day, which begins at midnight UTC.
pub(crate) fn point(text: &str) -> Option<Timestamp> {
    const DAY: usize = "2026-11-24".len();
    let day = || (text.len() == DAY).then(|| format!("{text}T00:00:00Z"));
    text.parse().ok().or_else(|| day()?.parse().ok())
}

/// Reads the token of a page that is ordered by the log.
pub(crate) fn page_token(given: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let message = "this is no token that a page of this list gave out; begin without one";
    given.map(|text| text.parse().map_err(|_| refused("page[token]", message))).transpose()
}

/// Reads the size of a page.
pub(crate) fn page_size(given: Option<u32>) -> Result<PageSize, Problem> {
    given.map_or(Ok(PageSize::DEFAULT), PageSize::new).map_err(|error| refused("page[size]", error))
}

/// A parameter that is not acceptable.
pub(crate) fn refused(name: &str, why: impl Display) -> Problem {
    Problem::invalid(vec![ProblemField { field: name.to_owned(), message: why.to_string(), allowed: None }])
}

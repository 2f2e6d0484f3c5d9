//! Ids in paths.

use super::problem::Problem;
use std::str::FromStr;

/// Reads an id from a path. One that is not even well-formed names nothing, so the answer is the same 404.
pub(crate) fn read<I: FromStr>(text: &str) -> Result<I, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

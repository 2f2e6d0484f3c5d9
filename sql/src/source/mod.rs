//! Source tables beside the log: personal data, credentials and ciphertext that must be erasable, which an
//! append-only log is not. Written only through [`crate::SideWrite`] in the transaction of the events they belong to.

pub mod api_keys;
pub mod idempotency;
pub mod invitation_links;
pub mod origins;
pub mod passwords;
pub mod people;
pub mod secrets;
pub mod sessions;
pub mod webhooks;

use crate::error::SqlError;
use std::{fmt::Display, str::FromStr};
use tokio_postgres::Row;

/// An id column.
fn read_id<I: FromStr<Err: Display>>(row: &Row, index: usize, column: &str) -> Result<I, SqlError> {
    let text: &str = row.try_get(index)?;
    text.parse()
        .map_err(|error: I::Err| SqlError::Unreadable { what: column.to_owned(), why: error.to_string() })
}

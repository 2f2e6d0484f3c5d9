//! Source tables beside the log: personal data, credentials and ciphertext that must be erasable, which an
//! append-only log is not. Written only through [`crate::SideWrite`] in the transaction of the events they belong to.

pub mod api_keys;
pub mod idempotency;
pub mod invitation_links;
pub mod invitation_mails;
pub mod origins;
pub mod passwords;
pub mod people;
pub mod secrets;
pub mod sessions;
pub mod webhooks;

use crate::{database::Database, error::SqlError};
use std::{fmt::Display, str::FromStr};
use tokio_postgres::Row;

/// An id column.
fn read_id<I: FromStr<Err: Display>>(row: &Row, index: usize, column: &str) -> Result<I, SqlError> {
    let text: &str = row.try_get(index)?;
    text.parse()
        .map_err(|error: I::Err| SqlError::Unreadable { what: column.to_owned(), why: error.to_string() })
}

/// Runs a statement that notes the use of rows with these ids, unless they were noted within `step` seconds.
async fn note<I: Display>(db: &Database, sql: &str, ids: &[I], step: f64) -> Result<(), SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached(sql).await?;
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    client.execute(&statement, &[&ids, &step]).await?;
    Ok(())
}

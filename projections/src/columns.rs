//! Reading rows of read models back into domain types.
//!
//! Guarantee: a value that the domain does not know is an error that names the column, never a default.

use dbx_domain::time::Timestamp;
use dbx_sql::{Database, SqlError};
use serde::de::{
    DeserializeOwned,
    value::{Error as WordError, StrDeserializer},
};
use time::OffsetDateTime;
use tokio_postgres::{
    Row,
    types::{FromSql, ToSql},
};

/// Runs a query on a prepared statement.
pub(crate) async fn rows(
    db: &Database,
    sql: &'static str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, params).await?)
}

/// Runs a query that finds one row at most.
pub(crate) async fn row(
    db: &Database,
    sql: &'static str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Option<Row>, SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query_opt(&statement, params).await?)
}

/// A row, read by column names.
pub(crate) struct Columns<'a>(pub &'a Row);

impl<'a> Columns<'a> {
    /// A value that the driver maps itself.
    pub(crate) fn plain<T: FromSql<'a>>(&self, column: &str) -> Result<T, SqlError> {
        Ok(self.0.try_get(column)?)
    }

    /// An id, name or word of the domain, stored as text.
    pub(crate) fn word<T: DeserializeOwned>(&self, column: &str) -> Result<T, SqlError> {
        word(column, self.plain(column)?)
    }

    /// As [`Self::word`], for a column that may be NULL.
    pub(crate) fn maybe_word<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, SqlError> {
        self.plain::<Option<&str>>(column)?.map(|text| word(column, text)).transpose()
    }

    /// A count, stored as bigint.
    pub(crate) fn number(&self, column: &str) -> Result<u32, SqlError> {
        let value: i64 = self.plain(column)?;
        u32::try_from(value).map_err(|_| unreadable(column, "it is out of range"))
    }

    /// As [`Self::number`], for a column that may be NULL.
    pub(crate) fn maybe_number(&self, column: &str) -> Result<Option<u32>, SqlError> {
        let value: Option<i64> = self.plain(column)?;
        value
            .map(|value| u32::try_from(value).map_err(|_| unreadable(column, "it is out of range")))
            .transpose()
    }

    /// The sequence of the last event that the row shows.
    pub(crate) fn version(&self) -> Result<u64, SqlError> {
        Ok(self.plain::<i64>("version")?.cast_unsigned())
    }

    /// A point in time.
    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, SqlError> {
        Ok(Timestamp::from(self.plain::<OffsetDateTime>(column)?))
    }

    /// As [`Self::time`], for a column that may be NULL.
    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, SqlError> {
        Ok(self.plain::<Option<OffsetDateTime>>(column)?.map(Timestamp::from))
    }

    /// A value stored as jsonb.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, SqlError> {
        let value: serde_json::Value = self.plain(column)?;
        serde_json::from_value(value).map_err(|error| unreadable(column, error))
    }
}

fn word<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, SqlError> {
    T::deserialize(StrDeserializer::<WordError>::new(text)).map_err(|error| unreadable(column, error))
}

pub(crate) fn unreadable(column: &str, why: impl ToString) -> SqlError {
    SqlError::Unreadable { what: format!("column {column} of a read model"), why: why.to_string() }
}

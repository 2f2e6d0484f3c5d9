//! Statements as data: SQL that runs later, inside a transaction that its author does not hold.

use crate::error::SqlError;
use std::borrow::Cow;
use tokio_postgres::types::ToSql;

/// A bound value; owned, so that statements can be sent together.
pub type Param = Box<dyn ToSql + Sync + Send>;

/// One statement with its values.
#[derive(Debug)]
pub struct Statement {
    /// The text; also the key under which the prepared statement is cached.
    pub sql: Cow<'static, str>,
    /// Values for `$1`, `$2`, …
    pub params: Vec<Param>,
    /// The row that it writes, if it stands for itself; see [`Batch::push_row`].
    pub(crate) row: Option<String>,
}

/// Statements in the order they run.
#[derive(Debug, Default)]
pub struct Batch(Vec<Statement>);

impl Batch {
    /// Adds a statement; its result rows are ignored.
    pub fn push(&mut self, sql: &'static str, params: Vec<Param>) {
        self.0.push(Statement { sql: sql.into(), params, row: None });
    }

    /// Adds a statement that stands for itself: it writes `row` and nothing else, needs nothing that another statement of
    /// the same commit writes, and has no `WITH`. Such statements are sent as one, unless they write the same row; the
    /// others run after those before them.
    pub fn push_row(&mut self, row: impl Into<String>, sql: &'static str, params: Vec<Param>) {
        self.0.push(Statement { sql: sql.into(), params, row: Some(row.into()) });
    }

    /// How many statements it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every statement is one of those.
    pub(crate) fn all(&self, mut are: impl FnMut(&str) -> bool) -> bool {
        self.0.iter().all(|statement| are(&statement.sql))
    }

    /// Adds the statements of `more` behind its own.
    pub fn append(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Keeps only the statements whose text is to be kept.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&str) -> bool) {
        self.0.retain(|statement| is_kept(&statement.sql));
    }

    /// Runs all of them, in their order, in one round trip.
    ///
    /// # Errors
    /// Any [`SqlError`] of one of them; the caller rolls back then.
    pub async fn run(self, transaction: &deadpool_postgres::Transaction<'_>) -> Result<(), SqlError> {
        let mut prepared = Vec::with_capacity(self.0.len());
        for statement in self.0 {
            prepared.push((transaction.prepare_cached(&statement.sql).await?, statement.params));
        }
        // Each is sent when it is first polled, and they are polled in this order.
        let sent = prepared
            .into_iter()
            .map(|(statement, params)| async move { transaction.execute_raw(&statement, params).await });
        futures::future::try_join_all(sent).await?;
        Ok(())
    }

    pub(crate) fn into_statements(self) -> Vec<Statement> {
        self.0
    }
}

/// Boxes values of different types: `params![id, name, due]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$(Box::new($value) as $crate::Param),*]
    };
}

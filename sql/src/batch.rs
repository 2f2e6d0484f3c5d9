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
    /// A row that must be written before it; see [`Batch::push_row_after`].
    pub(crate) needs: Option<&'static str>,
    /// Whether it writes rows of the commit's own streams only; see [`Batch::push_own`].
    pub(crate) own: bool,
}

/// Statements in the order they run.
#[derive(Debug, Default)]
pub struct Batch(Vec<Statement>);

impl Batch {
    /// Adds a statement; its result rows are ignored.
    pub fn push(&mut self, sql: &'static str, params: Vec<Param>) {
        self.0.push(Statement { sql: sql.into(), params, row: None, needs: None, own: false });
    }

    /// Adds a statement that writes only rows of the streams of its commit, and reads only such rows or what never
    /// changes. The same statement of commits to other streams may be carried out together with it.
    pub fn push_own(&mut self, sql: &'static str, params: Vec<Param>) {
        self.0.push(Statement { sql: sql.into(), params, row: None, needs: None, own: true });
    }

    /// Adds a statement as [`Self::push_own`] that also stands for itself: it writes `row` and nothing else, needs nothing
    /// that another statement of the same commit writes, and has no `WITH`. Such statements are sent as one, unless they
    /// write the same row; the others run after those before them.
    pub fn push_row(&mut self, row: impl Into<String>, sql: &'static str, params: Vec<Param>) {
        self.0.push(Statement { sql: sql.into(), params, row: Some(row.into()), needs: None, own: true });
    }

    /// Adds a statement as [`Self::push_row`] that needs what earlier statements of the commit write to the row `needs`, and
    /// nothing else of them.
    pub fn push_row_after(
        &mut self,
        needs: &'static str,
        row: impl Into<String>,
        sql: &'static str,
        params: Vec<Param>,
    ) {
        self.0.push(Statement {
            sql: sql.into(),
            params,
            row: Some(row.into()),
            needs: Some(needs),
            own: true,
        });
    }

    /// How many statements it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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

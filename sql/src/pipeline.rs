//! Several statements, one transaction, one network round trip.
//!
//! BEGIN, all statements and COMMIT are handed to the connection in one poll. Guarantees:
//! - a statement that the *server* refuses turns the COMMIT into a rollback (Postgres does that);
//! - a statement that fails *here*, before it is sent (a value of the wrong type), is seen in the same poll, and
//!   ROLLBACK is sent instead of COMMIT;
//! - dropping the future never leaves a transaction open: either nothing or everything including the end was sent;
//! - the caller learns which statement failed first, or that the outcome is unknown.

use crate::{
    batch::{Param, Statement},
    error::SqlError,
};
use deadpool_postgres::Object;
use futures::{FutureExt as _, TryStreamExt as _};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};
use tokio_postgres::{Client, Error, Row, types::ToSql};

/// Why a pipelined transaction did not certainly happen.
#[derive(Debug)]
pub(crate) enum PipelineError {
    /// Nothing happened; `index` says which statement failed, `None` if it was none of them.
    Failed { index: Option<usize>, error: SqlError },
    /// The connection was lost after COMMIT had been sent.
    OutcomeUnknown,
}

/// A statement with its values, owned by others.
pub(crate) struct Call<'a> {
    pub(crate) sql: &'a str,
    pub(crate) params: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(sql: &'a str, params: &'a [Param]) -> Self {
        Self { sql, params: params.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect() }
    }
}

impl<'a> From<&'a Statement> for Call<'a> {
    fn from(statement: &'a Statement) -> Self {
        Self::new(&statement.sql, &statement.params)
    }
}

/// Runs `calls` all or nothing; the rows of each are returned in order.
pub(crate) async fn run(client: &Object, calls: Vec<Call<'_>>) -> Result<Vec<Vec<Row>>, PipelineError> {
    let mut prepared = Vec::with_capacity(calls.len());
    for (index, call) in calls.into_iter().enumerate() {
        let failed = |error: Error| PipelineError::Failed { index: Some(index), error: error.into() };
        prepared.push((client.prepare_cached(call.sql).await.map_err(failed)?, call.params));
    }
    if client.is_closed() {
        // Nothing has been sent yet, so here a lost connection leaves no doubt.
        return Err(PipelineError::Failed { index: None, error: SqlError::ConnectionLost });
    }
    let alone = prepared.len() == 1;
    let queries = prepared.into_iter().map(|(statement, params)| {
        Step::new(async move {
            let rows = client.query_raw(&statement, params).await?;
            rows.try_collect::<Vec<Row>>().await
        })
    });
    let mut pipeline = Pipeline { client, begin: None, queries: queries.collect(), end: None };
    pipeline.send(alone);
    poll_fn(|context| pipeline.poll(context)).await;
    pipeline.outcome()
}

/// A future and, once there, its result.
enum Step<'a, T> {
    Running(Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>),
    Done(Result<T, Error>),
}

impl<'a, T> Step<'a, T> {
    fn new(future: impl Future<Output = Result<T, Error>> + Send + 'a) -> Self {
        Self::Running(Box::pin(future))
    }

    /// Polls unless done; says whether it is done.
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        if let Self::Running(future) = self
            && let Poll::Ready(result) = future.poll_unpin(context)
        {
            *self = Self::Done(result);
        }
        matches!(self, Self::Done(_))
    }

    fn failed(&self) -> bool {
        matches!(self, Self::Done(Err(_)))
    }

    fn into_result(self) -> Result<T, SqlError> {
        match self {
            Self::Done(result) => result.map_err(SqlError::from),
            Self::Running(_) => Err(SqlError::ConnectionLost),
        }
    }
}

struct Pipeline<'a> {
    client: &'a Client,
    begin: Option<Step<'a, ()>>,
    queries: Vec<Step<'a, Vec<Row>>>,
    end: Option<End<'a>>,
}

enum End<'a> {
    Commit(Step<'a, ()>),
    Rollback(Step<'a, ()>),
}

impl<'a> Pipeline<'a> {
    /// Hands everything to the connection, in order, without giving up the thread in between. A single statement is
    /// its own transaction and needs neither BEGIN nor COMMIT.
    fn send(&mut self, alone: bool) {
        // The driver queues a message at the first poll; real wakers are registered by the polls that follow.
        let context = &mut Context::from_waker(std::task::Waker::noop());
        let client = self.client;
        let simple = |sql: &'static str| Step::new(client.batch_execute(sql));
        if !alone {
            self.begin.insert(simple("BEGIN")).poll(context);
        }
        for query in &mut self.queries {
            query.poll(context);
        }
        if !alone {
            let unsent = self.queries.iter().any(Step::failed);
            let mut end =
                if unsent { End::Rollback(simple("ROLLBACK")) } else { End::Commit(simple("COMMIT")) };
            let (End::Commit(step) | End::Rollback(step)) = &mut end;
            step.poll(context);
            self.end = Some(end);
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Every step is polled each time: `all` would stop at the first that waits and leave no waker in the rest.
        let mut done = self.begin.as_mut().is_none_or(|step| step.poll(context));
        for query in &mut self.queries {
            done &= query.poll(context);
        }
        if let Some(End::Commit(step) | End::Rollback(step)) = &mut self.end {
            done &= step.poll(context);
        }
        if done { Poll::Ready(()) } else { Poll::Pending }
    }

    fn outcome(self) -> Result<Vec<Vec<Row>>, PipelineError> {
        let failed = |index, error| PipelineError::Failed { index, error };
        let begin = self.begin.map_or(Ok(()), Step::into_result);
        let mut rows = Vec::with_capacity(self.queries.len());
        let mut first_error = begin.err().map(|error| (None, error));
        for (index, query) in self.queries.into_iter().enumerate() {
            match query.into_result() {
                Ok(found) => rows.push(found),
                Err(error) => first_error = first_error.or(Some((Some(index), error))),
            }
        }
        match (self.end, first_error) {
            // Never committed, whatever else went wrong.
            (Some(End::Rollback(_)), Some((index, error))) => Err(failed(index, error)),
            (_, Some((_, SqlError::ConnectionLost))) => Err(PipelineError::OutcomeUnknown),
            (_, Some((index, error))) => Err(failed(index, error)),
            (Some(End::Commit(step) | End::Rollback(step)), None) => match step.into_result() {
                Ok(()) => Ok(rows),
                Err(SqlError::ConnectionLost) => Err(PipelineError::OutcomeUnknown),
                Err(error) => Err(failed(None, error)),
            },
            (None, None) => Ok(rows),
        }
    }
}

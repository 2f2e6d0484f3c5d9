//! Frequent reads that come at the same moment, answered by one statement.
//!
//! Whoever asks while enough statements are under way waits for the next one, which asks for all who wait. So the busier the
//! server, the less each read costs the database, and nobody waits while there is room.
//!
//! Guarantees: each answer is what the database holds at a moment after it was asked for; an asker that goes away holds up
//! nobody; when a shared statement fails, each asks again alone and hears of its own error.

use super::{Bearer, Beheld, MANY_KEYS, MANY_SESSIONS, Token};
use crate::columns;
use dbx_domain::ids::InstanceId;
use dbx_sql::{Database, SqlError};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{runtime::Handle, sync::oneshot};
use tokio_postgres::{Row, types::ToSql};

/// Statements of a kind under way at once: while one is sent and read, another is executed.
const AT_ONCE: usize = 2;
/// Most askers of one statement.
const SHARERS_MAX: usize = 64;

/// Looks for bearers of tokens and the instances they ask for.
#[derive(Debug)]
pub struct Sights {
    db: Database,
    sessions: Arc<Line>,
    api_keys: Arc<Line>,
}

/// Those who ask by one kind of token.
#[derive(Debug, Default)]
struct Line(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    waiting: VecDeque<Asker>,
}

#[derive(Debug)]
struct Asker {
    token: Owned,
    instance: String,
    answer: oneshot::Sender<Option<Row>>,
}

/// A [`Token`] that outlives its request.
#[derive(Debug)]
enum Owned {
    Session([u8; 32]),
    ApiKey(String),
}

impl Sights {
    /// Over `db`.
    pub fn new(db: Database) -> Self {
        Self { db, sessions: Arc::default(), api_keys: Arc::default() }
    }

    /// Whom the token stands for, and the instance, deleted or not.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn instance(
        &self,
        token: Token<'_>,
        instance: InstanceId,
    ) -> Result<Option<(Bearer, Option<Beheld>)>, SqlError> {
        let line = match token {
            Token::Session(_) => &self.sessions,
            Token::ApiKey(_) => &self.api_keys,
        };
        let row = match line.enter(&self.db, token, instance) {
            Ok(_turn) => token.alone(&self.db, instance).await?,
            Err(answer) => match answer.await {
                Ok(row) => row,
                Err(_) => token.alone(&self.db, instance).await?,
            },
        };
        row.map(|row| token.read_with_instance(&row)).transpose()
    }
}

impl Line {
    /// A turn of one's own, or a place among those who wait.
    fn enter(
        self: &Arc<Self>,
        db: &Database,
        token: Token<'_>,
        instance: InstanceId,
    ) -> Result<Turn, oneshot::Receiver<Option<Row>>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.under_way < AT_ONCE {
            state.under_way += 1;
            return Ok(Turn { line: Arc::clone(self), db: db.clone() });
        }
        let (answer, awaited) = oneshot::channel();
        let token = match token {
            Token::Session(hash) => Owned::Session(*hash),
            Token::ApiKey(prefix) => Owned::ApiKey(prefix.to_owned()),
        };
        state.waiting.push_back(Asker { token, instance: instance.to_string(), answer });
        Err(awaited)
    }

    /// Those who wait, as many as one statement asks for. If nobody does, the turn is over.
    fn next(&self) -> Option<Vec<Asker>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.waiting.is_empty() {
            state.under_way -= 1;
            return None;
        }
        let sharers = state.waiting.len().min(SHARERS_MAX);
        Some(state.waiting.drain(..sharers).collect())
    }
}

/// The right to have a statement under way; it passes to those who wait, also if its holder goes away.
struct Turn {
    line: Arc<Line>,
    db: Database,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(askers) = self.line.next() else { return };
        let turn = Self { line: Arc::clone(&self.line), db: self.db.clone() };
        // Without a runtime the process ends, and who waits with it.
        if let Ok(runtime) = Handle::try_current() {
            // The turn passes on again when the task ends, however it ends.
            runtime.spawn(async move { answer(&turn.db, askers).await });
        }
    }
}

/// Asks for all of them and hands out what was found. Who gets no answer asks alone.
async fn answer(db: &Database, askers: Vec<Asker>) {
    match rows(db, &askers).await {
        Ok(found) => {
            for (asker, row) in askers.into_iter().zip(found) {
                // Who went away needs none.
                let _ = asker.answer.send(row);
            }
        }
        Err(error) => tracing::debug!(%error, askers = askers.len(), "a shared statement failed"),
    }
}

async fn rows(db: &Database, askers: &[Asker]) -> Result<Vec<Option<Row>>, SqlError> {
    let (mut hashes, mut prefixes): (Vec<&[u8]>, Vec<&str>) = (Vec::new(), Vec::new());
    for asker in askers {
        match &asker.token {
            Owned::Session(hash) => hashes.push(hash),
            Owned::ApiKey(prefix) => prefixes.push(prefix),
        }
    }
    // A line has tokens of one kind only.
    let (sql, tokens, (step, days)): (_, &(dyn ToSql + Sync), _) = match hashes.is_empty() {
        false => (MANY_SESSIONS, &hashes, super::OF_SESSIONS),
        true => (MANY_KEYS, &prefixes, super::OF_API_KEYS),
    };
    let instances: Vec<&str> = askers.iter().map(|asker| asker.instance.as_str()).collect();
    let mut found: Vec<Option<Row>> = askers.iter().map(|_| None).collect();
    for row in columns::rows(db, sql, &[tokens, &step, &days, &instances]).await? {
        let number: i64 = row.try_get("by_number")?;
        let place = usize::try_from(number - 1).ok().and_then(|index| found.get_mut(index));
        *place.ok_or_else(|| columns::unreadable("by_number", "nobody asked"))? = Some(row);
    }
    Ok(found)
}

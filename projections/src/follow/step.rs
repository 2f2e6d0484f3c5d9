//! One step of a follower: read a page, apply it, move the cursor.

use super::{ALL, ApplyError, AsyncProjection, Follower};
use dbx_sql::{Cursor, Database, EventFeed, MAX_FEED_PAGE, RecordedEvent, SqlError, Upcasters};
use std::{sync::Arc, time::Duration};

const READ: &str = "SELECT cursor FROM projection_cursors WHERE name = $1";
const MOVE: &str = "UPDATE projection_cursors SET cursor = $3, moved_at = dbx_now(), stopped = NULL
                    WHERE name = $1 AND cursor = $2";
const STOP: &str = "UPDATE projection_cursors SET stopped = $3 WHERE name = $1 AND cursor = $2";

/// What a step came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stepped {
    /// Some events were applied.
    Moved(usize),
    /// There is nothing to apply now.
    CaughtUp,
    /// Somebody else moved the cursor; look again where it is.
    Overtaken,
    /// It cannot go on before this event.
    Stopped(String),
}

/// A follower on its way through the feed.
pub(super) struct Steps {
    db: Database,
    feed: EventFeed,
    upcasters: Upcasters,
    name: &'static str,
    projection: Arc<dyn AsyncProjection>,
    cursor: Option<Cursor>,
    /// Fewer after a refusal, so that the event that causes it is found.
    limit: u32,
}

impl Steps {
    pub(super) fn new(db: Database, upcasters: Upcasters, follower: &Follower) -> Self {
        Self {
            feed: EventFeed::new(db.clone()),
            db,
            upcasters,
            name: follower.name,
            projection: (follower.projection)(),
            cursor: None,
            limit: MAX_FEED_PAGE,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// Looks up the cursor at the next step: somebody else may have had the turn.
    pub(super) fn forget(&mut self) {
        self.cursor = None;
    }

    /// Applies the next events.
    pub(super) async fn step(&mut self) -> Result<Stepped, SqlError> {
        let cursor = self.cursor().await?;
        let page = self.feed.next(&cursor, self.limit).await?;
        let events: Vec<RecordedEvent> =
            page.events.into_iter().map(|event| self.upcasters.current(event)).collect();
        if events.is_empty() {
            return Ok(Stepped::CaughtUp);
        }
        match self.apply(&cursor, &events).await {
            Ok(stepped) => {
                self.limit = (self.limit * 2).min(MAX_FEED_PAGE);
                Ok(stepped)
            }
            Err(ApplyError::Event { index, source }) => match index {
                0 => self.stop(&cursor, source.to_string()).await,
                sound => self.apply_sound(&cursor, &events[..sound]).await,
            },
            Err(ApplyError::Sql(error)) if !blames_an_event(&error) => Err(error),
            Err(ApplyError::Sql(_)) if events.len() > 1 => {
                self.limit = u32::try_from(events.len() / 2).unwrap_or(1);
                Ok(Stepped::Moved(0))
            }
            Err(ApplyError::Sql(error)) => {
                let event = &events[0];
                let (kind, id, sequence) = (&event.event_type, &event.aggregate_id, event.sequence);
                self.stop(&cursor, format!("cannot project {kind} {id} #{sequence}: {error}")).await
            }
        }
    }

    async fn cursor(&mut self) -> Result<Cursor, SqlError> {
        if let Some(cursor) = self.cursor {
            return Ok(cursor);
        }
        let client = self.db.client().await?;
        let statement = client.prepare_cached(READ).await?;
        let row = client.query_one(&statement, &[&self.name]).await?;
        let cursor = row.try_get::<_, &str>(0)?.parse();
        let cursor = cursor.map_err(|error| crate::columns::unreadable("cursor", error))?;
        self.cursor = Some(cursor);
        Ok(cursor)
    }

    async fn apply(&mut self, from: &Cursor, events: &[RecordedEvent]) -> Result<Stepped, ApplyError> {
        let to = events.last().map_or(*from, Cursor::after);
        let mut client = self.db.client().await?;
        let transaction = client.transaction().await?;
        // Cursor and effect are lost together, if at all; then they are made again.
        transaction.batch_execute("SET LOCAL synchronous_commit = off").await?;
        // First of all, so that whoever rebuilds or overtakes is met before anything else is locked.
        let statement = transaction.prepare_cached(MOVE).await?;
        let (from, end) = (from.to_string(), to.to_string());
        if transaction.execute(&statement, &[&self.name, &from, &end]).await? == 0 {
            self.cursor = None;
            return Ok(Stepped::Overtaken);
        }
        self.projection.apply(&transaction, events).await?;
        transaction.commit().await?;
        self.cursor = Some(to);
        Ok(Stepped::Moved(events.len()))
    }

    /// Applies what comes before the event that cannot be applied; the next step begins with that one.
    async fn apply_sound(&mut self, from: &Cursor, events: &[RecordedEvent]) -> Result<Stepped, SqlError> {
        match self.apply(from, events).await {
            Ok(stepped) => Ok(stepped),
            Err(ApplyError::Sql(error)) => Err(error),
            Err(ApplyError::Event { source, .. }) => self.stop(from, source.to_string()).await,
        }
    }

    async fn stop(&self, at: &Cursor, why: String) -> Result<Stepped, SqlError> {
        let client = self.db.client().await?;
        let statement = client.prepare_cached(STOP).await?;
        client.execute(&statement, &[&self.name, &at.to_string(), &why]).await?;
        Ok(Stepped::Stopped(why))
    }
}

/// Whether a failure has its cause in what was to be written, and not in the state of the database server.
fn blames_an_event(error: &SqlError) -> bool {
    // Classes: insufficient resources, operator intervention, system error.
    let of_server =
        error.code().is_some_and(|code| ["53", "57", "58"].iter().any(|class| code.starts_with(class)));
    !error.is_transient() && !of_server
}

/// How long to wait for a transaction that holds events back.
const HELD_BACK: Duration = Duration::from_millis(5);

/// Lets every follower apply everything that is committed now: for tools and tests. A running server does this by
/// itself.
///
/// # Errors
/// The exchange with Postgres failed, or an event cannot be applied.
pub async fn catch_up(db: &Database, upcasters: &Upcasters) -> Result<(), SqlError> {
    let end = EventFeed::new(db.clone()).newest().await?;
    for follower in ALL {
        let mut steps = Steps::new(db.clone(), upcasters.clone(), follower);
        while steps.cursor().await? < end {
            match steps.step().await? {
                Stepped::CaughtUp => tokio::time::sleep(HELD_BACK).await,
                Stepped::Stopped(why) => return Err(crate::columns::unreadable(follower.name, why)),
                Stepped::Moved(_) | Stepped::Overtaken => {}
            }
        }
    }
    Ok(())
}

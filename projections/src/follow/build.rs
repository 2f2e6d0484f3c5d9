//! Builds followers' tables from the whole log, beside the living ones.
//!
//! New tables fill in a schema of their own, page by page, while the living followers go on; several are built in one
//! pass. Then, in one transaction, their cursors are locked, what they have applied beyond the new tables is applied to
//! those too, and they take the old ones' place. Guarantee: whoever reads finds the old tables or the new ones, never fewer events than before.

use super::{AsyncProjection, Follower};
use crate::rebuild::{ModelError, Rebuilt};
use dbx_sql::{Cursor, Database, EventFeed, MAX_FEED_PAGE, Page, RecordedEvent, SqlError, Upcasters};
use deadpool_postgres::{Object, Transaction};
use std::sync::Arc;

/// Builds `followers`; the caller has the turn to install and rebuild.
pub(crate) async fn build(
    db: &Database,
    followers: &[&'static Follower],
    upcasters: &Upcasters,
) -> Result<Vec<Rebuilt>, ModelError> {
    let mut shadow = Shadow::new(db, followers, upcasters);
    let mut client = shadow.fill().await?;
    shadow.index(&mut client).await?;
    let swap = client.transaction().await?;
    shadow.in_shadow(&swap).await?;
    let mut living = Cursor::START;
    for follower in followers {
        living = living.max(lock_cursor(&swap, follower.name).await?);
    }
    shadow.go_on(&swap, living, Until::End).await?;
    let built = shadow.replace(&swap).await?;
    swap.commit().await?;
    Ok(built)
}

/// Builds the tables anew and compares them with the living ones as of the same event; gives the differing rows of each
/// table. The living follower waits for the comparison, nobody else does.
pub(crate) async fn compare(
    db: &Database,
    follower: &'static Follower,
    upcasters: &Upcasters,
) -> Result<Vec<(&'static str, u64)>, ModelError> {
    let mut shadow = Shadow::new(db, &[follower], upcasters);
    let mut client = shadow.fill_to_living(follower.name).await?;
    let transaction = client.transaction().await?;
    shadow.in_shadow(&transaction).await?;
    let living = lock_cursor(&transaction, follower.name).await?;
    shadow.go_on(&transaction, living, Until::Living).await?;
    let mut differing = Vec::new();
    for table in follower.tables {
        let rows =
            crate::rebuild::differing(&transaction, table, (&shadow.home, &shadow.schema), &[]).await?;
        differing.push((*table, rows));
    }
    transaction.rollback().await?;
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", shadow.schema)).await?;
    Ok(differing)
}

async fn lock_cursor(transaction: &Transaction<'_>, name: &str) -> Result<Cursor, ModelError> {
    let known = "INSERT INTO projection_cursors (name, cursor) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    transaction.execute(known, &[&name, &Cursor::START.to_string()]).await?;
    let lock = "SELECT cursor FROM projection_cursors WHERE name = $1 FOR UPDATE";
    read_cursor(&transaction.query_one(lock, &[&name]).await?)
}

fn read_cursor(row: &tokio_postgres::Row) -> Result<Cursor, ModelError> {
    let cursor = row.try_get::<_, &str>(0)?.parse();
    Ok(cursor.map_err(|error| crate::columns::unreadable("cursor", error))?)
}

/// How far to go in the last transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// As far as can be read, and at least as far as the living tables.
    End,
    /// As far as the living tables, exactly.
    Living,
}

/// Tables on their way through the log.
struct Shadow<'a> {
    db: &'a Database,
    feed: EventFeed,
    followers: Vec<(&'static Follower, Arc<dyn AsyncProjection>)>,
    upcasters: &'a Upcasters,
    home: String,
    schema: String,
    cursor: Cursor,
    events: u64,
}

impl<'a> Shadow<'a> {
    fn new(db: &'a Database, followers: &[&'static Follower], upcasters: &'a Upcasters) -> Self {
        Self {
            db,
            feed: EventFeed::new(db.clone()),
            followers: followers.iter().map(|follower| (*follower, (follower.projection)())).collect(),
            upcasters,
            home: String::new(),
            schema: "rebuild_followers".to_owned(),
            cursor: Cursor::START,
            events: 0,
        }
    }

    async fn create(&mut self) -> Result<Object, ModelError> {
        let mut client = self.db.client().await?;
        self.home = client.query_one("SELECT quote_ident(current_schema())", &[]).await?.try_get(0)?;
        let schema = &self.schema;
        client
            .batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"))
            .await?;
        let creation = client.transaction().await?;
        self.in_shadow(&creation).await?;
        for (follower, _) in &self.followers {
            creation.batch_execute(follower.ddl).await?;
        }
        creation.commit().await?;
        Ok(client)
    }

    /// Makes the indexes that only readers need, each sorted at once instead of grown row by row.
    async fn index(&self, client: &mut Object) -> Result<(), ModelError> {
        let creation = client.transaction().await?;
        self.in_shadow(&creation).await?;
        for (follower, _) in &self.followers {
            creation.batch_execute(follower.indexes).await?;
        }
        Ok(creation.commit().await?)
    }

    /// Puts the tables into the place of the living ones, and the cursors to where the tables are.
    async fn replace(&self, swap: &Transaction<'_>) -> Result<Vec<Rebuilt>, ModelError> {
        const MOVED: &str =
            "UPDATE projection_cursors SET cursor = $2, moved_at = dbx_now(), stopped = NULL WHERE name = $1";
        let (home, schema, cursor) = (&self.home, &self.schema, self.cursor.to_string());
        for table in self.followers.iter().flat_map(|(follower, _)| follower.tables) {
            let replace = format!(
                "DROP TABLE IF EXISTS {home}.{table}; ALTER TABLE {schema}.{table} SET SCHEMA {home}"
            );
            swap.batch_execute(&replace).await?;
        }
        swap.batch_execute(&format!("DROP SCHEMA {schema}; SET LOCAL search_path = {home}")).await?;
        let mut built = Vec::new();
        for Follower { name, version, .. } in self.followers.iter().map(|(follower, _)| *follower) {
            swap.execute(MOVED, &[name, &cursor]).await?;
            crate::rebuild::record(swap, name, *version).await?;
            tracing::info!(projection = name, version, events = self.events, "built a read model");
            built.push(Rebuilt { name, events: self.events });
        }
        Ok(built)
    }

    /// Creates the tables and applies all that can be read now.
    async fn fill(&mut self) -> Result<Object, ModelError> {
        let mut client = self.create().await?;
        let mut page = self.next().await?;
        // What is not a full page any more is left to the last transaction: appends go on, and there is always a little.
        while page.events.len() == MAX_FEED_PAGE as usize {
            page = self.apply_and_read(&mut client, page).await?;
        }
        Ok(client)
    }

    /// Creates the tables and applies what the living ones show now.
    async fn fill_to_living(&mut self, name: &str) -> Result<Object, ModelError> {
        let mut client = self.create().await?;
        let sql = "SELECT cursor FROM projection_cursors WHERE name = $1";
        let living = match client.query_opt(sql, &[&name]).await? {
            Some(row) => read_cursor(&row)?,
            None => Cursor::START,
        };
        let mut page = up_to(self.next().await?, &living);
        while !page.events.is_empty() {
            page = up_to(self.apply_and_read(&mut client, page).await?, &living);
        }
        Ok(client)
    }

    /// Applies a page in a transaction of its own while the next one is read.
    async fn apply_and_read(&mut self, client: &mut Object, page: Page) -> Result<Page, ModelError> {
        let (feed, cursor) = (self.feed.clone(), page.cursor);
        let applied = async {
            let transaction = client.transaction().await?;
            self.in_shadow(&transaction).await?;
            // Pages need not be durable one by one: the swap's commit is, and flushes all that came before it.
            transaction.batch_execute("SET LOCAL synchronous_commit = off").await?;
            self.apply(&transaction, page).await?;
            transaction.commit().await?;
            Ok::<_, ModelError>(())
        };
        let (applied, next) = tokio::join!(applied, feed.next(&cursor, MAX_FEED_PAGE));
        applied?;
        Ok(next?)
    }

    /// Goes on inside the last transaction, while the living tables stand still.
    async fn go_on(
        &mut self,
        transaction: &Transaction<'_>,
        living: Cursor,
        until: Until,
    ) -> Result<(), ModelError> {
        loop {
            let mut page = self.next().await?;
            if until == Until::Living {
                page = up_to(page, &living);
            }
            if page.events.is_empty() {
                return Ok(());
            }
            self.apply(transaction, page).await?;
        }
    }

    async fn next(&self) -> Result<Page, SqlError> {
        self.feed.next(&self.cursor, MAX_FEED_PAGE).await
    }

    async fn apply(&mut self, transaction: &Transaction<'_>, page: Page) -> Result<(), ModelError> {
        let events: Vec<RecordedEvent> =
            page.events.into_iter().map(|event| self.upcasters.current(event)).collect();
        for (follower, projection) in &self.followers {
            let applied = projection.apply(transaction, &events).await;
            applied.map_err(|error| ModelError::Apply { name: follower.name, source: error.into() })?;
        }
        self.cursor = page.cursor;
        self.events += events.len() as u64;
        Ok(())
    }

    async fn in_shadow(&self, transaction: &Transaction<'_>) -> Result<(), ModelError> {
        let (schema, home) = (&self.schema, &self.home);
        let path = format!(
            "SET LOCAL search_path = {schema}, {home}; SET LOCAL client_min_messages = warning;
             SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
        );
        Ok(transaction.batch_execute(&path).await?)
    }
}

/// The part of a page that `last` is behind.
fn up_to(mut page: Page, last: &Cursor) -> Page {
    page.events.retain(|event| Cursor::after(event) <= *last);
    page.cursor = page.events.last().map_or(page.cursor, Cursor::after);
    page
}

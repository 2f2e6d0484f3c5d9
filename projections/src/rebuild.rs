//! Builds a read model from the whole log.
//!
//! Beside the living tables: the new ones fill in a schema of their own, page by page along the feed, while the
//! server goes on appending. Then, in one transaction, appends wait, the rest of the log is applied, and the new
//! tables take the old ones' place. Guarantee: the tables that appends find afterwards show every event before, and
//! a failure at any moment leaves the old tables in place; what it leaves in the other schema, the next one drops.
//!
//! The order is the feed's. It is causal, also across streams: whoever decided on what a transaction wrote has a
//! later transaction number (see `dbx_sql::EventStore`).

use crate::model::{ReadModel, Rebuild};
use dbx_domain::time::Timestamp;
use dbx_sql::{
    Cursor, Database, EventFeed, InlineProjection, MAX_FEED_PAGE, RebuildError, RecordedEvent, SqlError,
    Upcasters, Xid, run_projection,
};
use deadpool_postgres::{Object, Transaction};
use futures::future::try_join_all;
use time::OffsetDateTime;
use tokio_postgres::Row;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The read model.
    pub name: &'static str,
    /// Events of the log that it was built from, those that it does not show included.
    pub events: u64,
}

/// Why a read model was not built.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There is none of that name.
    #[error("there is no read model `{name}`; choose one of {known}")]
    Unknown {
        /// What was given.
        name: String,
        /// All names.
        known: String,
    },
    /// It can only be rebuilt while no worker runs.
    #[error(
        "{leases} instance(s) are leased by workers; stop every dbxd, wait for the leases to end, and rebuild {name} then"
    )]
    Busy {
        /// The read model.
        name: &'static str,
        /// Live leases.
        leases: i64,
    },
    /// An event could not be applied.
    #[error("read model {name} cannot be built: {source}")]
    Apply {
        /// The read model.
        name: &'static str,
        /// Which event, and why.
        source: RebuildError,
    },
    /// The exchange with Postgres failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl From<tokio_postgres::Error> for ModelError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error.into())
    }
}

/// Waits for appends under way: statements after it see them, and nothing can come behind them. Taken before any
/// lock on a read model, in the order in which appends take them.
const APPENDS_WAIT: &str = "LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE";

/// Builds `model`; the caller has the turn.
pub(crate) async fn build(
    db: &Database,
    model: &'static ReadModel,
    upcasters: &Upcasters,
) -> Result<Rebuilt, ModelError> {
    let mut replay = Replay::new(model, upcasters);
    match model.rebuild {
        Rebuild::Swap => beside(db, &mut replay).await?,
        Rebuild::WhileIdle => in_place(db, &mut replay).await?,
    }
    tracing::info!(
        projection = model.name,
        version = model.version,
        events = replay.events,
        "built a read model"
    );
    Ok(Rebuilt { name: model.name, events: replay.events })
}

/// A projection on its way through the log.
struct Replay<'a> {
    model: &'static ReadModel,
    projection: std::sync::Arc<dyn InlineProjection>,
    upcasters: &'a Upcasters,
    /// The last event that was applied.
    place: (Xid, i64),
    events: u64,
}

/// Tables that fill beside the living ones.
struct Beside {
    client: Object,
    home: String,
    schema: String,
    /// Makes a transaction find the new tables before the living ones.
    into_shadow: String,
}

async fn beside(db: &Database, replay: &mut Replay<'_>) -> Result<(), ModelError> {
    let Beside { mut client, home, schema, into_shadow } = fill_beside(db, replay).await?;
    let swap = client.transaction().await?;
    swap.batch_execute(&into_shadow).await?;
    replay.rest(&swap).await?;
    for table in replay.model.tables {
        let replace =
            format!("DROP TABLE IF EXISTS {home}.{table}; ALTER TABLE {schema}.{table} SET SCHEMA {home}");
        swap.batch_execute(&replace).await?;
    }
    swap.batch_execute(&format!("DROP SCHEMA {schema}; SET LOCAL search_path = {home}")).await?;
    record(&swap, replay.model.name, replay.model.version).await?;
    Ok(swap.commit().await?)
}

async fn fill_beside(db: &Database, replay: &mut Replay<'_>) -> Result<Beside, ModelError> {
    let mut client = db.client().await?;
    let home: String = client.query_one("SELECT quote_ident(current_schema())", &[]).await?.try_get(0)?;
    let schema = format!("rebuild_{}", replay.model.name);
    let into_shadow =
        format!("SET LOCAL search_path = {schema}, {home}; SET LOCAL client_min_messages = warning");
    // Pages need not be durable one by one: the swap's commit is, and flushes all that came before it.
    let into_page = format!("{into_shadow}; SET LOCAL synchronous_commit = off");
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await?;
    let creation = client.transaction().await?;
    creation.batch_execute(&into_shadow).await?;
    creation.batch_execute(replay.model.ddl).await?;
    for table in replay.model.tables {
        // Those that a migration makes have no DDL here.
        let alike = format!("CREATE TABLE {schema}.{table} (LIKE {home}.{table} INCLUDING ALL)");
        if replay.model.ddl.is_empty() {
            creation.batch_execute(&alike).await?;
        }
    }
    creation.commit().await?;
    let (feed, mut cursor) = (EventFeed::new(db.clone()), Cursor::START);
    loop {
        let page = feed.next(&cursor, MAX_FEED_PAGE).await?;
        let transaction = client.transaction().await?;
        transaction.batch_execute(&into_page).await?;
        replay.apply(&transaction, &page.events).await?;
        transaction.commit().await?;
        cursor = page.cursor;
        if page.events.len() < MAX_FEED_PAGE as usize {
            break;
        }
    }
    Ok(Beside { client, home, schema, into_shadow })
}

/// Builds `model` beside the living tables and compares, while appends wait; gives the differing rows of each table.
pub(crate) async fn compare(
    db: &Database,
    model: &'static ReadModel,
    upcasters: &Upcasters,
) -> Result<Vec<(&'static str, u64)>, ModelError> {
    let mut replay = Replay::new(model, upcasters);
    let Beside { mut client, home, schema, into_shadow } = fill_beside(db, &mut replay).await?;
    let transaction = client.transaction().await?;
    transaction.batch_execute(&into_shadow).await?;
    replay.rest(&transaction).await?;
    let mut found = Vec::new();
    for table in model.tables {
        let rows = differing(&transaction, table, (&home, &schema), model.beside_log).await?;
        found.push((*table, rows));
    }
    transaction.rollback().await?;
    client.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).await?;
    Ok(found)
}

async fn in_place(db: &Database, replay: &mut Replay<'_>) -> Result<(), ModelError> {
    let mut client = db.client().await?;
    let transaction = client.transaction().await?;
    transaction.batch_execute(APPENDS_WAIT).await?;
    for table in replay.model.tables {
        transaction.batch_execute(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).await?;
    }
    let live = "SELECT count(*) FROM workflow_queue WHERE lease_until > dbx_now()";
    let leases: i64 = transaction.query_one(live, &[]).await?.try_get(0)?;
    if leases > 0 {
        return Err(ModelError::Busy { name: replay.model.name, leases });
    }
    for table in replay.model.tables {
        transaction.batch_execute(&format!("DELETE FROM {table}")).await?;
    }
    replay.rest(&transaction).await?;
    record(&transaction, replay.model.name, replay.model.version).await?;
    Ok(transaction.commit().await?)
}

/// Notes which version of a read model the database holds from here on.
pub(crate) async fn record(transaction: &Transaction<'_>, name: &str, version: i32) -> Result<(), SqlError> {
    let sql = "INSERT INTO projection_versions (name, version, built_at) VALUES ($1, $2, dbx_now())
               ON CONFLICT (name) DO UPDATE SET version = excluded.version, built_at = excluded.built_at";
    transaction.execute(sql, &[&name, &version]).await?;
    Ok(())
}

/// How many rows of `table` are in one schema and not in the other, columns in `beside_log` left out of account.
pub(crate) async fn differing(
    transaction: &Transaction<'_>,
    table: &str,
    (home, schema): (&str, &str),
    beside_log: &[&str],
) -> Result<u64, SqlError> {
    let sql = format!(
        "WITH living AS (SELECT to_jsonb(t) - $1::text[] AS row FROM {home}.{table} t),
              built AS (SELECT to_jsonb(t) - $1::text[] AS row FROM {schema}.{table} t)
         SELECT (SELECT count(*) FROM (TABLE living EXCEPT ALL TABLE built) l)
              + (SELECT count(*) FROM (TABLE built EXCEPT ALL TABLE living) b)"
    );
    let row = transaction.query_one(&sql, &[&beside_log]).await?;
    Ok(row.try_get::<_, i64>(0)?.cast_unsigned())
}

impl<'a> Replay<'a> {
    fn new(model: &'static ReadModel, upcasters: &'a Upcasters) -> Self {
        Self { model, projection: (model.projection)(), upcasters, place: (Xid(0), 0), events: 0 }
    }

    /// Makes appends wait until the transaction ends, and applies all that is left of the log.
    async fn rest(&mut self, transaction: &Transaction<'_>) -> Result<(), ModelError> {
        const SQL: &str =
            "SELECT e.position, e.xid, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type,
                e.event_version, e.payload, e.metadata, e.recorded_at, e.hash
            FROM events e WHERE (e.xid, e.position) > ($1, $2) ORDER BY e.xid, e.position LIMIT 1000";
        transaction.batch_execute(APPENDS_WAIT).await?;
        let statement = transaction.prepare(SQL).await?;
        loop {
            let (xid, position) = self.place;
            let rows = transaction.query(&statement, &[&xid, &position]).await?;
            let events = rows.iter().map(recorded).collect::<Result<Vec<_>, _>>()?;
            if events.is_empty() {
                return Ok(());
            }
            self.apply(transaction, &events).await?;
        }
    }

    /// Applies a page. Where streams are independent of each other, their statements travel together; within a stream
    /// each waits for the one before. In `reservations` they are not: an address goes from one to another.
    async fn apply(
        &mut self,
        transaction: &Transaction<'_>,
        events: &[RecordedEvent],
    ) -> Result<(), ModelError> {
        let mut streams: Vec<Vec<&RecordedEvent>> = Vec::new();
        let mut index = std::collections::HashMap::new();
        for event in events {
            let stream = (self.model.rebuild == Rebuild::Swap)
                .then_some((event.aggregate_type.as_str(), event.aggregate_id.as_str()));
            let stream = *index.entry(stream).or_insert_with(|| {
                streams.push(Vec::new());
                streams.len() - 1
            });
            streams[stream].push(event);
        }
        let (projection, upcasters) = (self.projection.as_ref(), self.upcasters);
        let runs = streams.into_iter().map(|stream| async move {
            for event in stream {
                run_projection(transaction, projection, upcasters, event).await?;
            }
            Ok(())
        });
        try_join_all(runs).await.map_err(|source| ModelError::Apply { name: self.model.name, source })?;
        if let Some(last) = events.last() {
            self.place = (last.xid, last.position);
        }
        self.events += events.len() as u64;
        Ok(())
    }
}

fn recorded(row: &Row) -> Result<RecordedEvent, tokio_postgres::Error> {
    Ok(RecordedEvent {
        position: row.try_get(0)?,
        xid: row.try_get(1)?,
        aggregate_type: row.try_get(2)?,
        aggregate_id: row.try_get(3)?,
        sequence: row.try_get::<_, i64>(4)?.cast_unsigned(),
        event_type: row.try_get(5)?,
        event_version: row.try_get(6)?,
        payload: row.try_get(7)?,
        metadata: row.try_get(8)?,
        recorded_at: Timestamp::from(row.try_get::<_, OffsetDateTime>(9)?),
        hash: row.try_get::<_, Option<&[u8]>>(10)?.and_then(|bytes| bytes.try_into().ok()),
    })
}

//! The event store: streams in, streams out.
//!
//! How to change anything: load, decide on what was loaded, commit on the loaded head; on a conflict do all three
//! again. Nothing is read inside the transaction, and there is no append "at any version". Besides being simple this
//! keeps the feed in stream order: whoever appends #2 has seen #1 committed before its own transaction began, so #2
//! always has the later xid.

use crate::{
    chain::{ChainBroken, Link, Verified, Verifier},
    commit::{Commit, CommitError, Committed},
    database::Database,
    error::SqlError,
    event::{RecordedEvent, StreamHead, hash_column, recorded_columns},
    feed::Cursor,
    fold::Fold,
    group::GroupWriter,
    json_text::JsonText,
    plan::CommitPlan,
    projection::InlineProjection,
    upcast::Upcasters,
};
use cqrs_es::Aggregate;
use dbx_domain::time::Timestamp;
use std::{collections::HashMap, sync::Arc};
use tokio_postgres::{Row, types::ToSql};

/// Most events that one [`EventStore::read_stream`] returns.
pub const MAX_PAGE: u32 = 1_000;

/// An aggregate and the head it was folded from.
#[derive(Debug)]
pub struct Loaded<A> {
    /// The state.
    pub aggregate: A,
    /// What an append of new decisions must build on.
    pub head: StreamHead,
}

/// A point in a stream's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Up to and including the event at this place of the feed; also one of another stream.
    Position(Cursor),
    /// Up to and including events recorded at this time.
    Time(Timestamp),
    /// Up to and including the stream's own event of this sequence, or the whole stream if it is shorter.
    Version(u64),
}

/// Why a stream could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The exchange with Postgres failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// An event is of a shape that this program cannot read.
    #[error("{aggregate_type} {aggregate_id} #{sequence} cannot be read: {why}; is an upcaster missing?")]
    Unreadable {
        /// Kind of stream.
        aggregate_type: String,
        /// Which stream.
        aggregate_id: String,
        /// Which event.
        sequence: u64,
        /// Parser's complaint.
        why: String,
    },
    /// Events are missing or were changed.
    #[error("{aggregate_type} {aggregate_id}: {broken}")]
    Broken {
        /// Kind of stream.
        aggregate_type: String,
        /// Which stream.
        aggregate_id: String,
        /// Where and how.
        broken: ChainBroken,
    },
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error.into())
    }
}

/// Reads and appends; clones share everything.
#[derive(Clone)]
pub struct EventStore {
    db: Database,
    projections: Arc<[Arc<dyn InlineProjection>]>,
    upcasters: Upcasters,
    writer: GroupWriter,
}

impl EventStore {
    /// A store whose commits keep `projections` up to date. Without [`Self::with_upcasters`] nothing is upcast.
    pub fn new(db: Database, projections: Vec<Arc<dyn InlineProjection>>) -> Self {
        let writer = GroupWriter::new(db.clone());
        Self { db, projections: projections.into(), upcasters: Upcasters::default(), writer }
    }

    /// Upcasts old events on load with `upcasters`.
    #[must_use]
    pub fn with_upcasters(mut self, upcasters: Upcasters) -> Self {
        self.upcasters = upcasters;
        self
    }

    /// The database behind it.
    pub fn database(&self) -> &Database {
        &self.db
    }

    /// The upcasters, for readers of raw events.
    pub fn upcasters(&self) -> &Upcasters {
        &self.upcasters
    }

    /// Folds a whole stream. A stream without events gives the default state and [`StreamHead::NEW`].
    ///
    /// # Errors
    /// [`StoreError`]; never a state folded from a part of the stream.
    pub async fn load<A: Aggregate>(&self, id: &str) -> Result<Loaded<A>, StoreError> {
        const SQL: &str = "SELECT e.sequence, e.event_type, e.event_version, e.payload, e.hash FROM events e
                           WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 ORDER BY e.sequence";
        self.fold::<A>(SQL, id, &[&A::TYPE, &id]).await
    }

    /// Folds several streams as [`Self::load`], in one statement. Those that cannot be read, are not there or end with
    /// events of another program are left out.
    ///
    /// # Errors
    /// [`StoreError`], when nothing could be read.
    pub async fn load_many<A: Aggregate>(
        &self,
        ids: &[&str],
    ) -> Result<HashMap<String, Loaded<A>>, StoreError> {
        const SQL: &str =
            "SELECT e.sequence, e.event_type, e.event_version, e.payload, e.hash, e.aggregate_id
                           FROM events e WHERE e.aggregate_type = $1 AND e.aggregate_id = ANY ($2)
                           ORDER BY e.aggregate_id, e.sequence";
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = {
            let client = self.db.client().await?;
            let statement = client.prepare_cached(SQL).await?;
            client.query(&statement, &[&A::TYPE, &ids]).await?
        };
        let streams = rows.chunk_by(|one, other| stream_of(one) == stream_of(other));
        let loaded = streams.filter_map(|rows| {
            let id = stream_of(rows.first()?);
            let loaded = self.fold_rows::<A>(id, rows).ok()?;
            loaded.head.hash.is_some().then(|| (id.to_owned(), loaded))
        });
        Ok(loaded.collect())
    }

    fn fold_rows<A: Aggregate>(&self, id: &str, rows: &[Row]) -> Result<Loaded<A>, StoreError> {
        let mut fold = Fold::<A>::new(id, &self.upcasters);
        for row in rows {
            let JsonText(payload) = row.try_get(3)?;
            let sequence = row.try_get::<_, i64>(0)?.cast_unsigned();
            fold.add(sequence, row.try_get(1)?, row.try_get(2)?, payload, hash_column(row, 4)?)?;
        }
        Ok(fold.finish())
    }

    /// Folds a stream up to a point in its past.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_at<A: Aggregate>(&self, id: &str, at: At) -> Result<Loaded<A>, StoreError> {
        // One statement for every kind of point. Places grow along a stream, and so do times, unless the clock was set
        // back: then the first event beyond the time ends the past.
        const SQL: &str = "SELECT e.sequence, e.event_type, e.event_version, e.payload, e.hash FROM events e
                           WHERE e.aggregate_type = $1 AND e.aggregate_id = $2
                             AND ($3::xid8 IS NULL OR (e.xid, e.position) <= ($3, $4))
                             AND e.sequence < coalesce((
                                 SELECT min(l.sequence) FROM events l
                                 WHERE l.aggregate_type = $1 AND l.aggregate_id = $2 AND l.recorded_at > $5::timestamptz),
                                 9223372036854775807)
                             AND ($6::bigint IS NULL OR e.sequence <= $6)
                           ORDER BY e.sequence";
        let (place, time, version) = match at {
            At::Position(cursor) => (Some((cursor.xid(), cursor.position())), None, None),
            At::Time(time) => (None, Some(time.inner()), None),
            At::Version(version) => (None, None, Some(version.cast_signed())),
        };
        let (xid, position) = place.unzip();
        self.fold::<A>(SQL, id, &[&A::TYPE, &id, &xid, &position, &time, &version]).await
    }

    /// When the first event of a stream and its event `sequence` were recorded; none if there is no such event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn times(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        sequence: u64,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        const SQL: &str = "SELECT a.recorded_at, b.recorded_at FROM events a JOIN events b
                               USING (aggregate_type, aggregate_id)
                           WHERE aggregate_type = $1 AND aggregate_id = $2 AND a.sequence = 1 AND b.sequence = $3";
        let client = self.db.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let sequence = sequence.cast_signed();
        let Some(row) = client.query_opt(&statement, &[&aggregate_type, &aggregate_id, &sequence]).await?
        else {
            return Ok(None);
        };
        let time = |index| row.try_get::<_, time::OffsetDateTime>(index).map(Timestamp::from);
        Ok(Some((time(0)?, time(1)?)))
    }

    async fn fold<A: Aggregate>(
        &self,
        sql: &'static str,
        id: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Loaded<A>, StoreError> {
        let rows = {
            let client = self.db.client().await?;
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, params).await?
        };
        let mut loaded = self.fold_rows::<A>(id, &rows)?;
        if loaded.head.sequence > 0 && loaded.head.hash.is_none() {
            // The stream ends with rows of another program: compute what they would have stored.
            loaded.head.hash = self.effective_hash(A::TYPE, id, loaded.head.sequence).await?;
        }
        Ok(loaded)
    }

    /// Events of one stream as stored, from `from_sequence` on, at most `limit` and [`MAX_PAGE`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        from_sequence: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            recorded_columns!(),
            " FROM events e WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 AND e.sequence >= $3
             ORDER BY e.sequence LIMIT $4"
        );
        let client = self.db.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let (from, limit) = (from_sequence.cast_signed(), i64::from(limit.min(MAX_PAGE)));
        let rows = client.query(&statement, &[&aggregate_type, &aggregate_id, &from, &limit]).await?;
        Ok(rows.iter().map(RecordedEvent::from_row).collect::<Result<_, _>>()?)
    }

    /// Checks a stream's hash chain from its first event to its last.
    ///
    /// # Errors
    /// [`StoreError::Broken`] says where history is not what was written.
    pub async fn verify_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
    ) -> Result<Verified, StoreError> {
        let broken = |broken| StoreError::Broken {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: aggregate_id.to_owned(),
            broken,
        };
        let mut verifier = Verifier::default();
        let mut from = 1;
        loop {
            let page = self.read_stream(aggregate_type, aggregate_id, from, MAX_PAGE).await?;
            for event in &page {
                verifier.check(event).map_err(broken)?;
            }
            let Some(last) = page.last() else { return Ok(verifier.finish()) };
            from = last.sequence + 1;
        }
    }

    /// The chain hash of event `sequence`, computed from the last stored hash before it if it has none itself.
    pub(crate) async fn effective_hash(
        &self,
        kind: &str,
        id: &str,
        sequence: u64,
    ) -> Result<Option<[u8; 32]>, StoreError> {
        const LAST_SEALED: &str = "SELECT e.sequence FROM events e WHERE e.aggregate_type = $1 AND e.aggregate_id = $2
                                   AND e.hash IS NOT NULL AND e.sequence <= $3 ORDER BY e.sequence DESC LIMIT 1";
        let sealed = {
            let client = self.db.client().await?;
            let statement = client.prepare_cached(LAST_SEALED).await?;
            client.query_opt(&statement, &[&kind, &id, &sequence.cast_signed()]).await?
        };
        let mut next = sealed.map_or(Ok(1), |row| row.try_get::<_, i64>(0))?.cast_unsigned();
        let mut hash = None;
        while next <= sequence {
            let page = self.read_stream(kind, id, next, MAX_PAGE).await?;
            let Some(last) = page.last() else { break };
            next = last.sequence + 1;
            for event in page.iter().filter(|event| event.sequence <= sequence) {
                hash = Some(event.hash.unwrap_or_else(|| Link::of_recorded(event).hash(hash)));
            }
        }
        Ok(hash)
    }

    /// Does everything in `commit` in one transaction and one round trip, together with other commits if others are ready,
    /// then wakes the readers of the feed.
    ///
    /// # Errors
    /// [`CommitError`]; except for `OutcomeUnknown` nothing was written then.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let metadata = commit.metadata.to_json();
        self.commit_as(commit, metadata).await
    }

    /// As [`Self::commit`], with metadata that is stored as it is.
    pub(crate) async fn commit_as(
        &self,
        commit: Commit,
        metadata: serde_json::Value,
    ) -> Result<Committed, CommitError> {
        self.writer.commit(CommitPlan::new(commit, metadata, &self.projections)?).await
    }
}

/// Whose event a row of [`EventStore::load_many`] is.
fn stream_of(row: &Row) -> &str {
    row.try_get(5).unwrap_or_default()
}

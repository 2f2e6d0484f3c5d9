//! cqrs-es over this store: for its `CqrsFramework`, and as proof that the table is what cqrs-es expects.
//!
//! Use it with `PersistedEventStore::new_event_store` only. The snapshot and aggregate stores of cqrs-es 0.5 apply
//! events twice, so a snapshot is refused here. Unlike stock postgres-es, a replay that loses its connection ends
//! with an error, not early.

use crate::{
    commit::{Append, Commit, CommitError},
    error::SqlError,
    event::{NewEvent, RecordedEvent, StreamHead, recorded_columns},
    metadata::{Actor, Metadata},
    store::{EventStore, MAX_PAGE, StoreError},
    xid::Xid,
};
use cqrs_es::{
    Aggregate,
    persist::{
        PersistedEventRepository, PersistenceError, ReplayFeed, ReplayStream, SerializedEvent,
        SerializedSnapshot,
    },
};
use serde_json::Value;
use std::borrow::Cow;

/// Events that a replay reads ahead.
const REPLAY_BUFFER: usize = 200;

/// The six methods that cqrs-es asks for.
#[derive(Clone)]
pub struct PgEventRepository(EventStore);

impl PgEventRepository {
    /// A repository that appends through `store`, with its projections.
    pub const fn new(store: EventStore) -> Self {
        Self(store)
    }

    async fn read(&self, kind: &str, id: &str, after: u64) -> Result<Vec<SerializedEvent>, StoreError> {
        let (mut events, mut from) = (Vec::new(), after + 1);
        loop {
            let page = self.0.read_stream(kind, id, from, MAX_PAGE).await?;
            let Some(last) = page.last() else { return Ok(events) };
            from = last.sequence + 1;
            events.extend(page.into_iter().map(RecordedEvent::into_serialized));
        }
    }

    /// The head that an append starting at `sequence` builds on.
    async fn head_before(&self, kind: &str, id: &str, sequence: u64) -> Result<StreamHead, StoreError> {
        let sequence = sequence.saturating_sub(1);
        let hash = if sequence == 0 { None } else { self.0.effective_hash(kind, id, sequence).await? };
        Ok(StreamHead { sequence, hash })
    }

    /// Events of a type in feed order behind (xid, position); the horizon does not matter for a replay.
    async fn page_of_type(&self, kind: &str, after: (Xid, i64)) -> Result<Vec<RecordedEvent>, SqlError> {
        const SQL: &str = concat!(
            "SELECT ",
            recorded_columns!(),
            " FROM events e WHERE e.aggregate_type = $1 AND (e.xid, e.position) > ($2, $3)
             ORDER BY e.xid, e.position LIMIT $4"
        );
        let client = self.0.database().client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let rows = client.query(&statement, &[&kind, &after.0, &after.1, &i64::from(MAX_PAGE)]).await?;
        Ok(rows.iter().map(RecordedEvent::from_row).collect::<Result<_, _>>()?)
    }

    async fn feed_type(&self, kind: &str, feed: &mut ReplayFeed) -> Result<(), PersistenceError> {
        let mut after = (Xid(0), 0);
        loop {
            let page = self.page_of_type(kind, after).await.map_err(|error| from_store(error.into()))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = (last.xid, last.position);
            for event in page {
                feed.push(Ok(event.into_serialized())).await?;
            }
        }
    }

    async fn feed_stream(&self, kind: &str, id: &str, feed: &mut ReplayFeed) -> Result<(), PersistenceError> {
        let mut from = 1;
        loop {
            let page = self.0.read_stream(kind, id, from, MAX_PAGE).await.map_err(from_store)?;
            let Some(last) = page.last() else { return Ok(()) };
            from = last.sequence + 1;
            for event in page {
                feed.push(Ok(event.into_serialized())).await?;
            }
        }
    }
}

impl PersistedEventRepository for PgEventRepository {
    async fn get_events<A: Aggregate>(&self, id: &str) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.read(A::TYPE, id, 0).await.map_err(from_store)
    }

    async fn get_last_events<A: Aggregate>(
        &self,
        id: &str,
        last_sequence: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.read(A::TYPE, id, last_sequence as u64).await.map_err(from_store)
    }

    async fn get_snapshot<A: Aggregate>(
        &self,
        _: &str,
    ) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        Ok(None)
    }

    async fn persist<A: Aggregate>(
        &self,
        events: &[SerializedEvent],
        snapshot: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        if snapshot.is_some() {
            let why = "snapshots are not supported: use PersistedEventStore::new_event_store";
            return Err(PersistenceError::UnknownError(why.into()));
        }
        let Some(first) = events.first() else { return Ok(()) };
        if events
            .iter()
            .any(|event| (&event.aggregate_id, &event.metadata) != (&first.aggregate_id, &first.metadata))
        {
            let why =
                "one commit appends to one stream under one metadata: persist other events on their own";
            return Err(PersistenceError::UnknownError(why.into()));
        }
        let head = self
            .head_before(A::TYPE, &first.aggregate_id, first.sequence as u64)
            .await
            .map_err(from_store)?;
        let events = events.iter().map(|event| NewEvent {
            event_type: event.event_type.clone(),
            event_version: event.event_version.clone(),
            payload: event.payload.clone(),
        });
        let append = Append {
            aggregate_type: Cow::Borrowed(A::TYPE),
            aggregate_id: first.aggregate_id.clone(),
            head,
            events: events.collect(),
        };
        // cqrs-es brings its own metadata; the actor of this commit is never stored.
        let commit = Commit::new(Metadata::of(Actor::system("cqrs-es"))).append(append);
        self.0.commit_as(commit, first.metadata.clone()).await.map(drop).map_err(from_commit)
    }

    async fn stream_events<A: Aggregate>(&self, id: &str) -> Result<ReplayStream, PersistenceError> {
        let (mut feed, stream) = ReplayStream::new(REPLAY_BUFFER);
        let (repository, id) = (self.clone(), id.to_owned());
        tokio::spawn(async move {
            if let Err(error) = repository.feed_stream(A::TYPE, &id, &mut feed).await {
                // If nobody listens any more there is nobody to tell.
                let _ = feed.push(Err(error)).await;
            }
        });
        Ok(stream)
    }

    async fn stream_all_events<A: Aggregate>(&self) -> Result<ReplayStream, PersistenceError> {
        let (mut feed, stream) = ReplayStream::new(REPLAY_BUFFER);
        let repository = self.clone();
        tokio::spawn(async move {
            if let Err(error) = repository.feed_type(A::TYPE, &mut feed).await {
                let _ = feed.push(Err(error)).await;
            }
        });
        Ok(stream)
    }
}

fn from_store(error: StoreError) -> PersistenceError {
    match error {
        StoreError::Sql(error) if error.is_transient() => PersistenceError::ConnectionError(error.into()),
        StoreError::Unreadable { .. } => PersistenceError::DeserializationError(error.into()),
        other => PersistenceError::UnknownError(other.into()),
    }
}

fn from_commit(error: CommitError) -> PersistenceError {
    match error {
        CommitError::Conflict { .. } => PersistenceError::OptimisticLockError,
        CommitError::Unavailable(error) => PersistenceError::ConnectionError(error.into()),
        other => PersistenceError::UnknownError(other.into()),
    }
}

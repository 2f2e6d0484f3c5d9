//! What grew since the newest checkpoint: the feed, folded into heads.

use super::{merkle::Hash, scope_of, statement::times_after};
use crate::{
    chain::Link,
    database::Database,
    error::SqlError,
    event::RecordedEvent,
    feed::{Cursor, EventFeed, MAX_FEED_PAGE},
};
use std::collections::BTreeMap;
use tokio_postgres::Row;

/// Kind and id of a stream.
pub(super) type StreamKey = (String, String);

/// A stream's newest head, and its place in its scope's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) scope: String,
    /// None until a checkpoint covers the stream.
    pub(super) leaf: Option<usize>,
    /// The last event that a checkpoint covers; 0 before.
    pub(super) covered: u64,
    pub(super) sequence: u64,
    pub(super) hash: Hash,
    pub(super) times: Hash,
}

/// Events of the feed, as the heads they lead to.
#[derive(Debug)]
pub(super) struct Growth {
    /// Where the feed was read from.
    pub(super) from: Cursor,
    /// Events covered before.
    pub(super) covered: u64,
    /// Where it was read to.
    pub(super) to: Cursor,
    /// Events that are new.
    pub(super) events: u64,
    /// Streams that grew.
    pub(super) heads: BTreeMap<StreamKey, Head>,
}

/// How far the log is covered.
pub(super) const PROGRESS: &str = "SELECT cursor, events FROM checkpoint_progress";

/// Where it is covered to, and how many events that are.
pub(super) fn progress(row: &Row) -> Result<(Cursor, u64), SqlError> {
    // A text of another version of the program: the feed is read from its start, over what is known to be covered.
    let cursor = row.try_get::<_, &str>(0)?.parse().unwrap_or(Cursor::START);
    Ok((cursor, row.try_get::<_, i64>(1)?.cast_unsigned()))
}

impl Growth {
    /// Reads at most `limit` events beyond what is covered, a page more or less.
    pub(super) async fn read(db: &Database, limit: u64) -> Result<Self, SqlError> {
        let (from, covered) = progress(&db.client().await?.query_one(PROGRESS, &[]).await?)?;
        let mut growth = Self { from, covered, to: from, events: 0, heads: BTreeMap::new() };
        let feed = EventFeed::new(db.clone());
        while growth.events < limit {
            let page = feed.next(&growth.to, MAX_FEED_PAGE).await?;
            growth.to = page.cursor;
            growth.recall(db, &page.events).await?;
            for event in &page.events {
                growth.add(event);
            }
            if page.events.len() < MAX_FEED_PAGE as usize {
                break;
            }
        }
        growth.heads.retain(|_, head| head.sequence > head.covered);
        Ok(growth)
    }

    /// Loads the heads that these events continue.
    async fn recall(&mut self, db: &Database, events: &[RecordedEvent]) -> Result<(), SqlError> {
        const SQL: &str = "SELECT s.aggregate_type, s.aggregate_id, s.scope, s.leaf, s.sequence, s.hash, s.times
                           FROM unnest($1::text[], $2::text[]) AS wanted(kind, id)
                           JOIN checkpoint_streams s ON s.aggregate_type = wanted.kind AND s.aggregate_id = wanted.id";
        let keys = events.iter().map(key_of).filter(|key| !self.heads.contains_key(key));
        let (kinds, ids): (Vec<_>, Vec<_>) =
            keys.collect::<std::collections::BTreeSet<_>>().into_iter().unzip();
        if kinds.is_empty() {
            return Ok(());
        }
        let client = db.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        for row in client.query(&statement, &[&kinds, &ids]).await? {
            let leaf = usize::try_from(row.try_get::<_, i64>(3)?).ok();
            let sequence = row.try_get::<_, i64>(4)?.cast_unsigned();
            let (hash, times) = (hash_at(&row, 5)?, hash_at(&row, 6)?);
            let head = Head { scope: row.try_get(2)?, leaf, covered: sequence, sequence, hash, times };
            self.heads.insert((row.try_get(0)?, row.try_get(1)?), head);
        }
        Ok(())
    }

    /// Continues the head of the event's stream. Events that are covered already (the feed began anew after a restore)
    /// change nothing. A hole in a stream is not this function's to judge: verification finds it.
    fn add(&mut self, event: &RecordedEvent) {
        let head = self.heads.entry(key_of(event)).or_insert_with(|| Head {
            scope: scope_of(event),
            leaf: None,
            covered: 0,
            sequence: 0,
            hash: Hash::default(),
            times: Hash::default(),
        });
        if event.sequence <= head.sequence {
            return;
        }
        let before = (head.sequence > 0).then_some(head.hash);
        head.hash = event.hash.unwrap_or_else(|| Link::of_recorded(event).hash(before));
        head.times = times_after(head.times, event.recorded_at);
        head.sequence = event.sequence;
        self.events += 1;
    }
}

fn key_of(event: &RecordedEvent) -> StreamKey {
    (event.aggregate_type.clone(), event.aggregate_id.clone())
}

/// A column of 32 bytes.
pub(super) fn hash_at(row: &Row, index: usize) -> Result<Hash, SqlError> {
    let unreadable = |_| SqlError::Unreadable {
        what: "a hash of a checkpoint".to_owned(),
        why: "it is not 32 bytes".to_owned(),
    };
    row.try_get::<_, &[u8]>(index)?.try_into().map_err(unreadable)
}

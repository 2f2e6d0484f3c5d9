//! The feed misses nothing, repeats nothing, and keeps every stream's order.
//!
//! The horizon is the cluster's and other tests share it, so these tests wait for events instead of expecting them
//! at once.

use crate::tally::{Tally, add, append, commit};
use dbx_sql::{
    CommitError, Cursor, Database, EventFeed, EventStore, RecordedEvent, StreamHead,
    source::idempotency::{IdempotencyClaim, IdempotencyKey, Outcome},
    testing::TestDatabase,
};
use std::{collections::BTreeMap, time::Duration};

const WRITERS: u64 = 16;
const COMMITS: u64 = 30;
const STREAMS: u64 = 6;

/// Reads on until `enough`, waiting for wake-ups.
pub(crate) async fn read_until(
    db: &Database,
    cursor: &mut Cursor,
    enough: impl Fn(&[RecordedEvent]) -> bool,
) -> Vec<RecordedEvent> {
    let feed = EventFeed::new(db.clone());
    let mut waiter = db.wakeups().waiter();
    let mut seen = Vec::new();
    let reading = async {
        while !enough(&seen) {
            let page = feed.next(cursor, 7).await.unwrap();
            *cursor = page.cursor;
            if page.events.is_empty() {
                waiter.wait_or(Duration::from_millis(20)).await;
            }
            seen.extend(page.events);
        }
    };
    tokio::time::timeout(Duration::from_secs(120), reading).await.expect("the feed is stuck");
    seen
}

/// A commit whose transaction takes its xid before it appends.
async fn write(store: &EventStore, writer: u64, number: u64) {
    let stream = format!("stream {}", (writer + number) % STREAMS);
    loop {
        let head = store.load::<Tally>(&stream).await.unwrap().head;
        let key =
            IdempotencyKey { principal: writer.to_string(), route: "r".into(), key: number.to_string() };
        let claim = IdempotencyClaim {
            key,
            outcome: Outcome { body_hash: [0; 32], status: 200, resource: None, sealed: None },
        };
        match store.commit(commit().append(append(&stream, head, [1, 1])).write(claim)).await {
            Ok(_) => return,
            Err(CommitError::Conflict { .. } | CommitError::Contention(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Uses up a position and an xid, and holds them a little, for nothing.
async fn roll_back(db: &Database, writer: u64) {
    let mut client = db.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    let sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
               VALUES ('tally', $1, 1, 'X', '1', '{}', '{}')";
    transaction.execute(sql, &[&format!("rolled back {writer}")]).await.unwrap();
    transaction.execute("SELECT pg_sleep(random() * 0.003)", &[]).await.unwrap();
    transaction.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_with_rollbacks_misses_nothing() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..COMMITS {
                write(&store, writer, number).await;
                if number % 5 == 0 {
                    roll_back(store.database(), writer).await;
                }
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let all = usize::try_from(WRITERS * COMMITS * 2).unwrap();
    let mut cursor = Cursor::START;
    let seen = read_until(test.db(), &mut cursor, |seen| seen.len() >= all).await;
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen.len(), all);
    assert!(seen.windows(2).all(|pair| Cursor::after(&pair[0]) < Cursor::after(&pair[1])));
    let mut next: BTreeMap<&str, u64> = BTreeMap::new();
    for event in &seen {
        let expected = next.entry(&event.aggregate_id).or_insert(1);
        assert_eq!(event.sequence, *expected, "{} is out of order", event.aggregate_id);
        *expected += 1;
    }
    assert!(EventFeed::new(test.db().clone()).next(&cursor, 10).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn events_behind_an_open_transaction_wait_for_it_and_the_lag_says_so() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    add(&store, "before", StreamHead::NEW, [1]).await.unwrap();
    let mut cursor = Cursor::START;
    read_until(db, &mut cursor, |seen| seen.len() == 1).await;

    // Takes the lower position, but commits later: a reader of "position > last" would never see it.
    let mut slow = test.connection().await;
    let slow = slow.transaction().await.unwrap();
    let sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
               VALUES ('tally', 'slow', 1, 'X', '1', '{}', '{}')";
    slow.batch_execute(sql).await.unwrap();
    add(&store, "fast", StreamHead::NEW, [1, 2]).await.unwrap();

    let feed = EventFeed::new(db.clone());
    assert!(feed.next(&cursor, 10).await.unwrap().events.is_empty());
    assert_eq!(feed.end().await.unwrap(), cursor);
    let lag = feed.lag(&cursor).await.unwrap();
    assert_eq!((lag.readable, lag.held_back), (0, 2));

    slow.commit().await.unwrap();
    let seen = read_until(db, &mut cursor, |seen| seen.len() >= 3).await;
    assert_eq!(
        seen.iter().map(|event| event.aggregate_id.as_str()).collect::<Vec<_>>(),
        ["slow", "fast", "fast"]
    );
    assert_eq!(feed.end().await.unwrap(), cursor);
    assert_eq!(feed.lag(&cursor).await.unwrap().readable, 0);
}

/// An old transaction could put #2 before #1 into the feed if it appended "at any version". The expected sequence
/// makes it impossible: what it loaded before it began is not the head any more.
#[tokio::test]
async fn a_transaction_older_than_event_1_cannot_append_event_2() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let loaded = store.load::<Tally>("a").await.unwrap().head;
    let mut old = test.connection().await;
    let old = old.transaction().await.unwrap();
    old.query_one("SELECT pg_current_xact_id()", &[]).await.unwrap();
    add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    let sql = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
               VALUES ('tally', 'a', $1, 'X', '1', '{}', '{}')";
    let next = i64::try_from(loaded.sequence + 1).unwrap();
    let refused = old.execute(sql, &[&next]).await.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("events_pkey"));
}

#[tokio::test]
async fn the_feed_uses_its_index() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    for stream in 0..20 {
        add(&store, &stream.to_string(), StreamHead::NEW, (0..250).map(|_| 1)).await.unwrap();
    }
    let client = test.connection().await;
    client.batch_execute("ANALYZE events").await.unwrap();
    let sql = "EXPLAIN SELECT * FROM events e WHERE (e.xid, e.position) > ('3'::xid8, 100)
               AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY e.xid, e.position LIMIT 100";
    let plan: Vec<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(plan[1].contains("Index Scan using events_feed"), "{plan:#?}");
}

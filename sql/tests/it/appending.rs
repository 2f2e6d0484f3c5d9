//! Load, decide, commit.

use crate::tally::{Tally, TallyEvent, add, add_retrying, append, commit};
use cqrs_es::persist::SemanticVersionEventUpcaster;
use dbx_sql::{
    At, CommitError, Cursor, EventStore, StoreError, StreamHead, Upcasters, testing::TestDatabase,
};
use std::collections::BTreeSet;

#[tokio::test]
async fn an_unknown_stream_is_the_default_state_at_the_new_head() {
    let test = TestDatabase::create().await;
    let loaded = EventStore::new(test.db().clone(), vec![]).load::<Tally>("none").await.unwrap();
    assert_eq!((loaded.aggregate, loaded.head), (Tally::default(), StreamHead::NEW));
}

#[tokio::test]
async fn what_is_appended_is_what_is_loaded() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let first = add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    let second = add(&store, "a", first.appends[0].head, [2, 3, 4]).await.unwrap();
    let loaded = store.load::<Tally>("a").await.unwrap();
    assert_eq!(loaded.aggregate, Tally { total: 10, events: 4 });
    // The head of a commit is the head that a load finds, hash included.
    assert_eq!(loaded.head, second.appends[0].head);

    let events = store.read_stream("tally", "a", 1, 100).await.unwrap();
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    assert_eq!(positions, [first.appends[0].positions.clone(), second.appends[0].positions.clone()].concat());
    assert!(positions.is_sorted());
    assert_eq!(events[3].payload, serde_json::json!({"Added": {"amount": 4}}));
    assert_eq!(events[3].metadata, serde_json::json!({"actor": "system", "actor_id": "test"}));
    assert_eq!(Some(events[3].xid), second.appends[0].xid);
    assert_eq!(Some(events[3].recorded_at), second.appends[0].recorded_at);
    assert_eq!(store.read_stream("tally", "a", 3, 1).await.unwrap(), events[2..3]);
}

#[tokio::test]
async fn of_two_writers_on_one_head_one_gets_a_conflict_that_names_the_stream() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let head = add(&store, "a", StreamHead::NEW, [1]).await.unwrap().appends[0].head;
    let (left, right) = tokio::join!(add(&store, "a", head, [10]), add(&store, "a", head, [20, 21]));
    let (won, lost) = if left.is_ok() { (left, right) } else { (right, left) };
    won.unwrap();
    match lost.unwrap_err() {
        CommitError::Conflict { aggregate_type, aggregate_id } => {
            assert_eq!((aggregate_type.as_str(), aggregate_id.as_str()), ("tally", "a"));
        }
        other => panic!("{other}"),
    }
    assert!([11, 42].contains(&store.load::<Tally>("a").await.unwrap().aggregate.total));
}

#[tokio::test]
async fn many_writers_on_one_stream_lose_nothing() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let writers = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            for _ in 0..10 {
                mine.push(add_retrying(&store, "busy", 1).await);
            }
            mine
        })
    });
    let sequences: Vec<u64> =
        futures::future::join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(sequences.iter().copied().collect::<BTreeSet<_>>(), (1..=80).collect());
    assert_eq!(store.load::<Tally>("busy").await.unwrap().aggregate, Tally { total: 80, events: 80 });
}

#[tokio::test]
async fn a_commit_without_anything_does_nothing() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    assert!(store.commit(commit()).await.unwrap().appends.is_empty());
    let done = store.commit(commit().append(append("a", StreamHead::NEW, []))).await.unwrap();
    assert_eq!(done.appends[0].head, StreamHead::NEW);
    assert!(done.appends[0].positions.is_empty());
}

#[tokio::test]
async fn the_past_of_a_stream_can_be_loaded_by_position_time_and_version() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let early = "2026-01-01T00:00:00Z".parse().unwrap();
    let late = "2026-01-02T00:00:00Z".parse().unwrap();
    test.db().set_fake_now(Some(early));
    let first = add(&store, "a", StreamHead::NEW, [1, 2]).await.unwrap();
    test.db().set_fake_now(Some(late));
    let second = add(&store, "a", first.appends[0].head, [4]).await.unwrap();
    let place = |appended: &dbx_sql::Appended, index: usize| {
        At::Position(Cursor::at(appended.xid.unwrap(), appended.positions[index]))
    };
    for (at, total) in [
        (place(&first.appends[0], 0), 1),
        (place(&first.appends[0], 1), 3),
        (place(&second.appends[0], 0), 7),
        (At::Time(early), 3),
        (At::Time(late), 7),
        (At::Time("2025-12-31T00:00:00Z".parse().unwrap()), 0),
        (At::Version(0), 0),
        (At::Version(2), 3),
        (At::Version(3), 7),
        (At::Version(99), 7),
    ] {
        assert_eq!(store.load_at::<Tally>("a", at).await.unwrap().aggregate.total, total, "{at:?}");
    }
    assert_eq!(store.load_at::<Tally>("a", At::Time(early)).await.unwrap().head, first.appends[0].head);
}

#[tokio::test]
async fn old_events_are_upcast_on_load_and_unreadable_ones_are_named() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let mut old = append("a", StreamHead::NEW, [0, 5]);
    old.events[0].event_version = "0.9".to_owned();
    old.events[0].payload = serde_json::json!({"Added": {"sum": 7}});
    store.commit(commit().append(old)).await.unwrap();

    match store.load::<Tally>("a").await.unwrap_err() {
        StoreError::Unreadable { sequence: 1, aggregate_id, .. } => assert_eq!(aggregate_id, "a"),
        other => panic!("{other}"),
    }
    let rename = SemanticVersionEventUpcaster::new(
        "Added",
        "1.0",
        Box::new(|old| serde_json::json!({"Added": {"amount": old["Added"]["sum"]}})),
    );
    let store = store.with_upcasters(Upcasters::new(vec![Box::new(rename)]));
    assert_eq!(store.load::<Tally>("a").await.unwrap().aggregate.total, 12);
}

#[tokio::test]
async fn text_that_jsonb_cannot_hold_is_refused_and_nothing_is_written() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let mut with_nul = append("a", StreamHead::NEW, [1, 2]);
    let nul = TallyEvent::Noted { text: "a\0b".to_owned(), weight: 1.0 };
    with_nul.events[1].payload = serde_json::to_value(nul).unwrap();
    assert!(matches!(store.commit(commit().append(with_nul)).await, Err(CommitError::Refused { .. })));
    assert_eq!(store.load::<Tally>("a").await.unwrap().head, StreamHead::NEW);
}

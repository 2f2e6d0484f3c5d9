//! The hash chain finds what was edited, dropped or reordered behind the store's back.

use crate::tally::{Tally, TallyEvent, add, append, commit};
use dbx_sql::{Append, ChainBroken, EventStore, StoreError, StreamHead, testing::TestDatabase};
use proptest::prelude::*;

async fn broken_after(tampering: &str) -> ChainBroken {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    add(&store, "a", StreamHead::NEW, [1, 2, 3, 4, 5]).await.unwrap();
    assert_eq!(store.verify_stream("tally", "a").await.unwrap().events, 5);
    let forger = test.connection().await;
    forger.batch_execute("ALTER TABLE events DISABLE TRIGGER ALL").await.unwrap();
    forger.batch_execute(tampering).await.unwrap();
    match store.verify_stream("tally", "a").await.unwrap_err() {
        StoreError::Broken { broken, .. } => broken,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_edited_event_is_found() {
    for column in [
        "payload = '{\"Added\": {\"amount\": 9}}'",
        "metadata = '{}'",
        "event_type = 'X'",
        "event_version = '2'",
    ] {
        let broken = broken_after(&format!("UPDATE events SET {column} WHERE sequence = 3")).await;
        assert_eq!(broken.sequence, 3, "{column}");
    }
}

#[tokio::test]
async fn a_dropped_event_is_found_and_so_is_closing_the_gap() {
    assert_eq!(broken_after("DELETE FROM events WHERE sequence = 3").await.sequence, 3);
    let closed = "DELETE FROM events WHERE sequence = 3; UPDATE events SET sequence = 3 WHERE sequence = 4;
                  UPDATE events SET sequence = 4 WHERE sequence = 5";
    assert_eq!(broken_after(closed).await.sequence, 3);
}

#[tokio::test]
async fn swapped_events_are_found() {
    let swap = "UPDATE events SET sequence = 9 WHERE sequence = 2; UPDATE events SET sequence = 2 WHERE sequence = 3;
                UPDATE events SET sequence = 3 WHERE sequence = 9";
    assert_eq!(broken_after(swap).await.sequence, 2);
}

#[tokio::test]
async fn an_edited_event_without_its_hash_is_found_at_the_next_hash() {
    let broken = broken_after("UPDATE events SET payload = '{}', hash = NULL WHERE sequence = 3").await;
    assert_eq!(broken.sequence, 4);
}

#[tokio::test]
async fn a_stream_with_a_hole_does_not_load() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let hole = StreamHead { sequence: 4, hash: None };
    add(&store, "a", hole, [1]).await.unwrap();
    assert!(matches!(store.load::<Tally>("a").await, Err(StoreError::Broken { .. })));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>()
            .prop_filter_map("finite", serde_json::Number::from_f64)
            .prop_map(serde_json::Value::Number),
        (-1e20..1e20_f64).prop_map(|float| float.trunc().into()),
        "[^\0]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map("[^\0]{0,6}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

#[tokio::test]
async fn the_hash_survives_jsonb_for_any_json() {
    use proptest::strategy::ValueTree as _;
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut events: Vec<_> = [1e16, 1.8e19, -0.0, 5e-324, f64::MAX, 0.1 + 0.2, 1e22, -9.3e18]
        .into_iter()
        .map(|weight| TallyEvent::Noted { text: "edge".into(), weight })
        .map(|event| dbx_sql::NewEvent::of(&event).unwrap())
        .collect();
    for _ in 0..3000 {
        let payload = json().new_tree(&mut runner).unwrap().current();
        events.push(dbx_sql::NewEvent { event_type: "Any".into(), event_version: "1".into(), payload });
    }
    let count = events.len() as u64;
    let append = Append { events, ..append("a", StreamHead::NEW, []) };
    let head = store.commit(commit().append(append)).await.unwrap().appends[0].head;
    let verified = store.verify_stream("tally", "a").await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((verified.events, verified.unsealed, verified.head), (count, 0, head.hash));
}

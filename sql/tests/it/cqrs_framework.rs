//! cqrs-es's own framework over this store.

use crate::tally::{Tally, TallyEvent, add};
use cqrs_es::{
    CqrsFramework,
    persist::{PersistedEventRepository, PersistedEventStore, PersistenceError, ReplayStream},
};
use dbx_sql::{EventStore, PgEventRepository, StreamHead, testing::TestDatabase};

async fn amounts(mut stream: ReplayStream) -> Vec<i64> {
    let mut found = Vec::new();
    while let Some(event) = stream.next::<Tally>(&[]).await {
        match event.unwrap().payload {
            TallyEvent::Added { amount } => found.push(amount),
            TallyEvent::Noted { .. } => {}
        }
    }
    found
}

#[tokio::test]
async fn commands_run_through_the_framework_and_are_chained() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let repository = PgEventRepository::new(store.clone());
    let framework =
        CqrsFramework::new(PersistedEventStore::<_, Tally>::new_event_store(repository.clone()), vec![], ());
    for amount in 1..=3 {
        framework.execute("a", amount).await.unwrap();
    }
    let loaded = store.load::<Tally>("a").await.unwrap();
    assert_eq!(loaded.aggregate, Tally { total: 6, events: 3 });
    add(&store, "a", loaded.head, [4]).await.unwrap();
    framework.execute("a", 5).await.unwrap();
    assert_eq!(store.load::<Tally>("a").await.unwrap().aggregate.total, 15);
    assert_eq!(store.verify_stream("tally", "a").await.unwrap().events, 5);

    add(&store, "b", StreamHead::NEW, [100]).await.unwrap();
    assert_eq!(amounts(repository.stream_events::<Tally>("a").await.unwrap()).await, [1, 2, 3, 4, 5]);
    assert_eq!(amounts(repository.stream_all_events::<Tally>().await.unwrap()).await, [1, 2, 3, 4, 5, 100]);
    assert_eq!(repository.get_last_events::<Tally>("a", 3).await.unwrap().len(), 2);
}

#[tokio::test]
async fn old_heads_and_snapshots_are_refused() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    let repository = PgEventRepository::new(store);
    let again = repository.get_events::<Tally>("a").await.unwrap();
    let conflict = repository.persist::<Tally>(&again, None).await.unwrap_err();
    assert!(matches!(conflict, PersistenceError::OptimisticLockError), "{conflict}");
    let mut mixed = vec![again[0].clone(), again[0].clone()];
    mixed[1].aggregate_id = "b".to_owned();
    assert!(repository.persist::<Tally>(&mixed, None).await.is_err());
    let snapshot = Some(("a".to_owned(), serde_json::json!({}), 1));
    assert!(repository.persist::<Tally>(&[], snapshot).await.is_err());
}

#[tokio::test]
async fn a_replay_without_a_connection_ends_with_an_error() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    test.db().close();
    let repository = PgEventRepository::new(store);
    let mut all = repository.stream_all_events::<Tally>().await.unwrap();
    assert!(matches!(all.next::<Tally>(&[]).await, Some(Err(PersistenceError::ConnectionError(_)))));
    let mut one = repository.stream_events::<Tally>("a").await.unwrap();
    assert!(matches!(one.next::<Tally>(&[]).await, Some(Err(PersistenceError::ConnectionError(_)))));
}

//! Stock postgres-es reads and writes our table, and we read and seal what it wrote.

use crate::tally::{Tally, TallyEvent, add};
use cqrs_es::{
    AggregateError, CqrsFramework,
    persist::{PersistedEventRepository, PersistedEventStore},
};
use dbx_sql::{At, CommitError, Cursor, EventStore, PgEventRepository, StreamHead, testing::TestDatabase};
use postgres_es::{PostgresEventRepository, default_postgress_pool};

type Stock = CqrsFramework<Tally, PersistedEventStore<PostgresEventRepository, Tally>>;

async fn stock(test: &TestDatabase) -> (PostgresEventRepository, Stock) {
    let pool = default_postgress_pool(test.url()).await;
    let store = PersistedEventStore::new_event_store(PostgresEventRepository::new(pool.clone()));
    (PostgresEventRepository::new(pool), CqrsFramework::new(store, vec![], ()))
}

#[tokio::test]
async fn both_read_the_same_events_whoever_wrote_them() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let (theirs, framework) = stock(&test).await;
    let ours = PgEventRepository::new(store.clone());

    add(&store, "a", StreamHead::NEW, [1, 2]).await.unwrap();
    framework.execute("a", 3).await.unwrap();
    let head = store.load::<Tally>("a").await.unwrap().head;
    add(&store, "a", head, [4]).await.unwrap();
    framework.execute("a", 5).await.unwrap();

    assert_eq!(theirs.get_events::<Tally>("a").await.unwrap(), ours.get_events::<Tally>("a").await.unwrap());
    assert_eq!(
        theirs.get_last_events::<Tally>("a", 2).await.unwrap(),
        ours.get_last_events::<Tally>("a", 2).await.unwrap()
    );
    let loaded = store.load::<Tally>("a").await.unwrap();
    assert_eq!(loaded.aggregate, Tally { total: 15, events: 5 });
    let mut replay = theirs.stream_events::<Tally>("a").await.unwrap();
    let mut total = 0;
    while let Some(event) = replay.next::<Tally>(&[]).await {
        if let TallyEvent::Added { amount } = event.unwrap().payload {
            total += amount;
        }
    }
    assert_eq!(total, 15);
}

#[tokio::test]
async fn rows_of_stock_postgres_es_get_position_time_and_transaction_and_are_sealed_by_our_next_event() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let (_, framework) = stock(&test).await;
    framework.execute("a", 1).await.unwrap();
    framework.execute("a", 2).await.unwrap();
    let rows = store.read_stream("tally", "a", 1, 10).await.unwrap();
    assert!(rows.iter().all(|row| row.hash.is_none() && row.position > 0 && row.xid.0 > 2));

    let unsealed = store.verify_stream("tally", "a").await.unwrap();
    assert_eq!((unsealed.events, unsealed.unsealed), (2, 2));
    let head = store.load::<Tally>("a").await.unwrap().head;
    assert_eq!(head.hash, unsealed.head);
    let past = store.load_at::<Tally>("a", At::Position(Cursor::after(&rows[0]))).await.unwrap().head;
    assert!(past.sequence == 1 && past.hash.is_some() && past.hash != head.hash);
    add(&store, "a", head, [3]).await.unwrap();
    let sealed = store.verify_stream("tally", "a").await.unwrap();
    assert_eq!((sealed.events, sealed.unsealed), (3, 0));

    let forger = test.connection().await;
    let edit = "ALTER TABLE events DISABLE TRIGGER ALL; UPDATE events SET metadata = '{\"a\": \"b\"}' WHERE sequence = 1";
    forger.batch_execute(edit).await.unwrap();
    assert!(store.verify_stream("tally", "a").await.is_err());
}

#[tokio::test]
async fn either_refuses_to_append_where_the_other_was_first() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let (theirs, framework) = stock(&test).await;
    framework.execute("a", 1).await.unwrap();
    assert!(matches!(add(&store, "a", StreamHead::NEW, [2]).await, Err(CommitError::Conflict { .. })));
    add(&store, "b", StreamHead::NEW, [1]).await.unwrap();
    let stale = theirs.get_events::<Tally>("b").await.unwrap();
    let refused: AggregateError<crate::tally::TallyError> =
        theirs.persist::<Tally>(&stale, None).await.unwrap_err().into();
    assert!(matches!(refused, AggregateError::AggregateConflict));
}

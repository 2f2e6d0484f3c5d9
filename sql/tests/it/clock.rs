//! The database's clock, real and set.

use crate::tally::add;
use dbx_domain::time::Timestamp;
use dbx_sql::{Database, EventStore, StreamHead, testing::TestDatabase};

#[tokio::test]
async fn a_set_clock_stands_still_for_every_session_until_it_is_let_go() {
    let test = TestDatabase::create().await;
    let db = test.db();
    let past: Timestamp = "2020-02-02T02:02:02Z".parse().unwrap();
    let real = db.now().await.unwrap();
    assert!(real > past);
    db.set_fake_now(Some(past));
    let other = db.clone();
    let (one, two) = tokio::join!(db.now(), other.now());
    assert_eq!((one.unwrap(), two.unwrap()), (past, past));
    let store = EventStore::new(db.clone(), vec![]);
    let done = add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    assert_eq!(done.appends[0].recorded_at, Some(past));
    // Another process's handle is not affected.
    assert!(Database::connect(test.config()).await.unwrap().now().await.unwrap() >= real);
    db.set_fake_now(None);
    assert!(db.now().await.unwrap() >= real);
}

#[tokio::test]
async fn time_stands_still_inside_a_transaction() {
    let test = TestDatabase::create().await;
    let client = test.connection().await;
    let row = client
        .query_one("SELECT dbx_now() = now(), dbx_now() = (SELECT dbx_now() FROM pg_sleep(0.001))", &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0) && row.get::<_, bool>(1));
}

//! Events restored from another cluster, whose transaction numbers this one has not reached.

use crate::{feed::read_until, tally::add};
use dbx_sql::{Cursor, EventFeed, EventStore, StreamHead, restore, testing::TestDatabase};

#[tokio::test]
async fn restored_events_are_hidden_until_they_are_adopted_and_then_come_in_order() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    let mut owner = test.connection().await;
    // Later position, smaller number: what a busy old cluster leaves behind.
    let restored = "INSERT INTO events
        (xid, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
        VALUES ('900000000001', 'tally', 'old', 1, 'Added', '1.0', '{\"Added\": {\"amount\": 1}}', '{}'),
               ('900000000000', 'tally', 'other', 1, 'Added', '1.0', '{\"Added\": {\"amount\": 1}}', '{}'),
               ('900000000002', 'tally', 'old', 2, 'Added', '1.0', '{\"Added\": {\"amount\": 1}}', '{}')";
    owner.batch_execute(restored).await.unwrap();
    assert_eq!(restore::count_hidden_events(&owner).await.unwrap(), 3);
    assert!(EventFeed::new(db.clone()).next(&Cursor::START, 10).await.unwrap().events.is_empty());

    assert_eq!(restore::adopt_restored_events(&mut owner).await.unwrap(), 3);
    assert_eq!(restore::count_hidden_events(&owner).await.unwrap(), 0);
    add(&store, "new", StreamHead::NEW, [1]).await.unwrap();
    let mut cursor = Cursor::START;
    let seen = read_until(db, &mut cursor, |seen| seen.len() >= 4).await;
    assert_eq!(
        seen.iter().map(|event| event.aggregate_id.as_str()).collect::<Vec<_>>(),
        ["old", "other", "old", "new"]
    );

    // History is protected again.
    owner.batch_execute("SET session_replication_role = replica").await.unwrap();
    assert!(owner.batch_execute("UPDATE events SET xid = '3'").await.is_err());
}

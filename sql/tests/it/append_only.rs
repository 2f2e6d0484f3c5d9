//! History cannot be rewritten: by trigger for everyone, by grants for the runtime role.

use crate::tally::add;
use dbx_sql::{EventStore, StreamHead, roles::RUNTIME_ROLE, testing::TestDatabase};
use tokio_postgres::error::SqlState;

const REWRITES: [&str; 5] = [
    "UPDATE events SET payload = '{}'",
    "UPDATE events SET payload = '{}' WHERE false",
    "DELETE FROM events",
    "TRUNCATE events",
    "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
     VALUES ('tally', 'a', 1, 'X', '1', '{}', '{}')
     ON CONFLICT (aggregate_type, aggregate_id, sequence) DO UPDATE SET payload = '{}'",
];

#[tokio::test]
async fn the_trigger_refuses_even_the_owner_and_replication() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    let before = store.read_stream("tally", "a", 1, 10).await.unwrap();
    let owner = test.connection().await;
    for role in ["origin", "replica"] {
        owner.batch_execute(&format!("SET session_replication_role = {role}")).await.unwrap();
        for sql in REWRITES {
            let error = owner.batch_execute(sql).await.unwrap_err();
            assert!(
                error.as_db_error().unwrap().message().contains("append-only"),
                "{role}: {sql}: {error:?}"
            );
        }
    }
    assert_eq!(store.read_stream("tally", "a", 1, 10).await.unwrap(), before);
}

#[tokio::test]
async fn the_runtime_role_reads_and_adds_but_never_changes_events() {
    let test = TestDatabase::create().await;
    let client = test.connection().await;
    client.batch_execute(&format!("SET ROLE {RUNTIME_ROLE}")).await.unwrap();
    let insert = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
                  VALUES ('tally', 'a', 1, 'X', '1', '{}', '{}')";
    client.batch_execute(insert).await.unwrap();
    assert_eq!(client.query("SELECT * FROM events", &[]).await.unwrap().len(), 1);
    for sql in REWRITES {
        let error = client.batch_execute(sql).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
        assert!(error.as_db_error().unwrap().message().contains("permission denied"), "{sql}");
    }
    for sql in ["ALTER TABLE events DISABLE TRIGGER ALL", "DELETE FROM dbx_migrations", "DROP TABLE events"] {
        let error = client.batch_execute(sql).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
    client
        .batch_execute("DELETE FROM secrets; DELETE FROM people; DELETE FROM workflow_queue")
        .await
        .unwrap();
}

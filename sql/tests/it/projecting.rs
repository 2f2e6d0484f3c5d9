//! A read model for the tests, and: rebuilding equals living.

use crate::tally::{Tally, add, append, commit};
use dbx_sql::{
    Batch, CommitError, Database, EventStore, InlineProjection, Loops, Migration, MigrationSet,
    NewlyRecorded, ProjectionError, SQL_MIGRATIONS, StreamHead, params, statements_of, testing::TestDatabase,
};
use std::sync::Arc;

const TOTALS: MigrationSet = MigrationSet {
    name: "tally_totals",
    migrations: &[Migration {
        version: 1,
        name: "totals",
        sql: "CREATE TABLE tally_totals (id text PRIMARY KEY, total bigint NOT NULL, changed_at timestamptz NOT NULL)",
    }],
};

/// Keeps totals; amount 13 cannot be projected, 14 divides by zero in SQL, 15 binds a value of the wrong type.
pub(crate) struct Totals;

impl InlineProjection for Totals {
    fn name(&self) -> &'static str {
        "tally_totals"
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let Some(amount) = event.payload["Added"]["amount"].as_i64() else { return Ok(()) };
        match amount {
            13 => return Err(event.refuse("13 is unlucky")),
            14 => out.push("SELECT 1 / ($1::bigint - 14)", params![amount]),
            15 => out.push("SELECT $1::bigint", params!["not a number"]),
            _ => {}
        }
        let id = event.aggregate_id.to_owned();
        let mut params = params![id, amount];
        params.push(event.recorded_at_param());
        out.push(
            "INSERT INTO tally_totals VALUES ($1, $2, coalesce($3, dbx_now())) ON CONFLICT (id) DO UPDATE
             SET total = tally_totals.total + excluded.total, changed_at = excluded.changed_at",
            params,
        );
        Ok(())
    }
}

pub(crate) async fn database() -> (TestDatabase, EventStore) {
    let test = TestDatabase::create_with(&[SQL_MIGRATIONS, TOTALS]).await;
    let store = EventStore::new(test.db().clone(), vec![Arc::new(Totals)]);
    (test, store)
}

pub(crate) async fn totals(db: &Database) -> Vec<(String, i64, time::OffsetDateTime)> {
    let rows = db.client().await.unwrap().query("SELECT * FROM tally_totals ORDER BY id", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test]
async fn rebuilding_gives_the_rows_that_living_gave_times_included() {
    let (test, store) = database().await;
    let db = test.db();
    for (day, amount) in [(1, 5), (2, 6), (3, 7)] {
        db.set_fake_now(Some(format!("2026-01-0{day}T00:00:00Z").parse().unwrap()));
        for id in ["a", "b"] {
            let head = store.load::<Tally>(id).await.unwrap().head;
            add(&store, id, head, [amount, amount]).await.unwrap();
        }
    }
    db.set_fake_now(None);
    let lived = totals(db).await;
    assert_eq!(lived.iter().map(|row| row.1).collect::<Vec<_>>(), [36, 36]);

    let mut client = db.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    transaction.batch_execute("TRUNCATE tally_totals").await.unwrap();
    let mut lanes = Vec::new();
    for id in ["a", "b"] {
        let mut lane = Batch::default();
        for event in store.read_stream("tally", id, 1, 100).await.unwrap() {
            statements_of(&Totals, &[&event], &mut lane).unwrap();
        }
        lanes.push(lane);
    }
    Loops::default().run(&transaction, lanes).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(totals(db).await, lived);
}

#[tokio::test]
async fn whatever_fails_in_a_projection_rolls_everything_back_and_is_named() {
    let (test, store) = database().await;
    for (amount, expected) in
        [(13, "13 is unlucky"), (14, "division by zero"), (15, "read model tally_totals")]
    {
        let both = commit().append(append("a", StreamHead::NEW, [1])).append(append(
            "b",
            StreamHead::NEW,
            [amount, 2],
        ));
        let error = store.commit(both).await.unwrap_err();
        assert!(matches!(error, CommitError::Projection { .. } | CommitError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
        for id in ["a", "b"] {
            assert_eq!(store.load::<Tally>(id).await.unwrap().head, StreamHead::NEW);
        }
        assert!(totals(test.db()).await.is_empty());
    }
    // The connections that failed are fit for work.
    add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    assert_eq!(totals(test.db()).await.len(), 1);
}

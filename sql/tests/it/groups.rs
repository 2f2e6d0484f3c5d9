//! Groups of commits: one transaction, and to each commit its own outcome.

use crate::tally::{Tally, add_retrying, append, commit};
use dbx_sql::{
    CommitError, Committed, EventStore, StreamHead, Xid,
    lease::{self, Held, Renewal},
    testing::{BusyWriters, Queued, TestDatabase, queue},
};
use futures::future::join_all;
use std::{collections::BTreeSet, time::Duration};

async fn database() -> (TestDatabase, EventStore) {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    (test, store)
}

/// Queues the first event of each stream.
async fn queue_new(store: &EventStore, ids: impl IntoIterator<Item = String>) -> Vec<Queued> {
    let mut queued = Vec::new();
    for id in ids {
        queued.push(queue(store, commit().append(append(&id, StreamHead::NEW, [1, 2]))).await);
    }
    queued
}

fn xid(committed: &Result<Committed, CommitError>) -> Xid {
    committed.as_ref().unwrap().appends[0].xid.unwrap()
}

async fn total(store: &EventStore, id: &str) -> i64 {
    store.load::<Tally>(id).await.unwrap().aggregate.total
}

#[tokio::test]
async fn what_waits_together_is_written_together_in_the_order_of_its_streams() {
    let (test, store) = database().await;
    let busy = BusyWriters::of(&test, &store).await;
    let queued = queue_new(&store, ["c", "a", "b"].map(str::to_owned)).await;
    busy.let_go().await;
    let done = join_all(queued).await;
    assert_eq!(done.iter().map(xid).collect::<BTreeSet<_>>().len(), 1, "one transaction");
    let positions: Vec<_> =
        done.iter().map(|one| one.as_ref().unwrap().appends[0].positions.clone()).collect();
    let [c, a, b] = positions.try_into().unwrap();
    assert!([a, b, c].concat().is_sorted(), "locks are taken in one order");
    for (id, done) in ["c", "a", "b"].into_iter().zip(done) {
        let loaded = store.load::<Tally>(id).await.unwrap();
        assert_eq!((loaded.aggregate.total, loaded.head), (3, done.unwrap().appends[0].head));
        assert_eq!(store.verify_stream("tally", id).await.unwrap().events, 2);
    }
}

#[tokio::test]
async fn a_lost_race_in_the_middle_fails_nobody_else() {
    let (test, store) = database().await;
    add_retrying(&store, "b", 10).await;
    let busy = BusyWriters::of(&test, &store).await;
    let queued = queue_new(&store, ["a", "b", "c"].map(str::to_owned)).await;
    busy.let_go().await;
    let done = join_all(queued).await;
    assert!(
        matches!(&done[1], Err(CommitError::Conflict { aggregate_id, .. }) if aggregate_id == "b"),
        "{done:?}"
    );
    assert!(done[0].is_ok() && done[2].is_ok(), "{done:?}");
    for (id, expected) in [("a", 3), ("b", 10), ("c", 3)] {
        assert_eq!(total(&store, id).await, expected, "{id}");
    }
}

#[tokio::test]
async fn a_lease_that_was_lost_is_told_to_its_holder_alone() {
    const LEASE: Duration = Duration::from_secs(60);
    let (test, store) = database().await;
    let client = test.connection().await;
    let fill = "INSERT INTO workflow_queue (instance_id, org_id, workflow_id, kind, due_at)
                SELECT unnest(ARRAY['a', 'b', 'c']), 'org', 'job', 'create', dbx_now()";
    client.batch_execute(fill).await.unwrap();
    let claims = lease::claim(test.db(), "worker", 3, LEASE).await.unwrap();
    client
        .batch_execute("UPDATE workflow_queue SET fence = fence + 100 WHERE instance_id = 'b'")
        .await
        .unwrap();
    // The others have run down, so that they are prolonged and not only looked at.
    let run_down = "UPDATE workflow_queue SET lease_until = dbx_now() + interval '1 second'";
    client.batch_execute(run_down).await.unwrap();

    let busy = BusyWriters::of(&test, &store).await;
    let mut queued = Vec::new();
    for claim in &claims {
        let renewal = Renewal::new(Held::from(claim), LEASE);
        let work = commit().append(append(&claim.instance_id, StreamHead::NEW, [1])).write(renewal);
        queued.push(queue(&store, work).await);
    }
    busy.let_go().await;
    let held = |one: Result<Committed, CommitError>| one.unwrap().lease_held;
    for (claim, held) in claims.iter().zip(join_all(queued).await.into_iter().map(held)) {
        assert_eq!(held, Some(claim.instance_id != "b"), "{}", claim.instance_id);
    }
    let prolonged = "SELECT string_agg(instance_id, ' ' ORDER BY instance_id) FROM workflow_queue
                     WHERE lease_until > dbx_now() + interval '30 seconds'";
    assert_eq!(client.query_one(prolonged, &[]).await.unwrap().get::<_, &str>(0), "a c");
}

#[tokio::test]
async fn a_group_that_is_cut_off_leaves_every_outcome_unknown() {
    let (test, store) = database().await;
    // Another transaction holds the place of b's event, so the group waits for it.
    let other = test.connection().await;
    let insert = "BEGIN; INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
                  metadata) VALUES ('tally', 'b', 1, 'X', '1', '{}', '{}')";
    other.batch_execute(insert).await.unwrap();
    let busy = BusyWriters::of(&test, &store).await;
    let queued = tokio::spawn(join_all(queue_new(&store, ["a", "b", "c"].map(str::to_owned)).await));
    busy.let_go().await;
    let killer = test.connection().await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while killer.query(kill, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    for outcome in queued.await.unwrap() {
        assert!(matches!(outcome, Err(CommitError::OutcomeUnknown)), "{outcome:?}");
    }
    other.batch_execute("ROLLBACK").await.unwrap();
    for id in ["a", "b", "c"] {
        assert_eq!(total(&store, id).await, 0, "{id}");
        add_retrying(&store, id, 1).await;
    }
}

#[tokio::test]
async fn of_two_commits_to_one_stream_one_is_refused() {
    let (test, store) = database().await;
    let busy = BusyWriters::of(&test, &store).await;
    let queued = queue_new(&store, ["a", "a", "b"].map(str::to_owned)).await;
    busy.let_go().await;
    let done = join_all(queued).await;
    let refused = |one: &Result<Committed, CommitError>| matches!(one, Err(CommitError::Conflict { .. }));
    assert!(refused(&done[0]) != refused(&done[1]) && done[2].is_ok(), "{done:?}");
    assert_eq!((total(&store, "a").await, total(&store, "b").await), (3, 3));
}

#[tokio::test]
async fn groups_are_bounded_and_take_who_came_first() {
    let (test, store) = database().await;
    let busy = BusyWriters::of(&test, &store).await;
    let queued = queue_new(&store, (0..150).map(|number| format!("stream {number:03}"))).await;
    busy.let_go().await;
    let xids: Vec<Xid> = join_all(queued).await.iter().map(xid).collect();
    let groups: Vec<usize> = xids.chunk_by(|one, next| one == next).map(<[Xid]>::len).collect();
    assert_eq!(groups, [64, 64, 22]);
}

#[tokio::test]
async fn a_commit_larger_than_a_group_may_be_goes_alone() {
    let (test, store) = database().await;
    let busy = BusyWriters::of(&test, &store).await;
    let large = append("large", StreamHead::NEW, std::iter::repeat_n(1, 20_000));
    let events = large.events.len();
    let mut queued = queue_new(&store, ["a".to_owned()]).await;
    queued.push(queue(&store, commit().append(large)).await);
    queued.extend(queue_new(&store, ["b".to_owned()]).await);
    busy.let_go().await;
    let done = join_all(queued).await;
    assert_ne!(xid(&done[0]), xid(&done[1]));
    assert_eq!(done[1].as_ref().unwrap().appends[0].positions.len(), events);
    assert!(done[2].is_ok());
}

#[tokio::test]
async fn two_servers_that_write_to_the_same_streams_lose_nothing() {
    const EACH: i64 = 40;
    let (test, one) = database().await;
    let other = EventStore::new(dbx_sql::Database::connect(test.config()).await.unwrap(), vec![]);
    let writers = [&one, &other].into_iter().flat_map(|store| {
        (0..8).map(move |number| async move {
            for round in 0..EACH {
                add_retrying(store, &format!("stream {}", (number + round) % 5), 1).await;
            }
        })
    });
    join_all(writers).await;
    let mut all = 0;
    for number in 0..5 {
        let id = format!("stream {number}");
        all += total(&one, &id).await;
        one.verify_stream("tally", &id).await.unwrap();
    }
    assert_eq!(all, 16 * EACH);
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_is_carried_out_all_the_same() {
    let (test, store) = database().await;
    let busy = BusyWriters::of(&test, &store).await;
    drop(queue_new(&store, ["a", "b"].map(str::to_owned)).await);
    busy.let_go().await;
    for id in ["a", "b"] {
        while total(&store, id).await != 3 {
            tokio::task::yield_now().await;
        }
    }
}

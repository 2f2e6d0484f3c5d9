//! The connection ends at every possible moment: an error, never a part of an answer, never half a commit.

use crate::{
    proxy::Proxy,
    tally::{Tally, add, append, commit},
};
use dbx_sql::{CommitError, Database, EventStore, SqlError, StoreError, StreamHead, testing::TestDatabase};

const EVENTS: i64 = 200;

#[tokio::test]
async fn a_load_that_is_cut_anywhere_is_an_error_and_never_a_part_of_the_stream() {
    let test = TestDatabase::create().await;
    let direct = EventStore::new(test.db().clone(), vec![]);
    add(&direct, "a", StreamHead::NEW, (0..EVENTS).map(|_| 1)).await.unwrap();
    let (proxy, db) = Proxy::new(&test).await;
    let store = EventStore::new(db, vec![]);
    store.load::<Tally>("a").await.unwrap();
    let before = proxy.passed().1;
    store.load::<Tally>("a").await.unwrap();
    let answer = proxy.passed().1 - before;
    assert!(answer > 200 * 50, "the answer is long enough to be cut in the middle of it: {answer}");

    for cut in (0..answer).step_by(997).chain([answer - 1]) {
        proxy.cut_after(u64::MAX, cut);
        match store.load::<Tally>("a").await {
            Err(StoreError::Sql(SqlError::ConnectionLost)) => {}
            other => panic!("cut after {cut} of {answer} bytes: {other:?}"),
        }
        proxy.mend();
        assert_eq!(store.load::<Tally>("a").await.unwrap().aggregate.total, EVENTS);
    }
}

/// Loads both streams of a commit directly and says whether it happened, which must be the same for both.
async fn happened(direct: &EventStore, ids: [&str; 2]) -> bool {
    let [left, right] = ids.map(|id| direct.load::<Tally>(id));
    let (left, right) = (left.await.unwrap().aggregate.events, right.await.unwrap().aggregate.events);
    assert!([(0, 0), (2, 1)].contains(&(left, right)), "half a commit: {left} and {right} events");
    left > 0
}

async fn commit_both(
    store: &EventStore,
    [left, right]: [&str; 2],
) -> Result<dbx_sql::Committed, CommitError> {
    let left = append(left, StreamHead::NEW, [1, 2]);
    store.commit(commit().append(left).append(append(right, StreamHead::NEW, [3]))).await
}

/// Waits until no session but ours is left, so that the fate of a cut commit is decided.
async fn settled(test: &TestDatabase) {
    let client = test.connection().await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
               AND pid <> pg_backend_pid()";
    while client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_commit_that_is_cut_anywhere_says_truly_what_is_known_of_it() {
    let test = TestDatabase::create().await;
    let direct = EventStore::new(test.db().clone(), vec![]);
    let (proxy, db) = Proxy::new(&test).await;
    let store = EventStore::new(db, vec![]);
    commit_both(&store, ["warm", "up"]).await.unwrap();
    let before = proxy.passed();
    commit_both(&store, ["how", "long"]).await.unwrap();
    let (asked, answered) = (proxy.passed().0 - before.0, proxy.passed().1 - before.1);

    let cuts = (0..asked)
        .step_by(61)
        .map(|cut| (cut, u64::MAX))
        .chain((0..answered).step_by(7).map(|cut| (u64::MAX, cut)));
    let mut unknown_but_done = 0;
    for (index, (to_server, to_client)) in cuts.enumerate() {
        let ids = [format!("left {index}"), format!("right {index}")];
        let ids = [ids[0].as_str(), ids[1].as_str()];
        proxy.cut_after(to_server, to_client);
        let answer = commit_both(&store, ids).await;
        proxy.mend();
        settled(&test).await;
        let done = happened(&direct, ids).await;
        match answer {
            Ok(_) => assert!(done),
            Err(CommitError::OutcomeUnknown) => unknown_but_done += u32::from(done),
            Err(CommitError::Unavailable(_)) => assert!(!done),
            Err(other) => panic!("{other}"),
        }
        if let Err(CommitError::OutcomeUnknown) = answer
            && done
        {
            // Doing it again is safe.
            assert!(matches!(commit_both(&store, ids).await, Err(CommitError::Conflict { .. })));
        } else if !done {
            commit_both(&store, ids).await.unwrap();
        }
    }
    assert!(unknown_but_done > 0, "some cut came between the commit and its answer");
}

#[tokio::test]
async fn a_terminated_commit_is_of_unknown_outcome_and_nothing_of_it_is_there() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    // Another transaction holds the place of event 1, so the commit waits for it.
    let mut other = test.connection().await;
    let blocker = other.transaction().await.unwrap();
    let insert = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
                  VALUES ('tally', 'right', 1, 'X', '1', '{}', '{}')";
    blocker.batch_execute(insert).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { commit_both(&store, ["left", "right"]).await }
    });
    let killer = test.connection().await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while killer.query(kill, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(waiting.await.unwrap(), Err(CommitError::OutcomeUnknown)));
    blocker.rollback().await.unwrap();
    assert!(!happened(&store, ["left", "right"]).await);
}

#[tokio::test]
async fn after_all_connections_were_terminated_the_pool_recovers() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    let killer = test.connection().await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    killer.query(kill, &[]).await.unwrap();
    loop {
        match store.load::<Tally>("a").await {
            Ok(loaded) => break assert_eq!(loaded.aggregate.total, 1),
            Err(StoreError::Sql(error)) => assert!(error.is_transient(), "{error}"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn an_unreachable_server_is_an_error_that_says_so_without_the_password() {
    let mut config = dbx_sql::DatabaseConfig::new("postgres://me:hunter2@127.0.0.1:1/db");
    config.connect_timeout = std::time::Duration::from_secs(2);
    let error = Database::connect(&config).await.unwrap_err();
    assert!(matches!(error, SqlError::Unreachable(_)), "{error}");
    for shown in [format!("{error}"), format!("{error:?}"), format!("{config:?}")] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

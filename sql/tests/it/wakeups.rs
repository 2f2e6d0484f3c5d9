//! Wake-ups arrive in this process and in others.

use crate::tally::add;
use dbx_sql::{Database, EventStore, StreamHead, Wakeups, testing::TestDatabase};
use std::time::Duration;

/// Longer than any test may run: a waiter that returns was woken.
const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_commit_wakes_a_waiter_made_before_it_even_if_it_waits_later() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let mut waiter = test.db().wakeups().waiter();
    add(&store, "a", StreamHead::NEW, [1]).await.unwrap();
    waiter.wait_or(NEVER).await;
    // Only one signal for one commit: without another the time-out ends the wait.
    waiter.wait_or(Duration::from_millis(1)).await;
}

#[tokio::test]
async fn a_commit_wakes_other_processes_also_after_their_link_was_cut() {
    let test = TestDatabase::create().await;
    let here = EventStore::new(test.db().clone(), vec![]);
    let there = Database::connect(test.config()).await.unwrap();
    let _links = (Wakeups::link(test.db()), Wakeups::link(&there));
    let killer = test.connection().await;
    let listening = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%dbx_events%'
                     AND pid <> pg_backend_pid()";
    let mut head = StreamHead::NEW;
    for round in 0..2 {
        let count = format!("SELECT count(*) {listening}");
        while killer.query_one(&count, &[]).await.unwrap().get::<_, i64>(0) < 2 {
            tokio::task::yield_now().await;
        }
        let mut waiter = there.wakeups().waiter();
        head = add(&here, "a", head, [1]).await.unwrap().appends[0].head;
        waiter.wait_or(NEVER).await;
        if round == 0 {
            killer.query(&format!("SELECT pg_terminate_backend(pid) {listening}"), &[]).await.unwrap();
        }
    }
}

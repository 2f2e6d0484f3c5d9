//! One commit: several streams, read model, secret, person, idempotency key; all or nothing.

use crate::{
    projecting::{database, totals},
    tally::{Tally, append, commit},
};
use dbx_domain::{
    ids::{AccountId, OrgId, SecretId},
    secret::Secret,
};
use dbx_sql::{
    Commit, CommitError, EventStore, MasterKey, MasterKeys, StreamHead, Vault, VaultError,
    source::{
        idempotency::{self, IdempotencyClaim, IdempotencyKey, Outcome},
        people::{self, Person, PersonWrite},
    },
};
use futures::FutureExt as _;
use std::num::NonZeroUsize;
use tokio_postgres::SimpleQueryMessage;
use uuid::Uuid;

fn key() -> IdempotencyKey {
    IdempotencyKey { principal: "usr".into(), route: "POST /v1/orgs".into(), key: "k".into() }
}

fn claim(resource: &str) -> IdempotencyClaim {
    let outcome = Outcome { body_hash: [7; 32], status: 202, resource: Some(resource.into()), sealed: None };
    IdempotencyClaim { key: key(), outcome }
}

fn person(account: u128, email: &str) -> PersonWrite {
    let account = AccountId::from_uuid(Uuid::from_u128(account));
    PersonWrite::Put(Person { account, email: email.into(), display_name: "Ada".into() })
}

fn vault(store: &EventStore) -> Vault {
    let key = MasterKey::from_hex(&Secret::new("ab".repeat(32))).unwrap();
    Vault::new(store.database().clone(), MasterKeys::new(key, vec![]))
}

async fn everything(store: &EventStore, secret: SecretId) -> Commit {
    let org = OrgId::from_uuid(Uuid::from_u128(1));
    let sealed = vault(store).seal(org, "ins", secret, 1, &Secret::new("s3cret")).await.unwrap();
    commit()
        .append(append("a", StreamHead::NEW, [1, 2]))
        .append(append("b", StreamHead::NEW, [3]))
        .write(sealed)
        .write(claim("job_1"))
        .write(person(1, "ada@example.com"))
}

#[tokio::test]
async fn all_of_it_or_nothing_of_it() {
    let (test, store) = database().await;
    let (db, secret) = (test.db(), SecretId::from_uuid(Uuid::from_u128(9)));
    let ada = AccountId::from_uuid(Uuid::from_u128(1));

    // The last statement of the transaction fails: the address is taken.
    store.commit(commit().write(person(2, "ADA@example.com"))).await.unwrap();
    match store.commit(everything(&store, secret).await).await.unwrap_err() {
        CommitError::Duplicate { constraint } => assert_eq!(constraint, people::EMAIL_CONSTRAINT),
        other => panic!("{other}"),
    }
    assert_eq!(store.load::<Tally>("a").await.unwrap().head, StreamHead::NEW);
    assert!(totals(db).await.is_empty());
    assert!(matches!(vault(&store).open(secret, 1).await, Err(VaultError::Gone { .. })));
    assert_eq!(idempotency::find(db, &key()).await.unwrap(), None);
    assert_eq!(people::find(db, ada).await.unwrap(), None);

    store.commit(commit().write(PersonWrite::Erase(AccountId::from_uuid(Uuid::from_u128(2))))).await.unwrap();
    let done = store.commit(everything(&store, secret).await).await.unwrap();
    assert_eq!(done.appends[0].xid, done.appends[1].xid);
    assert_eq!(store.load::<Tally>("a").await.unwrap().aggregate.total, 3);
    assert_eq!(store.load::<Tally>("b").await.unwrap().aggregate.total, 3);
    assert_eq!(totals(db).await.len(), 2);
    assert_eq!(vault(&store).open(secret, 1).await.unwrap().expose(), "s3cret");
    assert_eq!(idempotency::find(db, &key()).await.unwrap(), Some(claim("job_1").outcome));
    assert_eq!(people::find_by_email(db, "Ada@Example.com").await.unwrap().unwrap().account, ada);
}

#[tokio::test]
async fn of_many_requests_with_one_key_one_happens_and_the_others_learn_its_outcome() {
    let (test, store) = database().await;
    let requests = (0..10).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let id = format!("stream {n}");
            let commit = commit().append(append(&id, StreamHead::NEW, [1])).write(claim(&id));
            (id, store.commit(commit).await)
        })
    });
    let answers: Vec<_> = futures::future::join_all(requests).await.into_iter().map(Result::unwrap).collect();
    let winners: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_ok()).collect();
    assert_eq!(winners.len(), 1);
    let losers = answers.iter().filter(|(_, answer)| matches!(answer, Err(CommitError::IdempotencyReplay)));
    assert_eq!(losers.count(), 9);
    let stored = idempotency::find(test.db(), &key()).await.unwrap().unwrap();
    assert_eq!(stored.resource.as_ref(), Some(&winners[0].0));
    assert_eq!(totals(test.db()).await.len(), 1);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let (test, store) = database().await;
    test.db().set_fake_now(Some("2026-01-01T00:00:00Z".parse().unwrap()));
    store.commit(commit().write(claim("old"))).await.unwrap();
    test.db().set_fake_now(Some("2026-01-01T23:59:59Z".parse().unwrap()));
    assert!(matches!(store.commit(commit().write(claim("new"))).await, Err(CommitError::IdempotencyReplay)));
    test.db().set_fake_now(Some("2026-01-02T00:00:00Z".parse().unwrap()));
    assert_eq!(idempotency::find(test.db(), &key()).await.unwrap(), None);
    store.commit(commit().write(claim("new"))).await.unwrap();
    let stored = idempotency::find(test.db(), &key()).await.unwrap().unwrap();
    assert_eq!(stored.resource.as_deref(), Some("new"));
}

fn rows(messages: &[SimpleQueryMessage]) -> usize {
    messages.iter().filter(|message| matches!(message, SimpleQueryMessage::Row(_))).count()
}

/// However early a caller gives up, the connection that goes back to the pool is in no transaction, and the commit
/// happens as a whole.
#[tokio::test]
async fn a_commit_that_is_dropped_half_way_leaves_no_transaction_open() {
    let (test, store) = database().await;
    for polls in 1..40 {
        let id = format!("stream {polls}");
        let polls = NonZeroUsize::new(polls).unwrap();
        {
            let work = commit().append(append(&id, StreamHead::NEW, [1, 2])).append(append(
                "none",
                StreamHead::NEW,
                [],
            ));
            let mut future = Box::pin(store.commit(work));
            for _ in 0..polls.get() {
                if future.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let client = test.db().client().await.unwrap();
        let inside =
            client.simple_query("SELECT FROM (SELECT 1) AS one WHERE now() <> statement_timestamp()").await;
        assert_eq!(rows(&inside.unwrap()), 0, "after {polls} polls the connection was inside a transaction");
        drop(client);
        // It was queued by the first poll, and is carried out whether or not anybody waits for it.
        while store.load::<Tally>(&id).await.unwrap().aggregate.total == 0 {
            tokio::task::yield_now().await;
        }
        let loaded = store.load::<Tally>(&id).await.unwrap().aggregate;
        let shown = totals(test.db()).await.into_iter().find(|row| row.0 == id).map(|row| row.1);
        assert_eq!((loaded.total, shown), (3, Some(3)), "{polls}");
    }
}

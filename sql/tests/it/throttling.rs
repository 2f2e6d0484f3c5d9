//! Throttles and invitation links: what identity keeps beside the log.

use crate::tally::commit;
use dbx_domain::{
    ids::{InvitationId, OrgId},
    time::Timestamp,
};
use dbx_sql::{
    EventStore,
    source::invitation_links::{self, InvitationLink, InvitationWrite},
    testing::TestDatabase,
    throttle::{self, Allowance},
};
use std::time::Duration;
use uuid::Uuid;

const ALLOWANCE: Allowance = Allowance { burst: 3, every: Duration::from_secs(10) };

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_burst_passes_and_then_one_per_interval() {
    let test = TestDatabase::create().await;
    let db = test.db();
    db.set_fake_now(Some(at(1_000)));
    let charge = async || throttle::charge(db, &[1; 32], ALLOWANCE).await.unwrap();
    for _ in 0..3 {
        assert_eq!(charge().await, None);
    }
    assert_eq!(charge().await, Some(Duration::from_secs(10)));
    // Refusals are not charged.
    db.set_fake_now(Some(at(1_009)));
    assert_eq!(charge().await, Some(Duration::from_secs(1)));
    assert_eq!(throttle::charge(db, &[2; 32], ALLOWANCE).await.unwrap(), None);
    db.set_fake_now(Some(at(1_010)));
    assert_eq!(charge().await, None);
    assert!(charge().await.is_some());
    throttle::refund(db, &[1; 32], ALLOWANCE).await.unwrap();
    assert_eq!(charge().await, None);
    throttle::forget(db, &[1; 32]).await.unwrap();
    assert_eq!(charge().await, None);
    db.set_fake_now(Some(at(2_000)));
    assert_eq!(throttle::delete_free(db).await.unwrap(), 2);
}

#[tokio::test]
async fn attempts_at_once_do_not_pass_together() {
    let test = TestDatabase::create().await;
    test.db().set_fake_now(Some(at(1_000)));
    let charges = (0..12).map(|_| throttle::charge(test.db(), &[1; 32], ALLOWANCE));
    let passed =
        futures::future::join_all(charges).await.into_iter().filter(|refused| matches!(refused, Ok(None)));
    assert_eq!(passed.count(), 3);
}

#[tokio::test]
async fn invitation_links_are_found_until_used_withdrawn_or_expired() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    db.set_fake_now(Some(at(1_000)));
    let org = OrgId::from_uuid(Uuid::from_u128(1));
    let link = |n: u8, org| InvitationLink {
        invitation: InvitationId::from_uuid(Uuid::from_u128(n.into())),
        org,
        email: "eve@example.com".into(),
        token_hash: [n; 32],
        expires_at: at(2_000),
    };
    let other = OrgId::from_uuid(Uuid::from_u128(2));
    let mut issue = commit();
    for link in [link(1, org), link(2, org), link(3, other)] {
        assert!(!format!("{link:?}").contains("eve@"));
        issue = issue.write(InvitationWrite::Issue(link));
    }
    store.commit(issue).await.unwrap();
    let find = async |n: u8| invitation_links::find_by_token_hash(db, &[n; 32]).await.unwrap();
    assert_eq!(find(1).await, Some(link(1, org)));
    store.commit(commit().write(InvitationWrite::Drop(link(1, org).invitation))).await.unwrap();
    assert_eq!(find(1).await, None);
    store.commit(commit().write(InvitationWrite::DropAllOf(org))).await.unwrap();
    assert_eq!(find(2).await, None);
    let ids = [2, 3].map(|n| link(n, org).invitation);
    assert_eq!(invitation_links::find_many(db, &ids).await.unwrap(), [link(3, other)]);
    db.set_fake_now(Some(at(2_000)));
    assert_eq!(find(3).await, None);
    assert_eq!(invitation_links::delete_expired(db).await.unwrap(), 1);
}

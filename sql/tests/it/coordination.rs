//! Permits, duties and numbers: what several copies of the server share, tried by many at once.

use dbx_sql::{
    Database, diagnosis, duty, lease, occupancy,
    permit::{self, Scope},
    testing::TestDatabase,
};
use std::{collections::BTreeSet, time::Duration};

const LEASE: Duration = Duration::from_secs(60);

fn node(limit: u32) -> Scope {
    Scope { name: "node/pve1".to_owned(), limit }
}

fn template() -> Scope {
    Scope { name: "template/pve1".to_owned(), limit: 1 }
}

/// A database in which `count` instances are leased.
async fn leased(count: i32) -> (TestDatabase, Vec<lease::Claim>) {
    let test = TestDatabase::create().await;
    let sql = "INSERT INTO workflow_queue (instance_id, org_id, workflow_id, kind, due_at)
               SELECT 'ins ' || n, 'org', 'job ' || n, 'create', dbx_now() FROM generate_series(1, $1) n";
    test.db().client().await.unwrap().execute(sql, &[&count]).await.unwrap();
    let limit = u32::try_from(count).unwrap();
    let mut claims = lease::claim(test.db(), "worker", limit, LEASE).await.unwrap();
    claims.sort_by(|one, two| one.instance_id.cmp(&two.instance_id));
    (test, claims)
}

async fn hold(db: &Database, claim: &lease::Claim, scopes: &[Scope]) -> bool {
    permit::hold(db, &claim.instance_id, scopes).await.unwrap()
}

#[tokio::test]
async fn never_more_than_the_limit_hold_a_scope_however_many_ask_at_once() {
    let (test, claims) = leased(12).await;
    let asking = claims.iter().map(|claim| async { hold(test.db(), claim, &[node(2)]).await });
    let got = futures::future::join_all(asking).await;
    assert_eq!(got.iter().filter(|got| **got).count(), 2);
}

#[tokio::test]
async fn an_instance_holds_all_it_asked_for_or_nothing() {
    let (test, claims) = leased(3).await;
    let [one, two, three] = claims.as_slice() else { panic!() };
    assert!(hold(test.db(), one, &[node(2), template()]).await);
    assert!(hold(test.db(), one, &[template(), node(2)]).await, "asking again is free");
    assert!(!hold(test.db(), two, &[node(2), template()]).await, "the template is taken");
    assert!(hold(test.db(), three, &[node(2)]).await, "the second place is not blocked by who got nothing");
    assert!(hold(test.db(), one, &[node(2)]).await, "what is not asked for any more is given back");
    assert!(hold(test.db(), two, &[template()]).await);
    assert!(!hold(test.db(), two, &[node(2), template()]).await);
    lease::release(test.db(), three).await.unwrap();
    assert!(hold(test.db(), two, &[node(2), template()]).await, "permits end with the lease");
}

#[tokio::test]
async fn a_permit_of_a_dead_worker_costs_one_lease_also_if_the_run_is_over() {
    let (test, claims) = leased(2).await;
    let [one, two] = claims.as_slice() else { panic!() };
    let now = test.db().now().await.unwrap();
    test.db().set_fake_now(Some(now));
    assert!(hold(test.db(), one, &[template()]).await);
    assert!(!hold(test.db(), two, &[template()]).await);
    test.db().set_fake_now(Some(now + LEASE * 2));
    assert!(hold(test.db(), two, &[template()]).await);
    let sql = "DELETE FROM workflow_queue WHERE instance_id = $1";
    test.db().client().await.unwrap().execute(sql, &[&two.instance_id]).await.unwrap();
    lease::release(test.db(), two).await.unwrap();
    let left = "SELECT count(*) FROM write_permits";
    let left: i64 = test.db().client().await.unwrap().query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_late_release_does_not_take_the_permits_of_the_next_holder() {
    let (test, claims) = leased(1).await;
    let now = test.db().now().await.unwrap();
    test.db().set_fake_now(Some(now + LEASE * 10));
    let next = lease::claim(test.db(), "another", 1, LEASE).await.unwrap().pop().unwrap();
    assert!(hold(test.db(), &next, &[template()]).await);
    assert!(!lease::release(test.db(), &claims[0]).await.unwrap());
    let left = "SELECT count(*) FROM write_permits";
    let left: i64 = test.db().client().await.unwrap().query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_duty_has_one_holder_until_the_lease_ends_or_it_resigns() {
    let test = TestDatabase::create().await;
    let db = test.db();
    let now = db.now().await.unwrap();
    db.set_fake_now(Some(now));
    let take = |holder| duty::take(db, "health", holder, LEASE);
    assert!(take("a").await.unwrap() && take("a").await.unwrap());
    assert!(!take("b").await.unwrap());
    assert_eq!(duty::held(db).await.unwrap(), [("health".to_owned(), "a".to_owned())]);
    assert!(duty::take(db, "reconcile", "b", LEASE).await.unwrap(), "another duty is another matter");
    duty::resign(db, "health", "b").await.unwrap();
    assert!(!take("b").await.unwrap(), "only the holder can resign");
    db.set_fake_now(Some(now + LEASE));
    assert!(take("b").await.unwrap(), "the holder is late");
    assert!(!take("a").await.unwrap());
    duty::resign(db, "health", "b").await.unwrap();
    assert!(take("a").await.unwrap());
}

#[tokio::test]
async fn a_clock_set_back_prolongs_no_duty() {
    let test = TestDatabase::create().await;
    let db = test.db();
    let now = db.now().await.unwrap();
    db.set_fake_now(Some(now + Duration::from_secs(3_600)));
    assert!(duty::take(db, "health", "dead", LEASE).await.unwrap());
    db.set_fake_now(Some(now));
    assert!(!duty::take(db, "health", "heir", LEASE).await.unwrap(), "a call of its holder may be under way");
    db.set_fake_now(Some(now + LEASE));
    assert!(duty::take(db, "health", "heir", LEASE).await.unwrap(), "one lease later it is free");
}

#[tokio::test]
async fn a_container_number_is_handed_out_once_and_above_all_that_were_reserved() {
    let test = TestDatabase::create().await;
    let sql = "INSERT INTO reservations (vmid, instance_id, node, address, vcpus, memory_mib, disk_gib, reserved_at)
               VALUES (150, 'ins', 'pve1', '10.0.0.1', 1, 1, 1, dbx_now())";
    test.db().client().await.unwrap().execute(sql, &[]).await.unwrap();
    let next = |at_least| occupancy::next_number(test.db(), at_least);
    assert_eq!(next(100).await.unwrap(), 151);
    let many = futures::future::join_all((0..20).map(|_| next(100))).await;
    let numbers: BTreeSet<i64> = many.into_iter().map(Result::unwrap).collect();
    assert_eq!(numbers, (152..172).collect());
    assert_eq!(next(500).await.unwrap(), 500);
    assert_eq!(next(1).await.unwrap(), 501);
}

#[tokio::test]
async fn a_diagnosis_tells_roles_overdue_work_and_who_takes_care() {
    let (test, _) = leased(1).await;
    let first = diagnosis::diagnose(test.db(), "caretaker").await.unwrap();
    assert!(first.server_number >= diagnosis::OLDEST_SERVER && first.may_rewrite, "{first:?}");
    // Not `oldest_writer`: it looks at the whole server, where other tests write.
    assert_eq!((first.overdue, first.caretaker), (0, None));
    let now = test.db().now().await.unwrap();
    test.db().set_fake_now(Some(now + LEASE * 10));
    assert!(duty::take(test.db(), "caretaker", "one", LEASE).await.unwrap());
    let mut writer = test.connection().await;
    let writing = writer.transaction().await.unwrap();
    writing.execute("INSERT INTO container_numbers (last) VALUES (1)", &[]).await.unwrap();
    let then = diagnosis::diagnose(test.db(), "caretaker").await.unwrap();
    assert_eq!((then.overdue, then.caretaker.as_deref()), (1, Some("one")));
    assert!(then.oldest_writer.is_some());
    writing.batch_execute("SET LOCAL ROLE dbx_runtime").await.unwrap();
    let role = writing.query_one(diagnosis::SQL, &[&"caretaker"]).await.unwrap();
    assert_eq!((role.get::<_, String>(2).as_str(), role.get::<_, bool>(3)), ("dbx_runtime", false));
}

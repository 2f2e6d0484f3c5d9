//! Claims: never shared, fenced, backing off, and as cheap with a hundred thousand parked rows as with none.

use dbx_domain::time::Timestamp;
use dbx_sql::{
    Database,
    lease::{self, Claim},
    set_back,
    testing::TestDatabase,
};
use std::{collections::BTreeSet, time::Duration};

const LEASE: Duration = Duration::from_secs(60);

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// A queue of `due` rows at a set clock.
async fn queue(due: i32) -> TestDatabase {
    let test = TestDatabase::create().await;
    test.db().set_fake_now(Some(start()));
    let sql = "INSERT INTO workflow_queue (instance_id, org_id, workflow_id, kind, due_at)
               SELECT 'ins ' || n, 'org', 'job ' || n, 'create', dbx_now() FROM generate_series(1, $1) n";
    test.db().client().await.unwrap().execute(sql, &[&due]).await.unwrap();
    test
}

async fn claim_one(db: &Database, worker: &str) -> Option<Claim> {
    lease::claim(db, worker, 1, LEASE).await.unwrap().pop()
}

async fn due_in(db: &Database) -> Duration {
    let row = db.client().await.unwrap().query_one("SELECT due_at FROM workflow_queue", &[]).await.unwrap();
    Timestamp::from(row.get::<_, time::OffsetDateTime>(0)).since(db.now().await.unwrap())
}

#[tokio::test]
async fn claimers_at_the_same_time_never_share_an_instance() {
    let test = queue(100).await;
    let workers = (0..10).map(|worker| {
        let db = test.db().clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claims = lease::claim(&db, &worker.to_string(), 3, LEASE).await.unwrap();
                if claims.is_empty() {
                    return mine;
                }
                mine.extend(claims.into_iter().map(|claim| claim.instance_id));
            }
        })
    });
    let all: Vec<String> =
        futures::future::join_all(workers).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(all.len(), 100);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 100);
}

#[tokio::test]
async fn a_claim_carries_what_a_worker_needs() {
    let test = queue(1).await;
    let claim = claim_one(test.db(), "w").await.unwrap();
    let expected = Claim {
        instance_id: "ins 1".into(),
        org_id: "org".into(),
        workflow_id: "job 1".into(),
        kind: "create".into(),
        fence: 1,
        attempt: 1,
        lease_until: start() + LEASE,
    };
    assert_eq!(claim, expected);
    let depth = lease::depth(test.db()).await.unwrap();
    assert_eq!((depth.due, depth.leased), (0, 1));
}

#[tokio::test]
async fn a_zombie_can_neither_renew_nor_release() {
    let test = queue(1).await;
    let db = test.db();
    let zombie = claim_one(db, "zombie").await.unwrap();
    assert!(lease::renew(db, &zombie, LEASE).await.unwrap());
    assert!(claim_one(db, "other").await.is_none());
    db.set_fake_now(Some(start() + LEASE));
    let heir = claim_one(db, "heir").await.unwrap();
    assert_eq!((heir.fence, heir.attempt), (2, 2));
    assert!(!lease::renew(db, &zombie, LEASE).await.unwrap());
    assert!(!lease::release(db, &zombie).await.unwrap());
    assert!(!lease::release_until(db, &zombie, start()).await.unwrap());
    assert!(lease::renew(db, &heir, LEASE).await.unwrap());
    assert!(lease::release(db, &heir).await.unwrap());
    assert!(!lease::renew(db, &heir, LEASE).await.unwrap(), "a lease that was given back cannot be renewed");
}

#[tokio::test]
async fn a_worker_that_dies_after_each_claim_backs_off_up_to_a_cap() {
    let test = queue(1).await;
    let db = test.db();
    let mut now = start();
    for attempt in 1..=15 {
        let claim = claim_one(db, "crashing").await.unwrap();
        assert_eq!(claim.attempt, attempt);
        let full =
            f64::from(2_u32.pow(u32::try_from(attempt - 1).unwrap())).min(lease::PUT_OFF_MAX.as_secs_f64());
        let due = due_in(db).await.as_secs_f64();
        assert!(
            (full / 2.0 - 0.001..=full).contains(&due),
            "attempt {attempt}: due in {due}, back-off {full}"
        );
        // Neither the lease alone nor the back-off alone makes it free.
        now = now + Duration::from_secs_f64(due.min(LEASE.as_secs_f64())) + Duration::from_millis(1);
        db.set_fake_now(Some(now));
        assert!(claim_one(db, "early").await.is_none() || (due - LEASE.as_secs_f64()).abs() < 0.01);
        now = now + Duration::from_secs_f64(due.max(LEASE.as_secs_f64()));
        db.set_fake_now(Some(now));
    }
}

#[tokio::test]
async fn a_released_instance_is_due_when_it_was_told_to_be() {
    let test = queue(1).await;
    let db = test.db();
    let claim = claim_one(db, "w").await.unwrap();
    assert!(lease::release_until(db, &claim, start() + Duration::from_secs(10)).await.unwrap());
    assert!(claim_one(db, "w").await.is_none());
    db.set_fake_now(Some(start() + Duration::from_secs(10)));
    assert_eq!(claim_one(db, "w").await.unwrap().fence, 2);
}

#[tokio::test]
async fn a_claim_touches_as_few_pages_with_100_000_parked_rows_as_with_none() {
    let test = queue(5).await;
    let client = test.db().client().await.unwrap();
    let park = "INSERT INTO workflow_queue (instance_id, org_id, workflow_id, kind, due_at)
                SELECT 'parked ' || n, 'org', 'job', 'create', 'infinity' FROM generate_series(1, 100000) n";
    client.batch_execute(park).await.unwrap();
    client.batch_execute("ANALYZE workflow_queue").await.unwrap();
    let explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
        SELECT instance_id FROM workflow_queue
        WHERE due_at < 'infinity' AND due_at <= dbx_now() AND (lease_until IS NULL OR lease_until <= dbx_now())
        ORDER BY due_at LIMIT 10 FOR UPDATE SKIP LOCKED";
    let plan: serde_json::Value = client.query_one(explain, &[]).await.unwrap().get(0);
    let top = &plan[0]["Plan"];
    let pages = top["Shared Hit Blocks"].as_i64().unwrap() + top["Shared Read Blocks"].as_i64().unwrap();
    assert!(plan.to_string().contains("workflow_queue_due"), "{plan:#}");
    assert!(pages < 50, "{pages} pages: {plan:#}");
    drop(client);
    assert_eq!(lease::claim(test.db(), "w", 10, LEASE).await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_dead_workers_leases_end_at_once_and_nobody_elses() {
    let test = queue(3).await;
    let db = test.db();
    let dead = claim_one(db, "dead").await.unwrap();
    let alive = claim_one(db, "alive").await.unwrap();
    let mut holders = lease::holders(db).await.unwrap();
    holders.sort();
    assert_eq!(holders, ["alive", "dead"]);
    assert_eq!(lease::bury(db, "dead").await.unwrap(), 1);
    assert_eq!(lease::holders(db).await.unwrap(), ["alive"]);
    assert!(
        !lease::renew(db, &dead, LEASE).await.unwrap(),
        "a buried worker that wakes up after all has lost it"
    );
    let again: BTreeSet<_> = lease::claim(db, "heir", 9, LEASE)
        .await
        .unwrap()
        .into_iter()
        .map(|claim| claim.instance_id)
        .collect();
    assert!(again.contains(&dead.instance_id) && !again.contains(&alive.instance_id));
}

#[tokio::test]
async fn burying_leaves_parked_rows_parked() {
    let test = queue(1).await;
    let db = test.db();
    claim_one(db, "dead").await.unwrap();
    let park = "UPDATE workflow_queue SET due_at = 'infinity'";
    db.client().await.unwrap().execute(park, &[]).await.unwrap();
    lease::bury(db, "dead").await.unwrap();
    assert_eq!(claim_one(db, "heir").await, None);
}

/// Times of `instance`: when it is due, and until when it is leased, from now.
async fn times(db: &Database, instance: &str) -> (f64, Option<f64>) {
    let sql = "SELECT extract(epoch FROM due_at - dbx_now())::float8, extract(epoch FROM lease_until - dbx_now())::float8
               FROM workflow_queue WHERE instance_id = $1";
    let row = db.client().await.unwrap().query_one(sql, &[&instance]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_clock_set_back_puts_nothing_off_and_takes_no_lease_from_its_holder() {
    let test = queue(2).await;
    let db = test.db();
    let (held, waiting) = (claim_one(db, "w").await.unwrap(), claim_one(db, "w").await.unwrap());
    assert!(lease::release_until(db, &waiting, start() + Duration::from_secs(20)).await.unwrap());
    assert_eq!(set_back::mend(db, LEASE).await.unwrap(), 0, "nothing is further ahead than it may be");
    let earlier: Timestamp = "2025-12-31T23:00:00Z".parse().unwrap();
    db.set_fake_now(Some(earlier));
    assert_eq!(lease::claim(db, "other", 9, LEASE).await.unwrap(), [], "due in an hour");
    assert_eq!(set_back::mend(db, LEASE).await.unwrap(), 2);
    assert_eq!(times(db, &held.instance_id).await, (0.0, Some(LEASE.as_secs_f64())));
    assert_eq!(times(db, &waiting.instance_id).await, (0.0, None));
    let claimed = claim_one(db, "other").await.unwrap();
    assert_eq!(claimed.instance_id, waiting.instance_id, "the other one is held for one lease more");
    assert!(lease::renew(db, &held, LEASE).await.unwrap(), "its holder lives and goes on");
    assert_eq!(set_back::mend(db, LEASE).await.unwrap(), 0);
}

#[tokio::test]
async fn a_clock_set_back_makes_no_parked_run_due() {
    let test = queue(1).await;
    let db = test.db();
    db.client().await.unwrap().execute("UPDATE workflow_queue SET due_at = 'infinity'", &[]).await.unwrap();
    db.set_fake_now(Some("2025-12-31T23:00:00Z".parse().unwrap()));
    assert_eq!(set_back::mend(db, LEASE).await.unwrap(), 0);
}

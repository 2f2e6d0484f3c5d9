//! What a claim costs among few and among many parked instances.

use dbx_sql::{Database, lease, testing::TestDatabase};
use std::time::{Duration, Instant};

const FEW: i64 = 1_000;
const MANY: i64 = 100_000;
const ROUNDS: usize = 9;
const CLAIMS: u32 = 300;
/// Instances that are due; each claim takes one and gives it back.
const DUE: i64 = 32;

const FILL: &str = "INSERT INTO workflow_queue (instance_id, org_id, workflow_id, kind, due_at)
    SELECT 'ins_' || n, 'org', 'job_' || n, 'create',
           CASE WHEN n <= $2 THEN dbx_now() - interval '1 day' ELSE 'infinity' END
    FROM generate_series(1, $1::bigint) n";
const DUE_AGAIN: &str =
    "UPDATE workflow_queue SET due_at = dbx_now() - interval '1 day' WHERE due_at < 'infinity'";

async fn filled(parked: i64) -> TestDatabase {
    let test = TestDatabase::create().await;
    let client = test.connection().await;
    client.execute(FILL, &[&(parked + DUE), &DUE]).await.expect("a queue");
    client.batch_execute("VACUUM ANALYZE workflow_queue").await.expect("statistics");
    test
}

/// Microseconds of a claim and its release, median of rounds that take turns.
pub(crate) async fn cost() -> [f64; 2] {
    let tests = [filled(FEW).await, filled(MANY).await];
    let mut costs = [Vec::new(), Vec::new()];
    for number in 0..=ROUNDS {
        for (test, costs) in tests.iter().zip(&mut costs) {
            let cost = round(test.db()).await;
            if number > 0 {
                costs.push(cost);
            }
        }
    }
    let medians = costs.map(|mut costs| crate::median(&mut costs));
    for test in tests {
        test.finish().await;
    }
    medians
}

async fn round(db: &Database) -> f64 {
    let mut spent = Duration::ZERO;
    for number in 0..CLAIMS {
        if i64::from(number) % DUE == 0 {
            let client = db.client().await.expect("a connection");
            client.batch_execute(DUE_AGAIN).await.expect("due again");
        }
        let start = Instant::now();
        let claims = lease::claim(db, "bench", 1, Duration::from_secs(60)).await.expect("a claim");
        lease::release(db, &claims[0]).await.expect("a release");
        spent += start.elapsed();
    }
    spent.as_secs_f64() * 1e6 / f64::from(CLAIMS)
}

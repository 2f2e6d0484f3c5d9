//! The yardstick: one prepared insert of one row, by as many clients as there are workflows.

use dbx_sql::Database;
use std::time::{Duration, Instant};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS bare
    (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb NOT NULL)";

/// Inserts per second, and how many they were.
pub(crate) async fn round(db: &Database, clients: usize, time: Duration) -> (f64, f64) {
    db.client().await.expect("a connection").batch_execute(TABLE).await.expect("a table");
    let start = Instant::now();
    let clients = (0..clients).map(|_| tokio::spawn(insert(db.clone(), start + time)));
    let clients: Vec<_> = clients.collect();
    let mut done = 0;
    for client in clients {
        done += client.await.expect("a client");
    }
    (f64::from(done) / start.elapsed().as_secs_f64(), f64::from(done))
}

async fn insert(db: Database, until: Instant) -> u32 {
    let client = db.client().await.expect("a connection");
    let statement = client.prepare_cached("INSERT INTO bare (payload) VALUES ($1)").await.expect("prepare");
    let payload =
        serde_json::json!({ "text": "a payload of the usual length, about a hundred bytes of JSON in all" });
    let mut done = 0;
    while Instant::now() < until {
        client.execute(&statement, &[&payload]).await.expect("insert");
        done += 1;
    }
    done
}

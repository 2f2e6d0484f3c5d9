//! What was measured of an instance, as the API shows it.

use crate::stand::Stand;
use dbx_domain::{ids::InstanceId, time::Timestamp};
use dbx_sql::samples::{self, Figures};
use serde_json::{Value, json};
use std::time::Duration;

/// The beginning of a minute that has just begun.
async fn minute(stand: &Stand) -> Timestamp {
    let seconds = stand.database.db().now().await.unwrap().inner().unix_timestamp();
    Timestamp::EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap() / 60 * 60)
}

async fn measure(stand: &Stand, at: Timestamp, instance: InstanceId, figures: Figures) {
    stand.database.db().set_fake_now(Some(at));
    samples::record(stand.database.db(), &[(instance, figures)]).await.unwrap();
}

#[tokio::test]
async fn the_answer_has_steps_the_newest_sample_and_the_plans_limits() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (id, _) = stand.order(&ada, &project, "db").await;
    let path = format!("/v1/instances/{id}/metrics");
    let empty = stand.get(&path).by(&ada).send().await.json();
    assert_eq!(
        (&empty["window"], &empty["latest"], &empty["samples"]),
        (&json!("1h"), &Value::Null, &json!([]))
    );
    let instance: InstanceId = id.parse().unwrap();
    let full = Figures {
        cpu: Some(0.5),
        memory_bytes: Some(100),
        disk_bytes: Some(5_000_000_000),
        queries_per_second: Some(2.5),
        connections: Some(3),
    };
    let start = minute(&stand).await;
    let after = |seconds| start + Duration::from_secs(seconds);
    measure(&stand, start, instance, full).await;
    measure(&stand, after(40), instance, Figures { cpu: Some(0.25), ..Figures::default() }).await;
    let metrics = stand.get(&format!("{path}?window=15m")).by(&ada).send().await.json();
    assert_eq!((&metrics["instanceId"], &metrics["stepSeconds"]), (&json!(id), &json!(15)));
    let time = |seconds| json!(after(seconds).to_string());
    let shown = json!({ "time": time(0), "cpu": 0.5, "memoryBytes": 100, "diskBytes": 5_000_000_000_u64,
                        "queriesPerSecond": 2.5, "connections": 3 });
    assert_eq!(metrics["samples"][0], shown, "{metrics:#}");
    assert_eq!(metrics["samples"][1]["time"], time(30), "the beginning of its step");
    let unknown = json!({ "time": time(40), "cpu": 0.25, "memoryBytes": null, "diskBytes": null,
                          "queriesPerSecond": null, "connections": null });
    assert_eq!(metrics["latest"], unknown, "what was not measured is not made up");
    assert_eq!(metrics["limits"]["vcpu"], 1);
    assert_eq!(metrics["limits"]["memoryBytes"], 2_u64 << 30);
}

#[tokio::test]
async fn an_unknown_window_is_refused_with_those_there_are() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (id, _) = stand.order(&ada, &project, "db").await;
    let reply = stand.get(&format!("/v1/instances/{id}/metrics?window=2h")).by(&ada).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["window"]);
}

//! Answers that are lost, late or wrong, and nodes that are gone.

use pve_emulator::Fault;
use serde_json::json;

use crate::client::Cluster;

async fn script(cluster: &Cluster, faults: serde_json::Value) {
    let headers = "Content-Type: application/json\r\n";
    let answer = cluster.client.raw("POST", "/emulator/faults", headers, &faults.to_string()).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

const FORM: [(&str, &str); 2] = [("newid", "130"), ("pool", "dbxyz")];
const CLONE: &str = "/nodes/pve1/lxc/9001/clone";

#[tokio::test]
async fn a_lost_answer_may_or_may_not_have_taken_effect() {
    let cluster = Cluster::start().await;
    let fault = |action: &str| json!([{"method": "POST", "path": "/nodes/*/lxc/*/clone", "times": 1, "action": action}]);
    script(&cluster, fault("drop_before_effect")).await;
    assert!(cluster.client.try_call("POST", CLONE, &FORM).await.is_err());
    assert_eq!(cluster.emulator.ledger().guests().count(), 0);
    script(&cluster, fault("drop_after_effect")).await;
    assert!(cluster.client.try_call("POST", CLONE, &FORM).await.is_err());
    assert_eq!(cluster.emulator.ledger().guests().count(), 1);
}

#[tokio::test]
async fn a_596_tells_nothing_about_the_effect() {
    let cluster = Cluster::start().await;
    let fault = |after: bool| {
        let status = json!({"code": 596, "reason": "Connection timed out", "after_effect": after});
        json!([{"method": "POST", "nth": 1, "action": {"status": status}}])
    };
    for (after, guests) in [(false, 0), (true, 1)] {
        script(&cluster, fault(after)).await;
        let answer = cluster.client.post(CLONE, &FORM).await;
        assert_eq!((answer.error(), answer.text.as_str()), ((596, "Connection timed out"), ""));
        assert_eq!(cluster.emulator.ledger().guests().count(), guests);
        cluster.emulator.faults().clear();
    }
}

#[tokio::test]
async fn a_node_that_is_down_answers_595_and_is_offline_in_the_lists() {
    let cluster = Cluster::start().await;
    script(&cluster, json!([{"action": {"node_down": "pve2"}}])).await;
    let answer = cluster.client.get("/nodes/pve2/lxc").await;
    assert_eq!((answer.error(), answer.text.as_str()), ((595, "No route to host"), ""));
    let nodes = cluster.client.get("/nodes").await.data();
    let status: Vec<_> = nodes.as_array().unwrap().iter().map(|node| node["status"].clone()).collect();
    assert_eq!(status, [json!("online"), json!("offline"), json!("online")]);
    cluster.client.get("/nodes/pve1/lxc").await.data();
    cluster.client.raw("DELETE", "/emulator/faults", "", "").await.unwrap();
    cluster.client.get("/nodes/pve2/lxc").await.data();
}

#[tokio::test]
async fn the_script_and_the_ledger_can_be_read_over_the_wire() {
    let cluster = Cluster::start().await;
    script(&cluster, json!([{"path": "/version", "action": {"delay_ms": 1}}])).await;
    let answer = cluster.client.raw("GET", "/emulator/faults", "", "").await.unwrap();
    let listed: Vec<Fault> = serde_json::from_value(answer.data()).unwrap();
    assert_eq!(listed, cluster.emulator.faults().list());
    cluster.client.get("/version").await.data();
    assert_eq!(cluster.emulator.faults().struck(), [1]);
    let ledger = cluster.client.raw("GET", "/emulator/ledger", "", "").await.unwrap().data();
    assert_eq!(ledger["containers"].as_array().unwrap().len(), 3);
    let bad = cluster.client.raw("POST", "/emulator/faults", "", "nonsense").await.unwrap();
    assert_eq!(bad.status, 400);
}

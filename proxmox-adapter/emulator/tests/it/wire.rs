//! Transport, authentication, permissions and validation, against exchanges recorded from a real node.

use std::time::Duration;

use pve_emulator::AclEntry;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::client::{Client, Cluster};

/// Recorded exchanges: request, status, reason, and for a 400 the complaints. Ids are the preset's.
const RECORDED: &str = include_str!("recorded.json");

#[tokio::test]
async fn answers_as_the_real_api_did() {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    let recorded: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    for exchange in recorded {
        let text = |key: &str| exchange[key].as_str().unwrap_or_default().to_owned();
        let (method, path, headers) = (text("method"), text("path"), text("headers"));
        let answer = cluster.client.raw(&method, &path, &headers, &text("body")).await.unwrap();
        let want = (exchange["status"].as_u64().unwrap(), text("reason"));
        assert_eq!((u64::from(answer.status), answer.reason.clone()), want, "{method} {path}");
        assert_eq!(answer.closes, answer.status >= 400, "every error closes: {method} {path}");
        match &exchange["answer"] {
            Value::Null => {
                assert_eq!(answer.json()["message"], json!(format!("{}\n", answer.reason)), "{method} {path}")
            }
            Value::String(body) => assert_eq!(&answer.text, body, "{method} {path}"),
            errors => assert_eq!(&answer.json()["errors"], errors, "{method} {path}"),
        }
    }
}

#[tokio::test]
async fn refuses_credentials_with_an_empty_401() {
    let cluster = Cluster::start().await;
    for (authorization, reason) in [
        (None, "No ticket"),
        (Some("Bearer x"), "No ticket"),
        (Some("PVEAPIToken=dbxyz@pve!control=wrong"), "Authentication failed!"),
        (Some("PVEAPIToken=nobody@pve!x=y"), "Authentication failed!"),
        (Some("PVEAPIToken=garbage"), "Authentication failed!"),
    ] {
        let client = Client { authorization: authorization.map(str::to_owned), ..cluster.client.clone() };
        let answer = client.get("/version").await;
        assert_eq!((answer.error(), answer.text.as_str()), ((401, reason), ""));
    }
}

#[tokio::test]
async fn accepts_a_token_that_is_percent_encoded() {
    let cluster = Cluster::start().await;
    let encoded = cluster.client.authorization.as_ref().unwrap().replace('!', "%21").replace('@', "%40");
    let client = Client { authorization: Some(encoded), ..cluster.client.clone() };
    assert_eq!(client.get("/version").await.data()["release"], json!("9.1"));
}

#[tokio::test]
async fn keeps_a_connection_for_successes_and_closes_it_when_idle() {
    let cluster = Cluster::with(|config| config.timing.keep_alive = Duration::from_millis(200)).await;
    let mut stream = cluster.client.connect().await;
    for _ in 0..3 {
        assert!(!cluster.client.send(&mut stream, "GET", "/version").await.closes);
    }
    // The server ends it without being asked to.
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_restricted_token_gets_403_before_anything_else() {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    let token = cluster.emulator.add_token("weak@pve!t", vec![AclEntry::new("/vms/130", &["VM.Audit"])]);
    let weak = Client::new(&cluster.emulator.url(), cluster.emulator.ca_pem(), &token.expose());
    let denied = |text: &str| format!("Permission check failed ({text})");
    weak.get("/nodes/pve1/lxc/130/config").await.data();
    let answer = weak.post("/nodes/pve1/lxc/130/status/start", &[("bogus", "1")]).await;
    assert_eq!(answer.error(), (403, denied("/vms/130, VM.PowerMgmt").as_str()));
    let answer = weak.get("/nodes/pve1/lxc/999/config").await;
    assert_eq!(answer.error(), (403, denied("/vms/999, VM.Audit").as_str()));
    let answer = weak.get("/nodes/nosuch/status").await;
    assert_eq!(answer.error(), (403, denied("/nodes/nosuch, Sys.Audit").as_str()));
    assert_eq!(weak.get("/nodes/pve1/lxc").await.data().as_array().unwrap().len(), 1);
    assert_eq!(weak.get("/cluster/nextid").await.data(), json!("100"));
}

#[tokio::test]
async fn the_control_token_has_what_the_control_plane_needs_and_no_more() {
    let cluster = Cluster::start().await;
    let data = cluster.client.get("/access/permissions").await.data();
    assert_eq!(data["/vms/9001"], json!({"VM.Audit": 1, "VM.Clone": 1}));
    assert_eq!(data["/storage/local-zfs"], json!({"Datastore.AllocateSpace": 1, "Datastore.Audit": 1}));
    assert!(data["/pool/dbxyz"]["VM.PowerMgmt"] == json!(1) && data["/pool/dbxyz"]["VM.Console"].is_null());
    let delete = cluster.client.call("DELETE", "/nodes/pve1/lxc/9001", &[]).await;
    assert_eq!(delete.error(), (403, "Permission check failed (/vms/9001, VM.Allocate)"));
}

#[tokio::test]
async fn the_preset_is_three_nodes_with_a_template_each() {
    let cluster = Cluster::start().await;
    let nodes = cluster.client.get("/nodes").await.data();
    assert_eq!(nodes.as_array().unwrap().len(), 3);
    for (node, vmid) in [("pve1", 9001), ("pve2", 9002), ("pve3", 9003)] {
        let config = cluster.client.get(&format!("/nodes/{node}/lxc/{vmid}/config")).await.data();
        assert_eq!((&config["template"], &config["unprivileged"]), (&json!(1), &json!(1)));
        let storage = cluster.client.get(&format!("/nodes/{node}/storage/local-zfs/status")).await.data();
        assert_eq!((&storage["type"], &storage["active"]), (&json!("zfspool"), &json!(1)));
        assert!(cluster.client.get(&format!("/nodes/{node}/status")).await.data()["memory"]["free"].is_u64());
    }
    let resources = cluster.client.get("/cluster/resources?type=vm").await.data();
    assert_eq!(resources.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_new_container_is_unknown_to_resources_until_the_next_broadcast() {
    let cluster = Cluster::with(|config| config.timing.resources_interval = Duration::from_secs(3600)).await;
    cluster.client.clone_to(130).await;
    let list = cluster.client.get("/cluster/resources?type=vm").await.data();
    let entry = list.as_array().unwrap().iter().find(|entry| entry["vmid"] == json!(130)).unwrap();
    assert_eq!((&entry["status"], &entry["name"]), (&json!("unknown"), &Value::Null));
    assert_eq!((&entry["pool"], &entry["tags"]), (&json!("dbxyz"), &json!("dbxyz")));
}

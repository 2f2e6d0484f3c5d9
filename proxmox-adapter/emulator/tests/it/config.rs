//! Configuration: what is stored, what waits for the next start, and volumes that a PUT makes.

use pve_emulator::{Fault, FaultAction};
use serde_json::json;

use crate::client::{Cluster, VERIFIER, env};

const CONFIG: &str = "/nodes/pve1/lxc/130/config";

async fn cloned() -> Cluster {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    cluster
}

#[tokio::test]
async fn values_come_back_in_their_stored_form() {
    let cluster = cloned().await;
    let verifiers = env(17, VERIFIER, VERIFIER);
    let form =
        [("tags", "b,A c"), ("description", "x"), ("cpulimit", "0.5"), ("onboot", "1"), ("env", &verifiers)];
    cluster.client.put(CONFIG, &form).await.data();
    cluster.client.put(CONFIG, &[("net0", "ip=10.0.0.5/24,name=eth0,bridge=vmbr0")]).await.data();
    let config = cluster.client.get(CONFIG).await.data();
    assert_eq!((&config["tags"], &config["description"]), (&json!("a;b;c"), &json!("x\n")));
    assert_eq!((&config["cpulimit"], &config["onboot"]), (&json!("0.5"), &json!(1)));
    assert_eq!(config["env"], json!(verifiers), "to the letter");
    let net = config["net0"].as_str().unwrap();
    assert!(
        net.starts_with("name=eth0,bridge=vmbr0,hwaddr=BC:24:11:")
            && net.ends_with(",ip=10.0.0.5/24,type=veth")
    );
}

#[tokio::test]
async fn a_stale_digest_changes_nothing() {
    let cluster = cloned().await;
    let before = cluster.client.get(CONFIG).await.data();
    let digest = before["digest"].as_str().unwrap();
    cluster.client.put(CONFIG, &[("memory", "600"), ("digest", digest)]).await.data();
    let stale = cluster.client.put(CONFIG, &[("memory", "700"), ("digest", digest)]).await;
    assert_eq!(stale.status, 500);
    assert_eq!(cluster.client.get(CONFIG).await.data()["memory"], json!(600));
}

#[tokio::test]
async fn repeating_a_volume_request_parks_the_first_volume() {
    let cluster = cloned().await;
    for _ in 0..2 {
        cluster.client.put(CONFIG, &[("mp0", "local-zfs:8,mp=/var/lib/postgresql,backup=1")]).await.data();
    }
    let config = cluster.client.get(CONFIG).await.data();
    let second = "local-zfs:subvol-130-disk-2,backup=1,mp=/var/lib/postgresql,size=8G";
    assert_eq!((&config["mp0"], &config["unused0"]), (&json!(second), &json!("local-zfs:subvol-130-disk-1")));
    cluster.client.put(CONFIG, &[("delete", "unused0")]).await.data();
    let volids: Vec<_> =
        cluster.emulator.ledger().guest_volumes().map(|volume| volume.volid.clone()).collect();
    assert_eq!(volids.len(), 2, "{volids:?}");
    cluster.client.put(CONFIG, &[("delete", "mp0")]).await.data();
    assert_eq!(cluster.client.get(CONFIG).await.data()["unused0"], json!("local-zfs:subvol-130-disk-2"));
}

#[tokio::test]
async fn a_running_container_takes_some_options_at_its_next_start_only() {
    let cluster = cloned().await;
    assert_eq!(cluster.client.power(130, "start").await, "OK");
    cluster.client.put(CONFIG, &[("env", "A=1"), ("memory", "600")]).await.data();
    cluster.client.put(CONFIG, &[("net0", "name=eth0,bridge=vmbr0,ip=10.0.0.9/24")]).await.data();
    let (shown, current) = (
        cluster.client.get(CONFIG).await.data(),
        cluster.client.get(&format!("{CONFIG}?current=1")).await.data(),
    );
    assert_eq!((&shown["env"], &current["env"]), (&json!("A=1"), &json!(null)));
    assert_eq!(current["memory"], json!(600));
    assert!(current["net0"].as_str().unwrap().contains("10.0.0.9"), "a network card is changed at once");
    let pending = cluster.client.get("/nodes/pve1/lxc/130/pending").await.data();
    assert!(pending.as_array().unwrap().contains(&json!({"key": "env", "pending": "A=1"})));

    assert_eq!(cluster.client.power(130, "reboot").await, "OK");
    cluster.client.put(CONFIG, &[("delete", "env")]).await.data();
    let current = cluster.client.get(&format!("{CONFIG}?current=1")).await.data();
    assert_eq!(current["env"], json!("A=1"), "removal waits as well");
    assert_eq!(cluster.client.power(130, "stop").await, "OK");
    assert_eq!(cluster.client.power(130, "start").await, "OK");
    assert!(cluster.client.get(&format!("{CONFIG}?current=1")).await.data()["env"].is_null());
}

#[tokio::test]
async fn a_full_storage_changes_nothing() {
    let cluster = cloned().await;
    let full = Fault {
        method: None,
        path: "/nodes/*/lxc/*/config".into(),
        nth: None,
        times: Some(1),
        action: FaultAction::StorageFull,
    };
    cluster.emulator.faults().add(full);
    let answer = cluster.client.put(CONFIG, &[("mp0", "local-zfs:8,mp=/data")]).await;
    assert_eq!(answer.error(), (500, "zfs error: cannot create 'rpool/data/subvol-130-disk': out of space"));
    assert!(cluster.client.get(CONFIG).await.data()["mp0"].is_null());
}

#[tokio::test]
async fn growing_a_volume_shows_in_configuration_and_ledger() {
    let cluster = cloned().await;
    cluster.client.put(CONFIG, &[("mp0", "local-zfs:8,mp=/var/lib/postgresql")]).await.data();
    let exit =
        cluster.client.run("PUT", "/nodes/pve1/lxc/130/resize", &[("disk", "mp0"), ("size", "20G")]).await;
    assert_eq!(exit, "OK");
    let config = cluster.client.get(CONFIG).await.data();
    assert_eq!(config["mp0"], json!("local-zfs:subvol-130-disk-1,mp=/var/lib/postgresql,size=20G"));
    assert!(cluster.emulator.ledger().volumes.iter().any(|volume| volume.bytes == 20 << 30));
}

#[tokio::test]
async fn firewall_rules_go_to_the_top_and_exist_without_a_guest() {
    let cluster = cloned().await;
    let rules = "/nodes/pve1/lxc/130/firewall/rules";
    for comment in ["first", "second"] {
        let form =
            [("action", "ACCEPT"), ("type", "in"), ("proto", "tcp"), ("dport", "5432"), ("comment", comment)];
        cluster.client.post(rules, &form).await.data();
    }
    let list = cluster.client.get(rules).await.data();
    assert_eq!((&list[0]["comment"], &list[0]["pos"]), (&json!("second"), &json!(0)));
    let options = "/nodes/pve1/lxc/130/firewall/options";
    cluster.client.put(options, &[("enable", "1"), ("policy_in", "DROP")]).await.data();
    assert_eq!(cluster.client.get(options).await.data()["enable"], json!(1));
    cluster.client.call("DELETE", &format!("{rules}/0"), &[]).await.data();
    assert_eq!(cluster.client.get(rules).await.data().as_array().unwrap().len(), 1);
    let out_of_range = cluster.client.get(&format!("{rules}/9")).await;
    assert_eq!(out_of_range.error(), (500, "no rule at position 9"));
    let missing = cluster.client.get("/nodes/pve1/lxc/999/firewall/options").await.data();
    assert_eq!(missing, json!({"digest": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}));
}

//! Start, stop, destroy, and the simulated Postgres behind them.

use std::net::Ipv4Addr;
use std::time::Duration;

use pve_emulator::{Fault, FaultAction, SimPostgresError};
use serde_json::json;

use crate::client::{Cluster, VERIFIER, env};

const IP: &str = "127.20.0.5";

async fn prepared() -> Cluster {
    let cluster = Cluster::start().await;
    cluster.client.prepare(130, IP, &env(17, VERIFIER, VERIFIER)).await;
    cluster
}

fn ip() -> Ipv4Addr {
    IP.parse().unwrap()
}

#[tokio::test]
async fn power_calls_answer_by_the_present_state() {
    let cluster = prepared().await;
    assert_eq!(cluster.client.power(130, "start").await, "OK");
    let again = cluster.client.post("/nodes/pve1/lxc/130/status/start", &[]).await;
    assert_eq!(again.error(), (500, "CT 130 already running"));
    let current = cluster.client.get("/nodes/pve1/lxc/130/status/current").await.data();
    assert_eq!((&current["status"], &current["ha"]), (&json!("running"), &json!({"managed": 0})));
    assert!(current["pid"].is_u64() && current["maxmem"] == json!(512 << 20));
    let interfaces = cluster.client.get("/nodes/pve1/lxc/130/interfaces").await.data();
    assert_eq!(interfaces[1]["ip-addresses"][0]["ip-address"], json!(IP));
    assert_eq!(cluster.client.power(130, "shutdown").await, "OK");
    let current = cluster.client.get("/nodes/pve1/lxc/130/status/current").await.data();
    assert_eq!((&current["status"], &current["pid"]), (&json!("stopped"), &json!(null)));
    assert_eq!(cluster.client.get("/nodes/pve1/lxc/130/interfaces").await.data(), json!(null));
}

#[tokio::test]
async fn what_cannot_start_fails_in_its_task() {
    let cluster = prepared().await;
    // Rights on all containers, or the answer for a missing one would be 403.
    let acl = vec![pve_emulator::AclEntry::new("/", &["VM.PowerMgmt"])];
    let token = cluster.emulator.add_token("ops@pve!t", acl);
    let ops = crate::client::Client::new(&cluster.emulator.url(), cluster.emulator.ca_pem(), &token.expose());
    let missing = "Configuration file 'nodes/pve1/lxc/999.conf' does not exist";
    assert_eq!(ops.power(999, "start").await, missing);
    assert_eq!(ops.post("/nodes/pve1/lxc/999/status/stop", &[]).await.error(), (500, "CT 999 not running"));
    assert_eq!(ops.power(9001, "start").await, "you can't start a CT if it's a template");
    cluster.emulator.script(Fault {
        method: None,
        path: "/none".to_owned(),
        nth: None,
        times: None,
        action: FaultAction::Lock { vmid: 130, name: "backup".to_owned() },
    });
    assert_eq!(ops.power(130, "start").await, "CT is locked (backup)");
}

#[tokio::test]
async fn the_simulated_postgres_keeps_its_data_across_stop_and_start() {
    let cluster = prepared().await;
    assert!(cluster.emulator.sim_postgres(ip()).is_none());
    cluster.client.power(130, "start").await;
    let postgres = cluster.emulator.sim_postgres(ip()).unwrap();
    assert_eq!((postgres.major(), postgres.connection_limit()), (Ok(17), Ok(20)));
    assert_eq!(postgres.verifier("acme").as_deref(), Ok(VERIFIER));
    postgres.put("row", "1").unwrap();
    let rotated = VERIFIER.replace("c2Fs", "AAAA");
    postgres.set_verifier("acme", &rotated).unwrap();
    assert_eq!(postgres.set_verifier("acme", "clear"), Err(SimPostgresError::NotAVerifier));
    let fingerprint = postgres.certificate_fingerprint().unwrap();

    cluster.client.power(130, "stop").await;
    assert_eq!(postgres.get("row"), Err(SimPostgresError::Down));
    cluster.client.power(130, "start").await;
    assert_eq!(postgres.get("row"), Ok(Some("1".to_owned())));
    assert_eq!(postgres.verifier("acme").as_ref(), Ok(&rotated), "first boot does not set passwords again");
    assert_eq!(postgres.certificate_fingerprint(), Ok(fingerprint));
}

#[tokio::test]
async fn a_clear_text_password_leaves_the_container_without_a_server() {
    let cluster = Cluster::start().await;
    cluster.client.prepare(130, IP, &env(17, "hunter2", VERIFIER)).await;
    assert_eq!(cluster.client.power(130, "start").await, "OK", "the task knows nothing of Postgres");
    assert!(!cluster.emulator.sim_postgres(ip()).unwrap().is_up());
}

#[tokio::test]
async fn destroying_leaves_nothing() {
    let cluster = prepared().await;
    cluster.client.power(130, "start").await;
    let running = cluster.client.call("DELETE", "/nodes/pve1/lxc/130", &[]).await;
    assert_eq!(running.error(), (500, "unable to destroy CT 130 - container is running"));
    cluster.client.put("/nodes/pve1/lxc/130/config", &[("protection", "1")]).await.data();
    let protected = cluster.client.call("DELETE", "/nodes/pve1/lxc/130?force=1", &[]).await;
    assert_eq!(protected.error(), (500, "can't remove CT 130 - protection mode enabled"));
    cluster.client.put("/nodes/pve1/lxc/130/config", &[("protection", "0")]).await.data();
    assert_eq!(cluster.client.run("DELETE", "/nodes/pve1/lxc/130?force=1&purge=1", &[]).await, "OK");
    let ledger = cluster.emulator.ledger();
    assert_eq!((ledger.guests().count(), ledger.guest_volumes().count(), ledger.servers.len()), (0, 0, 0));
    assert_eq!(
        cluster.client.get("/cluster/nextid?vmid=130").await.data(),
        json!("130"),
        "the id is free at once"
    );
}

#[tokio::test]
async fn a_killed_destroy_leaves_the_lock_destroyed() {
    let cluster = prepared().await;
    cluster.emulator.faults().add(Fault {
        method: Some("DELETE".to_owned()),
        path: "**".to_owned(),
        nth: Some(1),
        times: None,
        action: FaultAction::TaskLost,
    });
    assert_eq!(cluster.client.run("DELETE", "/nodes/pve1/lxc/130", &[]).await, "unexpected status");
    let config = cluster.client.get("/nodes/pve1/lxc/130/config").await.data();
    assert_eq!(config["lock"], json!("destroyed"));
    let again = cluster.client.call("DELETE", "/nodes/pve1/lxc/130", &[]).await;
    assert_eq!(again.error(), (500, "CT is locked (destroyed)"));
}

#[tokio::test]
async fn a_writer_waits_for_the_configuration_lock_and_gives_up() {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    cluster.emulator.shutdown().await;
    let cluster = Cluster::open(cluster.directory, |config| {
        config.task_duration = Duration::from_secs(600);
        config.timing.config_lock_timeout = Duration::from_millis(10);
    })
    .await;
    cluster.client.post("/nodes/pve1/lxc/130/status/start", &[]).await.data();
    // The start has the lock from some moment on, and keeps it.
    let refusal = loop {
        let answer = cluster.client.put("/nodes/pve1/lxc/130/config", &[("memory", "600")]).await;
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(refusal.error(), (500, "can't lock file '/run/lock/lxc/pve-config-130.lock' - got timeout"));
    cluster.emulator.kill().await;
}

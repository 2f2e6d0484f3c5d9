//! What an emulator that starts again remembers, after SIGTERM and after SIGKILL.

use std::time::Duration;

use pve_emulator::{BackendConfig, Emulator, EmulatorConfig, EmulatorError};
use serde_json::json;

use crate::client::{Cluster, VERIFIER, env};

#[tokio::test]
async fn everything_survives_a_kill() {
    let cluster = Cluster::start().await;
    cluster.client.prepare(130, "127.20.0.6", &env(16, VERIFIER, VERIFIER)).await;
    cluster.client.power(130, "start").await;
    let address = "127.20.0.6".parse().unwrap();
    cluster.emulator.sim_postgres(address).unwrap().put("row", "1").unwrap();
    let (before, token) = (cluster.emulator.ledger(), cluster.emulator.token().expose());
    let ca = cluster.emulator.ca_pem().to_owned();
    cluster.emulator.kill().await;

    let again = Cluster::open(cluster.directory, |_| {}).await;
    assert_eq!(again.emulator.ledger(), before);
    assert_eq!((again.emulator.token().expose(), again.emulator.ca_pem()), (token, ca.as_str()));
    let postgres = again.emulator.sim_postgres(address).unwrap();
    assert_eq!(postgres.get("row"), Ok(Some("1".to_owned())));
}

/// A clone in the middle of its work.
async fn cloning() -> (Cluster, String) {
    let cluster = Cluster::with(|config| config.task_duration = Duration::from_secs(600)).await;
    let form = [("newid", "130"), ("pool", "dbxyz")];
    let upid = cluster.client.post("/nodes/pve1/lxc/9001/clone", &form).await.data();
    let upid = upid.as_str().unwrap().to_owned();
    (cluster, upid)
}

#[tokio::test]
async fn a_killed_emulator_leaves_dead_tasks_and_their_locks() {
    let (cluster, upid) = cloning().await;
    cluster.emulator.kill().await;
    let again = Cluster::open(cluster.directory, |_| {}).await;
    assert_eq!(again.client.task(&upid).await, "unexpected status");
    let lock = |vmid: u32| format!("/nodes/pve1/lxc/{vmid}/config");
    assert_eq!(again.client.get(&lock(130)).await.data()["lock"], json!("create"));
    assert_eq!(again.client.get(&lock(9001)).await.data()["lock"], json!("disk"));
}

#[tokio::test]
async fn a_graceful_end_takes_running_clones_back() {
    let (cluster, upid) = cloning().await;
    cluster.emulator.shutdown().await;
    let again = Cluster::open(cluster.directory, |_| {}).await;
    assert_eq!(again.client.task(&upid).await, "clone failed: interrupted by signal");
    assert_eq!(again.emulator.ledger().guests().count(), 0);
    again.client.clone_to(130).await;
}

#[tokio::test]
async fn a_torn_last_line_of_the_journal_is_dropped() {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    cluster.emulator.kill().await;
    let path = cluster.directory.path().join("journal.jsonl");
    let mut journal = std::fs::read(&path).unwrap();
    journal.extend_from_slice(b"[{\"table\":\"containers\",\"key\":\"13");
    std::fs::write(&path, journal).unwrap();
    let again = Cluster::open(cluster.directory, |_| {}).await;
    assert_eq!(again.emulator.ledger().guests().count(), 1);
}

#[tokio::test]
async fn a_state_directory_belongs_to_one_emulator_at_a_time() {
    let cluster = Cluster::start().await;
    let config = EmulatorConfig::three_nodes(cluster.directory.path(), BackendConfig::Sim);
    let second = Emulator::start(config).await;
    assert!(matches!(second, Err(EmulatorError::InUse(_))));
}

#[tokio::test]
async fn no_file_holds_the_token_but_its_own() {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    let token = cluster.emulator.token().expose();
    let secret = token.split_once('=').unwrap().1;
    for entry in std::fs::read_dir(cluster.directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text.contains(secret), path.ends_with("token"), "{}", path.display());
    }
    assert!(!format!("{:?}", cluster.emulator).contains(secret));
}

//! Clones: what is visible when, the locks, and what is left of a clone that did not end.

use std::time::Duration;

use pve_emulator::{AclEntry, Fault, FaultAction};
use serde_json::{Value, json};

use crate::client::{Client, Cluster};

const CLONE: &str = "/nodes/pve1/lxc/9001/clone";

fn fault(action: FaultAction) -> Fault {
    Fault {
        method: Some("POST".to_owned()),
        path: "/nodes/*/lxc/*/clone".to_owned(),
        nth: None,
        times: Some(1),
        action,
    }
}

/// Tasks long enough to look at, which nothing waits for.
async fn slow() -> Cluster {
    Cluster::with(|config| config.task_duration = Duration::from_secs(600)).await
}

#[tokio::test]
async fn target_and_locks_are_there_before_the_answer() {
    let cluster = slow().await;
    let form = [("newid", "130"), ("pool", "dbxyz"), ("description", "ours"), ("hostname", "pg")];
    let upid = cluster.client.post(CLONE, &form).await.data();
    assert!(
        upid.as_str().unwrap().contains(":vzclone:9001:dbxyz@pve!control:"),
        "the id is the source's: {upid}"
    );
    let config = cluster.client.get("/nodes/pve1/lxc/130/config").await.data();
    assert_eq!((&config["lock"], &config["description"]), (&json!("create"), &json!("ours\n")));
    assert_eq!((&config["hostname"], &config["tags"]), (&json!("pg"), &json!("dbxyz")));
    assert!(config["rootfs"].is_null(), "volumes come at the end");
    let source = cluster.client.get("/nodes/pve1/lxc/9001/config").await.data();
    assert_eq!(source["lock"], json!("disk"));
    let second = cluster.client.post(CLONE, &[("newid", "131"), ("pool", "dbxyz")]).await;
    assert_eq!(second.error(), (500, "CT is locked (disk)"));
    let same = cluster.client.post(CLONE, &[("newid", "130"), ("pool", "dbxyz")]).await;
    assert_eq!(same.error(), (500, "CT is locked (disk)"), "the source's lock is looked at first");
    cluster.emulator.kill().await;
}

#[tokio::test]
async fn a_finished_clone_has_its_own_mac_and_a_linked_volume() {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    let config = cluster.client.get("/nodes/pve1/lxc/130/config").await.data();
    assert_eq!(config["rootfs"], json!("local-zfs:basevol-9001-disk-0/subvol-130-disk-0,size=4G"));
    assert!(config["lock"].is_null() && config["template"].is_null());
    let source = cluster.client.get("/nodes/pve1/lxc/9001/config").await.data();
    assert!(source["lock"].is_null());
    assert_ne!(source["net0"], config["net0"]);
    let pool = cluster.client.get("/pools?poolid=dbxyz").await.data();
    assert_eq!(pool[0]["members"][0]["vmid"], json!(130));
}

#[tokio::test]
async fn a_stopped_clone_task_cleans_up() {
    let cluster = slow().await;
    let upid = cluster.client.post(CLONE, &[("newid", "130"), ("pool", "dbxyz")]).await.data();
    let upid = upid.as_str().unwrap();
    cluster
        .client
        .call("DELETE", &format!("/nodes/pve1/tasks/{}", upid.replace(':', "%3A")), &[])
        .await
        .data();
    assert_eq!(cluster.client.task(upid).await, "clone failed: interrupted by signal");
    let ledger = cluster.emulator.ledger();
    assert_eq!((ledger.guests().count(), ledger.guest_volumes().count()), (0, 0));
    assert!(ledger.containers.iter().all(|container| container.lock.is_none()));
}

#[tokio::test]
async fn a_killed_clone_leaves_locks_that_no_call_removes() {
    let cluster = Cluster::start().await;
    cluster.emulator.faults().add(fault(FaultAction::TaskLost));
    let exit = cluster.client.run("POST", CLONE, &[("newid", "203"), ("pool", "dbxyz")]).await;
    assert_eq!(exit, "unexpected status");
    let config = cluster.client.get("/nodes/pve1/lxc/203/config").await.data();
    assert_eq!(config["lock"], json!("create"));
    let next = cluster.client.post(CLONE, &[("newid", "204"), ("pool", "dbxyz")]).await;
    assert_eq!(next.error(), (500, "CT is locked (disk)"));
    let orphans: Vec<_> =
        cluster.emulator.ledger().guest_volumes().filter(|v| !v.referenced).cloned().collect();
    assert_eq!(orphans.len(), 1, "a volume that no configuration names");
    // The target is in no pool yet, so a token with rights on the pool may not touch it at all.
    let delete = cluster.client.call("DELETE", "/nodes/pve1/lxc/203?force=1", &[]).await;
    assert_eq!(delete.error(), (403, "Permission check failed (/vms/203, VM.Allocate)"));

    let root = cluster
        .emulator
        .add_token("ops@pve!t", vec![AclEntry::new("/", &["VM.Allocate", "VM.Config.Options"])]);
    let root = Client::new(&cluster.emulator.url(), cluster.emulator.ca_pem(), &root.expose());
    let delete = root.call("DELETE", "/nodes/pve1/lxc/203?force=1", &[]).await;
    assert_eq!(delete.error(), (500, "CT is locked (create)"));
    let unlock = root.put("/nodes/pve1/lxc/203/config", &[("delete", "lock")]).await;
    assert_eq!(unlock.error(), (500, "CT is locked (create)"));

    for vmid in ["203", "9001"] {
        let answer = cluster.client.raw("POST", &format!("/emulator/unlock/{vmid}"), "", "").await.unwrap();
        assert_eq!(answer.status, 200);
    }
    let path = "/nodes/pve1/lxc/203?purge=1&destroy-unreferenced-disks=1";
    assert_eq!(root_run(&root, path).await, "OK");
    assert_eq!(cluster.emulator.ledger().guest_volumes().count(), 0);
    cluster.client.clone_to(204).await;
}

async fn root_run(client: &Client, path: &str) -> String {
    client.run("DELETE", path, &[]).await
}

#[tokio::test]
async fn a_failed_clone_takes_everything_back() {
    let cluster = Cluster::start().await;
    cluster.emulator.faults().add(fault(FaultAction::TaskFails("zfs error: no".to_owned())));
    let form = [("newid", "130"), ("pool", "dbxyz")];
    assert_eq!(cluster.client.run("POST", CLONE, &form).await, "clone failed: zfs error: no");
    cluster.emulator.faults().add(fault(FaultAction::StorageFull));
    let exit = cluster.client.run("POST", CLONE, &form).await;
    assert_eq!(exit, "clone failed: zfs error: cannot create 'rpool/data/subvol-130-disk-0': out of space");
    let ledger = cluster.emulator.ledger();
    assert_eq!((ledger.guests().count(), ledger.guest_volumes().count()), (0, 0));
    cluster.client.clone_to(130).await;
}

#[tokio::test]
async fn a_token_with_the_pool_alone_is_blind_until_the_clone_is_in_it() {
    let cluster = Cluster::start().await;
    let acl = vec![
        AclEntry::new("/pool/dbxyz", &["VM.Allocate", "VM.Audit"]),
        AclEntry::new("/vms/9001", &["VM.Clone", "VM.Audit"]),
        AclEntry::new("/storage/local-zfs", &["Datastore.AllocateSpace"]),
        AclEntry::new("/sdn/zones/localnetwork/vmbr0", &["SDN.Use"]),
    ];
    let token = cluster.emulator.add_token("pool@pve!t", acl);
    let client = Client::new(&cluster.emulator.url(), cluster.emulator.ca_pem(), &token.expose());
    cluster.emulator.faults().add(fault(FaultAction::TaskLost));
    client.run("POST", CLONE, &[("newid", "130"), ("pool", "dbxyz")]).await;
    let blind = client.get("/nodes/pve1/lxc/130/config").await;
    assert_eq!(blind.error(), (403, "Permission check failed (/vms/130, VM.Audit)"));
    assert!(cluster.emulator.unlock(9001));
    client.clone_to(131).await;
    client.get("/nodes/pve1/lxc/131/config").await.data();
    assert_eq!(client.run("DELETE", "/nodes/pve1/lxc/131", &[]).await, "OK");
    let gone = client.get("/nodes/pve1/lxc/131/config").await;
    assert_eq!(gone.error(), (403, "Permission check failed (/vms/131, VM.Audit)"), "403 can mean gone");
}

#[tokio::test]
async fn tasks_are_listed_under_the_source() {
    let cluster = Cluster::start().await;
    cluster.client.clone_to(130).await;
    let of = |vmid: u32| format!("/nodes/pve1/tasks?typefilter=vzclone&vmid={vmid}");
    assert_eq!(cluster.client.get(&of(130)).await.data(), json!([]));
    let tasks = cluster.client.get(&of(9001)).await.data();
    assert_eq!((&tasks[0]["status"], &tasks[0]["tokenid"]), (&json!("OK"), &json!("control")));
    let upid = tasks[0]["upid"].as_str().unwrap().replace(':', "%3A");
    let log = cluster.client.get(&format!("/nodes/pve1/tasks/{upid}/log")).await;
    let lines: Vec<Value> = log.data().as_array().unwrap().iter().map(|line| line["t"].clone()).collect();
    assert_eq!(lines[0], json!("creating a clone of container 9001 with ID 130"));
    assert_eq!(lines.last(), Some(&json!("TASK OK")));
    assert_eq!(log.json()["total"], json!(lines.len()));
}

#[tokio::test]
async fn what_a_killed_clone_left_goes_by_the_operators_hand() {
    let cluster = Cluster::start().await;
    cluster.emulator.faults().add(fault(FaultAction::TaskLost));
    let exit = cluster.client.run("POST", CLONE, &[("newid", "205"), ("pool", "dbxyz")]).await;
    assert_eq!(exit, "unexpected status");
    let by_hand = async |verb: &str| {
        let path = format!("/emulator/{verb}/205");
        cluster.client.raw("POST", &path, "", "").await.unwrap()
    };
    assert_eq!(by_hand("destroy").await.error(), (500, "CT is locked (create)"));
    by_hand("unlock").await;
    let denied = cluster.client.call("DELETE", "/nodes/pve1/lxc/205", &[]).await;
    assert_eq!(denied.status, 403, "it never joined the pool: {denied:?}");
    let upid = by_hand("destroy").await.data();
    let ends = || !cluster.emulator.ledger().running_tasks.iter().any(|task| upid == task.as_str());
    while !ends() {
        tokio::task::yield_now().await;
    }
    let ledger = cluster.emulator.ledger();
    assert_eq!((ledger.guests().count(), ledger.guest_volumes().count()), (0, 0));
    assert_eq!(by_hand("destroy").await.error(), (500, "there is no container '205' to destroy"));
}

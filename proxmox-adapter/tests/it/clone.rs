//! Cloning: numbers, markers, locks, and what a dead worker leaves.

use crate::world::{Always, World, client, seen, target};
use dbx_domain::instance::FailureClass::{Permanent, Transient, Unknown};
use dbx_workflows::hypervisor::{Hypervisor, Target};
use proxmox_adapter::{ProxmoxClient, ProxmoxHypervisor, testing};
use pve_emulator::{AclEntry, FaultAction};
use std::time::Duration;

const CLONE: &str = "/nodes/*/lxc/*/clone";

#[tokio::test]
async fn carries_the_marker_and_reports_its_task_once() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    world.clone_it(&target).await.unwrap();
    assert_eq!(world.tasks.kinds(), ["vzclone"]);
    let found = world.hypervisor.find(target.ctid).await.unwrap().unwrap();
    assert_eq!(
        (found.owner, found.node.as_str(), found.lock),
        (Some(target.instance), target.node.as_str(), None)
    );
}

#[tokio::test]
async fn a_number_that_somebody_else_has_is_taken_and_left_alone() {
    let world = World::new().await;
    let target = target(1);
    world.foreigner(&target, "do not touch").await;
    let before = world.emulator.ledger();
    assert_eq!(seen(world.clone_it(&target).await), (Permanent, "ctid_taken".to_owned()));
    assert_eq!(world.emulator.ledger(), before);
}

#[tokio::test]
async fn a_number_taken_on_another_node_is_taken() {
    let world = World::new().await;
    let target = target(1);
    world.foreigner(&Target { node: "pve3".to_owned(), ..target.clone() }, "").await;
    assert_eq!(seen(world.clone_it(&target).await), (Permanent, "ctid_taken".to_owned()));
}

#[tokio::test]
async fn two_clones_of_one_template_go_one_after_the_other() {
    let world = World::slow(Duration::from_millis(300)).await;
    let (one, two) = (target(1), Target { node: target(1).node, ..target(2) });
    let (first, second) = tokio::join!(world.clone_it(&one), world.clone_it(&two));
    // Which of them came first is up to the network.
    let busy = if first.is_err() { first } else { second };
    assert_eq!(seen(busy), (Transient, "template_busy".to_owned()));
    world.clone_it(&one).await.unwrap();
    world.clone_it(&two).await.unwrap();
}

#[tokio::test]
async fn the_same_clone_twice_at_once_makes_one_container() {
    let world = World::slow(Duration::from_millis(200)).await;
    let target = target(1);
    let (first, second) = tokio::join!(world.clone_it(&target), world.clone_it(&target));
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    world.clone_it(&target).await.unwrap();
    assert_eq!(world.emulator.ledger().guests().count(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_next_attempt_waits_for_the_running_task() {
    let world = World::slow(Duration::from_millis(300)).await;
    let target = target(1);
    world.fault("POST", CLONE, 1, FaultAction::DropAfterEffect);
    assert_eq!(seen(world.clone_it(&target).await), (Unknown, "answer_lost".to_owned()));
    assert_eq!(world.container(target.ctid).unwrap().lock.as_deref(), Some("create"));
    world.clone_it(&target).await.unwrap();
    assert_eq!(world.container(target.ctid).unwrap().lock, None);
    assert!(world.tasks.kinds().is_empty(), "a task whose answer was lost cannot be reported");
}

#[tokio::test]
async fn a_dead_worker_leaves_a_quarantine_until_the_operator_unlocks() {
    let world = World::new().await;
    let target = target(1);
    world.fault("POST", CLONE, 1, FaultAction::TaskLost);
    assert_eq!(seen(world.clone_it(&target).await), (Unknown, "worker_died".to_owned()));
    let failure = world.clone_it(&target).await.unwrap_err();
    assert_eq!((failure.class, failure.code.as_ref()), (Permanent, "quarantined"));
    assert!(failure.message.contains(&format!("pct unlock {}", target.ctid)), "{}", failure.message);
    let destroyed = world.hypervisor.ensure_destroyed(&target, &world.tasks).await;
    assert_eq!(seen(destroyed), (Permanent, "quarantined".to_owned()));

    // The template is stuck as well, and says so to the next one.
    let next =
        world.clone_it(&Target { node: target.node.clone(), ..crate::world::target(2) }).await.unwrap_err();
    assert_eq!((next.class, next.code.as_ref()), (Transient, "template_busy"));
    let template = world.template(&target.node);
    assert!(next.message.contains(&format!("pct unlock {template}")), "{}", next.message);

    assert!(world.emulator.unlock(target.ctid.0) && world.emulator.unlock(template.0));
    // It never joined the pool, so our token may not destroy it, and says who can.
    let beyond = world.hypervisor.ensure_destroyed(&target, &world.tasks).await.unwrap_err();
    assert_eq!((beyond.class, beyond.code.as_ref()), (Permanent, "forbidden"));
    assert!(beyond.message.contains(&format!("pct destroy {}", target.ctid)), "{}", beyond.message);
    destroy_as_root(&world, &target).await;
    world.hypervisor.ensure_destroyed(&target, &world.tasks).await.unwrap();
    world.clone_it(&target).await.unwrap();
}

/// What `pct destroy` does on the node.
async fn destroy_as_root(world: &World, target: &Target) {
    let root = world.emulator.add_token("root@pam!root", vec![AclEntry::new("/vms", &["VM.Allocate"])]);
    let mut config = testing::config_for(&world.emulator);
    config.token_id = root.id().to_owned();
    let client = ProxmoxClient::new(&config, &testing::secret_of(&root)).unwrap();
    let path = format!("/nodes/{}/lxc/{}", target.node, target.ctid);
    client.delete::<String>(&Always, &path, &[("destroy-unreferenced-disks", "1")]).await.unwrap();
    world.idle().await;
}

#[tokio::test]
async fn a_token_with_rights_on_the_pool_alone_waits_out_the_time_it_may_not_look() {
    let world = World::slow(Duration::from_millis(200)).await;
    let target = target(1);
    let template = world.template(&target.node);
    let pool = ["VM.Allocate", "VM.Audit", "VM.PowerMgmt", "VM.Config.Options"];
    let token = world.emulator.add_token(
        "dbxyz@pve!pool",
        vec![
            AclEntry::new("/pool/dbxyz", &pool),
            AclEntry::new("/storage/local-zfs", &["Datastore.AllocateSpace"]),
            AclEntry::new("/sdn/zones/localnetwork/vmbr0", &["SDN.Use"]),
            AclEntry::new(&format!("/vms/{template}"), &["VM.Clone", "VM.Audit"]),
        ],
    );
    let mut config = testing::config_for(&world.emulator);
    config.token_id = token.id().to_owned();
    let hypervisor = ProxmoxHypervisor::new(config, &testing::secret_of(&token)).unwrap();
    world.fault("POST", CLONE, 1, FaultAction::DropAfterEffect);
    assert_eq!(seen(hypervisor.ensure_cloned(&target, "pg", &world.tasks).await).0, Unknown);
    hypervisor.ensure_cloned(&target, "pg", &world.tasks).await.unwrap();
    // After the end the answer is 403 as well, and must read as gone.
    hypervisor.ensure_destroyed(&target, &world.tasks).await.unwrap();
    hypervisor.ensure_destroyed(&target, &world.tasks).await.unwrap();
    assert_eq!(world.emulator.ledger().guests().count(), 0);
}

#[tokio::test]
async fn a_full_storage_is_permanent_and_leaves_nothing() {
    let world = World::new().await;
    let target = target(1);
    world.fault("POST", CLONE, 1, FaultAction::StorageFull);
    assert_eq!(seen(world.clone_it(&target).await), (Permanent, "storage_full".to_owned()));
    world.hypervisor.ensure_destroyed(&target, &world.tasks).await.unwrap();
    assert_eq!(world.emulator.ledger().guests().count(), 0);
}

#[tokio::test]
async fn a_clone_stopped_by_the_operator_cleans_up_and_is_done_again() {
    let world = World::slow(Duration::from_millis(400)).await;
    let target = target(1);
    let stopping = async {
        let client = client(&world.emulator);
        while world.emulator.ledger().running_tasks.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let upid = world.emulator.ledger().running_tasks.remove(0);
        let encoded = upid.replace(':', "%3A").replace('@', "%40").replace('!', "%21");
        let path = format!("/nodes/{}/tasks/{encoded}", target.node);
        client.delete::<Option<String>>(&Always, &path, &[]).await.unwrap();
    };
    let (cloned, ()) = tokio::join!(world.clone_it(&target), stopping);
    assert_eq!(seen(cloned), (Transient, "task_interrupted".to_owned()));
    world.clone_it(&target).await.unwrap();
}

//! Destroying.

use crate::world::{Always, World, client, seen, target};
use dbx_domain::instance::FailureClass::{Permanent, Unknown};
use dbx_workflows::hypervisor::Hypervisor;
use pve_emulator::FaultAction;
use std::time::Duration;

const CONTAINER: &str = "/nodes/*/lxc/*";

#[tokio::test]
async fn one_that_never_existed_is_destroyed() {
    let world = World::new().await;
    let before = world.emulator.ledger();
    world.hypervisor.ensure_destroyed(&target(1), &world.tasks).await.unwrap();
    assert_eq!(world.emulator.ledger(), before);
    assert!(world.tasks.kinds().is_empty());
}

#[tokio::test]
async fn a_running_one_goes_with_all_its_volumes_and_its_neighbour_stays() {
    let world = World::new().await;
    let (doomed, neighbour) = (target(1), target(4));
    world.running(&doomed).await;
    world.running(&neighbour).await;
    world.hypervisor.ensure_destroyed(&doomed, &world.tasks).await.unwrap();
    let ledger = world.emulator.ledger();
    assert_eq!(ledger.guests().map(|guest| guest.vmid).collect::<Vec<_>>(), [neighbour.ctid.0]);
    assert!(ledger.guest_volumes().all(|volume| volume.owner == neighbour.ctid.0), "{:?}", ledger.volumes);
    assert!(world.container(neighbour.ctid).unwrap().running);
}

#[tokio::test]
async fn two_at_once_both_succeed() {
    let world = World::slow(Duration::from_millis(100)).await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    let destroy = || world.hypervisor.ensure_destroyed(&target, &world.tasks);
    let (first, second) = tokio::join!(destroy(), destroy());
    for outcome in [first, second] {
        if let Err(failure) = outcome {
            assert_ne!(failure.class, Permanent, "{failure:?}");
        }
    }
    destroy().await.unwrap();
    assert_eq!(world.emulator.ledger().guests().count(), 0);
}

#[tokio::test]
async fn a_destroy_during_the_clone_waits_for_it() {
    let world = World::slow(Duration::from_millis(300)).await;
    let target = target(1);
    world.fault("POST", "/nodes/*/lxc/*/clone", 1, FaultAction::DropAfterEffect);
    assert_eq!(seen(world.clone_it(&target).await).0, Unknown);
    world.hypervisor.ensure_destroyed(&target, &world.tasks).await.unwrap();
    let ledger = world.emulator.ledger();
    assert_eq!((ledger.guests().count(), ledger.guest_volumes().count()), (0, 0));
    assert!(ledger.containers.iter().all(|container| container.lock.is_none()), "{ledger:?}");
}

#[tokio::test]
async fn a_dead_destroy_leaves_a_quarantine() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    world.fault("DELETE", CONTAINER, 1, FaultAction::TaskLost);
    assert_eq!(seen(world.hypervisor.ensure_destroyed(&target, &world.tasks).await).0, Unknown);
    let again = world.hypervisor.ensure_destroyed(&target, &world.tasks).await;
    assert_eq!(seen(again), (Permanent, "quarantined".to_owned()));
    assert!(world.emulator.unlock(target.ctid.0));
    world.hypervisor.ensure_destroyed(&target, &world.tasks).await.unwrap();
    assert!(world.container(target.ctid).is_none());
}

#[tokio::test]
async fn protection_by_an_operator_holds() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    let path = format!("/nodes/{}/lxc/{}/config", target.node, target.ctid);
    client(&world.emulator).put(&Always, &path, &[("protection", "1")]).await.unwrap();
    let refused = world.hypervisor.ensure_destroyed(&target, &world.tasks).await;
    assert_eq!(seen(refused), (Permanent, "protected".to_owned()));
    assert!(world.container(target.ctid).is_some());
}

//! The container under an instance's number is not its own any more: its own was removed in Proxmox, and somebody took
//! the number. A delete ends all the same, gives everything back, and leaves what it found alone.

use crate::{
    clusters,
    ledger::assert_balanced,
    script::Script,
    world::{Made, World},
};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{DriftKind, InstanceEvent, Lifecycle, Placement, WorkflowKind},
};
use dbx_workflows::{
    catalogue,
    failpoint::{Injection, Moment},
    hypervisor::Target,
};
use std::sync::Arc;
use uuid::Uuid;

/// What the stranger's container carries: nothing of ours, or the marker of an instance of another installation.
const MARKERS: [Option<InstanceId>; 2] = [None, Some(InstanceId::from_uuid(Uuid::from_u128(0xdb)))];

async fn target(world: &World) -> Target {
    let Placement { node, ctid, .. } = world.state().await.placement().unwrap().clone();
    Target { instance: world.instance, node, ctid }
}

async fn running(made: Made) -> (World, Target) {
    let world = World::new(made).await;
    world.order().await;
    world.settle(Script::nothing()).await;
    let target = target(&world).await;
    (world, target)
}

/// The instance is gone, its books balance, and the stranger's container is as it was.
async fn assert_gone_beside_the_stranger(world: &World, target: &Target, marker: Option<InstanceId>) {
    let what = format!("deleted beside {marker:?}");
    assert_eq!(world.lifecycle().await, Lifecycle::Deleted, "{what}");
    assert_balanced(world, &what).await;
    let ledger = world.cluster.ledger().await;
    let stranger = &ledger.containers[&target.ctid];
    assert_eq!((stranger.owner, stranger.running, stranger.locked), (marker, true, false), "{what}");
}

async fn a_delete_ends_though_a_stranger_has_the_number(made: Made) {
    for marker in MARKERS {
        let (world, target) = running(made).await;
        world.cluster.usurp(&target, marker).await;
        world.ask(WorkflowKind::Delete).await.unwrap();
        world.settle(Script::nothing()).await;
        assert_gone_beside_the_stranger(&world, &target, marker).await;
        let told = world.log.history(world.instance).await.into_iter().filter(|event| {
            matches!(event, InstanceEvent::DriftDetected { what: DriftKind::ContainerForeign, .. })
        });
        assert_eq!(told.count(), 1, "the record tells once what was found");
    }
}

/// The stranger comes between any two steps, and the worker dies there as well.
async fn a_delete_ends_whenever_the_stranger_comes(made: Made) {
    for step in catalogue::definition(WorkflowKind::Delete).step_names() {
        let (world, target) = running(made).await;
        world.ask(WorkflowKind::Delete).await.unwrap();
        let crash = Script::nothing().with(step, false, Moment::BeforeEffect, Injection::Crash);
        let claim = world.claim().await.unwrap();
        world.drive(&world.driver(Arc::new(crash)), &claim).await;
        world.cluster.usurp(&target, None).await;
        world.settle(Script::nothing()).await;
        assert_gone_beside_the_stranger(&world, &target, None).await;
    }
}

/// Whose own container goes on under another number has data there: that is for somebody to look at.
async fn a_delete_asks_for_somebody_if_its_own_container_is_elsewhere(made: Made) {
    let (world, target) = running(made).await;
    world.cluster.usurp(&target, None).await;
    let elsewhere = Target { ctid: Ctid(target.ctid.0 + 5_000), ..target.clone() };
    clusters::restore(world.cluster.as_ref(), &elsewhere).await;
    let workflow = world.ask(WorkflowKind::Delete).await.unwrap();
    world.settle(Script::nothing()).await;
    assert_eq!(world.lifecycle().await, Lifecycle::NeedsOperator);
    clusters::remove(world.cluster.as_ref(), &elsewhere).await;
    world.retry(workflow).await.unwrap();
    world.settle(Script::nothing()).await;
    assert_gone_beside_the_stranger(&world, &target, None).await;
}

macro_rules! beside_strangers {
    ($($module:ident = $made:expr, $test:meta;)*) => {$(
        mod $module {
            use crate::{foreign, world::Made};

            #[$test]
            async fn a_delete_ends_though_a_stranger_has_the_number() {
                foreign::a_delete_ends_though_a_stranger_has_the_number($made).await;
            }

            #[$test]
            async fn a_delete_ends_whenever_the_stranger_comes() {
                foreign::a_delete_ends_whenever_the_stranger_comes($made).await;
            }

            #[$test]
            async fn a_delete_asks_for_somebody_if_its_own_container_is_elsewhere() {
                foreign::a_delete_asks_for_somebody_if_its_own_container_is_elsewhere($made).await;
            }
        }
    )*};
}

beside_strangers! {
    in_memory = Made::OfNothing, tokio::test(start_paused = true);
    over_https = Made::WithEmulator, tokio::test(flavor = "multi_thread");
    in_postgres = Made::WithPostgres, tokio::test;
}

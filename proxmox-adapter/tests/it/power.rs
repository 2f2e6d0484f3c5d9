//! Starting and stopping.

use crate::world::{Always, World, address, env, plan, seen, target};
use dbx_domain::instance::FailureClass::{Permanent, Transient, Unknown};
use dbx_workflows::{
    credential::Credential,
    database_admin::DatabaseAdmin,
    hypervisor::{Hypervisor, Power},
};
use proxmox_adapter::testing::SimDatabaseAdmin;
use pve_emulator::FaultAction;
use std::sync::Arc;

#[tokio::test]
async fn a_started_container_has_a_server_that_knows_its_credentials() {
    let world = World::new().await;
    let target = target(1);
    let (tenant, platform) = (Credential::generate().unwrap(), Credential::generate().unwrap());
    world.clone_it(&target).await.unwrap();
    world.hypervisor.ensure_configured(&target, &plan(&target), &Always).await.unwrap();
    world.hypervisor.ensure_volume(&target, 10, &Always).await.unwrap();
    world.hypervisor.ensure_env(&target, &crate::world::env_of(&tenant, &platform), &Always).await.unwrap();
    let admin = SimDatabaseAdmin::new(Arc::clone(&world.emulator));
    let at = address(&target);
    let early = admin.prove(at, &platform.password).await.unwrap_err();
    assert_eq!((early.class, early.code.as_ref()), (Transient, "postgres_unreachable"));

    world.hypervisor.ensure_started(&target, &world.tasks).await.unwrap();
    assert_eq!(admin.prove(at, &platform.password).await.unwrap().server_version, "17.0");
    assert!(admin.tenant_accepts(at, &tenant.password).await.unwrap());
    let next = Credential::generate().unwrap();
    admin.set_tenant_verifier(at, &platform.password, &next.verifier, &Always).await.unwrap();
    assert!(admin.tenant_accepts(at, &next.password).await.unwrap());
    assert!(!admin.tenant_accepts(at, &tenant.password).await.unwrap());
    let refused = admin.set_tenant_verifier(at, &tenant.password, &next.verifier, &Always).await;
    assert_eq!(seen(refused), (Permanent, "platform_refused".to_owned()));
}

#[tokio::test]
async fn starting_and_stopping_twice_submits_one_task_each() {
    let world = World::new().await;
    let target = target(1);
    world.running(&target).await;
    world.hypervisor.ensure_started(&target, &world.tasks).await.unwrap();
    for _ in 0..2 {
        world.hypervisor.ensure_stopped(&target, &world.tasks).await.unwrap();
    }
    assert_eq!(world.tasks.kinds(), ["vzclone", "vzstart", "vzshutdown"]);
    let found = world.hypervisor.find(target.ctid).await.unwrap().unwrap();
    assert_eq!(found.power, Power::Stopped);
}

#[tokio::test]
async fn a_container_that_does_not_exist_is_stopped_and_cannot_be_started() {
    let world = World::new().await;
    world.hypervisor.ensure_stopped(&target(1), &world.tasks).await.unwrap();
    let started = world.hypervisor.ensure_started(&target(1), &world.tasks).await;
    assert_eq!(seen(started), (Permanent, "container_absent".to_owned()));
    assert!(world.tasks.kinds().is_empty());
}

#[tokio::test]
async fn a_start_that_failed_in_its_task_is_told_by_its_text() {
    let world = World::new().await;
    let target = target(1);
    world.clone_it(&target).await.unwrap();
    for (text, expected) in [
        ("startup for container '1' failed", (Transient, "start_failed")),
        ("volume 'local-zfs:x' does not exist", (Permanent, "proxmox_refused")),
        ("CT is locked (backup)", (Transient, "locked")),
    ] {
        world.emulator.faults().clear();
        world.fault("POST", "/nodes/*/lxc/*/status/start", 1, FaultAction::TaskFails(text.to_owned()));
        let result = seen(world.hypervisor.ensure_started(&target, &world.tasks).await);
        assert_eq!(result, (expected.0, expected.1.to_owned()), "{text}");
    }
}

#[tokio::test]
async fn a_stop_without_an_answer_is_unknown_and_then_done() {
    let world = World::new().await;
    let target = target(1);
    world.running(&target).await;
    world.fault("POST", "/nodes/*/lxc/*/status/shutdown", 1, FaultAction::DropAfterEffect);
    let stopped = world.hypervisor.ensure_stopped(&target, &world.tasks).await;
    assert_eq!(seen(stopped), (Unknown, "answer_lost".to_owned()));
    world.idle().await;
    world.hypervisor.ensure_stopped(&target, &world.tasks).await.unwrap();
    assert_eq!(world.tasks.kinds(), ["vzclone", "vzstart"]);
}

#[tokio::test]
async fn a_node_that_is_down_is_told_apart_from_one_that_lost_the_container() {
    let world = World::new().await;
    let target = target(1);
    world.running(&target).await;
    world.emulator.script(pve_emulator::Fault {
        method: None,
        path: "**".to_owned(),
        nth: None,
        times: None,
        action: FaultAction::NodeDown(target.node.clone()),
    });
    for result in [
        world.hypervisor.ensure_started(&target, &world.tasks).await,
        world.hypervisor.ensure_stopped(&target, &world.tasks).await,
        world.hypervisor.ensure_destroyed(&target, &world.tasks).await,
        world.hypervisor.ensure_env(&target, &env(), &Always).await,
    ] {
        assert_eq!(seen(result), (Transient, "node_unreachable".to_owned()));
    }
    world.emulator.faults().clear();
    assert!(world.container(target.ctid).unwrap().running);
}

//! Whole lives of a container under every fault at every call: they end as the undisturbed one does.

use crate::world::{Always, World, env, plan, target};
use dbx_domain::instance::{Failure, FailureClass};
use dbx_workflows::hypervisor::{Hypervisor, Target};
use pve_emulator::{Fault, FaultAction, Ledger};

/// The verbs in the order of a life, up to a running server.
const CREATE: [&str; 5] = ["clone", "configure", "volume", "env", "start"];

async fn perform(world: &World, target: &Target, verb: &str) -> Result<(), Failure> {
    let hypervisor = &world.hypervisor;
    match verb {
        "clone" => world.clone_it(target).await,
        "configure" => hypervisor.ensure_configured(target, &plan(target), &Always).await,
        "volume" => hypervisor.ensure_volume(target, 10, &Always).await,
        "env" => hypervisor.ensure_env(target, &env(), &Always).await,
        "start" => hypervisor.ensure_started(target, &world.tasks).await,
        "stop" => hypervisor.ensure_stopped(target, &world.tasks).await,
        "destroy" => hypervisor.ensure_destroyed(target, &world.tasks).await,
        other => panic!("no such verb: {other}"),
    }
}

/// Performs until it succeeds, and then once more: a worker may die before it has recorded the success.
async fn twice(world: &World, target: &Target, verb: &str) {
    insist(world, target, verb).await;
    insist(world, target, verb).await;
}

/// Performs until it succeeds, as the engine would.
async fn insist(world: &World, target: &Target, verb: &str) {
    for attempt in 1.. {
        match perform(world, target, verb).await {
            Ok(()) => return,
            Err(failure) => {
                assert!(attempt < 5, "{verb} does not converge: {failure:?}");
                assert_ne!(failure.class, FailureClass::Permanent, "{verb}: {failure:?}");
            }
        }
        world.idle().await;
    }
}

async fn live(world: &World, target: &Target) -> Ledger {
    for verb in CREATE {
        twice(world, target, verb).await;
    }
    world.idle().await;
    let alive = world.emulator.ledger();
    for verb in ["stop", "start", "stop", "destroy"] {
        twice(world, target, verb).await;
    }
    alive
}

fn status(code: u16, reason: &str, after_effect: bool) -> FaultAction {
    FaultAction::Status { code, reason: reason.to_owned(), after_effect }
}

fn faults() -> Vec<FaultAction> {
    let lock = "can't lock file '/run/lock/lxc/pve-config-1.lock' - got timeout";
    vec![
        FaultAction::DropBeforeEffect,
        FaultAction::DropAfterEffect,
        status(596, "Connection timed out", false),
        status(596, "Connection timed out", true),
        status(595, "Connection refused", false),
        status(500, lock, false),
        // An answer without the effect.
        status(200, "OK", false),
        FaultAction::TaskFails(lock.to_owned()),
    ]
}

async fn lives_under(method: &str, action: FaultAction) {
    let undisturbed = World::new().await;
    let expected = live(&undisturbed, &target(1)).await;
    let bare = undisturbed.emulator.ledger();
    for nth in 1..100 {
        let world = World::new().await;
        world.emulator.script(Fault {
            method: Some(method.to_owned()),
            path: "**".to_owned(),
            nth: Some(nth),
            times: Some(1),
            action: action.clone(),
        });
        let alive = live(&world, &target(1)).await;
        assert_eq!(alive, expected, "{method} {nth} {action:?}");
        assert_eq!(world.emulator.ledger(), bare, "{method} {nth} {action:?}");
        if world.emulator.faults().struck() == [0] {
            return;
        }
    }
    panic!("the fault never ran out of calls");
}

#[tokio::test]
async fn a_life_leaves_nothing_behind() {
    let world = World::new().await;
    let before = world.emulator.ledger();
    let alive = live(&world, &target(1)).await;
    assert_eq!(alive.guests().count(), 1);
    assert_eq!(alive.guest_volumes().count(), 2, "{:?}", alive.volumes);
    assert_eq!(alive.servers.len(), 1);
    assert_eq!(world.emulator.ledger(), before);
    let kinds = world.tasks.kinds();
    assert_eq!(kinds, ["vzclone", "vzstart", "vzshutdown", "vzstart", "vzshutdown", "vzdestroy"]);
}

#[tokio::test]
async fn faults_of_post() {
    for action in faults() {
        lives_under("POST", action).await;
    }
}

#[tokio::test]
async fn faults_of_put() {
    for action in faults() {
        lives_under("PUT", action).await;
    }
}

#[tokio::test]
async fn faults_of_delete() {
    for action in faults() {
        lives_under("DELETE", action).await;
    }
}

#[tokio::test]
async fn faults_of_get() {
    for action in [FaultAction::DropBeforeEffect, status(596, "Connection timed out", false)] {
        lives_under("GET", action).await;
    }
}

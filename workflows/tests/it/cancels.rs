//! Requests to give a run up at moments when it cannot turn back.

use crate::{
    ledger::assert_balanced,
    script::Script,
    world::{Made, World},
};
use dbx_domain::instance::{InstanceEvent, Lifecycle, Outcome, StepName, WorkflowKind};
use dbx_workflows::{
    failpoint::{Injection, Moment},
    failure,
};
use std::sync::Arc;

async fn running() -> World {
    let world = World::new(Made::OfNothing).await;
    world.order().await;
    world.settle(Script::nothing()).await;
    world
}

async fn last_outcome(world: &World) -> Option<Outcome> {
    world.log.history(world.instance).await.into_iter().rev().find_map(|event| match event {
        InstanceEvent::WorkflowFinished { outcome, .. } => Some(outcome),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_called_off_before_it_began_does_not_begin() {
    for kind in [WorkflowKind::Stop, WorkflowKind::Reboot, WorkflowKind::Rotate] {
        let world = running().await;
        let workflow = world.ask(kind).await.unwrap();
        world.cancel(workflow).await.unwrap();
        let script = world.settle(Script::nothing()).await;
        assert_eq!(*script.reached.lock().unwrap(), Vec::new(), "{kind}");
        assert_eq!(last_outcome(&world).await, Some(Outcome::Canceled), "{kind}");
        assert_eq!(world.lifecycle().await, Lifecycle::Running, "{kind}");
        assert_balanced(&world, kind.name()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_to_be_given_up_is_so_once_it_is_stuck() {
    let world = running().await;
    let workflow = world.ask(WorkflowKind::Rotate).await.unwrap();
    let (confirm, retire) = (StepName::new("confirm"), StepName::new("retire"));
    let script = Script::nothing().with(&confirm, false, Moment::AfterAppend, Injection::Crash);
    let claim = world.claim().await.unwrap();
    world.drive(&world.driver(Arc::new(script)), &claim).await;
    world.cancel(workflow).await.unwrap();
    // Past the point of no return the run goes on; it would park here and wait for the cancel that it has.
    let for_good = Injection::Fail(failure::permanent("test", "injected"));
    world.settle(Script::nothing().with(&retire, false, Moment::BeforeEffect, for_good)).await;
    assert_eq!(last_outcome(&world).await, Some(Outcome::Canceled));
    assert_eq!(world.lifecycle().await, Lifecycle::Running);
}

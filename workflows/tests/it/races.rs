//! Requests that meet a run under way: delete, cancel, a second operation, two workers.

use crate::{
    ledger::assert_balanced,
    script::{Hold, Script},
    world::{Made, World},
};
use dbx_domain::instance::{InstanceError, Lifecycle, WorkflowKind};
use dbx_workflows::{
    catalogue,
    drive::Driven,
    failpoint::{Injection, Moment},
    settings::LEASE,
};
use std::{sync::Arc, time::Duration};

#[tokio::test(start_paused = true)]
async fn delete_during_create_leaves_nothing_at_whichever_step_it_comes() {
    let create = catalogue::definition(WorkflowKind::Create);
    for step in create.step_names() {
        for moment in [Moment::BeforeEffect, Moment::AfterEffect, Moment::AfterAppend] {
            let what = format!("delete when create is at {step}, {moment:?}");
            let world = World::new(Made::OfNothing).await;
            world.order().await;
            let script = Arc::new(Script::nothing().with(step, false, moment, Injection::Crash));
            let claim = world.claim().await.unwrap();
            assert_eq!(world.drive(&world.driver(script), &claim).await, Driven::Crashed, "{what}");
            match world.ask(WorkflowKind::Delete).await {
                Ok(_) => {}
                Err(error) => panic!("{what}: {error}"),
            }
            world.settle(Script::nothing()).await;
            assert_eq!(world.lifecycle().await, Lifecycle::Deleted, "{what}");
            assert_balanced(&world, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cancel_during_create_compensates() {
    let create = catalogue::definition(WorkflowKind::Create);
    for step in create.step_names() {
        let world = World::new(Made::OfNothing).await;
        let workflow = world.order().await;
        let script = Script::nothing().with(step, false, Moment::AfterEffect, Injection::Crash);
        let claim = world.claim().await.unwrap();
        world.drive(&world.driver(Arc::new(script)), &claim).await;
        world.cancel(workflow).await.unwrap();
        world.settle(Script::nothing()).await;
        assert_eq!(world.lifecycle().await, Lifecycle::Failed, "canceled at {step}");
        assert_balanced(&world, step.as_str()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_lost_its_lease_gives_way() {
    let create = catalogue::definition(WorkflowKind::Create);
    for step in create.step_names() {
        let world = World::new(Made::OfNothing).await;
        world.order().await;
        let first = world.claim().await.unwrap();
        let crash = Script::nothing().with(step, false, Moment::BeforeEffect, Injection::Crash);
        world.drive(&world.driver(Arc::new(crash)), &first).await;
        world.log.advance(LEASE).await;
        let second = world.claim().await.unwrap();
        assert!(second.fence > first.fence);
        // The first worker wakes up and goes on with its old claim: it may begin nothing.
        let before = world.cluster.ledger().await;
        let zombie = world.drive(&world.driver(Arc::new(Script::nothing())), &first).await;
        assert_eq!(zombie, Driven::GaveWay, "at {step}");
        assert_eq!(world.cluster.ledger().await, before, "at {step}");
        world.drive(&world.driver(Arc::new(Script::nothing())), &second).await;
        world.settle(Script::nothing()).await;
        assert_eq!(world.lifecycle().await, Lifecycle::Running, "at {step}");
        assert_balanced(&world, step.as_str()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_hangs_for_ever_costs_one_lease() {
    let create = catalogue::definition(WorkflowKind::Create);
    for step in create.step_names() {
        for moment in [Moment::BeforeEffect, Moment::AfterEffect, Moment::AfterAppend] {
            let what = format!("at {step}, {moment:?}");
            let world = World::new(Made::OfNothing).await;
            world.order().await;
            let hold = Arc::new(Hold::at(step, false, moment));
            let (hanging, claim) = (world.driver(Arc::clone(&hold) as _), world.claim().await.unwrap());
            tokio::select! {
                end = world.drive(&hanging, &claim) => panic!("{what}: it does not hang: {end:?}"),
                () = hold.reached.notified() => {}
            }
            if world.lifecycle().await == Lifecycle::Running {
                // It hangs after the last append: there is nothing left to wait for.
                continue;
            }
            world.log.advance(LEASE - Duration::from_millis(1)).await;
            assert_eq!(world.claim().await, None, "{what}: the lease still holds");
            world.log.advance(Duration::from_millis(1)).await;
            let second = world.claim().await.unwrap();
            assert_eq!(world.drive(&world.driver(Arc::new(Script::nothing())), &second).await, Driven::Waits);
            assert_eq!(world.lifecycle().await, Lifecycle::Running, "{what}: nothing else was waited for");
            assert_balanced(&world, &what).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_operation_is_refused_with_the_running_job() {
    let world = World::new(Made::OfNothing).await;
    let create = world.order().await;
    let busy = InstanceError::Busy { workflow: create, kind: WorkflowKind::Create };
    assert_eq!(world.ask(WorkflowKind::Stop).await, Err(busy));
    world.settle(Script::nothing()).await;
    assert!(matches!(world.ask(WorkflowKind::Start).await, Err(InstanceError::WrongState { .. })));
    let delete = world.ask(WorkflowKind::Delete).await.unwrap();
    let busy = InstanceError::Busy { workflow: delete, kind: WorkflowKind::Delete };
    assert_eq!(world.ask(WorkflowKind::Delete).await, Err(busy));
    world.settle(Script::nothing()).await;
    assert_eq!(world.ask(WorkflowKind::Delete).await, Err(InstanceError::Absent));
}

//! Runs that are given up where they are stuck, at whichever step that is: they end, and what they left is on record
//! and goes with the delete.

use crate::{
    ledger::assert_balanced,
    script::Script,
    world::{Made, World},
};
use dbx_domain::instance::{InstanceCommand, InstanceEvent, Lifecycle, Outcome, StepName, WorkflowKind};
use dbx_workflows::{
    catalogue,
    failpoint::{Injection, Moment},
    failure,
};

fn for_good() -> Injection {
    Injection::Fail(failure::permanent("test", "injected"))
}

async fn running(made: Made) -> World {
    let world = World::new(made).await;
    world.order().await;
    world.settle(Script::nothing()).await;
    assert_eq!(world.lifecycle().await, Lifecycle::Running);
    world
}

/// Gives the parked run up and lets the engine end it.
async fn abandon(world: &World) -> Vec<InstanceEvent> {
    assert_eq!(world.lifecycle().await, Lifecycle::NeedsOperator);
    let workflow = world.state().await.run().unwrap().workflow;
    world.log.command(world.instance, InstanceCommand::Abandon(workflow)).await.unwrap();
    world.settle(Script::nothing()).await;
    world.log.history(world.instance).await
}

fn abandoned(history: &[InstanceEvent]) -> bool {
    let over = |event: &InstanceEvent| {
        matches!(event, InstanceEvent::WorkflowFinished { outcome: Outcome::Abandoned { .. }, .. })
    };
    history.iter().any(over)
}

/// Every create that fails at a step and cannot be undone.
async fn stuck_create_is_abandoned_and_deleted(made: Made) {
    let create = catalogue::definition(WorkflowKind::Create);
    let undoable: Vec<&StepName> =
        create.steps.iter().filter(|step| step.undo.is_some()).map(|step| &step.name).collect();
    for stuck in undoable {
        let world = World::new(made).await;
        world.order().await;
        let last = &create.steps.last().unwrap().name;
        let script = Script::nothing().with(last, false, Moment::BeforeEffect, for_good());
        world.settle(script.with(stuck, true, Moment::BeforeEffect, for_good())).await;
        assert!(abandoned(&abandon(&world).await), "undo of {stuck}");
        assert_eq!(world.lifecycle().await, Lifecycle::Failed, "undo of {stuck}");
        world.ask(WorkflowKind::Delete).await.unwrap();
        world.settle(Script::nothing()).await;
        assert_eq!(world.lifecycle().await, Lifecycle::Deleted, "undo of {stuck}");
        assert_balanced(&world, &format!("create abandoned at the undo of {stuck}, then deleted")).await;
    }
}

/// Every delete that fails at a step.
async fn stuck_delete_is_abandoned_and_ends(made: Made) {
    for step in catalogue::definition(WorkflowKind::Delete).step_names() {
        let world = running(made).await;
        world.ask(WorkflowKind::Delete).await.unwrap();
        world.settle(Script::nothing().with(step, false, Moment::BeforeEffect, for_good())).await;
        assert!(abandoned(&abandon(&world).await), "{step}");
        assert_eq!(world.lifecycle().await, Lifecycle::Deleted, "{step}");
        let holdings = world.log.holdings(world.instance).await;
        assert!(holdings.secrets.is_empty() && holdings.released.contains(&world.instance), "{step}");
        let placed = world.state().await.placement().map(|placement| placement.ctid);
        assert_eq!(
            holdings.reserved.keys().copied().next(),
            placed,
            "{step}: the place is kept or given back"
        );
        let left = world.cluster.ledger().await.containers.len();
        assert!(left == 0 || placed.is_some(), "{step}: a container is left and nobody remembers where");
    }
}

/// Every other run that fails at a step and is parked.
async fn stuck_run_is_abandoned_and_the_instance_is_what_it_was(made: Made) {
    for kind in [WorkflowKind::Stop, WorkflowKind::Reboot] {
        for step in catalogue::definition(kind).step_names() {
            let world = running(made).await;
            world.ask(kind).await.unwrap();
            world.settle(Script::nothing().with(step, false, Moment::BeforeEffect, for_good())).await;
            assert!(abandoned(&abandon(&world).await), "{kind} / {step}");
            assert_eq!(world.lifecycle().await, Lifecycle::Running, "{kind} / {step}");
            world.ask(WorkflowKind::Delete).await.unwrap();
            world.settle(Script::nothing()).await;
            assert_balanced(&world, &format!("{kind} abandoned at {step}, then deleted")).await;
        }
    }
}

macro_rules! abandoning {
    ($($module:ident = $made:expr, $test:meta;)*) => {$(
        mod $module {
            use crate::{abandon, world::Made};

            #[$test]
            async fn stuck_create_is_abandoned_and_deleted() {
                abandon::stuck_create_is_abandoned_and_deleted($made).await;
            }

            #[$test]
            async fn stuck_delete_is_abandoned_and_ends() {
                abandon::stuck_delete_is_abandoned_and_ends($made).await;
            }

            #[$test]
            async fn stuck_run_is_abandoned_and_the_instance_is_what_it_was() {
                abandon::stuck_run_is_abandoned_and_the_instance_is_what_it_was($made).await;
            }
        }
    )*};
}

abandoning! {
    in_memory = Made::OfNothing, tokio::test(start_paused = true);
    over_https = Made::WithEmulator, tokio::test(flavor = "multi_thread");
    in_postgres = Made::WithPostgres, tokio::test;
}

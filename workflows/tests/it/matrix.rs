//! The crash matrix, generated from the definitions: every workflow × every step × every fault, and every undo × every
//! fault. Each case ends in the specified state with a balanced ledger. A new workflow or step is covered the moment it
//! is in the catalogue; one that the matrix cannot reach fails here. Leases that are lost in an undo are in
//! `undo_leases`, workflows that begin elsewhere than usual in `origins`.

use crate::{
    ledger::assert_balanced,
    script::{Hold, Script},
    world::{Made, Maker, World},
};
use dbx_domain::instance::{Failure, Lifecycle, StepName, WorkflowKind};
use dbx_workflows::{
    catalogue,
    definition::{Definition, OnFailure},
    drive::Driven,
    failpoint::{Injection, Moment},
    failure,
    settings::LEASE,
};
use std::sync::Arc;

/// Its name, where it strikes, and what happens there.
pub type Fault = (&'static str, Moment, fn() -> Injection);

/// What can befall an attempt.
pub const FAULTS: [Fault; 6] = [
    ("performed twice", Moment::BeforeEffect, || Injection::Repeat),
    ("failed, may pass", Moment::BeforeEffect, || Injection::Fail(failure::transient("test", "injected"))),
    ("outcome unknown", Moment::BeforeEffect, || Injection::Fail(failure::unknown("test", "injected"))),
    ("crashed before the effect", Moment::BeforeEffect, || Injection::Crash),
    ("crashed after the effect", Moment::AfterEffect, || Injection::Crash),
    ("crashed after the append", Moment::AfterAppend, || Injection::Crash),
];

pub fn for_good() -> Injection {
    let failure: Failure = failure::permanent("test", "injected");
    Injection::Fail(failure)
}

/// A world in which a run of `kind` can be asked for.
pub async fn prepared(maker: &Maker, kind: WorkflowKind) -> World {
    let world = maker.world().await;
    if kind != WorkflowKind::Create {
        world.order().await;
        world.settle(Script::nothing()).await;
        assert_eq!(world.lifecycle().await, Lifecycle::Running);
    }
    if kind == WorkflowKind::Start {
        world.ask(WorkflowKind::Stop).await.unwrap();
        world.settle(Script::nothing()).await;
    }
    world
}

pub async fn begin(world: &World, kind: WorkflowKind) -> dbx_domain::ids::WorkflowId {
    match kind {
        WorkflowKind::Create => world.order().await,
        _ => world.ask(kind).await.unwrap(),
    }
}

/// Where a run ends that reaches its end.
pub fn success(kind: WorkflowKind) -> Lifecycle {
    match kind {
        WorkflowKind::Stop => Lifecycle::Stopped,
        WorkflowKind::Delete => Lifecycle::Deleted,
        _ => Lifecycle::Running,
    }
}

/// Where a run ends that turns back.
pub fn turned_back(kind: WorkflowKind) -> Lifecycle {
    match kind {
        WorkflowKind::Create => Lifecycle::Failed,
        WorkflowKind::Start => Lifecycle::Stopped,
        _ => Lifecycle::Running,
    }
}

/// Whether a step that fails for good makes the run turn back.
fn turns_back(definition: &Definition, step: &StepName) -> bool {
    let before = definition.steps.iter().take_while(|other| other.name != *step);
    definition.on_failure == OnFailure::Compensate && !before.into_iter().any(|other| other.pivot)
}

async fn every_step_survives_every_fault(made: Made) {
    let maker = World::maker(made).await;
    for definition in catalogue::all() {
        for step in definition.step_names() {
            for (fault, moment, injection) in FAULTS {
                let what = format!("{} / {step} / {fault}", definition.kind);
                let world = prepared(&maker, definition.kind).await;
                begin(&world, definition.kind).await;
                let script = world.settle(Script::nothing().with(step, false, moment, injection())).await;
                assert!(script.is_spent(), "{what}: the place was never reached");
                assert_eq!(world.lifecycle().await, success(definition.kind), "{what}");
                assert_balanced(&world, &what).await;
            }
        }
    }
}

async fn a_step_that_fails_for_good_turns_the_run_back_or_parks_it(made: Made) {
    let maker = World::maker(made).await;
    for definition in catalogue::all() {
        for step in definition.step_names() {
            let what = format!("{} / {step} / failed for good", definition.kind);
            let world = prepared(&maker, definition.kind).await;
            let workflow = begin(&world, definition.kind).await;
            world.settle(Script::nothing().with(step, false, Moment::BeforeEffect, for_good())).await;
            if turns_back(definition, step) {
                assert_eq!(world.lifecycle().await, turned_back(definition.kind), "{what}");
            } else {
                assert_eq!(world.lifecycle().await, Lifecycle::NeedsOperator, "{what}");
                world.retry(workflow).await.unwrap();
                world.settle(Script::nothing()).await;
                assert_eq!(world.lifecycle().await, success(definition.kind), "{what}, retried");
            }
            assert_balanced(&world, &what).await;
        }
    }
}

async fn every_undo_survives_every_fault(made: Made) {
    let maker = World::maker(made).await;
    for definition in catalogue::all().into_iter().filter(|d| d.on_failure == OnFailure::Compensate) {
        for (failing, undone) in undo_pairs(definition) {
            for (fault, moment, injection) in FAULTS {
                let what = format!("{} / {failing} failed / undo of {undone} / {fault}", definition.kind);
                let world = prepared(&maker, definition.kind).await;
                begin(&world, definition.kind).await;
                let script = Script::nothing().with(&failing, false, Moment::BeforeEffect, for_good()).with(
                    &undone,
                    true,
                    moment,
                    injection(),
                );
                let script = world.settle(script).await;
                assert!(script.is_spent(), "{what}: the place was never reached");
                assert_eq!(world.lifecycle().await, turned_back(definition.kind), "{what}");
                assert_balanced(&world, &what).await;
            }
        }
    }
}

async fn an_undo_that_fails_for_good_parks_the_run_and_a_retry_finishes_it(made: Made) {
    let maker = World::maker(made).await;
    for definition in catalogue::all().into_iter().filter(|d| d.on_failure == OnFailure::Compensate) {
        for (failing, undone) in undo_pairs(definition) {
            let what = format!("{} / {failing} failed / undo of {undone} fails", definition.kind);
            let world = prepared(&maker, definition.kind).await;
            let workflow = begin(&world, definition.kind).await;
            let script = Script::nothing().with(&failing, false, Moment::BeforeEffect, for_good()).with(
                &undone,
                true,
                Moment::BeforeEffect,
                for_good(),
            );
            world.settle(script).await;
            assert_eq!(world.lifecycle().await, Lifecycle::NeedsOperator, "{what}");
            world.retry(workflow).await.unwrap();
            world.settle(Script::nothing()).await;
            assert_eq!(world.lifecycle().await, turned_back(definition.kind), "{what}, retried");
            assert_balanced(&world, &what).await;
        }
    }
}

/// A worker hangs around the effect until its lease is lost and a second worker has finished the run; then it wakes up
/// and goes on. It brings nothing about twice and reports nothing.
async fn a_lease_lost_to_a_second_worker_doubles_nothing(made: Made) {
    let maker = World::maker(made).await;
    for definition in catalogue::all() {
        for step in definition.step_names() {
            for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
                let what = format!("{} / {step} / lease lost, {moment:?}", definition.kind);
                let world = Arc::new(prepared(&maker, definition.kind).await);
                begin(&world, definition.kind).await;
                let hold = Arc::new(Hold::at(step, false, moment));
                let first = world.claim().await.expect("the run is due");
                let zombie = tokio::spawn({
                    let (world, hold) = (Arc::clone(&world), Arc::clone(&hold));
                    async move { world.drive(&world.driver(hold), &first).await }
                });
                hold.reached.notified().await;
                world.log.advance(LEASE).await;
                world.settle(Script::nothing()).await;
                assert_eq!(world.lifecycle().await, success(definition.kind), "{what}: the second worker");
                hold.released.notify_one();
                assert_eq!(zombie.await.expect("the first worker"), Driven::GaveWay, "{what}");
                assert_eq!(world.lifecycle().await, success(definition.kind), "{what}");
                assert_balanced(&world, &what).await;
            }
        }
    }
}

/// The whole matrix in a world made of `$made`.
macro_rules! matrix {
    ($($module:ident = $made:expr, $test:meta;)*) => {$(
        mod $module {
            use crate::{matrix, world::Made};

            #[$test]
            async fn every_step_survives_every_fault() {
                matrix::every_step_survives_every_fault($made).await;
            }

            #[$test]
            async fn a_step_that_fails_for_good_turns_the_run_back_or_parks_it() {
                matrix::a_step_that_fails_for_good_turns_the_run_back_or_parks_it($made).await;
            }

            #[$test]
            async fn every_undo_survives_every_fault() {
                matrix::every_undo_survives_every_fault($made).await;
            }

            #[$test]
            async fn a_lease_lost_to_a_second_worker_doubles_nothing() {
                matrix::a_lease_lost_to_a_second_worker_doubles_nothing($made).await;
            }

            #[$test]
            async fn an_undo_that_fails_for_good_parks_the_run_and_a_retry_finishes_it() {
                matrix::an_undo_that_fails_for_good_parks_the_run_and_a_retry_finishes_it($made).await;
            }
        }
    )*};
}

matrix! {
    in_memory = Made::OfNothing, tokio::test(start_paused = true);
    over_https = Made::WithEmulator, tokio::test(flavor = "multi_thread");
    in_postgres = Made::WithPostgres, tokio::test;
}

/// Every (step that fails, step that is undone because of it).
pub fn undo_pairs(definition: &Definition) -> Vec<(StepName, StepName)> {
    let mut pairs = Vec::new();
    for (index, failing) in definition.steps.iter().enumerate() {
        if turns_back(definition, &failing.name) {
            let undone = definition.steps[..=index].iter().filter(|step| step.undo.is_some());
            pairs.extend(undone.map(|step| (failing.name.clone(), step.name.clone())));
        }
    }
    pairs
}

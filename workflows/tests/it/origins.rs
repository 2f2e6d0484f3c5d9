//! Every workflow × every state in which an instance accepts it × every step × every fault. Those that begin where they
//! usually do are in `matrix`.

use crate::{
    ledger::assert_balanced,
    matrix::{FAULTS, for_good, success},
    script::Script,
    world::{Made, Maker, World},
};
use dbx_domain::instance::{InstanceCommand, Lifecycle, StepName, WorkflowKind};
use dbx_workflows::{
    catalogue,
    failpoint::{Injection, Moment},
};
use std::{collections::BTreeSet, sync::Arc};

/// A state that an instance can be in when a workflow is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// Ordered, and no worker came by.
    Requested,
    /// Its create died in the middle.
    Provisioning,
    /// It runs.
    Running,
    /// It rests.
    Stopped,
    /// Its create failed and was undone.
    Failed,
    /// Its create failed, and so did the undo.
    StuckUndoing,
    /// Its stop failed.
    StuckStopping,
    /// Its delete is under way, and its worker died.
    Deleting,
    /// It is gone.
    Deleted,
}

const ORIGINS: [Origin; 9] = [
    Origin::Requested,
    Origin::Provisioning,
    Origin::Running,
    Origin::Stopped,
    Origin::Failed,
    Origin::StuckUndoing,
    Origin::StuckStopping,
    Origin::Deleting,
    Origin::Deleted,
];

/// Where each workflow may begin. A delete is accepted everywhere but where one is under way or done.
const fn accepting(kind: WorkflowKind) -> &'static [Origin] {
    match kind {
        WorkflowKind::Create => &[Origin::Failed],
        WorkflowKind::Start => &[Origin::Stopped],
        WorkflowKind::Stop | WorkflowKind::Reboot | WorkflowKind::Rotate => &[Origin::Running],
        WorkflowKind::Delete => &[
            Origin::Requested,
            Origin::Provisioning,
            Origin::Running,
            Origin::Stopped,
            Origin::Failed,
            Origin::StuckUndoing,
            Origin::StuckStopping,
        ],
    }
}

const CLONE: StepName = StepName::new("clone");
const CONFIGURE: StepName = StepName::new("configure");

impl Origin {
    const fn lifecycle(self) -> Lifecycle {
        match self {
            Self::Requested => Lifecycle::Requested,
            Self::Provisioning => Lifecycle::Provisioning,
            Self::Running => Lifecycle::Running,
            Self::Stopped => Lifecycle::Stopped,
            Self::Failed => Lifecycle::Failed,
            Self::StuckUndoing | Self::StuckStopping => Lifecycle::NeedsOperator,
            Self::Deleting => Lifecycle::Deleting,
            Self::Deleted => Lifecycle::Deleted,
        }
    }

    async fn world(self, maker: &Maker) -> World {
        let world = maker.world().await;
        world.order().await;
        match self {
            Self::Requested => {}
            Self::Provisioning => die(&world, &CONFIGURE).await,
            Self::Failed => settled(&world, failing(&CONFIGURE)).await,
            Self::StuckUndoing => {
                let script = failing(&CONFIGURE).with(&CLONE, true, Moment::BeforeEffect, for_good());
                settled(&world, script).await;
            }
            Self::Running | Self::Stopped | Self::StuckStopping | Self::Deleting | Self::Deleted => {
                settled(&world, Script::nothing()).await;
                self.leave_running(&world).await;
            }
        }
        assert_eq!(world.lifecycle().await, self.lifecycle(), "{self:?}");
        world
    }

    /// From an instance that runs to this state.
    async fn leave_running(self, world: &World) {
        let stop = StepName::new("stop");
        let (kind, script) = match self {
            Self::Stopped => (WorkflowKind::Stop, Script::nothing()),
            Self::StuckStopping => (WorkflowKind::Stop, failing(&stop)),
            Self::Deleted => (WorkflowKind::Delete, Script::nothing()),
            Self::Deleting => {
                world.ask(WorkflowKind::Delete).await.unwrap();
                return die(world, &stop).await;
            }
            _ => return,
        };
        world.ask(kind).await.unwrap();
        settled(world, script).await;
    }
}

fn failing(step: &StepName) -> Script {
    Script::nothing().with(step, false, Moment::BeforeEffect, for_good())
}

async fn settled(world: &World, script: Script) {
    assert!(world.settle(script).await.is_spent());
}

/// A worker dies at `step`.
async fn die(world: &World, step: &StepName) {
    let script = Script::nothing().with(step, false, Moment::BeforeEffect, Injection::Crash);
    let claim = world.claim().await.unwrap();
    world.drive(&world.driver(Arc::new(script)), &claim).await;
}

/// The table above is what the domain says, so that no state is forgotten in the tests below.
#[tokio::test(start_paused = true)]
async fn every_state_that_accepts_a_workflow_is_tried() {
    let maker = World::maker(Made::OfNothing).await;
    for definition in catalogue::all() {
        let (kind, mut accepted) = (definition.kind, BTreeSet::new());
        for origin in ORIGINS {
            if origin.world(&maker).await.ask(kind).await.is_ok() {
                accepted.insert(origin);
            }
        }
        assert_eq!(accepted, accepting(kind).iter().copied().collect(), "{kind}");
    }
}

async fn a_workflow_survives_every_fault_wherever_it_begins(made: Made) {
    let maker = World::maker(made).await;
    for definition in catalogue::all() {
        let kind = definition.kind;
        for origin in accepting(kind) {
            for step in definition.step_names() {
                for (fault, moment, injection) in FAULTS {
                    let what = format!("{kind} from {origin:?} / {step} / {fault}");
                    let world = origin.world(&maker).await;
                    world.ask(kind).await.unwrap();
                    let script = world.settle(Script::nothing().with(step, false, moment, injection())).await;
                    assert!(script.is_spent(), "{what}: the place was never reached");
                    assert_eq!(world.lifecycle().await, success(kind), "{what}");
                    assert_balanced(&world, &what).await;
                }
            }
        }
    }
}

/// A delete always ends: whatever it fails at, a retry finishes it, and so does giving it up.
async fn a_delete_that_fails_for_good_ends_wherever_it_begins(made: Made) {
    let maker = World::maker(made).await;
    for origin in accepting(WorkflowKind::Delete) {
        for step in catalogue::definition(WorkflowKind::Delete).step_names() {
            for abandoned in [false, true] {
                let what =
                    format!("delete from {origin:?} / {step} failed for good / abandoned: {abandoned}");
                let world = origin.world(&maker).await;
                let workflow = world.ask(WorkflowKind::Delete).await.unwrap();
                settled(&world, failing(step)).await;
                assert_eq!(world.lifecycle().await, Lifecycle::NeedsOperator, "{what}");
                match abandoned {
                    false => world.retry(workflow).await.unwrap(),
                    true => {
                        let abandon = InstanceCommand::Abandon(workflow);
                        world.log.command(world.instance, abandon).await.unwrap();
                    }
                }
                world.settle(Script::nothing()).await;
                assert_eq!(world.lifecycle().await, Lifecycle::Deleted, "{what}");
                if !abandoned {
                    assert_balanced(&world, &what).await;
                }
            }
        }
    }
}

macro_rules! from_everywhere {
    ($($module:ident = $made:expr, $test:meta;)*) => {$(
        mod $module {
            use crate::{origins, world::Made};

            #[$test]
            async fn a_workflow_survives_every_fault_wherever_it_begins() {
                origins::a_workflow_survives_every_fault_wherever_it_begins($made).await;
            }

            #[$test]
            async fn a_delete_that_fails_for_good_ends_wherever_it_begins() {
                origins::a_delete_that_fails_for_good_ends_wherever_it_begins($made).await;
            }
        }
    )*};
}

from_everywhere! {
    in_memory = Made::OfNothing, tokio::test(start_paused = true);
    over_https = Made::WithEmulator, tokio::test(flavor = "multi_thread");
    in_postgres = Made::WithPostgres, tokio::test;
}

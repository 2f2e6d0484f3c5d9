//! Every undo × a lease that is lost to a second worker in the middle of it, also when the worker before died there: the
//! place where something could be destroyed twice. The rest of the matrix is in `matrix`.

use crate::{
    ledger::assert_balanced,
    matrix::{begin, for_good, prepared, turned_back, undo_pairs},
    script::{Both, Hold, Script},
    world::{Made, World},
};
use dbx_domain::instance::{StepName, WorkflowKind};
use dbx_workflows::{
    catalogue,
    definition::OnFailure,
    drive::Driven,
    failpoint::{Injection, Moment},
    settings::LEASE,
};
use std::sync::Arc;

/// What befalls the undo of a step, after another step failed for good.
struct Case {
    kind: WorkflowKind,
    failing: StepName,
    undone: StepName,
    /// Where the worker hangs that loses its lease.
    hangs: Moment,
    /// Where the worker before it died, if one did.
    died: Option<Moment>,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for definition in catalogue::all().into_iter().filter(|d| d.on_failure == OnFailure::Compensate) {
        for (failing, undone) in undo_pairs(definition) {
            for hangs in [Moment::BeforeEffect, Moment::AfterEffect] {
                for died in [None, Some(Moment::BeforeEffect), Some(Moment::AfterEffect)] {
                    let (failing, undone) = (failing.clone(), undone.clone());
                    cases.push(Case { kind: definition.kind, failing, undone, hangs, died });
                }
            }
        }
    }
    cases
}

impl Case {
    fn name(&self) -> String {
        let Self { kind, failing, undone, hangs, died } = self;
        format!("{kind} / {failing} failed / undo of {undone} / died {died:?} / lease lost, {hangs:?}")
    }

    /// What happens until the worker hangs.
    fn script(&self) -> Script {
        let script = Script::nothing().with(&self.failing, false, Moment::BeforeEffect, for_good());
        match self.died {
            Some(moment) => script.with(&self.undone, true, moment, Injection::Crash),
            None => script,
        }
    }

    async fn holds_in(&self, world: Arc<World>) {
        let what = self.name();
        begin(&world, self.kind).await;
        let (script, hold) = (Arc::new(self.script()), Arc::new(Hold::at(&self.undone, true, self.hangs)));
        if self.died.is_some() {
            let claim = world.claim().await.expect("the run is due");
            let end = world.drive(&world.driver(Arc::clone(&script) as _), &claim).await;
            assert_eq!(end, Driven::Crashed, "{what}");
            world.log.advance(LEASE).await;
        }
        let claim = world.claim().await.expect("the run is due");
        let zombie = tokio::spawn({
            let (world, both) = (Arc::clone(&world), Arc::new(Both(script, Arc::clone(&hold))));
            async move { world.drive(&world.driver(both), &claim).await }
        });
        hold.reached.notified().await;
        world.log.advance(LEASE).await;
        world.settle(Script::nothing()).await;
        assert_eq!(world.lifecycle().await, turned_back(self.kind), "{what}: the worker after it");
        hold.released.notify_one();
        assert_eq!(zombie.await.expect("the worker that hung"), Driven::GaveWay, "{what}");
        assert_eq!(world.lifecycle().await, turned_back(self.kind), "{what}");
        assert_balanced(&world, &what).await;
    }
}

async fn a_lease_lost_in_an_undo_doubles_nothing(made: Made) {
    let maker = World::maker(made).await;
    for case in cases() {
        let world = Arc::new(prepared(&maker, case.kind).await);
        case.holds_in(world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn in_memory() {
    a_lease_lost_in_an_undo_doubles_nothing(Made::OfNothing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https() {
    a_lease_lost_in_an_undo_doubles_nothing(Made::WithEmulator).await;
}

#[tokio::test]
async fn in_postgres() {
    a_lease_lost_in_an_undo_doubles_nothing(Made::WithPostgres).await;
}

//! Records histories for `recorded.rs`: the engine over the emulator's HTTPS, in real time, with the faults that make
//! the difference between histories.

use crate::{
    clusters::Emulated,
    journals::{InMemoryJournal, TestJournal},
    recorded::{Append, Recorded, Stored, folder},
    script::Script,
    world::World,
};
use async_trait::async_trait;
use cqrs_es::DomainEvent;
use dbx_domain::{
    Secret,
    ids::{InstanceId, SecretId},
    instance::{InstanceCommand, InstanceError, InstanceEvent, StepName, WorkflowKind},
    time::Timestamp,
};
use dbx_workflows::{
    failpoint::{Injection, Moment},
    failure,
    journal::{
        AppendError, Cause, Claim, Head, Journal, JournalError, Loaded, SideEffects,
        memory::{Holdings, MemoryJournal},
    },
    placement::Occupancy,
};
use std::{
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// The journal in memory, with a clock that runs and a record of every append.
struct Recorder {
    inner: Arc<MemoryJournal>,
    ticked: Mutex<Instant>,
    appends: Mutex<Vec<Append>>,
}

impl Recorder {
    fn tick(&self) {
        let before = std::mem::replace(&mut *self.ticked.lock().unwrap(), Instant::now());
        self.inner.advance(before.elapsed());
    }

    async fn keep(&self, events: &[InstanceEvent]) {
        let stored = |event: &InstanceEvent| Stored {
            kind: event.event_type(),
            version: event.event_version(),
            payload: serde_json::to_value(event).unwrap(),
        };
        let recorded_at = self.inner.now().await.unwrap();
        let append = Append { recorded_at, events: events.iter().map(stored).collect() };
        self.appends.lock().unwrap().push(append);
    }
}

#[async_trait]
impl Journal for Recorder {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        self.tick();
        self.inner.now().await
    }

    async fn claim(&self, worker: &str, limit: usize) -> Result<Vec<Claim>, JournalError> {
        self.inner.claim(worker, limit).await
    }

    async fn renew(&self, claim: &Claim) -> Result<bool, JournalError> {
        self.inner.renew(claim).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), JournalError> {
        self.inner.release(claim).await
    }

    async fn load(&self, instance: InstanceId) -> Result<Loaded, JournalError> {
        self.inner.load(instance).await
    }

    async fn append(
        &self,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Head, AppendError> {
        self.tick();
        let head = self.inner.append(cause, head, events, effects).await?;
        self.keep(events).await;
        Ok(head)
    }

    async fn occupancy(&self) -> Result<Occupancy, JournalError> {
        self.inner.occupancy().await
    }

    async fn open_secret(&self, id: SecretId, version: u32) -> Result<Secret, JournalError> {
        self.inner.open_secret(id, version).await
    }

    async fn wait_for_work(&self, at_most: Duration) {
        self.inner.wait_for_work(at_most).await;
    }
}

struct Recording(Arc<Recorder>);

#[async_trait]
impl TestJournal for Recording {
    fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.0) as _
    }

    async fn command(&self, instance: InstanceId, command: InstanceCommand) -> Result<(), InstanceError> {
        let before = self.0.inner.history(instance).len();
        self.0.inner.command(instance, command)?;
        self.0.keep(&self.0.inner.history(instance).split_off(before)).await;
        Ok(())
    }

    async fn advance(&self, by: Duration) {
        self.0.inner.advance(by);
    }

    async fn next_due(&self, instance: InstanceId) -> Option<Timestamp> {
        InMemoryJournal(Arc::clone(&self.0.inner)).next_due(instance).await
    }

    async fn holdings(&self, instance: InstanceId) -> Holdings {
        InMemoryJournal(Arc::clone(&self.0.inner)).holdings(instance).await
    }

    async fn history(&self, instance: InstanceId) -> Vec<InstanceEvent> {
        self.0.inner.history(instance)
    }
}

async fn recorded_world() -> (World, Arc<Recorder>) {
    let (ticked, appends) = (Mutex::new(Instant::now()), Mutex::default());
    let recorder = Arc::new(Recorder { inner: Arc::default(), ticked, appends });
    let cluster = Box::new(Emulated::start().await);
    (World::of(Arc::new(Recording(Arc::clone(&recorder))), cluster), recorder)
}

/// Something happens once, at one step.
fn at(step: &'static str, moment: Moment, injection: Injection) -> Script {
    Script::nothing().with(&StepName::new(step), false, moment, injection)
}

fn fails(step: &'static str) -> Script {
    at(step, Moment::BeforeEffect, Injection::Fail(failure::permanent("test", "injected for good")))
}

fn undo_fails(script: Script, step: &'static str) -> Script {
    let failed = Injection::Fail(failure::permanent("test", "injected into the undo"));
    script.with(&StepName::new(step), true, Moment::BeforeEffect, failed)
}

/// Drives until the script makes the worker crash.
async fn crash(world: &World, step: &'static str, moment: Moment) {
    let script = at(step, moment, Injection::Crash);
    let claim = world.claim().await.unwrap();
    world.drive(&world.driver(Arc::new(script)), &claim).await;
}

async fn whole_life(world: &World) {
    world.order().await;
    world.settle(Script::nothing()).await;
    for kind in [WorkflowKind::Rotate, WorkflowKind::Stop, WorkflowKind::Start, WorkflowKind::Reboot] {
        world.ask(kind).await.unwrap();
        world.settle(Script::nothing()).await;
    }
    world.ask(WorkflowKind::Delete).await.unwrap();
    world.settle(Script::nothing()).await;
}

async fn troubled_create(world: &World) {
    world.order().await;
    let script = at("clone", Moment::AfterEffect, Injection::Crash);
    let busy = Injection::Fail(failure::transient("template_busy", "injected, may pass"));
    let script = script.with(&StepName::new("configure"), false, Moment::BeforeEffect, busy);
    let lost = Injection::Fail(failure::unknown("answer_lost", "injected, nobody knows"));
    let script = script.with(&StepName::new("attach_volume"), false, Moment::BeforeEffect, lost);
    world.settle(script.with(&StepName::new("start"), false, Moment::BeforeEffect, Injection::Repeat)).await;
}

async fn failed_create(world: &World) {
    world.order().await;
    world.settle(fails("start")).await;
    world.ask(WorkflowKind::Create).await.unwrap();
    world.settle(Script::nothing()).await;
}

async fn canceled_create(world: &World) {
    let workflow = world.order().await;
    crash(world, "attach_volume", Moment::AfterEffect).await;
    world.cancel(workflow).await.unwrap();
    world.settle(Script::nothing()).await;
}

async fn delete_during_create(world: &World) {
    world.order().await;
    crash(world, "clone", Moment::AfterEffect).await;
    world.ask(WorkflowKind::Delete).await.unwrap();
    world.settle(Script::nothing()).await;
}

async fn stuck_undo(world: &World) {
    let workflow = world.order().await;
    world.settle(undo_fails(fails("await_postgres"), "clone")).await;
    world.retry(workflow).await.unwrap();
    world.settle(Script::nothing()).await;
}

async fn stuck_stop(world: &World) {
    world.order().await;
    world.settle(Script::nothing()).await;
    let workflow = world.ask(WorkflowKind::Stop).await.unwrap();
    world.settle(fails("stop")).await;
    world.retry(workflow).await.unwrap();
    world.settle(Script::nothing()).await;
}

async fn failed_rotation(world: &World) {
    world.order().await;
    world.settle(Script::nothing()).await;
    world.ask(WorkflowKind::Rotate).await.unwrap();
    world.settle(fails("confirm")).await;
    world.ask(WorkflowKind::Rotate).await.unwrap();
    world.settle(at("retire", Moment::AfterEffect, Injection::Crash)).await;
}

async fn delete_of_a_stuck_instance(world: &World) {
    world.order().await;
    world.settle(Script::nothing()).await;
    world.ask(WorkflowKind::Reboot).await.unwrap();
    world.settle(fails("start")).await;
    world.ask(WorkflowKind::Delete).await.unwrap();
    world.settle(at("destroy", Moment::AfterEffect, Injection::Crash)).await;
}

/// Writes a recording under the next free number.
fn write(name: &str, about: &str, recorder: &Recorder) {
    let appends = std::mem::take(&mut *recorder.appends.lock().unwrap());
    let text = serde_json::to_string_pretty(&Recorded { about: about.to_owned(), appends }).unwrap() + "\n";
    let file = |number: u32| folder().join(format!("{name}.{number}.json"));
    let free = (1..).map(file).find(|path| !path.exists()).unwrap();
    fs::create_dir_all(folder()).unwrap();
    fs::write(&free, text).unwrap();
    println!("wrote {}", free.display());
}

macro_rules! record {
    ($($scenario:ident: $about:literal,)*) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn record_new_histories() {
            if std::env::var_os("DBX_RECORD_HISTORIES").is_none() {
                return;
            }
            $(
                let (world, recorder) = recorded_world().await;
                $scenario(&world).await;
                write(stringify!($scenario), $about, &recorder);
            )*
        }
    };
}

record! {
    whole_life: "created, rotated, stopped, started, rebooted, deleted; nothing went wrong",
    troubled_create: "a crash, a transient failure, an unknown outcome and a repetition on the way to a running server",
    failed_create: "failed for good at start, undone; created again",
    canceled_create: "canceled after a crash in mid-create, undone",
    delete_during_create: "deleted after a crash in mid-create",
    stuck_undo: "an undo that failed for good, parked, retried",
    stuck_stop: "a stop that failed for good, parked, retried",
    failed_rotation: "a rotation undone at confirm, then one that crashed at its last step",
    delete_of_a_stuck_instance: "a parked reboot, superseded by a delete that crashed once",
}

//! Users: they order instances and ask for things at random moments, also for things that make no sense.

use crate::{dice::Dice, sea::Sea, worker::Surroundings};
use dbx_domain::{
    Instance,
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{InstanceCommand, InstanceError, Order, RunRequest, WorkflowKind},
    name::Tags,
    plan::{PgVersion, Plan, Size},
};
use dbx_workflows::{
    catalogue,
    journal::{Journal, memory::MemoryJournal},
};
use futures::FutureExt;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// What users do, and how often each.
const WISHES: [(Wish, u32); 9] = [
    (Wish::Order, 20),
    (Wish::Run(WorkflowKind::Create), 6),
    (Wish::Run(WorkflowKind::Delete), 12),
    (Wish::Run(WorkflowKind::Rotate), 16),
    (Wish::Run(WorkflowKind::Stop), 12),
    (Wish::Run(WorkflowKind::Start), 12),
    (Wish::Run(WorkflowKind::Reboot), 8),
    (Wish::Cancel, 10),
    (Wish::Retry, 4),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Order,
    Run(WorkflowKind),
    Cancel,
    Retry,
}

pub struct Users {
    around: Surroundings,
    instances: Mutex<Vec<InstanceId>>,
    /// Instances of one history at most.
    most: u64,
}

impl Users {
    pub fn new(around: &Surroundings, most: u64) -> Arc<Self> {
        Arc::new(Self { around: around.clone(), instances: Mutex::default(), most })
    }

    /// Asks for `wishes` things, then leaves.
    pub async fn live(self: Arc<Self>, wishes: u64) {
        let sea = self.around.sea.clone();
        self.order();
        for _ in 0..wishes {
            let pause = *sea.dice().pick(&[200, 2_000, 10_000, 60_000]);
            sea.executor().sleep(sea.dice().within(1..=pause)).await;
            self.wish();
        }
    }

    /// Asks for one thing.
    pub fn wish(&self) {
        match self.drawn() {
            Wish::Order => self.order(),
            Wish::Run(kind) => self.ask(kind),
            Wish::Cancel => self.say("cancel", |run, _| InstanceCommand::Cancel(run)),
            Wish::Retry => self.say("retry", InstanceCommand::Retry),
        }
    }

    /// Asks for something of an instance of which something was just recorded.
    pub fn meddle(&self, instance: InstanceId) {
        match *self.dice().pick(&[
            Wish::Cancel,
            Wish::Run(WorkflowKind::Delete),
            Wish::Run(WorkflowKind::Rotate),
        ]) {
            Wish::Run(kind) => {
                let run = run_request(&self.around, kind);
                self.command(kind.name(), instance, InstanceCommand::Run(kind, run));
            }
            _ => self.say_of(instance, "cancel", |run, _| InstanceCommand::Cancel(run)),
        }
    }

    fn dice(&self) -> &Dice {
        self.around.sea.dice()
    }

    fn drawn(&self) -> Wish {
        let all: u32 = WISHES.iter().map(|(_, weight)| weight).sum();
        let mut left = self.dice().within(1..=u64::from(all));
        for (wish, weight) in WISHES {
            if left <= u64::from(weight) {
                return wish;
            }
            left -= u64::from(weight);
        }
        Wish::Order
    }

    fn one(&self) -> InstanceId {
        *self.dice().pick(&self.instances.lock().unwrap())
    }

    fn order(&self) {
        if self.instances.lock().unwrap().len() as u64 >= self.most {
            return;
        }
        let instance = InstanceId::from_uuid(self.dice().uuid());
        let order = Order {
            instance,
            org: OrgId::from_uuid(instance.uuid()),
            project: ProjectId::from_uuid(instance.uuid()),
            name: "prod-db".parse().unwrap(),
            size: Size::new(*self.dice().pick(&Plan::ALL), None).unwrap(),
            pg_version: PgVersion::DEFAULT,
            tags: Tags::default(),
        };
        self.instances.lock().unwrap().push(instance);
        let run = run_request(&self.around, WorkflowKind::Create);
        self.command("order", instance, InstanceCommand::Request(Box::new(order), run));
    }

    fn ask(&self, kind: WorkflowKind) {
        let run = run_request(&self.around, kind);
        self.command(kind.name(), self.one(), InstanceCommand::Run(kind, run));
    }

    /// Says something about the run that is under way.
    fn say(&self, what: &str, of: impl Fn(WorkflowId, dbx_domain::time::Timestamp) -> InstanceCommand) {
        self.say_of(self.one(), what, of);
    }

    fn say_of(
        &self,
        instance: InstanceId,
        what: &str,
        of: impl Fn(WorkflowId, dbx_domain::time::Timestamp) -> InstanceCommand,
    ) {
        if let Some(run) = state(&self.around, instance).run() {
            let deadline = self.around.log.now() + Duration::from_secs(1_800);
            self.command(what, instance, of(run.workflow, deadline));
        }
    }

    fn command(&self, what: &str, instance: InstanceId, command: InstanceCommand) {
        let answer = self.around.log.command(instance, command);
        self.around.sea.note(|| format!("user: {what} {instance}: {}", told(&answer)));
    }
}

fn told(answer: &Result<(), InstanceError>) -> String {
    answer.as_ref().map_or_else(ToString::to_string, |()| "accepted".to_owned())
}

/// A run that is asked for now.
pub fn run_request(around: &Surroundings, kind: WorkflowKind) -> RunRequest {
    let definition = catalogue::definition(kind);
    RunRequest {
        workflow: WorkflowId::from_uuid(around.sea.dice().uuid()),
        definition: definition.version,
        deadline_at: around.log.now() + definition.deadline,
    }
}

/// An instance, folded.
pub fn state(around: &Surroundings, instance: InstanceId) -> Instance {
    folded(around.log.journal(), instance)
}

/// An instance, as the journal folds it.
pub fn folded(journal: &MemoryJournal, instance: InstanceId) -> Instance {
    journal.load(instance).now_or_never().unwrap().unwrap().instance
}

/// A command of somebody who looks after the service.
pub fn command(around: &Surroundings, who: &str, instance: InstanceId, command: InstanceCommand) -> bool {
    let text = format!("{command:?}");
    let answer = around.log.command(instance, command);
    let sea: &Sea = &around.sea;
    sea.note(|| format!("{who}: {text} on {instance}: {}", told(&answer)));
    answer.is_ok()
}

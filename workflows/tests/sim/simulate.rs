//! One history from beginning to end.

use crate::{
    chaos::{self, FATE, Fleet, USER},
    checks,
    cluster::Cluster,
    dice::Dice,
    executor::Executor,
    history,
    log::SharedLog,
    operator,
    sea::Sea,
    users::{self, Users, command, run_request},
    weather::Weather,
    worker::Surroundings,
};
use dbx_domain::instance::{InstanceCommand, InstanceEvent, Lifecycle, Outcome, WorkflowKind};
use dbx_workflows::{placement::PlacementRules, settings::Settings};
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What a history came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What must never happen and did.
    pub violation: Option<String>,
    /// The history, if it was traced.
    pub text: String,
    /// Events in all streams.
    pub events: usize,
    /// Runs that were parked or failed.
    pub failures: usize,
    /// Instances that were ordered.
    pub instances: usize,
    /// Seconds that passed in it.
    pub seconds: u64,
    /// Tells two histories apart: the last throw of the dice.
    pub last_throw: u64,
}

/// Lives through the history of `seed`. The same seed always gives the same.
pub fn live(seed: u64, traced: bool) -> Told {
    live_in(None, seed, traced)
}

/// As [`live`], in that weather instead of a drawn one.
pub fn live_in(weather: Option<Weather>, seed: u64, traced: bool) -> Told {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let history = History::begin(weather, seed, traced);
        history.live().await;
        history.end()
    })
}

struct History {
    executor: Arc<Executor>,
    around: Surroundings,
    fleet: Arc<Fleet>,
}

/// Longer than any history takes, in milliseconds: whatever has not come to rest by then never does.
const REST_BY: u64 = 24 * 3_600_000;
/// Rounds in which the operator helps.
const ROUNDS: usize = 12;

impl History {
    fn begin(weather: Option<Weather>, seed: u64, traced: bool) -> Self {
        let dice = Dice::new(seed);
        let executor = Executor::new(dice.clone());
        let drawn = Weather::draw(&dice);
        let sea = Sea::new(Arc::clone(&executor), dice.clone(), weather.unwrap_or(drawn), traced);
        sea.note(|| format!("seed {seed}, {:?}", sea.weather()));
        let cluster = Arc::new(Mutex::new(Cluster::new(sea.clone(), dice.within(1..=3))));
        let log = Arc::new(SharedLog::new(sea.clone()));
        let around = Surroundings { sea, log, cluster, settings: Arc::new(settings()) };
        let fleet = Fleet::new(&around, dice.within(2..=4));
        Self { executor, around, fleet }
    }

    async fn live(&self) {
        let dice = self.around.sea.dice();
        let users = Users::new(&self.around, dice.within(1..=4));
        let hasty = Arc::clone(&users);
        self.around.sea.when_something_is_recorded(move |instance| hasty.meddle(instance));
        self.executor.spawn(USER, users.live(dice.within(2..=24)));
        self.executor.spawn(FATE, chaos::strike(self.around.clone(), Arc::clone(&self.fleet)));
        self.until(|| self.executor.tasks_of(USER) == 0).await;
        self.around.sea.note(|| "from here on nothing goes wrong any more".to_owned());
        self.around.sea.calm_down();
        self.settle().await;
        checks::at_rest(&self.around);
        self.delete_some().await;
        checks::at_rest(&self.around);
        checks::promises_are_kept(&self.around);
        checks::decided_again(&self.around);
    }

    fn end(self) -> Told {
        let sea = &self.around.sea;
        let journal = self.around.log.journal();
        let instances = journal.instances();
        let histories: Vec<_> = instances.iter().map(|id| journal.history(*id)).collect();
        let told = Told {
            violation: sea.violation(),
            text: history::printed(sea),
            events: histories.iter().map(Vec::len).sum(),
            failures: histories.iter().flatten().filter(|event| is_failure(event)).count(),
            instances: instances.len(),
            seconds: sea.now() / 1_000,
            last_throw: sea.dice().throw(),
        };
        sea.forget();
        self.executor.clear();
        told
    }

    async fn until(&self, over: impl Fn() -> bool) {
        let sea = &self.around.sea;
        let began = sea.now();
        self.executor.run(|| sea.is_violated() || over() || sea.now() > began + REST_BY).await;
        if !sea.is_violated() && !over() {
            sea.violate("it never comes to rest");
        }
    }

    /// Until nothing is under way or due; an operator helps what is stuck.
    async fn settle(&self) {
        let Surroundings { sea, log, .. } = &self.around;
        for _ in 0..ROUNDS {
            self.until(|| {
                sea.is_quiet()
                    && !sea.is_anybody_dead()
                    && self.fleet.is_idle()
                    && log.journal().next_due().is_none()
            })
            .await;
            operator::repair(&self.around);
            if sea.is_violated() || !operator::retry_parked(&self.around) {
                return;
            }
        }
        sea.violate("a run is parked again and again although nothing is wrong any more");
    }

    /// Delete is accepted in every state and always ends.
    async fn delete_some(&self) {
        let dice = self.around.sea.dice();
        let instances = self.around.log.journal().instances();
        let doomed: Vec<_> = instances.into_iter().filter(|_| dice.chance(500)).collect();
        for instance in &doomed {
            let run = run_request(&self.around, WorkflowKind::Delete);
            let gone = users::state(&self.around, *instance).lifecycle() == Lifecycle::Deleted;
            let wish = InstanceCommand::Run(WorkflowKind::Delete, run);
            if !command(&self.around, "user", *instance, wish) && !gone {
                self.around.sea.violate(format!("a delete of {instance} is refused"));
            }
        }
        self.settle().await;
        for instance in doomed {
            if users::state(&self.around, instance).lifecycle() != Lifecycle::Deleted {
                self.around.sea.violate(format!("the delete of {instance} did not end"));
            }
        }
    }
}

fn is_failure(event: &InstanceEvent) -> bool {
    match event {
        InstanceEvent::WorkflowParked { .. } => true,
        InstanceEvent::WorkflowFinished { outcome, .. } => matches!(outcome, Outcome::Failed { .. }),
        _ => false,
    }
}

fn settings() -> Settings {
    let placement = PlacementRules {
        ctids: 10_000..=19_999,
        first_address: Ipv4Addr::new(10, 20, 0, 10),
        last_address: Ipv4Addr::new(10, 20, 0, 15),
        memory_overcommit: 2.0,
        cpu_overcommit: 8.0,
        check_live: false,
    };
    Settings {
        placement,
        allow_cidrs: vec!["10.0.0.0/8".to_owned()],
        platform_cidrs: vec!["10.0.0.0/8".to_owned()],
        concurrency: 4,
        scan_interval: Duration::from_millis(200),
    }
}

//! Whatever is asked of an instance, and whatever late or confused workers report: what must hold in every state it
//! can reach.

use crate::{
    instance::{request, run},
    sample::{at, failure, step, workflow},
    sample_events::instance_events,
    scenario::{advance, folded},
};
use dbx_domain::{
    Decide, Instance,
    ids::WorkflowId,
    instance::{
        CredentialRole, Fact, FailureClass, Health, InstanceCommand as Command, InstanceError as Error,
        InstanceEvent as Event, Lifecycle, Observation, Outcome, Phase, Progress, StepName,
        WorkflowKind as Kind,
    },
};
use proptest::{prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};
use std::collections::{BTreeMap, BTreeSet};

/// A move whose run and attempt are chosen when its turn comes, so that most moves mean something.
#[derive(Clone, Debug)]
enum Move {
    /// Somebody asks for a run under a fresh id.
    Ask(Kind),
    /// Somebody gives up, retries or looks.
    Signal(fn(WorkflowId) -> Command),
    /// A worker reports on the run under way, or (`stray`) on one that is not.
    Report { what: What, step: StepName, older_by: u32, stray: bool },
}

#[derive(Clone, Copy, Debug)]
enum What {
    Begin,
    Submit,
    Complete,
    Fail,
    FailForGood,
    Compensate,
    BeginUndo,
    CompleteUndo,
    FailUndo,
    Finish,
    GiveUp,
    Supersede,
    Abandon,
    Park,
}

const REPORTS: [What; 14] = [
    What::Begin,
    What::Submit,
    What::Complete,
    What::Fail,
    What::FailForGood,
    What::Compensate,
    What::BeginUndo,
    What::CompleteUndo,
    What::FailUndo,
    What::Finish,
    What::GiveUp,
    What::Supersede,
    What::Abandon,
    What::Park,
];

const SIGNALS: [fn(WorkflowId) -> Command; 8] = [
    Command::Cancel,
    |id| Command::Retry(id, at(9_000)),
    Command::Abandon,
    |_| Command::Reveal(CredentialRole::Tenant),
    |_| Command::Observe(Observation::Health(Health::Unreachable)),
    |_| Command::Protect(true),
    |_| Command::Protect(false),
    |_| Command::Restore(run(888_888)),
];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let steps = select(vec!["reserve", "clone", "start"]).prop_map(step);
    let age = prop_oneof![5 => Just(0u32), 1 => 1..3u32];
    let report = (select(&REPORTS[..]), steps, age, prop::bool::weighted(0.1))
        .prop_map(|(what, step, older_by, stray)| Move::Report { what, step, older_by, stray });
    let one = prop_oneof![
        6 => report,
        2 => select(Kind::ALL).prop_map(Move::Ask),
        1 => select(&SIGNALS[..]).prop_map(Move::Signal),
    ];
    prop::collection::vec(one, 1..120)
}

/// What the events say about runs and attempts, kept apart from how the aggregate keeps it.
#[derive(Default)]
struct Told {
    run: Option<WorkflowId>,
    waiting: Option<WorkflowId>,
    /// Newest attempt of each step, forward and back.
    newest: BTreeMap<(StepName, bool), u32>,
    /// The only attempt of a step that may report: its direction and number.
    open: BTreeMap<StepName, (bool, u32)>,
}

impl Told {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::WorkflowRequested { workflow, kind, .. } if self.run.is_some() => {
                assert_eq!((*kind, self.waiting), (Kind::Delete, None), "two runs at once");
                self.waiting = Some(*workflow);
            }
            Event::WorkflowRequested { workflow, .. } => self.run = Some(*workflow),
            Event::WorkflowFinished { workflow, .. } => {
                assert_eq!(self.run, Some(*workflow), "finished a run that is not under way");
                *self = Self { run: self.waiting, ..Self::default() };
            }
            Event::StepBegan { step, attempt, .. } => self.begin(step, false, *attempt),
            Event::UndoBegan { step, attempt, .. } => self.begin(step, true, *attempt),
            Event::StepCompleted { step, attempt, .. } | Event::StepFailed { step, attempt, .. } => {
                assert_eq!(self.open.remove(step), Some((false, *attempt)), "heard a late worker");
            }
            Event::UndoCompleted { step, attempt, .. } | Event::UndoFailed { step, attempt, .. } => {
                assert_eq!(self.open.remove(step), Some((true, *attempt)), "heard a late worker");
            }
            Event::TaskSubmitted { step, .. } => assert!(self.open.contains_key(step), "heard a late worker"),
            _ => {}
        }
    }

    fn begin(&mut self, step: &StepName, undo: bool, attempt: u32) {
        let newest = self.newest.entry((step.clone(), undo)).or_default();
        assert_eq!(attempt, *newest + 1, "an attempt's number was skipped or used twice");
        *newest = attempt;
        self.open.insert(step.clone(), (undo, attempt));
    }

    /// The attempt that a worker would report as, `older_by` attempts late.
    fn attempt(&self, step: &StepName, undo: bool, older_by: u32) -> u32 {
        self.newest.get(&(step.clone(), undo)).copied().unwrap_or_default().saturating_sub(older_by)
    }
}

fn progress(told: &Told, what: What, step: StepName, older_by: u32) -> Progress {
    let undo = matches!(what, What::CompleteUndo | What::FailUndo);
    let attempt = told.attempt(&step, undo, older_by);
    let (deadline_at, failure, later) = (at(300), failure(FailureClass::Transient), Some(at(9)));
    match what {
        What::Begin => Progress::BeginStep { step, deadline_at },
        What::Submit => Progress::SubmitTask { step, attempt, task: "UPID:1".to_owned() },
        What::Complete => Progress::CompleteStep { step, attempt, facts: vec![Fact::SecretsShredded] },
        What::Fail => Progress::FailStep { step, attempt, failure, retry_at: later },
        What::FailForGood => Progress::FailStep { step, attempt, failure, retry_at: None },
        What::Compensate => Progress::Compensate(Outcome::Failed { failure }),
        What::BeginUndo => Progress::BeginUndo { step, deadline_at },
        What::CompleteUndo => Progress::CompleteUndo { step, attempt, facts: vec![] },
        What::FailUndo => Progress::FailUndo { step, attempt, failure, retry_at: later },
        What::Finish => Progress::Finish(Outcome::Succeeded),
        What::GiveUp => Progress::Finish(Outcome::Failed { failure }),
        What::Supersede => Progress::Finish(Outcome::Superseded),
        What::Abandon => Progress::Abandon,
        What::Park => Progress::Park("stuck".to_owned()),
    }
}

/// The attempt that a report claims to be, and in which direction; a submitted task may belong to either.
fn claimed(progress: &Progress) -> Option<(&StepName, &[bool], u32)> {
    match progress {
        Progress::SubmitTask { step, attempt, .. } => Some((step, &[false, true], *attempt)),
        Progress::CompleteStep { step, attempt, .. } | Progress::FailStep { step, attempt, .. } => {
            Some((step, &[false], *attempt))
        }
        Progress::CompleteUndo { step, attempt, .. } | Progress::FailUndo { step, attempt, .. } => {
            Some((step, &[true], *attempt))
        }
        _ => None,
    }
}

/// A report on a step is heard if and only if it comes from the open attempt, in the direction in which the run goes;
/// otherwise it is out of date.
fn assert_only_the_open_attempt_is_heard(state: &Instance, told: &Told, id: WorkflowId, progress: &Progress) {
    let Some((step, directions, attempt)) = claimed(progress) else { return };
    let direction = state.run().and_then(|run| match run.phase {
        Phase::Forward => Some(false),
        Phase::Compensating(_) => Some(true),
        Phase::Parked { .. } => None,
    });
    let open = told.open.get(step).filter(|(undo, _)| told.run == Some(id) && direction == Some(*undo));
    let may = open.is_some_and(|(undo, number)| directions.contains(undo) && *number == attempt);
    match state.decide(Command::Advance(id, progress.clone())) {
        Ok(_) => assert!(may, "heard a late worker: {progress:?}"),
        Err(Error::OutOfDate { .. }) => assert!(!may, "did not hear the newest attempt: {progress:?}"),
        Err(other) => panic!("{progress:?}: {other}"),
    }
}

fn assert_delete_is_accepted_or_under_way(state: &Instance) {
    let kind_under_way = state.run().map(|run| run.kind);
    match state.decide(Command::Run(Kind::Delete, run(999_999))) {
        Ok(events) => assert_eq!(events.len(), 1),
        Err(Error::Busy { workflow, kind: Kind::Delete }) => match state.pending_delete() {
            Some(waiting) => assert_eq!(workflow, waiting),
            None => assert_eq!(kind_under_way, Some(Kind::Delete)),
        },
        Err(Error::Stuck { workflow, kind: Kind::Delete }) => {
            let stuck = state.run().filter(|run| run.is_parked());
            assert_eq!(stuck.map(|run| (run.workflow, run.kind)), Some((workflow, Kind::Delete)));
        }
        Err(Error::Protected) => assert!(state.is_protected()),
        Err(Error::Absent) => assert_eq!(state.lifecycle(), Lifecycle::Deleted),
        Err(other) => panic!("a delete was refused in {}: {other}", state.lifecycle()),
    }
}

/// Plays the moves from the order on and checks every state on the way; tells which lifecycles were met.
fn play(moves: Vec<Move>) -> BTreeSet<Lifecycle> {
    let (mut state, mut told, mut met) = (Instance::default(), Told::default(), BTreeSet::new());
    let ordered = advance(&mut state, request(0)).unwrap();
    ordered.iter().for_each(|event| told.hear(event));
    for (turn, next) in (1u128..).zip(moves) {
        let under_way = told.run.unwrap_or_else(|| workflow(0));
        let command = match next {
            Move::Ask(kind) => Command::Run(kind, run(turn)),
            Move::Signal(signal) => signal(under_way),
            Move::Report { what, step, older_by, stray } => {
                let id = if stray { workflow(turn) } else { under_way };
                let progress = progress(&told, what, step, older_by);
                assert_only_the_open_attempt_is_heard(&state, &told, id, &progress);
                Command::Advance(id, progress)
            }
        };
        if let Ok(events) = advance(&mut state, command) {
            events.iter().for_each(|event| told.hear(event));
        }
        assert_eq!((state.run().map(|run| run.workflow), state.pending_delete()), (told.run, told.waiting));
        assert_delete_is_accepted_or_under_way(&state);
        met.insert(state.lifecycle());
    }
    met
}

proptest! {
    #[test]
    fn an_instance_keeps_its_promises(moves in moves()) {
        play(moves);
    }

    /// The log may hold what today's rules would not write: it folds all the same, and the state survives JSON.
    #[test]
    fn folding_never_panics(events in prop::collection::vec(select(instance_events()), 0..60)) {
        let state: Instance = folded(events);
        state.lifecycle();
        state.open_step();
        let json = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<Instance>(&json).unwrap(), state);
    }
}

/// The histories above are worth something only if they get around.
#[test]
fn random_histories_meet_every_lifecycle() {
    let (mut runner, strategy) = (TestRunner::deterministic(), moves());
    let met: BTreeSet<_> =
        (0..300).flat_map(|_| play(strategy.new_tree(&mut runner).unwrap().current())).collect();
    assert_eq!(met, Lifecycle::ALL.iter().copied().collect());
}

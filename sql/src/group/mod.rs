//! Group commit: what is ready at the same moment is written in one transaction.
//!
//! A transaction of its own costs a commit, in the client and in Postgres, several times what its few rows cost. So
//! commits queue here while others are under way, and whoever is free takes all that wait: under load groups form by
//! themselves, and nobody ever waits for a group to fill. Guarantees:
//! - each commit's outcome is its own: a group that Postgres refuses was not written, and its commits are then carried
//!   out each on its own, so that one that lost its race fails none of the others;
//! - a group that was cut off leaves the outcome of each of its commits unknown, as for a single one;
//! - the commits of a group are to different streams, and are written in the order of their streams, so that two
//!   servers do not wait for each other crosswise;
//! - groups are bounded, and are filled in the order in which commits came;
//! - a commit whose caller went away is carried out all the same, and all that wait are served before a writer ends.

mod levels;
mod merge;
mod spread;
mod texts;

use crate::{
    commit::{CommitError, Committed},
    database::Database,
    pipeline::PipelineError,
    plan::CommitPlan,
};
use futures::future::join_all;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use texts::Texts;
use tokio::sync::oneshot;

/// Most commits in a group.
const GROUP_MAX: usize = 64;
/// Most bytes of events in a group; a single commit may be larger.
const GROUP_BYTES: usize = 1 << 20;
/// How often a writer lets others go first before it takes a group.
const GATHER_MAX: usize = 16;
/// Groups under way at once: while one waits for the disk, the next is written.
pub(crate) const WRITERS: usize = 2;

type Answer = oneshot::Sender<Result<Committed, CommitError>>;

/// A commit that waits for its turn.
struct Waiting {
    plan: CommitPlan,
    answer: Answer,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    writers: usize,
}

struct Shared {
    db: Database,
    queue: Mutex<Queue>,
    texts: Texts,
}

/// Writes commits in groups; clones share everything.
#[derive(Clone)]
pub(crate) struct GroupWriter(Arc<Shared>);

impl GroupWriter {
    pub(crate) fn new(db: Database) -> Self {
        Self(Arc::new(Shared { db, queue: Mutex::default(), texts: Texts::default() }))
    }

    /// Carries out a commit, with others if others are ready.
    pub(crate) async fn commit(&self, plan: CommitPlan) -> Result<Committed, CommitError> {
        if !plan.is_sociable() || !plan.writes_events() {
            return self.0.alone(plan).await;
        }
        let (answer, outcome) = oneshot::channel();
        if self.0.queue().push(Waiting { plan, answer }) {
            tokio::spawn(Writer { shared: Arc::clone(&self.0), over: false }.run());
        }
        // Nobody answers if the runtime ends first.
        outcome.await.unwrap_or(Err(CommitError::OutcomeUnknown))
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn alone(&self, plan: CommitPlan) -> Result<Committed, CommitError> {
        let writes_events = plan.writes_events();
        let committed = plan.execute(&self.db).await?;
        if writes_events {
            self.db.wakeups().signal();
        }
        Ok(committed)
    }
}

impl Queue {
    /// Whether it takes another writer, who then counts as one.
    fn push(&mut self, commit: Waiting) -> bool {
        self.waiting.push_back(commit);
        let wanted = self.writers < WRITERS;
        self.writers += usize::from(wanted);
        wanted
    }

    /// The next group, in the order of its streams. What does not fit or is to a stream of the group stays in its place.
    fn take(&mut self) -> Vec<Waiting> {
        let (mut group, mut later) = (Vec::<Waiting>::new(), VecDeque::new());
        let mut bytes = 0;
        while group.len() < GROUP_MAX
            && let Some(next) = self.waiting.pop_front()
        {
            bytes += next.plan.bytes();
            if bytes > GROUP_BYTES && !group.is_empty() {
                later.push_back(next);
                break;
            }
            match group.iter().chain(&later).any(|other| other.plan.shares_stream(&next.plan)) {
                true => later.push_back(next),
                false => group.push(next),
            }
        }
        later.append(&mut self.waiting);
        self.waiting = later;
        group.sort_by(|one, other| one.plan.place().cmp(&other.plan.place()));
        group
    }
}

/// Takes groups until nothing waits.
struct Writer {
    shared: Arc<Shared>,
    /// Whether it no longer counts as one.
    over: bool,
}

impl Writer {
    async fn run(mut self) {
        loop {
            self.gather().await;
            let Some(group) = self.next() else { return };
            write(&self.shared, group).await;
        }
    }

    /// Lets whoever is about to commit do so: answers to a group wake its callers all at once, and those who go on with a
    /// commit are to be in the same group again. It waits for tasks that can run now and for nothing else.
    async fn gather(&self) {
        let mut waiting = 0;
        for _ in 0..GATHER_MAX {
            let now = self.shared.queue().waiting.len();
            if now == waiting || now >= GROUP_MAX {
                return;
            }
            waiting = now;
            tokio::task::yield_now().await;
        }
    }

    /// None when nothing waits; from the same moment on, whoever queues a commit starts another writer.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = self.shared.queue();
        let group = queue.take();
        self.over = group.is_empty();
        if self.over {
            queue.writers -= 1;
        }
        (!self.over).then_some(group)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.over {
            self.shared.queue().writers -= 1;
        }
    }
}

async fn write(shared: &Shared, group: Vec<Waiting>) {
    let (plans, answers): (Vec<_>, Vec<_>) = group.into_iter().map(|one| (one.plan, one.answer)).unzip();
    if plans.len() == 1 {
        return each_alone(shared, plans, answers).await;
    }
    match together(shared, &plans).await {
        Ok(outcomes) => {
            shared.db.wakeups().signal();
            answers.into_iter().zip(outcomes).for_each(|(answer, outcome)| tell(answer, Ok(outcome)));
        }
        Err(PipelineError::OutcomeUnknown) => {
            answers.into_iter().for_each(|answer| tell(answer, Err(CommitError::OutcomeUnknown)));
        }
        // Nothing was written: each has its own fate.
        Err(PipelineError::Failed { error, .. }) => {
            tracing::debug!(commits = plans.len(), %error, "a group was refused");
            each_alone(shared, plans, answers).await;
        }
    }
}

async fn each_alone(shared: &Shared, plans: Vec<CommitPlan>, answers: Vec<Answer>) {
    let alone = plans.into_iter().zip(answers);
    join_all(alone.map(|(plan, answer)| async { tell(answer, shared.alone(plan).await) })).await;
}

async fn together(shared: &Shared, plans: &[CommitPlan]) -> Result<Vec<Committed>, PipelineError> {
    let failed = |error| PipelineError::Failed { index: None, error };
    let client = shared.db.writer().await.map_err(failed)?;
    merge::execute(&client, &shared.texts, plans).await
}

fn tell(answer: Answer, outcome: Result<Committed, CommitError>) {
    // A caller that went away does not want to know.
    let _ = answer.send(outcome);
}

//! What lies between a worker and the cluster: calls take time, get lost on the way there or back, or arrive long after
//! their caller gave up.

use crate::{
    cluster::{Asked, Cluster, LATEST, Refusal, TaskId},
    executor::Actor,
    sea::Sea,
    weather::Weather,
};
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::hypervisor::StepGuard;
use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

/// The client gives a change up after this long.
const PATIENCE: u64 = 30_000;

#[derive(Clone)]
pub struct Wire {
    sea: Sea,
    cluster: Arc<Mutex<Cluster>>,
    by: Actor,
}

/// What becomes of a change on its way.
enum Fate {
    Arrives,
    Refused(Refusal, u64),
    LostOnTheWay,
    AnswerLost,
    Late,
    Phantom,
}

impl Wire {
    pub fn new(sea: Sea, cluster: Arc<Mutex<Cluster>>, by: Actor) -> Self {
        Self { sea, cluster, by }
    }

    fn latency(&self) -> u64 {
        let dice = self.sea.dice();
        if self.sea.strikes(|weather| weather.slow) {
            dice.within(2_000..=20_000)
        } else {
            dice.within(1..=15)
        }
    }

    /// Asks whether a change may be made, perhaps long after the look that it follows from.
    pub async fn permit(&self, guard: &dyn StepGuard) -> Result<(), Failure> {
        self.sea.hesitate(self.by).await;
        guard.permit().await
    }

    /// A look. It sees what is there when it arrives.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Cluster) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.sea.risk(self.by);
        if self.sea.strikes(|weather| weather.read_lost) {
            return self.sea.call(PATIENCE, 0, || Err(Refusal::Unreachable)).await;
        }
        let cluster = Arc::clone(&self.cluster);
        let answer = move || look(&mut cluster.lock().unwrap());
        Ok(self.sea.call(self.latency(), self.sea.dice().within(1..=5), answer).await)
    }

    /// A change that is over when it is answered.
    pub async fn change(
        &self,
        ctid: Ctid,
        what: &'static str,
        act: impl FnOnce(&mut Cluster, Asked) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        self.send(ctid, what, act, || ()).await
    }

    /// A change that begins a task, and its number.
    pub async fn submit(
        &self,
        ctid: Ctid,
        what: &'static str,
        act: impl FnOnce(&mut Cluster, Asked) -> Result<TaskId, Refusal> + Send + 'static,
    ) -> Result<TaskId, Refusal> {
        // No task ever gets the number 0.
        self.send(ctid, what, act, || 0).await
    }

    async fn send<T: Debug + Send + 'static>(
        &self,
        ctid: Ctid,
        what: &'static str,
        act: impl FnOnce(&mut Cluster, Asked) -> Result<T, Refusal> + Send + 'static,
        phantom: impl FnOnce() -> T,
    ) -> Result<T, Refusal> {
        let (sea, dice) = (&self.sea, self.sea.dice());
        sea.risk(self.by);
        self.cluster.lock().unwrap().asked_about(ctid);
        match self.fate() {
            Fate::Arrives => {
                let arrive = self.arrival(ctid, what, PATIENCE, act);
                sea.call(self.latency(), dice.within(1..=5), arrive).await
            }
            Fate::Refused(refusal, after) => {
                sea.note_of(self.by, || format!("{what} {ctid}: {refusal:?}"));
                sea.call(after, 1, || Err(refusal)).await
            }
            Fate::Phantom => {
                sea.note_of(self.by, || format!("{what} {ctid}: answered, but nothing happens"));
                let answer = phantom();
                sea.call(self.latency(), 1, || Ok(answer)).await
            }
            Fate::LostOnTheWay => {
                sea.note_of(self.by, || format!("{what} {ctid}: lost on the way"));
                sea.call(PATIENCE, 0, || Err(Refusal::Lost)).await
            }
            Fate::AnswerLost => {
                sea.note_of(self.by, || format!("{what} {ctid}: its answer will be lost"));
                let given_up = if dice.chance(500) { PATIENCE } else { self.latency() + 20 };
                let arrive = self.arrival(ctid, what, given_up, act);
                sea.later(self.latency(), move || drop(arrive()));
                sea.call(given_up, 0, || Err(Refusal::Lost)).await
            }
            Fate::Late => {
                sea.note_of(self.by, || format!("{what} {ctid}: will come late"));
                let arrive = self.arrival(ctid, what, PATIENCE, act);
                sea.later(dice.within(PATIENCE..=LATEST), move || drop(arrive()));
                sea.call(PATIENCE, 0, || Err(Refusal::Lost)).await
            }
        }
    }

    fn fate(&self) -> Fate {
        let struck = |chance: fn(&Weather) -> u32| self.sea.strikes(chance);
        if struck(|weather| weather.answer_lost) {
            Fate::AnswerLost
        } else if struck(|weather| weather.call_lost) {
            Fate::LostOnTheWay
        } else if struck(|weather| weather.late) {
            Fate::Late
        } else if struck(|weather| weather.phantom) {
            Fate::Phantom
        } else if struck(|weather| weather.unreachable) {
            Fate::Refused(Refusal::NodeDown, 100)
        } else if struck(|weather| weather.lock_timeout) {
            Fate::Refused(Refusal::LockTimeout, 10_000)
        } else {
            Fate::Arrives
        }
    }

    /// What happens when the call arrives at the cluster.
    fn arrival<T: Debug + Send + 'static>(
        &self,
        ctid: Ctid,
        what: &'static str,
        patience: u64,
        act: impl FnOnce(&mut Cluster, Asked) -> Result<T, Refusal> + Send + 'static,
    ) -> impl FnOnce() -> Result<T, Refusal> + Send + 'static {
        let (sea, cluster, by) = (self.sea.clone(), Arc::clone(&self.cluster), self.by);
        let asked = Asked { by, until: self.sea.now() + patience, jumps: self.sea.jumps() };
        move || {
            let mut changed = cluster.lock().unwrap();
            let answer = act(&mut changed, asked);
            changed.check();
            sea.note_of(asked.by, || format!("{what} {ctid}: {answer:?}"));
            for (id, millis) in changed.begun() {
                let cluster = Arc::clone(&cluster);
                sea.later(millis, move || cluster.lock().unwrap().end_task(id));
            }
            answer
        }
    }
}

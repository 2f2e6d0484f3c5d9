//! What everybody in a history sails on: the executor, the dice, the weather and the trace.

use crate::{
    dice::Dice,
    executor::{Actor, Executor},
    weather::Weather,
};
use dbx_domain::ids::InstanceId;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use tokio::sync::oneshot;

/// A worker that sends this many calls hangs or dies as often as the weather says.
const RISKS: u64 = 50_000;

#[derive(Clone)]
pub struct Sea(Arc<Inner>);

type Haste = Arc<dyn Fn(InstanceId) + Send + Sync>;

struct Inner {
    executor: Arc<Executor>,
    dice: Dice,
    weather: Mutex<Weather>,
    /// Calls that were sent and are neither done nor dropped.
    under_way: AtomicUsize,
    /// How often the log's clock jumped ahead.
    jumps: AtomicUsize,
    violated: AtomicBool,
    violation: Mutex<Option<String>>,
    dead: Mutex<Vec<Actor>>,
    /// What somebody does who acts in the very moment in which something is recorded.
    haste: Mutex<Option<Haste>>,
    /// None unless somebody will read it: lines cost more than all the rest.
    trace: Option<Mutex<Vec<(u64, String)>>>,
}

impl Sea {
    pub fn new(executor: Arc<Executor>, dice: Dice, weather: Weather, traced: bool) -> Self {
        Self(Arc::new(Inner {
            executor,
            dice,
            weather: Mutex::new(weather),
            under_way: AtomicUsize::new(0),
            jumps: AtomicUsize::new(0),
            violated: AtomicBool::new(false),
            violation: Mutex::default(),
            dead: Mutex::default(),
            haste: Mutex::default(),
            trace: traced.then(Mutex::default),
        }))
    }

    pub fn executor(&self) -> &Executor {
        &self.0.executor
    }

    pub fn dice(&self) -> &Dice {
        &self.0.dice
    }

    pub fn weather(&self) -> Weather {
        *self.0.weather.lock().unwrap()
    }

    pub fn calm_down(&self) {
        *self.0.weather.lock().unwrap() = Weather::default();
    }

    /// Whether a fault of that chance strikes now.
    pub fn strikes(&self, chance: impl FnOnce(&Weather) -> u32) -> bool {
        let per_mille = chance(&self.weather());
        per_mille > 0 && self.0.dice.chance(per_mille)
    }

    pub fn now(&self) -> u64 {
        self.0.executor.now()
    }

    pub fn note(&self, who: impl FnOnce() -> String) {
        if let Some(trace) = &self.0.trace {
            trace.lock().unwrap().push((self.now(), who()));
        }
    }

    pub fn note_of(&self, actor: Actor, what: impl FnOnce() -> String) {
        self.note(|| format!("worker {:<2} {}", actor.0, what()));
    }

    pub fn trace(&self) -> Vec<(u64, String)> {
        self.0.trace.as_ref().map(|trace| trace.lock().unwrap().clone()).unwrap_or_default()
    }

    /// Something that must never happen did. The first one counts.
    pub fn violate(&self, what: impl Into<String>) {
        self.0.violation.lock().unwrap().get_or_insert(what.into());
        self.0.violated.store(true, Ordering::Relaxed);
    }

    pub fn is_violated(&self) -> bool {
        self.0.violated.load(Ordering::Relaxed)
    }

    pub fn violation(&self) -> Option<String> {
        self.0.violation.lock().unwrap().clone()
    }

    pub fn jump(&self) {
        self.0.jumps.fetch_add(1, Ordering::Relaxed);
    }

    pub fn jumps(&self) -> usize {
        self.0.jumps.load(Ordering::Relaxed)
    }

    pub fn is_quiet(&self) -> bool {
        self.0.under_way.load(Ordering::Relaxed) == 0
    }

    /// Sends a call: `act` happens after `there` milliseconds whatever becomes of the caller, and its answer arrives
    /// `back` milliseconds later.
    pub async fn call<T: Send + 'static>(
        &self,
        there: u64,
        back: u64,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let (done, waits) = oneshot::channel();
        let sea = self.clone();
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        self.0.executor.after(there, move || {
            let answer = act();
            sea.0.under_way.fetch_sub(1, Ordering::Relaxed);
            sea.0.executor.after(back, move || {
                // The caller may have died.
                let _ = done.send(answer);
            });
        });
        waits.await.unwrap_or_else(|_| unreachable!("the event that answers is never dropped"))
    }

    /// Worker `by` is about to send a call: it may hang or die once that is sent, which is where it hurts most. An
    /// answer that says that it may go on is then read long after it was true.
    pub fn risk(&self, by: Actor) {
        self.risk_in(RISKS, by);
    }

    /// Worker `by` has looked and is about to change something. Where it hurts most, it happens more often.
    pub async fn hesitate(&self, by: Actor) {
        self.risk_in(RISKS / 20, by);
        self.0.executor.sleep(1).await;
    }

    fn risk_in(&self, risks: u64, by: Actor) {
        let strikes = |often: u32| often > 0 && self.0.dice.within(1..=risks) <= u64::from(often);
        if strikes(self.weather().freezes) {
            self.hang(by);
        }
        if strikes(self.weather().crashes) {
            self.kill(by);
        }
    }

    /// A worker hangs, all of it, and goes on later as if nothing had happened.
    pub fn hang(&self, by: Actor) {
        let millis = self.0.dice.within(100..=*self.0.dice.pick(&[3_000, 30_000, 90_000, 400_000]));
        self.note_of(by, || format!("hangs for {} s", millis / 1_000));
        self.0.executor.freeze(by);
        let sea = self.clone();
        self.later(millis, move || {
            sea.note_of(by, || "wakes up".to_owned());
            sea.0.executor.thaw(by);
        });
    }

    /// A worker dies wherever it is.
    pub fn kill(&self, by: Actor) {
        self.note_of(by, || "dies".to_owned());
        self.0.dead.lock().unwrap().push(by);
        self.0.executor.kill(by);
    }

    /// Workers that died since the last time.
    pub fn bury(&self) -> Vec<Actor> {
        std::mem::take(&mut *self.0.dead.lock().unwrap())
    }

    pub fn is_anybody_dead(&self) -> bool {
        !self.0.dead.lock().unwrap().is_empty()
    }

    /// `act` is done now and then just after something was recorded, when a worker knows only what was before.
    pub fn when_something_is_recorded(&self, act: impl Fn(InstanceId) + Send + Sync + 'static) {
        *self.0.haste.lock().unwrap() = Some(Arc::new(act));
    }

    /// Breaks the circle between the sea and those who act on it.
    pub fn forget(&self) {
        *self.0.haste.lock().unwrap() = None;
    }

    /// Something was recorded of `instance`.
    pub fn recorded(&self, instance: InstanceId) {
        let act = self.0.haste.lock().unwrap().clone();
        if let Some(act) = act.filter(|_| self.strikes(|weather| weather.haste)) {
            self.later(self.0.dice.within(0..=4), move || act(instance));
        }
    }

    /// Something happens later that nobody waits for.
    pub fn later(&self, millis: u64, act: impl FnOnce() + Send + 'static) {
        let sea = self.clone();
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        self.0.executor.after(millis, move || {
            act();
            sea.0.under_way.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

//! A scheduler for one thread whose every choice is a throw of the dice.
//!
//! Guarantees: the same seed gives the same interleaving; a task belongs to an actor, and an actor can be killed
//! (its tasks are dropped where they await) or frozen (they are not polled until thawed, while the world goes on, and
//! then find the answers that came in the meantime). Time is tokio's paused clock, so the engine's own timers and the
//! simulation's are one.

use crate::dice::Dice;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{Instant, Sleep, sleep_until},
};

/// Whose a task is: a worker's incarnation, a user, the weather.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actor(pub u32);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
type Event = Box<dyn FnOnce() + Send>;

struct Slot {
    actor: Actor,
    /// None while it is being polled.
    task: Option<Task>,
    ready: Arc<Ready>,
}

struct Ready {
    flag: AtomicBool,
    root: Arc<Mutex<Option<Waker>>>,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.flag.store(true, Ordering::Relaxed);
        let root = self.root.lock().unwrap().clone();
        if let Some(root) = root {
            root.wake();
        }
    }
}

#[derive(Default)]
struct State {
    slots: BTreeMap<u64, Slot>,
    events: BTreeMap<u64, Event>,
    due: BinaryHeap<Reverse<(u64, u64)>>,
    numbers: u64,
    frozen: BTreeSet<Actor>,
    dead: BTreeSet<Actor>,
}

pub struct Executor {
    state: Mutex<State>,
    root: Arc<Mutex<Option<Waker>>>,
    began: Instant,
    /// Milliseconds since then; time stands still while tasks are polled.
    now: AtomicU64,
    dice: Dice,
}

impl Executor {
    pub fn new(dice: Dice) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            root: Arc::default(),
            began: Instant::now(),
            now: AtomicU64::new(0),
            dice,
        })
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub fn spawn(&self, actor: Actor, task: impl Future<Output = ()> + Send + 'static) {
        let ready = Arc::new(Ready { flag: AtomicBool::new(true), root: Arc::clone(&self.root) });
        let mut state = self.state();
        state.numbers += 1;
        let number = state.numbers;
        state.slots.insert(number, Slot { actor, task: Some(Box::pin(task)), ready: Arc::clone(&ready) });
        drop(state);
        ready.wake();
    }

    /// Something that happens by itself, whoever is dead or frozen.
    pub fn after(&self, millis: u64, event: impl FnOnce() + Send + 'static) {
        let at = self.now() + millis;
        let mut state = self.state();
        state.numbers += 1;
        let number = state.numbers;
        state.events.insert(number, Box::new(event));
        state.due.push(Reverse((at, number)));
    }

    pub async fn sleep(&self, millis: u64) {
        let (done, waits) = oneshot::channel();
        self.after(millis, move || {
            // Nobody waits any more if the sleeper was killed.
            let _ = done.send(());
        });
        let _ = waits.await;
    }

    pub fn kill(&self, actor: Actor) {
        let mut state = self.state();
        state.dead.insert(actor);
        state.frozen.remove(&actor);
        let numbers: Vec<u64> =
            state.slots.iter().filter(|(_, slot)| slot.actor == actor).map(|(number, _)| *number).collect();
        let slots: Vec<_> = numbers.iter().filter_map(|number| state.slots.remove(number)).collect();
        drop(state);
        drop(slots);
    }

    pub fn freeze(&self, actor: Actor) {
        self.state().frozen.insert(actor);
    }

    pub fn thaw(&self, actor: Actor) {
        self.state().frozen.remove(&actor);
        let root = self.root.lock().unwrap().clone();
        if let Some(root) = root {
            root.wake();
        }
    }

    /// Tasks that are not over.
    pub fn tasks_of(&self, actor: Actor) -> usize {
        self.state().slots.values().filter(|slot| slot.actor == actor).count()
    }

    /// Forgets everything that has not happened yet.
    pub fn clear(&self) {
        let left = std::mem::take(&mut *self.state());
        drop(left);
    }

    /// Runs until `is_over`, asked after every step.
    pub async fn run(&self, mut is_over: impl FnMut() -> bool) {
        let mut alarm = Box::pin(sleep_until(self.began));
        let root = std::future::poll_fn(|cx| {
            *self.root.lock().unwrap() = Some(cx.waker().clone());
            let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.now.store(now, Ordering::Relaxed);
            loop {
                if is_over() {
                    return Poll::Ready(());
                }
                if !self.happens() && !self.poll_one() && !self.rings(alarm.as_mut(), cx) {
                    return Poll::Pending;
                }
            }
        });
        tokio::task::unconstrained(root).await;
    }

    /// Lets the next due event happen, if there is one.
    fn happens(&self) -> bool {
        let now = self.now();
        let mut state = self.state();
        let Some(Reverse((at, number))) = state.due.peek().copied() else { return false };
        if at > now {
            return false;
        }
        state.due.pop();
        let event = state.events.remove(&number);
        drop(state);
        if let Some(event) = event {
            event();
        }
        true
    }

    /// Polls one of the tasks that can go on.
    fn poll_one(&self) -> bool {
        let mut state = self.state();
        let can =
            |slot: &Slot| slot.ready.flag.load(Ordering::Relaxed) && !state.frozen.contains(&slot.actor);
        let ready: Vec<u64> =
            state.slots.iter().filter(|(_, slot)| can(slot)).map(|(number, _)| *number).collect();
        if ready.is_empty() {
            return false;
        }
        let number = *self.dice.pick(&ready);
        let Some(slot) = state.slots.get_mut(&number) else { return true };
        let (Some(mut task), ready, actor) = (slot.task.take(), Arc::clone(&slot.ready), slot.actor) else {
            return true;
        };
        ready.flag.store(false, Ordering::Relaxed);
        drop(state);
        let waker = Waker::from(ready);
        let over = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        let mut state = self.state();
        if over || state.dead.contains(&actor) {
            state.slots.remove(&number);
        } else if let Some(slot) = state.slots.get_mut(&number) {
            slot.task = Some(task);
        }
        true
    }

    /// Sets the alarm to the next event; true if that is now.
    fn rings(&self, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> bool {
        let Some(Reverse((at, _))) = self.state().due.peek().copied() else { return false };
        let at = self.began + Duration::from_millis(at);
        if alarm.deadline() != at {
            alarm.as_mut().reset(at);
        }
        alarm.poll(cx).is_ready()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

//! Who listens, and what they can be given at once.

use super::{
    CHANNEL, RECENT,
    frame::{Bye, Item},
    tail,
};
use crate::auth::principal::Principal;
use dbx_domain::ids::OrgId;
use dbx_projections::activity::ActivityScope;
use dbx_sql::{Cursor, Database, Upcasters};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use tokio::sync::{Semaphore, mpsc, watch};

/// Most streams of this process.
pub(crate) const STREAMS_MAX: usize = 2_000;
/// Streams that may read the log at the same time; the rest of the pool is for everybody else.
const CATCHING_UP: usize = 4;

/// The listeners of this process.
pub(crate) struct Hub {
    pub(super) db: Database,
    pub(super) upcasters: Upcasters,
    /// Free places.
    pub(super) places: Arc<Semaphore>,
    pub(super) catching_up: Semaphore,
    /// Whether the tail stands somewhere, so that streams can join.
    pub(super) ready: watch::Sender<bool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    listeners: HashMap<u64, Listener>,
    of_org: HashMap<OrgId, Vec<u64>>,
    next: u64,
    recent: VecDeque<Arc<Item>>,
    /// `recent` holds everything behind this…
    since: Cursor,
    /// … up to this.
    until: Cursor,
    tail_runs: bool,
    closed: bool,
}

struct Listener {
    scope: ActivityScope,
    principal: Principal,
    /// It has everything up to here.
    after: Cursor,
    sender: mpsc::Sender<Arc<Item>>,
    bye: Arc<OnceLock<Bye>>,
}

/// A stream's end of the hub.
pub(super) struct Seat {
    hub: Arc<Hub>,
    id: u64,
    pub(super) receiver: mpsc::Receiver<Arc<Item>>,
    /// Set before the channel ends.
    pub(super) bye: Arc<OnceLock<Bye>>,
}

/// Leaves the hub, whichever way the stream ended.
impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.lock().remove(self.id);
    }
}

/// What became of an attempt to join.
pub(super) enum Joined {
    /// In; these come first.
    Live(Seat, Vec<Arc<Item>>),
    /// What lies between is no longer at hand: read it from the log.
    Behind,
    /// The server stops.
    Closed,
}

impl Hub {
    pub(crate) fn new(db: Database, upcasters: Upcasters) -> Arc<Self> {
        Arc::new(Self {
            db,
            upcasters,
            places: Arc::new(Semaphore::new(STREAMS_MAX)),
            catching_up: Semaphore::new(CATCHING_UP),
            ready: watch::Sender::new(false),
            state: Mutex::default(),
        })
    }

    /// Ends every stream, and refuses new ones.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let all: Vec<u64> = state.listeners.keys().copied().collect();
        all.into_iter().for_each(|id| state.end(id, Bye::Stopping));
        drop(state);
        // Whoever waits for the tail is told as well.
        self.ready.send_replace(true);
    }

    /// Streams now.
    pub(crate) fn streams(&self) -> usize {
        STREAMS_MAX - self.places.available_permits()
    }

    /// Starts the tail unless it runs, and waits until it stands somewhere; gives that place.
    pub(super) async fn wake_tail(self: &Arc<Self>) -> Cursor {
        let starts = {
            let mut state = self.lock();
            !std::mem::replace(&mut state.tail_runs, true)
        };
        if starts {
            self.ready.send_replace(false);
            tokio::spawn(tail::run(Arc::clone(self)));
        }
        // An error means that the hub is gone, and nobody asks any more.
        let _ = self.ready.subscribe().wait_for(|ready| *ready).await;
        self.lock().until
    }

    /// Lets a stream in that has everything up to `after`.
    pub(super) fn join(
        self: &Arc<Self>,
        scope: ActivityScope,
        principal: Principal,
        after: Cursor,
    ) -> Joined {
        let mut state = self.lock();
        if state.closed {
            return Joined::Closed;
        }
        if !state.tail_runs || after < state.since {
            return Joined::Behind;
        }
        let wanted = |item: &&Arc<Item>| item.item.cursor > after && scope.shows(&item.item);
        let missed: Vec<_> = state.recent.iter().filter(wanted).cloned().collect();
        let (sender, receiver) = mpsc::channel(CHANNEL);
        let bye = Arc::new(OnceLock::new());
        let after = after.max(state.until);
        let id = state.next;
        state.next += 1;
        state.of_org.entry(scope.org).or_default().push(id);
        state.listeners.insert(id, Listener { scope, principal, after, sender, bye: Arc::clone(&bye) });
        Joined::Live(Seat { hub: Arc::clone(self), id, receiver, bye }, missed)
    }

    /// The tail begins at `cursor`, with nothing at hand.
    pub(super) fn begin(&self, cursor: Cursor) {
        let mut state = self.lock();
        state.recent.clear();
        (state.since, state.until) = (cursor, cursor);
        drop(state);
        self.ready.send_replace(true);
    }

    /// Whether the tail may rest: nobody listens. It is started again by the next stream.
    pub(super) fn rest(&self) -> bool {
        let mut state = self.lock();
        let idle = state.listeners.is_empty() && self.places.available_permits() == STREAMS_MAX;
        if idle || state.closed {
            state.tail_runs = false;
        }
        idle || state.closed
    }

    /// Hands items to whoever wants them; everything up to `until` is among them.
    pub(super) fn publish(&self, items: Vec<Item>, until: Cursor) {
        let mut state = self.lock();
        for item in items {
            let item = Arc::new(item);
            state.give(&item);
            state.recent.push_back(item);
            if state.recent.len() > RECENT
                && let Some(oldest) = state.recent.pop_front()
            {
                state.since = oldest.item.cursor;
            }
        }
        state.until = until;
    }

    /// Everybody who listens: who they are and to which org.
    pub(super) fn audience(&self) -> Vec<(u64, Principal, OrgId)> {
        let state = self.lock();
        state.listeners.iter().map(|(id, one)| (*id, one.principal, one.scope.org)).collect()
    }

    /// Ends a stream.
    pub(super) fn end(&self, id: u64, bye: Bye) {
        self.lock().end(id, bye);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn give(&mut self, item: &Arc<Item>) {
        let mut slow = Vec::new();
        for id in self.of_org.get(&item.item.org).into_iter().flatten() {
            let Some(listener) = self.listeners.get(id) else { continue };
            let wanted = item.item.cursor > listener.after && listener.scope.shows(&item.item);
            if wanted && listener.sender.try_send(Arc::clone(item)).is_err() {
                slow.push(*id);
            }
        }
        slow.into_iter().for_each(|id| self.end(id, Bye::TooSlow));
    }

    /// The reason first, then the channel's end, so that whoever sees the end knows the reason.
    fn end(&mut self, id: u64, bye: Bye) {
        if let Some(listener) = self.listeners.get(&id) {
            // The first reason counts.
            let _ = listener.bye.set(bye);
        }
        self.remove(id);
    }

    fn remove(&mut self, id: u64) {
        let Some(listener) = self.listeners.remove(&id) else { return };
        if let Some(ids) = self.of_org.get_mut(&listener.scope.org) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.of_org.remove(&listener.scope.org);
            }
        }
    }
}

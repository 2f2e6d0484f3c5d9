//! Who listens, and what they can be given at once.
//!
//! What lies at hand for those who come back has no names in it: they are looked up when it is shown, so that the name of
//! somebody who was erased meanwhile is not.

use super::{
    CHANNEL, RECENT,
    frame::{Bye, Item},
    places::{Places, Shares},
    tail,
};
use crate::{
    auth::principal::Principal,
    http::{code::Code, problem::Problem},
};
use bytes::Bytes;
use dbx_domain::ids::OrgId;
use dbx_projections::activity::{ActivityItem, ActivityScope};
use dbx_sql::{Cursor, Database, Upcasters};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, watch};

/// Streams that may read the log at the same time; the rest of the pool is for everybody else.
const CATCHING_UP: usize = 4;

/// The listeners of this process.
pub(crate) struct Hub {
    pub(super) db: Database,
    pub(super) upcasters: Upcasters,
    pub(super) catching_up: Semaphore,
    /// Whether the tail stands somewhere, so that streams can join.
    pub(super) ready: watch::Sender<bool>,
    shares: Shares,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    places: Places,
    listeners: HashMap<u64, Listener>,
    of_org: HashMap<OrgId, Vec<u64>>,
    next: u64,
    recent: VecDeque<ActivityItem>,
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
    bye: Arc<OnceLock<Bye>>,
    /// None while it catches up.
    live: Option<Live>,
}

struct Live {
    /// It has everything up to here.
    after: Cursor,
    sender: mpsc::Sender<Bytes>,
}

/// A stream's place in the hub, from its beginning to its end.
pub(super) struct Seat {
    hub: Arc<Hub>,
    id: u64,
    principal: Principal,
    org: OrgId,
    /// Set before the channel ends.
    bye: Arc<OnceLock<Bye>>,
}

impl Seat {
    /// Why it must end, if it must.
    pub(super) fn bye(&self) -> Option<Bye> {
        self.bye.get().copied()
    }
}

/// Leaves the hub, whichever way the stream ended.
impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        state.remove(self.id);
        state.places.give_back(self.principal.account(), self.org);
    }
}

/// What became of an attempt to join.
pub(super) enum Joined {
    /// In; these come first.
    Live(mpsc::Receiver<Bytes>, Vec<ActivityItem>),
    /// What lies between is no longer at hand: read it from the log.
    Behind,
    /// It was ended meanwhile; the seat says why.
    Over,
}

impl Hub {
    pub(crate) fn new(db: Database, upcasters: Upcasters, shares: Shares) -> Arc<Self> {
        Arc::new(Self {
            db,
            upcasters,
            catching_up: Semaphore::new(CATCHING_UP),
            ready: watch::Sender::new(false),
            shares,
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
        self.lock().places.taken()
    }

    /// Takes a place for a stream, which the door looks at from now on.
    pub(super) fn enter(
        self: &Arc<Self>,
        scope: ActivityScope,
        principal: Principal,
    ) -> Result<Seat, Problem> {
        let mut state = self.lock();
        if state.closed {
            let message = "this server stops; come back in a moment";
            return Err(Problem::new(Code::Unavailable, message).retry_after(Duration::from_secs(1)));
        }
        state.places.take(self.shares, principal.account(), scope.org)?;
        let bye = Arc::new(OnceLock::new());
        let id = state.next;
        state.next += 1;
        state.of_org.entry(scope.org).or_default().push(id);
        state.listeners.insert(id, Listener { scope, principal, bye: Arc::clone(&bye), live: None });
        Ok(Seat { hub: Arc::clone(self), id, principal, org: scope.org, bye })
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
    pub(super) fn join(&self, seat: &Seat, after: Cursor) -> Joined {
        let mut state = self.lock();
        let State { listeners, recent, since, until, tail_runs, .. } = &mut *state;
        let Some(listener) = listeners.get_mut(&seat.id) else { return Joined::Over };
        if !*tail_runs || after < *since {
            return Joined::Behind;
        }
        let wanted = |item: &&ActivityItem| item.cursor > after && listener.scope.shows(item);
        let missed = recent.iter().filter(wanted).cloned().collect();
        let (sender, receiver) = mpsc::channel(CHANNEL);
        listener.live = Some(Live { after: after.max(*until), sender });
        Joined::Live(receiver, missed)
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
        let rests = state.places.taken() == 0 || state.closed;
        if rests {
            state.tail_runs = false;
        }
        rests
    }

    /// Hands items to whoever wants them; everything up to `until` is among them.
    pub(super) fn publish(&self, items: Vec<Item>, until: Cursor) {
        let mut state = self.lock();
        for item in items {
            state.give(&item);
            state.recent.push_back(item.item);
            if state.recent.len() > RECENT
                && let Some(oldest) = state.recent.pop_front()
            {
                state.since = oldest.cursor;
            }
        }
        state.until = until;
    }

    /// Everybody who listens or catches up: who they are and to which org.
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
    fn give(&mut self, item: &Item) {
        let mut slow = Vec::new();
        for id in self.of_org.get(&item.item.org).into_iter().flatten() {
            let Some(listener) = self.listeners.get(id) else { continue };
            let Some(live) = &listener.live else { continue };
            let wanted = item.item.cursor > live.after && listener.scope.shows(&item.item);
            if wanted && live.sender.try_send(item.frame.clone()).is_err() {
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

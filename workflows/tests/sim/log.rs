//! The journal port of one worker: the journal in memory behind a connection that can be slow, lost before the commit,
//! or lost after it.

use crate::{checks, executor::Actor, sea::Sea, secrets};
use async_trait::async_trait;
use dbx_domain::{
    Secret,
    ids::{Ctid, InstanceId, SecretId},
    instance::{InstanceCommand, InstanceError, InstanceEvent},
    time::Timestamp,
};
use dbx_workflows::{
    credential::Credential,
    journal::{
        AppendError, Cause, Claim, Head, Journal, JournalError, Loaded, SideEffects, memory::MemoryJournal,
    },
    limits::Scope,
    placement::{Occupancy, picks::Picks},
    replay::Batch,
};
use futures::FutureExt;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

/// The log as everybody sees it, and its clock.
pub struct SharedLog {
    journal: MemoryJournal,
    sea: Sea,
    /// How far the clock is from the time that really passed, in milliseconds.
    offset: AtomicI64,
    /// No statement gets through.
    pub down: AtomicBool,
    /// By how much the clock was set back so far, in milliseconds.
    set_back: AtomicU64,
    next_ctid: AtomicU32,
    permits: Mutex<BTreeMap<String, BTreeSet<InstanceId>>>,
    /// Claims of instances that wait for a time which only a clock since set back can have meant: how far it was set
    /// back by then, and for what time.
    outdated: Mutex<BTreeMap<i64, (Duration, Timestamp)>>,
    /// Every append, by instance.
    batches: Mutex<BTreeMap<InstanceId, Vec<Batch>>>,
}

/// Far enough from the epoch that no jump goes before it, in milliseconds.
const BEGINNING: i64 = 1_000_000_000_000;

impl SharedLog {
    pub fn new(sea: Sea) -> Self {
        Self {
            journal: MemoryJournal::default(),
            sea,
            offset: AtomicI64::new(0),
            down: AtomicBool::new(false),
            set_back: AtomicU64::new(0),
            next_ctid: AtomicU32::new(0),
            permits: Mutex::default(),
            outdated: Mutex::default(),
            batches: Mutex::default(),
        }
    }

    /// The journal, as of now.
    pub fn journal(&self) -> &MemoryJournal {
        self.journal.set_now(self.now());
        &self.journal
    }

    pub fn now(&self) -> Timestamp {
        let millis = BEGINNING + self.offset.load(Ordering::Relaxed) + i64::try_from(self.sea.now()).unwrap();
        Timestamp::EPOCH + Duration::from_millis(u64::try_from(millis).unwrap())
    }

    /// Somebody sets the database machine's clock.
    pub fn jump(&self, millis: i64) {
        self.sea.note(|| format!("the clock jumps by {} s", millis / 1_000));
        if millis > 0 {
            self.sea.jump();
        }
        self.offset.fetch_add(millis, Ordering::Relaxed);
        self.set_back.fetch_add(u64::try_from(-millis).unwrap_or(0), Ordering::Relaxed);
    }

    /// Decides and appends a command, as the API does.
    ///
    /// # Errors
    /// The instance's refusal.
    pub fn command(&self, instance: InstanceId, command: InstanceCommand) -> Result<(), InstanceError> {
        let journal = self.journal();
        let before = journal.history(instance).len();
        journal.command(instance, command)?;
        self.keep(instance, journal.history(instance).split_off(before));
        Ok(())
    }

    /// A worker sleeps from here on; it must not have missed anything.
    fn released<T>(&self, instance: InstanceId, answer: T) -> T {
        checks::does_not_oversleep(&self.sea, self, instance);
        answer
    }

    /// A worker looked for work.
    fn claimed(&self, answer: Result<Vec<Claim>, JournalError>) -> Result<Vec<Claim>, JournalError> {
        checks::nobody_is_put_off(&self.sea, self);
        for claim in answer.iter().flatten() {
            if let Some(until) = checks::outdated_pause(self, claim.instance) {
                self.outdated.lock().unwrap().insert(claim.fence, (self.set_back(), until));
            }
        }
        answer
    }

    /// A worker leaves an instance alone; not for a time that was outdated when it claimed it.
    fn left_alone(&self, claim: &Claim) {
        let then = self.outdated.lock().unwrap().remove(&claim.fence);
        let now = checks::outdated_pause(self, claim.instance).map(|until| (self.set_back(), until));
        if let Some((_, until)) = now.filter(|now| then == Some(*now)) {
            self.sea.violate(format!("{} waits until {until}, and it is {}", claim.instance, self.now()));
        }
    }

    fn keep(&self, instance: InstanceId, events: Vec<InstanceEvent>) {
        if !events.is_empty() {
            let batch = Batch { recorded_at: self.now(), events };
            self.batches.lock().unwrap().entry(instance).or_default().push(batch);
        }
    }

    /// The instance's history, append by append.
    pub fn batches(&self, instance: InstanceId) -> Vec<Batch> {
        self.batches.lock().unwrap().get(&instance).cloned().unwrap_or_default()
    }

    /// Permits are held as long as the lease is, and all of those asked for or none.
    fn hold(&self, instance: InstanceId, scopes: &[Scope]) -> bool {
        let (journal, now) = (self.journal(), self.now());
        let holds = |holder: &InstanceId| {
            journal.queued(*holder).and_then(|queued| queued.lease_until).is_some_and(|until| until > now)
        };
        let mut permits = self.permits.lock().unwrap();
        for holders in permits.values_mut() {
            holders.retain(|holder| *holder != instance && holds(holder));
        }
        let free = |scope: &Scope| permits.get(&scope.name).map_or(0, BTreeSet::len) < scope.limit as usize;
        let granted = scopes.iter().all(free);
        if granted {
            for scope in scopes {
                permits.entry(scope.name.clone()).or_default().insert(instance);
            }
        }
        granted
    }

    pub fn set_back(&self) -> Duration {
        Duration::from_millis(self.set_back.load(Ordering::Relaxed))
    }
}

pub struct SimLog {
    pub sea: Sea,
    pub shared: Arc<SharedLog>,
    pub by: Actor,
    pub picks: Picks,
}

fn unavailable() -> JournalError {
    JournalError("connection lost".into())
}

/// Futures of the journal in memory never wait.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

impl SimLog {
    async fn send<T: Send + 'static>(
        &self,
        act: impl FnOnce(&SharedLog) -> T + Send + 'static,
    ) -> Result<T, JournalError> {
        let (sea, dice) = (&self.sea, self.sea.dice());
        sea.risk(self.by);
        if self.shared.down.load(Ordering::Relaxed) {
            return sea.call(dice.within(1..=1_000), 0, || Err(unavailable())).await;
        }
        let there =
            if sea.strikes(|weather| weather.slow) { dice.within(100..=3_000) } else { dice.within(1..=3) };
        let shared = Arc::clone(&self.shared);
        if !sea.strikes(|weather| weather.log_lost) {
            return sea.call(there, 1, move || Ok(act(&shared))).await;
        }
        if dice.chance(500) {
            sea.later(there, move || drop(act(&shared)));
        }
        sea.call(there + 5, 0, || Err(unavailable())).await
    }
}

#[async_trait]
impl Journal for SimLog {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        self.send(|log| at_once(log.journal().now())).await?
    }

    async fn claim(&self, worker: &str, limit: usize) -> Result<Vec<Claim>, JournalError> {
        let worker = worker.to_owned();
        self.send(move |log| log.claimed(at_once(log.journal().claim(&worker, limit)))).await?
    }

    async fn renew(&self, claim: &Claim) -> Result<bool, JournalError> {
        let claim = claim.clone();
        self.send(move |log| at_once(log.journal().renew(&claim))).await?
    }

    async fn release(&self, claim: &Claim) -> Result<(), JournalError> {
        let claim = claim.clone();
        self.send(move |log| {
            log.left_alone(&claim);
            log.released(claim.instance, at_once(log.journal().release(&claim)))
        })
        .await?
    }

    async fn release_until(&self, claim: &Claim, due_at: Timestamp) -> Result<(), JournalError> {
        let claim = claim.clone();
        self.send(move |log| {
            log.released(claim.instance, at_once(log.journal().release_until(&claim, due_at)))
        })
        .await?
    }

    async fn hold_permits(&self, claim: &Claim, scopes: &[Scope]) -> Result<bool, JournalError> {
        let (instance, scopes) = (claim.instance, scopes.to_vec());
        self.send(move |log| log.hold(instance, &scopes)).await
    }

    async fn next_ctid(&self, at_least: Ctid) -> Result<Ctid, JournalError> {
        self.send(move |log| {
            let given = log.next_ctid.load(Ordering::Relaxed).max(at_least.0);
            if !dbx_workflows::planted!(ReusedCtid) {
                log.next_ctid.store(given + 1, Ordering::Relaxed);
            }
            Ctid(given)
        })
        .await
    }

    fn picks(&self) -> Option<&Picks> {
        Some(&self.picks)
    }

    async fn load(&self, instance: InstanceId) -> Result<Loaded, JournalError> {
        self.send(move |log| at_once(log.journal().load(instance))).await?
    }

    async fn append(
        &self,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Head, AppendError> {
        let (head, events, effects) = (*head, events.to_vec(), effects.clone());
        let (sea, by) = (self.sea.clone(), self.by);
        let appended = self.send(move |log| {
            let appended = at_once(log.journal().append(cause, &head, &events, &effects));
            if appended.is_ok() {
                log.keep(cause.instance, events.clone());
                sea.recorded(cause.instance);
            }
            sea.note_of(by, || {
                let result = appended.as_ref().map(|_| "").map_err(ToString::to_string);
                format!("append to {} {result:?}\n{}", cause.instance, crate::history::indented(&events))
            });
            appended
        });
        appended.await.unwrap_or_else(|error| Err(error.into()))
    }

    async fn occupancy(&self) -> Result<Occupancy, JournalError> {
        self.send(|log| at_once(log.journal().occupancy())).await?
    }

    fn new_credential(&self) -> Result<Credential, rand::rand_core::OsError> {
        Ok(secrets::draw(self.sea.dice()))
    }

    async fn open_secret(&self, id: SecretId, version: u32) -> Result<Secret, JournalError> {
        self.send(move |log| at_once(log.journal().open_secret(id, version))).await?
    }

    /// Workers are told when something is due; see the worker.
    async fn wait_for_work(&self, _at_most: Duration) {}
}

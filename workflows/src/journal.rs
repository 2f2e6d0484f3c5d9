//! Port to the event log: what the engine reads and writes.
//!
//! Guarantees asked of implementations: an append commits its events, their inline read models and its side effects
//! together or not at all; it fails with [`AppendError::Conflict`] unless the stream still ends at `head`; a claim is
//! exclusive until its lease ends; time is the database's.

pub mod memory;
pub mod postgres;

use crate::{
    credential::Credential,
    limits::Scope,
    placement::{
        Occupancy,
        picks::{Pick, Picks},
    },
};
use async_trait::async_trait;
use dbx_domain::{
    Instance, Secret,
    ids::{Ctid, InstanceId, OrgId, SecretId, WorkflowId},
    instance::InstanceEvent,
    time::Timestamp,
};
use std::time::Duration;

/// Where a stream ends.
pub use dbx_sql::StreamHead as Head;

/// An instance as of its stream's end.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The folded state.
    pub instance: Instance,
    /// Where the fold ended.
    pub head: Head,
}

/// The right to advance one instance until the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The instance.
    pub instance: InstanceId,
    /// Grows with every claim of this instance; tells our lease from a later one.
    pub fence: i64,
}

/// A claim, and what the journal learned of its instance right after.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The right to advance it.
    pub claim: Claim,
    /// Its stream as of then; none where it has to be loaded.
    pub loaded: Option<Loaded>,
    /// The database's time at the claim, where the journal has learned it along the way.
    pub at: Option<Timestamp>,
}

/// A credential that is written in the clear to the vault, and encrypted there.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// Its id.
    pub id: SecretId,
    /// Its version.
    pub version: u32,
    /// The content.
    pub clear: Secret,
}

/// Secrets that are destroyed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shred {
    /// One version.
    Version(SecretId, u32),
    /// All of the instance's.
    All,
}

/// What is written in the same transaction as the events.
#[derive(Clone, Debug, Default)]
pub struct SideEffects {
    /// Secrets to keep.
    pub secrets: Vec<NewSecret>,
    /// Secrets to destroy.
    pub shred: Vec<Shred>,
    /// Release the instance from its org: name and quota become free.
    pub release: bool,
    /// The choice that the events put on record; kept open until they are, or are not.
    pub pick: Option<Pick>,
}

impl SideEffects {
    /// Both.
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.secrets.extend(more.secrets);
        self.shred.extend(more.shred);
        self.release |= more.release;
        self.pick = self.pick.or(more.pick);
        self
    }
}

/// Whose instance an append is for, and by which run; goes into the events' metadata.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// The instance.
    pub instance: InstanceId,
    /// Its org.
    pub org: OrgId,
    /// The run.
    pub workflow: WorkflowId,
}

/// The log could not be reached or read; nothing is known to have changed.
#[derive(Debug, thiserror::Error)]
#[error("the event log is not available: {0}")]
pub struct JournalError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Why an append did not happen, or is not known to have.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended first: load and decide again.
    #[error("the stream has moved on")]
    Conflict,
    /// Another instance holds the container number or the address.
    #[error("the placement was taken by another instance in the meantime")]
    PlacementTaken,
    /// Nothing is known: load to find out.
    #[error(transparent)]
    Unavailable(#[from] JournalError),
}

/// What an append that prolongs the lease came to. The append happened in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The stream's new end.
    pub head: Head,
    /// Whether the lease was still ours, and is again for its whole length.
    pub held: bool,
    /// The database's time at the append, where the journal has learned it along the way.
    pub at: Option<Timestamp>,
}

/// The event log as the engine sees it.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The database's time.
    async fn now(&self) -> Result<Timestamp, JournalError>;

    /// Takes up to `limit` due instances for `worker`. The attempt and its back-off are counted here, so that a
    /// worker that dies has backed off already.
    async fn claim(&self, worker: &str, limit: usize) -> Result<Vec<Claim>, JournalError>;

    /// Claims as [`Self::claim`], and loads what was claimed, in one statement for all where the journal can.
    async fn claim_loaded(&self, worker: &str, limit: usize) -> Result<Vec<Claimed>, JournalError> {
        let claims = self.claim(worker, limit).await?;
        Ok(claims.into_iter().map(|claim| Claimed { claim, loaded: None, at: None }).collect())
    }

    /// Prolongs the lease; false if it is no longer ours.
    async fn renew(&self, claim: &Claim) -> Result<bool, JournalError>;

    /// Gives the lease back; nothing if it is no longer ours. When the instance is due next follows from its events.
    async fn release(&self, claim: &Claim) -> Result<(), JournalError>;

    /// As [`Self::release`], for an instance that has nothing to do before `due_at` unless something happens to it.
    async fn release_until(&self, claim: &Claim, due_at: Timestamp) -> Result<(), JournalError> {
        let _ = due_at;
        self.release(claim).await
    }

    /// Makes the claimed instance's permits exactly `scopes`; false if one of them is taken by others, and then it has
    /// none. They end with the lease. A journal of one worker need not count: nobody else is there.
    async fn hold_permits(&self, claim: &Claim, scopes: &[Scope]) -> Result<bool, JournalError> {
        let _ = (claim, scopes);
        Ok(true)
    }

    /// Folds an instance's stream.
    async fn load(&self, instance: InstanceId) -> Result<Loaded, JournalError>;

    /// Appends after `head` and returns the new one.
    async fn append(
        &self,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Head, AppendError>;

    /// For how long a lease that was ours needs no look before another append. Zero, unless the journal lives by the
    /// machine's clock: in simulated time a moment of ours may be hours.
    fn lease_holds(&self) -> Duration {
        Duration::ZERO
    }

    /// Appends as [`Self::append`] and prolongs the lease of `claim` as [`Self::renew`]; in one transaction where the
    /// journal can. Without a claim the lease is known to be whole, and is held.
    async fn append_and_renew(
        &self,
        claim: Option<&Claim>,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Advanced, AppendError> {
        let head = self.append(cause, head, events, effects).await?;
        let held = match claim {
            Some(claim) => self.renew(claim).await?,
            None => true,
        };
        Ok(Advanced { head, held, at: None })
    }

    /// Everything that is reserved at present.
    async fn occupancy(&self) -> Result<Occupancy, JournalError>;

    /// A fresh credential for the vault. Simulations draw cheaper ones.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    fn new_credential(&self) -> Result<Credential, rand::rand_core::OsError> {
        Credential::generate()
    }

    /// A container number not below `at_least` that was never given before. Concurrent callers may get the same one
    /// where the journal has one worker; then the loser of the append chooses again.
    async fn next_ctid(&self, at_least: Ctid) -> Result<Ctid, JournalError> {
        let highest = self.occupancy().await?.highest_ctid;
        Ok(highest.map_or(at_least, |highest| at_least.max(Ctid(highest.0.saturating_add(1)))))
    }

    /// Choices of this process that are not on record yet; none where there is one worker.
    fn picks(&self) -> Option<&Picks> {
        None
    }

    /// A secret in the clear.
    async fn open_secret(&self, id: SecretId, version: u32) -> Result<Secret, JournalError>;

    /// Returns when there may be work, at the latest after `at_most`.
    async fn wait_for_work(&self, at_most: Duration);
}

//! Port to the read models: what the record says should be in the cluster.
//!
//! Contract for implementations: each answer is of one moment; what was recorded later is not in it.

use crate::journal::JournalError;
use async_trait::async_trait;
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::{Credential, DriftKind, Health, Lifecycle, Placement},
};
use std::collections::BTreeMap;

/// An instance that is there, or that left something behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub instance: InstanceId,
    /// What we intend it to be.
    pub lifecycle: Lifecycle,
    /// What we last saw of it.
    pub health: Health,
    /// A run is under way, parked, or waits: it is being changed, so nothing about it is wrong yet.
    pub busy: bool,
    /// Where it is.
    pub placement: Option<Placement>,
    /// The platform role's password.
    pub platform: Option<Credential>,
}

/// A reservation that no instance claims as its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrayReservation {
    /// The container number.
    pub ctid: Ctid,
    /// For which instance it was made.
    pub instance: InstanceId,
    /// On which node.
    pub node: String,
}

/// What the record holds, over all instances.
#[async_trait]
pub trait Fleet: Send + Sync {
    /// Every instance that is not deleted, and those deleted ones that still hold a place.
    async fn members(&self) -> Result<Vec<Member>, JournalError>;

    /// For which instance each of these numbers was ever reserved; numbers that never were are left out.
    async fn reserved_for(&self, ctids: &[Ctid]) -> Result<BTreeMap<Ctid, InstanceId>, JournalError>;

    /// Drifts that were recorded and not settled.
    async fn open_drifts(&self) -> Result<Vec<(InstanceId, DriftKind)>, JournalError>;

    /// Reservations whose instance is gone or somewhere else.
    async fn stray_reservations(&self) -> Result<Vec<StrayReservation>, JournalError>;

    /// Owners of secrets that are no living instance, with how many secrets each left.
    async fn stray_secrets(&self) -> Result<Vec<(String, u32)>, JournalError>;
}

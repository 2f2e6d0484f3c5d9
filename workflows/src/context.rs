//! What a step sees and what it gives back.

use crate::{
    credential::Credential,
    database_admin::DatabaseAdmin,
    failure,
    hypervisor::{Hypervisor, StepGuard, Target},
    journal::{Journal, NewSecret, SideEffects},
    settings::Settings,
};
use dbx_domain::{
    Instance,
    instance::{CredentialRole, Fact, Failure, Identity, Placement},
};
use std::sync::Arc;

/// The world outside, as ports.
pub struct Ports {
    /// The cluster.
    pub hypervisor: Arc<dyn Hypervisor>,
    /// The tenants' servers.
    pub database: Arc<dyn DatabaseAdmin>,
    /// The event log.
    pub journal: Arc<dyn Journal>,
}

/// What a step sees: the state as of its `StepBegan`, the ports and the settings.
pub struct StepContext {
    /// The instance.
    pub instance: Instance,
    /// The world outside.
    pub ports: Arc<Ports>,
    /// What the operator configured.
    pub settings: Arc<Settings>,
    /// Credentials that this worker has written itself since it claimed the instance.
    pub fresh: Vec<NewSecret>,
    /// Asked before each change, told of submitted tasks.
    pub guard: Arc<dyn StepGuard>,
}

/// What a step gives back when its effect is there.
#[derive(Clone, Debug, Default)]
pub struct StepOutput {
    /// What became true.
    pub facts: Vec<Fact>,
    /// What is written in the same transaction.
    pub effects: SideEffects,
}

impl From<Vec<Fact>> for StepOutput {
    fn from(facts: Vec<Fact>) -> Self {
        Self { facts, effects: SideEffects::default() }
    }
}

impl StepContext {
    /// What the instance is.
    ///
    /// # Errors
    /// Permanent: a run on a stream without an order is a damaged log.
    pub fn identity(&self) -> Result<&Identity, Failure> {
        self.instance.identity().ok_or_else(|| failure::permanent("damaged_log", "the instance has no order"))
    }

    /// Where the instance is.
    ///
    /// # Errors
    /// Permanent: the step needs a placement and none is on record.
    pub fn placement(&self) -> Result<&Placement, Failure> {
        self.instance
            .placement()
            .ok_or_else(|| failure::permanent("no_placement", "the instance has no placement"))
    }

    /// The container to act on.
    ///
    /// # Errors
    /// As [`Self::placement`].
    pub fn target(&self) -> Result<Target, Failure> {
        let placement = self.placement()?;
        let instance = self.identity()?.instance;
        Ok(Target { instance, node: placement.node.clone(), ctid: placement.ctid })
    }

    /// A version of a credential: from the vault, unless it was written a moment ago.
    ///
    /// # Errors
    /// Transient if the vault cannot be reached, permanent if the credential is missing or damaged.
    pub async fn credential(&self, role: CredentialRole, version: u32) -> Result<Credential, Failure> {
        let known = self.instance.credential(role).ok_or_else(|| {
            failure::permanent("no_credential", format!("no {role} credential is on record"))
        })?;
        let fresh = self.fresh.iter().find(|one| (one.id, one.version) == (known.secret, version));
        let secret = match fresh {
            Some(fresh) => fresh.clear.clone(),
            None => self
                .ports
                .journal
                .open_secret(known.secret, version)
                .await
                .map_err(|error| failure::transient("vault_unavailable", error.to_string()))?,
        };
        Credential::from_secret(&secret)
            .map_err(|error| failure::permanent("damaged_secret", error.to_string()))
    }

    /// The newest version of a credential.
    ///
    /// # Errors
    /// As [`Self::credential`].
    pub async fn latest_credential(&self, role: CredentialRole) -> Result<Credential, Failure> {
        let latest = self.instance.credential(role).map_or(0, |known| known.latest);
        self.credential(role, latest).await
    }
}

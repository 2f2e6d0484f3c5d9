//! A cluster and servers that do nothing, at once; and a journal whose choices and credentials cost nothing.

use async_trait::async_trait;
use dbx_domain::{
    Secret,
    ids::{Ctid, InstanceId, SecretId},
    instance::{Failure, InstanceEvent},
    time::Timestamp,
};
use dbx_workflows::{
    credential::{Credential, Password, Verifier},
    database_admin::{DatabaseAdmin, ServerProof},
    hypervisor::{Container, ContainerConfig, Hypervisor, Node, StepGuard, Target, TenantEnv},
    journal::{
        Advanced, AppendError, Cause, Claim, Claimed, Head, Journal, JournalError, Loaded, SideEffects,
        postgres::PgJournal,
    },
    placement::Occupancy,
};
use rand::rand_core::OsError;
use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Does nothing.
pub(crate) struct Idle;

#[async_trait]
impl Hypervisor for Idle {
    async fn nodes(&self) -> Result<Vec<Node>, Failure> {
        let huge = Node {
            name: "pve1".to_owned(),
            online: true,
            vcpus: u32::MAX,
            memory_mib: u64::MAX,
            memory_free_mib: u64::MAX,
            disk_free_gib: u64::MAX,
        };
        Ok(vec![huge])
    }

    async fn containers(&self) -> Result<Vec<Container>, Failure> {
        Ok(Vec::new())
    }

    async fn find(&self, _ctid: Ctid) -> Result<Option<Container>, Failure> {
        Ok(None)
    }

    async fn ensure_cloned(&self, _: &Target, _: &str, _: &dyn StepGuard) -> Result<(), Failure> {
        Ok(())
    }

    async fn ensure_configured(
        &self,
        _: &Target,
        _: &ContainerConfig,
        _: &dyn StepGuard,
    ) -> Result<(), Failure> {
        Ok(())
    }

    async fn ensure_volume(&self, _: &Target, _: u32, _: &dyn StepGuard) -> Result<(), Failure> {
        Ok(())
    }

    async fn ensure_env(&self, _: &Target, _: &TenantEnv, _: &dyn StepGuard) -> Result<(), Failure> {
        Ok(())
    }

    async fn ensure_started(&self, _: &Target, _: &dyn StepGuard) -> Result<(), Failure> {
        Ok(())
    }

    async fn ensure_stopped(&self, _: &Target, _: &dyn StepGuard) -> Result<(), Failure> {
        Ok(())
    }

    async fn ensure_destroyed(&self, _: &Target, _: &dyn StepGuard) -> Result<(), Failure> {
        Ok(())
    }
}

#[async_trait]
impl DatabaseAdmin for Idle {
    async fn prove(&self, _: Ipv4Addr, _: &Password) -> Result<ServerProof, Failure> {
        Ok(ServerProof {
            server_version: "17.5".to_owned(),
            certificate_pem: "-----BEGIN CERTIFICATE-----".to_owned(),
            fingerprint: "ab".repeat(32),
        })
    }

    async fn set_tenant_verifier(
        &self,
        _: Ipv4Addr,
        _: &Password,
        _: &Verifier,
        _: &dyn StepGuard,
    ) -> Result<(), Failure> {
        Ok(())
    }

    async fn tenant_accepts(&self, _: Ipv4Addr, _: &Password) -> Result<bool, Failure> {
        Ok(true)
    }
}

/// The journal in Postgres, without the cost of choosing a place and of drawing a credential.
pub(crate) struct Journaled {
    journal: PgJournal,
    credential: Credential,
    numbers: AtomicU32,
}

impl Journaled {
    pub(crate) fn new(journal: PgJournal, first: u32) -> Self {
        let credential = Credential::generate().expect("randomness");
        Self { journal, credential, numbers: AtomicU32::new(first) }
    }
}

#[async_trait]
impl Journal for Journaled {
    async fn now(&self) -> Result<Timestamp, JournalError> {
        self.journal.now().await
    }

    async fn claim(&self, worker: &str, limit: usize) -> Result<Vec<Claim>, JournalError> {
        self.journal.claim(worker, limit).await
    }

    async fn claim_loaded(&self, worker: &str, limit: usize) -> Result<Vec<Claimed>, JournalError> {
        self.journal.claim_loaded(worker, limit).await
    }

    async fn renew(&self, claim: &Claim) -> Result<bool, JournalError> {
        self.journal.renew(claim).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), JournalError> {
        self.journal.release(claim).await
    }

    async fn release_until(&self, claim: &Claim, due_at: Timestamp) -> Result<(), JournalError> {
        self.journal.release_until(claim, due_at).await
    }

    async fn load(&self, instance: InstanceId) -> Result<Loaded, JournalError> {
        self.journal.load(instance).await
    }

    async fn append(
        &self,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Head, AppendError> {
        self.journal.append(cause, head, events, effects).await
    }

    fn lease_holds(&self) -> Duration {
        self.journal.lease_holds()
    }

    async fn append_and_renew(
        &self,
        claim: Option<&Claim>,
        cause: Cause,
        head: &Head,
        events: &[InstanceEvent],
        effects: &SideEffects,
    ) -> Result<Advanced, AppendError> {
        self.journal.append_and_renew(claim, cause, head, events, effects).await
    }

    async fn occupancy(&self) -> Result<Occupancy, JournalError> {
        Ok(Occupancy::default())
    }

    fn new_credential(&self) -> Result<Credential, OsError> {
        Ok(self.credential.clone())
    }

    async fn next_ctid(&self, _at_least: Ctid) -> Result<Ctid, JournalError> {
        Ok(Ctid(self.numbers.fetch_add(1, Ordering::Relaxed)))
    }

    async fn open_secret(&self, id: SecretId, version: u32) -> Result<Secret, JournalError> {
        self.journal.open_secret(id, version).await
    }

    async fn wait_for_work(&self, at_most: Duration) {
        self.journal.wait_for_work(at_most).await;
    }
}

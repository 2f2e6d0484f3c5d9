//! The SQL port of one worker: connections that break off before or after their effect.

use crate::{
    cluster::{Cluster, LATEST},
    executor::Actor,
    sea::Sea,
};
use async_trait::async_trait;
use dbx_domain::instance::Failure;
use dbx_workflows::{
    credential::{Password, Verifier},
    database_admin::{DatabaseAdmin, ServerProof},
    failure::{transient, unknown},
    hypervisor::StepGuard,
};
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

pub struct SimServers {
    pub sea: Sea,
    pub cluster: Arc<Mutex<Cluster>>,
    pub by: Actor,
}

impl SimServers {
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Cluster) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.sea.risk(self.by);
        if self.sea.strikes(|weather| weather.sql_broken) {
            return self.sea.call(3_000, 0, || Err(transient("connection_lost", "connection lost"))).await;
        }
        let cluster = Arc::clone(&self.cluster);
        self.sea.call(self.latency(), 1, move || look(&mut cluster.lock().unwrap())).await
    }

    fn latency(&self) -> u64 {
        let dice = self.sea.dice();
        if self.sea.strikes(|weather| weather.slow) { dice.within(500..=3_000) } else { dice.within(1..=8) }
    }
}

#[async_trait]
impl DatabaseAdmin for SimServers {
    async fn prove(&self, address: Ipv4Addr, platform: &Password) -> Result<ServerProof, Failure> {
        let platform = platform.clone();
        self.look(move |cluster| cluster.prove(address, &platform)).await
    }

    async fn set_tenant_verifier(
        &self,
        address: Ipv4Addr,
        platform: &Password,
        verifier: &Verifier,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let (ours, theirs, sea) = (platform.clone(), verifier.clone(), self.sea.clone());
        // Signing in comes first, and takes its time.
        let session = self.look(move |cluster| cluster.open_session(address, &ours)).await?;
        self.sea.hesitate(self.by).await;
        guard.permit().await?;
        let (by, cluster) = (self.by, Arc::clone(&self.cluster));
        let act = move || {
            let done = cluster.lock().unwrap().set_tenant(session, &theirs);
            sea.note_of(by, || format!("set the tenant's password at {address}: {done:?}"));
            done
        };
        self.sea.risk(self.by);
        if self.sea.strikes(|weather| weather.sql_broken) {
            let lost = || Err(unknown("connection_lost", "connection lost during the statement"));
            if self.sea.dice().chance(500) {
                // What waits in the server is ended by its statement limit; what is still on its way by nothing.
                let latest = *self.sea.dice().pick(&[8_000, LATEST]);
                self.sea.later(self.sea.dice().within(1..=latest), move || drop(act()));
            }
            return self.sea.call(5_000, 0, lost).await;
        }
        self.sea.call(self.latency(), 1, act).await
    }

    async fn tenant_accepts(&self, address: Ipv4Addr, password: &Password) -> Result<bool, Failure> {
        let password = password.clone();
        self.look(move |cluster| cluster.tenant_accepts(address, &password)).await
    }
}

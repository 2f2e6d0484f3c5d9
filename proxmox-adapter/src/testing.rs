//! For tests of other crates: the ports over an in-process `pve-emulator`.
//!
//! The hypervisor is the real one, talking HTTPS to the emulator. The database admin is a simulated one, because the
//! `sim` backend has no servers to talk SQL to; it decides with the same cryptography.

mod scram;

use crate::{
    hypervisor::ProxmoxHypervisor,
    settings::{CaPin, ProxmoxConfig, Timeouts},
};
use async_trait::async_trait;
use dbx_domain::{Secret, ids::Ctid, instance::Failure};
use dbx_workflows::{
    credential::{Password, Verifier},
    database_admin::{DatabaseAdmin, PLATFORM_ROLE, ServerProof, TENANT_ROLE},
    failure::{permanent, transient},
    hypervisor::StepGuard,
};
use pve_emulator::{ApiToken, Emulator, SimPostgres, SimPostgresError};
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

/// The configuration that fits `emulator`'s preset: its templates, storage, bridge and pool. The prefix is that of the
/// loopback network, where the emulator's processes listen.
pub fn config_for(emulator: &Emulator) -> ProxmoxConfig {
    let templates = emulator.ledger().containers.into_iter().filter(|container| container.template);
    ProxmoxConfig {
        api_urls: vec![emulator.url()],
        token_id: emulator.token().id().to_owned(),
        ca: CaPin::Pem(emulator.ca_pem().to_owned()),
        templates: templates.map(|container| (container.node, Ctid(container.vmid))).collect(),
        storage: "local-zfs".to_owned(),
        full_clone: false,
        bridge: "vmbr0".to_owned(),
        prefix: 8,
        gateway: None,
        pool: "dbxyz".to_owned(),
        tags: vec!["dbxyz".to_owned()],
        parallel_calls: 8,
        timeouts: Timeouts::default(),
    }
}

/// The clear part of `token` that belongs into [`ProxmoxHypervisor::new`].
pub fn secret_of(token: &ApiToken) -> Secret {
    let whole = token.expose();
    Secret::new(whole.split_once('=').map_or("", |(_, secret)| secret))
}

/// The hypervisor over `emulator`, with the emulator's own token.
#[expect(clippy::expect_used, reason = "`config_for` fills every field that `ProxmoxConfig::check` looks at")]
pub fn hypervisor_for(emulator: &Emulator) -> ProxmoxHypervisor {
    ProxmoxHypervisor::new(config_for(emulator), &secret_of(emulator.token()))
        .expect("the emulator's preset is a valid configuration")
}

/// [`DatabaseAdmin`] over the emulator's simulated servers.
#[derive(Debug)]
pub struct SimDatabaseAdmin {
    emulator: Arc<Emulator>,
    /// SCRAM is slow by design, and histories by the thousand ask the same question again and again.
    known: Mutex<BTreeMap<(String, String), bool>>,
}

impl SimDatabaseAdmin {
    /// An administrator of the servers in `emulator`, which must have the `sim` backend.
    pub fn new(emulator: Arc<Emulator>) -> Self {
        Self { emulator, known: Mutex::default() }
    }

    fn server(&self, address: Ipv4Addr) -> Result<SimPostgres, Failure> {
        self.emulator.sim_postgres(address).filter(SimPostgres::is_up).ok_or_else(|| down(address))
    }

    fn accepts(
        &self,
        server: &SimPostgres,
        address: Ipv4Addr,
        role: &str,
        password: &Password,
    ) -> Result<bool, Failure> {
        let verifier = match server.verifier(role) {
            Ok(verifier) => verifier,
            Err(SimPostgresError::NoRole(_)) => return Ok(false),
            Err(_) => return Err(down(address)),
        };
        let question = (scram::digest(password.0.expose()), verifier);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let verify = || scram::verifies(password.0.expose(), &question.1);
        if let Some(answer) = known.get(&question) {
            return Ok(*answer);
        }
        let answer = verify();
        known.insert(question, answer);
        Ok(answer)
    }
}

fn down(address: Ipv4Addr) -> Failure {
    transient("postgres_unreachable", format!("Postgres at {address}: connection refused"))
}

#[async_trait]
impl DatabaseAdmin for SimDatabaseAdmin {
    async fn prove(&self, address: Ipv4Addr, platform: &Password) -> Result<ServerProof, Failure> {
        let server = self.server(address)?;
        if !self.accepts(&server, address, PLATFORM_ROLE, platform)? {
            return Err(transient(
                "platform_refused",
                format!("Postgres at {address} refused the platform role"),
            ));
        }
        let major = server.major().map_err(|_| down(address))?;
        let fingerprint = server.certificate_fingerprint().map_err(|_| down(address))?;
        let certificate_pem =
            format!("-----BEGIN CERTIFICATE-----\n{fingerprint}\n-----END CERTIFICATE-----\n");
        Ok(ServerProof { server_version: format!("{major}.0"), certificate_pem, fingerprint })
    }

    async fn set_tenant_verifier(
        &self,
        address: Ipv4Addr,
        platform: &Password,
        verifier: &Verifier,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        guard.permit().await?;
        let server = self.server(address)?;
        if !self.accepts(&server, address, PLATFORM_ROLE, platform)? {
            return Err(permanent(
                "platform_refused",
                format!("Postgres at {address} refused the platform role"),
            ));
        }
        server.set_verifier(TENANT_ROLE, verifier.as_str()).map_err(|error| match error {
            SimPostgresError::Down => down(address),
            refused => permanent("postgres_refused", format!("Postgres at {address}: {refused}")),
        })
    }

    async fn tenant_accepts(&self, address: Ipv4Addr, password: &Password) -> Result<bool, Failure> {
        let server = self.server(address)?;
        self.accepts(&server, address, TENANT_ROLE, password)
    }
}

//! Port to the Postgres inside a container: what workflows ask of it over SQL.
//!
//! Contract for implementations: connections use TLS with channel binding required, so that the server proves by
//! SCRAM that it knows the role's password although its certificate is self-signed. No password or verifier appears
//! in a failure's message.

use crate::{
    credential::{Password, Verifier},
    hypervisor::StepGuard,
};
use async_trait::async_trait;
use dbx_domain::instance::Failure;
use std::net::Ipv4Addr;

/// The port that every tenant's server listens on.
pub const POSTGRES_PORT: u16 = 5432;
/// Our restricted role in every server: may replace the tenant's password and read statistics, nothing else.
pub const PLATFORM_ROLE: &str = "dbxyz_platform";
/// The tenant's role in its own server, owner of [`TENANT_DATABASE`].
pub const TENANT_ROLE: &str = "app";
/// The tenant's database.
pub const TENANT_DATABASE: &str = "app";

/// What a server showed when it proved itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerProof {
    /// Its `server_version`.
    pub server_version: String,
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// SHA-256 of the certificate's DER form, lower-case hex.
    pub fingerprint: String,
}

/// A tenant's server.
#[async_trait]
pub trait DatabaseAdmin: Send + Sync {
    /// Signs in as the platform role and runs a query. Refused connections and a server that is starting up are
    /// transient.
    async fn prove(&self, address: Ipv4Addr, platform: &Password) -> Result<ServerProof, Failure>;

    /// Sets the tenant's password by verifier, as the platform role. Setting the same again changes nothing; open
    /// sessions live on. A change that was given up and arrives late never undoes one that was permitted after it: of two
    /// that meet, one fails as transient.
    async fn set_tenant_verifier(
        &self,
        address: Ipv4Addr,
        platform: &Password,
        verifier: &Verifier,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure>;

    /// Whether the server accepts `password` for the tenant's role. A refusal is `Ok(false)`.
    async fn tenant_accepts(&self, address: Ipv4Addr, password: &Password) -> Result<bool, Failure>;
}

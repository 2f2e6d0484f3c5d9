//! The [`DatabaseAdmin`] port over tokio-postgres.
//!
//! Guarantees: every connection is TLS with channel binding, so that a server is believed only if it knows the
//! verifier of the password we use; passwords stay in this process; no password or verifier is in a failure; a change that
//! comes late never undoes a later one.

mod connection;
mod failure;
mod gauges;
mod handshake;
mod password_change;

use async_trait::async_trait;
use connection::Connection;
use dbx_domain::instance::Failure;
use dbx_workflows::{
    credential::{Password, Verifier},
    database_admin::{DatabaseAdmin, PLATFORM_ROLE, ServerProof, TENANT_DATABASE, TENANT_ROLE},
    failure::permanent,
    hypervisor::StepGuard,
};
use failure::{Refusal, Stage};
use password_change::is_verifier;
use std::{net::Ipv4Addr, time::Duration};
use uuid::Uuid;

/// The platform role's database: present in every server, whatever the tenant does with its own.
const PLATFORM_DATABASE: &str = "postgres";

/// An SQL administrator.
#[derive(Clone, Debug)]
pub struct SqlAdmin {
    connect_timeout: Duration,
    statement_timeout: Duration,
}

impl Default for SqlAdmin {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(3), statement_timeout: Duration::from_secs(5) }
    }
}

impl SqlAdmin {
    /// An administrator that waits 3 s for a connection and 5 s for a statement.
    pub fn new() -> Self {
        Self::default()
    }

    async fn as_platform(&self, address: Ipv4Addr, platform: &Password) -> Result<Connection, Refusal> {
        Connection::open(self, address, PLATFORM_ROLE, PLATFORM_DATABASE, platform).await
    }
}

#[async_trait]
impl DatabaseAdmin for SqlAdmin {
    async fn prove(&self, address: Ipv4Addr, platform: &Password) -> Result<ServerProof, Failure> {
        let connection = self
            .as_platform(address, platform)
            .await
            .map_err(|refusal| refusal.failure(address, Stage::FirstContact))?;
        let version = connection
            .text("SELECT current_setting('server_version')")
            .await
            .map_err(|refusal| refusal.failure(address, Stage::FirstContact))?;
        Ok(connection.proof(version))
    }

    async fn set_tenant_verifier(
        &self,
        address: Ipv4Addr,
        platform: &Password,
        verifier: &Verifier,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        if !is_verifier(verifier.as_str()) {
            return Err(permanent(
                "bad_verifier",
                "the stored verifier is not of the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey; rotate the password",
            ));
        }
        let connection = self
            .as_platform(address, platform)
            .await
            .map_err(|refusal| refusal.failure(address, Stage::Known))?;
        let seen = connection
            .text(&password_change::stamp())
            .await
            .map_err(|refusal| refusal.failure(address, Stage::Known))?;
        guard.permit().await?;
        connection
            .run(&password_change::unless_overtaken(&seen, verifier, Uuid::now_v7()))
            .await
            .map_err(|refusal| refusal.failure(address, Stage::Change))
    }

    async fn tenant_accepts(&self, address: Ipv4Addr, password: &Password) -> Result<bool, Failure> {
        match Connection::open(self, address, TENANT_ROLE, TENANT_DATABASE, password).await {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.is_of_credentials() => Ok(false),
            // Said after the password was accepted: the tenant dropped its database, or may not connect to it.
            Err(refusal) if refusal.is_after_sign_in() => Ok(true),
            Err(refusal) => Err(refusal.failure(address, Stage::Known)),
        }
    }
}

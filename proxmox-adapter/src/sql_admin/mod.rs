//! The [`DatabaseAdmin`] port over tokio-postgres.
//!
//! Guarantees: every connection is TLS with channel binding, so that a server is believed only if it knows the
//! verifier of the password we use; passwords stay in this process; no password or verifier is in a failure.

mod connection;
mod failure;
mod gauges;
mod handshake;

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
use std::{net::Ipv4Addr, time::Duration};

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
        // The statement takes no parameters, so the shape is what keeps other SQL out of it. It also keeps out a
        // password in the clear, which Postgres would accept and might log.
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
        guard.permit().await?;
        connection
            .run(&format!("ALTER ROLE \"{TENANT_ROLE}\" PASSWORD '{}'", verifier.as_str()))
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

/// RFC 5803 form with base64 parts; none of its characters means anything in an SQL literal.
fn is_verifier(text: &str) -> bool {
    let parts = || {
        let (iterations, rest) = text.strip_prefix("SCRAM-SHA-256$")?.split_once(':')?;
        let (salt, keys) = rest.split_once('$')?;
        let (stored, server) = keys.split_once(':')?;
        Some((iterations, [salt, stored, server]))
    };
    let is_base64 = |part: &str| {
        let body = part.trim_end_matches('=');
        !body.is_empty()
            && part.len() - body.len() <= 2
            && part.len().is_multiple_of(4)
            && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    };
    parts().is_some_and(|(iterations, encoded)| {
        iterations.parse::<u32>().is_ok_and(|count| count >= 4096) && encoded.into_iter().all(is_base64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_workflows::credential::Credential;
    use proptest::prelude::*;

    #[test]
    fn a_generated_verifier_has_the_shape() {
        assert!(is_verifier(Credential::generate().unwrap().verifier.as_str()));
    }

    #[test]
    fn passwords_and_sql_have_not() {
        for text in [
            "hunter2",
            "SCRAM-SHA-256$4096:c2FsdA==$a:b",
            "SCRAM-SHA-256$1:c2FsdA==$c2FsdA==:c2FsdA==",
            "SCRAM-SHA-256$4096:c2FsdA==$c2FsdA==:c2FsdA=='; DROP ROLE app; --",
            "SCRAM-SHA-256$4096:$c2FsdA==:c2FsdA==",
            "md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(!is_verifier(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_ends_a_literal_passes(before in ".{0,40}", after in ".{0,40}") {
            let text = format!("{before}'{after}");
            prop_assert!(!is_verifier(&text));
            let disguised = format!("SCRAM-SHA-256$4096:{text}");
            prop_assert!(!is_verifier(&disguised));
        }
    }
}

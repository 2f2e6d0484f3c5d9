//! One connection: opened, used for a statement, closed.

use super::{
    SqlAdmin,
    failure::Refusal,
    handshake::{self, Shown},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dbx_workflows::{
    credential::Password,
    database_admin::{POSTGRES_PORT, ServerProof},
};
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use std::{future::Future, net::Ipv4Addr, time::Duration};
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{
    Client, Row,
    config::{ChannelBinding, Config, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// An open connection. Dropping it closes it.
pub(super) struct Connection {
    client: Client,
    driver: JoinHandle<()>,
    certificate: CertificateDer<'static>,
    patience: Duration,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    pub(super) async fn open(
        admin: &SqlAdmin,
        address: Ipv4Addr,
        role: &str,
        database: &str,
        password: &Password,
    ) -> Result<Self, Refusal> {
        let config = settings(admin, address, role, database, password);
        let (tls, shown) = handshake::client_config().map_err(|error| Refusal::Tls(error.to_string()))?;
        // Covers what `connect_timeout` does not: TLS and the sign-in.
        let patience = admin.connect_timeout;
        let connect = config.connect(MakeRustlsConnect::new(tls));
        let (client, connection) =
            timeout(patience, connect).await.map_err(|_| Refusal::Silent(patience))?.map_err(Refusal::of)?;
        let certificate = seen(&shown)?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to an instance ended");
            }
        });
        // The server enforces the statement's time; this is for a server that has gone.
        Ok(Self { client, driver, certificate, patience: admin.statement_timeout + patience })
    }

    pub(super) async fn text(&self, statement: &str) -> Result<String, Refusal> {
        self.row(statement).await?.try_get(0).map_err(Refusal::of)
    }

    pub(super) async fn row(&self, statement: &str) -> Result<Row, Refusal> {
        self.within(self.client.query_one(statement, &[])).await
    }

    pub(super) async fn run(&self, statement: &str) -> Result<(), Refusal> {
        self.within(self.client.batch_execute(statement)).await
    }

    async fn within<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Refusal> {
        timeout(self.patience, answer).await.map_err(|_| Refusal::Silent(self.patience))?.map_err(Refusal::of)
    }

    pub(super) fn proof(&self, server_version: String) -> ServerProof {
        ServerProof {
            server_version,
            certificate_pem: pem(&self.certificate),
            fingerprint: hex(&self.certificate),
        }
    }
}

fn settings(admin: &SqlAdmin, address: Ipv4Addr, role: &str, database: &str, password: &Password) -> Config {
    let mut config = Config::new();
    config
        .host(address.to_string())
        .port(POSTGRES_PORT)
        .user(role)
        .password(password.0.expose())
        .dbname(database)
        .application_name("dbxyz")
        .options(format!("-c statement_timeout={}", admin.statement_timeout.as_millis()))
        .connect_timeout(admin.connect_timeout)
        .ssl_mode(SslMode::Require)
        .channel_binding(ChannelBinding::Require);
    config
}

fn seen(shown: &Shown) -> Result<CertificateDer<'static>, Refusal> {
    shown.certificate().ok_or_else(|| Refusal::Tls("the server showed no certificate".to_owned()))
}

fn hex(certificate: &CertificateDer<'_>) -> String {
    Sha256::digest(certificate.as_ref()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 7468: base64 in lines of 64.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let encoded = STANDARD.encode(certificate.as_ref());
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (index, letter) in encoded.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

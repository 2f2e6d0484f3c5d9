//! Talking to the real servers: SCRAM verifiers, and connections that demand channel binding.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use rand::Rng;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest, Sha256};
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Where the servers are; every test that needs them fails without, and says what to do.
pub(crate) fn postgres_dir() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.dbx/postgres");
    let directory =
        std::env::var_os("DBX_POSTGRES_DIR").map_or_else(|| PathBuf::from(default), PathBuf::from);
    assert!(
        directory.join("17/bin/postgres").exists(),
        "no Postgres servers in {}: run proxmox-adapter/emulator/fetch-postgres.sh, or set DBX_POSTGRES_DIR",
        directory.display()
    );
    directory.canonicalize().unwrap()
}

/// An address that no other test uses, as far as chance allows.
pub(crate) fn free_address() -> Ipv4Addr {
    let mut random = rand::rng();
    Ipv4Addr::new(
        127,
        random.random_range(64..=250),
        random.random_range(1..=250),
        random.random_range(2..=250),
    )
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The SCRAM-SHA-256 verifier of a password (RFC 5802, RFC 7677).
pub(crate) fn verifier(password: &str) -> String {
    let salt: [u8; 16] = rand::rng().random();
    let mut block = hmac(password.as_bytes(), &[&salt[..], &[0, 0, 0, 1]].concat());
    let mut salted = block;
    for _ in 1..4096 {
        block = hmac(password.as_bytes(), &block);
        salted.iter_mut().zip(block).for_each(|(sum, byte)| *sum ^= byte);
    }
    let stored = Sha256::digest(hmac(&salted, b"Client Key"));
    let server = hmac(&salted, b"Server Key");
    format!(
        "SCRAM-SHA-256$4096:{}${}:{}",
        STANDARD.encode(salt),
        STANDARD.encode(stored),
        STANDARD.encode(server)
    )
}

/// Takes any certificate: it is channel binding that proves the server here.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn config(ip: Ipv4Addr, user: &str, database: &str, password: &str) -> Config {
    let mut config = Config::new();
    config.host(ip.to_string()).port(5432).user(user).dbname(database).password(password);
    config
}

/// Connects over TLS with channel binding required.
pub(crate) async fn connect(
    ip: Ipv4Addr,
    (user, password): (&str, &str),
    database: &str,
) -> Result<Client, tokio_postgres::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let mut config = config(ip, user, database, password);
    config.ssl_mode(SslMode::Require).channel_binding(ChannelBinding::Require);
    let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Connects without TLS.
pub(crate) async fn connect_plain(
    ip: Ipv4Addr,
    (user, password): (&str, &str),
    database: &str,
) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config(ip, user, database, password).connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Waits until a server accepts connections.
pub(crate) async fn listening(ip: Ipv4Addr) {
    let up = async {
        while tokio::net::TcpStream::connect(SocketAddr::from((ip, 5432))).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), up).await.expect("Postgres does not come up");
}

/// The server's SQLSTATE or message.
pub(crate) fn refusal(result: Result<Client, tokio_postgres::Error>) -> String {
    match result {
        Ok(_) => panic!("the server let it in"),
        Err(error) => error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()),
    }
}

/// Connects as soon as the server is ready (not only listening).
pub(crate) async fn ready(ip: Ipv4Addr, who: (&str, &str), database: &str) -> Client {
    listening(ip).await;
    loop {
        match connect(ip, who, database).await {
            Ok(client) => return client,
            // 57P03: the database system is starting up.
            Err(error) if error.code().is_some_and(|code| code.code() == "57P03") => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

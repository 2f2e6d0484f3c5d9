//! A TLS handshake with a Postgres server, up to where it would ask for a password.
//!
//! Guarantee: the server holds the key of exactly the certificate that the control plane recorded. Its certificate is
//! its own authority, so neither names nor validity are looked at: the fingerprint says all.

use super::server::PATIENCE;
use ring::digest::{SHA256, digest};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring::default_provider},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};

/// `SSLRequest` (PostgreSQL documentation, "Message Formats"): its length, then the code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Why there is no safe connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the server does not offer TLS, so it is not the instance")]
    Plain,
    #[error("the server shows another certificate than the one that db.xyz recorded")]
    Other,
    #[error("the TLS handshake failed: {0}")]
    Handshake(io::Error),
    #[error("TLS could not be set up: {0}")]
    Setup(#[from] Error),
}

impl Trouble {
    /// What to do next.
    pub(super) const fn next(&self) -> &'static str {
        match self {
            Self::Plain | Self::Other => "do not send a password there; ask who answers on this address",
            Self::Handshake(_) | Self::Setup(_) => {
                "try again; if it stays, look at the instance: dbx instance info"
            }
        }
    }
}

/// Shakes hands, and gives the version of TLS.
pub(super) fn handshake(
    mut stream: TcpStream,
    host: &str,
    fingerprint: &str,
) -> Result<&'static str, Trouble> {
    stream.set_read_timeout(Some(PATIENCE)).map_err(Trouble::Handshake)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(Trouble::Handshake)?;
    let mut answer = [0_u8];
    stream.write_all(&SSL_REQUEST).map_err(Trouble::Handshake)?;
    stream.read_exact(&mut answer).map_err(Trouble::Handshake)?;
    if answer != *b"S" {
        return Err(Trouble::Plain);
    }
    let provider = Arc::new(default_provider());
    let pinned = Pinned::new(&provider, fingerprint);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    let name =
        ServerName::try_from(host.to_owned()).map_err(|_| Error::General(format!("{host} is no host")))?;
    let mut connection = ClientConnection::new(Arc::new(config), name)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(trouble)?;
    }
    Ok(match connection.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS 1.2",
    })
}

/// rustls wraps what its verifier said in an I/O error.
fn trouble(error: io::Error) -> Trouble {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => Trouble::Other,
        _ => Trouble::Handshake(error),
    }
}

/// Accepts one certificate.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn new(provider: &CryptoProvider, fingerprint: &str) -> Self {
        let fingerprint = fingerprint.replace(':', "").to_ascii_lowercase();
        Self { fingerprint, algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _stapled: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found: String =
            digest(&SHA256, certificate).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        match found == self.fingerprint {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

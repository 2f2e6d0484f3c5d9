//! Half of every TLS handshake of ours: that the other end holds the key of the certificate it shows.
//!
//! Which certificates are acceptable is another's question ([`Judge`]), for the answer differs from peer to peer. This half
//! is the same for all and cannot be left out: without it a copied certificate would do.

use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, SignatureScheme, WantsVerifier,
    client::{
        WantsClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::{fmt::Debug, sync::Arc};

/// Certificates as a server shows them in the handshake.
pub(crate) struct Presented<'a> {
    /// The server's own.
    pub(crate) own: &'a CertificateDer<'a>,
    /// Those it sends along to lead to one that is trusted.
    pub(crate) chain: &'a [CertificateDer<'a>],
    /// Under what name it was called.
    pub(crate) name: &'a ServerName<'a>,
    /// A stapled OCSP answer; empty if there is none.
    pub(crate) stapled: &'a [u8],
    pub(crate) now: UnixTime,
}

/// Decides whether a certificate is the right one.
pub(crate) trait Judge: Debug + Send + Sync {
    /// # Errors
    /// What is wrong with it, as TLS names it.
    fn judge(&self, presented: &Presented<'_>) -> Result<(), Error>;
}

/// A configuration that accepts what `judge` accepts, from whoever holds its key.
pub(crate) fn trusting(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    judge: impl Judge + 'static,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let provider = Arc::clone(builder.crypto_provider());
    builder.dangerous().with_custom_certificate_verifier(Arc::new(KeyHolder { judge, provider }))
}

#[derive(Debug)]
struct KeyHolder<J> {
    judge: J,
    provider: Arc<CryptoProvider>,
}

impl<J: Judge> ServerCertVerifier for KeyHolder<J> {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge.judge(&Presented { own, chain, name, stapled, now })?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

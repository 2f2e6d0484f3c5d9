//! Whether the server at the other end is the cluster: a pinned CA, or a pinned certificate.
//!
//! Guarantee: there is no mode that accepts an unknown certificate, and the handshake's signature is always verified,
//! so a copied certificate is of no use without its key.

use crate::{
    key_holder::{Judge, Presented, trusting},
    settings::{CaPin, SettingsError},
};
use rustls::{
    CertificateError, ClientConfig, Error, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The TLS configuration that trusts `pin` and nobody else.
pub(crate) fn client_config(pin: &CaPin) -> Result<Arc<ClientConfig>, SettingsError> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |error: &dyn std::fmt::Display| SettingsError::Pin(error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    let config = match pin {
        CaPin::Pem(pem) => builder.with_root_certificates(roots(pem)?),
        CaPin::Fingerprint(text) => trusting(builder, Pinned { sha256: digest(text)?, provider }),
    };
    Ok(Arc::new(config.with_no_client_auth()))
}

fn roots(pem: &str) -> Result<RootCertStore, SettingsError> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| SettingsError::Pin(error.to_string()))?;
        store.add(certificate).map_err(|error| SettingsError::Pin(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(SettingsError::Pin("the PEM text holds no certificate".to_owned()));
    }
    Ok(store)
}

fn digest(text: &str) -> Result<[u8; 32], SettingsError> {
    let digits: Vec<u8> =
        text.chars().filter(|c| *c != ':').filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    let complete = digits.len() == 64 && text.chars().all(|c| c == ':' || c.is_ascii_hexdigit());
    if !complete {
        return Err(SettingsError::Pin("the fingerprint is not 64 hex digits".to_owned()));
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(bytes)
}

/// Accepts the pinned certificate itself, or one that a pinned CA in the server's chain has signed for this name.
#[derive(Debug)]
struct Pinned {
    sha256: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn matches(&self, certificate: &CertificateDer<'_>) -> bool {
        Sha256::digest(certificate.as_ref()).as_slice() == self.sha256
    }
}

impl Judge for Pinned {
    fn judge(&self, presented: &Presented<'_>) -> Result<(), Error> {
        // Whoever holds the pinned certificate's key is the node, under whatever name we reached it.
        if self.matches(presented.own) {
            return Ok(());
        }
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let Some(authority) = presented.chain.iter().find(|certificate| self.matches(certificate)) else {
            return Err(unknown);
        };
        let mut store = RootCertStore::empty();
        store.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&self.provider))
            .build()
            .map_err(|_| unknown)?
            .verify_server_cert(
                presented.own,
                presented.chain,
                presented.name,
                presented.stapled,
                presented.now,
            )
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_or_without_colons() {
        let plain = "0aff".repeat(16);
        let colons = ["0A:FF"; 16].join(":");
        assert_eq!(digest(&plain).unwrap(), digest(&colons).unwrap());
        assert_eq!(digest(&plain).unwrap()[..2], [0x0a, 0xff]);
    }

    #[test]
    fn an_unusable_pin_is_refused_instead_of_ignored() {
        for pin in [
            CaPin::Fingerprint("abcd".into()),
            CaPin::Fingerprint("zz".repeat(32)),
            CaPin::Pem(String::new()),
        ] {
            assert!(client_config(&pin).is_err(), "{pin:?}");
        }
    }
}

//! TLS towards a server whose certificate nobody has signed.
//!
//! Guarantee: the certificate alone proves nothing here and is not asked to; that the server holds its key is verified,
//! and the certificate is kept, so that SCRAM's channel binding (which covers it) proves the server.

use crate::key_holder::{Judge, Presented, trusting};
use rustls::{ClientConfig, Error, crypto::ring};
use rustls_pki_types::CertificateDer;
use std::sync::{Arc, Mutex, PoisonError};

/// The server's certificate, once the handshake has shown it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown(Arc<Mutex<Option<CertificateDer<'static>>>>);

impl Shown {
    pub(super) fn certificate(&self) -> Option<CertificateDer<'static>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Keeps the certificate and accepts any.
impl Judge for Shown {
    fn judge(&self, presented: &Presented<'_>) -> Result<(), Error> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(presented.own.clone().into_owned());
        Ok(())
    }
}

/// A configuration for one connection. A fresh one each time: a resumed session would show no certificate.
pub(super) fn client_config() -> Result<(ClientConfig, Shown), Error> {
    let shown = Shown::default();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok((trusting(builder, shown.clone()).with_no_client_auth(), shown))
}

//! The HTTP agents: time-outs, TLS, proxies.

use crate::api_url::ApiUrl;
use std::{sync::Arc, time::Duration};
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

/// Longest time to reach the server.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest time for a call: the server holds an answer back a second at most, unless it is in trouble.
pub(super) const CALL: Duration = Duration::from_secs(30);

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As long as a call takes.
    Usual,
    /// No longer than somebody waits who pressed the tab key.
    Hasty(Duration),
    /// The answer's head as usual; its body for as long as there is more of it.
    Endless,
}

/// An agent that trusts what this machine trusts.
pub(super) fn new(api: &ApiUrl, pace: Pace) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let (connect, whole, head) = match pace {
        Pace::Usual => (CONNECT, Some(CALL), None),
        Pace::Hasty(limit) => (limit, Some(limit), None),
        Pace::Endless => (CONNECT, None, Some(CALL)),
    };
    let config = Agent::config_builder()
        .tls_config(tls)
        .user_agent(concat!("dbx/", env!("CARGO_PKG_VERSION")))
        .accept("application/json, application/problem+json, */*;q=0.5")
        // Statuses are answers here; a redirect is none that this API gives.
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(connect))
        .timeout_global(whole)
        .timeout_recv_response(head);
    // No proxy leads back to this machine.
    match api.is_loopback() {
        true => config.proxy(None).build().into(),
        false => config.build().into(),
    }
}

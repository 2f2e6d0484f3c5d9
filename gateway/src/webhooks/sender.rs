//! One attempt: a signed POST with narrow limits on time, size and where it may go.

use super::{WebhookRules, address::Guarded, message::Message, signature};
use dbx_domain::{Secret, time::Timestamp};
use std::{io::Read as _, sync::Arc, time::Duration};
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
    unversioned::transport::DefaultConnector,
};

/// Longest attempt.
const TIME_MAX: Duration = Duration::from_secs(15);
/// Longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// So much of an answer is read and kept, in bytes.
const EXCERPT_MAX: usize = 200;

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Status of the answer; none if there was none.
    pub(crate) status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    pub(crate) excerpt: Option<String>,
}

impl Sent {
    pub(crate) fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    fn failed(why: impl std::fmt::Display) -> Self {
        Self { status: None, excerpt: Some(cut(&why.to_string())) }
    }
}

/// Sends messages; clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Sender(Agent);

impl Sender {
    pub(crate) fn new(rules: WebhookRules) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(!rules.allow_private)
            // A redirect could lead anywhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A proxy would look the name up for itself.
            .proxy(None)
            .timeout_global(Some(TIME_MAX))
            .timeout_connect(Some(CONNECT_MAX))
            .max_idle_connections(0)
            .user_agent("db.xyz-webhooks")
            .build();
        Self(Agent::with_parts(config, DefaultConnector::default(), Guarded { rules }))
    }

    /// Sends a message once.
    pub(crate) async fn send(&self, url: &str, secret: &Secret, message: &Message, now: Timestamp) -> Sent {
        let timestamp = now.inner().unix_timestamp();
        let Some(signature) = signature::sign(secret, &message.id, timestamp, &message.body) else {
            return Sent::failed("the webhook's secret cannot be used; make the webhook anew");
        };
        let (agent, url, message) = (self.0.clone(), url.to_owned(), message.clone());
        let attempt = tokio::task::spawn_blocking(move || {
            let request = agent
                .post(&url)
                .header("content-type", "application/json")
                .header("webhook-id", &message.id)
                .header("webhook-timestamp", timestamp.to_string())
                .header("webhook-signature", signature);
            request.send(&message.body).map(answered)
        });
        match attempt.await {
            Ok(Ok(sent)) => sent,
            Ok(Err(error)) => Sent::failed(error),
            Err(error) => Sent::failed(error),
        }
    }
}

fn answered(response: ureq::http::Response<ureq::Body>) -> Sent {
    let status = response.status().as_u16();
    let mut beginning = Vec::with_capacity(EXCERPT_MAX);
    let limit = u64::try_from(EXCERPT_MAX).unwrap_or(u64::MAX);
    // What cannot be read any more is no part of the excerpt; the status is what counts.
    let _ = response.into_body().into_reader().take(limit).read_to_end(&mut beginning);
    let text = cut(&String::from_utf8_lossy(&beginning));
    Sent { status: Some(status), excerpt: Some(text).filter(|text| !text.is_empty()) }
}

/// Short, and without characters that Postgres or a terminal would mind.
fn cut(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(EXCERPT_MAX).collect()
}

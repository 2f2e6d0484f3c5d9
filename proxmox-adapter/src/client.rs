//! HTTP calls to Proxmox: authentication, addresses in turn, time-outs, and a bound on calls under way.
//!
//! Guarantees: a changing call is sent once; only when nothing at all was sent, or for a reading call, another attempt
//! is made. At most `parallel_calls` threads are blocked at a time, also when callers give up waiting. The token is
//! in one header and nowhere else.

use crate::{
    connector::{PinnedConnector, Unconnected},
    error::{ApiError, Call, Method},
    settings::{ProxmoxConfig, SettingsError, Timeouts},
    trust,
};
use dbx_domain::{Secret, instance::CallOutcome};
use dbx_workflows::{calls, hypervisor::StepGuard};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use ureq::{Agent, http, unversioned::resolver::DefaultResolver};

/// Proxmox closes idle connections after 5 s; using one in its last moment would lose the answer.
const IDLE: Duration = Duration::from_secs(4);
/// No list of a cluster that we serve is larger.
const BODY_LIMIT: u64 = 64 * 1024 * 1024;
/// Below every address.
const BASE: &str = "/api2/json";

/// Parameters of a call, in order.
pub type Params<'a> = &'a [(&'a str, &'a str)];

/// A client of one cluster. Clones share connections and limits.
#[derive(Clone)]
pub struct ProxmoxClient(Arc<Inner>);

struct Inner {
    agent: Agent,
    urls: Vec<String>,
    /// Index of the address that answered last.
    preferred: AtomicUsize,
    authorization: Secret,
    permits: Arc<Semaphore>,
    timeouts: Timeouts,
}

impl fmt::Debug for ProxmoxClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxmoxClient").field("urls", &self.0.urls).finish_non_exhaustive()
    }
}

/// One request, ready to be sent to any address.
#[derive(Clone)]
struct Outgoing {
    call: Call,
    /// Path with query.
    target: String,
    form: Option<String>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    message: Option<String>,
    errors: BTreeMap<String, serde_json::Value>,
}

impl ProxmoxClient {
    /// A client for `config`; nothing is sent yet.
    ///
    /// # Errors
    /// The configuration cannot work.
    pub fn new(config: &ProxmoxConfig, token_secret: &Secret) -> Result<Self, SettingsError> {
        config.check()?;
        let agent_config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(true)
            .max_redirects(0)
            // A proxy from the environment would see the token's traffic only encrypted, but has no business here.
            .proxy(None)
            .max_idle_age(IDLE)
            .max_idle_connections(2 * config.parallel_calls)
            .max_idle_connections_per_host(config.parallel_calls)
            .timeout_resolve(Some(Duration::from_secs(config.timeouts.connect_secs)))
            .timeout_connect(Some(Duration::from_secs(config.timeouts.connect_secs)))
            .user_agent("dbxyz")
            .build();
        let connector = PinnedConnector::new(trust::client_config(&config.ca)?);
        Ok(Self(Arc::new(Inner {
            agent: Agent::with_parts(agent_config, connector, DefaultResolver::default()),
            urls: config.api_urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
            preferred: AtomicUsize::new(0),
            authorization: Secret::new(format!("PVEAPIToken={}={}", config.token_id, token_secret.expose())),
            permits: Arc::new(Semaphore::new(config.parallel_calls)),
            timeouts: config.timeouts.clone(),
        })))
    }

    /// Reads.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: Params<'_>) -> Result<T, ApiError> {
        self.request(Method::Get, None, path, query).await
    }

    /// Acts or adds.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        guard: &dyn StepGuard,
        path: &str,
        form: Params<'_>,
    ) -> Result<T, ApiError> {
        self.request(Method::Post, Some(guard), path, form).await
    }

    /// Changes.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn put(&self, guard: &dyn StepGuard, path: &str, form: Params<'_>) -> Result<(), ApiError> {
        self.request::<serde_json::Value>(Method::Put, Some(guard), path, form).await.map(drop)
    }

    /// Removes. Proxmox takes a body with DELETE for an error, so parameters go into the query.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn delete<T: DeserializeOwned>(
        &self,
        guard: &dyn StepGuard,
        path: &str,
        query: Params<'_>,
    ) -> Result<T, ApiError> {
        self.request(Method::Delete, Some(guard), path, query).await
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.0.timeouts
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: Method,
        guard: Option<&dyn StepGuard>,
        path: &str,
        params: Params<'_>,
    ) -> Result<T, ApiError> {
        let noted = calls::begin(method.name(), path);
        let answered = self.answered(Outgoing::new(method, path, params), guard).await;
        match &answered {
            Ok(_) => noted.ended(CallOutcome::Done, Some(200)),
            Err(error) => noted.ended(error.outcome(), error.status()),
        }
        answered
    }

    async fn answered<T: DeserializeOwned>(
        &self,
        outgoing: Outgoing,
        guard: Option<&dyn StepGuard>,
    ) -> Result<T, ApiError> {
        let (status, body) = self.exchange(&outgoing, guard).await?;
        let call = outgoing.call;
        if status != 200 {
            return Err(refusal(call, status, &body));
        }
        serde_json::from_str::<Envelope<T>>(&body)
            .map(|envelope| envelope.data)
            .map_err(|error| ApiError::Garbled { call, reason: error.to_string() })
    }

    /// Sends until something answered, within the rules of the module.
    async fn exchange(
        &self,
        outgoing: &Outgoing,
        guard: Option<&dyn StepGuard>,
    ) -> Result<(u16, String), ApiError> {
        let count = self.0.urls.len();
        let first = self.0.preferred.load(Ordering::Relaxed);
        let mut reasons = Vec::new();
        // One more than there are addresses: a reading call may have met a connection that was just closing.
        for attempt in 0..=count {
            let index = (first + attempt) % count;
            match self.send(index, outgoing.clone(), guard).await {
                Ok(answer) => {
                    self.0.preferred.store(index, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(ApiError::Unreachable { reason, .. }) if attempt < count => {
                    reasons.push(format!("{}: {reason}", self.0.urls[index]));
                    if attempt + 1 == count {
                        break;
                    }
                }
                Err(ApiError::Lost { reason, .. }) if !outgoing.call.method.changes() && attempt < count => {
                    reasons.push(format!("{}: {reason}", self.0.urls[index]));
                }
                Err(error) => return Err(error),
            }
        }
        Err(ApiError::Unreachable { call: outgoing.call.clone(), reason: reasons.join("; ") })
    }

    async fn send(
        &self,
        index: usize,
        outgoing: Outgoing,
        guard: Option<&dyn StepGuard>,
    ) -> Result<(u16, String), ApiError> {
        let call = outgoing.call.clone();
        let stopped = |reason: &str| ApiError::Unreachable { call: call.clone(), reason: reason.to_owned() };
        let permit =
            Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| stopped("the client is closed"))?;
        // After the wait for a turn: whoever lost the lease meanwhile does not send.
        if let Some(guard) = guard {
            guard.permit().await.map_err(|failure| ApiError::NotPermitted { call: call.clone(), failure })?;
        }
        let inner = Arc::clone(&self.0);
        let blocking = tokio::task::spawn_blocking(move || {
            // Held in here: a caller that goes away does not free the thread.
            let _permit = permit;
            inner.send(index, &outgoing)
        });
        match blocking.await {
            Ok(answer) => answer,
            // The runtime shuts down; the request may be on its way.
            Err(error) => Err(ApiError::Lost { call, reason: error.to_string() }),
        }
    }
}

impl Inner {
    fn send(&self, index: usize, outgoing: &Outgoing) -> Result<(u16, String), ApiError> {
        let classify = |error| classify(&outgoing.call, error);
        let url = format!("{}{BASE}{}", self.urls[index], outgoing.target);
        let builder = http::Request::builder()
            .method(outgoing.call.method.name())
            .uri(url)
            .header("authorization", self.authorization.expose());
        let timeout = Some(self.timeouts.call(outgoing.call.method.changes()));
        let response = match &outgoing.form {
            Some(form) => {
                let builder = builder.header("content-type", "application/x-www-form-urlencoded");
                let request = builder.body(form.as_str()).map_err(|error| classify(error.into()))?;
                self.agent.run(self.agent.configure_request(request).timeout_global(timeout).build())
            }
            None => {
                let request = builder.body(()).map_err(|error| classify(error.into()))?;
                self.agent.run(self.agent.configure_request(request).timeout_global(timeout).build())
            }
        };
        let mut response = response.map_err(classify)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(BODY_LIMIT).read_to_string().map_err(classify)?;
        Ok((status, body))
    }
}

impl Outgoing {
    fn new(method: Method, path: &str, params: Params<'_>) -> Self {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let call = Call { method, path: path.to_owned() };
        match method {
            Method::Post | Method::Put => Self { call, target: path.to_owned(), form: Some(encoded) },
            _ if encoded.is_empty() => Self { call, target: path.to_owned(), form: None },
            _ => Self { call, target: format!("{path}?{encoded}"), form: None },
        }
    }
}

/// Whether a failure of the transport happened before or after the request left.
fn classify(call: &Call, error: ureq::Error) -> ApiError {
    let call = call.clone();
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<Unconnected>() {
            Ok(inner) if inner.untrusted => ApiError::Untrusted { call, reason: inner.reason },
            Ok(inner) => ApiError::Unreachable { call, reason: inner.reason },
            Err(inner) => ApiError::Lost { call, reason: inner.to_string() },
        },
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            ApiError::Unreachable { call, reason: error.to_string() }
        }
        ureq::Error::Io(error) => ApiError::Lost { call, reason: broken(&error) },
        other => ApiError::Lost { call, reason: other.to_string() },
    }
}

/// How a connection ended. rustls explains an end without farewell with a link to its manual, which helps nobody here.
fn broken(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset => {
            "the connection was cut".to_owned()
        }
        _ => error.to_string(),
    }
}

fn refusal(call: Call, status: u16, body: &str) -> ApiError {
    let refusal: Refusal = serde_json::from_str(body).unwrap_or_default();
    let parameters = refusal
        .errors
        .into_iter()
        .map(|(name, text)| (name, text.as_str().map_or_else(|| text.to_string(), str::to_owned)))
        .collect();
    let fallback = || match status {
        401 => "the API token was refused".to_owned(),
        595 => "the container's node cannot be reached".to_owned(),
        596 => "the container's node did not answer in time".to_owned(),
        _ => body.lines().next().unwrap_or_default().chars().take(200).collect(),
    };
    let message = refusal.message.map_or_else(fallback, |text| text.trim_end().to_owned());
    ApiError::Refused { call, status, message, parameters }
}

//! The application: what operations share, and the router that leads to them.

use crate::live::{Hub, Shares};
use crate::{
    api::{self, pace::Measured},
    auth::hasher::Hasher,
    bounds::Bounds,
    http::{
        edge,
        metrics::Metrics,
        rate_limit::{Limits, RateLimiter},
    },
    webhooks::{Sender, WebhookRules},
};
use dbx_sql::{Database, EventStore, Vault};
use poem::{EndpointExt as _, Response, Route, endpoint::BoxEndpoint};
use std::sync::Arc;
use tokio::sync::watch;

/// How the server is deployed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// A proxy that we run terminates TLS in front of us: its `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    /// Anybody could send these headers, so this stays off when clients connect directly.
    pub behind_proxy: bool,
    /// How often somebody may ask.
    pub limits: Limits,
    /// Where webhooks may be.
    pub webhooks: WebhookRules,
    /// What every org, person and network may have at most.
    pub bounds: Bounds,
}

/// What operations share; clones are handles on the same.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    store: EventStore,
    vault: Vault,
    hasher: Hasher,
    metrics: Metrics,
    limiter: RateLimiter,
    sender: Sender,
    measured: Measured,
    live: Arc<Hub>,
    settings: Settings,
    stopping: watch::Sender<bool>,
}

impl App {
    /// An application over a migrated database. `store` must keep every inline projection up to date.
    pub fn new(store: EventStore, vault: Vault, settings: Settings) -> Self {
        let (hasher, metrics) = (Hasher::new(), Metrics::default());
        let limiter = RateLimiter::new(settings.limits);
        let Limits { streams_per_account: per_account, streams_per_org: per_org, .. } = settings.limits;
        let shares = Shares { per_account, per_org };
        let live = Hub::new(store.database().clone(), store.upcasters().clone(), shares);
        Self(Arc::new(Parts {
            live,
            store,
            vault,
            hasher,
            metrics,
            limiter,
            sender: Sender::new(settings.webhooks),
            measured: Measured::default(),
            settings,
            stopping: watch::Sender::new(false),
        }))
    }

    /// Every path that this crate serves, without the edge: the caller may add its own, such as a console, and then
    /// wraps all of it by [`Self::edge`].
    pub fn routes(&self) -> Route {
        api::routes()
    }

    /// Puts the edge around `routes`: request ids, logs, metrics, security headers, problem documents.
    pub fn edge(&self, routes: Route) -> BoxEndpoint<'static, Response> {
        edge::Edge::new(self.clone(), routes.data(self.clone())).boxed()
    }

    /// The whole server.
    pub fn router(&self) -> BoxEndpoint<'static, Response> {
        self.edge(self.routes())
    }

    /// The server is about to stop: answers that are held back are given at once, as they stand.
    pub fn stop_waiting(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Returns when the server is about to stop.
    pub(crate) async fn stopping(&self) {
        // The sender lives in `self`, so it is not dropped meanwhile.
        let _ = self.0.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// The control database.
    pub fn db(&self) -> &Database {
        self.0.store.database()
    }

    pub(crate) fn store(&self) -> &EventStore {
        &self.0.store
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// Numbers about the requests served.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn sender(&self) -> &Sender {
        &self.0.sender
    }

    /// Streams of live activity.
    pub(crate) fn live(&self) -> &Arc<Hub> {
        &self.0.live
    }

    /// Ends every stream, so that the server can stop; clients come back to whichever copy answers.
    pub fn end_streams(&self) {
        self.0.live.close();
    }

    pub(crate) fn limiter(&self) -> &RateLimiter {
        &self.0.limiter
    }

    pub(crate) fn measured(&self) -> &Measured {
        &self.0.measured
    }

    pub(crate) fn settings(&self) -> Settings {
        self.0.settings
    }
}

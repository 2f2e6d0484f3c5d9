//! The application: what operations share, and the router that leads to them.

use crate::live::{Hub, Shares};
use crate::{
    api::{self, pace::Measured},
    auth::{hasher::Hasher, use_notes::UseNotes},
    bounds::Bounds,
    http::{
        edge,
        metrics::Metrics,
        rate_limit::{Limits, RateLimiter},
    },
    mail::Post,
    webhooks::{Sender, WebhookRules},
};
use dbx_projections::sight::Sights;
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

/// How the server is known outside, and how it reaches people.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Where people reach it, such as `https://db.example.com`; links lead there. Without it they lead to the host that a
    /// request names, which is good enough on one's own machine only: whoever sends a request chooses it.
    pub public_url: Option<String>,
    /// The way to the mail server: invitations are mailed as well.
    pub post: Option<Post>,
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
    outside: Outside,
    use_notes: Arc<UseNotes>,
    sights: Sights,
    settings: Settings,
    stopping: watch::Sender<bool>,
}

impl App {
    /// An application over a migrated database. `store` must keep every inline projection up to date.
    pub fn new(store: EventStore, vault: Vault, settings: Settings) -> Self {
        Self::with_outside(store, vault, settings, Outside::default())
    }

    /// As [`Self::new`], known by an address of its own and with a way to a mail server.
    pub fn with_outside(store: EventStore, vault: Vault, settings: Settings, outside: Outside) -> Self {
        let (hasher, metrics) = (Hasher::new(), Metrics::default());
        let limiter = RateLimiter::new(settings.limits);
        let Limits { streams_per_account: per_account, streams_per_org: per_org, .. } = settings.limits;
        let shares = Shares { per_account, per_org };
        let live = Hub::new(store.database().clone(), store.upcasters().clone(), shares);
        let sights = Sights::new(store.database().clone());
        Self(Arc::new(Parts {
            live,
            sights,
            outside,
            store,
            vault,
            hasher,
            metrics,
            limiter,
            sender: Sender::new(settings.webhooks),
            measured: Measured::default(),
            use_notes: Arc::default(),
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

    /// The way to the mail server, if there is one.
    pub(crate) fn post(&self) -> Option<&Post> {
        self.0.outside.post.as_ref()
    }

    /// Where people reach the server, if that was said.
    pub(crate) fn public_url(&self) -> Option<&str> {
        self.0.outside.public_url.as_deref()
    }

    /// Streams of live activity.
    pub(crate) fn live(&self) -> &Arc<Hub> {
        &self.0.live
    }

    /// When sessions and API keys were used.
    pub(crate) fn use_notes(&self) -> &Arc<UseNotes> {
        &self.0.use_notes
    }

    /// Who bears a token, and what they ask for.
    pub(crate) fn sights(&self) -> &Sights {
        &self.0.sights
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

//! Turns: whose webhooks are told now, and by which copy of the server.
//!
//! Guarantees: a webhook is told by one copy at a time, which holds a duty for it and renews it before each message; a
//! slow receiver costs its own webhook time and nobody else's: each has a turn of its own, an org has few at once, and a
//! turn ends after [`TURN`], when whoever waits longest is next. A server that stops ends turns between two messages.

use super::deliver::tell;
use crate::app::App;
use dbx_domain::ids::WebhookId;
use dbx_projections::webhooks as waiting;
use dbx_sql::{SqlError, duty, source::webhooks::DUTY_PREFIX};
use std::{collections::HashMap, time::Duration};
use tokio::{
    sync::watch,
    task::{Id, JoinSet},
    time::Instant,
};

/// Pause between two looks for something to tell.
const LOOK: Duration = Duration::from_millis(500);
/// Turns at the same time; they mostly wait for receivers.
const AT_ONCE: usize = 64;
/// Turns of one org at the same time.
const PER_ORG: u32 = 4;
/// A turn takes no new message after so long.
const TURN: Duration = Duration::from_secs(10);
/// How long a duty lasts, unless it is renewed; longer than any message takes.
const LEASE: Duration = Duration::from_secs(60);

/// A turn to tell a webhook.
pub(super) struct Turn {
    pub(super) app: App,
    pub(super) webhook: WebhookId,
    holder: String,
    ends: Instant,
    stop: watch::Receiver<bool>,
}

impl Turn {
    /// Whether another message may begin, and the webhook is still this turn's.
    pub(super) async fn goes_on(&self) -> Result<bool, SqlError> {
        // A closed channel means that nobody can stop us by it.
        let is_over = *self.stop.borrow() || Instant::now() >= self.ends;
        Ok(!is_over && self.take().await?)
    }

    async fn take(&self) -> Result<bool, SqlError> {
        duty::take(self.app.db(), &self.duty(), &self.holder, LEASE).await
    }

    fn duty(&self) -> String {
        format!("{DUTY_PREFIX}{}", self.webhook)
    }

    async fn run(self) {
        if let Err(problem) = tell(&self).await {
            tracing::warn!(%problem, webhook = %self.webhook, "a webhook could not be told");
        }
        if let Err(error) = duty::resign(self.app.db(), &self.duty(), &self.holder).await {
            tracing::warn!(%error, webhook = %self.webhook, "the duty to tell a webhook is left to run out");
        }
    }
}

/// Tells webhooks, beside other copies of the server.
pub struct Deliverer {
    /// The application, for its database, vault and sender.
    pub app: App,
    /// Names this process among all copies of the server.
    pub holder: String,
}

impl Deliverer {
    /// Works until `stop` turns true and the messages under way are sent.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut turns = Turns::default();
        loop {
            if let Err(error) = turns.begin(&self, &stop).await {
                tracing::warn!(%error, "webhooks could not be told");
            }
            tokio::select! {
                // An error means that nobody can tell us any more: stop as well.
                _ = stop.wait_for(|stop| *stop) => break,
                () = turns.one_ends(), if turns.are_all_taken() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        turns.end().await;
    }
}

/// Tells every webhook that has something to hear one turn long; says how many there were.
///
/// # Errors
/// The database cannot be read; a webhook that cannot be told is no error.
pub async fn deliver_waiting(app: &App) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let (_keep, stop) = watch::channel(false);
    let deliverer = Deliverer { app: app.clone(), holder: format!("once/{}", crate::ids::request()) };
    let mut turns = Turns::default();
    let begun = turns.begin(&deliverer, &stop).await?;
    turns.end().await;
    Ok(begun)
}

/// The turns of this process.
#[derive(Default)]
struct Turns {
    tasks: JoinSet<()>,
    of: HashMap<Id, WebhookId>,
}

impl Turns {
    /// Begins turns for those that wait; says how many.
    async fn begin(
        &mut self,
        deliverer: &Deliverer,
        stop: &watch::Receiver<bool>,
    ) -> Result<usize, SqlError> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(ended);
        }
        let free = u32::try_from(AT_ONCE.saturating_sub(self.of.len())).unwrap_or_default();
        if free == 0 {
            return Ok(0);
        }
        let mut begun = 0;
        for webhook in waiting::waiting(deliverer.app.db(), free, PER_ORG).await? {
            let turn = Turn {
                app: deliverer.app.clone(),
                webhook,
                holder: deliverer.holder.clone(),
                ends: Instant::now() + TURN,
                stop: stop.clone(),
            };
            // A turn of ours that lost its duty may still wait for its receiver.
            if !self.of.values().any(|other| *other == webhook) && turn.take().await? {
                self.of.insert(self.tasks.spawn(turn.run()).id(), webhook);
                begun += 1;
            }
        }
        Ok(begun)
    }

    fn are_all_taken(&self) -> bool {
        self.of.len() >= AT_ONCE
    }

    async fn one_ends(&mut self) {
        if let Some(ended) = self.tasks.join_next_with_id().await {
            self.forget(ended);
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.of.remove(&id);
        if let Err(error) = ended {
            tracing::error!(%error, "telling a webhook ended badly");
        }
    }

    async fn end(&mut self) {
        while !self.tasks.is_empty() {
            self.one_ends().await;
        }
    }
}

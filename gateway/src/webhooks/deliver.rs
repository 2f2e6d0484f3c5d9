//! Delivering: from the org's activity to its webhooks, in one copy of the server.

use super::{Sent, message::Message};
use crate::{app::App, command::decide, http::problem::Problem};
use dbx_domain::{
    Org,
    ids::WebhookId,
    org::{OrgCommand, WebhookChange},
};
use dbx_projections::{
    activity::{self, ActivityItem, ActivityScope},
    webhooks as waiting,
};
use dbx_sql::{
    Actor, Commit, CommitError, Metadata,
    source::webhooks::{self, Attempted, Webhook, WebhookWrite},
};
use dbx_workflows::care::duty::Duty;
use futures::StreamExt as _;
use std::time::Duration;
use tokio::sync::watch;

/// Pause between two looks for something to tell.
const ROUND: Duration = Duration::from_millis(500);
/// Webhooks that are told at the same time.
const AT_ONCE: usize = 8;
/// Webhooks that one look finds.
const FOUND_MAX: u32 = 200;
/// Messages that one webhook is sent before others get their turn.
const MESSAGES_MAX: u32 = 50;
/// Pause after the first failure; doubles with each.
const PAUSE: Duration = Duration::from_secs(5);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(4 * 3_600);
/// A webhook that failed for so long is disabled.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);
/// The answer of a receiver that wants to hear no more (RFC 9110 §15.5.11).
const GONE: u16 = 410;

/// Delivers while this copy of the server has the duty.
pub struct Deliverer {
    /// The application, for its database, vault and sender.
    pub app: App,
    /// The duty to deliver.
    pub duty: Duty,
}

impl Deliverer {
    /// Works until `stop` turns true; then resigns.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            match self.duty.take().await {
                Ok(true) => {
                    if let Err(problem) = deliver_waiting(&self.app).await {
                        tracing::warn!(%problem, "webhooks could not be told");
                    }
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "cannot ask for the duty to tell webhooks"),
            }
            tokio::select! {
                // An error means that nobody can tell us any more: stop as well.
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(ROUND) => {}
            }
        }
        self.duty.resign().await;
    }
}

/// Tells every webhook that has something to hear; says how many there were.
///
/// # Errors
/// The database cannot be read; a webhook that cannot be told is no error.
pub async fn deliver_waiting(app: &App) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let found = waiting::waiting(app.db(), FOUND_MAX).await?;
    let count = found.len();
    let told = futures::stream::iter(found).map(|id| tell(app.clone(), id));
    told.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    Ok(count)
}

async fn tell(app: App, id: WebhookId) {
    if let Err(problem) = tell_one(&app, id).await {
        tracing::warn!(%problem, webhook = %id, "a webhook could not be told");
    }
}

async fn tell_one(app: &App, id: WebhookId) -> Result<(), Problem> {
    let Some(mut webhook) = webhooks::find(app.db(), id).await?.filter(|webhook| webhook.enabled) else {
        return Ok(());
    };
    let scope = ActivityScope { org: webhook.org, project: None, instance: None, detail: false };
    let (items, _) = activity::after(app.db(), &scope, &webhook.cursor, MESSAGES_MAX).await?;
    let secret = app.vault().open(webhook.secret, 1).await?;
    for item in &items {
        if is_wanted(&webhook, item) {
            let message = Message::of(item);
            let sent = app.sender().send(&webhook.url, &secret, &message, app.db().now().await?).await;
            webhooks::note(app.db(), id, &attempted(&message, &sent)).await?;
            if !sent.is_taken() {
                return failed(app, &webhook, &sent).await;
            }
        }
        webhooks::advance(app.db(), &webhook, item.cursor, Duration::ZERO).await?;
        webhook.cursor = item.cursor;
    }
    Ok(())
}

fn is_wanted(webhook: &Webhook, item: &ActivityItem) -> bool {
    webhook.event_types.is_empty() || webhook.event_types.contains(&item.event_type)
}

/// An attempt as it is noted.
pub(crate) fn attempted(message: &Message, sent: &Sent) -> Attempted {
    Attempted {
        message: message.id.clone(),
        event_type: message.kind.clone(),
        delivered: sent.is_taken(),
        status: sent.status,
        excerpt: sent.excerpt.clone(),
    }
}

async fn failed(app: &App, webhook: &Webhook, sent: &Sent) -> Result<(), Problem> {
    let now = app.db().now().await?;
    let too_long = webhook.failing_since.is_some_and(|since| now.since(since) >= PATIENCE);
    let reason = match sent.status {
        Some(GONE) => "it answered 410 Gone".to_owned(),
        _ if !too_long => return Ok(webhooks::fail(app.db(), webhook, pause(webhook.failures)).await?),
        Some(status) => format!("it did not take a message for a day; the last answer was {status}"),
        None => "it could not be reached for a day".to_owned(),
    };
    disable(app, webhook, reason).await
}

/// Grows with each failure, and is spread so that receivers that come back are not hit by all at once.
fn pause(failures: u32) -> Duration {
    let longest = PAUSE.saturating_mul(1 << failures.min(20)).min(PAUSE_MAX);
    longest.mul_f64(rand::random_range(0.5..1.0))
}

async fn disable(app: &App, webhook: &Webhook, reason: String) -> Result<(), Problem> {
    loop {
        let disable = OrgCommand::ChangeWebhook {
            webhook: webhook.id,
            change: WebhookChange::Disabled,
            reason: Some(reason.clone()),
        };
        let append = decide::<Org>(app, &webhook.org.to_string(), vec![disable]).await?;
        let metadata = Metadata { org: Some(webhook.org), ..Metadata::of(Actor::system("webhooks")) };
        let commit = Commit::new(metadata).append(append);
        let commit = commit.write(WebhookWrite::Disable(webhook.id, Some(reason.clone())));
        match app.store().commit(commit).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Conflict { .. } | CommitError::Contention(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_add_up_to_more_than_a_day() {
        assert!(pause(0) <= PAUSE && pause(0) >= PAUSE / 2);
        assert!(pause(40) <= PAUSE_MAX && pause(40) >= PAUSE_MAX / 2);
        let longest: Duration =
            (0..30).map(|failures| PAUSE.saturating_mul(1 << failures.min(20)).min(PAUSE_MAX)).sum();
        assert!(longest > PATIENCE);
    }
}

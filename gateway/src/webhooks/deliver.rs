//! Delivering: from the org's activity to one of its webhooks, message by message.

use super::{Sent, message::Message, turns::Turn};
use crate::{app::App, command::decide, http::problem::Problem};
use dbx_domain::{
    Org,
    org::{OrgCommand, WebhookChange},
};
use dbx_projections::activity::{self, ActivityItem, ActivityScope};
use dbx_sql::{
    Actor, Commit, CommitError, Metadata,
    source::webhooks::{self, Attempted, Webhook, WebhookWrite},
};
use std::time::Duration;

/// Messages that are read at once.
const PAGE: u32 = 50;
/// Pause after the first failure; doubles with each.
const PAUSE: Duration = Duration::from_secs(5);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(4 * 3_600);
/// A webhook that failed for so long is disabled.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);
/// The answer of a receiver that wants to hear no more (RFC 9110 §15.5.11).
const GONE: u16 = 410;

/// Tells a webhook what it has not heard, until it fails, its turn ends, or somebody changes it.
pub(super) async fn tell(turn: &Turn) -> Result<(), Problem> {
    let app = &turn.app;
    let Some(mut webhook) = webhooks::find(app.db(), turn.webhook).await?.filter(|webhook| webhook.enabled)
    else {
        return Ok(());
    };
    let scope = ActivityScope { org: webhook.org, project: None, instance: None, detail: false };
    loop {
        let (items, _) = activity::after(app.db(), &scope, &webhook.cursor, PAGE).await?;
        if items.is_empty() {
            return Ok(());
        }
        for item in &items {
            // Asked after the duty was renewed: what another copy did before that is seen.
            if !turn.goes_on().await? || !is_unchanged(app, &webhook).await? {
                return Ok(());
            }
            if is_wanted(&webhook, item) && !send(app, &webhook, item).await? {
                return Ok(());
            }
            webhooks::advance(app.db(), &webhook, item.cursor).await?;
            webhook.cursor = item.cursor;
        }
    }
}

/// Whether it is still where it was, and wants to hear the same.
async fn is_unchanged(app: &App, webhook: &Webhook) -> Result<bool, Problem> {
    let now = webhooks::find(app.db(), webhook.id).await?;
    Ok(now.is_some_and(|now| {
        now.enabled
            && now.cursor == webhook.cursor
            && now.url == webhook.url
            && now.event_types == webhook.event_types
    }))
}

/// Sends one message; whether it was taken.
async fn send(app: &App, webhook: &Webhook, item: &ActivityItem) -> Result<bool, Problem> {
    let secret = app.vault().open(webhook.secret, 1).await?;
    let message = Message::of(item);
    let sent = app.sender().send(&webhook.url, &secret, &message, app.db().now().await?).await;
    webhooks::note(app.db(), webhook.id, &attempted(&message, &sent)).await?;
    if !sent.is_taken() {
        failed(app, webhook, &sent).await?;
    }
    Ok(sent.is_taken())
}

fn is_wanted(webhook: &Webhook, item: &ActivityItem) -> bool {
    webhook.event_types.is_empty() || webhook.event_types.contains(&item.event_type)
}

/// An attempt as it is noted.
fn attempted(message: &Message, sent: &Sent) -> Attempted {
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
        // Asked after the org was loaded: a change that comes later is a conflict.
        if !is_unchanged(app, webhook).await? {
            return Ok(());
        }
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

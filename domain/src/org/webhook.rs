//! Webhooks as the org knows them: that they exist, and whether they are told anything. Their addresses may hold secrets,
//! so they are kept beside the log.

use super::{Org, OrgError, OrgEvent};
use crate::ids::WebhookId;
use serde::{Deserialize, Serialize};

/// Most webhooks of one org.
pub const WEBHOOKS_MAX: usize = 20;

/// What was done to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookChange {
    /// It exists, and is told from here on.
    Created,
    /// Its address, filter or description changed.
    Updated,
    /// It is told again.
    Enabled,
    /// It is told no longer.
    Disabled,
    /// It is gone.
    Deleted,
    /// It was sent a message that means nothing.
    Tested,
    /// It is told again what it was told before.
    Replayed,
}

impl WebhookChange {
    /// The word in events and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Tested => "tested",
            Self::Replayed => "replayed",
        }
    }
}

impl Org {
    pub(super) fn change_webhook(
        &self,
        webhook: WebhookId,
        change: WebhookChange,
        reason: Option<String>,
    ) -> Result<Vec<OrgEvent>, OrgError> {
        let enabled = self.webhooks.get(&webhook).copied();
        match (change, enabled) {
            // The same request again.
            (WebhookChange::Created, Some(_)) => return Ok(vec![]),
            (WebhookChange::Created, None) if self.webhooks.len() >= WEBHOOKS_MAX => {
                return Err(OrgError::TooManyWebhooks);
            }
            (WebhookChange::Created, None) => {}
            (_, None) => return Err(OrgError::NoSuchWebhook),
            (WebhookChange::Enabled, Some(true)) | (WebhookChange::Disabled, Some(false)) => {
                return Ok(vec![]);
            }
            (_, Some(_)) => {}
        }
        Ok(vec![OrgEvent::WebhookChanged { webhook, change, reason }])
    }

    pub(super) fn note_webhook(&mut self, webhook: WebhookId, change: WebhookChange) {
        match change {
            WebhookChange::Created | WebhookChange::Enabled => drop(self.webhooks.insert(webhook, true)),
            WebhookChange::Disabled => drop(self.webhooks.insert(webhook, false)),
            WebhookChange::Deleted => drop(self.webhooks.remove(&webhook)),
            WebhookChange::Updated | WebhookChange::Tested | WebhookChange::Replayed => {}
        }
    }
}

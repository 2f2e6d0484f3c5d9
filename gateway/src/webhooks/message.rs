//! What is sent. No personal data: people appear by the ids of their accounts.

use dbx_domain::time::Timestamp;
use dbx_projections::{activity::ActivityItem, narrative::mention::MARK};
use serde_json::json;

/// The type of messages that mean nothing, for trying a webhook out.
pub(crate) const TEST: &str = "webhook.test";

/// A message; its id is the same whenever it is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: String,
    /// Name of the event.
    pub(crate) kind: String,
    pub(crate) body: String,
}

impl Message {
    /// Tells of something that happened.
    pub(crate) fn of(item: &ActivityItem) -> Self {
        let body = json!({
            "type": item.event_type,
            "timestamp": item.time.to_string(),
            "data": {
                "position": item.cursor.to_string(),
                "actor": { "kind": item.actor.kind, "id": item.actor.id },
                "sentence": item.sentence.replace(MARK, ""),
                "severity": item.severity.name(),
                "orgId": item.org.to_string(),
                "projectId": item.project.map(|id| id.to_string()),
                "instanceId": item.instance.map(|id| id.to_string()),
                "jobId": item.job.map(|id| id.to_string()),
                "sequence": item.sequence,
            },
        });
        Self { id: format!("msg_{}", item.cursor), kind: item.event_type.clone(), body: body.to_string() }
    }

    /// A message that means nothing.
    pub(crate) fn test(id: &str, now: Timestamp) -> Self {
        let data = json!({ "sentence": "This is a test; nothing happened" });
        let body = json!({ "type": TEST, "timestamp": now.to_string(), "data": data });
        Self { id: format!("msg_test_{id}"), kind: TEST.to_owned(), body: body.to_string() }
    }
}

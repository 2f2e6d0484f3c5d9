//! Shapes of the audit log.

use super::event::Actor;
use poem_openapi::{Enum, Object};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

/// What something was done to.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "AuditResource")]
pub(crate) struct Resource {
    /// Such as `instance`, `project`, `org`, `member`, `invitation`, `api_key`, `session`, `account`.
    pub(crate) kind: String,
    /// Its id.
    pub(crate) id: String,
    /// Its name then; a person's or key's name now. Null when there is none any more.
    pub(crate) name: Option<String>,
}

/// A deed on record.
#[derive(Debug, Object, Serialize)]
#[oai(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    /// Place in the whole log; opaque, but growing, also as text.
    pub(crate) position: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) time: OffsetDateTime,
    /// In which org; null for what concerns an account itself.
    pub(crate) org_id: Option<String>,
    /// Who.
    pub(crate) actor: Actor,
    /// What, such as `instance.create`, `member.remove`, `auth.login`.
    pub(crate) action: String,
    /// To what.
    pub(crate) resource: Resource,
    /// By which request.
    pub(crate) request_id: Option<String>,
    /// From which address; null when there was no request, or when the person was erased.
    pub(crate) address: Option<String>,
    /// The client's name for itself.
    pub(crate) user_agent: Option<String>,
    /// The fields concerned, as they were.
    pub(crate) before: Option<Value>,
    /// The fields concerned, as they are since.
    pub(crate) after: Option<Value>,
    /// The event's name.
    pub(crate) event_type: String,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub(crate) enum ExportFormat {
    /// One JSON object per line.
    Jsonl,
    /// Comma-separated values (RFC 4180), `before` and `after` as JSON.
    Csv,
}

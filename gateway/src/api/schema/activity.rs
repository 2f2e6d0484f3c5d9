//! Shapes of activity.

use super::event::Actor;
use poem_openapi::{Enum, Object};
use serde::Serialize;
use time::OffsetDateTime;

/// How much somebody who looks should mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// As usual.
    Info,
    /// Something that was asked for is done.
    Success,
    /// It may need a look.
    Warning,
    /// It went wrong.
    Error,
}

/// Something that happened in an org.
#[derive(Debug, Object, Serialize)]
#[oai(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActivityItem {
    /// Place in the whole log; opaque, but growing, also as text.
    pub(crate) position: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) time: OffsetDateTime,
    /// Who caused it.
    pub(crate) actor: Actor,
    /// What happened, for programs: the event's name.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What happened, for people.
    pub(crate) sentence: String,
    /// How serious it is.
    pub(crate) severity: Severity,
    /// A step of something larger, or bookkeeping.
    pub(crate) detail: bool,
    /// In which org.
    pub(crate) org_id: String,
    /// In which project.
    pub(crate) project_id: Option<String>,
    /// To which instance.
    pub(crate) instance_id: Option<String>,
    /// In which job.
    pub(crate) job_id: Option<String>,
    /// Place in the history of the org or instance that it happened to.
    pub(crate) sequence: u64,
}

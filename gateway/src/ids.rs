//! The one place that draws ids and random bits.
//!
//! Guarantee: ids are UUIDs of version 7, so that rows and streams sort by age.

use crate::http::problem::Problem;
use dbx_domain::ids::{
    AccountId, ApiKeyId, InstanceId, InvitationId, OrgId, ProjectId, SessionId, WebhookId, WorkflowId,
};
use rand::{TryRngCore as _, rngs::OsRng};
use uuid::Uuid;

/// A fresh account.
pub(crate) fn account() -> AccountId {
    AccountId::from_uuid(Uuid::now_v7())
}

/// A fresh org.
pub(crate) fn org() -> OrgId {
    OrgId::from_uuid(Uuid::now_v7())
}

/// A fresh project.
pub(crate) fn project() -> ProjectId {
    ProjectId::from_uuid(Uuid::now_v7())
}

/// A fresh instance.
pub(crate) fn instance() -> InstanceId {
    InstanceId::from_uuid(Uuid::now_v7())
}

/// A fresh run of a workflow.
pub(crate) fn workflow() -> WorkflowId {
    WorkflowId::from_uuid(Uuid::now_v7())
}

/// A fresh session.
pub(crate) fn session() -> SessionId {
    SessionId::from_uuid(Uuid::now_v7())
}

/// A fresh API key.
pub(crate) fn api_key() -> ApiKeyId {
    ApiKeyId::from_uuid(Uuid::now_v7())
}

/// A fresh invitation.
pub(crate) fn invitation() -> InvitationId {
    InvitationId::from_uuid(Uuid::now_v7())
}

/// A fresh webhook.
pub(crate) fn webhook() -> WebhookId {
    WebhookId::from_uuid(Uuid::now_v7())
}

/// A name for a request that brought none.
pub(crate) fn request() -> String {
    Uuid::now_v7().simple().to_string()
}

/// Random bits of the operating system.
pub(crate) fn fill_random(bits: &mut [u8]) -> Result<(), Problem> {
    OsRng.try_fill_bytes(bits).map_err(Problem::internal)
}

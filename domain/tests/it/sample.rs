//! Fixed ids, names and times, so that a failure reads the same every time.

use dbx_domain::{
    ids::{AccountId, ApiKeyId, InstanceId, InvitationId, OrgId, ProjectId, SecretId, SessionId, WorkflowId},
    instance::{Failure, FailureClass, StepName},
    name::{DisplayName, ResourceName},
    plan::{Plan, Size},
    time::Timestamp,
};
use std::time::Duration;
use uuid::Uuid;

macro_rules! ids {
    ($($name:ident: $type:ident),* $(,)?) => {$(
        pub(crate) fn $name(number: u128) -> $type {
            $type::from_uuid(Uuid::from_u128(number))
        }
    )*};
}

ids! {
    account: AccountId,
    org: OrgId,
    project: ProjectId,
    instance: InstanceId,
    workflow: WorkflowId,
    key: ApiKeyId,
    session: SessionId,
    invitation: InvitationId,
    secret: SecretId,
}

/// Seconds after a fixed origin.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn display_name(text: &str) -> DisplayName {
    text.parse().unwrap()
}

pub(crate) fn resource_name(text: &str) -> ResourceName {
    text.parse().unwrap()
}

/// The smallest volume that the plan allows.
pub(crate) fn size(plan: Plan) -> Size {
    Size::new(plan, None).unwrap()
}

pub(crate) fn step(name: &'static str) -> StepName {
    StepName::new(name)
}

pub(crate) fn failure(class: FailureClass) -> Failure {
    Failure { class, code: "storage_full".into(), message: "the storage local-lvm is full".to_owned() }
}

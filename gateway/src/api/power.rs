//! Start, stop, reboot, rotate.
//!
//! Paths are written `{id}/~verb` here because the router cannot match a literal behind a parameter within a segment;
//! clients and the document say `{id}:verb` (see `http::verbs`).

use super::{Answer, Tag, answer::Accepted, runs, schema::job::Job};
use crate::{
    app::App,
    http::{body::empty_hash, caller::Caller, idempotency::Once, if_match::IfMatch, path_id},
};
use dbx_domain::{instance::WorkflowKind, policy::Action};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Path, Query},
};

/// Operations that run a workflow on an existing instance.
pub(super) struct PowerApi;

#[OpenApi(tag = "Tag::Instances")]
impl PowerApi {
    /// Start a stopped instance.
    #[oai(path = "/instances/:id/~start", method = "post", operation_id = "startInstance")]
    async fn start(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        run(&app, &caller, &id.0, (WorkflowKind::Start, Action::OperateInstance), wait.0, key.0).await
    }

    /// Stop a running instance.
    #[oai(path = "/instances/:id/~stop", method = "post", operation_id = "stopInstance")]
    async fn stop(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        run(&app, &caller, &id.0, (WorkflowKind::Stop, Action::OperateInstance), wait.0, key.0).await
    }

    /// Stop and start a running instance.
    #[oai(path = "/instances/:id/~reboot", method = "post", operation_id = "rebootInstance")]
    async fn reboot(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        run(&app, &caller, &id.0, (WorkflowKind::Reboot, Action::OperateInstance), wait.0, key.0).await
    }

    /// Replace the password.
    ///
    /// Open connections live on.
    #[oai(path = "/instances/:id/~rotate-creds", method = "post", operation_id = "rotateCredentials")]
    async fn rotate(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(validator(maximum(value = "60")))] wait: Query<Option<u32>>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Accepted<Job>> {
        run(&app, &caller, &id.0, (WorkflowKind::Rotate, Action::RotateCredentials), wait.0, key.0).await
    }
}

async fn run(
    app: &App,
    caller: &Caller,
    id: &str,
    what: (WorkflowKind, Action),
    wait: Option<u32>,
    key: Option<String>,
) -> Answer<Accepted<Job>> {
    let once = Once::new(caller, key, empty_hash())?;
    runs::begin(app, caller, (once, IfMatch::ANY), path_id::read(id)?, what, wait).await
}

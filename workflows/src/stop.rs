//! Stop: the server shuts down cleanly and its container rests. Data stays.

use crate::{
    definition::{Definition, Load, OnFailure, Step},
    power::stop_container,
};
use dbx_domain::instance::WorkflowKind;
use futures::FutureExt;
use std::time::Duration;

/// `stop`.
pub static STOP: Definition = Definition {
    kind: WorkflowKind::Stop,
    version: 1,
    deadline: Duration::from_secs(15 * 60),
    on_failure: OnFailure::Park,
    steps: &[Step::new("stop", |ctx| stop_container(ctx).boxed()).loads(Load::Writes)],
};

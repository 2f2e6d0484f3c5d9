//! Reboot: stop, then start. Two steps of their own instead of one call, so that each can be observed and repeated.

use crate::{
    definition::{Definition, Load, OnFailure, Step},
    power::{await_postgres, start_container, stop_container},
};
use dbx_domain::instance::WorkflowKind;
use futures::FutureExt;
use std::time::Duration;

/// `stop` → `start` → `await_postgres`.
pub static REBOOT: Definition = Definition {
    kind: WorkflowKind::Reboot,
    version: 1,
    deadline: Duration::from_secs(15 * 60),
    on_failure: OnFailure::Park,
    steps: &[
        Step::new("stop", |ctx| stop_container(ctx).boxed()).loads(Load::Writes),
        Step::new("start", |ctx| start_container(ctx).boxed()).loads(Load::Writes),
        Step::new("await_postgres", |ctx| await_postgres(ctx).boxed()),
    ],
};

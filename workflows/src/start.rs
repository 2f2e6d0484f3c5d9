//! Start: a stopped instance serves again. Given up or failed, it is stopped again.

use crate::{
    definition::{Definition, Load, OnFailure, Step},
    power::{await_postgres, start_container, stop_container},
};
use dbx_domain::instance::WorkflowKind;
use futures::FutureExt;
use std::time::Duration;

/// `start` (undo: stop) → `await_postgres`.
pub static START: Definition = Definition {
    kind: WorkflowKind::Start,
    version: 1,
    deadline: Duration::from_secs(15 * 60),
    on_failure: OnFailure::Compensate,
    steps: &[
        Step::new("start", |ctx| start_container(ctx).boxed())
            .undo(|ctx| stop_container(ctx).boxed())
            .loads(Load::Writes),
        Step::new("await_postgres", |ctx| await_postgres(ctx).boxed()),
    ],
};

//! What a read model is made of, and how it hears of events.

use crate::{
    api_keys, drifts, instances, invitations, jobs, members, orgs, projects, reservations, workflow_queue,
};
use cqrs_es::Aggregate;
use dbx_domain::{Account, Instance, Org, account::AccountEvent, instance::InstanceEvent, org::OrgEvent};
use dbx_sql::{InlineProjection, NewlyRecorded, ProjectionError};
use std::sync::Arc;

/// A read model: its tables and the projection that fills them.
pub(crate) struct ReadModel {
    /// The projection's name.
    pub name: &'static str,
    /// Goes up with every change of tables or projection; a new version is built from the log at the next start.
    pub version: i32,
    /// Its tables.
    pub tables: &'static [&'static str],
    /// What creates them, unqualified so that the search path decides where.
    pub ddl: &'static str,
    /// How it may be rebuilt.
    pub rebuild: Rebuild,
    /// Columns that others write as well, so that the log does not say what they hold.
    pub beside_log: &'static [&'static str],
    /// Its projection.
    pub projection: fn() -> Arc<dyn InlineProjection>,
}

/// How a read model may be rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rebuild {
    /// While serving: beside the old tables, which are then replaced.
    Swap,
    /// Beside its table too, whose rows are then replaced, but only while no worker holds a lease: it holds what the log
    /// does not say.
    WhileIdle,
}

/// All of them. A model stands behind those that its statements read from.
pub(crate) const ALL: &[ReadModel] = &[
    orgs::MODEL,
    members::MODEL,
    projects::MODEL,
    invitations::MODEL,
    api_keys::MODEL,
    instances::MODEL,
    jobs::MODEL,
    workflow_queue::MODEL,
    reservations::MODEL,
    drifts::MODEL,
];

/// The event, if it is an account's.
pub(crate) fn account(event: &NewlyRecorded<'_>) -> Result<Option<AccountEvent>, ProjectionError> {
    (event.aggregate_type == Account::TYPE).then(|| event.parse()).transpose()
}

/// The event, if it is an org's.
pub(crate) fn org(event: &NewlyRecorded<'_>) -> Result<Option<OrgEvent>, ProjectionError> {
    (event.aggregate_type == Org::TYPE).then(|| event.parse()).transpose()
}

/// The event, if it is an instance's.
pub(crate) fn instance(event: &NewlyRecorded<'_>) -> Result<Option<InstanceEvent>, ProjectionError> {
    (event.aggregate_type == Instance::TYPE).then(|| event.parse()).transpose()
}

//! The verbs on a container: each is one call, and answers with the task that carries it out.

use crate::{client::ProxmoxClient, config::path, error::ApiError, task::Upid};
use dbx_domain::ids::Ctid;
use dbx_workflows::hypervisor::{Power, StepGuard};
use serde::Deserialize;

/// A clone to be made.
pub(crate) struct CloneOrder<'a> {
    pub(crate) template: Ctid,
    pub(crate) new: Ctid,
    pub(crate) hostname: &'a str,
    pub(crate) description: &'a str,
    pub(crate) pool: &'a str,
    /// Copy to this storage instead of linking.
    pub(crate) full_to: Option<&'a str>,
}

/// Clones on the template's own node: a linked clone cannot leave it, and calls need no second node.
pub(crate) async fn clone(
    client: &ProxmoxClient,
    guard: &dyn StepGuard,
    node: &str,
    order: &CloneOrder<'_>,
) -> Result<Upid, ApiError> {
    let new = order.new.to_string();
    // The pool must be named here: a token with rights on the pool alone may not clone outside it.
    let mut form = vec![
        ("newid", new.as_str()),
        ("hostname", order.hostname),
        ("description", order.description),
        ("pool", order.pool),
    ];
    if let Some(storage) = order.full_to {
        form.extend([("full", "1"), ("storage", storage)]);
    }
    client.post(guard, &format!("{}/clone", path(node, order.template)), &form).await
}

#[derive(Deserialize)]
struct Current {
    status: String,
}

/// Whether it runs now. A container that does not exist is [`Meaning::Absent`](crate::meaning::Meaning::Absent).
pub(crate) async fn power(client: &ProxmoxClient, node: &str, ctid: Ctid) -> Result<Power, ApiError> {
    let current: Current = client.get(&format!("{}/status/current", path(node, ctid)), &[]).await?;
    Ok(power_of(&current.status))
}

/// Proxmox's word as ours; `unknown` (of a node that is down) counts as stopped.
pub(crate) fn power_of(status: &str) -> Power {
    if status == "running" { Power::Running } else { Power::Stopped }
}

/// Starts. A container that does not exist is taken all the same, and the task fails.
pub(crate) async fn start(
    client: &ProxmoxClient,
    guard: &dyn StepGuard,
    node: &str,
    ctid: Ctid,
) -> Result<Upid, ApiError> {
    client.post(guard, &format!("{}/status/start", path(node, ctid)), &[]).await
}

/// Asks the guest to shut down, and stops it hard if it has not after the configured time.
pub(crate) async fn shutdown(
    client: &ProxmoxClient,
    guard: &dyn StepGuard,
    node: &str,
    ctid: Ctid,
) -> Result<Upid, ApiError> {
    let patience = client.timeouts().shutdown_secs.to_string();
    let form = [("timeout", patience.as_str()), ("forceStop", "1")];
    client.post(guard, &format!("{}/status/shutdown", path(node, ctid)), &form).await
}

/// Destroys it with all its volumes, those that its configuration does not name included.
pub(crate) async fn destroy(
    client: &ProxmoxClient,
    guard: &dyn StepGuard,
    node: &str,
    ctid: Ctid,
) -> Result<Upid, ApiError> {
    let query = [("purge", "1"), ("force", "1"), ("destroy-unreferenced-disks", "1")];
    client.delete(guard, &path(node, ctid), &query).await
}

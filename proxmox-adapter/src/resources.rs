//! What the cluster has: nodes, guests, storages, and whether a number is taken.

use crate::{client::ProxmoxClient, error::ApiError, meaning::Meaning, wire};
use dbx_domain::ids::Ctid;
use serde::Deserialize;

/// A node. The figures need `Sys.Audit`; without it they are 0.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NodeRow {
    pub(crate) node: String,
    pub(crate) status: String,
    #[serde(default, deserialize_with = "wire::number")]
    pub(crate) maxcpu: u64,
    /// Bytes.
    #[serde(default, deserialize_with = "wire::number")]
    pub(crate) maxmem: u64,
    /// Bytes in use.
    #[serde(default, deserialize_with = "wire::number")]
    pub(crate) mem: u64,
}

/// A guest in the cluster's summary. Presence, node, tags, lock and pool are current; the status lags by up to 10 s.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GuestRow {
    #[serde(deserialize_with = "wire::number")]
    pub(crate) vmid: u64,
    pub(crate) node: String,
    /// `lxc` or `qemu`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) tags: Option<String>,
    #[serde(default)]
    pub(crate) lock: Option<String>,
    #[serde(default)]
    pub(crate) pool: Option<String>,
    #[serde(default, deserialize_with = "wire::flag")]
    pub(crate) template: bool,
    /// Share of its CPUs that is busy, as of the last round of `pvestatd`; absent while the status is `unknown`.
    #[serde(default, deserialize_with = "wire::fraction")]
    pub(crate) cpu: Option<f64>,
    /// Bytes of memory without file cache and shared memory (pve-common CGroup.pm), as of the same round.
    #[serde(default, deserialize_with = "wire::fraction")]
    pub(crate) mem: Option<f64>,
}

/// A container in its node's own list, which is always current.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LiveRow {
    #[serde(deserialize_with = "wire::number")]
    pub(crate) vmid: u64,
    pub(crate) status: String,
}

/// A storage on a node.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StorageStatus {
    /// Free bytes.
    #[serde(default, deserialize_with = "wire::number")]
    pub(crate) avail: u64,
    #[serde(default, deserialize_with = "wire::flag")]
    pub(crate) active: bool,
    #[serde(default, deserialize_with = "wire::flag")]
    pub(crate) enabled: bool,
}

/// A volume in a storage's own list.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct VolumeRow {
    pub(crate) volid: String,
    /// The guest that its name says it belongs to; 0 for none.
    #[serde(default, deserialize_with = "wire::number")]
    pub(crate) vmid: u64,
}

pub(crate) async fn nodes(client: &ProxmoxClient) -> Result<Vec<NodeRow>, ApiError> {
    client.get("/nodes", &[]).await
}

pub(crate) async fn guests(client: &ProxmoxClient) -> Result<Vec<GuestRow>, ApiError> {
    client.get("/cluster/resources", &[("type", "vm")]).await
}

pub(crate) async fn live(client: &ProxmoxClient, node: &str) -> Result<Vec<LiveRow>, ApiError> {
    client.get(&format!("/nodes/{node}/lxc"), &[]).await
}

pub(crate) async fn storage(
    client: &ProxmoxClient,
    node: &str,
    storage: &str,
) -> Result<StorageStatus, ApiError> {
    client.get(&format!("/nodes/{node}/storage/{storage}/status"), &[]).await
}

pub(crate) async fn volumes(
    client: &ProxmoxClient,
    node: &str,
    storage: &str,
) -> Result<Vec<VolumeRow>, ApiError> {
    client.get(&format!("/nodes/{node}/storage/{storage}/content"), &[("content", "rootdir")]).await
}

/// Whether `ctid` is taken anywhere in the cluster, by a container or a VM, visible to us or not. It reserves nothing
/// and needs no privilege.
pub(crate) async fn is_taken(client: &ProxmoxClient, ctid: Ctid) -> Result<bool, ApiError> {
    let id = ctid.to_string();
    match client.get::<serde_json::Value>("/cluster/nextid", &[("vmid", &id)]).await {
        Ok(_) => Ok(false),
        Err(error) if error.means(&Meaning::Exists) => Ok(true),
        Err(error) => Err(error),
    }
}

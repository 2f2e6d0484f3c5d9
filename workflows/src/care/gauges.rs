//! Ports to what can be measured: the cluster's figures of containers, and each server's own counters.
//!
//! Contract for implementations: what cannot be measured is left out; nothing is changed by measuring.

use crate::credential::Password;
use async_trait::async_trait;
use dbx_domain::{ids::Ctid, instance::Failure};
use std::net::Ipv4Addr;

/// What the cluster says of a running container.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerLoad {
    /// Its number.
    pub ctid: Ctid,
    /// The node that holds it.
    pub node: String,
    /// Share of its CPUs that is busy, 0 to 1.
    pub cpu: f64,
    /// Memory of its processes in bytes. Proxmox takes off the file cache and, with it, shared memory: Postgres's shared
    /// buffers are not in it.
    pub memory_bytes: u64,
}

/// The cluster's figures.
#[async_trait]
pub trait ClusterGauges: Send + Sync {
    /// Every container of ours that runs, by one call for all of them. The figures are up to 10 s old. Containers on
    /// nodes that are down are left out.
    ///
    /// # Errors
    /// The cluster does not answer.
    async fn loads(&self) -> Result<Vec<ContainerLoad>, Failure>;
}

/// What a server counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerCounters {
    /// Changes when the server was started or its statistics were reset: counters before and after have nothing to do
    /// with each other.
    pub era: String,
    /// Transactions that ended in the databases of the tenant.
    pub transactions: u64,
    /// Clients connected, without us.
    pub connections: u32,
    /// Bytes of databases and write-ahead log, if they were asked for.
    pub disk_bytes: Option<u64>,
}

/// A server's own counters, read as the platform role.
#[async_trait]
pub trait ServerGauges: Send + Sync {
    /// Reads the counters. Measuring the disk makes the server look at each of its files, so it is asked for less often.
    ///
    /// # Errors
    /// The server does not answer.
    async fn counters(
        &self,
        address: Ipv4Addr,
        platform: &Password,
        with_disk: bool,
    ) -> Result<ServerCounters, Failure>;
}

//! What an emulator is made of: nodes, listening address, container backend and timing.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Everything [`Emulator::start`](crate::Emulator::start) needs to know.
#[derive(Debug, Clone)]
pub struct EmulatorConfig {
    /// Where all state lives. Created (0700) if missing; one emulator at a time.
    pub state_dir: PathBuf,
    /// The HTTPS address. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// The cluster's nodes. Used at the first start of a state directory; later starts keep what is stored.
    pub nodes: Vec<NodeConfig>,
    /// What a container is.
    pub backend: BackendConfig,
    /// How long a simulated task (clone, start, stop, destroy, resize) takes at least.
    pub task_duration: Duration,
    /// Waits that Proxmox has and tests want short.
    pub timing: Timing,
}

impl EmulatorConfig {
    /// Three nodes `pve1` to `pve3` (32 GiB, 8 CPUs and 500 GiB each) on a free loopback port, without any delay.
    #[must_use]
    pub fn three_nodes(state_dir: impl Into<PathBuf>, backend: BackendConfig) -> Self {
        Self {
            state_dir: state_dir.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            nodes: (1..=3).map(|n| NodeConfig::new(&format!("pve{n}"))).collect(),
            backend,
            task_duration: Duration::ZERO,
            timing: Timing::immediate(),
        }
    }
}

/// One node of the emulated cluster.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct NodeConfig {
    /// Node name, for example `pve1`.
    pub name: String,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Logical CPUs.
    pub cpus: u32,
    /// Size of the node's storage `local-zfs` in GiB.
    pub storage_gib: u64,
}

impl NodeConfig {
    /// A node of ordinary size: 32 GiB of memory, 8 CPUs, 500 GiB of storage.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), memory_mib: 32 * 1024, cpus: 8, storage_gib: 500 }
    }
}

/// What stands behind a container.
#[derive(Debug, Clone)]
pub enum BackendConfig {
    /// Nothing: virtual containers whose Postgres is a record ([`SimPostgres`](crate::SimPostgres)).
    Sim,
    /// A real Postgres server per container, on the address of the container's `net0`, port 5432.
    Process {
        /// Holds `16/bin/postgres`, `17/bin/postgres`, …; see `fetch-postgres.sh`.
        postgres_dir: PathBuf,
        /// The only addresses that servers may listen on.
        allow_bind: AddressRange,
    },
}

/// A range of IPv4 addresses in CIDR terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    network: Ipv4Addr,
    prefix: u8,
}

impl AddressRange {
    /// 127.0.0.0/8: reachable from this machine alone.
    pub const LOOPBACK: Self = Self { network: Ipv4Addr::new(127, 0, 0, 0), prefix: 8 };

    /// The range `network/prefix`; a prefix beyond 32 counts as 32.
    #[must_use]
    pub const fn new(network: Ipv4Addr, prefix: u8) -> Self {
        Self { network, prefix: if prefix > 32 { 32 } else { prefix } }
    }

    /// Whether `address` lies in the range.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
        u32::from(address) & mask == u32::from(self.network) & mask
    }
}

/// Waits of the wire contract.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Delay before a 401 (Proxmox: 3 s).
    pub unauthorized_delay: Duration,
    /// How often `/cluster/resources` learns about containers (Proxmox: up to 10 s). Zero: always current.
    pub resources_interval: Duration,
    /// How long a write waits for a container's configuration lock (Proxmox: 10 s).
    pub config_lock_timeout: Duration,
    /// When an idle connection is closed (Proxmox: 5 s).
    pub keep_alive: Duration,
    /// How long an unreachable node keeps a caller waiting (Proxmox: 3 s for `No route to host`).
    pub no_route_delay: Duration,
}

impl Timing {
    /// Proxmox's own waits.
    #[must_use]
    pub fn proxmox() -> Self {
        Self {
            unauthorized_delay: Duration::from_secs(3),
            resources_interval: Duration::from_secs(10),
            config_lock_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(5),
            no_route_delay: Duration::from_secs(3),
        }
    }

    /// No waits, for tests; connections still close after 5 s of silence, and locks still time out after 10 s.
    #[must_use]
    pub fn immediate() -> Self {
        Self {
            unauthorized_delay: Duration::ZERO,
            resources_interval: Duration::ZERO,
            no_route_delay: Duration::ZERO,
            ..Self::proxmox()
        }
    }
}

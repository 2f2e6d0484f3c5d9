//! Live figures of a container, with the traps that Proxmox's own have.

/// What `status/current` reports of a running container.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Figures {
    /// CPU time per wall time since the last look, in CPUs; 0 at the first look.
    pub(crate) cpus_busy: f64,
    /// Bytes of anonymous memory: Postgres's shared buffers are *not* in it.
    pub(crate) memory: u64,
    /// Bytes used on the root file system: the data volume is *not* in it.
    pub(crate) disk: u64,
    /// Bytes read from disk.
    pub(crate) disk_read: u64,
    /// Bytes written to disk.
    pub(crate) disk_written: u64,
}

impl Figures {
    /// A quiet server that exists only as a record.
    pub(crate) fn simulated() -> Self {
        Self { cpus_busy: 0.01, memory: 48 << 20, disk: 600 << 20, disk_read: 0, disk_written: 0 }
    }
}

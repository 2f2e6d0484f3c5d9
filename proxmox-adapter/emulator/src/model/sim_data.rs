//! What a simulated Postgres keeps on its data volume.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The cluster on a volume: made by the first boot, kept as long as the volume lives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SimData {
    pub(crate) major: u8,
    pub(crate) tenant: String,
    pub(crate) database: String,
    pub(crate) connection_limit: u32,
    /// Role name to SCRAM verifier.
    pub(crate) roles: BTreeMap<String, String>,
    /// SHA-256 of the server certificate in hex.
    pub(crate) fingerprint: String,
    /// Rows that tests put there.
    pub(crate) rows: BTreeMap<String, String>,
}

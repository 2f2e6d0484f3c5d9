//! Port to the cluster's storage: which volumes there are, whoever made them.

use async_trait::async_trait;
use dbx_domain::{ids::Ctid, instance::Failure};

/// A volume of a container or virtual machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume {
    /// The container that its name says it belongs to.
    pub owner: Ctid,
    /// The node whose storage holds it.
    pub node: String,
    /// Its id, such as `local-zfs:subvol-101-disk-1`.
    pub id: String,
}

/// The storage that instances use.
#[async_trait]
pub trait Volumes: Send + Sync {
    /// Every volume on the nodes that answer. What our token may not see is not listed.
    ///
    /// # Errors
    /// The cluster does not answer.
    async fn volumes(&self) -> Result<Vec<Volume>, Failure>;
}

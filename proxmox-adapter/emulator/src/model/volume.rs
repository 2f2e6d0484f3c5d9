//! Volumes: what a storage holds, whoever's configuration names it.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Cluster, Vmid};

/// A volume's place: storages are local, so the same volume id may exist once per node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct VolumeKey(String);

impl VolumeKey {
    pub(crate) fn new(node: &str, volid: &str) -> Self {
        Self(format!("{node}/{volid}"))
    }

    pub(crate) fn node(&self) -> &str {
        self.0.split_once('/').map_or("", |(node, _)| node)
    }

    /// Volume id, for example `local-zfs:subvol-101-disk-1`.
    pub(crate) fn volid(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, volid)| volid)
    }

    pub(crate) fn storage(&self) -> &str {
        self.volid().split(':').next().unwrap_or_default()
    }

    /// The last part of the id, for example `subvol-101-disk-1`.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit(['/', ':']).next().unwrap_or_default()
    }
}

impl fmt::Display for VolumeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VolumeKey {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

/// A volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) owner: Vmid,
    pub(crate) bytes: u64,
    /// Unix seconds.
    pub(crate) created: i64,
    /// Base volume of a linked clone.
    pub(crate) parent: Option<String>,
}

impl Cluster {
    /// Allocates `PREFIX-VMID-disk-N` with the lowest free N.
    pub(crate) fn allocate_volume(&mut self, node: &str, storage: &str, new: Volume) -> VolumeKey {
        let number = (0_u32..)
            .find(|n| {
                let name = format!("-{}-disk-{n}", new.owner);
                let taken = |key: &VolumeKey| key.node() == node && key.name().ends_with(&name);
                !self.volumes.iter().any(|(key, _)| taken(key))
            })
            .unwrap_or_default();
        let name = format!("subvol-{}-disk-{number}", new.owner);
        let volid = match &new.parent {
            Some(base) => format!("{storage}:{base}/{name}"),
            None => format!("{storage}:{name}"),
        };
        let key = VolumeKey::new(node, &volid);
        self.volumes.insert(key.clone(), new);
        key
    }

    /// Removes a volume and what the simulation kept on it.
    pub(crate) fn free_volume(&mut self, key: &VolumeKey) {
        self.volumes.remove(key);
        self.sim.remove(key);
    }
}

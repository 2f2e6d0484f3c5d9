//! What a comparison of record and cluster comes to.

use crate::{
    care::{fleet::StrayReservation, volumes::Volume},
    hypervisor::Target,
};
use dbx_domain::{
    ids::{Ctid, InstanceId},
    instance::DriftKind,
};
use std::{collections::BTreeSet, fmt};

/// What is safe to do about a drift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Start the container through a run.
    Start,
    /// Destroy a container that is provably ours and provably not wanted.
    Destroy(Target),
    /// Give back the place of a deleted instance whose container is gone; what has its number now stays.
    Release(Ctid),
    /// Set the container's firewall as a create does.
    Firewall(Target),
}

/// The cluster does not hold what the record says of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Of which instance.
    pub instance: InstanceId,
    /// Under which container number.
    pub ctid: Ctid,
    /// What differs.
    pub what: DriftKind,
    /// What the record says.
    pub expected: String,
    /// What the cluster shows.
    pub observed: String,
    /// What is safe to do; often nothing.
    pub repair: Option<Repair>,
}

impl Drift {
    /// Whether it means that a tenant's data or service is not where it should be, or not guarded as it should be.
    pub fn is_grave(&self) -> bool {
        matches!(
            self.what,
            DriftKind::ContainerMissing
                | DriftKind::ContainerForeign
                | DriftKind::ContainerStopped
                | DriftKind::FirewallOpen
        )
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.instance, self.expected, self.observed)
    }
}

/// Something that is not provably ours, or that nobody claims. It is listed, and never touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unowned {
    /// A container in our range of numbers without our marker.
    Container {
        /// Its number.
        ctid: Ctid,
        /// On which node.
        node: String,
    },
    /// A container whose marker names an instance that this log does not know: another installation's, or one of a
    /// time that a restored backup has lost.
    Stranger {
        /// Its number.
        ctid: Ctid,
        /// On which node.
        node: String,
        /// Whom the marker names.
        owner: InstanceId,
    },
    /// A container with the marker of an instance for which its number was never reserved: somebody's copy.
    Copy {
        /// Its number.
        ctid: Ctid,
        /// On which node.
        node: String,
        /// Whom the marker names.
        owner: InstanceId,
    },
    /// A volume in our range of numbers whose container does not exist.
    Volume(Volume),
    /// A reservation that no instance claims.
    Reservation {
        /// The number.
        ctid: Ctid,
        /// For which instance it was made.
        instance: InstanceId,
    },
    /// Secrets whose owner is no living instance.
    Secrets {
        /// Whose they were.
        owner: String,
        /// How many.
        count: u32,
    },
}

impl From<Volume> for Unowned {
    fn from(volume: Volume) -> Self {
        Self::Volume(volume)
    }
}

impl From<StrayReservation> for Unowned {
    fn from(StrayReservation { ctid, instance, .. }: StrayReservation) -> Self {
        Self::Reservation { ctid, instance }
    }
}

impl fmt::Display for Unowned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container { ctid, node } => {
                write!(f, "container {ctid} on {node} is in our range and does not carry our marker")
            }
            Self::Stranger { ctid, node, owner } => {
                write!(
                    f,
                    "container {ctid} on {node} carries the marker of {owner}, which is not in this log"
                )
            }
            Self::Copy { ctid, node, owner } => write!(
                f,
                "container {ctid} on {node} carries the marker of {owner}, for which that number was never reserved"
            ),
            Self::Volume(volume) => write!(
                f,
                "volume {} on {} belongs to container {}, which does not exist",
                volume.id, volume.node, volume.owner
            ),
            Self::Reservation { ctid, instance } => {
                write!(f, "container number {ctid} is reserved for {instance}, which is not there")
            }
            Self::Secrets { owner, count } => write!(f, "{count} secrets of {owner}, which is not there"),
        }
    }
}

/// The whole comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Instances that are not as recorded.
    pub drifts: Vec<Drift>,
    /// Things that nobody owns.
    pub unowned: Vec<Unowned>,
    /// Nodes that could not be looked at: what is on them is neither right nor wrong.
    pub dark: BTreeSet<String>,
    /// Instances about which nothing can be said: they are being changed, or their node is dark.
    pub unseen: BTreeSet<InstanceId>,
    /// Living instances whose firewall was not looked at this time.
    pub firewall_unseen: BTreeSet<InstanceId>,
}

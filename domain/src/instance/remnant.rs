//! What a run that was given up where it was stuck may leave behind.
//!
//! Guarantee: nothing that the record knows of is left out. Whether it is really there, only the cluster can tell.

use super::{CredentialRole, Instance, WorkflowKind};
use crate::ids::{Ctid, SecretId};
use serde::{Deserialize, Serialize};
use std::{fmt, net::Ipv4Addr};

/// Something that may be left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remnant {
    /// A container with its volumes.
    Container {
        /// Its number.
        ctid: Ctid,
        /// The node that it was placed on.
        node: String,
    },
    /// An address that is not given to anybody else while this is unsettled.
    Address {
        /// The address.
        address: Ipv4Addr,
    },
    /// A password beside the log.
    Secret {
        /// Whose.
        role: CredentialRole,
        /// Under which id.
        secret: SecretId,
        /// Which version.
        version: u32,
    },
}

impl fmt::Display for Remnant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container { ctid, node } => write!(f, "container {ctid} on {node}"),
            Self::Address { address } => write!(f, "address {address}"),
            Self::Secret { role, version, .. } => write!(f, "version {version} of the {role} password"),
        }
    }
}

impl Instance {
    /// What a run of `kind` may leave behind if it is given up now.
    ///
    /// An instance that is there before and after the run keeps its container and address: they are in use, not left.
    pub fn remnants(&self, kind: WorkflowKind) -> Vec<Remnant> {
        match kind {
            WorkflowKind::Create => self.placed().chain(self.secrets(|_, _| true)).collect(),
            // Its secrets are destroyed with it in any case.
            WorkflowKind::Delete => self.placed().collect(),
            // The server may accept the new version or the old one.
            WorkflowKind::Rotate => self.secrets(|latest, active| active != Some(latest)).collect(),
            WorkflowKind::Start | WorkflowKind::Stop | WorkflowKind::Reboot => Vec::new(),
        }
    }

    fn placed(&self) -> impl Iterator<Item = Remnant> {
        let placement = self.placement.iter();
        placement.flat_map(|place| {
            let container = Remnant::Container { ctid: place.ctid, node: place.node.clone() };
            [container, Remnant::Address { address: place.address }]
        })
    }

    fn secrets(&self, left: impl Fn(u32, Option<u32>) -> bool) -> impl Iterator<Item = Remnant> {
        self.credentials
            .iter()
            .filter(move |(_, known)| left(known.latest, known.active))
            .map(|(role, known)| Remnant::Secret { role: *role, secret: known.secret, version: known.latest })
    }
}

//! How much one client, one person and one org may ask of a copy of the server.

use dbx_gateway::Limits;
use serde::Deserialize;

/// Limits; 0 switches one off.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsSection {
    /// Requests per minute with one session token or API key.
    pub(crate) per_token: u32,
    /// Requests per minute from one address, whatever the tokens.
    pub(crate) per_address: u32,
    /// Live streams that one person has open.
    pub(crate) streams_per_account: u32,
    /// Live streams that one org has open.
    pub(crate) streams_per_org: u32,
    /// Connections from one address.
    pub(crate) connections_per_address: u32,
}

impl LimitsSection {
    /// Connections from one address, if that is limited.
    pub(crate) fn share_of_connections(self) -> Option<usize> {
        usize::try_from(self.connections_per_address).ok().filter(|share| *share > 0)
    }

    /// As the API takes them.
    pub(crate) const fn limits(self) -> Limits {
        let Self { per_token, per_address, streams_per_account, streams_per_org, .. } = self;
        Limits { per_token, per_address, streams_per_account, streams_per_org }
    }
}

impl Default for LimitsSection {
    fn default() -> Self {
        let Limits { per_token, per_address, streams_per_account, streams_per_org } = Limits::default();
        Self { per_token, per_address, streams_per_account, streams_per_org, connections_per_address: 256 }
    }
}

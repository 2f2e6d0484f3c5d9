//! What the operator allows every org, person and network, whatever these would like for themselves.

use dbx_domain::org::Quota;

/// Bounds; by default there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The most that any org may use, and the highest quota that an owner may set.
    pub quota_ceiling: Option<Quota>,
    /// Orgs that one person may be an owner of when they make another; zero: any number.
    pub orgs_per_account: u32,
    /// Accounts that may be made from one network (an IPv4 address, an IPv6 /64) within an hour; zero: any number.
    pub sign_ups_per_hour: u32,
}

//! Where a command works, and whether it waits.
//!
//! `DBX_ORG` and `DBX_PROJECT` are read by `scope`, not by clap: its usage lines would show what they set as required.

use super::Limit;
use clap::Args;

/// Narrows a command to an org.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgScope {
    /// Org, by name or id [default: the selected one, or the only one]
    #[arg(long, value_name = "ORG", add = crate::complete::orgs())]
    pub org: Option<String>,
}

/// Narrows a command to a project.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectScope {
    /// Org, by name or id [default: the selected one, or the only one]
    #[arg(long, value_name = "ORG", add = crate::complete::orgs())]
    pub org: Option<String>,
    /// Project, by name or id [default: the selected one]
    #[arg(long, short, value_name = "PROJECT", add = crate::complete::projects())]
    pub project: Option<String>,
}

/// Whether to wait for the job that a command begins.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitArgs {
    /// Wait until the job is over, showing its steps; at most this long, such as 90s [default: 10m]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "10m")]
    pub wait: Option<Limit>,
}

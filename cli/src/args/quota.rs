//! Limits of orgs and projects.
//!
//! Numbers are text here, so that everything wrong with them is said at once.

use super::OrgScope;
use clap::Args;

/// Limits to change; those that are left out stay.
#[derive(Args, Debug)]
pub struct LimitArgs {
    /// Most instances
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub instances: Option<String>,
    /// Most virtual CPUs
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, alias = "vcpu")]
    pub vcpus: Option<String>,
    /// Most memory, in MiB
    #[arg(long, value_name = "MIB", allow_hyphen_values = true)]
    pub memory: Option<String>,
    /// Most disk, in GiB
    #[arg(long, value_name = "GIB", allow_hyphen_values = true)]
    pub disk: Option<String>,
}

/// `dbx project quota`.
#[derive(Args, Debug)]
pub struct ProjectQuotaArgs {
    /// Project, by name or id [default: the selected one, or the only one]
    #[arg(add = crate::complete::projects())]
    pub project: Option<String>,
    /// What to change.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// In which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

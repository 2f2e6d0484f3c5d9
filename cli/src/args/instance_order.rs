//! Ordering and changing instances.

use super::{OneArgs, ProjectScope, Tag, WaitArgs};
use clap::Args;

/// `dbx instance create`.
///
/// Numbers are left to the server, which knows what it offers: "write 16, 17 or 18" helps more than "not a number".
#[derive(Args, Debug)]
pub struct CreateArgs {
    /// Its name: lower-case letters, digits and hyphens, unique in the project
    #[arg(long)]
    pub name: String,
    /// Its size; see `dbx plans`
    #[arg(long, add = crate::complete::plans())]
    pub plan: String,
    /// Postgres major [default: the server's choice; see `dbx plans`]
    #[arg(long, value_name = "MAJOR", allow_hyphen_values = true, add = crate::complete::majors())]
    pub pg: Option<String>,
    /// Size of its data volume in GiB [default: the plan's smallest]
    #[arg(long, value_name = "GIB", allow_hyphen_values = true)]
    pub disk: Option<String>,
    /// A label; may be given many times
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<Tag>,
    /// In which project.
    #[command(flatten)]
    pub scope: ProjectScope,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `dbx instance update`.
#[derive(Args, Debug)]
#[group(id = "change", required = true, multiple = true, args = ["name", "tags", "untag", "protect", "unprotect"])]
pub struct UpdateArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// Its new name
    #[arg(long)]
    pub name: Option<String>,
    /// A label to add, or to give another value; may be given many times
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<Tag>,
    /// A label to remove; may be given many times
    #[arg(long, value_name = "KEY")]
    pub untag: Vec<String>,
    /// Refuse deletes from now on
    #[arg(long, conflicts_with = "unprotect")]
    pub protect: bool,
    /// Allow deletes again
    #[arg(long)]
    pub unprotect: bool,
}

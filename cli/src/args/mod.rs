//! The command line.
//!
//! One file per verb group. Names and ids are plain text here; `resolve` finds out which is meant. Secrets are never
//! arguments: anybody on the machine can read those.

mod auth;
mod instance;
mod job;
mod limit;
mod project;
mod tag;

pub use auth::{LoginArgs, OrgCommand, RegisterArgs};
pub use instance::{
    ConnectionArgs, CreateArgs, CredsCommand, DeleteArgs, InstanceCommand, OneArgs, OperateArgs, PsqlArgs,
};
pub use job::{JobCommand, JobListArgs, JobOperateArgs, WatchArgs};
pub use limit::{Limit, LimitError};
pub use project::ProjectCommand;
pub use tag::{Tag, TagError};

use crate::{api_url::ApiUrl, output::Format};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

/// Postgres servers from the command line.
///
/// Exit codes: 0 done, 1 refused or wrong usage, 2 error, 3 --wait ran out, 4 the job failed, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "dbx", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What applies to every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// How results are written, table or json; with json, errors are JSON too
    #[arg(
        long,
        short,
        hide_possible_values = true,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        display_order = 90
    )]
    pub output: Format,
    /// Address of the server [default: the one signed in to last, else http://127.0.0.1:8080]
    #[arg(long, global = true, env = "DBX_API_URL", value_name = "URL", display_order = 91)]
    pub api: Option<ApiUrl>,
}

/// A verb or a verb group.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign up and in
    Register(RegisterArgs),
    /// Sign in
    Login(LoginArgs),
    /// Sign out: end the session on the server and forget it here
    Logout,
    /// Show who is signed in, where, and what is selected
    Whoami,
    /// Orgs: the unit of membership and quota
    #[command(subcommand)]
    Org(OrgCommand),
    /// Projects: groups of instances
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Instances: Postgres servers
    #[command(subcommand, visible_alias = "instances")]
    Instance(InstanceCommand),
    /// Jobs: what is being done to instances
    #[command(subcommand, visible_alias = "jobs")]
    Job(JobCommand),
    /// Show what can be ordered
    Plans,
    /// Print a completion script for a shell
    ///
    /// bash: `source <(dbx completion bash)`, zsh: `source <(dbx completion zsh)`, fish: `dbx completion fish | source`
    Completion {
        /// The shell
        shell: Shell,
    },
}

/// Narrows a command to an org.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgScope {
    /// Org, by name or id [default: the selected one, or the only one]
    #[arg(long, env = "DBX_ORG", value_name = "ORG")]
    pub org: Option<String>,
}

/// Narrows a command to a project.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectScope {
    /// Org, by name or id [default: the selected one, or the only one]
    #[arg(long, env = "DBX_ORG", value_name = "ORG")]
    pub org: Option<String>,
    /// Project, by name or id [default: the selected one]
    #[arg(long, env = "DBX_PROJECT", value_name = "PROJECT")]
    pub project: Option<String>,
}

/// Whether to wait for the job that a command begins.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitArgs {
    /// Wait until the job is over, showing its steps; at most this long, such as 90s [default: 10m]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "10m")]
    pub wait: Option<Limit>,
}

//! Jobs.

use super::{Limit, ProjectScope, WaitArgs};
use clap::{Args, Subcommand};

/// `dbx job …`.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Follow a job until it is over
    Watch(WatchArgs),
    /// List jobs, newest first
    List(JobListArgs),
    /// Give a job up; what it did is undone
    Cancel(JobOperateArgs),
    /// Let a job that needs an operator try again
    Retry(JobOperateArgs),
}

/// `dbx job watch`.
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Job by id, or an instance whose current job is meant
    pub job: String,
    /// Give up watching after this long; the job goes on
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<Limit>,
    /// Where to look for an instance's name.
    #[command(flatten)]
    pub scope: ProjectScope,
}

/// `dbx job list`.
#[derive(Args, Debug)]
pub struct JobListArgs {
    /// Only this instance's, by name or id
    #[arg(long)]
    pub instance: Option<String>,
    /// At most so many of each project
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Of which project.
    #[command(flatten)]
    pub scope: ProjectScope,
}

/// `dbx job cancel`, `dbx job retry`.
#[derive(Args, Debug)]
pub struct JobOperateArgs {
    /// Job by id, or an instance whose current job is meant
    pub job: String,
    /// Where to look for an instance's name.
    #[command(flatten)]
    pub scope: ProjectScope,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: WaitArgs,
}

//! Jobs.

use super::{Count, Limit, ProjectScope, WaitArgs};
use clap::{Args, Subcommand};

/// `dbx job …`.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// List jobs, newest first
    List(JobListArgs),
    /// Show a job and its steps
    #[command(visible_alias = "show")]
    Info(JobOneArgs),
    /// Follow a job until it is over
    Watch(WatchArgs),
    /// Give a job up; what it did is undone
    Cancel(JobOperateArgs),
    /// Let a job that needs an operator try again
    Retry(JobOperateArgs),
    /// End a job that needs an operator as it stands; what it may leave behind is on record
    Abandon(JobOperateArgs),
}

impl JobCommand {
    /// The job, or the instance, that it is about, as it was typed.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        let one = match self {
            Self::List(_) => return None,
            Self::Info(one) => one,
            Self::Watch(args) => &args.one,
            Self::Cancel(args) | Self::Retry(args) | Self::Abandon(args) => &args.one,
        };
        Some(&one.job)
    }
}

/// Names a job.
#[derive(Args, Debug)]
pub struct JobOneArgs {
    /// Job by id, or an instance whose current or last job is meant
    #[arg(value_name = "JOB|INSTANCE", add = crate::complete::jobs())]
    pub job: String,
    /// Where to look for an instance's name.
    #[command(flatten)]
    pub scope: ProjectScope,
}

/// `dbx job watch`.
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Which job.
    #[command(flatten)]
    pub one: JobOneArgs,
    /// Give up watching after this long, such as 90s; the job goes on [default: never]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "10m")]
    pub wait: Option<Limit>,
    /// The same
    #[arg(long, value_name = "DURATION", hide = true, conflicts_with = "wait")]
    pub timeout: Option<Limit>,
}

/// `dbx job list`.
#[derive(Args, Debug)]
pub struct JobListArgs {
    /// Only this instance's, by name or id
    #[arg(long, add = crate::complete::instances())]
    pub instance: Option<String>,
    /// At most so many of each project
    #[arg(long, value_name = "NUMBER", default_value = "50", allow_hyphen_values = true)]
    pub limit: Count,
    /// Of which project.
    #[command(flatten)]
    pub scope: ProjectScope,
}

/// `dbx job cancel`, `dbx job retry`, `dbx job abandon`.
#[derive(Args, Debug)]
pub struct JobOperateArgs {
    /// Which job.
    #[command(flatten)]
    pub one: JobOneArgs,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: WaitArgs,
}

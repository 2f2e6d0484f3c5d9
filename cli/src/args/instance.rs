//! Instances: the verbs, and what several of them share.

use super::{
    ConnectionArgs, CreateArgs, HistoryArgs, InfoArgs, MetricsArgs, ProjectScope, PsqlArgs, UpdateArgs,
    WaitArgs,
};
use clap::{Args, Subcommand};

/// `dbx instance …`.
#[derive(Debug, Subcommand)]
pub enum InstanceCommand {
    /// Order an instance
    Create(CreateArgs),
    /// List instances
    List {
        /// Of which project.
        #[command(flatten)]
        scope: ProjectScope,
    },
    /// Show an instance, also as it was at some time
    #[command(visible_alias = "show")]
    Info(InfoArgs),
    /// Show how to connect
    Connection(ConnectionArgs),
    /// Open psql, verified against the instance's certificate
    Psql(PsqlArgs),
    /// Start a stopped instance
    Start(OperateArgs),
    /// Stop an instance; its data stays
    Stop(OperateArgs),
    /// Stop and start an instance
    Reboot(OperateArgs),
    /// Change an instance's name, labels or protection
    Update(UpdateArgs),
    /// Delete an instance and its data, for good
    Delete(DeleteArgs),
    /// Passwords
    #[command(subcommand)]
    Creds(CredsCommand),
    /// Show what an instance uses: CPU, memory, disk, queries, connections
    Metrics(MetricsArgs),
    /// Show everything that ever happened to an instance
    History(HistoryArgs),
    /// Say why an instance is as it is, what it waits for, and what can be done
    Why(OneArgs),
    /// Show how an instance stands, then live what happens to it, until Ctrl-C or until it is deleted
    ///
    /// With --output json, the first document is the instance, each further one an event.
    Watch(OneArgs),
}

impl InstanceCommand {
    /// The instance that it is about, as it was typed.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        let one = match self {
            Self::Create(_) | Self::List { .. } => return None,
            Self::Info(args) => &args.one,
            Self::Connection(args) => &args.one,
            Self::Psql(args) => &args.one,
            Self::Start(args) | Self::Stop(args) | Self::Reboot(args) => &args.one,
            Self::Update(args) => &args.one,
            Self::Delete(args) => &args.one,
            Self::Creds(CredsCommand::Rotate(args)) => &args.one,
            Self::Creds(CredsCommand::Reveal(one)) | Self::Why(one) | Self::Watch(one) => one,
            Self::Metrics(args) => &args.one,
            Self::History(args) => &args.one,
        };
        Some(&one.instance)
    }
}

/// Names one instance.
#[derive(Args, Debug)]
pub struct OneArgs {
    /// Instance, by name or id
    #[arg(value_name = "INSTANCE", add = crate::complete::instances())]
    pub instance: String,
    /// Where to look for the name.
    #[command(flatten)]
    pub scope: ProjectScope,
}

/// An operation that runs as a job.
#[derive(Args, Debug)]
pub struct OperateArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `dbx instance delete`.
#[derive(Args, Debug)]
pub struct DeleteArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// Do not ask
    #[arg(long)]
    pub force: bool,
    /// Whether to wait.
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// `dbx instance creds …`.
#[derive(Debug, Subcommand)]
pub enum CredsCommand {
    /// Replace the password; open connections live on
    Rotate(OperateArgs),
    /// Print the password; the instance's history records it
    Reveal(OneArgs),
}

//! Instances.

use super::{ProjectScope, Tag, WaitArgs};
use clap::{Args, Subcommand};
use std::{ffi::OsString, path::PathBuf};

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
    /// Show an instance
    Info(OneArgs),
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
    /// Delete an instance and its data, for good
    Delete(DeleteArgs),
    /// Passwords
    #[command(subcommand)]
    Creds(CredsCommand),
}

/// Names one instance.
#[derive(Args, Debug)]
pub struct OneArgs {
    /// Instance, by name or id
    #[arg(value_name = "INSTANCE")]
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

/// `dbx instance create`.
#[derive(Args, Debug)]
pub struct CreateArgs {
    /// Its name: lower-case letters, digits and hyphens, unique in the project
    #[arg(long)]
    pub name: String,
    /// Its size; see `dbx plans`
    #[arg(long)]
    pub plan: String,
    /// Postgres major [default: the server's choice; see `dbx plans`]
    #[arg(long, value_name = "MAJOR")]
    pub pg: Option<u32>,
    /// Size of its data volume in GiB [default: the plan's smallest]
    #[arg(long, value_name = "GIB")]
    pub disk: Option<u32>,
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

/// `dbx instance connection`.
#[derive(Args, Debug)]
pub struct ConnectionArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// Print only a complete URI, with the password, as in: psql "$(dbx instance connection NAME --reveal)"
    #[arg(long)]
    pub reveal: bool,
    /// Write the server's certificate to this file, and have the URI verify it
    #[arg(long, value_name = "FILE")]
    pub sslrootcert: Option<PathBuf>,
}

/// `dbx instance psql`.
#[derive(Args, Debug)]
pub struct PsqlArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// Arguments for psql
    #[arg(last = true)]
    pub args: Vec<OsString>,
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

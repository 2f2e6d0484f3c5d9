//! Looking at instances and connecting to them.

use super::{Count, OneArgs};
use clap::Args;
use std::{ffi::OsString, path::PathBuf};

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
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
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

/// `dbx instance history`.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// Only the last so many
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<Count>,
}

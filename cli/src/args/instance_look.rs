//! Looking at instances and connecting to them.

use super::{Count, OneArgs, When};
use clap::{Args, ValueEnum};
use std::{ffi::OsString, path::PathBuf};

/// `dbx instance info`.
#[derive(Args, Debug)]
pub struct InfoArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// As it was then: a time, a day, an age such as 2h-ago, or the number of an event in its history
    #[arg(long, value_name = "WHEN")]
    pub at: Option<When>,
}

/// `dbx instance connection`.
#[derive(Args, Debug)]
pub struct ConnectionArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// Print only a complete URI, with the password. Hand it over where others cannot read it, as in:
    /// DATABASE_URL="$(dbx instance connection NAME --reveal)" ./program; for psql there is `dbx psql NAME`
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
    /// Arguments for psql, as in: dbx psql db -c "select 1"; behind -- also those that dbx has itself
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
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

/// `dbx instance metrics`.
#[derive(Args, Debug)]
pub struct MetricsArgs {
    /// Which instance.
    #[command(flatten)]
    pub one: OneArgs,
    /// How far back
    #[arg(long, value_enum, default_value = "1h")]
    pub window: Window,
}

/// How far back metrics reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Window {
    /// A quarter of an hour
    #[value(name = "15m")]
    QuarterHour,
    /// An hour
    #[value(name = "1h")]
    Hour,
    /// Six hours
    #[value(name = "6h")]
    SixHours,
    /// A day
    #[value(name = "24h")]
    Day,
}

impl Window {
    /// As the API has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::QuarterHour => "15m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
        }
    }
}

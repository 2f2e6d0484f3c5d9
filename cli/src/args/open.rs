//! Into the console, and whether things can be reached.

use super::ProjectScope;
use clap::Args;

/// `dbx open`.
#[derive(Args, Debug)]
pub struct OpenArgs {
    /// Instance, by name or id [default: the selected project, or the org]
    #[arg(add = crate::complete::instances())]
    pub instance: Option<String>,
    /// Print the address instead of opening a browser
    #[arg(long)]
    pub print: bool,
    /// Where to look for the name.
    #[command(flatten)]
    pub scope: ProjectScope,
}

/// `dbx doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Instance that shall be reached too, by name or id
    #[arg(add = crate::complete::instances())]
    pub instance: Option<String>,
    /// Where to look for the name.
    #[command(flatten)]
    pub scope: ProjectScope,
}

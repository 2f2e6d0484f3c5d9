//! Accounts and orgs.

use clap::{Args, Subcommand};

/// `dbx register`.
#[derive(Args, Debug)]
pub struct RegisterArgs {
    /// Address to sign in with
    #[arg(long)]
    pub email: String,
    /// How others see you [default: the address up to the at sign]
    #[arg(long)]
    pub name: Option<String>,
    /// Read the password from the first line of stdin instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
}

/// `dbx login`.
#[derive(Args, Debug)]
pub struct LoginArgs {
    /// Address of the account [default: the one signed in with last]
    #[arg(long)]
    pub email: Option<String>,
    /// Read the password from the first line of stdin instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
}

/// `dbx org …`.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// List the orgs you belong to
    List,
    /// Choose the org that commands work in
    Select {
        /// Org, by name or id
        org: String,
    },
}

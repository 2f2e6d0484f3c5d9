//! The account: sign up, in and out; password, name, sessions.

use clap::{Args, Subcommand};

/// `dbx register`.
#[derive(Args, Debug)]
pub struct RegisterArgs {
    /// Address to sign in with [default: asked for]
    #[arg(long, value_hint = clap::ValueHint::EmailAddress)]
    pub email: Option<String>,
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
    /// Address of the account [default: the one signed in with last, else asked for]
    #[arg(long, value_hint = clap::ValueHint::EmailAddress)]
    pub email: Option<String>,
    /// Read the password from the first line of stdin instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
}

/// `dbx account …`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Change the password; every other session ends
    Password {
        /// Read the present password and the new one from the first two lines of stdin
        #[arg(long)]
        password_stdin: bool,
    },
    /// Change how others see you
    Rename {
        /// The new name
        name: String,
    },
    /// Print everything that is kept about you
    Export,
    /// Erase the account; what was done stays on record under its id alone
    Delete {
        /// Do not ask, except for the password
        #[arg(long)]
        force: bool,
        /// Read the password from the first line of stdin instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// Where you are signed in
    #[command(subcommand)]
    Sessions(SessionsCommand),
}

/// `dbx account sessions …`.
#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// List where you are signed in
    List,
    /// End a session
    Revoke {
        /// Session by id
        #[arg(required_unless_present = "others", add = crate::complete::sessions())]
        session: Option<String>,
        /// End every session but this one
        #[arg(long, conflicts_with = "session")]
        others: bool,
    },
}

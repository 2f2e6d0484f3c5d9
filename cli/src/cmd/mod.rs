//! What the commands do; a verb group per file.

mod auth;
mod connection;
mod creds;
mod instance;
mod job;
mod operate;
mod org;
mod plans;
mod project;
mod psql;

use crate::{
    args::{Cli, Command},
    context::Context,
    failure::Failure,
    output,
};
use clap::CommandFactory as _;
use clap_complete::Shell;

/// Runs a parsed command line.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Completion { shell } => completion(shell),
        Command::Plans => plans::list(&Context::open(global)?),
        Command::Register(args) => auth::register(&Context::open(global)?, args),
        Command::Login(args) => auth::login(&Context::open(global)?, args),
        Command::Logout => auth::logout(&Context::signed_in(global)?),
        Command::Whoami => auth::whoami(&Context::signed_in(global)?),
        Command::Org(command) => org::run(&Context::signed_in(global)?, command),
        Command::Project(command) => project::run(&Context::signed_in(global)?, command),
        Command::Instance(command) => instance::run(&Context::signed_in(global)?, command),
        Command::Job(command) => job::run(&Context::signed_in(global)?, command),
    }
}

fn completion(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dbx", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())
}

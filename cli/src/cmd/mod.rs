//! What the commands do; a verb group per file.

mod account;
mod api_call;
mod apikey;
mod audit;
mod auth;
mod completion;
mod connection;
mod creds;
mod doctor;
mod events;
mod follow;
mod history;
mod instance;
mod job;
mod member;
mod metrics;
mod open;
mod operate;
mod order;
mod org;
mod plans;
mod profiles;
mod project;
mod psql;
mod quota;
mod update;
mod usage;
mod verify;
mod webhook;
mod why;

use crate::{
    args::{Cli, Command},
    context::Context,
    failure::Failure,
};

/// Runs a parsed command line.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Completion(args) => completion::script(&args),
        Command::Man(args) => completion::manual(&args),
        Command::Profiles => profiles::list(global),
        Command::Plans => plans::list(&Context::open(global)?),
        Command::Register(args) => auth::register(&Context::open(global)?, args),
        Command::Login(args) => auth::login(&Context::open(global)?, args),
        Command::Doctor(args) => doctor::run(&Context::open(global)?, &args),
        Command::Api(args) => api_call::run(&Context::open(global)?, &args),
        Command::Logout => auth::logout(&Context::signed_in(global)?),
        Command::Whoami => auth::whoami(&Context::signed_in(global)?),
        Command::Account(command) => account::run(&Context::signed_in(global)?, command),
        Command::Org(command) => org::run(&Context::signed_in(global)?, command),
        Command::Project(command) => project::run(&Context::signed_in(global)?, command),
        Command::Instance(command) => instance::run(&Context::signed_in(global)?, command),
        Command::Psql(args) => psql::run(&Context::signed_in(global)?, &args),
        Command::Job(command) => job::run(&Context::signed_in(global)?, command),
        Command::Events(args) => events::run(&Context::signed_in(global)?, &args),
        Command::Audit(command) => audit::run(&Context::signed_in(global)?, command),
        Command::Apikey(command) => apikey::run(&Context::signed_in(global)?, command),
        Command::Webhook(command) => webhook::run(&Context::signed_in(global)?, command),
        Command::Open(args) => open::run(&Context::signed_in(global)?, &args),
    }
}

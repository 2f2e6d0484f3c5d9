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
mod issued;
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
    failure::{Failure, Reporter},
};

/// Runs a parsed command line.
pub(crate) fn run(cli: Cli, reporter: &Reporter) -> Result<(), Failure> {
    let global = &cli.global;
    let (open, signed_in) = (|| Context::open(global, reporter), || Context::signed_in(global, reporter));
    match cli.command {
        Command::Completion(args) => completion::script(&args),
        Command::Man(args) => completion::manual(&args),
        Command::Profiles => profiles::list(global),
        Command::Plans => plans::list(&open()?),
        Command::Register(args) => auth::register(&open()?, args),
        Command::Login(args) => auth::login(&open()?, args),
        Command::Doctor(args) => doctor::run(open()?, &args),
        Command::Api(args) => api_call::run(&open()?, &args),
        Command::Logout => auth::logout(&signed_in()?),
        Command::Whoami => auth::whoami(&signed_in()?),
        Command::Account(command) => account::run(&signed_in()?, command),
        Command::Org(command) => org::run(&signed_in()?, command),
        Command::Project(command) => project::run(&signed_in()?, command),
        Command::Instance(command) => instance::run(&signed_in()?, command),
        Command::Psql(args) => psql::run(&signed_in()?, &args),
        Command::Job(command) => job::run(&signed_in()?, command),
        Command::Events(args) => events::run(&signed_in()?, &args),
        Command::Audit(command) => audit::run(&signed_in()?, command),
        Command::Apikey(command) => apikey::run(&signed_in()?, command),
        Command::Webhook(command) => webhook::run(&signed_in()?, command),
        Command::Open(args) => open::run(&signed_in()?, &args),
    }
}
